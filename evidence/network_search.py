"""Record six ways to search NAS-Bench-201 (CIFAR-100), and what chance in the trainings does to them (notebook 24).

python -m evidence.network_search

Step sizes and populations were chosen on seeds of their own, which no record reports:
python -c "from evidence.network_search import tune; tune()"
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np

from evidence import record_runs
from helpers.agents import QLearning, TableConfig, constant
from helpers.loop import train
from helpers.policies import softmax
from helpers.search import (
    BuildNetwork,
    ControllerConfig,
    NetworkTable,
    Trials,
    load_cells,
    local_search,
    random_search,
    regularised_evolution,
    reinforce_search,
    repeated_halving,
)

PATH, TABLE_PATH = "notebooks/data/network_search.npz", "notebooks/data/nas_bench_201.npz"
SEEDS, BUDGET = range(100), 1_000
TUNING_SEEDS, TUNED_AT = range(24_000, 24_010), (100, 300, 1_000)
MARKS = np.unique([*np.geomspace(1, BUDGET, 28).round().astype(int).tolist(), 100, 300])  # trainings
HOURS = np.geomspace(10, 1_000, 17)  # of training
CURSED = 300  # trainings after which the pick's own number is compared with what it is worth
FINALISTS, REPEATS = 10, 3  # of the last part of a search that looks twice


@dataclass(frozen=True)
class Softmax:
    """Every action with a probability that grows with its value."""

    temperature: float

    def __call__(self, q, counts, step: int, rng: np.random.Generator) -> int:
        return softmax(q, self.temperature, rng)


@dataclass(frozen=True)
class TableSearch:
    """Q-learning over partial networks (Baker et al. 2017), with the course's own agent and loop."""

    alpha: float = 0.4
    remembers: int | None = 1
    temperature: float = 0.007  # in units of reward: shares of 1
    initial_q: float = 0.7

    def __call__(self, trials: Trials, rng: np.random.Generator) -> QLearning:
        env = BuildNetwork(trials, self.remembers)
        policy, seed = Softmax(self.temperature), int(rng.integers(2**31))
        config = TableConfig(gamma=1.0, alpha=constant(self.alpha), policy=policy, initial_q=self.initial_q)
        agent = QLearning(env.observation_space, env.action_space, config, seed)
        train(env, agent, trials.left * len(trials.space.slots), seed, progress=False)
        return agent


Search = Callable[[Trials, np.random.Generator], object]
METHODS: dict[str, Search] = {
    "random": random_search,
    "local": local_search,
    "halving": partial(repeated_halving, width=81),
    "evolution": partial(regularised_evolution, population=30, contestants=10),
    "reinforce": partial(reinforce_search, config=ControllerConfig(alpha=2.0, memory=0.8)),
    "q_learning": TableSearch(),
}


def described(method: Search) -> str:
    """The numbers of a method, or its name where it has none; the same in every process."""
    if isinstance(method, partial):
        return repr(method.keywords)
    return getattr(method, "__name__", repr(method))


def search(method: Search, table: NetworkTable, seed: int, budget: int = BUDGET) -> Trials:
    """One run: a generator for the search, and one that the table draws its trainings with."""
    choices, trainings = (np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(2))
    trials = Trials(table, budget, trainings)
    method(trials, choices)
    return trials


def regret_at(trials: Trials, table: NetworkTable, marks=MARKS) -> np.ndarray:
    """Regret after each of `marks` trainings."""
    return table.best - table.truth[trials.picks()[np.asarray(marks) - 1]]


def picks_at(marks: np.ndarray, ends: np.ndarray, picks: np.ndarray) -> np.ndarray:
    """The pick at each mark on the clock, of trainings that end at `ends` (n,); -1 before the first has ended."""
    finished = np.searchsorted(ends, marks, side="right")
    return np.where(finished > 0, picks[finished.clip(min=1) - 1], -1)


