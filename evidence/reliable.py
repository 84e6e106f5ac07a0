"""Record RELIABLE on CartPole-v1 for notebook 11: a hundred seeds, and a hundred more that nobody looked at before.

python -m evidence.reliable --jobs 2
"""

from dataclasses import asdict

import numpy as np

from benchmarks.report import ENV_ID, EVALUATE_EVERY, THRESHOLD
from benchmarks.runs import Evaluations, run_recipe
from evidence import record_runs, stacked
from helpers.evaluation import run_seeds
from helpers.recipes import RELIABLE

PATH = "notebooks/data/reliable.npz"
TUNED_ON = range(1_000, 1_100)  # the numbers of RELIABLE were chosen on these
SEEDS = range(100)
HELD_OUT = range(70_000, 70_100)  # run for this record and for nothing else


def record_seed(seed: int) -> dict[str, np.ndarray]:
    """One run: mean greedy returns as it learns and at the end, and what it took."""
    run = run_recipe(RELIABLE, seed, measure=Evaluations(seed), measure_every=EVALUATE_EVERY)
    return {
        "measured_at": run.history.measured_at,  # (V,) env steps
        "greedy_returns": run.history.measured["greedy_returns"].mean(axis=1),  # (V,) of 100 episodes
        "seconds": run.history.measured["seconds"],  # (V,) building, compiling and training until then
        "train_seconds": np.array(run.train_seconds),
        "final_returns": run.final_returns.astype(np.float32),  # (100,)
    }


def main() -> None:
    config = asdict(RELIABLE.config) | {"n": RELIABLE.agent_class.n, "env": ENV_ID, "num_steps": RELIABLE.num_steps}
    config |= {"tuned_on": f"{TUNED_ON.start} to {TUNED_ON[-1]}", "measure_every": EVALUATE_EVERY}
    config |= {"held_out": f"{HELD_OUT.start} to {HELD_OUT[-1]}"}
    seeds = [*SEEDS, *HELD_OUT]
    arrays = record_runs(
        PATH,
        lambda jobs: stacked(run_seeds(record_seed, seeds, jobs), once=("measured_at",)) | {"seeds": np.array(seeds)},
        config=config,
        seeds=seeds,
    )
    final, late = arrays["final_returns"].mean(axis=1), arrays["greedy_returns"][:, -3:].min(axis=1)
    for name, rows in (("seeds 0 to 99", slice(100)), ("held out", slice(100, 200))):
        solved = (final[rows] >= THRESHOLD).sum()
        print(f"{name}: {solved} of 100 solved, worst {final[rows].min():.0f}, lowest late {late[rows].min():.0f}")


if __name__ == "__main__":
    main()
