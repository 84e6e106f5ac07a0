"""The paired test and the correction for many of them: by hand, against SciPy, and on data made up by a machine."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from helpers.comparisons import MAX_RUNS, holm, sign_flip_p_value

DIFFERENCES = st.lists(st.integers(-50, 50), min_size=1, max_size=9)
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_sign_flips_by_hand():
    """3, 1, -1 sum to 3; of the eight sums 5, 3, 3, 1, -1, -3, -3, -5 six are as far from 0."""
    assert sign_flip_p_value([3, 1, -1]) == 6 / 8
    assert sign_flip_p_value([3, 1, 1]) == 2 / 8
    assert sign_flip_p_value([0.1, 0.2, 0.3]) == 2 / 8  # 0.1 + 0.2 + 0.3 and its mirror, whatever the last bit
    assert sign_flip_p_value([0, 0]) == 1
    assert sign_flip_p_value(np.ones(MAX_RUNS)) == 2 / 2**MAX_RUNS


@given(DIFFERENCES)
def test_sign_flips_are_those_of_scipy(values):
    if len(values) == 1:
        assert sign_flip_p_value(values) == 1
        return
    exact = {"permutation_type": "samples", "n_resamples": np.inf, "alternative": "two-sided"}
    theirs = stats.permutation_test((np.array(values),), np.sum, **exact).pvalue
    assert sign_flip_p_value(values) == pytest.approx(theirs)


@given(DIFFERENCES, st.floats(0.01, 100), st.randoms())
def test_sign_flips_know_no_unit_no_order_and_no_side(values, unit, random):
    shuffled = random.sample(values, len(values))
    expected = sign_flip_p_value(values)
    assert sign_flip_p_value(unit * np.array(shuffled)) == pytest.approx(expected)
    assert sign_flip_p_value(-np.array(values)) == expected
    assert 2 / 2 ** len(values) <= expected <= 1


def test_luck_alone_raises_an_alarm_as_often_as_was_said():
    rng = np.random.default_rng(0)
    alarms = np.mean([sign_flip_p_value(rng.normal(size=8)) <= 0.05 for _ in range(2_000)])
    assert 0.03 < alarms < 0.065


@pytest.mark.parametrize("differences", [[], [[1, 2]], [np.nan], np.ones(MAX_RUNS + 1), 3.0])
def test_differences_that_are_none_are_refused(differences):
    with pytest.raises(ValueError, match="`differences` must be 1 to 20"):
        sign_flip_p_value(differences)


def test_holm_by_hand():
    """Sorted 0.01, 0.02, 0.04 become 0.03, 0.04 and 0.04; the last of 0.02, 0.03, 0.031 grows to the one before."""
    np.testing.assert_allclose(holm([0.04, 0.01, 0.02]), [0.04, 0.03, 0.04])
    np.testing.assert_allclose(holm([0.02, 0.03, 0.031]), [0.06, 0.06, 0.06])
    np.testing.assert_allclose(holm([0.5, 0.9]), [1, 1])
    np.testing.assert_allclose(holm([0.05]), [0.05])


@given(P_VALUES)
def test_holm_asks_for_more_than_one_test_and_for_less_than_bonferroni(values):
    corrected = holm(values)
    assert (corrected >= values).all() and (corrected <= 1).all()
    assert (corrected <= np.minimum(np.array(values) * len(values), 1) + 1e-12).all()
    assert (np.diff(corrected[np.argsort(values)]) >= 0).all()


def test_a_false_alarm_among_many_is_as_rare_as_was_said():
    rng = np.random.default_rng(0)
    false = [holm(rng.random(10)).min() <= 0.05 for _ in range(4_000)]
    assert 0.035 < np.mean(false) < 0.065


@pytest.mark.parametrize("p_values", [[], [1.2], [-0.1], [np.nan], [[0.5]], 0.5])
def test_p_values_that_are_none_are_refused(p_values):
    with pytest.raises(ValueError, match="`p_values` must be numbers from 0 to 1"):
        holm(p_values)
