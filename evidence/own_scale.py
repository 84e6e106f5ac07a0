"""Record, for notebook 08, the plain DQN that measures its own scale. Goes on where it was stopped.

python -m evidence.own_scale --jobs 2
"""

from collections.abc import Callable, Hashable
from dataclasses import asdict, replace

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.ablation import play
from evidence.pieces import folder_of, in_pieces
from evidence.report import ENV_ID, EVALUATION_SEED
from evidence.runs import CONFIGS, NUM_STEPS, run_recipe
from helpers.dqn import DQN
from helpers.dqn.own_scale import OwnScale
from helpers.dqn.recipes import Recipe

PATH = "notebooks/data/own_scale.npz"
SEEDS = range(10)
TUNING_SEEDS = range(1_000, 1_004)  # there the largest size was chosen, before mean and standard deviation
MEASURE_EVERY = 5_000  # env steps
STARTS = 20  # start positions at which max Q is read
CONFIG = replace(CONFIGS["plain"], obs_scale=None)


def watch(seed: int) -> Callable[[DQN], dict]:
    """A `measure` for `train`: 100 greedy episodes, how many of them ended beside the track, and max Q at starts."""
    env = gym.make(ENV_ID)
    start_obs = np.array([env.reset(seed=EVALUATION_SEED + seed + k)[0] for k in range(STARTS)])  # (STARTS, O)

    def measure(agent: DQN) -> dict:
        returns, _, left = play(agent, EVALUATION_SEED + seed)
        values = agent.q_values(start_obs).max(axis=1)
        found = {"greedy_returns": returns, "left": left, "max_q_at_start": values}
        return {name: np.float32(np.mean(value)) for name, value in found.items()}

    return measure


def record(name: Hashable, seed: int, num_steps: int = NUM_STEPS) -> dict[str, np.ndarray]:
    """One run, as arrays. num_steps: where to stop it; fewer give the beginning of the same run."""
    recipe = Recipe(OwnScale, CONFIG, num_steps)
    run = run_recipe(recipe, seed, measure=watch(seed), measure_every=MEASURE_EVERY)
    return run.history.measured | {
        "measured_at": run.history.measured_at,
        "final_returns": run.final_returns.astype(np.float32),  # (100,)
        "cpu_seconds": np.array(run.cpu_seconds),
    }


def numbers_of(name: str) -> dict:
    """All that a run depends on."""
    about = {"what": "OwnScale", "num_steps": NUM_STEPS, "measure_every": MEASURE_EVERY}
    return asdict(CONFIG) | about | {"env": ENV_ID}


def gather(jobs: int) -> dict[str, np.ndarray]:
    """Arrays (N, ...)."""
    tasks = [("own_scale", seed) for seed in SEEDS]
    return in_pieces(record, tasks, numbers_of, jobs, folder_of("own_scale"))["own_scale"]


def describe() -> dict:
    """What produced the numbers, for the provenance."""
    return numbers_of("own_scale") | {"tuning_seeds": [min(TUNING_SEEDS), max(TUNING_SEEDS)]}


def main() -> None:
    arrays = record_runs(PATH, gather, config=describe(), seeds=SEEDS)
    means = arrays["final_returns"].mean(axis=1)
    solved = (means >= gym.spec(ENV_ID).reward_threshold).sum()
    seconds = np.median(arrays["cpu_seconds"])
    print(f"{solved} of {len(means)} solved, mean {means.mean():.0f}, {seconds:.1f} CPU s a run")


if __name__ == "__main__":
    main()
