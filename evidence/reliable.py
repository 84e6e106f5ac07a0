"""Record RELIABLE on CartPole-v1 for notebook 13: a hundred seeds, and a hundred more that nobody looked at before.

python -m evidence.reliable --jobs 2
"""

from dataclasses import asdict

import numpy as np

from evidence import record_runs, stacked
from evidence.evaluations import Evaluations
from evidence.report import ENV_ID, EVALUATE_EVERY, THRESHOLD
from evidence.runs import run_recipe
from helpers.dqn.recipes import RELIABLE, Recipe
from helpers.evaluation import run_seeds

PATH = "notebooks/data/reliable.npz"
TUNED_ON = range(1_000, 2_000)  # the numbers of RELIABLE were chosen on these
SEEDS = range(100)
HELD_OUT = range(80_000, 80_100)  # run for this record and for nothing else


def record_seed(recipe: Recipe, seed: int) -> dict[str, np.ndarray]:
    """One run: mean greedy returns as it learns and at the end, and what it took."""
    run = run_recipe(recipe, seed, measure=Evaluations(seed), measure_every=EVALUATE_EVERY)
    return {
        "measured_at": run.history.measured_at,  # (V,) env steps
        "greedy_returns": run.history.measured["greedy_returns"].mean(axis=1),  # (V,) of 100 episodes
        "seconds": run.history.measured["seconds"],  # (V,) building, compiling and training until then
        "train_seconds": np.array(run.train_seconds),
        "final_returns": run.final_returns.astype(np.float32),  # (100,)
    }


def record_two_hundred(recipe: Recipe, path: str, tuned_on: range, held_out: range) -> None:
    """The runs of one recipe on SEEDS and on the seeds held out, and what there is to say of them."""
    config = asdict(recipe.config) | {"env": ENV_ID, "num_steps": recipe.num_steps}
    config |= {"tuned_on": f"{tuned_on.start} to {tuned_on[-1]}", "measure_every": EVALUATE_EVERY}
    config |= {"held_out": f"{held_out.start} to {held_out[-1]}"}
    seeds = [*SEEDS, *held_out]

    def gather(jobs: int) -> dict[str, np.ndarray]:
        runs = run_seeds(lambda seed: record_seed(recipe, seed), seeds, jobs)
        return stacked(runs, once=("measured_at",)) | {"seeds": np.array(seeds)}

    arrays = record_runs(path, gather, config=config, seeds=seeds)
    final, late = arrays["final_returns"].mean(axis=1), arrays["greedy_returns"][:, -3:].min(axis=1)
    for name, rows in (("seeds 0 to 99", slice(100)), ("held out", slice(100, 200))):
        solved = (final[rows] >= THRESHOLD).sum()
        print(f"{name}: {solved} of 100 solved, worst {final[rows].min():.0f}, lowest late {late[rows].min():.0f}")


if __name__ == "__main__":
    record_two_hundred(RELIABLE, PATH, TUNED_ON, HELD_OUT)
