"""Record, for notebook 10, bugs that others made, in the probe environments and on CartPole-v1.

python -m evidence.held_out_bugs --jobs 2

It can be stopped, and goes on where it was.
"""

import hashlib
from dataclasses import asdict, replace
from inspect import getsource

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.pieces import folder_of, in_pieces
from evidence.report import ENV_ID, EVALUATION_SEED
from evidence.runs import make_agent
from evidence.silent_bugs import EPISODES, MEASURE_EVERY
from helpers.clinic import behaviour, probes
from helpers.clinic.held_out import FIRST_SET, HELD_OUT, SECOND_SET, in_words
from helpers.clinic.probes import FIRST_NAMES, LATER_NAMES, run_probes
from helpers.clinic.zoo import PROBE_CONFIG, maker
from helpers.dqn import DQN, DQNConfig
from helpers.envs import later_probe_worlds, probe_world, probe_worlds
from helpers.evaluation import rollouts
from helpers.loop import train

PATH = "notebooks/data/held_out_bugs.npz"
SCORED = HELD_OUT
HELD_OUT_SEEDS = range(5)  # of each held-out bug, in all checks
CARTPOLE_SEEDS = range(3)  # of each held-out bug
WORKING_SEEDS = range(20)  # of the working agent on CartPole
NUM_STEPS = 50_000  # env steps of a run on CartPole, as in the rest of the chapter
CONFIG = replace(DQNConfig(), learning_rate_steps=NUM_STEPS // 4)  # the plain DQN, its learning rate 0 at the end
ORDER = (*FIRST_NAMES, *LATER_NAMES)  # in which the checks are made, until the first that fails
CASES = {"working": DQN} | {bug.__name__: bug for bug in SCORED}


def first_failed(agent: type[DQN], seed: int) -> dict[str, np.ndarray]:
    """The place, in ORDER, of the first check that fails, (); -1 where none does."""
    for names in (FIRST_NAMES, LATER_NAMES):
        failed = run_probes(maker(agent), seed=seed, only=names, to_the_first=True).failed
        if failed:
            return {"first_failed": np.array(ORDER.index(failed[0]))}
    return {"first_failed": np.array(-1)}


def on_cartpole(agent_class: type[DQN], seed: int) -> dict[str, np.ndarray]:
    """(V,) mean greedy returns while it learns."""
    envs = gym.make_vec(ENV_ID, num_envs=EPISODES)
    options = {"measure_every": MEASURE_EVERY, "progress": False}
    options["measure"] = lambda agent: {"greedy": rollouts(agent, envs, EVALUATION_SEED + seed).returns.mean()}
    history = train(gym.make(ENV_ID), make_agent(CONFIG, seed, agent_class), NUM_STEPS, seed, **options)
    return {"greedy_returns": history.measured["greedy"], "measured_at": history.measured_at}


def record(name: str, seed: int) -> dict[str, np.ndarray]:
    """One run of what is called where/bug."""
    where, _, bug = name.partition("/")
    return (first_failed if where == "probes" else on_cartpole)(CASES[bug], seed)


def numbers_of(name: str) -> dict:
    """All that the runs of a name depend on; sources are known by their hash."""
    where, _, bug = name.partition("/")
    agent = CASES[bug]
    if where == "cartpole":
        return asdict(CONFIG) | {"num_steps": NUM_STEPS, "source": _hash(agent)}
    suite = [_hash(module) for module in (probes, behaviour, probe_world, probe_worlds, later_probe_worlds)]
    return asdict(PROBE_CONFIG) | {"suite": suite, "source": _hash(agent)}


def _hash(thing) -> str:
    return hashlib.sha256(getsource(thing).encode()).hexdigest()[:12]


def gather(jobs: int) -> dict[str, np.ndarray]:
    """probes/bug/first_failed (5,); cartpole/bug/greedy_returns (N, V)."""
    tasks = [(f"cartpole/{name}", seed) for seed in CARTPOLE_SEEDS for name in CASES if name != "working"]
    tasks += [(f"probes/{name}", seed) for seed in HELD_OUT_SEEDS for name in CASES]
    tasks += [("cartpole/working", seed) for seed in WORKING_SEEDS]
    found = in_pieces(record, tasks, numbers_of, jobs, folder_of("held_out_bugs"))
    return {f"{name}/{array}": values for name, arrays in found.items() for array, values in arrays.items()}


def main() -> None:
    config = {
        "env": ENV_ID,
        "num_steps": NUM_STEPS,
        "measure_every": MEASURE_EVERY,
        "episodes": EPISODES,
        "probes": asdict(PROBE_CONFIG),
        "cartpole": asdict(CONFIG),
        "order": list(ORDER),
        "first_set": {bug.__name__: in_words(bug) for bug in FIRST_SET if bug in SCORED},
        "second_set": {bug.__name__: in_words(bug) for bug in SECOND_SET if bug in SCORED},
        "cartpole_seeds": list(CARTPOLE_SEEDS),
    }
    arrays = record_runs(PATH, gather, config=config, seeds=HELD_OUT_SEEDS)
    for bug in CASES:
        late = arrays[f"cartpole/{bug}/greedy_returns"][:, -3:].mean(axis=1)  # (N,)
        failed = [ORDER[place] for place in arrays[f"probes/{bug}/first_failed"] if place >= 0]
        print(f"{bug}: {late.round()} on CartPole; caught on {len(failed)} of 5: {', '.join(failed)}")


if __name__ == "__main__":
    main()
