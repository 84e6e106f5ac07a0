"""Many whole episodes at once, side by side in arrays (T, E): what estimates of a policy's gradient are measured on."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from helpers.distributions import Categorical
from helpers.envs.arrays import terminal_states
from helpers.exact import check_mdp


class Episodes(NamedTuple):
    """One episode in each of E columns, from its first step on; below its end a column is filled with rewards of 0."""

    obs: np.ndarray  # (T, E, ...)
    action: np.ndarray  # (T, E) int
    reward: np.ndarray  # (T, E)
    next_obs: np.ndarray  # (T, E, ...)
    terminated: np.ndarray  # (T, E) bool
    truncated: np.ndarray  # (T, E) bool
    alive: np.ndarray  # (T, E) bool: the step belongs to the episode

    @property
    def ended(self) -> np.ndarray:
        """(T, E) whether the episode ends with this step."""
        return self.terminated | self.truncated


def plays(policy: Callable[..., Categorical], envs, seed: int, explore: bool = True) -> Episodes:
    """One episode in each of the environments, acting by chance; with explore=False the most probable action.

    policy: observations (E, ...) -> their distribution over actions. envs: `gym.make_vec(env_id, num_envs=E)`.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(1)[0])
    obs, _ = envs.reset(seed=int(seed))
    alive, rows = np.ones(envs.num_envs, bool), []
    while alive.any():
        action = policy(obs).sample(rng) if explore else policy(obs).mode()
        next_obs, reward, terminated, truncated, _ = envs.step(action)
        flags = alive & terminated, alive & truncated & ~terminated
        rows.append((obs.copy(), action, alive * reward, next_obs.copy(), *flags, alive))
        obs, alive = next_obs, alive & ~(terminated | truncated)
    return Episodes(*(np.stack(column) for column in zip(*rows, strict=True)))


def walks(P, R, policy, start, num_episodes: int, rng: np.random.Generator, max_steps: int = 10_000) -> Episodes:
    """Episodes of a world given as arrays; each step pays R[s, a], what it is worth on average.

    policy (S, A) of probabilities, start (S,) those of the first state. What has not ended after `max_steps` is cut.
    """
    P, R = check_mdp(P, R)
    ends, num_states = terminal_states(P, R), len(R)
    obs = rng.choice(num_states, size=num_episodes, p=start)
    next_cumulative, action_cumulative = P.cumsum(axis=2), np.cumsum(policy, axis=1)
    alive, rows = ~ends[obs], []
    while alive.any():
        action = _first_above(action_cumulative[obs], rng)
        next_obs = _first_above(next_cumulative[obs, action], rng)
        terminated = alive & ends[next_obs]
        truncated = alive & ~terminated & (len(rows) + 1 == max_steps)
        rows.append((obs, action, R[obs, action], next_obs, terminated, truncated, alive))  # a terminal state pays 0
        obs, alive = next_obs, alive & ~terminated & ~truncated
    return Episodes(*(np.stack(column) for column in zip(*rows, strict=True)))


def _first_above(cumulative, rng: np.random.Generator) -> np.ndarray:
    """For each row of cumulative probabilities (E, N) the first place above chance: (E,)."""
    chance = rng.random(len(cumulative)) * cumulative[:, -1]  # the sum is 1 but for rounding
    return (cumulative <= chance[:, None]).sum(axis=1)
