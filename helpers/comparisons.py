"""Is a difference more than luck? A paired test for one, and what to ask for where many are looked at together."""

import numpy as np

MAX_RUNS = 20  # of which all patterns of signs are counted: a million


def sign_flip_p_value(differences) -> float:
    """Fisher's test for paired runs (1935), two-sided, exact: differences (N,), one for each pair of runs.

    If nothing but luck told the two of a pair apart, each difference could as well have had the other sign. p is the
    share of all 2^N patterns of signs whose mean is as far from 0 as the one seen, or farther. It is never below
    2 / 2^N. Raises ValueError for more than MAX_RUNS pairs.
    """
    differences = np.asarray(differences, float)
    if differences.ndim != 1 or not 1 <= len(differences) <= MAX_RUNS or not np.isfinite(differences).all():
        raise ValueError(
            f"`differences` must be 1 to {MAX_RUNS} finite numbers, one for each pair of runs, (N,); "
            f"it was {differences!r}."
        )
    sums = np.zeros(1)
    for difference in differences:
        sums = np.concatenate([sums + difference, sums - difference])  # of all patterns until here
    edge = abs(differences.sum()) - 1e-9 * np.abs(differences).sum()  # equal sums may differ in the last bits
    return float((np.abs(sums) >= edge).mean())


def holm(p_values) -> np.ndarray:
    """Holm's correction for many comparisons (1979): p-values (M,) as large as the other M - 1 make them, (M,).

    The smallest is multiplied by M, the next by M - 1, and so on; none becomes smaller than one before it, or larger
    than 1. Where those of at most alpha are announced, a single false alarm among them all is as rare as alpha.
    """
    p_values = np.asarray(p_values, float)
    if p_values.ndim != 1 or len(p_values) == 0 or not ((p_values >= 0) & (p_values <= 1)).all():
        raise ValueError(f"`p_values` must be numbers from 0 to 1, at least one, (M,); it was {p_values!r}.")
    order = p_values.argsort()
    grown = p_values[order] * np.arange(len(p_values), 0, -1)
    corrected = np.empty_like(grown)
    corrected[order] = np.minimum(np.maximum.accumulate(grown), 1)
    return corrected
