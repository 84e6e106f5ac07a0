"""Many seeds in one process: N plain DQNs that act in one call and learn in one call, for the price of a few.

Each seed has a network, a target network, an optimiser and a buffer of its own, as arrays with one more axis, (N, ...);
nothing passes from one seed to another. Around them, N * E environments are stepped together.
Letters: N seeds, E environments of each seed, K gradient steps in one call, B batch, O observation size, A actions.
"""

import sys
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from tqdm import trange

from helpers.agents import num_actions_of
from helpers.dqn.agent import DQNConfig, obs_shape_of, scale_of
from helpers.network import make_network
from helpers.policies import linear_decay


class ManyDQN:
    """The agent of `helpers.dqn.DQN`, N times over. Outside, the N * E environments stand in one row, seed by seed.

    The generator is one for all: a seed gives the same run again only in the same company.
    """

    def __init__(self, observation_space, action_space, config: DQNConfig, seeds, envs_per_seed: int = 1):
        (obs_size,) = obs_shape_of(observation_space)
        self.config, self.seeds, self.envs_per_seed = config, [int(seed) for seed in seeds], int(envs_per_seed)
        if not self.seeds or self.envs_per_seed < 1 or config.learn_every % self.envs_per_seed:
            raise ValueError(
                f"Give one seed or more, and a number of environments that divides `learn_every` "
                f"({config.learn_every}); given were {len(self.seeds)} seeds and {envs_per_seed} environments of each."
            )
        self.obs_scale = scale_of(config.obs_scale, (obs_size,))  # (O,)
        self.num_actions = num_actions_of(action_space)
        networks = [make_network(obs_size, config.hidden, self.num_actions, weight_seed(s)) for s in self.seeds]
        weights = zip(*(network.get_weights() for network in networks), strict=True)
        self.weights = [keras.Variable(_with_axis(np.stack(arrays))) for arrays in weights]  # (N, in, out), (N, 1, out)
        self.target_weights = [keras.Variable(w.numpy(), trainable=False) for w in self.weights]
        self.optimizer = keras.optimizers.Adam(_learning_rate(config))
        self.optimizer.build(self.weights)
        self.rng = np.random.default_rng(np.random.SeedSequence(self.seeds))
        self.buffer = ManyBuffers(len(self.seeds), config.buffer_size, obs_size, self.rng)
        self.num_steps = self.num_gradient_steps = 0  # of each seed
        self._copy_to_numpy()

    def act(self, obs, explore: bool = True) -> np.ndarray:
        """obs (N * E, O) -> actions (N * E,)."""
        action = self.q_values(obs).argmax(axis=-1)
        if explore:
            config = self.config
            epsilon = linear_decay(self.num_steps, config.epsilon_start, config.epsilon_end, config.epsilon_steps)
            by_chance = self.rng.random(len(action)) < epsilon
            action[by_chance] = self.rng.integers(self.num_actions, size=by_chance.sum())
        return action

    def learn(self, obs, action, reward, next_obs, terminated, real) -> None:
        """One step of every environment: obs and next_obs (N * E, O), the others (N * E,).

        real: False where the step only began a new episode; it counts as a step, and nothing is learnt from it.
        """
        config = self.config
        self.buffer.add(obs, action, reward, next_obs, terminated, real)
        self.num_steps += self.envs_per_seed
        if self.num_steps < config.learning_starts or self.num_steps % config.learn_every:
            return
        obs, action, reward, next_obs, terminated = self.buffer.sample(config.gradient_steps, config.batch_size)
        batches = obs / self.obs_scale, action, reward, next_obs / self.obs_scale, terminated
        losses = self._gradient_steps(*batches).numpy()  # (N,)
        if not np.isfinite(losses).all():
            raise FloatingPointError(f"The loss of seed {self.seeds[losses.argmax()]} is not finite: {losses}.")
        self.num_gradient_steps += config.gradient_steps
        if self.num_gradient_steps % config.target_every == 0:
            for own, target in zip(self.weights, self.target_weights, strict=True):
                target.assign(own)
        self._copy_to_numpy()

    def compile(self) -> None:
        """Trace the gradient steps now (about half a second), so that the first call of `learn` need not."""
        batch = (self.config.gradient_steps, len(self.seeds), self.config.batch_size)  # (K, N, B)
        obs = tf.TensorSpec((*batch, len(self.obs_scale)), tf.float32)
        number, action = tf.TensorSpec(batch, tf.float32), tf.TensorSpec(batch, tf.int32)
        self._gradient_steps.get_concrete_function(obs, action, number, obs, number)

    def q_values(self, obs) -> np.ndarray:
        """obs (N * M, O), seed by seed -> (N * M, A): each seed's observations through its own network."""
        x = (np.asarray(obs, np.float32) / self.obs_scale).reshape(len(self.seeds), -1, len(self.obs_scale))
        *hidden, (kernel, bias) = self._layers
        for w, b in hidden:
            x = np.maximum(x @ w + b, 0)  # (N, M, units)
        return (x @ kernel + bias).reshape(-1, self.num_actions)

    @tf.function
    def _gradient_steps(self, obs, action, reward, next_obs, terminated):
        """K gradient steps of all seeds: obs (K, N, B, O), the others (K, N, B). Returns the last losses (N,)."""
        losses = tf.zeros(len(self.seeds))
        for k in tf.range(self.config.gradient_steps):
            losses = self._gradient_step(obs[k], action[k], reward[k], next_obs[k], terminated[k])
        return losses

    def _gradient_step(self, obs, action, reward, next_obs, terminated):
        """As `DQN._gradient_step`. A seed's weights occur in its loss only, so the sum has each seed's own gradient."""
        next_value = tf.reduce_max(stacked_values(self.target_weights, next_obs), axis=2)  # (N, B)
        target = reward + self.config.gamma * (1 - terminated) * next_value
        with tf.GradientTape() as tape:
            q = tf.gather(stacked_values(self.weights, obs), action, batch_dims=2)  # (N, B)
            losses = tf.reduce_mean(tf.square(target - q), axis=1)  # (N,)
            loss = tf.reduce_sum(losses)
        gradients = tape.gradient(loss, [w.value for w in self.weights])
        self.optimizer.apply(gradients, self.weights)
        return losses

    def _copy_to_numpy(self) -> None:
        arrays = [w.numpy() for w in self.weights]
        self._layers = list(zip(arrays[::2], arrays[1::2], strict=True))


