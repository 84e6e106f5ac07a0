"""Each number that compares agents, by hand, against SciPy, and on data made up by a machine."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from helpers.statistics import (
    Claims,
    bootstrap_interval,
    difference_interval,
    expected_best,
    fisher_p_values,
    iqm,
    probability_of_improvement,
    rates_power,
    simulated_power,
)

RUNS = st.lists(st.integers(0, 500), min_size=1, max_size=8)


def mean(values, axis=-1):
    return np.mean(values, axis=axis)


# --- the difference of two rates ------------------------------------------------------------------------------------


def test_the_interval_of_a_difference_is_that_of_the_paper():
    """Newcombe 1998, table II, method 10: 56/70 - 48/80, 9/10 - 3/10, 10/10 - 0/20 and 0/10 - 0/20."""
    for a, b, printed in [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((10, 10), (0, 20), (0.6791, 1.0)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
    ]:
        assert difference_interval(a, b) == pytest.approx(printed, abs=5e-5)


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_the_interval_of_a_difference_holds_it_and_turns_round_with_the_agents(n, m, data):
    a, b = (data.draw(st.integers(0, n)), n), (data.draw(st.integers(0, m)), m)
    low, high = difference_interval(a, b)
    assert -1 - 1e-9 <= low <= a[0] / n - b[0] / m <= high <= 1 + 1e-9
    assert difference_interval(b, a) == pytest.approx((-high, -low))
    assert difference_interval(a, b, confidence=0.5)[0] >= low - 1e-9


def test_the_interval_of_a_difference_refuses_what_is_no_count():
    with pytest.raises(ValueError, match="3 of 2"):
        difference_interval((3, 2), (1, 2))


# --- one number for many runs ---------------------------------------------------------------------------------------


def test_iqm_by_hand():
    """Of eight values the two lowest and the two highest go; (2 + 3 + 4 + 5) / 4 = 3.5, wherever the 700 is."""
    assert iqm([0, 700, 1, 2, 3, 6, 5, 4]) == 3.5
    assert iqm([9, 0, 0, 30, 5, 4, 3, 2, 1, 8]) == pytest.approx((1 + 2 + 3 + 4 + 5 + 8) / 6)  # 10: two at either end
    np.testing.assert_array_equal(iqm([[0, 10], [1, 11], [2, 12], [90, 13]], axis=0), [1.5, 11.5])


@given(RUNS, st.integers(-100, 100), st.randoms())
def test_iqm_moves_with_the_values_and_not_with_their_order(values, shift, random):
    shuffled = random.sample(values, len(values))
    assert iqm(shuffled) == pytest.approx(iqm(values))
    assert iqm(np.array(values) + shift) == pytest.approx(iqm(values) + shift)
    assert min(values) - 1e-9 <= iqm(values) <= max(values) + 1e-9


def test_expected_best_by_hand():
    """Of 1, 2, 6 the pairs are 12, 16, 26: their best are 2, 6, 6, with mean 14/3."""
    assert expected_best([6, 1, 2], 1) == pytest.approx(3)
    assert expected_best([6, 1, 2], 2) == pytest.approx(14 / 3)
    assert expected_best([6, 1, 2], 3) == pytest.approx(6)


@given(RUNS, st.data())
def test_expected_best_is_the_mean_over_all_choices(values, data):
    n = data.draw(st.integers(1, len(values)))
    assert expected_best(values, n) == pytest.approx(np.mean([max(chosen) for chosen in combinations(values, n)]))
    assert expected_best(values, 1) == pytest.approx(np.mean(values))


@pytest.mark.parametrize("n", [0, 4, 1.5, True])
def test_expected_best_needs_a_choice_that_can_be_made(n):
    with pytest.raises(ValueError, match="from 1 to 3"):
        expected_best([1, 2, 3], n)


# --- one agent against another --------------------------------------------------------------------------------------


def test_probability_of_improvement_by_hand():
    """Pairs of (3, 1) with (2, 1): 3 > 2, 3 > 1, 1 < 2, 1 = 1; so (2 + 1/2) of 4."""
    assert probability_of_improvement([3, 1], [2, 1]) == 0.625


@given(RUNS, RUNS)
def test_probability_of_improvement_counts_pairs(a, b):
    won = np.mean([(x > y) + 0.5 * (x == y) for x, y in product(a, b)])
    assert probability_of_improvement(a, b) == pytest.approx(won)
    assert probability_of_improvement(b, a) == pytest.approx(1 - won)
    assert probability_of_improvement(a, b) == pytest.approx(stats.mannwhitneyu(a, b).statistic / len(a) / len(b))


def test_probability_of_improvement_takes_many_resamples_at_once():
    a, b = np.random.default_rng(0).integers(0, 5, (2, 7, 6))
    one_by_one = [probability_of_improvement(x, y) for x, y in zip(a, b[:, :4], strict=True)]
    np.testing.assert_allclose(probability_of_improvement(a, b[:, :4]), one_by_one)


def test_a_statistic_with_and_one_without_an_axis_give_the_same_interval():
    a, b = np.random.default_rng(0).normal(size=(2, 12))
    with_axis = bootstrap_interval((a, b), lambda a, b, axis: probability_of_improvement(a, b))
    assert bootstrap_interval((a, b), probability_of_improvement) == with_axis


def test_percentile_interval_by_hand():
    """0 and 1: a resample has the mean 0, 1/2, 1 with chances 1/4, 1/2, 1/4; its middle 40 % is 1/2 alone."""
    assert bootstrap_interval(([0, 1],), mean, method="percentile") == (0, 1)
    assert bootstrap_interval(([0, 1],), mean, confidence=0.4, method="percentile") == (0.5, 0.5)


def test_each_group_is_resampled_by_itself():
    """Two tasks with different levels and no spread inside them but for one run: no resample may mix the levels."""
    low, high = bootstrap_interval(([0, 0, 0, 1], [100] * 4), lambda a, b, axis: mean(a, axis) + mean(b, axis))
    assert 100 <= low < high <= 101


def test_bca_corrects_what_the_percentiles_get_wrong():
    """Of 300 samples of 20 skewed values with mean 1, the BCa intervals hold the 1 more often than the percentiles."""
    samples = np.random.default_rng(0).lognormal(-0.5, 1, size=(300, 20))  # mean exp(-1/2 + 1/2) = 1
    held = {}
    for method in ("BCa", "percentile"):
        intervals = [bootstrap_interval((sample,), mean, method=method) for sample in samples]
        held[method] = np.mean([low <= 1 <= high for low, high in intervals])
    assert 0.80 < held["percentile"] < held["BCa"] < 0.95


def test_no_interval_without_spread():
    with pytest.raises(ValueError, match=r"are equal \(500\).*not certainty.*rate_interval"):
        bootstrap_interval(([500.0] * 10,), mean)


def test_no_interval_for_a_statistic_that_does_not_see_the_runs_that_differ():
    with pytest.raises(ValueError, match="BCa interval cannot be computed.*IQM"):
        bootstrap_interval(([500] * 35 + [100, 200, 300, 400, 450],), iqm)


# --- how many runs --------------------------------------------------------------------------------------------------


def test_fisher_by_hand():
    """3 of 3 against 0 of 3: 1 table of C(6, 3) = 20 either way, so p = 2/20. Never below 5 % with three runs each."""
    p_values = fisher_p_values(3)
    assert p_values[3, 0] == pytest.approx(0.1)
    assert p_values.min() == pytest.approx(0.1)
    assert p_values[2, 2] == 1


@pytest.mark.parametrize("n", [1, 2, 5, 10, 23])
def test_fisher_is_scipy_s(n):
    p_values = fisher_p_values(n)
    for i, j in product(range(n + 1), repeat=2):
        assert p_values[i, j] == pytest.approx(stats.fisher_exact([[i, n - i], [j, n - j]]).pvalue)


def test_power_by_hand():
    """n = 4: only 4 against 0 (p = 2/70) is below 5 %; 4 against 1 has p = 2 * 4/56 = 1/7."""
    assert rates_power(0.9, 0.2, 4) == pytest.approx(0.9**4 * 0.8**4 + 0.1**4 * 0.2**4)
    assert rates_power(1, 0, 4) == 1
    assert rates_power(1, 0, 3) == 0


@given(st.integers(0, 100), st.integers(1, 30))
def test_false_alarms_are_no_more_than_allowed(percent, n):
    assert rates_power(percent / 100, percent / 100, n) <= 0.05 + 1e-9


@pytest.mark.parametrize(("rates", "n"), [((0.9, 0.7), 20), ((0.9, 0.7), 50), ((0.9, 0.3), 10)])
def test_simulated_power_is_the_exact_one(rates, n):
    pools = [np.repeat([1, 0], [round(10 * rate), 10 - round(10 * rate)]) for rate in rates]
    table = fisher_p_values(n)

    def p_values(x, y):
        return table[x.sum(axis=1).astype(int), y.sum(axis=1).astype(int)]

    claims = simulated_power(*pools, n, p_values, np.random.default_rng(0), num_experiments=20_000)
    assert claims.right + claims.wrong == pytest.approx(rates_power(*rates, n), abs=0.015)  # 4 standard errors
    assert claims.wrong < 0.001


def test_who_always_claims_is_often_wrong():
    """Coins with 1/2 and 1/4, one throw each: ahead with 1/2 * 3/4, behind with 1/2 * 1/4, else equal."""
    claims = simulated_power([0, 1], [0, 0, 0, 1], 1, lambda x, y: 0 * x[:, 0], np.random.default_rng(0), 0.05, 40_000)
    assert claims == pytest.approx(Claims(3 / 8, 1 / 8), abs=0.01)


@pytest.mark.parametrize("rate", [-0.1, 90, np.nan])
def test_rates_are_shares_and_no_per_cents(rate):
    with pytest.raises(ValueError, match="share between 0 and 1"):
        rates_power(0.5, rate, 10)


def test_simulated_power_wants_to_know_the_better_one():
    with pytest.raises(ValueError, match="`a` must be better.*1 and 2"):
        simulated_power([1], [2], 1, None, np.random.default_rng(0))


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [np.inf]])
def test_values_must_be_numbers(values):
    for function in (iqm, lambda v: expected_best(v, 1), lambda v: probability_of_improvement(v, [1])):
        with pytest.raises(ValueError, match="finite numbers"):
            function(values)


def test_runs_are_one_number_each():
    with pytest.raises(
        ValueError, match=r"`values` needs 1 or more runs, one number each, \(N,\); its shape was \(2, 2\)"
    ):
        expected_best([[1, 2], [3, 4]], 1)
    with pytest.raises(ValueError, match=r"`groups\[0\]` needs 2 or more runs"):
        bootstrap_interval(([1],), mean)
