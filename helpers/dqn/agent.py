"""The deep Q-network agent (Mnih et al., "Human-level control through deep reinforcement learning", Nature 518, 2015).

It acts in NumPy from a copy of the weights, because one call into TensorFlow costs more than the arithmetic of a
hundred such networks; and it learns in TensorFlow, many gradient steps in one compiled call, for the same reason.
"""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from gymnasium import spaces

from helpers.buffer import ReplayBuffer, Transition
from helpers.config import helpful
from helpers.network import layers_in_numpy, make_network, values_in_numpy
from helpers.policies import linear_decay
from helpers.spaces import num_actions_of
from helpers.spaces import obs_shape_of as obs_shape_of


@helpful
@dataclass(frozen=True)
class DQNConfig:
    """Every number of the agent; the defaults solve CartPole-v1."""

    hidden: tuple[int, ...] = (64, 64)  # units of each hidden layer
    obs_scale: tuple[float, ...] | None = (2.4, 3.0, 0.21, 3.0)  # (O,) divides obs, so that each part is about +-1
    gamma: float = 0.99  # discount for each env step
    learning_rate: float = 2e-3  # Adam's step size at the first gradient step
    learning_rate_steps: int | None = 25_000  # gradient steps in which it falls to 0 in a line; None: it stays
    batch_size: int = 64  # transitions in one gradient step
    buffer_size: int = 100_000  # transitions kept
    learning_starts: int = 1_000  # env steps before the first gradient step
    learn_every: int = 256  # env steps from one call of the compiled function to the next
    gradient_steps: int = 64  # K, gradient steps in one call
    target_every: int = 64  # gradient steps from one copy to the target network to the next; a multiple of K
    epsilon_start: float = 1.0  # chance of a random action at first
    epsilon_end: float = 0.05  # and in the end
    epsilon_steps: int = 10_000  # env steps between the two

    def __post_init__(self):
        counts = ("batch_size", "buffer_size", "learn_every", "gradient_steps", "target_every", "epsilon_steps")
        for name in counts:
            count = getattr(self, name)
            if not isinstance(count, (int, np.integer)) or count < 1:
                raise ValueError(f"`{name}` must be a whole number, 1 or more; it was {count}.")
        if not isinstance(self.hidden, tuple):
            raise TypeError(
                f"`hidden` must be a tuple such as (64, 64), the units of each layer; it was {self.hidden!r}."
            )
        for name in ("gamma", "epsilon_start", "epsilon_end"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"`{name}` must lie between 0 and 1; it was {getattr(self, name)}.")
        if not self.learning_rate > 0:
            raise ValueError(f"`learning_rate` must be above 0; it was {self.learning_rate}.")
        if self.target_every % self.gradient_steps:
            raise ValueError(
                f"`target_every` must be a multiple of `gradient_steps`, because the copy is made between two calls; "
                f"they were {self.target_every} and {self.gradient_steps}."
            )


