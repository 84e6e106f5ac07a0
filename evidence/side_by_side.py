"""What notebook 06 compares, N runs side by side: CartPoles with more to see, tables and tiles, and random search.

Every agent here learns from `helpers.envs.make_many` in `helpers.loop.train`, and the env steps of the run are those of
all N. Nothing passes from one run to another; the generators are one for all, so a run comes again in the same company
only. Letters: N runs, O sensors, T tilings, A actions.
"""

from dataclasses import dataclass

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.vector.utils import batch_space

from helpers.agents import agent_generator
from helpers.policies import linear_decay
from helpers.updates import q_learning_target


class MoreSensors(gym.vector.VectorWrapper):
    """CartPoles that show more than four numbers: a lamp first, if the wires may be crossed, then useless sensors.

    crossed: the lamp shows 1 or -1 for a whole episode; where it shows -1, left pushes to the right, and right to left.
    num_useless: sensors that show a random number between -1 and 1 at each step, whatever happens.
    """

    def __init__(self, envs, crossed: bool = False, num_useless: int = 0):
        super().__init__(envs)
        self.crossed, self.num_useless = crossed, num_useless
        more = np.ones(crossed + num_useless, np.float32)
        box = envs.single_observation_space
        self.single_observation_space = spaces.Box(np.append(box.low, -more), np.append(box.high, more))
        self.observation_space = batch_space(self.single_observation_space, envs.num_envs)
        self.rng, self.lamp = np.random.default_rng(), np.ones(envs.num_envs)
        self.useless = np.zeros((envs.num_envs, num_useless))

    def reset(self, *, seed=None, options=None):
        obs, info = self.env.reset(seed=seed, options=options)
        if seed is not None:
            self.rng = agent_generator(seed)
        begins = (options or {}).get("reset_mask", np.ones(self.num_envs, bool))
        if self.crossed:
            self.lamp = np.where(begins, self.rng.choice((-1.0, 1.0), self.num_envs), self.lamp)
        self.useless[begins] = self.rng.uniform(-1, 1, (begins.sum(), self.num_useless))
        return self._with_more(obs), info

    def step(self, actions):
        pushed = np.where(self.lamp > 0, actions, 1 - actions)
        obs, reward, terminated, truncated, info = self.env.step(pushed)
        self.useless = self.rng.uniform(-1, 1, self.useless.shape)
        return self._with_more(obs), reward, terminated, truncated, info

    def _with_more(self, obs):
        more = [self.lamp[:, None], self.useless] if self.crossed else [self.useless]
        return np.concatenate([obs, *more], axis=1, dtype=np.float32)


@dataclass(frozen=True)
class TilingsConfig:
    """The numbers of Q-learning with one table, or with several that are shifted against each other."""

    limits: tuple[float, ...]  # (O,) between minus and plus this a sensor is cut
    bins: tuple[int, ...]  # (O,) of each table
    num_tilings: int = 1  # T
    alpha: float = 0.1  # step size of Q, which each table takes a T-th part of
    initial_q: float = 0.0
    gamma: float = 0.99
    epsilon: float = 0.1  # falls to 0 over `epsilon_steps` env steps
    epsilon_steps: int = 50_000


