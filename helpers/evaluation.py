"""How good is an agent, and how sure are we? Evaluation is a run of its own, and a result is several seeds."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from helpers.agents import Agent
from helpers.fleet import run_seeds as run_seeds  # a result is several seeds: it belongs to evaluation too


def evaluate(agent: Agent, env, num_episodes: int, seed: int) -> np.ndarray:
    """Returns (num_episodes,) of greedy episodes. Give a fresh environment: not the one the agent trains in.

    The environment is seeded once, so that every episode starts somewhere else. The agent does not learn.
    """
    if num_episodes < 1:
        raise ValueError(f"`num_episodes` must be 1 or more; it was {num_episodes}.")
    returns = np.zeros(num_episodes)
    obs, _ = env.reset(seed=int(seed))
    for episode in range(num_episodes):
        terminated = truncated = False
        while not (terminated or truncated):
            obs, reward, terminated, truncated, _ = env.step(agent.act(obs, explore=False))
            returns[episode] += reward
        obs, _ = env.reset()
    return returns


class Rollouts(NamedTuple):
    """One greedy episode in each of E environments."""

    first_obs: np.ndarray  # (E, O)
    returns: np.ndarray  # (E,)
    discounted: np.ndarray  # (E,) discounted returns
    lengths: np.ndarray  # (E,) env steps


def rollouts(agent, envs, seed: int, gamma: float = 1.0) -> Rollouts:
    """One greedy episode in each of E environments, all stepped together: for a network about twenty times as fast.

    envs: a vector environment, `gym.make_vec(env_id, num_envs=E)`. agent: one with `q_values`, (E, O) -> (E, A).
    The episodes are not those of `evaluate` with the same seed, but as many others of the same kind.
    """
    first_obs, _ = envs.reset(seed=int(seed))
    obs, alive = first_obs, np.ones(envs.num_envs, bool)
    returns, discounted, lengths = np.zeros(envs.num_envs), np.zeros(envs.num_envs), np.zeros(envs.num_envs, int)
    while alive.any():
        obs, reward, terminated, truncated, _ = envs.step(agent.q_values(obs).argmax(axis=1))
        returns += alive * reward
        discounted += alive * gamma**lengths * reward
        lengths += alive
        alive &= ~(terminated | truncated)  # an environment that begins again is no longer counted
    return Rollouts(first_obs.copy(), returns, discounted, lengths)


def mean_interval(values, confidence: float = 0.95, seed: int = 0) -> tuple[float, float]:
    """A bootstrap interval for the mean of `values` (N,): percentile method, 9,999 resamples (Efron 1979)."""
    low, high = mean_intervals(np.asarray(values, float)[:, None], confidence, seed)
    return float(low[0]), float(high[0])


def mean_intervals(values, confidence: float = 0.95, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """As `mean_interval` at each point of curves (N, T), over the first axis: low (T,) and high (T,)."""
    values = np.asarray(values, float)
    if values.ndim != 2 or len(values) < 2:
        raise ValueError(f"An interval needs 2 or more runs, as (N,) or (N, T); the shape was {values.shape}.")
    if not np.all(np.isfinite(values)):
        raise ValueError("`values` must be finite numbers; at least one is NaN or infinite.")
    rng = np.random.default_rng(seed)
    rows = rng.integers(len(values), size=(9_999, len(values)))  # the same runs at every point of a curve
    counts = np.apply_along_axis(np.bincount, 1, rows, minlength=len(values))  # (9999, N)
    means = counts @ values / len(values)  # (9999, T)
    tail = 50 * (1 - confidence)
    low, high = np.percentile(means, [tail, 100 - tail], axis=0)
    return low, high


def rate_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for a success rate of `successes` in `trials` (Wilson 1927)."""
    interval = stats.binomtest(int(successes), int(trials)).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)
