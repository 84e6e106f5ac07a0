"""Record, for notebook 13, what mends the last failures of CANDIDATE, on seeds that no other record reports.

python -m evidence.last_failures --jobs 2
"""

from dataclasses import asdict, replace

import gymnasium as gym
import numpy as np

from evidence import record_runs, stacked
from evidence.reliable import record_seed
from evidence.report import ENV_ID, EVALUATE_EVERY, FINAL_SEED, THRESHOLD
from evidence.runs import run_recipe
from helpers.dqn.recipes import CANDIDATE, RELIABLE, Recipe
from helpers.evaluation import run_seeds

PATH = "notebooks/data/last_failures.npz"
SEEDS = range(1_000, 1_050)  # of those on which both recipes were chosen
FAILED, EPISODES = 95, 5  # the seed with the worst record of CANDIDATE, and greedy episodes to look at


def changed(recipe: Recipe, agent_class=None, **numbers) -> Recipe:
    """The recipe with some numbers of its configuration changed, or its class."""
    config = replace(recipe.config, **numbers)
    return recipe._replace(config=config, agent_class=agent_class or recipe.agent_class)


SHORTER = CANDIDATE.for_task(RELIABLE.num_steps, CANDIDATE.config.obs_scale)
NEWER = changed(SHORTER, buffer_size=RELIABLE.config.buffer_size)
VARIANTS = {  # each name is that of an array
    "half_the_steps": SHORTER,
    "half_the_buffer": NEWER,
    "eight_steps": changed(NEWER, RELIABLE.agent_class),
    "reliable": RELIABLE,
}


def positions(recipe: Recipe) -> np.ndarray:
    """Cart positions (EPISODES, T) in metres of greedy episodes of a trained agent; NaN once an episode is over."""
    agent, envs = run_recipe(recipe, FAILED).agent, gym.make_vec(ENV_ID, num_envs=EPISODES)
    obs, _ = envs.reset(seed=FINAL_SEED + FAILED)
    alive, seen = np.ones(EPISODES, bool), []
    while alive.any():
        seen.append(np.where(alive, obs[:, 0], np.nan))
        obs, _, terminated, truncated, _ = envs.step(agent.q_values(obs).argmax(axis=1))
        alive &= ~(terminated | truncated)
    return np.array(seen, np.float32).T


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
    of_each = ("gamma", "num_steps", "buffer_size", "learning_rate_steps")
    told = {name: asdict(recipe.config) | {"num_steps": recipe.num_steps} for name, recipe in VARIANTS.items()}
    config = {name: {key: values[key] for key in of_each} for name, values in told.items()}
    for name, recipe in VARIANTS.items():
        config[name]["n"] = recipe.agent_class.n
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
