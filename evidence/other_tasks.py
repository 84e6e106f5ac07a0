"""Record RELIABLE on three other tasks for notebook 13; only the number of steps and the observation scale differ.

uv run --group lander python -m evidence.other_tasks --jobs 2

LunarLander needs Box2D, which the course needs for nothing else: the group `lander` of pyproject.toml brings it.
"""

from itertools import product

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.report import EVALUATION_SEED
from evidence.runs import run_recipe
from helpers.dqn.recipes import RELIABLE
from helpers.evaluation import rollouts, run_seeds

PATH = "notebooks/data/other_tasks.npz"
SEEDS = range(10)
MEASUREMENTS = 20  # in a run
EPISODES = 20  # greedy episodes in one measurement
TASKS = {  # env: env steps, and what divides the observation so that each part is about +-1, most of the time
    "Acrobot-v1": (150_000, (1.0, 1.0, 1.0, 1.0, 1.0, 2.0)),  # chosen on seeds 1000 to 1019
    "MountainCar-v0": (150_000, (1.0, 0.05)),
    "LunarLander-v3": (300_000, (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)),
}


def recipe_for(env_id: str):
    """RELIABLE for that task."""
    num_steps, obs_scale = TASKS[env_id]
    return RELIABLE.for_task(num_steps, obs_scale)


def measure(env_id: str, seed: int):
    """A `measure` for `train`: the mean of EPISODES greedy returns."""
    envs = gym.make_vec(env_id, num_envs=EPISODES)
    return lambda agent: {"greedy_returns": rollouts(agent, envs, EVALUATION_SEED + seed).returns.mean()}


def record_run(env_id: str, seed: int) -> dict[str, np.ndarray]:
    """One run of one task."""
    recipe = recipe_for(env_id)
    every = recipe.num_steps // MEASUREMENTS
    run = run_recipe(recipe, seed, env_id, measure=measure(env_id, seed), measure_every=every)
    return {
        "measured_at": run.history.measured_at,
        "greedy_returns": run.history.measured["greedy_returns"],  # (V,)
        "final_returns": run.final_returns.astype(np.float32),  # (100,)
        "train_seconds": np.array(run.train_seconds),
        "reached_goal_in_training": np.array((run.history.lengths < gym.spec(env_id).max_episode_steps).sum()),
    }


def gather(jobs: int) -> dict[str, np.ndarray]:
    """Arrays (N, ...) of each task, named task/array."""
    tasks = list(product(TASKS, SEEDS))
    runs = run_seeds(lambda i: record_run(*tasks[i]), range(len(tasks)), jobs)
    arrays = {}
    for env_id in TASKS:
        of_task = [run for (name, _), run in zip(tasks, runs, strict=True) if name == env_id]
        arrays |= {f"{env_id}/{name}": np.array([run[name] for run in of_task]) for name in of_task[0]}
        arrays[f"{env_id}/measured_at"] = of_task[0]["measured_at"]
    return arrays


def main() -> None:
    config = {name: {"num_steps": steps, "obs_scale": scale} for name, (steps, scale) in TASKS.items()}
    arrays = record_runs(PATH, gather, config=config, seeds=SEEDS)
    for env_id in TASKS:
        means = arrays[f"{env_id}/final_returns"].mean(axis=1)
        threshold = gym.spec(env_id).reward_threshold
        print(f"{env_id}: {(means >= threshold).sum()} of {len(means)} reach {threshold}; {np.round(np.sort(means))}")


if __name__ == "__main__":
    main()
