"""Record searches of the space `DIGITS` whose networks have all been trained already (notebook 24).

python -m evidence.digit_search
"""

from functools import partial

import numpy as np

from evidence import record_runs
from evidence.digit_networks import PATH as NETWORKS_PATH
from evidence.network_search import Search, TableSearch, search
from helpers.records import load_record
from helpers.search import (
    DIGITS,
    ControllerConfig,
    Curves,
    load_digit_networks,
    random_search,
    regularised_evolution,
    reinforce_search,
    successive_halving,
)
from helpers.search.digits import EPOCHS

PATH = "notebooks/data/digit_search.npz"
SEEDS, BUDGET = range(100), 120
TUNING_SEEDS, TUNED_AT = range(25_000, 25_010), (40, 80, 120)
NUM_SECONDS = 20  # marks on the clock
METHODS: dict[str, Search] = {
    "random": random_search,
    "evolution": partial(regularised_evolution, population=20, contestants=7),
    "reinforce": partial(reinforce_search, config=ControllerConfig(8.0)),
    "q_learning": TableSearch(),
}


def load_curves() -> Curves:
    """What every training showed on the way, for successive halving."""
    table, (arrays, _) = load_digit_networks(NETWORKS_PATH), load_record(NETWORKS_PATH)
    return Curves(DIGITS, arrays["validation"], table.seconds, table.truth, EPOCHS)


def clock() -> np.ndarray:
    """Marks in seconds of training, up to what BUDGET networks drawn at random take on average."""
    return np.geomspace(0.02, 1, NUM_SECONDS) * BUDGET * load_digit_networks(NETWORKS_PATH).seconds.mean()


def picks_at(marks: np.ndarray, seconds: np.ndarray, picks: np.ndarray) -> np.ndarray:
    """The pick at each mark; -1 before the first training has ended."""
    finished = np.searchsorted(seconds, marks, side="right")
    return np.where(finished > 0, picks[finished.clip(min=1) - 1], -1)


def gather(jobs: int) -> dict[str, np.ndarray]:
    """Every method from every seed; one process is enough."""
    table, curves, marks = load_digit_networks(NETWORKS_PATH), load_curves(), clock()
    arrays: dict[str, np.ndarray] = {"seconds": marks}

    def regret_of(picks):
        return np.where(picks >= 0, table.best - table.truth[picks], np.nan).astype(np.float32)

    for name, method in METHODS.items():
        runs = [search(method, table, seed, BUDGET) for seed in SEEDS]
        arrays[f"{name}/regret"] = regret_of(np.array([trials.picks() for trials in runs]))
        picks = [picks_at(marks, np.cumsum(trials.seconds), trials.picks()) for trials in runs]
        arrays[f"{name}/regret_by_seconds"] = regret_of(np.array(picks))
        arrays[f"{name}/spent"] = np.array([sum(trials.seconds) for trials in runs], np.float32)
        arrays[f"{name}/shown"] = np.array([max(trials.accuracy) for trials in runs], np.float32)
    found = [successive_halving(curves, marks[-1], np.random.default_rng([seed, 2])) for seed in SEEDS]
    picks = np.array([picks_at(marks, one.seconds, one.picks) for one in found])
    arrays["halving/regret_by_seconds"] = regret_of(picks)
    return arrays


def tune() -> None:
    """Print the regret of everything tried, on the tuning seeds, best last."""
    table = load_digit_networks(NETWORKS_PATH)
    tried: dict[str, Search] = {}
    for alpha in (1.0, 2.0, 4.0, 8.0, 16.0):
        tried[f"reinforce {alpha}"] = partial(reinforce_search, config=ControllerConfig(alpha))
    for size, drawn in ((10, 3), (20, 7), (30, 10)):
        tried[f"evolution {size} {drawn}"] = partial(regularised_evolution, population=size, contestants=drawn)
    for alpha in (0.1, 0.3, 0.6):
        for remembers in (1, 2, None):
            tried[f"q {alpha} {remembers}"] = TableSearch(alpha, remembers)
    for name, method in tried.items():
        runs = [search(method, table, seed, BUDGET) for seed in TUNING_SEEDS]
        rows = table.best - table.truth[np.array([trials.picks()[np.array(TUNED_AT) - 1] for trials in runs])]
        print(f"{name:>18} {rows.mean():.3f} {rows.mean(axis=0).round(2)}", flush=True)


def main() -> None:
    methods = {name: repr(getattr(method, "keywords", method)) for name, method in METHODS.items()}
    config = {"budget": BUDGET, "methods": methods, "tuning_seeds": list(TUNING_SEEDS)}
    record_runs(PATH, gather, config=config, seeds=SEEDS)


if __name__ == "__main__":
    main()
