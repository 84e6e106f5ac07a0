"""Many seeds in one process: N plain DQNs that act in one call and learn in one call, for the price of a few.

Each seed has a network, a target network, an optimiser and a buffer of its own, as arrays with one more axis, (N, ...);
nothing passes from one seed to another. Around them, N * E environments are stepped together.
Letters: N seeds, E environments of each seed, K gradient steps in one call, B batch, O observation size, A actions.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from helpers.buffer import Transition
from helpers.dqn.config import DQNConfig
from helpers.dqn.parts import check_parts, make_optimizer, seeds_of
from helpers.network import Scale, make_network, scale_of
from helpers.policies import linear_decay
from helpers.spaces import num_actions_of


class ManyDQN:
    """The agent of `helpers.dqn.DQN`, N times over. Outside, the N * E environments stand in one row, seed by seed.

    It learns from `helpers.envs.make_many(env_id, N * E)`, and the env steps of the run are those of all of them. The
    generators are one for all: a seed gives the same run again only in the same company.
    """

    saved = ("network", "target_network", "optimizer", "buffer", "rng", "num_steps", "num_gradient_steps")

    def __init__(self, observation_space, action_space, config: DQNConfig, seeds, envs_per_seed: int = 1):
        check_parts(ManyDQN, observation_space, action_space, config)
        self.config, self.seeds, self.envs_per_seed = config, [int(seed) for seed in seeds], int(envs_per_seed)
        self.seed = self.seeds  # whose run it is
        if not self.seeds or self.envs_per_seed < 1 or config.learn_every % self.envs_per_seed:
            raise ValueError(
                f"Give one seed or more, and a number of environments that divides `learn_every` "
                f"({config.learn_every}); given were {len(self.seeds)} seeds and {envs_per_seed} environments of each."
            )
        (obs_size,), self.num_actions = observation_space.shape, num_actions_of(action_space)
        networks = [make_network(obs_size, config.hidden, self.num_actions, seeds_of(seed)[2]) for seed in self.seeds]
        scale = scale_of(config.obs_scale, (obs_size,))
        self.network, self.target_network = Stacked(networks, scale), Stacked(networks, scale)
        self.optimizer = make_optimizer(config)
        self.optimizer.build(self.network.variables)
        policy_seed, buffer_seed = np.random.SeedSequence(self.seeds).spawn(2)
        self.rng = np.random.default_rng(policy_seed)
        self.buffer = ManyBuffers(len(self.seeds), config.buffer_size, obs_size, buffer_seed)
        self.num_steps = self.num_gradient_steps = 0  # of each seed
        self.after_restore()

    def act_many(self, obs, explore: bool = True) -> np.ndarray:
        """obs (N * E, O) -> actions (N * E,)."""
        action = self.q_values(obs).argmax(axis=-1)
        if explore:
            config = self.config
            epsilon = linear_decay(self.num_steps, config.epsilon_start, config.epsilon_end, config.epsilon_steps)
            by_chance = self.rng.random(len(action)) < epsilon
            action[by_chance] = self.rng.integers(self.num_actions, size=by_chance.sum())
        return action

    def learn_many(self, transition: Transition) -> None:
        """One step of every environment: obs and next_obs (N * E, O), the others (N * E,)."""
        config, num_envs = self.config, len(self.seeds) * self.envs_per_seed
        if len(transition.reward) != num_envs:
            raise ValueError(
                f"This agent learns from {num_envs} transitions at a time ({len(self.seeds)} seeds with "
                f"{self.envs_per_seed} environments each); given were {len(transition.reward)}. What leaves none out: "
                f"helpers.envs.make_many(env_id, {num_envs})."
            )
        self.buffer.add(transition)
        self.num_steps += self.envs_per_seed
        if self.num_steps < config.learning_starts or self.num_steps % config.learn_every:
            return
        batches = self.buffer.sample(config.gradient_steps, config.batch_size)
        losses = self._gradient_steps(*batches).numpy()  # (N,)
        if not np.isfinite(losses).all():
            raise FloatingPointError(f"The loss of seed {self.seeds[losses.argmax()]} is not finite: {losses}.")
        self.num_gradient_steps += config.gradient_steps
        if self.num_gradient_steps % config.target_every == 0:
            for own, target in zip(self.network.variables, self.target_network.variables, strict=True):
                target.assign(own)
        self.after_restore()

    def after_restore(self) -> None:
        """The copy that acts follows from the weights."""
        self._values = self.network.in_numpy()

    def compile(self) -> None:
        """Trace the gradient steps now (about half a second), so that the first call of `learn_many` need not."""
        batch = (self.config.gradient_steps, len(self.seeds), self.config.batch_size)  # (K, N, B)
        obs = tf.TensorSpec((*batch, self.buffer.obs.shape[-1]), tf.float32)
        number, action = tf.TensorSpec(batch, tf.float32), tf.TensorSpec(batch, tf.int32)
        compiled: Any = self._gradient_steps  # a `tf.function`
        compiled.get_concrete_function(obs, action, number, obs, number)

    def q_values(self, obs) -> np.ndarray:
        """obs (N * M, O), seed by seed -> (N * M, A): each seed's observations through its own network."""
        obs = np.asarray(obs, np.float32)
        if len(obs) % len(self.seeds):
            raise ValueError(
                f"Each of {len(self.seeds)} seeds needs as many observations; given were {len(obs)} in all."
            )
        return self._values(obs.reshape(len(self.seeds), -1, obs.shape[-1])).reshape(-1, self.num_actions)

    @tf.function
    def _gradient_steps(self, *batches):
        """K gradient steps of all seeds: obs (K, N, B, O), the others (K, N, B). Returns the last losses (N,)."""
        losses = tf.zeros(len(self.seeds))
        for k in tf.range(self.config.gradient_steps):
            losses = self._gradient_step(*[tf.gather(part, k) for part in batches])
        return losses

    def _gradient_step(self, obs, action, reward, next_obs, terminated):
        """As `DQN._gradient_step`. A seed's weights occur in its loss only, so the sum has each seed's own gradient."""
        next_value = tf.reduce_max(self.target_network(next_obs), axis=2)  # (N, B)
        target = reward + self.config.gamma * (1 - terminated) * next_value
        with tf.GradientTape() as tape:
            q = tf.gather(self.network(obs), action, batch_dims=2)  # (N, B)
            losses = tf.reduce_mean(tf.square(target - q), axis=1)  # (N,)
            loss = tf.reduce_sum(losses)
        weights = self.network.variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return losses


