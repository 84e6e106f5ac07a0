"""Record, for notebook 13, what mends the last failures of CANDIDATE, on seeds that no other record reports.

python -m evidence.last_failures --jobs 2
"""

from dataclasses import asdict, replace

import gymnasium as gym
import numpy as np

from evidence import record_runs, stacked
from evidence.reliable import record_seed
from evidence.report import ENV_ID, EVALUATE_EVERY, FINAL_SEED, THRESHOLD
from evidence.runs import run_recipe, watched_rollouts
from helpers.dqn.recipes import CANDIDATE, RELIABLE, Recipe
from helpers.evaluation import run_seeds

PATH = "notebooks/data/last_failures.npz"
SEEDS = range(1_000, 1_050)  # of those on which both recipes were chosen
FAILED, EPISODES = 95, 5  # the seed with the worst record of CANDIDATE, and greedy episodes to look at


def changed(recipe: Recipe, **numbers) -> Recipe:
    """The recipe with some numbers of its configuration changed."""
    return recipe._replace(config=replace(recipe.config, **numbers))


SHORTER = CANDIDATE.for_task(RELIABLE.num_steps, CANDIDATE.config.obs_scale)
NEWER = changed(SHORTER, buffer_size=RELIABLE.config.buffer_size)
VARIANTS = {  # each name is that of an array
    "half_the_steps": SHORTER,
    "half_the_buffer": NEWER,
    "eight_steps": changed(NEWER, n=8),
    "reliable": RELIABLE,
}


def positions(recipe: Recipe) -> np.ndarray:
    """Cart positions (EPISODES, T) in metres of greedy episodes of a trained agent; NaN once an episode is over."""
    agent, envs = run_recipe(recipe, FAILED).agent, gym.make_vec(ENV_ID, num_envs=EPISODES)
    played, seen = watched_rollouts(agent, envs, FINAL_SEED + FAILED)
    over = np.arange(len(seen))[:, None] >= played.lengths  # (T, EPISODES)
    return np.where(over, np.nan, seen[:, :, 0]).astype(np.float32).T


def gather(jobs: int) -> dict[str, np.ndarray]:
    """Each variant's arrays (N, ...), named variant/array; and what the seed that failed most does on the track."""
    tasks = [(variant, seed) for variant in VARIANTS for seed in SEEDS]
    runs = run_seeds(lambda task: record_seed(VARIANTS[tasks[task][0]], tasks[task][1]), range(len(tasks)), jobs)
    arrays = {"candidate/positions": positions(CANDIDATE), "reliable/positions": positions(RELIABLE)}
    for i, variant in enumerate(VARIANTS):
        of_variant = stacked(runs[i * len(SEEDS) : (i + 1) * len(SEEDS)], once=("measured_at",))
        arrays |= {f"{variant}/{name}": values for name, values in of_variant.items() if name != "seconds"}
    return arrays


def describe() -> dict:
    """What produced the numbers, for the provenance."""
    of_each = ("gamma", "num_steps", "buffer_size", "learning_rate_steps", "n")
    told = {name: asdict(recipe.config) | {"num_steps": recipe.num_steps} for name, recipe in VARIANTS.items()}
    config = {name: {key: values[key] for key in of_each} for name, values in told.items()}
    return {"env": ENV_ID, "measure_every": EVALUATE_EVERY, "failed": FAILED, "variants": config}


def main() -> None:
    arrays = record_runs(PATH, gather, config=describe(), seeds=SEEDS)
    for variant in VARIANTS:
        final, late = arrays[f"{variant}/final_returns"].mean(axis=1), arrays[f"{variant}/greedy_returns"][:, -3:]
        solved, perfect = (final >= THRESHOLD).sum(), (final >= 499).sum()
        print(
            f"{variant:>15}: {solved} of {len(SEEDS)} solved, {perfect} at 499 or more, worst {final.min():.0f}, "
            f"lowest late {late.min():.0f}"
        )


if __name__ == "__main__":
    main()