class ManyTilings:
    """N agents with tables of their own. T = 1 is a plain table; more are shifted (tile coding, S&B section 9.5.4)."""

    saved = ("q", "num_steps", "rng")

    def __init__(self, num_runs: int, config: TilingsConfig, seed):
        self.config, self.seed = config, seed
        shifted = np.array(config.bins) > 2  # a lamp has two sides, and nothing in between
        tilings = np.arange(config.num_tilings)
        odd = 1 + 2 * np.arange(len(config.bins))
        self.shifts = shifted * (tilings[:, None] * odd / config.num_tilings % 1)  # (T, O) no two of four alike
        self.span = np.array(config.bins) - (shifted if config.num_tilings > 1 else 0)  # the last tile is for the shift
        self.digits = np.append(np.cumprod(config.bins[:0:-1])[::-1], 1)  # (O,)
        size = int(np.prod(config.bins))
        self.first = (np.arange(num_runs)[:, None] * config.num_tilings + tilings) * size  # (N, T)
        shape = (num_runs * config.num_tilings * size, 2)
        kind = np.float64 if config.num_tilings == 1 else np.float32  # optimism near 100 lives by its last digits
        self.q = np.full(shape, config.initial_q / config.num_tilings, kind)
        self.alpha = np.full(num_runs, config.alpha)  # (N,)
        self.num_steps, self.rng = 0, agent_generator(seed)

    def rows(self, obs, runs=slice(None)):
        """(N, T): which rows of all that there are belong to the observations (N, O)."""
        place = (np.clip(obs / self.config.limits, -1, 1) + 1) / 2 * self.span
        bins = np.minimum((place[:, None] + self.shifts).astype(int), np.array(self.config.bins) - 1)  # (N, T, O)
        return self.first[runs] + bins @ self.digits

    def q_values(self, obs) -> np.ndarray:
        """obs (N * M, O), run by run -> (N * M, A)."""
        runs = np.repeat(np.arange(len(self.first)), len(obs) // len(self.first))
        return self.q[self.rows(obs, runs)].sum(axis=1)

    def act_many(self, obs, explore: bool = True) -> np.ndarray:
        q = self.q_values(obs)
        coin = self.rng.integers(2, size=len(q))
        epsilon = linear_decay(self.num_steps, self.config.epsilon, 0.0, self.config.epsilon_steps)
        by_chance = (self.rng.random(len(q)) < epsilon) | (q[:, 0] == q[:, 1])
        return np.where(by_chance, coin, q.argmax(axis=1))

    def learn_many(self, transition) -> None:
        obs, action, reward, next_obs, terminated, _ = transition
        rows = self.rows(obs)  # (N, T)
        target = q_learning_target(reward, self.q_values(next_obs), terminated, self.config.gamma)  # (N,)
        error = target - self.q[rows, action[:, None]].sum(axis=1)
        self.q[rows, action[:, None]] += (self.alpha / self.config.num_tilings * error)[:, None]
        self.num_steps += 1


class ManySearches:
    """N random searches over linear policies: draw weights, use them until the pole falls; keep the longest life.

    products: besides the sensors, the policy sees each of the first four multiplied by the lamp.
    """

    saved = ("weights", "lived", "best", "longest", "rng")

    def __init__(self, num_runs: int, num_sensors: int, seed, products: bool = False):
        self.seed, self.products, self.config = seed, products, None
        self.rng = agent_generator(seed)
        self.weights = self.rng.normal(size=(num_runs, num_sensors + 4 * products))  # (N, O)
        self.best, self.lived, self.longest = self.weights.copy(), np.zeros(num_runs), np.zeros(num_runs)

    def seen(self, obs):
        return np.append(obs, obs[:, :4] * obs[:, 4:5], axis=1) if self.products else obs

    def q_values(self, obs) -> np.ndarray:
        """obs (N * M, O), run by run -> (N * M, A), by the best weights so far."""
        push = (self.seen(obs) * np.repeat(self.best, len(obs) // len(self.best), axis=0)).sum(axis=1)
        return np.stack([-push, push], axis=1)

    def act_many(self, obs, explore: bool = True) -> np.ndarray:
        return ((self.seen(obs) * self.weights).sum(axis=1) > 0).astype(int)

    def learn_many(self, transition) -> None:
        self.lived += 1
        better = self.lived > self.longest
        self.longest = np.where(better, self.lived, self.longest)
        self.best[better] = self.weights[better]
        fell = transition.terminated
        self.weights[fell] = self.rng.normal(size=(fell.sum(), self.weights.shape[1]))
        self.lived[fell] = 0
