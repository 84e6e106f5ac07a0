"""Choosing actions: against arithmetic on paper, exact probabilities, and input that makes no sense."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from helpers.policies import (
    epsilon_greedy,
    exponential_decay,
    greedy,
    linear_decay,
    softmax,
    softmax_probabilities,
    ucb,
)

VALUES = hnp.arrays(float, st.integers(1, 6), elements=st.floats(-1e3, 1e3).map(lambda x: round(x, 3)))
SEEDS = st.integers(0, 2**32 - 1)
BAD_VALUES = [[], [[1.0, 2.0]], 3.0, [1.0, math.nan], [math.inf, 0.0]]
DRAWS = 5_000
CHOOSERS = {
    "greedy": lambda q, rng: greedy(q, rng),
    "epsilon_greedy": lambda q, rng: epsilon_greedy(q, 0.5, rng),
    "softmax": lambda q, rng: softmax(q, 0.7, rng),
    "ucb": lambda q, rng: ucb(q, np.arange(1, len(q) + 1), 1.0, rng),
}
each_chooser = pytest.mark.parametrize("choose", CHOOSERS.values(), ids=CHOOSERS)


def frequencies(choose, q, seed=0) -> np.ndarray:
    """How often each action is chosen, as a share of many draws."""
    rng = np.random.default_rng(seed)
    return np.bincount([choose(q, rng) for _ in range(DRAWS)], minlength=len(q)) / DRAWS


def assert_frequencies(choose, q, expected):
    """Within five standard errors of what they must be: fails by chance less than once in 100,000 tests."""
    expected = np.asarray(expected)
    error = np.abs(frequencies(choose, q) - expected)
    assert np.all(error <= 5 * np.sqrt(expected * (1 - expected) / DRAWS) + 1e-12)


# --- by hand --------------------------------------------------------------------------------------------------------


def test_epsilon_greedy_by_hand():
    # epsilon = 0.4 over 4 actions: each gets 0.1, and the best keeps the remaining 0.6
    assert_frequencies(lambda q, rng: epsilon_greedy(q, 0.4, rng), [0.0, 1.0, 3.0, 2.0], [0.1, 0.1, 0.7, 0.1])


def test_greedy_breaks_ties_at_random():
    # A plain argmax would always say 1: the table that knows nothing would always walk the same way.
    assert_frequencies(greedy, [0.0, 2.0, 2.0, 1.0, 2.0], [0, 1 / 3, 1 / 3, 0, 1 / 3])


def test_softmax_by_hand():
    # Temperature 1 and values ln 1, ln 2, ln 5: weights 1, 2, 5 of 8. Temperature 1/2 squares them: 1, 4, 25 of 30.
    q = np.log([1.0, 2.0, 5.0])
    np.testing.assert_allclose(softmax_probabilities(q, 1.0), [1 / 8, 2 / 8, 5 / 8])
    np.testing.assert_allclose(softmax_probabilities(q, 0.5), [1 / 30, 4 / 30, 25 / 30])
    assert_frequencies(lambda q, rng: softmax(q, 1.0, rng), q, [1 / 8, 2 / 8, 5 / 8])


def test_ucb_by_hand():
    rng = np.random.default_rng(0)
    # t = 16 + 4 = 20, ln 20 = 2.996: bonuses sqrt(2.996 / 16) = 0.433 and sqrt(2.996 / 4) = 0.865.
    # With c = 1: 1.0 + 0.433 = 1.433 against 0.5 + 0.865 = 1.365: action 0.
    # With c = 2: 1.0 + 0.865 = 1.865 against 0.5 + 1.731 = 2.231: action 1.
    assert ucb([1.0, 0.5], [16, 4], 1.0, rng) == 0
    assert ucb([1.0, 0.5], [16, 4], 2.0, rng) == 1
    assert_frequencies(lambda q, rng: ucb(q, [9, 0, 0], 1.0, rng), [5.0, 0.0, 0.0], [0, 0.5, 0.5])  # untried come first


def test_decays_by_hand():
    # Half of the way from 1 to 0.2 is 0.6; a quarter of the way is 0.8.
    assert linear_decay(50, 1.0, 0.2, 100) == pytest.approx(0.6)
    assert linear_decay(25, 1.0, 0.2, 100) == pytest.approx(0.8)
    # After one half-life half of the distance 0.8 is left: 0.2 + 0.4; after two a quarter: 0.2 + 0.2.
    assert exponential_decay(30, 1.0, 0.2, 30) == pytest.approx(0.6)
    assert exponential_decay(60, 1.0, 0.2, 30) == pytest.approx(0.4)


# --- properties -----------------------------------------------------------------------------------------------------


@each_chooser
@given(q=VALUES, seed=SEEDS)
def test_every_choice_is_an_action_and_the_seed_decides_it(choose, q, seed):
    before = q.copy()
    first = [choose(q, rng) for rng in [np.random.default_rng(seed)] for _ in range(5)]
    again = [choose(q, rng) for rng in [np.random.default_rng(seed)] for _ in range(5)]
    assert first == again
    assert all(type(action) is int and 0 <= action < len(q) for action in first)
    np.testing.assert_array_equal(q, before)


@given(q=VALUES, seed=SEEDS)
def test_greedy_takes_a_highest_value_and_epsilon_0_is_greedy(q, seed):
    assert q[greedy(q, np.random.default_rng(seed))] == q.max()
    assert q[epsilon_greedy(q, 0.0, np.random.default_rng(seed))] == q.max()


@given(q=VALUES, shift=st.floats(-1e3, 1e3), temperature=st.floats(0.01, 100))
def test_softmax_is_a_probability_that_grows_with_the_value_and_ignores_a_shift(q, shift, temperature):
    probabilities = softmax_probabilities(q, temperature)
    assert probabilities.shape == q.shape
    assert probabilities.sum() == pytest.approx(1)
    assert np.all(np.diff(probabilities[np.argsort(q)]) >= 0)
    np.testing.assert_allclose(softmax_probabilities(q + shift, temperature), probabilities, atol=1e-9)


@given(q=VALUES)
def test_softmax_is_uniform_when_hot_and_greedy_when_cold(q):
    np.testing.assert_allclose(softmax_probabilities(q, 1e12), 1 / len(q), rtol=1e-6)
    cold = softmax_probabilities(q, 1e-300)  # (q - max) / temperature overflows to -inf, quietly
    np.testing.assert_allclose(cold, (q == q.max()) / (q == q.max()).sum())


@given(q=VALUES, seed=SEEDS)
def test_ucb_without_a_bonus_is_greedy(q, seed):
    assert q[ucb(q, np.ones(len(q), int), 0.0, np.random.default_rng(seed))] == q.max()


@given(seed=SEEDS, counts=st.lists(st.integers(1, 1_000), min_size=2, max_size=6, unique=True))
def test_ucb_prefers_the_least_tried_of_equal_values(seed, counts):
    assert ucb(np.zeros(len(counts)), counts, 1.0, np.random.default_rng(seed)) == int(np.argmin(counts))


@given(start=st.floats(-5, 5), end=st.floats(-5, 5), length=st.integers(1, 1_000))
def test_decays_start_at_start_go_one_way_and_end_at_end(start, end, length):
    steps = np.linspace(0, 2 * length, 9)
    for decay in (linear_decay, exponential_decay):
        values = np.array([decay(step, start, end, length) for step in steps])
        assert values[0] == decay(-3, start, end, length) == pytest.approx(start, abs=1e-12)
        assert np.all(np.diff(values) * np.sign(end - start) >= -1e-12)
    assert linear_decay(length, start, end, length) == linear_decay(10 * length, start, end, length) == end
    assert exponential_decay(1_000 * length, start, end, length) == pytest.approx(end, abs=1e-9)


# --- input that makes no sense --------------------------------------------------------------------------------------


@each_chooser
@pytest.mark.parametrize("q", BAD_VALUES, ids=str)
def test_values_that_are_none_are_refused(choose, q):
    q = np.array(q)
    with pytest.raises(ValueError, match=r"`q` must be one finite value for each action, shape \(A,\); it was"):
        choose(q, np.random.default_rng(0)) if q.ndim else greedy(q, np.random.default_rng(0))


@pytest.mark.parametrize("q", BAD_VALUES, ids=str)
def test_softmax_of_values_that_are_none_is_refused(q):
    with pytest.raises(ValueError, match=r"`q` must be one finite value for each action, shape \(A,\); it was"):
        softmax_probabilities(q, 1.0)


@given(epsilon=st.one_of(st.floats(max_value=-1e-9), st.floats(min_value=1 + 1e-9), st.just(math.nan)))
def test_an_epsilon_that_is_no_probability_is_refused(epsilon):
    with pytest.raises(ValueError, match="`epsilon` is a probability and must lie between 0 and 1; it was"):
        epsilon_greedy([0.0, 1.0], epsilon, np.random.default_rng(0))


@given(temperature=st.one_of(st.floats(max_value=0), st.just(math.nan)))
def test_a_temperature_that_is_not_above_0_is_refused(temperature):
    for call in (
        lambda: softmax_probabilities([0.0, 1.0], temperature),
        lambda: softmax([0.0, 1.0], temperature, np.random.default_rng(0)),
    ):
        with pytest.raises(ValueError, match="`temperature` must be above 0 .*; it was"):
            call()


@pytest.mark.parametrize("counts", [[1], [1, 2, 3], [[1, 2]], [1, -1], 2])
def test_counts_that_do_not_fit_are_refused(counts):
    with pytest.raises(ValueError, match="`counts` needs one count >= 0 for each of the 2 actions; it was"):
        ucb([0.0, 1.0], counts, 1.0, np.random.default_rng(0))


@given(c=st.one_of(st.floats(max_value=-1e-9), st.just(math.nan)))
def test_a_negative_bonus_is_refused(c):
    with pytest.raises(ValueError, match="`c`, the weight of the exploration bonus, must not be negative; it was"):
        ucb([0.0, 1.0], [1, 1], c, np.random.default_rng(0))


@given(length=st.one_of(st.floats(max_value=0), st.just(math.nan)))
def test_a_decay_over_no_time_is_refused(length):
    with pytest.raises(ValueError, match="`half_life` must be above 0 .*; it was"):
        exponential_decay(1, 1.0, 0.0, length)
    with pytest.raises(ValueError, match="`num_steps` must be at least 1; it was"):
        linear_decay(1, 1.0, 0.0, length)
