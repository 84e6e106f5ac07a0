"""Record PPO on four tasks, a recipe for each (notebook 17). Can be stopped at any time, and goes on.

uv run --group lander python -m evidence.ppo_reliability --jobs 2

LunarLander needs Box2D: the group `lander` of pyproject.toml brings it.
"""

import json
from dataclasses import asdict, replace
from functools import partial

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.pieces import folder_of, in_pieces
from evidence.report import FINAL_SEED
from evidence.runs import run_ppo
from helpers.evaluation import rate_interval
from helpers.history import History
from helpers.ppo import ACROBOT, CARTPOLE, LUNAR, LUNAR_CONTINUOUS, Recipe

# What the notebook tried first on the moon; LUNAR was chosen afterwards, on the tuning seeds.
FIRST_LUNAR = Recipe("LunarLander-v3", replace(LUNAR.config, max_gradient_norm=0.5, decay_steps=400_000), 400_000)
TASKS: dict[str, tuple[Recipe, range]] = {
    "CartPole": (CARTPOLE, range(120, 140)),
    "Acrobot": (ACROBOT, range(10)),
    "LunarLander_first": (FIRST_LUNAR, range(10)),
    "LunarLander": (LUNAR, range(40, 50)),
    "LunarLander_continuous": (LUNAR_CONTINUOUS, range(40, 50)),
}
TUNING_SEEDS = range(9_000, 9_100)  # on these the recipes were chosen; none of them is reported
POINTS = 25  # of a learning curve


def curve_of(history: History, num_steps: int) -> dict[str, np.ndarray]:
    """The mean return of the training episodes that ended in each POINTS-th part of the run; NaN where none did."""
    edges = np.linspace(0, num_steps, POINTS + 1)
    part = np.searchsorted(edges, history.ended_at, side="left") - 1
    sums, counts = np.zeros(POINTS), np.zeros(POINTS)
    inside = part < POINTS  # the last step of the run may be beyond num_steps
    np.add.at(sums, part[inside], history.returns[inside])
    np.add.at(counts, part[inside], 1)
    with np.errstate(invalid="ignore"):
        return {"measured_at": edges[1:], "training_returns": (sums / counts).astype(np.float32)}


def record(task: str, seed: int) -> dict[str, np.ndarray]:
    """One run; `cpu_seconds` are the processor's, compiling included."""
    recipe, _ = TASKS[task]
    run = run_ppo(recipe, seed)
    return curve_of(run.history, recipe.num_steps) | {
        "final_returns": run.final_returns.astype(np.float32),  # (100,) greedy episodes
        "cpu_seconds": np.array(run.cpu_seconds),
    }


def numbers_of(task: str) -> dict:
    """All that the runs of a task depend on."""
    recipe, _ = TASKS[task]
    about = {"env": recipe.env_id, "options": recipe.options, "num_steps": recipe.num_steps, "final_seed": FINAL_SEED}
    return in_json(asdict(recipe.config)) | about


def in_json(numbers: dict) -> dict:
    """As JSON gives them back: lists for tuples, and infinity, for which it has no number, as a word."""
    return json.loads(json.dumps({name: "inf" if value == np.inf else value for name, value in numbers.items()}))


def path_of(task: str) -> str:
    """The record of a task."""
    return f"notebooks/data/ppo_reliability_{task.lower()}.npz"


def gather(task: str, jobs: int) -> dict[str, np.ndarray]:
    """The arrays of a task, (N, ...)."""
    tasks = [(task, seed) for seed in TASKS[task][1]]
    return in_pieces(record, tasks, numbers_of, jobs, folder_of("ppo_reliability"))[task]


def main() -> None:
    for task, (recipe, seeds) in TASKS.items():
        config = numbers_of(task) | {"tuning_seeds": [min(TUNING_SEEDS), max(TUNING_SEEDS)]}
        arrays = record_runs(path_of(task), partial(gather, task), config=config, seeds=seeds)
        means, seconds = arrays["final_returns"].mean(axis=1), arrays["cpu_seconds"]
        solved = int((means >= gym.spec(recipe.env_id).reward_threshold).sum())
        low, high = rate_interval(solved, len(means))
        print(f"{task}: {solved} of {len(means)} solved ({low:.2f} to {high:.2f}), worst {means.min():.0f}, "
              f"{np.median(seconds):.1f} CPU s a seed, at most {seconds.max():.1f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
