"""The distributions: by hand, by their laws, against SciPy, and against input that makes no sense."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from helpers.distributions import Categorical, Gaussian

LOGITS = hnp.arrays(
    float, hnp.array_shapes(min_dims=1, max_dims=3, max_side=5), elements=st.floats(-30, 30, allow_nan=False)
)


def an_action_for_each(logits) -> np.ndarray:
    return np.arange(np.prod(logits.shape[:-1], dtype=int)).reshape(logits.shape[:-1]) % logits.shape[-1]


# --- by hand --------------------------------------------------------------------------------------------------------


def test_two_actions_by_hand():
    # logits log 3 and 0: the weights are 3 and 1, so pi = (3/4, 1/4)
    choice = Categorical([np.log(3), 0.0])
    np.testing.assert_allclose(choice.probs, [0.75, 0.25])
    assert choice.log_prob(1) == pytest.approx(np.log(0.25))
    assert choice.mode() == 0
    # the score of action 0: 1 - 3/4 for its own logit, 0 - 1/4 for the other
    np.testing.assert_allclose(choice.log_prob_gradient(0), [0.25, -0.25])
    # - 3/4 log 3/4 - 1/4 log 1/4 = 0.2158 + 0.3466
    assert choice.entropy() == pytest.approx(0.5623, abs=1e-4)
    # - 3/4 (log 3/4 + 0.5623) = -0.75 * 0.2747
    np.testing.assert_allclose(choice.entropy_gradient(), [-0.2060, 0.2060], atol=1e-4)


def test_huge_logits_do_not_overflow():
    choice = Categorical([1e300, -1e300, 0.0])
    assert choice.probs.tolist() == [1.0, 0.0, 0.0]
    assert choice.log_prob(0) == 0.0


# --- laws -----------------------------------------------------------------------------------------------------------


@given(LOGITS, st.floats(-50, 50))
def test_probabilities_sum_to_one_and_a_common_shift_changes_nothing(logits, shift):
    choice, shifted = Categorical(logits), Categorical(logits + shift)
    np.testing.assert_allclose(choice.probs.sum(axis=-1), 1)
    np.testing.assert_allclose(choice.log_probs, shifted.log_probs, atol=1e-9)


@given(LOGITS)
def test_the_entropy_is_that_of_scipy_and_lies_between_certainty_and_indifference(logits):
    choice = Categorical(logits)
    np.testing.assert_allclose(choice.entropy(), stats.entropy(choice.probs, axis=-1), atol=1e-9)
    assert np.all(choice.entropy() >= -1e-12) and np.all(choice.entropy() <= np.log(logits.shape[-1]) + 1e-12)


@given(LOGITS)
def test_the_mean_score_is_zero(logits):
    """sum over a of pi(a) * gradient of log pi(a) = gradient of 1 = 0: the reason why a baseline is allowed."""
    choice = Categorical(logits)
    mean = sum(
        choice.probs[..., a, None] * choice.log_prob_gradient(np.full(logits.shape[:-1], a))
        for a in range(logits.shape[-1])
    )
    np.testing.assert_allclose(mean, 0, atol=1e-12)


@given(LOGITS, st.randoms(use_true_random=False))
def test_both_gradients_are_those_of_finite_differences(logits, random):
    action, step = an_action_for_each(logits), 1e-5
    column = random.randrange(logits.shape[-1])
    nudge = step * np.eye(logits.shape[-1])[column]
    up, down, here = Categorical(logits + nudge), Categorical(logits - nudge), Categorical(logits)
    slope = (up.log_prob(action) - down.log_prob(action)) / (2 * step)
    np.testing.assert_allclose(here.log_prob_gradient(action)[..., column], slope, atol=1e-6)
    slope = (up.entropy() - down.entropy()) / (2 * step)
    np.testing.assert_allclose(here.entropy_gradient()[..., column], slope, atol=1e-6)


@given(LOGITS, st.integers(0, 2**32 - 1))
def test_samples_are_actions_and_the_same_seed_draws_the_same(logits, seed):
    choice = Categorical(logits)
    action = choice.sample(np.random.default_rng(seed))
    assert action.shape == logits.shape[:-1]
    assert np.all(choice.log_prob(action) > -np.inf)  # none outside, none that is impossible
    assert np.array_equal(action, choice.sample(np.random.default_rng(seed)))


def test_samples_come_as_often_as_they_should():
    logits = np.array([[0.0, 1.0, -1.0], [3.0, 0.0, 0.0]])
    choice = Categorical(np.broadcast_to(logits, (50_000, 2, 3)))
    action = choice.sample(np.random.default_rng(0))
    shares = np.stack([(action == a).mean(axis=0) for a in range(3)], axis=-1)  # (2, A)
    np.testing.assert_allclose(shares, choice.probs[0], atol=4 * 0.5 / np.sqrt(50_000))


def test_an_impossible_action_is_never_drawn():
    choice = Categorical(np.tile([-1e4, 0.0, -1e4], (10_000, 1)))
    assert np.all(choice.sample(np.random.default_rng(1)) == 1)


# --- what makes no sense --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("logits", [1.0, [], [[]], [np.nan, 0.0], [np.inf, 0.0]])
def test_logits_that_are_none_are_refused(logits):
    with pytest.raises(ValueError, match="logit"):
        Categorical(logits)


@pytest.mark.parametrize("action", [2, -1, 0.0, True, [0, 1], None])
def test_actions_that_are_none_are_refused(action):
    with pytest.raises(ValueError, match="action"):
        Categorical([0.0, 1.0]).log_prob(action)
    with pytest.raises(ValueError, match="action"):
        Categorical([0.0, 1.0]).log_prob_gradient(action)


# --- several numbers at once ----------------------------------------------------------------------------------------

SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, max_side=4)


@st.composite
def gaussians(draw):
    """Means, spreads (A,) or of the same shape, and an action for each."""
    shape = draw(SHAPES)
    spread = shape[-1:] if draw(st.booleans()) else shape
    mean = draw(hnp.arrays(float, shape, elements=st.floats(-5, 5)))
    log_std = draw(hnp.arrays(float, spread, elements=st.floats(-2, 2)))
    return mean, log_std, mean + draw(hnp.arrays(float, shape, elements=st.floats(-3, 3)))


def test_one_number_by_hand():
    # mean 1, deviation 2: at 3, one deviation away: -1/2 - log 2 - log(2 pi) / 2 = -2.1121
    bell = Gaussian([1.0], [np.log(2)])
    assert bell.log_prob([3.0]) == pytest.approx(-2.1121, abs=1e-4)
    # log 2 + log(2 pi e) / 2 = 0.6931 + 1.4189
    assert bell.entropy() == pytest.approx(2.1121, abs=1e-4)
    assert bell.mode().tolist() == [1.0]
    # z / deviation = 1/2, and z^2 - 1 = 0: one deviation away the spread is neither too wide nor too narrow
    of_mean, of_log_std = bell.log_prob_gradient([3.0])
    assert of_mean.tolist() == [0.5] and of_log_std == pytest.approx([0.0])


@given(gaussians())
def test_the_density_is_that_of_scipy_and_its_parts_are_independent(drawn):
    mean, log_std, action = drawn
    bell = Gaussian(mean, log_std)
    each = stats.norm.logpdf(action, mean, np.exp(log_std))
    np.testing.assert_allclose(bell.log_prob(action), each.sum(axis=-1), atol=1e-9)
    entropy = stats.norm.entropy(mean, np.broadcast_to(np.exp(log_std), mean.shape)).sum(axis=-1)
    np.testing.assert_allclose(bell.entropy(), entropy, atol=1e-9)
    assert bell.log_prob(action).shape == bell.entropy().shape == mean.shape[:-1]


@given(gaussians(), st.booleans(), st.randoms(use_true_random=False))
def test_both_gradients_of_both_parameters_are_those_of_finite_differences(drawn, of_spread, random):
    mean, log_std, action = drawn
    log_std, step = np.broadcast_to(log_std, mean.shape), 1e-5
    column = random.randrange(mean.shape[-1])
    nudge = step * np.eye(mean.shape[-1])[column]
    if of_spread:
        up, down = Gaussian(mean, log_std + nudge), Gaussian(mean, log_std - nudge)
    else:
        up, down = Gaussian(mean + nudge, log_std), Gaussian(mean - nudge, log_std)
    here = Gaussian(mean, log_std)
    slope = (up.log_prob(action) - down.log_prob(action)) / (2 * step)
    scale = 1e-5 * max(1.0, np.abs(here.log_prob(action)).max())
    np.testing.assert_allclose(here.log_prob_gradient(action)[of_spread][..., column], slope, rtol=1e-4, atol=scale)
    slope = (up.entropy() - down.entropy()) / (2 * step)
    np.testing.assert_allclose(here.entropy_gradient()[of_spread][..., column], slope, atol=1e-6)


def test_samples_have_their_mean_spread_and_entropy():
    mean, log_std = np.array([1.0, -2.0]), np.log([0.5, 3.0])
    bell = Gaussian(np.tile(mean, (100_000, 1)), log_std)
    action = bell.sample(np.random.default_rng(0))
    np.testing.assert_allclose(action.mean(axis=0), mean, atol=4 * 3 / np.sqrt(100_000))
    np.testing.assert_allclose(action.std(axis=0), [0.5, 3.0], rtol=0.01)
    assert -bell.log_prob(action).mean() == pytest.approx(bell.entropy()[0], abs=0.02)
    for gradient in bell.log_prob_gradient(action):  # the mean score is 0
        np.testing.assert_allclose(gradient.mean(axis=0), 0, atol=0.03)
    assert np.array_equal(action, bell.sample(np.random.default_rng(0)))


@pytest.mark.parametrize(
    ("mean", "log_std"),
    [(1.0, 0.0), ([], []), ([0.0, 1.0], [0.0]), ([0.0], [[0.0]]), ([np.nan], [0.0]), ([0.0], [np.inf])],
)
def test_parameters_that_are_none_are_refused(mean, log_std):
    with pytest.raises(ValueError, match="`mean`"):
        Gaussian(mean, log_std)


@pytest.mark.parametrize("action", [0.0, [0.0], [0.0, np.nan], [[0.0, 0.0]]])
def test_actions_of_another_shape_are_refused(action):
    with pytest.raises(ValueError, match=r"`action` needs finite numbers of shape \(2,\)"):
        Gaussian([0.0, 1.0], [0.0, 0.0]).log_prob(action)
