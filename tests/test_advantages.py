"""Returns to go, GAE and n-step advantages: on paper, by their laws, and on environments that reset in either mode."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from helpers.updates import discounted_return, discounted_sums, gae, n_step_advantages, returns_to_go

NUMBERS = st.floats(-10, 10, allow_nan=False).map(lambda x: round(x, 3))
SHARES = st.floats(0, 1)


@st.composite
def rollouts(draw):
    """reward, value, next_value, terminated, truncated, all (T, E); both flags anywhere, even together."""
    shape = draw(st.integers(1, 8)), draw(st.integers(1, 3))
    numbers, flags = hnp.arrays(float, shape, elements=NUMBERS), hnp.arrays(bool, shape)
    return draw(numbers), draw(numbers), draw(numbers), draw(flags), draw(flags)


# --- by hand, with both flags in the middle -------------------------------------------------------------------------

# Six steps of one environment: an episode that terminates after step 1, one that is cut after step 3, one going on.
REWARD = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
VALUE = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
NEXT_VALUE = [20.0, 99.0, 40.0, 44.0, 60.0, 70.0]  # 99 lies behind an end and must not count; 44 behind a cut does
TERMINATED = [False, True, False, False, False, False]
TRUNCATED = [False, False, False, True, False, False]
ROLLOUT = REWARD, VALUE, NEXT_VALUE, TERMINATED, TRUNCATED


def test_td_errors_by_hand():
    # gamma = 1/2. 1 + 10 - 10 = 1; 2 + 0 - 20 = -18 (the end); 3 + 20 - 30 = -7; 4 + 22 - 40 = -14 (the cut
    # bootstraps); 5 + 30 - 50 = -15; 6 + 35 - 60 = -19
    expected = [1.0, -18.0, -7.0, -14.0, -15.0, -19.0]
    assert gae(*ROLLOUT, gamma=0.5, lambda_=0).tolist() == expected
    assert n_step_advantages(*ROLLOUT, gamma=0.5, n=1).tolist() == expected


def test_gae_by_hand():
    # gamma * lambda = 1/2 * 1/2 = 1/4. From behind: -19; -15 + -19/4 = -19.75; -14 (nothing crosses the cut);
    # -7 - 14/4 = -10.5; -18 (nothing crosses the end); 1 - 18/4 = -3.5
    assert gae(*ROLLOUT, gamma=0.5, lambda_=0.5).tolist() == [-3.5, -18.0, -10.5, -14.0, -19.75, -19.0]


def test_two_step_advantages_by_hand():
    # 1 - 18/2 = -8; -18; -7 - 14/2 = -14; -14; -15 - 19/2 = -24.5; -19 (the rollout ends: one step)
    assert n_step_advantages(*ROLLOUT, gamma=0.5, n=2).tolist() == [-8.0, -18.0, -14.0, -14.0, -24.5, -19.0]


def test_discounted_sums_by_hand():
    # 1 + 2/2 = 2; 2; 4: the second step ends an episode
    assert discounted_sums(np.array([1.0, 2.0, 4.0]), np.array([False, True, False]), 0.5).tolist() == [2.0, 2.0, 4.0]


def test_a_step_with_both_flags_has_terminated():
    # 2 + 0 - 1: where both are true the world itself has ended
    assert gae([2.0], [1.0], [50.0], [True], [True], gamma=0.5, lambda_=0.9).tolist() == [1.0]


def test_returns_to_go_by_hand():
    # gamma = 1/2. Episodes (1, 2), (3, 4) and (5, 6, unfinished): 1 + 2/2 = 2; 2; 3 + 4/2 = 5; 4; 5 + 6/2 = 8; 6
    ended = np.logical_or(TERMINATED, TRUNCATED)
    assert returns_to_go(REWARD, ended, 0.5).tolist() == [2.0, 2.0, 5.0, 4.0, 8.0, 6.0]


# --- laws -----------------------------------------------------------------------------------------------------------


@given(rollouts(), SHARES, SHARES)
def test_columns_do_not_mix(rollout, gamma, lambda_):
    together = gae(*rollout, gamma, lambda_)
    alone = [gae(*(array[:, e] for array in rollout), gamma, lambda_) for e in range(rollout[0].shape[1])]
    np.testing.assert_array_equal(together, np.stack(alone, axis=1))


@given(rollouts(), SHARES, SHARES)
def test_gae_is_the_sum_of_its_definition(rollout, gamma, lambda_):
    """Equation 16 as it is written: no recursion, and a stop at the first end."""
    reward, value, next_value, terminated, truncated = (array[:, 0] for array in rollout)
    delta = reward + gamma * np.where(terminated, 0, next_value) - value
    expected = np.zeros(len(delta))
    for t in range(len(delta)):
        for k in range(t, len(delta)):
            expected[t] += (gamma * lambda_) ** (k - t) * delta[k]
            if terminated[k] or truncated[k]:
                break
    np.testing.assert_allclose(gae(*rollout, gamma, lambda_)[:, 0], expected, atol=1e-9)


@given(rollouts(), SHARES, SHARES)
def test_gae_is_the_weighted_mean_of_all_n_step_advantages(rollout, gamma, lambda_):
    """(1 - lambda) * sum of lambda^(n-1) * A^(n), the longest with what is left of the weight (eq. 16, first line)."""
    num_steps = len(rollout[0])
    weights = (1 - lambda_) * lambda_ ** np.arange(num_steps)
    weights[-1] = lambda_ ** (num_steps - 1)
    mean = sum(w * n_step_advantages(*rollout, gamma, n) for n, w in enumerate(weights, start=1))
    np.testing.assert_allclose(gae(*rollout, gamma, lambda_), mean, atol=1e-8)


@given(rollouts(), SHARES)
def test_without_values_and_with_lambda_1_gae_is_the_return_to_go(rollout, gamma):
    reward, value, _, terminated, truncated = rollout
    nothing, ended = np.zeros_like(value), terminated | truncated
    returns = returns_to_go(reward, ended, gamma)
    np.testing.assert_allclose(gae(reward, nothing, nothing, terminated, truncated, gamma, 1), returns, atol=1e-9)
    np.testing.assert_allclose(
        n_step_advantages(reward, nothing, nothing, terminated, truncated, gamma, len(reward)), returns, atol=1e-9
    )
    first = int(ended[:, 0].argmax()) if ended[:, 0].any() else len(reward) - 1
    assert returns[0, 0] == pytest.approx(discounted_return(reward[: first + 1, 0], gamma), abs=1e-9)


@given(rollouts(), SHARES, SHARES, NUMBERS)
def test_nothing_behind_an_end_counts(rollout, gamma, lambda_, other):
    reward, value, next_value, terminated, truncated = rollout
    ended = terminated | truncated
    expected = gae(*rollout, gamma, lambda_)
    assert np.array_equal(
        gae(reward, value, np.where(terminated, other, next_value), *rollout[3:], gamma, lambda_), expected
    )
    t = len(reward) // 2
    if ended[t].all():  # what happens later does not reach back over an end
        later = np.arange(len(reward))[:, None] > t
        changed = gae(np.where(later, other, reward), value, next_value, terminated, truncated, gamma, lambda_)
        np.testing.assert_array_equal(changed[: t + 1], expected[: t + 1])


# --- on environments that reset by themselves, in either mode -------------------------------------------------------


class Countdown(gym.Env):
    """Shows how many steps are left; the reward is that number. Every second episode is cut two steps early."""

    observation_space, action_space = gym.spaces.Box(0, 9, (1,)), gym.spaces.Discrete(1)

    def __init__(self, length: int):
        self.length, self.episodes = length, 0

    def reset(self, *, seed=None, options=None):
        self.left, self.episodes = self.length, self.episodes + 1
        return np.array([self.left], np.float32), {}

    def step(self, action):
        self.left -= 1
        truncated = self.episodes % 2 == 0 and self.left == 2
        return np.array([self.left], np.float32), float(self.left), self.left == 0, truncated, {}


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP])
def test_both_ways_to_reset_give_the_advantages_of_one_environment_alone(mode):
    """Under NEXT_STEP the row after an end only begins the next episode; under SAME_STEP the final observation is in
    `info`. V(obs) = obs squared, so that a value of the wrong observation shows."""
    gamma, lambda_, num_steps = 0.9, 0.8, 40
    envs = SyncVectorEnv([lambda: Countdown(4), lambda: Countdown(5)], autoreset_mode=mode)
    obs, _ = envs.reset()
    began, rows = np.zeros(2, bool), []
    for _ in range(num_steps):
        after, reward, terminated, truncated, info = envs.step(np.zeros(2, int))
        final = after.copy()
        for e in np.flatnonzero(info.get("_final_obs", [])):
            final[e] = info["final_obs"][e]
        rows.append((reward, obs[:, 0] ** 2, final[:, 0] ** 2, terminated, truncated, began))
        began = (terminated | truncated) if mode == AutoresetMode.NEXT_STEP else np.zeros(2, bool)
        obs = after.copy()
    *rollout, began = (np.stack(column) for column in zip(*rows, strict=True))
    advantages = gae(*rollout, gamma, lambda_)
    for e, length in enumerate((4, 5)):
        wanted = episode_by_episode(length, gamma, lambda_)
        real = advantages[~began[:, e], e]
        real = real[:12]  # whole episodes; the rollout may cut the last one
        np.testing.assert_allclose(real, np.resize(wanted, 12))


def episode_by_episode(length: int, gamma: float, lambda_: float) -> np.ndarray:
    """A whole episode, then one that is cut: the sum of the definition, in each by itself."""
    advantages = []
    for last in (0, 2):
        left = np.arange(length, last, -1.0)  # before each step
        bootstrap = np.where(left - 1 > 0, (left - 1) ** 2, 0)
        delta = (left - 1) + gamma * bootstrap - left**2
        advantages += [sum((gamma * lambda_) ** k * d for k, d in enumerate(delta[t:])) for t in range(len(delta))]
    return np.array(advantages)


# --- what makes no sense --------------------------------------------------------------------------------------------


def test_arrays_of_different_shapes_are_refused():
    with pytest.raises(ValueError, match="`value` must have the shape of `reward`"):
        gae(np.zeros((3, 2)), np.zeros(3), np.zeros((3, 2)), np.zeros((3, 2)), np.zeros((3, 2)), 0.9, 0.9)
    with pytest.raises(ValueError, match="rollout"):
        returns_to_go(np.zeros((2, 2, 2)), np.zeros((2, 2, 2)), 0.9)
    with pytest.raises(ValueError, match="rollout"):
        returns_to_go([], [], 0.9)


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (0, np.nan, "`reward` must hold finite"),
        (2, np.inf, "`next_value` must hold"),
        (3, 0.5, "`terminated` must be True"),
    ],
)
def test_numbers_that_are_none_are_refused(place, value, words):
    rollout = [np.array(array, float) for array in ROLLOUT]
    rollout[place][1] = value
    with pytest.raises(ValueError, match=words):
        gae(*rollout, 0.9, 0.9)


@pytest.mark.parametrize("n", [0, -1, 1.5, True, None])
def test_n_is_a_count(n):
    with pytest.raises(ValueError, match="`n` must be a whole number"):
        n_step_advantages(*ROLLOUT, gamma=0.9, n=n)


@pytest.mark.parametrize("share", [-0.1, 1.1, np.nan])
def test_gamma_and_lambda_are_shares(share):
    with pytest.raises(ValueError, match="`lambda_` must lie"):
        gae(*ROLLOUT, gamma=0.9, lambda_=share)
    with pytest.raises(ValueError, match="`gamma`"):
        gae(*ROLLOUT, gamma=share, lambda_=0.9)
