"""Right and wrong answers to the exercises of notebook 15."""

SETUP = """
import numpy as np
from math import comb, log, ceil
from itertools import combinations, permutations
from scipy import stats
from helpers.statistics import rate_interval, rates_power
def ends(k, n, z):
    half = z * np.sqrt(k * (n - k) / n + z**2 / 4)
    return (k + z**2 / 2 - half) / (n + z**2), (k + z**2 / 2 + half) / (n + z**2)
def plain(k, n, z):
    half = z * np.sqrt(k / n * (1 - k / n) / n)
    return k / n - half, k / n + half
def distances(k_a, n_a, k_b, n_b):
    a, b, A, B = k_a / n_a, k_b / n_b, rate_interval(k_a, n_a), rate_interval(k_b, n_b)
    return a - b, a - A[0], A[1] - a, b - B[0], B[1] - b
def fisher(k_a, n_a, k_b, n_b):
    return stats.fisher_exact([[k_a, n_a - k_a], [k_b, n_b - k_b]]).pvalue
def sums(studies):
    chances = np.ones(1)
    for k_a, n_a, k_b, n_b in studies:
        chances = np.convolve(chances, stats.hypergeom.pmf(np.arange(n_a + 1), n_a + n_b, k_a + k_b, n_a))
    return chances, sum(study[0] for study in studies)
runs = {"plain/fresh_returns": np.random.default_rng(0).uniform(0, 500, (8, 20, 100))}
def gaps(a, b):
    pool, n = np.concatenate([a, b]), len(a)
    deals = [list(c) for c in combinations(range(len(pool)), n)]
    return np.array([pool[c].mean() - np.delete(pool, c).mean() for c in deals])
"""

