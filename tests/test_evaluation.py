"""Evaluation is a run of its own, and the intervals are as wide as they should be."""

import os
import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from helpers.agents import HandMadeAgent
from helpers.evaluation import evaluate, mean_interval, mean_intervals, rate_interval, run_seeds


class Tape(gym.Wrapper):
    """Writes down what is done to an environment."""

    def __init__(self, env):
        super().__init__(env)
        self.seeds, self.starts = [], []

    def reset(self, *, seed=None, options=None):
        obs, info = super().reset(seed=seed, options=options)
        self.seeds.append(seed)
        self.starts.append(tuple(obs))
        return obs, info


class Witness:
    """An agent that notes how it is asked, and must not be taught."""

    def __init__(self):
        self.explored = set()

    def act(self, obs, explore=True):
        self.explored.add(explore)
        return int(obs[2] > 0)

    def learn(self, transition):
        raise AssertionError("evaluation must not teach")


def test_evaluation_is_greedy_seeded_once_and_starts_differ():
    env, agent = Tape(gym.make("CartPole-v1")), Witness()
    returns = evaluate(agent, env, 10, seed=3)
    assert returns.shape == (10,)
    assert agent.explored == {False}
    assert env.seeds[0] == 3
    assert set(env.seeds[1:]) == {None}
    assert len(set(env.starts)) == len(env.starts)


def test_evaluation_counts_every_reward():
    """Always left on CartPole: the return is the number of steps, which we count ourselves."""
    env = gym.make("CartPole-v1")
    env.reset(seed=5)
    steps, terminated = 0, False
    while not terminated:
        _, _, terminated, _, _ = env.step(0)
        steps += 1
    assert evaluate(HandMadeAgent(lambda obs: 0), gym.make("CartPole-v1"), 1, seed=5)[0] == steps


def test_evaluation_repeats_and_depends_on_the_seed():
    agent = HandMadeAgent(lambda obs: int(obs[2] > 0))
    first, again, other = (evaluate(agent, gym.make("CartPole-v1"), 20, seed=s) for s in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@given(st.integers(-5, 0))
def test_evaluation_needs_an_episode(num_episodes):
    with pytest.raises(ValueError, match=f"1 or more; it was {num_episodes}"):
        evaluate(Witness(), gym.make("CartPole-v1"), num_episodes, seed=0)


def square(seed: int) -> int:
    return seed * seed


def test_seeds_come_back_in_order_from_one_process_or_two():
    assert run_seeds(square, range(7)) == run_seeds(square, range(7), jobs=2) == [0, 1, 4, 9, 16, 25, 36]


def test_progress_goes_to_stdout_because_stderr_in_a_notebook_looks_like_a_fault():
    command = [sys.executable, "-c", "from helpers.evaluation import run_seeds; run_seeds(abs, range(3))"]
    environment = {name: value for name, value in os.environ.items() if name != "TQDM_DISABLE"}
    finished = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert finished.stderr == ""
    assert "3 [" in finished.stdout


def test_bootstrap_by_hand():
    """Two values, 0 and 1: a resample is 00, 01, 10 or 11, so its mean is 0, 1/2 or 1 with chances 1/4, 1/2, 1/4.

    The middle 95 % therefore runs from 0 to 1, and the middle 40 % is 1/2 alone.
    """
    assert mean_interval([0.0, 1.0]) == (0.0, 1.0)
    assert mean_interval([0.0, 1.0], confidence=0.4) == (0.5, 0.5)


def test_bootstrap_covers_the_truth_as_often_as_it_says():
    """Of 400 samples of 40 numbers with mean 2, about 95 % of the intervals hold the 2 (percentile: a little fewer)."""
    samples = np.random.default_rng(0).exponential(2.0, size=(40, 400))  # (N, T): 400 columns
    low, high = mean_intervals(samples)
    assert 0.89 <= np.mean((low <= 2) & (high >= 2)) <= 0.98


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=12))
def test_interval_holds_the_mean_between_the_extremes(values):
    low, high = mean_interval(values)
    slack = 1e-9 * max(1.0, *(abs(v) for v in values))
    assert min(values) - slack <= low <= high <= max(values) + slack


