"""The oracle of the course, checked by hand, by its own theory, and by a second method."""

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from helpers.envs import MEADOW, MEADOW_RULES, GridWorld, as_arrays
from helpers.exact import bellman_optimality, check_mdp, expected_return, follow, policy_evaluation, value_iteration


def random_mdp(seed: int, num_states: int = 5, num_actions: int = 3):
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(np.ones(num_states), size=(num_states, num_actions))  # (S, A, S)
    return P, rng.normal(size=(num_states, num_actions))


def test_two_states_by_hand():
    """State 0: action 0 stays and pays 1; action 1 goes to state 1 and pays 0. State 1 pays 2 for ever. gamma = 0.5.

    V(1) = 2 / (1 - 0.5) = 4. Q(0, 1) = 0 + 0.5 * 4 = 2. Q(0, 0) = 1 + 0.5 * max(Q(0, .)) = 1 + 0.5 * 2 = 2.
    """
    P = np.zeros((2, 2, 2))
    P[0, 0, 0] = P[0, 1, 1] = P[1, :, 1] = 1
    R = np.array([[1.0, 0.0], [2.0, 2.0]])
    np.testing.assert_allclose(value_iteration(P, R, 0.5), [[2, 2], [4, 4]], atol=1e-9)
    np.testing.assert_allclose(policy_evaluation(P, R, [1, 0], 0.5), [2, 4])
    # Always staying in 0: 1 / (1 - 0.5) = 2. Half and half: V = 0.5 (1 + V/2) + 0.5 (0 + 4/2), so 0.75 V = 1.5.
    np.testing.assert_allclose(policy_evaluation(P, R, [0, 0], 0.5), [2, 4])
    np.testing.assert_allclose(policy_evaluation(P, R, [[0.5, 0.5], [1, 0]], 0.5), [2, 4])
    # Undiscounted, cut after 3 steps: staying pays 1 + 1 + 1; going pays 0 + 2 + 2.
    np.testing.assert_allclose(expected_return(P, R, [0, 0], 3), [3, 6])
    np.testing.assert_allclose(expected_return(P, R, [1, 0], 3), [4, 6])


@given(st.integers(0, 10_000), st.floats(0, 0.99))
def test_a_sweep_is_a_contraction(seed, gamma):
    P, R = random_mdp(seed)
    rng = np.random.default_rng(seed + 1)
    q1, q2 = rng.normal(size=(2, *R.shape)) * 10
    apart = np.abs(bellman_optimality(q1, P, R, gamma) - bellman_optimality(q2, P, R, gamma)).max()
    assert apart <= gamma * np.abs(q1 - q2).max() + 1e-12


@given(st.integers(0, 10_000), st.floats(0, 0.99))
def test_a_sweep_is_monotone(seed, gamma):
    P, R = random_mdp(seed)
    rng = np.random.default_rng(seed + 1)
    lower = rng.normal(size=R.shape)
    upper = lower + rng.random(R.shape)
    assert (bellman_optimality(lower, P, R, gamma) <= bellman_optimality(upper, P, R, gamma) + 1e-12).all()


@given(st.integers(0, 10_000), st.floats(0, 0.95))
def test_no_policy_beats_the_optimum(seed, gamma):
    P, R = random_mdp(seed)
    best = value_iteration(P, R, gamma).max(axis=1)
    policy = np.random.default_rng(seed + 2).dirichlet(np.ones(3), size=5)
    assert (policy_evaluation(P, R, policy, gamma) <= best + 1e-8).all()


@pytest.mark.parametrize("world", ["4x4", "8x8", "cliff", "meadow"])
def test_value_iteration_agrees_with_a_linear_programme_and_a_linear_solve(world):
    """V* is the least V with V >= R_a + gamma P_a V for each action (Puterman 1994, section 6.9)."""
    P, R = as_arrays(make_world(world))
    gamma = 0.95 if world == "meadow" else 0.99
    q = value_iteration(P, R, gamma, tolerance=1e-11)
    S, A = R.shape
    constraints = gamma * P.transpose(1, 0, 2).reshape(A * S, S) - np.tile(np.eye(S), (A, 1))
    programme = linprog(np.ones(S), A_ub=constraints, b_ub=-R.T.ravel(), bounds=(None, None), method="highs")
    np.testing.assert_allclose(q.max(axis=1), programme.x, atol=1e-6)  # the solver's own tolerance is 1e-7
    np.testing.assert_allclose(q.max(axis=1), policy_evaluation(P, R, q.argmax(axis=1), gamma), atol=1e-8)


