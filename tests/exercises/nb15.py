"""Right and wrong answers to the exercises of notebook 15."""

SETUP = """
import numpy as np
from math import comb, log, ceil
from itertools import combinations, permutations
from helpers.statistics import rates_power
runs = {"plain/fresh_returns": np.random.default_rng(0).uniform(0, 500, (8, 20, 100))}
def gaps(a, b):
    pool, n = np.concatenate([a, b]), len(a)
    deals = [list(c) for c in combinations(range(len(pool)), n)]
    return np.array([pool[c].mean() - np.delete(pool, c).mean() for c in deals])
"""

VARIANTS = {
    "15.1": ["ceil(log(0.05) / log(0.9))", "np.int64(29)", "next(n for n in range(1, 99) if 0.9**n <= 0.05)"],
    "15.2": [
        """
def in_full(a, b):
    pool, n, seen, hits, total = list(a) + list(b), len(a), abs(np.mean(a) - np.mean(b)), 0, 0
    for chosen in combinations(range(len(pool)), n):
        x = [pool[i] for i in chosen]
        y = [pool[i] for i in range(len(pool)) if i not in chosen]
        hits += abs(sum(x) / len(x) - sum(y) / len(y)) >= seen - 1e-9
        total += 1
    return hits / total
""",
        "lambda a, b: float((abs(gaps(a, b)) >= abs(a.mean() - b.mean())).sum()) / comb(len(a) + len(b), len(a))",
    ],
    "15.3": [
        """
def seed_by_seed(returns):
    report = []
    for seed in returns:
        half = seed.shape[1] // 2
        best = max(range(len(seed)), key=lambda moment: seed[moment, :half].mean())
        report.append(seed[best, half:].mean())
    return report
""",
        """
def along(returns):
    first, second = np.split(returns, 2, axis=2)
    at = first.mean(axis=2).argmax(axis=1)[:, None]
    return np.take_along_axis(second.mean(axis=2), at, axis=1)[:, 0]
""",
    ],
    "15.4": ['{"one question": np.int64(36), "eleven questions": 58}', '{"eleven questions": 58, "one question": 36}'],
}

MUTANTS = {
    "15.1": {
        "22": "falls to 1 in 10.",
        "44": "falls to 1 in 100",
        "59": "solves 95 of 100",
        "28": "One short",
        "10": "what happens on average",
        "20": "You divided",
        "1": "chance of a failure in one run",
        "0": "1 or more",
        "40": "more than it takes",
        "25": "still look perfect",
        "28.4": "whole number of type int",
        "None": "is `None`",
    },
    "15.2": {
        "lambda a, b: np.mean(gaps(a, b) >= a.mean() - b.mean())": "one direction only",
        "lambda a, b: 2 * min(np.mean(gaps(a, b) >= a.mean() - b.mean()), np.mean(gaps(a, b) <= a.mean() - b.mean()))": "Twice one side",
        "lambda a, b: np.mean(abs(gaps(a, b)) > abs(a.mean() - b.mean()))": "just as uneven",
        "lambda a, b: np.mean(abs(gaps(a, b)) < abs(a.mean() - b.mean()))": "less uneven",
        "lambda a, b: int(np.sum(abs(gaps(a, b)) >= abs(a.mean() - b.mean())))": "number of deals",
        "lambda a, b: np.mean([abs(a.sum() - b.sum()) <= abs(2 * sum(c) - a.sum() - b.sum()) for c in combinations(np.concatenate([a, b]), len(a))])": "Compare means, not sums",
        "lambda a, b: (abs(gaps(a, b)) >= abs(a.mean() - b.mean())).mean() + 0.01": "Near, but not exact",
        "lambda a, b: 0.95": "three runs of each",
        "lambda a, b: abs(gaps(a, b)) >= abs(a.mean() - b.mean())": "should be one number",
        "lambda a, b: float('nan') if np.ptp(np.concatenate([a, b])) == 0 else np.mean(abs(gaps(a, b)) >= abs(a.mean() - b.mean()))": "no finite number",
        "lambda a, b: 0.0 if np.ptp(np.concatenate([a, b])) == 0 else np.mean(abs(gaps(a, b)) >= abs(a.mean() - b.mean()))": "all runs are equal",
        "def f(a, b):\n    a -= b.mean()\n    return abs(a.mean())": "changes its argument `a`",
        "lambda a, b: np.random.permutation(np.concatenate([a, b])).mean()": "global random generator",
    },
    "15.3": {
        "lambda r: r[:, :, : r.shape[2] // 2].mean(2).max(1)": "episodes that chose",
        "lambda r: r[:, :, r.shape[2] // 2 :].mean(2).max(1)": "by the half that you report",
        "lambda r: r.mean(2).max(1)": "by all episodes",
        "lambda r: r.mean(2)[np.arange(len(r)), r[:, :, : r.shape[2] // 2].mean(2).argmax(1)]": "then report all episodes",
        "lambda r: r[:, :, r.shape[2] // 2 :].mean(2)[np.arange(len(r)), r.mean(2).argmax(1)]": "first half alone",
        "lambda r: r[:, :, : r.shape[2] // 2].mean(2)[np.arange(len(r)), r[:, :, r.shape[2] // 2 :].mean(2).argmax(1)]": "exchanged",
        "lambda r: r[:, :, r.shape[2] // 2 :].mean(2)[:, r[:, :, : r.shape[2] // 2].mean((0, 2)).argmax()]": "one moment for all seeds",
        "lambda r: r[:, -1, r.shape[2] // 2 :].mean(1)": "end of training",
        "lambda r: r[:, :, r.shape[2] // 2 :].mean(2)[np.arange(len(r)), r[:, :, : r.shape[2] // 2].mean(2).argmin(1)]": "worst moment",
        "lambda r: r[:, :, r.shape[2] // 2 :].mean(2)[np.arange(len(r)), r.shape[1] - 1 - r[:, ::-1, : r.shape[2] // 2].mean(2).argmax(1)]": "equally good",
        "lambda r: r[:, :, r.shape[2] // 2 :].mean(2)": "should have shape (4,), but its shape is (4, 6)",
        "lambda r: r[:, :, : r.shape[2] // 2].mean(2).argmax(1)": "dtype is int64",
        "lambda r: np.zeros(len(r))": "by hand with one seed",
        "def f(r):\n    r.sort(axis=2)\n    return r[:, 0, 0]": "changes its argument `r`",
    },
    "15.4": {
        "[36, 58]": "Give a dictionary",
        '{"one question": 36}': "is missing",
        '{"one question": 58, "eleven questions": 36}': "exchanged",
        '{"one question": 72, "eleven questions": 58}': "of both together",
        '{"one question": 30, "eleven questions": 58}': '"one question": with so few',
        '{"one question": 50, "eleven questions": 58}': '"one question": that is more',
        '{"one question": 36, "eleven questions": 396}': "eleven times is a guess",
        '{"one question": 36, "eleven questions": 15}': "no finding",
        '{"one question": 36, "eleven questions": 36}': "still tested at 5 %",
        '{"one question": 36, "eleven questions": 50}': '"eleven questions": with so few',
        '{"one question": 36, "eleven questions": 72}': '"eleven questions": that is more',
        '{"one question": 36.0, "eleven questions": 58}': "whole number of type int",
    },
}