def test_intervals_of_curves_are_those_of_their_points():
    curves = np.random.default_rng(0).normal(size=(10, 3))
    low, high = mean_intervals(curves)
    np.testing.assert_allclose([mean_interval(column) for column in curves.T], np.stack([low, high], axis=1))


@pytest.mark.parametrize(
    ("values", "words"), [([1.0], "2 or more runs"), ([1.0, np.nan], "NaN or infinite"), ([[[1.0]]], "2 or more runs")]
)
def test_interval_errors(values, words):
    with pytest.raises(ValueError, match=words):
        mean_interval(values)


@pytest.mark.parametrize("num_runs, length", [(2, 3), (7, 1), (30, 40)])
def test_intervals_are_those_of_scipy(num_runs, length):
    curves = np.random.default_rng(1).normal(size=(num_runs, length)) * 100
    rng = np.random.default_rng(0)
    scipy = stats.bootstrap((curves,), np.mean, axis=0, n_resamples=9_999, method="percentile", rng=rng)
    np.testing.assert_allclose(mean_intervals(curves), scipy.confidence_interval, rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.5, np.nan, "95 %", None])
def test_confidence_is_a_share(confidence):
    for interval in (lambda: mean_interval([0, 1], confidence), lambda: rate_interval(1, 2, confidence)):
        with pytest.raises(ValueError, match="`confidence` is a share between 0 and 1"):
            interval()


@pytest.mark.parametrize(
    ("successes", "trials", "words"),
    [
        (0.9, 1, "`successes` counts trials.*it was 0.9"),
        (9, 10.5, "`trials` counts trials.*it was 10.5"),
        (np.float64(0.5), 1, "`successes` counts trials"),
        (np.nan, 1, "`successes` counts trials"),
        (True, 1, "`successes` counts trials"),
        (np.ones(3), 3, "`successes` counts trials"),
        ("9", 10, "`successes` counts trials"),
        (None, 10, "`successes` counts trials"),
        (11, 10, "it was 11 of 10"),
        (-1, 10, "it was -1 of 10"),
        (0, 0, "it was 0 of 0"),
    ],
)
def test_a_rate_is_of_counts(successes, trials, words):
    with pytest.raises(ValueError, match=words):
        rate_interval(successes, trials)


@pytest.mark.parametrize("kind", [int, float, np.int64, np.float32, np.uint8])
def test_whole_numbers_of_any_kind_are_counts(kind):
    assert rate_interval(kind(9), kind(10)) == rate_interval(9, 10)


def test_wilson_by_hand():
    """Wilson (1927) for 9 of 10, z = 1.96: centre (0.9 + z^2/20) / (1 + z^2/10) = 0.78894,
    half width z * sqrt(0.9 * 0.1 / 10 + z^2 / 400) / (1 + z^2/10) = 0.19327; so 0.596 to 0.982.
    """
    assert rate_interval(9, 10) == pytest.approx((0.5958, 0.9821), abs=1e-4)


@given(st.integers(1, 200), st.data())
def test_wilson_holds_the_rate(trials, data):
    successes = data.draw(st.integers(0, trials))
    low, high = rate_interval(successes, trials)
    assert 0 <= low <= successes / trials + 1e-12
    assert successes / trials - 1e-12 <= high <= 1


@given(st.lists(st.integers(0, 2**31), max_size=6))
def test_any_seeds_give_their_results_in_order(seeds):
    assert run_seeds(lambda seed: seed + 1, seeds) == [seed + 1 for seed in seeds]


@given(st.integers(2, 6), st.integers(1, 5), st.integers(0, 1_000))
def test_bands_hold_the_mean_curve(num_seeds, length, seed):
    curves = np.random.default_rng(seed).normal(size=(num_seeds, length))
    low, high = mean_intervals(curves)
    assert low.shape == high.shape == (length,)
    assert np.all(low <= curves.mean(axis=0) + 1e-12)
    assert np.all(curves.mean(axis=0) <= high + 1e-12)
    wider = mean_intervals(curves, confidence=0.99)
    assert np.all(wider[0] <= low)
    assert np.all(wider[1] >= high)