def examine(trials: Trials, table: NetworkTable) -> dict[str, np.ndarray]:
    """Regret by trainings and by hours of training, what the whole took, and the number that the pick has shown."""
    hours = np.cumsum(trials.seconds) / 3_600
    picks = picks_at(HOURS, hours, trials.picks())
    return {
        "regret": regret_at(trials, table),
        "regret_by_hours": np.where((picks >= 0) & (hours[-1] >= HOURS), table.best - table.truth[picks], np.nan),
        "hours": hours[MARKS - 1],
        "shown": np.maximum.accumulate(trials.accuracy)[MARKS - 1],
        "late": table.truth[trials.index[-100:]].mean(),
    }


def look_twice(trials: Trials, table: NetworkTable, seed: int) -> int:
    """The row picked by a search that keeps its last trainings for the best ten: the highest mean of all their looks.

    A run of BUDGET trainings is cut at CURSED less those; no method knows its budget before, so that is the same run.
    """
    rng, spent = np.random.default_rng([seed, 1]), CURSED - FINALISTS * REPEATS
    seen: dict[int, list[float]] = {}
    for index, accuracy in zip(trials.index[:spent], trials.accuracy[:spent], strict=True):
        seen.setdefault(index, []).append(accuracy)
    finalists = sorted(seen, key=lambda index: -max(seen[index]))[:FINALISTS]
    means = {
        index: np.mean([table.train(table.space.architecture(index), rng)[0] for _ in range(REPEATS)])
        for index in finalists
    }
    return max(means, key=means.__getitem__)


def record_seed(name: str, table: NetworkTable, seed: int) -> dict[str, np.ndarray]:
    """All that is recorded of one method and seed."""
    trials, quiet = search(METHODS[name], table, seed), table.without_noise()
    arrays = examine(trials, table)
    arrays["looked_twice"] = table.best - table.truth[look_twice(trials, table, seed)]
    arrays["without_noise"] = regret_at(search(METHODS[name], quiet, seed), table)
    return arrays


def gather(jobs: int) -> dict[str, np.ndarray]:
    """Every method from every seed; one process is enough."""
    table = load_cells(TABLE_PATH)
    arrays = {"marks": MARKS, "clock": HOURS}
    for name in METHODS:
        records = [record_seed(name, table, seed) for seed in SEEDS]
        for what in records[0]:
            arrays[f"{name}/{what}"] = np.array([record[what] for record in records], np.float32)
        print(f"{name:>10}: regret {arrays[f'{name}/regret'][:, -1].mean():.2f}", flush=True)
    return arrays


def candidates() -> dict[str, list[Search]]:
    """What was tried for each method."""
    return {
        "halving": [partial(repeated_halving, width=width) for width in (9, 27, 81)],
        "evolution": [
            partial(regularised_evolution, population=size, contestants=drawn)
            for size, drawn in ((10, 3), (10, 5), (30, 5), (30, 10), (30, 20), (100, 10), (100, 30))
        ],
        "reinforce": [
            partial(reinforce_search, config=ControllerConfig(alpha, memory))
            for alpha, memory in product((0.5, 1.0, 2.0, 4.0, 8.0), (0.8, 0.9, 0.95))
        ],
        "q_learning": [
            TableSearch(alpha, remembers, temperature)
            for alpha, remembers, temperature in product((0.2, 0.4, 0.7), (1, 2, None), (0.003, 0.005, 0.007, 0.01))
        ],
    }


def tune() -> None:
    """Print the regret of everything tried, on the tuning seeds, best last."""
    table = load_cells(TABLE_PATH)
    for name, tried in candidates().items():
        found = []
        for method in tried:
            rows = [regret_at(search(method, table, seed), table, TUNED_AT) for seed in TUNING_SEEDS]
            found.append((np.mean(rows), np.mean(rows, axis=0).round(2), method))
        for mean, means, method in sorted(found, key=lambda row: -row[0]):
            print(f"{name:>10} {mean:.3f} {means} {described(method)}", flush=True)


def main() -> None:
    config = {
        "data_set": "cifar100",
        "budget": BUDGET,
        "methods": {name: described(method) for name, method in METHODS.items()},
        "tuning_seeds": list(TUNING_SEEDS),
        "finalists": FINALISTS,
        "repeats": REPEATS,
    }
    record_runs(PATH, gather, config=config, seeds=SEEDS)


if __name__ == "__main__":
    main()
