"""Record, for notebook 13, RELIABLE beside CANDIDATE on one budget, and beside itself with one change put back.

python -m evidence.equal_budgets

First a pilot of the two, three minutes on one core; then the study of all six, forty minutes. Each has seeds that
nothing else uses. Can be stopped at any time, and goes on.

The list of the study, older than its runs, has six comparisons with RELIABLE: each change put back, and CANDIDATE, by
the number of perfect runs (499 or more); and CANDIDATE by the number of solved ones.
"""

import json
from dataclasses import asdict, replace
from functools import partial

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.pieces import folder_of, in_pieces
from evidence.report import ENV_ID, FINAL_SEED, THRESHOLD
from helpers.dqn.recipes import CANDIDATE, RELIABLE, Recipe
from helpers.evaluation import rollouts
from helpers.loop import train

HALF = CANDIDATE.for_task(RELIABLE.num_steps, CANDIDATE.config.obs_scale)  # with RELIABLE's number of steps


def with_one_back(name: str) -> Recipe:
    """RELIABLE, but for this number of its configuration, which is CANDIDATE's."""
    return RELIABLE._replace(config=replace(RELIABLE.config, **{name: getattr(HALF.config, name)}))


# RELIABLE differs from CANDIDATE in its number of steps, too: a run of 100,000 with all the rest as in RELIABLE.
LONG = RELIABLE.for_task(CANDIDATE.num_steps, RELIABLE.config.obs_scale)
VARIANTS: dict[str, Recipe] = {
    "candidate": HALF,
    "reliable": RELIABLE,
    "five_steps": with_one_back("n"),
    "gamma_099": with_one_back("gamma"),
    "whole_buffer": with_one_back("buffer_size"),
    "long_run": LONG,
}
STUDIES: dict[str, tuple[tuple[str, ...], range]] = {
    "equal_budgets": (("candidate", "reliable"), range(90_000, 90_020)),  # the pilot
    "leave_one_out": (tuple(VARIANTS), range(91_000, 91_100)),
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


def gather(study: str, jobs: int) -> dict[str, np.ndarray]:
    """The arrays (N, ...) of each variant of a study, named variant/array."""
    variants, seeds = STUDIES[study]
    tasks = [(variant, seed) for seed in seeds for variant in variants]
    found = in_pieces(record, tasks, numbers_of, jobs, folder_of("equal_budgets"))
    return {f"{variant}/{name}": values for variant in variants for name, values in found[variant].items()}


def describe(study: str) -> dict:
    """What produced the numbers, for the provenance."""
    of_each = {variant: numbers_of(variant) for variant in STUDIES[study][0]}
    return {"variants": of_each, "tuned_on": "1000 to 1099 (candidate), 1000 to 1999 (reliable)"}


def main() -> None:
    for study, (variants, seeds) in STUDIES.items():
        path = f"notebooks/data/{study}.npz"
        arrays = record_runs(path, partial(gather, study), config=describe(study), seeds=seeds)
        for variant in variants:
            means = arrays[f"{variant}/final_returns"].mean(axis=1)
            solved, perfect = (means >= THRESHOLD).sum(), (means >= 499).sum()
            print(f"{variant:>12}: {solved} of {len(means)} solved, {perfect} at 499 or more, worst {means.min():.0f}")


if __name__ == "__main__":
    main()
