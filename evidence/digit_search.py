"""Record searches of the space `DIGITS` whose networks have all been trained already (notebook 24).

Every number is that of the search over cells, and none was tuned here; only where the values of the table begin follows
what can be had.

python -m evidence.digit_search
"""

import numpy as np

from evidence import record_runs
from evidence.digit_networks import PATH as NETWORKS_PATH
from evidence.network_search import METHODS as CELL_METHODS
from evidence.network_search import Search, TableSearch, described, picks_at, search
from helpers.records import load_record
from helpers.search import DIGITS, Curves, load_digit_networks, successive_halving
from helpers.search.digits import EPOCHS

PATH = "notebooks/data/digit_search.npz"
SEEDS, BUDGET = range(100), 120
NUM_SECONDS = 20  # marks on the clock
METHODS: dict[str, Search] = {name: CELL_METHODS[name] for name in ("random", "evolution", "reinforce")}
METHODS["q_learning"] = TableSearch(initial_q=0.97)


def load_curves() -> Curves:
    """What every training showed on the way, for successive halving."""
    table, (arrays, _) = load_digit_networks(NETWORKS_PATH), load_record(NETWORKS_PATH)
    return Curves(DIGITS, arrays["validation"], table.seconds, table.truth, EPOCHS)


def clock() -> np.ndarray:
    """Marks in seconds of training, up to what BUDGET networks drawn at random take on average."""
    return np.geomspace(0.02, 1, NUM_SECONDS) * BUDGET * load_digit_networks(NETWORKS_PATH).seconds.mean()


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


def main() -> None:
    methods = {name: described(method) for name, method in METHODS.items()}
    config = {"budget": BUDGET, "methods": methods}
    record_runs(PATH, gather, config=config, seeds=SEEDS)


if __name__ == "__main__":
    main()
