"""Record, for notebook 10, every bug of the zoo on CartPole-v1 and in the probe environments.

python -m evidence.silent_bugs --jobs 2
"""

from dataclasses import asdict, replace

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.report import ENV_ID, FINAL_SEED
from evidence.runs import make_agent
from helpers.clinic.instruments import instruments
from helpers.clinic.panel import readings
from helpers.clinic.probes import FIRST_NAMES, run_probes
from helpers.clinic.zoo import BUGS, PROBE_CONFIG, Bug, maker
from helpers.dqn import DQNConfig
from helpers.dqn.variants import NStep, NStepConfig
from helpers.evaluation import evaluate, run_seeds
from helpers.loop import train

PATH = "notebooks/data/silent_bugs.npz"
SEEDS = range(20)  # in the probe environments
NUM_STEPS = 50_000  # env steps of a run on CartPole
MEASURE_EVERY = 5_000  # env steps
EPISODES = 20  # of the test after training
CONFIG = replace(DQNConfig(), learning_rate_steps=NUM_STEPS // 4)  # the plain DQN, its learning rate 0 at the end
# Seeds on CartPole: all of them where a rule must be judged, and few where the run is, to the bit, the working one's.
NUM_CARTPOLE = {"working": 20, "same_seed": 20, "reward_clipped": 2, "reward_of_step_before": 2, "shared_generator": 3}
NUM_CARTPOLE_ELSE = 6
CONTROLS = (Bug("working", "Nothing.", ""), Bug("working_n_step", "Nothing.", "", NStep))
ALL = (*CONTROLS, *BUGS)


def run_on_cartpole(bug: Bug, seed: int) -> dict[str, np.ndarray]:
    """One run: what the panel shows (V,), and the returns of a test by `evaluate`, which asks `act`."""
    config = NStepConfig(**vars(CONFIG)) if issubclass(bug.agent, NStep) else CONFIG
    agent = make_agent(config, seed, bug.agent)
    env = gym.make(ENV_ID) if bug.wrap is None else bug.wrap(gym.make(ENV_ID), seed)
    options = {"measure": instruments(ENV_ID, seed), "measure_every": MEASURE_EVERY, "progress": False}
    read = readings(train(env, agent, NUM_STEPS, seed, **options))
    if issubclass(bug.agent, NStep):  # it stores a fall up to n times: there is no count to compare with
        read["falls_per_step"] = np.full_like(read["falls_per_step"], np.nan)
    return read | {"final_returns": evaluate(agent, gym.make(ENV_ID), EPISODES, FINAL_SEED + seed)}


def run_in_probe_worlds(bug: Bug, seed: int) -> dict[str, np.ndarray]:
    """Which of the first nine checks failed, (P,) of bool; `evidence.held_out_bugs` has those that came later."""
    failed = run_probes(maker(bug.agent), seed=seed, only=FIRST_NAMES).failed
    return {"probes_failed": np.array([name in failed for name in FIRST_NAMES])}


TASKS = [(run_on_cartpole, bug, seed) for bug in ALL for seed in SEEDS[: NUM_CARTPOLE.get(bug.name, NUM_CARTPOLE_ELSE)]]
TASKS += [(run_in_probe_worlds, bug, seed) for bug in ALL for seed in SEEDS]


def record_run(task: int) -> dict[str, np.ndarray]:
    """One row of TASKS."""
    record, bug, seed = TASKS[task]
    return record(bug, seed)


def merge(runs: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Each bug's arrays with the seeds as first axis (N, ...), named bug/array."""
    merged = {"measured_at": runs[0]["measured_at"]}
    for (_, bug, _), run in zip(TASKS, runs, strict=True):
        for name in run.keys() - {"measured_at"}:
            merged.setdefault(f"{bug.name}/{name}", []).append(run[name])
    return {name: np.array(values) for name, values in merged.items()}


def main() -> None:
    config = asdict(CONFIG) | {"env": ENV_ID, "num_steps": NUM_STEPS, "measure_every": MEASURE_EVERY}
    config |= {"bugs": {bug.name: bug.what for bug in ALL}, "probes": asdict(PROBE_CONFIG)}
    config["seeds_on_cartpole"] = {bug.name: NUM_CARTPOLE.get(bug.name, NUM_CARTPOLE_ELSE) for bug in ALL}
    arrays = record_runs(
        PATH, lambda jobs: merge(run_seeds(record_run, range(len(TASKS)), jobs)), config=config, seeds=SEEDS
    )
    for bug in ALL:
        print(bug.name, arrays[f"{bug.name}/probes_failed"].sum(axis=0), arrays[f"{bug.name}/final_returns"].mean())


if __name__ == "__main__":
    main()