def test_cliff_walking_optimum():
    P, R = as_arrays(gym.make("CliffWalking-v1"))
    policy = value_iteration(P, R, 0.99).argmax(axis=1)
    assert expected_return(P, R, policy, 200)[36] == pytest.approx(-13)


def test_expected_return_agrees_with_play():
    env = gym.make("FrozenLake-v1")
    P, R = as_arrays(env)
    policy = value_iteration(P, R, 0.99).argmax(axis=1)
    obs, _ = env.reset(seed=0)
    wins = episodes = 0
    while episodes < 3_000:
        obs, reward, terminated, truncated, _ = env.step(policy[obs])
        wins += reward
        if terminated or truncated:
            episodes += 1
            obs, _ = env.reset()
    assert wins / episodes == pytest.approx(expected_return(P, R, policy, 100)[0], abs=0.033)  # 4 standard errors


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda P, R: value_iteration(P, R, 1.0), "0 <= gamma < 1 only; `gamma` was 1.0"),
        (lambda P, R: value_iteration(P, R, 0.9, tolerance=0), "above 0; it was 0"),
        (lambda P, R: value_iteration(P[:, 0], R, 0.9), r"Expected P \(S, A, S\).*\(5, 5\)"),
        (lambda P, R: value_iteration(P * 2, R, 0.9), "none negative, summing to 1"),
        (lambda P, R: value_iteration(P, R * np.nan, 0.9), "finite number"),
        (lambda P, R: value_iteration(P, R, 0.99, max_sweeps=3), "No convergence.*3 sweeps"),
        (lambda P, R: policy_evaluation(P, R, [0] * 5, 1), "`gamma` was 1"),
        (lambda P, R: policy_evaluation(P, R, [0] * 4, 0.9), "one action for each of the 5 states"),
        (lambda P, R: policy_evaluation(P, R, np.ones((5, 3)), 0.9), "rows sum to 1"),
    ],
)
def test_errors_say_what_was_given_and_expected(call, words):
    with pytest.raises((ValueError, RuntimeError), match=words):
        call(*random_mdp(0))


def make_world(name: str):
    if name == "meadow":
        return GridWorld(MEADOW, **MEADOW_RULES)
    return gym.make("CliffWalking-v1") if name == "cliff" else gym.make("FrozenLake-v1", map_name=name)


@given(st.integers(0, 10_000), st.integers(0, 30))
def test_a_policys_return_grows_by_one_step_at_a_time(seed, num_steps):
    P, R = random_mdp(seed)
    policy = np.random.default_rng(seed).dirichlet(np.ones(3), size=5)  # (S, A)
    P_pi, R_pi = follow(P, R, policy)
    np.testing.assert_allclose(P_pi.sum(axis=1), 1)
    before, after = expected_return(P, R, policy, num_steps), expected_return(P, R, policy, num_steps + 1)
    np.testing.assert_allclose(after, R_pi + P_pi @ before)
    assert np.all(np.abs(before) <= num_steps * np.abs(R).max() + 1e-9)


@given(st.integers(0, 10_000), st.integers(0, 4), st.integers(0, 2), st.sampled_from(["sum", "sign", "nan", "shape"]))
def test_arrays_that_are_no_world_are_refused(seed, obs, action, fault):
    P, R = random_mdp(seed)
    if fault == "sum":
        P[obs, action] *= 1.5
    elif fault == "sign":
        P[obs, action, 0] -= 2
        P[obs, action, 1] += 2
    elif fault == "nan":
        R[obs, action] = np.nan
    else:
        R = R[:, :2]
    with pytest.raises(ValueError, match=r"must be a probability|must be a finite number|Expected P \(S, A, S\)"):
        check_mdp(P, R)
    with pytest.raises(ValueError):
        value_iteration(P, R, 0.9)
