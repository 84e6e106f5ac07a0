"""Record, for notebook 12, what its screen of twelve seeds suggests, once more on thirty fresh seeds.

python -m evidence.parts_again

Three comparisons with the plain agent, by the number of settled runs, written down before any of these was trained.
A quarter of an hour on one core. Can be stopped at any time, and goes on.
"""

import json
from dataclasses import asdict

import numpy as np

from evidence import record_runs
from evidence.pieces import folder_of, in_pieces
from evidence.reliability import ENV_ID, MEASURE_EVERY, VARIANTS, record_recipe, with_parts
from helpers.dqn.recipes import Recipe
from helpers.dqn.variants import SoftTarget

PATH = "notebooks/data/parts_again.npz"
SEEDS = range(91_000, 91_030)  # run for this record and for nothing else
PLAIN = VARIANTS["plain"]
AS_FAST = 1 / PLAIN.config.target_every  # a soft target as fast as the copies
AGAIN: dict[str, Recipe] = {
    "plain": PLAIN,
    "n_step": VARIANTS["plain/n_step"],
    "no_decay": VARIANTS["plain/no_decay"],
    "soft_target": with_parts(PLAIN, SoftTarget, tau=AS_FAST),
}


def numbers_of(variant: str) -> dict:
    """All that the runs of a variant depend on, in words that JSON can hold."""
    recipe = AGAIN[variant]
    about = {"env": ENV_ID, "num_steps": recipe.num_steps, "measure_every": MEASURE_EVERY}
    return json.loads(json.dumps(asdict(recipe.config) | about | {"parts": variant}))


def gather(jobs: int) -> dict[str, np.ndarray]:
    """Each variant's arrays (N, ...), named variant/array."""
    tasks = [(variant, seed) for seed in SEEDS for variant in AGAIN]
    found = in_pieces(lambda name, seed: record_recipe(AGAIN[name], seed), tasks, numbers_of, jobs, folder_of("parts"))
    return {f"{variant}/{name}": values for variant in AGAIN for name, values in found[variant].items()}


def settled(arrays: dict[str, np.ndarray], variant: str, threshold: float = 475) -> int:
    """How many runs are solved, and at the threshold in the last ten measurements too."""
    means = arrays[f"{variant}/final_returns"].mean(axis=1, keepdims=True)
    late = arrays[f"{variant}/greedy_returns"][:, -10:]
    return int((np.hstack([means, late]) >= threshold).all(axis=1).sum())


def main() -> None:
    arrays = record_runs(PATH, gather, config={name: numbers_of(name) for name in AGAIN}, seeds=SEEDS)
    for variant in AGAIN:
        print(f"{variant:>12}: {settled(arrays, variant)} of {len(SEEDS)} settled")


if __name__ == "__main__":
    main()