class ManyBuffers:
    """A replay buffer for each of N seeds, (N, capacity, ...); as in `helpers.buffer` the oldest row goes first."""

    def __init__(self, num_seeds: int, capacity: int, obs_size: int, rng: np.random.Generator):
        shape = (num_seeds, capacity)
        self.obs = np.zeros((*shape, obs_size), np.float32)
        self.action = np.zeros(shape, np.int32)
        self.reward = np.zeros(shape, np.float32)
        self.next_obs = np.zeros((*shape, obs_size), np.float32)
        self.terminated = np.zeros(shape, np.float32)
        self.num_added = np.zeros(num_seeds, int)
        self.rng = rng

    def add(self, obs, action, reward, next_obs, terminated, real) -> None:
        """Of one step of every environment (N * E, ...) those that are `real`."""
        num_seeds, capacity = self.action.shape
        real = np.asarray(real, bool).reshape(num_seeds, -1)  # (N, E)
        rows = (self.num_added[:, None] + real.cumsum(axis=1) - 1) % capacity
        where = np.nonzero(real)[0], rows[real]  # seeds, rows
        flat = real.reshape(-1)
        columns = {"obs": obs, "action": action, "reward": reward, "next_obs": next_obs, "terminated": terminated}
        for name, values in columns.items():
            getattr(self, name)[where] = values[flat]
        self.num_added += real.sum(axis=1)

    def sample(self, num_batches: int, batch_size: int):
        """(K, N, B) transitions, each seed's from its own rows: obs, action, reward, next_obs, terminated."""
        num_seeds, capacity = self.action.shape
        filled = np.minimum(self.num_added, capacity)[:, None]  # (N, 1)
        rows = self.rng.integers(filled, size=(num_batches, num_seeds, batch_size))
        where = np.arange(num_seeds)[:, None], rows
        return self.obs[where], self.action[where], self.reward[where], self.next_obs[where], self.terminated[where]


def train_many(
    envs,
    agent: ManyDQN,
    num_steps: int,
    seed: int,
    *,
    measure: Callable[[ManyDQN], dict] | None = None,
    measure_every: int = 5_000,
    progress: bool = True,
) -> dict[str, np.ndarray]:
    """`num_steps` env steps for each seed of the agent. envs: `gym.make_vec(env_id, num_envs=N * E)`, seeded once.

    Returns what `measure(agent)` gave every `measure_every` env steps, each name with a new first axis (V, ...).
    """
    _check_envs(envs, agent)
    measured: dict[str, list] = {}
    obs, _ = envs.reset(seed=int(seed))
    began = np.zeros(envs.num_envs, bool)  # its last step ended an episode: the next one only resets it
    look = {"unit": " steps", "file": sys.stdout, "leave": False, **({} if progress else {"disable": True})}
    for _ in trange(num_steps // agent.envs_per_seed, **look):
        action = agent.act(obs)
        next_obs, reward, terminated, truncated, _ = envs.step(action)
        agent.learn(obs, action, reward, next_obs, terminated, ~began)
        obs, began = next_obs.copy(), terminated | truncated
        if measure is not None and agent.num_steps % measure_every == 0:
            for name, value in measure(agent).items():
                measured.setdefault(name, []).append(value)
    return {name: np.array(values) for name, values in measured.items()}


def _check_envs(envs, agent: ManyDQN) -> None:
    expected = len(agent.seeds) * agent.envs_per_seed
    if envs.num_envs != expected:
        raise ValueError(
            f"The agent needs {expected} environments ({len(agent.seeds)} seeds with {agent.envs_per_seed} each); "
            f"`envs` has {envs.num_envs}."
        )


def stacked_values(weights, x):
    """N networks at once: weights (N, in, out) and (N, 1, out) in turn, x (N, B, O) -> (N, B, A)."""
    for w, b in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = tf.nn.relu(x @ w + b)  # (N, B, units)
    return x @ weights[-2] + weights[-1]


def weight_seed(seed: int) -> int:
    """From the seed of a run, the seed of its first weights: the one that `helpers.dqn.DQN` takes."""
    return int(np.random.SeedSequence(seed).spawn(3)[2].generate_state(1)[0])


def _with_axis(array: np.ndarray) -> np.ndarray:
    """Biases (N, out) become (N, 1, out), to be added to (N, B, out)."""
    return array if array.ndim == 3 else array[:, None]


def _learning_rate(config: DQNConfig):
    if config.learning_rate_steps is None:
        return config.learning_rate
    return keras.optimizers.schedules.PolynomialDecay(
        config.learning_rate, config.learning_rate_steps, end_learning_rate=0.0
    )