class Stacked:
    """N networks of one form side by side: obs (N, B, O) -> Q (N, B, A), each seed's through its own network."""

    def __init__(self, networks: list[keras.Sequential], scale: np.ndarray):
        weights = zip(*(network.get_weights() for network in networks), strict=True)
        self.variables = [
            keras.Variable(_with_axis(np.stack(arrays))) for arrays in weights
        ]  # (N, in, out), (N, 1, out)
        self.scale = Scale(scale)

    def __call__(self, obs):
        return stacked_values(self.variables, self.scale(obs))

    def in_numpy(self) -> Callable[[np.ndarray], np.ndarray]:
        """The same in NumPy, with a copy of the weights."""
        weights, scale = [variable.numpy() for variable in self.variables], self.scale.scale

        def values(obs):
            x = obs / scale
            for w, b in zip(weights[:-2:2], weights[1:-2:2], strict=True):
                x = np.maximum(x @ w + b, 0)  # (N, M, units)
            return x @ weights[-2] + weights[-1]

        return values


def stacked_values(weights, x):
    """N networks at once: weights (N, in, out) and (N, 1, out) in turn, x (N, B, O) -> (N, B, A)."""
    for w, b in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = tf.nn.relu(x @ w + b)  # (N, B, units)
    return x @ weights[-2] + weights[-1]


class ManyBuffers:
    """A replay buffer for each of N seeds, (capacity, N, ...); as in `helpers.buffer` the oldest row goes first."""

    saved = ("num_added", "rng")
    rings = dict.fromkeys(("obs", "action", "reward", "next_obs", "terminated"), "num_added")

    def __init__(self, num_seeds: int, capacity: int, obs_size: int, seed):
        shape = (capacity, num_seeds)
        self.obs = np.zeros((*shape, obs_size), np.float32)
        self.action = np.zeros(shape, np.int32)
        self.reward = np.zeros(shape, np.float32)
        self.next_obs = np.zeros((*shape, obs_size), np.float32)
        self.terminated = np.zeros(shape, np.float32)
        self.num_added = 0  # of each seed
        self.rng = np.random.default_rng(seed)

    def __len__(self) -> int:
        return min(self.num_added, len(self.action))

    def add(self, transition: Transition) -> None:
        """One step of every environment, (N * E, ...) seed by seed: E more rows of each seed."""
        capacity, num_seeds = self.action.shape
        envs_per_seed = len(transition.reward) // num_seeds
        rows = (self.num_added + np.arange(envs_per_seed)) % capacity
        for name in self.rings:
            values = np.asarray(getattr(transition, name))
            getattr(self, name)[rows] = values.reshape(num_seeds, envs_per_seed, *values.shape[1:]).swapaxes(0, 1)
        self.num_added += envs_per_seed

    def sample(self, num_batches: int, batch_size: int):
        """(K, N, B) transitions, each seed's from its own rows: obs, action, reward, next_obs, terminated."""
        num_seeds = self.action.shape[1]
        rows = self.rng.integers(len(self), size=(num_batches, num_seeds, batch_size))
        drawn = rows, np.arange(num_seeds)[:, None]
        return tuple(getattr(self, name)[drawn] for name in self.rings)


def _with_axis(array: np.ndarray) -> np.ndarray:
    """Biases (N, out) become (N, 1, out), to be added to (N, B, out)."""
    return array if array.ndim == 3 else array[:, None]