VARIANTS = {
    "15.1": [
        "lambda k, n, z=1.96: ends(k, n, z)",
        "lambda k, n, z=1.96: np.sort(np.roots([n + z**2, -(2 * k + z**2), k**2 / n]).real)",
        """
def by_search(k, n, z=1.96):
    grid = np.linspace(0, 1, 200_001)
    held = grid[abs(k / n - grid) <= z * np.sqrt(grid * (1 - grid) / n) + 1e-9]
    return [held.min(), held.max()]
""",
    ],
    "15.2": [
        """
def in_full(k_a, n_a, k_b, n_b):
    d, a_down, a_up, b_down, b_up = distances(k_a, n_a, k_b, n_b)
    return [d - np.sqrt(a_down**2 + b_up**2), d + np.sqrt(a_up**2 + b_down**2)]
""",
        """
def with_1_96(k_a, n_a, k_b, n_b):
    (la, ua), (lb, ub) = ends(k_a, n_a, 1.96), ends(k_b, n_b, 1.96)
    a, b = k_a / n_a, k_b / n_b
    return a - b - np.hypot(a - la, ub - b), a - b + np.hypot(ua - a, b - lb)
""",
    ],
    "15.3": [
        """
def by_convolution(studies):
    chances, seen = sums(studies)
    return float(chances[chances <= chances[seen] + 1e-12].sum())
""",
        """
def by_counting(studies):
    ways, seen = {0: 1}, sum(study[0] for study in studies)
    for k_a, n_a, k_b, n_b in studies:
        more = {}
        for total, count in ways.items():
            for i in range(n_a + 1):
                if 0 <= k_a + k_b - i <= n_b:
                    more[total + i] = more.get(total + i, 0) + count * comb(n_a, i) * comb(n_b, k_a + k_b - i)
        ways = more
    return sum(count for count in ways.values() if count <= ways[seen]) / sum(ways.values())
""",
    ],
    "15.4": ["ceil(log(0.05) / log(0.9))", "np.int64(29)", "next(n for n in range(1, 99) if 0.9**n <= 0.05)"],
    "15.5": [
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
    "15.6": [
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
    "15.7": ['{"one question": np.int64(36), "ten questions": 58}', '{"ten questions": 58, "one question": 36}'],
}

MUTANTS = {
    "15.1": {
        "lambda k, n, z: plain(k, n, z)": "not of the share that was seen",
        "lambda k, n, z: np.clip(plain(k, n, z), 0, 1)": "cut off at 0 and 1",
        "lambda k, n, z: ends(k, n, z)[::-1]": "the lower one",
        "lambda k, n, z: [(k + z**2 / 2 + s * z * np.sqrt(k * (n - k) / n)) / (n + z**2) for s in (-1, 1)]": "missing under the root",
        "lambda k, n, z: [k / n + s * z * np.sqrt(k * (n - k) / n + z**2 / 4) / (n + z**2) for s in (-1, 1)]": "Solve the whole quadratic",
        "lambda k, n, z: [(k + s * z * np.sqrt(k * (n - k) / n + z**2 / 4)) / (n + z**2) for s in (-1, 1)]": "2 of 2k + z²",
        "lambda k, n, z: [(k + z**2 / 2 + s * z * np.sqrt(k * (n - k) / n + z**2 / 4)) / n for s in (-1, 1)]": "not by n alone",
        "lambda k, n, z: n * np.array(ends(k, n, z))": "Those are successes",
        "lambda k, n, z: 100 * np.array(ends(k, n, z))": "per cent",
        "lambda k, n, z: (sum(ends(k, n, z)) / 2, (ends(k, n, z)[1] - ends(k, n, z)[0]) / 2)": "half width",
        "lambda k, n, z: tuple(stats.binomtest(k, n).proportion_ci(0.95, method='exact'))": "Clopper and Pearson",
        "lambda k, n, z: ends(k, n, 1.0)": "leave z out",
        "lambda k, n, z: ends(k, n, 1.96)": "It is an argument",
        "lambda k, n, z: ends(k, n, z**2)": "both sides should be equal",
        "lambda k, n, z: ends(k, n, z)[0]": "should have shape (2,)",
    },
    "15.2": {
        "lambda *s: (distances(*s)[0] - distances(*s)[1] - distances(*s)[4], distances(*s)[0] + distances(*s)[2] + distances(*s)[3])": "both worst cases at once",
        "lambda ka, na, kb, nb: np.subtract(rate_interval(ka, na), rate_interval(kb, nb))": "low from low",
        "def f(*s):\n    d, a_dn, a_up, b_dn, b_up = distances(*s)\n    return d - np.hypot(a_dn, b_dn), d + np.hypot(a_up, b_up)": "You let it be worse too",
        "def f(*s):\n    d, a_dn, a_up, b_dn, b_up = distances(*s)\n    return d - np.hypot(a_up, b_dn), d + np.hypot(a_dn, b_up)": "exchanged",
        "def f(*s):\n    d, a_dn, a_up, b_dn, b_up = distances(*s)\n    return -d - np.hypot(a_up, b_dn), -d + np.hypot(a_dn, b_up)": "B minus A",
        "def f(*s):\n    d, a_dn, a_up, b_dn, b_up = distances(*s)\n    return d + np.hypot(a_up, b_dn), d - np.hypot(a_dn, b_up)": "the lower one",
        "def f(*s):\n    d, a_dn, a_up, b_dn, b_up = distances(*s)\n    return -np.hypot(a_dn, b_up), np.hypot(a_up, b_dn)": "Where is the difference itself",
        "def f(*s):\n    d, a_dn, a_up, b_dn, b_up = distances(*s)\n    return d - a_dn, d + a_up": "A alone",
        "def f(*s):\n    d, a_dn, a_up, b_dn, b_up = distances(*s)\n    return d - a_dn**2 - b_up**2, d + a_up**2 + b_dn**2": "the root is missing",
        "def f(ka, na, kb, nb):\n    a, b = ka / na, kb / nb\n    half = 1.96 * np.sqrt(a * (1 - a) / na + b * (1 - b) / nb)\n    return a - b - half, a - b + half": "Wilson's ends",
        "def f(*s):\n    d, a_dn, a_up, b_dn, b_up = distances(*s)\n    return 100 * (d - np.hypot(a_dn, b_up)), 100 * (d + np.hypot(a_up, b_dn))": "points of 100",
        "lambda *s: (0.0, 1.0)": "four distances first",
        "lambda *s: distances(*s)[0]": "should have shape (2,)",
    },
    "15.3": {
        "lambda studies: fisher(*np.sum(studies, axis=0))": "add the columns",
        "lambda studies: np.prod([fisher(*study) for study in studies])": "multiply the p-values",
        "lambda studies: min(fisher(*study) for study in studies)": "smallest p",
        "lambda studies: np.mean([fisher(*study) for study in studies])": "mean of the p-values",
        "lambda studies: stats.combine_pvalues([fisher(*study) for study in studies]).pvalue": "forgets which agent",
        "lambda studies: sums(studies)[0][sums(studies)[1]:].sum()": "one direction only",
        "lambda studies: sums(studies)[0][: sums(studies)[1] + 1].sum()": "A solves fewer",
        "lambda studies: 2 * min(sums(studies)[0][sums(studies)[1]:].sum(), sums(studies)[0][: sums(studies)[1] + 1].sum())": "Twice one side",
        "def f(studies):\n    chances, seen = sums(studies)\n    return chances[chances < chances[seen] * (1 - 1e-7)].sum()": "leave out the sum",
        "lambda studies: sums(studies)[0][sums(studies)[1]]": "no likelier",
        "def f(studies):\n    chances, seen = sums(studies)\n    return 1 - chances[chances <= chances[seen] * (1 + 1e-7)].sum()": "1 minus p",
        "lambda studies: sums(studies)[0][sums(studies)[0] <= sums(studies)[0][sums(studies)[1]]].sum()": "Allow for the last bits",
        "def f(studies):\n    chances, seen = sums(studies)\n    away = abs(np.arange(len(chances)) - chances @ np.arange(len(chances)))\n    return chances[away >= away[seen] - 1e-9].sum()": "not how far it is",
        "lambda studies: fisher(*studies[0])": "Only the first study",
        "lambda studies: fisher(*studies[-1])": "Only the last study",
        "lambda studies: 0.5": "should give Fisher's p",
        "lambda studies: [fisher(*study) for study in studies]": "should be one number",
        "lambda studies: studies.pop() and 0.1": "changes its argument `studies`",
    },
    "15.4": {
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
    "15.5": {
        "lambda a, b: np.mean(gaps(a, b) >= a.mean() - b.mean())": "one direction only",
        "lambda a, b: 2 * min(np.mean(gaps(a, b) >= a.mean() - b.mean()), np.mean(gaps(a, b) <= a.mean() - b.mean()))": "Twice one side",
        "lambda a, b: np.mean(abs(gaps(a, b)) > abs(a.mean() - b.mean()))": "just as uneven",
        "lambda a, b: np.mean(abs(gaps(a, b)) < abs(a.mean() - b.mean()))": "less uneven",
        "lambda a, b: int(np.sum(abs(gaps(a, b)) >= abs(a.mean() - b.mean())))": "number of deals",
        "lambda a, b: np.mean([abs(a.sum() - b.sum()) <= abs(2 * sum(c) - a.sum() - b.sum()) for c in combinations(np.concatenate([a, b]), len(a))])": "Compare means, not sums",
        "lambda a, b: (abs(gaps(a, b)) >= abs(a.mean() - b.mean())).mean() + 0.01": "Near, but not exact",
        "lambda a, b: 0.95": "three runs of each",
        "def f(a, b):\n    pool, seen = np.concatenate([a, b]), abs(a.mean() - b.mean())\n    deals = {tuple(sorted(c)) for c in combinations(pool, len(a))}\n    return np.mean([abs(sum(c) / len(a) - (pool.sum() - sum(c)) / len(b)) >= seen - 1e-9 for c in deals])": "as a set does",
        "lambda a, b: np.mean(abs(gaps(a, b)) >= abs(a.mean() - b.mean()) - 1e-9) * (1 if len(set([*a, *b])) == len([*a, *b]) else 0.9)": "have the same return",
        "lambda a, b: abs(gaps(a, b)) >= abs(a.mean() - b.mean())": "should be one number",
        "lambda a, b: float('nan') if np.ptp(np.concatenate([a, b])) == 0 else np.mean(abs(gaps(a, b)) >= abs(a.mean() - b.mean()))": "no finite number",
        "lambda a, b: 0.0 if np.ptp(np.concatenate([a, b])) == 0 else np.mean(abs(gaps(a, b)) >= abs(a.mean() - b.mean()))": "all runs are equal",
        "def f(a, b):\n    a -= b.mean()\n    return abs(a.mean())": "changes its argument `a`",
        "lambda a, b: np.random.permutation(np.concatenate([a, b])).mean()": "global random generator",
    },
    "15.6": {
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
    "15.7": {
        "[36, 58]": "Give a dictionary",
        '{"one question": 36}': "is missing",
        '{"one question": 58, "ten questions": 36}': "exchanged",
        '{"one question": 72, "ten questions": 58}': "of both together",
        '{"one question": 30, "ten questions": 58}': '"one question": with so few',
        '{"one question": 50, "ten questions": 58}': '"one question": that is more',
        '{"one question": 36, "ten questions": 360}': "ten times is a guess",
        '{"one question": 36, "ten questions": 15}': "no finding",
        '{"one question": 36, "ten questions": 36}': "still tested at 5 %",
        '{"one question": 36, "ten questions": 50}': '"ten questions": with so few',
        '{"one question": 36, "ten questions": 72}': '"ten questions": that is more',
        '{"one question": 36.0, "ten questions": 58}': "whole number of type int",
    },
}
