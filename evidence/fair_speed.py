"""Record, for notebook 12, a soft target that is as fast as the copies, on the seeds of `evidence.reliability`.

python -m evidence.fair_speed

Two minutes on one core. Can be stopped at any time, and goes on.
"""

import json
from dataclasses import asdict

import numpy as np

from evidence import record_runs
from evidence.pieces import folder_of, in_pieces
from evidence.reliability import ENV_ID, MEASURE_EVERY, SEEDS, VARIANTS, record_recipe, with_parts
from helpers.dqn.variants import SoftTarget

PATH = "notebooks/data/fair_speed.npz"
PLAIN, NAME = VARIANTS["plain"], "soft_target"
AS_FAST = with_parts(PLAIN, SoftTarget, tau=1 / PLAIN.config.target_every)


def numbers() -> dict:
    """All that a run depends on, in words that JSON can hold."""
    about = {"env": ENV_ID, "num_steps": AS_FAST.num_steps, "measure_every": MEASURE_EVERY, "parts": NAME}
    return json.loads(json.dumps(asdict(AS_FAST.config) | about))


def gather(jobs: int) -> dict[str, np.ndarray]:
    """The arrays of all seeds (N, ...), named as in the record of `evidence.reliability`."""
    tasks = [(NAME, seed) for seed in SEEDS]
    runs = in_pieces(lambda _, seed: record_recipe(AS_FAST, seed), tasks, lambda _: numbers(), jobs, folder_of("parts"))
    return {f"{NAME}/{name}": values for name, values in runs[NAME].items()}


def main() -> None:
    arrays = record_runs(PATH, gather, config=numbers(), seeds=SEEDS)
    means = arrays[f"{NAME}/final_returns"].mean(axis=1)
    print(f"tau = {AS_FAST.config.tau:.4f}: {(means >= 475).sum()} of {len(means)} solved, worst {means.min():.0f}")


if __name__ == "__main__":
    main()
