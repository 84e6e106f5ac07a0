"""How sure is a result, or a comparison? What SciPy counts, under the names that reinforcement learning has for it.

Intervals for one agent (of a mean, of a rate), what it takes to compare two, and to plan how many runs that takes.
"""

import warnings
from collections.abc import Callable
from functools import lru_cache
from numbers import Real
from typing import NamedTuple

import numpy as np
from scipy import stats
from scipy.special import comb


def mean_interval(values, confidence: float = 0.95, seed: int = 0) -> tuple[float, float]:
    """A bootstrap interval for the mean of `values` (N,): percentile method, 9,999 resamples (Efron 1979)."""
    low, high = mean_intervals(np.asarray(values, float)[:, None], confidence, seed)
    return float(low[0]), float(high[0])


def mean_intervals(values, confidence: float = 0.95, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """As `mean_interval` at each point of curves (N, T), over the first axis: low (T,) and high (T,).

    `scipy.stats.bootstrap` draws the same resamples. Its limits agree but for rounding, which may put its low above its
    high where all runs are equal; and for curves, one product of matrices is quicker than a mean of each resample.
    """
    values = np.asarray(values, float)
    if values.ndim != 2 or len(values) < 2:
        raise ValueError(f"An interval needs 2 or more runs, as (N,) or (N, T); the shape was {values.shape}.")
    _finite("values", values)
    _check_confidence(confidence)
    rng = np.random.default_rng(seed)
    rows = rng.integers(len(values), size=(9_999, len(values)))  # the same runs at every point of a curve
    counts = np.apply_along_axis(np.bincount, 1, rows, minlength=len(values))  # (9999, N)
    means = counts @ values / len(values)  # (9999, T)
    tail = 50 * (1 - confidence)
    low, high = np.percentile(means, [tail, 100 - tail], axis=0)
    return low, high


def rate_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for a success rate of `successes` in `trials` (Wilson 1927).

    Raises ValueError for counts that are not whole numbers (a rate is no count), or are out of range.
    """
    successes, trials = _count("successes", successes), _count("trials", trials)
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"There can be 0 to `trials` successes, and 1 trial or more; it was {successes} of {trials}.")
    _check_confidence(confidence)
    interval = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def difference_interval(a: tuple[int, int], b: tuple[int, int], confidence: float = 0.95) -> tuple[float, float]:
    """Newcombe's interval for the difference of two success rates, A minus B (Newcombe 1998, method 10).

    a, b: (successes, trials) of two groups that have no run in common. It is made of their Wilson intervals: at its
    lower end A is worse than it looks and B better, and their errors add as those of independent groups do.
    Raises ValueError as `rate_interval` does.
    """
    (low_a, high_a), (low_b, high_b) = rate_interval(*a, confidence), rate_interval(*b, confidence)
    rate_a, rate_b = a[0] / a[1], b[0] / b[1]
    down, up = np.hypot(rate_a - low_a, high_b - rate_b), np.hypot(high_a - rate_a, rate_b - low_b)
    return float(rate_a - rate_b - down), float(rate_a - rate_b + up)


def iqm(values, axis: int | None = None):
    """The interquartile mean: the mean of the middle half of `values` (Agarwal et al. 2021, section 4.3).

    A quarter of the values, rounded down, is left out at either end. It has the unit of the values.
    """
    return stats.trim_mean(_finite("values", values), 0.25, axis=axis)


def expected_best(values, n: int) -> float:
    """The mean of the best of n different runs out of `values` (N,), over all ways to choose the n.

    Exact: the best of n is among the i smallest with probability C(i, n) / C(N, n). As an estimate for n new runs it
    is unbiased (Tang et al. 2020; the estimate of Dodge et al. 2019, which draws with replacement, is too low).
    """
    ordered = np.sort(_runs("values", values, least=1))
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or not 1 <= n <= len(ordered):
        raise ValueError(f"The best of how many? `n` must be a whole number from 1 to {len(ordered)}; it was {n!r}.")
    among_smallest = comb(np.arange(len(ordered) + 1), n) / comb(len(ordered), n)  # (N + 1,)
    return float(ordered @ np.diff(among_smallest))


def probability_of_improvement(a, b):
    """P(A > B) + P(A = B) / 2 for one run of each, over all pairs of runs: 1/2 says no difference.

    a (..., N) and b (..., M) give (...). Mann and Whitney's U divided by N * M (1947); for agents: Agarwal et al. 2021,
    section 4.3.
    """
    difference = _finite("a", a)[..., :, None] - _finite("b", b)[..., None, :]  # (..., N, M)
    return (np.sign(difference).mean(axis=(-2, -1)) + 1) / 2


def bootstrap_interval(
    groups: tuple, statistic: Callable, confidence: float = 0.95, seed: int = 0, method: str = "BCa"
) -> tuple[float, float]:
    """A bootstrap interval for `statistic(*groups)`; each group of runs (N,) is resampled by itself.

    A statistic that has a parameter `axis`, as NumPy's have, is given many resamples at once, which is faster.

    One group: an agent. Two: a comparison. One for each task: the stratified bootstrap of Agarwal et al. 2021,
    section 4.1. method: "BCa", bias-corrected and accelerated (Efron 1987), or "percentile"; 9,999 resamples.
    Raises ValueError where all runs of each group are equal: no resample could show a doubt, and there is one. "BCa"
    raises it too where leaving out any one run does not change the statistic, as its acceleration is then 0 / 0;
    "percentile" gives an interval there, though one that is far too sure.
    """
    groups = tuple(_runs(f"groups[{i}]", group, least=2) for i, group in enumerate(groups))
    if all(np.ptp(group) == 0 for group in groups):
        raise ValueError(
            f"All runs of each group are equal ({groups[0][0]:g}), so resampling would give an interval of no width, "
            f"which is not certainty. Ask for a rate and its interval: rate_interval."
        )
    options = {"n_resamples": 9_999, "batch": 1_000, "confidence_level": confidence, "method": method}
    rng = np.random.default_rng(seed)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # SciPy warns of what is raised below
        found = stats.bootstrap(groups, statistic, axis=-1, rng=rng, **options).confidence_interval
    if not np.isfinite([found.low, found.high]).all():
        raise ValueError(
            f"The {method} interval cannot be computed: leaving out any one run does not change the statistic, as with "
            f"the IQM of runs whose middle half is equal. Choose a statistic that sees the runs that differ."
        )
    return float(found.low), float(found.high)


@lru_cache(maxsize=256)
def fisher_p_values(n: int) -> np.ndarray:
    """Fisher's exact test (1935), two-sided, for every outcome of n runs of each agent: (n + 1, n + 1), read-only.

    Entry [i, j]: i of n solved against j of n. Given the sum i + j, each table has its hypergeometric probability;
    p is the sum of those that are no more probable than the one seen.
    """
    solved = np.arange(n + 1)
    i, j = np.meshgrid(solved, solved, indexing="ij")
    chance = stats.hypergeom.pmf(i, 2 * n, i + j, n)  # (n + 1, n + 1); each anti-diagonal sums to 1
    p_values = np.ones((n + 1, n + 1))
    for total in range(2 * n + 1):
        same = solved[max(0, total - n) : total + 1]  # the values of i with this sum
        own = chance[same, total - same]
        ordered = np.sort(own)
        no_likelier = np.searchsorted(ordered, own * (1 + 1e-7))  # equal ones may differ in the last bits
        p_values[same, total - same] = np.minimum(ordered.cumsum()[no_likelier - 1], 1)
    p_values.flags.writeable = False
    return p_values


def rates_power(rate_a: float, rate_b: float, n: int, alpha: float = 0.05) -> float:
    """The chance that n runs of each agent give a p of at most alpha in Fisher's test: a sum over all outcomes."""
    for rate in (rate_a, rate_b):
        if not 0 <= rate <= 1:
            raise ValueError(f"A rate is a share between 0 and 1 (9 of 10: 0.9); it was {rate}.")
    k = np.arange(n + 1)
    chance = np.outer(stats.binom.pmf(k, n, rate_a), stats.binom.pmf(k, n, rate_b))  # (n + 1, n + 1)
    return float(chance[fisher_p_values(n) <= alpha].sum())


class Claims(NamedTuple):
    """What would be claimed in many experiments, as shares of them; the rest end without a claim."""

    right: float  # "A is better", and it is
    wrong: float  # "B is better", and it is not


def simulated_power(
    a, b, n: int, p_values: Callable, rng: np.random.Generator, alpha: float = 0.05, num_experiments: int = 2_000
) -> Claims:
    """Draw n runs of each agent from pools a (N,) and b (M,), test, and count the claims (Colas et al. 2018).

    A must be the better one on average. p_values: (num_experiments, n) twice -> (num_experiments,). A claim needs a p
    of at most alpha and goes to the agent with the higher mean.
    """
    a, b = _runs("a", a, least=1), _runs("b", b, least=1)
    if not a.mean() > b.mean():
        raise ValueError(f"`a` must be better on average than `b`; the means were {a.mean():g} and {b.mean():g}.")
    x, y = rng.choice(a, (num_experiments, n)), rng.choice(b, (num_experiments, n))
    found = p_values(x, y) <= alpha
    ahead = x.mean(axis=1) - y.mean(axis=1)
    return Claims(float((found & (ahead > 0)).mean()), float((found & (ahead < 0)).mean()))


def _count(name: str, number) -> int:
    if isinstance(number, bool) or not isinstance(number, Real) or not float(number).is_integer():
        raise ValueError(f"`{name}` counts trials, so it must be a whole number; it was {number!r}.")
    return int(float(number))


def _check_confidence(confidence: float) -> None:
    if not isinstance(confidence, Real) or not 0 < confidence < 1:
        raise ValueError(f"`confidence` is a share between 0 and 1 (95 %: 0.95); it was {confidence!r}.")


def _runs(name: str, values, least: int) -> np.ndarray:
    values = _finite(name, values)
    if values.ndim != 1 or len(values) < least:
        raise ValueError(f"`{name}` needs {least} or more runs, one number each, (N,); its shape was {values.shape}.")
    return values


def _finite(name: str, values) -> np.ndarray:
    values = np.asarray(values, float)
    if values.size == 0 or not np.all(np.isfinite(values)):
        raise ValueError(
            f"`{name}` must be finite numbers, at least one; some were NaN or infinite, or there was none."
        )
    return values
