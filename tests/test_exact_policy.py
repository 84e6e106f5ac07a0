"""Exact policy gradients: on paper, against finite differences, against all episodes written out, and by their laws."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.distributions import Categorical
from helpers.envs import MEADOW, MEADOW_RULES, GridWorld, SwitchedCorridor
from helpers.exact import expected_return, policy_evaluation
from helpers.exact_policy import advantages, expected_gae, policy_gradient, state_values, visits
from helpers.updates import gae

CORRIDOR = SwitchedCorridor()
FIRST = np.eye(4)[0]
MEADOW_WORLD = GridWorld(MEADOW, **MEADOW_RULES)
MEADOW_START = np.eye(24)[MEADOW_WORLD.starts[0]]


def coin(right: float) -> np.ndarray:
    return np.tile([1 - right, right], (4, 1))


def differences(function, theta, step: float = 1e-5) -> np.ndarray:
    """Central finite differences of a number."""
    slopes = np.zeros(theta.size)
    for i in range(theta.size):
        nudge = step * np.eye(theta.size)[i].reshape(theta.shape)
        slopes[i] = (function(theta + nudge) - function(theta - nudge)) / (2 * step)
    return slopes.reshape(theta.shape)


def random_mdp(seed: int, num_states: int = 5, num_actions: int = 3):
    """Its last state is terminal."""
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(np.ones(num_states), size=(num_states, num_actions))
    R = rng.normal(size=(num_states, num_actions))
    P[-1], R[-1] = np.eye(num_states)[-1], 0
    return P, R, np.eye(num_states)[0], rng.normal(size=R.shape)


# --- on paper -------------------------------------------------------------------------------------------------------


def test_the_corridor_by_hand():
    """p = P(right). V2 = -1 + (1 - p) V1, V1 = -1 + (1 - p) V2 + p V0 (switched), V0 = -1 + p V1 + (1 - p) V0.

    With p = 1/2: V0 = V1 - 2, V1 = -1 + V2/2 + V0/2, V2 = -1 + V1/2. Put together: V1 = -1 - 1/2 + V1/4 + V1/2 - 1,
    so V1/4 = -2.5, V1 = -10, V0 = -12, V2 = -6. Steps in all 12 = visits 6 + 4 + 2 (cell 2 is left for good with 1/2).
    """
    np.testing.assert_allclose(state_values(CORRIDOR.P, CORRIDOR.R, coin(0.5), 1), [-12, -10, -6, 0])
    np.testing.assert_allclose(visits(CORRIDOR.P, CORRIDOR.R, coin(0.5), FIRST, 1), [6, 4, 2, 0])
    # Q(0, left) = -13 and Q(0, right) = -11: A = (-1, 1); cell 1 is switched: Q = (-7, -13); Q(2, .) = (-11, -1)
    expected = [[-1, 1], [3, -3], [-5, 5], [0, 0]]
    np.testing.assert_allclose(advantages(CORRIDOR.P, CORRIDOR.R, coin(0.5), 1), expected, atol=1e-9)
    # 6 * 1/2 * (-1, 1) + 4 * 1/2 * (3, -3) + 2 * 1/2 * (-5, 5) = (-2, 2): more often to the right
    gradient = policy_gradient(CORRIDOR.P, CORRIDOR.R, coin(0.5), FIRST, 1)
    np.testing.assert_allclose(gradient.sum(axis=0), [-2, 2], atol=1e-9)


def test_the_best_coin_of_the_corridor():
    """S&B example 13.1 gives about 0.59 and -11.6; the gradient is 0 at 2 - sqrt(2)."""
    best = 2 - np.sqrt(2)
    gradient = policy_gradient(CORRIDOR.P, CORRIDOR.R, coin(best), FIRST, 1).sum(axis=0)
    np.testing.assert_allclose(gradient, 0, atol=1e-9)
    assert state_values(CORRIDOR.P, CORRIDOR.R, coin(best), 1)[0] == pytest.approx(-11.66, abs=0.005)


# --- against finite differences, and against all episodes -----------------------------------------------------------


@given(st.floats(-3, 3), st.floats(-3, 3), st.sampled_from([0.5, 0.9, 1.0]))
def test_the_corridor_s_gradient_is_the_slope_of_its_value(left, right, gamma):
    def value(theta):
        policy = np.tile(Categorical(theta).probs, (4, 1))
        return state_values(CORRIDOR.P, CORRIDOR.R, policy, gamma)[0]

    theta = np.array([left, right])
    policy = np.tile(Categorical(theta).probs, (4, 1))
    gradient = policy_gradient(CORRIDOR.P, CORRIDOR.R, policy, FIRST, gamma).sum(axis=0)
    np.testing.assert_allclose(gradient, differences(value, theta), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("gamma", [0.95, 1.0])
def test_the_meadow_s_gradient_is_the_slope_of_its_value(gamma):
    def value(theta):
        return MEADOW_START @ state_values(MEADOW_WORLD.P, MEADOW_WORLD.R, Categorical(theta).probs, gamma)

    theta = np.random.default_rng(0).normal(size=(24, 4))
    gradient = policy_gradient(MEADOW_WORLD.P, MEADOW_WORLD.R, Categorical(theta).probs, MEADOW_START, gamma)
    np.testing.assert_allclose(gradient, differences(value, theta), atol=1e-6)
    assert np.abs(gradient).max() > 0.01


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_the_gradient_of_any_world_is_the_slope_of_its_value(seed, gamma):
    P, R, start, theta = random_mdp(seed)
    gradient = policy_gradient(P, R, Categorical(theta).probs, start, gamma)
    slopes = differences(lambda theta: start @ state_values(P, R, Categorical(theta).probs, gamma), theta)
    np.testing.assert_allclose(gradient, slopes, atol=1e-6)


def test_all_episodes_of_the_corridor_written_out():
    """The mean of return times summed scores, over all 2^10 action sequences, is the slope of the value cut there."""
    num_steps, theta = 10, np.array([0.2, -0.3])
    choice = Categorical(theta)
    gradient = np.zeros(2)
    for actions in product((0, 1), repeat=num_steps):
        place, chance, score, total = 0, 1.0, np.zeros(2), 0.0
        for action in actions:  # after the goal the rest of the sequence changes neither, and sums to 1
            chance *= choice.probs[action]
            if place != 3:
                score += choice.log_prob_gradient(action)
                total += CORRIDOR.R[place, action]
                place = int(CORRIDOR.P[place, action].argmax())
        gradient += chance * total * score

    def cut_value(theta):
        return expected_return(CORRIDOR.P, CORRIDOR.R, np.tile(Categorical(theta).probs, (4, 1)), num_steps)[0]

    np.testing.assert_allclose(gradient, differences(cut_value, theta), atol=1e-6)


# --- laws -----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10_000), st.floats(0, 0.99))
def test_values_are_those_of_policy_evaluation(seed, gamma):
    P, R, _, theta = random_mdp(seed)
    policy = Categorical(theta).probs
    np.testing.assert_allclose(state_values(P, R, policy, gamma), policy_evaluation(P, R, policy, gamma), atol=1e-9)
    np.testing.assert_allclose((policy * advantages(P, R, policy, gamma)).sum(axis=1), 0, atol=1e-9)


@given(st.integers(0, 10_000), st.floats(0, 1), st.floats(0, 1))
def test_with_the_true_values_gae_is_the_advantage_for_every_lambda(seed, gamma, lambda_):
    P, R, _, theta = random_mdp(seed)
    policy = Categorical(theta).probs
    found = expected_gae(P, R, policy, state_values(P, R, policy, gamma), gamma, lambda_)
    np.testing.assert_allclose(found, advantages(P, R, policy, gamma), atol=1e-8)


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_with_lambda_1_wrong_values_shift_a_state_s_actions_alike(seed, gamma):
    P, R, _, theta = random_mdp(seed)
    policy = Categorical(theta).probs
    wrong = np.append(np.random.default_rng(seed).normal(size=4), 0)
    apart = expected_gae(P, R, policy, wrong, gamma, 1) - advantages(P, R, policy, gamma)
    np.testing.assert_allclose(
        apart[:-1], (state_values(P, R, policy, gamma) - wrong)[:-1, None] * [1, 1, 1], atol=1e-8
    )


def test_gae_is_on_average_what_is_expected_of_it():
    """20,000 episodes of the meadow under a random policy: the mean of `gae` at the start, against `expected_gae`."""
    world, rng, gamma, lambda_ = MEADOW_WORLD, np.random.default_rng(3), 0.95, 0.7
    policy = np.full((24, 4), 0.25)
    value = np.where(np.arange(24) % 6 == 5, 0, 0.1 * (np.arange(24) % 6))
    value[world.cells.ravel() == "X"] = value[world.cells.ravel() == "#"] = 0
    expected = expected_gae(world.P, world.R, policy, value, gamma, lambda_)
    num, steps = 20_000, 60
    obs, alive = np.full(num, world.starts[0]), np.ones(num, bool)
    ends = (world.P[np.arange(24), 0, np.arange(24)] == 1) & (world.R[:, 0] == 0)
    rows = []
    for _ in range(steps):
        action = rng.integers(4, size=num)
        next_obs = (world.P[obs, action].cumsum(axis=1) > rng.random(num)[:, None]).argmax(axis=1)
        terminated = ends[next_obs] | ~alive
        reward = np.where(alive, world.R[obs, action], 0)  # the expected reward of the step: the same on average
        rows.append((reward, value[obs] * alive, value[next_obs], terminated, np.zeros(num, bool), action))
        obs, alive = next_obs, alive & ~terminated
    *rollout, action = (np.stack(column) for column in zip(*rows, strict=True))
    found = gae(*rollout, gamma, lambda_)[0]
    for a in range(4):
        mine = found[action[0] == a]
        assert abs(mine.mean() - expected[world.starts[0], a]) < 4 * mine.std() / np.sqrt(len(mine))


# --- what makes no sense --------------------------------------------------------------------------------------------


def test_episodes_that_never_end_are_refused_without_a_discount():
    with pytest.raises(ValueError, match="must end for certain"):
        state_values(CORRIDOR.P, CORRIDOR.R, coin(0.0), 1)
    assert state_values(CORRIDOR.P, CORRIDOR.R, coin(0.0), 0.9)[0] == pytest.approx(-10)


@pytest.mark.parametrize("start", [np.ones(4), [1.0, 0.0], [1.5, -0.5, 0, 0]])
def test_a_start_that_is_none_is_refused(start):
    with pytest.raises(ValueError, match="`start` needs"):
        visits(CORRIDOR.P, CORRIDOR.R, coin(0.5), start, 1)


@pytest.mark.parametrize("gamma", [-0.1, 1.1])
def test_a_discount_that_is_none_is_refused(gamma):
    with pytest.raises(ValueError, match="`gamma`"):
        state_values(CORRIDOR.P, CORRIDOR.R, coin(0.5), gamma)
