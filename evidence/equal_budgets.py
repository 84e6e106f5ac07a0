"""Record, for notebook 13, CANDIDATE and RELIABLE on one budget and seeds that nothing else uses.

python -m evidence.equal_budgets

Three minutes on one core. Can be stopped at any time, and goes on.
"""

import json
from dataclasses import asdict

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.pieces import folder_of, in_pieces
from evidence.report import ENV_ID, FINAL_SEED, THRESHOLD
from helpers.dqn.recipes import CANDIDATE, RELIABLE, Recipe
from helpers.evaluation import rollouts
from helpers.loop import train

PATH = "notebooks/data/equal_budgets.npz"
SEEDS = range(90_000, 90_020)  # run for this record and for nothing else
VARIANTS: dict[str, Recipe] = {
    "candidate": CANDIDATE.for_task(RELIABLE.num_steps, CANDIDATE.config.obs_scale),
    "reliable": RELIABLE,
}


def record(variant: str, seed: int) -> dict[str, np.ndarray]:
    """One run, and a hundred greedy episodes at its end, played together (100,)."""
    recipe = VARIANTS[variant]
    env, hundred = gym.make(ENV_ID, disable_env_checker=True), gym.make_vec(ENV_ID, num_envs=100)
    agent = recipe.make(env, seed)
    train(env, agent, recipe.num_steps, seed, progress=False)
    return {"final_returns": rollouts(agent, hundred, FINAL_SEED + seed).returns.astype(np.int16)}


def numbers_of(variant: str) -> dict:
    """All that the runs of a variant depend on, in words that JSON can hold."""
    recipe = VARIANTS[variant]
    about = {"env": ENV_ID, "num_steps": recipe.num_steps}
    return json.loads(json.dumps(asdict(recipe.config) | about))


def gather(jobs: int) -> dict[str, np.ndarray]:
    """Each variant's arrays (N, ...), named variant/array."""
    tasks = [(variant, seed) for seed in SEEDS for variant in VARIANTS]
    found = in_pieces(record, tasks, numbers_of, jobs, folder_of("equal_budgets"))
    return {f"{variant}/{name}": values for variant in VARIANTS for name, values in found[variant].items()}


def describe() -> dict:
    """What produced the numbers, for the provenance."""
    of_each = {variant: numbers_of(variant) for variant in VARIANTS}
    return {"variants": of_each, "tuned_on": "1000 to 1099 (candidate), 1000 to 1999 (reliable)"}


def main() -> None:
    arrays = record_runs(PATH, gather, config=describe(), seeds=SEEDS)
    for variant in VARIANTS:
        means = arrays[f"{variant}/final_returns"].mean(axis=1)
        solved, perfect = (means >= THRESHOLD).sum(), (means >= 499).sum()
        print(f"{variant:>10}: {solved} of {len(means)} solved, {perfect} at 499 or more, worst {means.min():.0f}")


if __name__ == "__main__":
    main()