class DQN:
    """Q-learning with a network, a replay buffer and a target network. It has the two verbs: `act` and `learn`."""

    saved = ("network", "target_network", "optimizer", "buffer", "rng", "num_steps", "num_gradient_steps")

    def __init__(self, observation_space: spaces.Box, action_space: spaces.Discrete, config: DQNConfig, seed: int):
        obs_shape = obs_shape_of(observation_space)
        buffer_seed, policy_seed, network_seed = np.random.SeedSequence(seed).spawn(3)
        self.config, self.seed = config, seed
        self.obs_scale = scale_of(config.obs_scale, obs_shape)  # (O,)
        self.buffer = ReplayBuffer(config.buffer_size, obs_shape, buffer_seed)
        self.rng = np.random.default_rng(policy_seed)
        self.num_actions = num_actions_of(action_space)
        weight_seed = int(network_seed.generate_state(1)[0])
        self.network = self._make_network(obs_shape[0], self.num_actions, weight_seed)
        self.target_network = keras.models.clone_model(self.network)
        self.optimizer = keras.optimizers.Adam(self._learning_rate())
        self.optimizer.build(self.network.trainable_variables)
        self.num_steps = 0  # env steps learnt from
        self.num_gradient_steps = 0
        self._copy_to_target()
        self._copy_to_numpy()

    def act(self, obs, explore: bool = True) -> int:
        if explore and self.rng.random() < self.epsilon:
            return int(self.rng.integers(self.num_actions))
        return int(self.q_values(obs).argmax())

    def act_many(self, obs, explore: bool = True) -> np.ndarray:
        """As `act`, for obs (B, O): actions (B,)."""
        action = self.q_values(obs).argmax(axis=1)
        if explore:
            by_chance = self.rng.random(len(action)) < self.epsilon
            action[by_chance] = self.rng.integers(self.num_actions, size=by_chance.sum())
        return action

    def learn(self, transition: Transition) -> None:
        config = self.config
        self._remember(transition)
        self.num_steps += 1
        if self.num_steps < config.learning_starts or self.num_steps % config.learn_every:
            return
        self._check_loss(self._learn_from_buffer())
        self.num_gradient_steps += config.gradient_steps
        if self.num_gradient_steps % config.target_every == 0:
            self._copy_to_target()
        self._copy_to_numpy()

    def _remember(self, transition: Transition) -> None:
        self.buffer.add(transition)

    def _learn_from_buffer(self) -> float:
        """K gradient steps on K fresh batches; the last loss."""
        config = self.config
        obs, action, reward, next_obs, terminated = self.buffer.sample(config.gradient_steps, config.batch_size)
        return float(self._gradient_steps(obs / self.obs_scale, action, reward, next_obs / self.obs_scale, terminated))

    def compile(self) -> None:
        """Trace the gradient steps now (about half a second), so that the first call of `learn` need not."""
        config = self.config
        batch = (config.gradient_steps, config.batch_size)
        obs = tf.TensorSpec((*batch, *self.obs_scale.shape), tf.float32)
        number, action = tf.TensorSpec(batch, tf.float32), tf.TensorSpec(batch, tf.int32)
        self._gradient_steps.get_concrete_function(obs, action, number, obs, number)

    @property
    def epsilon(self) -> float:
        """The chance of a random action, now."""
        config = self.config
        return linear_decay(self.num_steps, config.epsilon_start, config.epsilon_end, config.epsilon_steps)

    def q_values(self, obs) -> np.ndarray:
        """Q of every action, in NumPy: obs (O,) gives (A,), obs (B, O) gives (B, A)."""
        return values_in_numpy(self._layers, np.asarray(obs, np.float32) / self.obs_scale)

    @tf.function
    def _gradient_steps(self, obs, action, reward, next_obs, terminated):
        """K gradient steps on K batches: obs (K, B, O), action (K, B), ... Returns the last loss ()."""
        loss = 0.0
        for k in tf.range(self.config.gradient_steps):
            loss = self._gradient_step(obs[k], action[k], reward[k], next_obs[k], terminated[k])
        return loss

    def _gradient_step(self, obs, action, reward, next_obs, terminated):
        """One step down the squared TD error (Mnih et al. 2015, algorithm 1). obs (B, O), the others (B,)."""
        target = reward + self.discount * (1 - terminated) * self._next_value(next_obs)  # (B,)
        with tf.GradientTape() as tape:
            q = tf.gather(self.network(obs), action, batch_dims=1)  # (B,) the action taken, of (B, A)
            loss = self._loss(target - q)  # () of (B,); with (B, 1) the difference would silently be (B, B)
        weights = self.network.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    def _next_value(self, next_obs):
        """What the target network says the best action of next_obs (B, O) is worth: (B,)."""
        return tf.reduce_max(self.target_network(next_obs), axis=1)

    def _loss(self, error):
        """error (B,) -> ()."""
        return tf.reduce_mean(tf.square(error))

    @property
    def discount(self) -> float:
        """What the value of `next_obs` is multiplied by."""
        return self.config.gamma

    def _make_network(self, obs_size: int, num_outputs: int, seed: int) -> keras.Sequential:
        return make_network(obs_size, self.config.hidden, num_outputs, seed)

    def _copy_to_target(self) -> None:
        self.target_network.set_weights(self.network.get_weights())

    def _copy_to_numpy(self) -> None:
        self._layers = layers_in_numpy(self.network)

    def after_restore(self) -> None:
        """The copy that acts follows from the weights."""
        self._copy_to_numpy()

    def _learning_rate(self):
        if self.config.learning_rate_steps is None:
            return self.config.learning_rate
        return keras.optimizers.schedules.PolynomialDecay(
            self.config.learning_rate, self.config.learning_rate_steps, end_learning_rate=0.0
        )

    def _check_loss(self, loss: float) -> None:
        if not np.isfinite(loss):
            raise FloatingPointError(
                f"The loss became {loss} at gradient step {self.num_gradient_steps}. Usual reasons: a learning rate "
                f"that is too high (it is {self.config.learning_rate}), or rewards or observations that are not finite."
            )


def scale_of(obs_scale, obs_shape: tuple[int]) -> np.ndarray:
    """(O,) what observations are divided by: `obs_scale`, or ones where it is None."""
    scale = np.ones(obs_shape, np.float32) if obs_scale is None else np.asarray(obs_scale, np.float32)
    if scale.shape != obs_shape or not np.all(scale > 0):
        raise ValueError(
            f"`obs_scale` needs one number above 0 for each of the {obs_shape[0]} parts of an observation "
            f"(None: no scaling); it was {obs_scale}."
        )
    return scale
