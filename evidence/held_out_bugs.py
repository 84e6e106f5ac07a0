"""Record, for notebook 10, the bugs that others made, in the probe environments and on CartPole-v1.

python -m evidence.held_out_bugs --jobs 2

The zoo is asked again too, in the checks that came later; `evidence.silent_bugs` has its first nine. It can be
stopped, and goes on where it was.
"""

import hashlib
from dataclasses import asdict, replace
from inspect import getsource

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.pieces import folder_of, in_pieces
from evidence.runs import ENV_ID, FINAL_SEED, make_agent
from evidence.silent_bugs import CONTROLS, EPISODES, MEASURE_EVERY
from helpers.clinic import behaviour, probes
from helpers.clinic.held_out import FIRST_SET, HELD_OUT, SECOND_SET, in_words
from helpers.clinic.instruments import instruments
from helpers.clinic.panel import readings
from helpers.clinic.probes import LATER_NAMES, NAMES, run_probes
from helpers.clinic.zoo import BUGS, PROBE_CONFIG, maker
from helpers.dqn import DQN, DQNConfig
from helpers.envs import later_probe_worlds, probe_world, probe_worlds
from helpers.evaluation import evaluate
from helpers.loop import train

PATH = "notebooks/data/held_out_bugs.npz"
SEEDS = range(20)  # of the working agents: in the checks that came later, and on CartPole
ZOO_SEEDS = range(5)  # of the zoo's bugs, in the checks that came later
HELD_OUT_SEEDS = range(5)  # of each held-out bug, in all checks
CARTPOLE_SEEDS = range(3)  # of each held-out bug
NUM_STEPS = 30_000  # env steps of a run on CartPole
CONFIG = replace(DQNConfig(), learning_rate_steps=NUM_STEPS // 4)  # the plain DQN, its learning rate 0 at the end
ZOO = {bug.name: bug.agent for bug in (*CONTROLS, *BUGS)}
CASES = {"working": DQN} | {bug.__name__: bug for bug in HELD_OUT}
KEPT = ("greedy_returns", "q_at_start")  # of what the panel shows


def in_probes(agent: type[DQN], seed: int, only: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Which checks failed, (P,) of bool."""
    failed = run_probes(maker(agent), seed=seed, only=only).failed
    return {"probes_failed": np.array([name in failed for name in only])}


def on_cartpole(agent_class: type[DQN], seed: int) -> dict[str, np.ndarray]:
    """One run: two readings of the panel (V,), and the returns of a test that asks `act`."""
    agent = make_agent(CONFIG, seed, agent_class)
    options = {"measure": instruments(ENV_ID, seed), "measure_every": MEASURE_EVERY, "progress": False}
    read = readings(train(gym.make(ENV_ID), agent, NUM_STEPS, seed, **options))
    final_returns = evaluate(agent, gym.make(ENV_ID), EPISODES, FINAL_SEED + seed)
    return {name: read[name] for name in (*KEPT, "measured_at")} | {"final_returns": final_returns}


def record(name: str, seed: int) -> dict[str, np.ndarray]:
    """One run of what is called where/bug."""
    where, _, bug = name.partition("/")
    if where == "zoo":
        return in_probes(ZOO[bug], seed, LATER_NAMES)
    return in_probes(CASES[bug], seed, NAMES) if where == "probes" else on_cartpole(CASES[bug], seed)


def numbers_of(name: str) -> dict:
    """All that the runs of a name depend on; sources are known by their hash."""
    where, _, bug = name.partition("/")
    agent = (ZOO if where == "zoo" else CASES)[bug]
    if where == "cartpole":
        return asdict(CONFIG) | {"num_steps": NUM_STEPS, "source": _hash(agent)}
    suite = [_hash(module) for module in (probes, behaviour, probe_world, probe_worlds, later_probe_worlds)]
    return asdict(PROBE_CONFIG) | {"suite": suite, "source": _hash(agent)}


def _hash(thing) -> str:
    return hashlib.sha256(getsource(thing).encode()).hexdigest()[:12]


def gather(jobs: int) -> dict[str, np.ndarray]:
    """probes/bug/probes_failed (5, P); cartpole/bug/greedy_returns (3, V), ...; zoo/bug/probes_failed (N, LATER)."""
    tasks = [(f"probes/{bug}", seed) for seed in HELD_OUT_SEEDS[:1] for bug in CASES]
    tasks += [(f"cartpole/{bug}", seed) for seed in CARTPOLE_SEEDS for bug in CASES if bug != "working"]
    tasks += [("cartpole/working", seed) for seed in SEEDS]
    tasks += [(f"probes/{bug}", seed) for seed in HELD_OUT_SEEDS[1:] for bug in CASES]
    tasks += [(f"zoo/{bug.name}", seed) for seed in SEEDS for bug in CONTROLS]
    tasks += [(f"zoo/{bug.name}", seed) for seed in ZOO_SEEDS for bug in BUGS]
    found = in_pieces(record, tasks, numbers_of, jobs, folder_of("held_out_bugs"))
    return {f"{name}/{array}": values for name, arrays in found.items() for array, values in arrays.items()}


def main() -> None:
    config = {
        "env": ENV_ID,
        "num_steps": NUM_STEPS,
        "measure_every": MEASURE_EVERY,
        "probes": asdict(PROBE_CONFIG),
        "cartpole": asdict(CONFIG),
        "names": list(NAMES),
        "later_names": list(LATER_NAMES),
        "first_set": {bug.__name__: in_words(bug) for bug in FIRST_SET},
        "second_set": {bug.__name__: in_words(bug) for bug in SECOND_SET},
        "zoo_seeds": list(ZOO_SEEDS),
        "held_out_seeds": list(HELD_OUT_SEEDS),
        "cartpole_seeds": list(CARTPOLE_SEEDS),
    }
    arrays = record_runs(PATH, gather, config=config, seeds=SEEDS)
    for bug in CASES:
        late = arrays[f"cartpole/{bug}/greedy_returns"][:, -3:].mean(axis=1)  # (N,)
        failed = arrays[f"probes/{bug}/probes_failed"]  # (5, P)
        finds = ", ".join(f"{name} {count}" for name, count in zip(NAMES, failed.sum(axis=0), strict=True) if count)
        print(f"{bug}: {late.round()} on CartPole; caught on {failed.any(axis=1).sum()} of 5: {finds or 'nothing'}")


if __name__ == "__main__":
    main()
