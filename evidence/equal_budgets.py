"""Record, for notebook 13, CANDIDATE and RELIABLE on one budget and fresh seeds, and RELIABLE with one change undone.

python -m evidence.equal_budgets

Half an hour to an hour on one core. Can be stopped at any time, and goes on.
"""

import json
from dataclasses import asdict

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.last_failures import changed
from evidence.pieces import folder_of, in_pieces
from evidence.report import ENV_ID, EVALUATE_EVERY, EVALUATION_SEED, FINAL_SEED, THRESHOLD
from helpers.dqn.recipes import CANDIDATE, RELIABLE, Recipe
from helpers.evaluation import rollouts
from helpers.loop import train

PATH = "notebooks/data/equal_budgets.npz"
SEEDS = range(90_000, 90_200)  # run for this record and for nothing else
FEWER = SEEDS[:60]  # for each change undone
VARIANTS: dict[str, tuple[Recipe, range]] = {
    "candidate": (CANDIDATE.for_task(RELIABLE.num_steps, CANDIDATE.config.obs_scale), SEEDS),
    "reliable": (RELIABLE, SEEDS),
    "all_kept": (changed(RELIABLE, buffer_size=CANDIDATE.config.buffer_size), FEWER),
    "five_steps": (changed(RELIABLE, n=CANDIDATE.config.n), FEWER),
    "lower_gamma": (changed(RELIABLE, gamma=CANDIDATE.config.gamma), FEWER),
    "all_the_steps": (RELIABLE.for_task(CANDIDATE.num_steps, RELIABLE.config.obs_scale), FEWER),
}


def record(variant: str, seed: int) -> dict[str, np.ndarray]:
    """One run: mean greedy returns as it learns (V,), and of a hundred episodes at its end (100,), played together."""
    recipe, _ = VARIANTS[variant]
    env, hundred = gym.make(ENV_ID, disable_env_checker=True), gym.make_vec(ENV_ID, num_envs=100)
    agent = recipe.make(env, seed)

    def greedy(agent) -> dict:
        return {"greedy_returns": rollouts(agent, hundred, EVALUATION_SEED + seed).returns.mean()}

    options: dict = {"measure": greedy, "measure_every": EVALUATE_EVERY, "progress": False}
    history = train(env, agent, recipe.num_steps, seed, **options)
    return {
        "measured_at": history.measured_at,
        "greedy_returns": history.measured["greedy_returns"],
        "final_returns": rollouts(agent, hundred, FINAL_SEED + seed).returns.astype(np.int16),
    }


def numbers_of(variant: str) -> dict:
    """All that the runs of a variant depend on, in words that JSON can hold."""
    recipe, _ = VARIANTS[variant]
    about = {"env": ENV_ID, "num_steps": recipe.num_steps, "measure_every": EVALUATE_EVERY}
    return json.loads(json.dumps(asdict(recipe.config) | about))


def gather(jobs: int) -> dict[str, np.ndarray]:
    """Each variant's arrays (N, ...), named variant/array."""
    tasks = [(variant, seed) for variant, (_, seeds) in VARIANTS.items() for seed in seeds]
    tasks.sort(key=lambda task: task[1])  # seed by seed, so that a recording cut short compares equal numbers of runs
    found = in_pieces(record, tasks, numbers_of, jobs, folder_of("equal_budgets"))
    return {f"{variant}/{name}": values for variant in VARIANTS for name, values in found[variant].items()}


def describe() -> dict:
    """What produced the numbers, for the provenance."""
    of_each = {variant: numbers_of(variant) | {"seeds": len(seeds)} for variant, (_, seeds) in VARIANTS.items()}
    return {"variants": of_each, "tuned_on": "1000 to 1099 (candidate), 1000 to 1999 (reliable)"}


def main() -> None:
    arrays = record_runs(PATH, gather, config=describe(), seeds=SEEDS)
    for variant in VARIANTS:
        means = arrays[f"{variant}/final_returns"].mean(axis=1)
        solved, perfect = (means >= THRESHOLD).sum(), (means >= 499).sum()
        print(f"{variant:>15}: {solved} of {len(means)} solved, {perfect} at 499 or more, worst {means.min():.0f}")


if __name__ == "__main__":
    main()
