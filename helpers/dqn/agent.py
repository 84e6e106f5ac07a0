"""The deep Q-network agent (Mnih et al., "Human-level control through deep reinforcement learning", Nature 518, 2015).

It acts in NumPy from a copy of the weights, because one call into TensorFlow costs more than the arithmetic of a
hundred such networks; and it learns in TensorFlow, many gradient steps in one compiled call, for the same reason.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from gymnasium import spaces

from helpers.buffer import PixelBuffer, ReplayBuffer, Transition
from helpers.dqn.config import DQNConfig
from helpers.dqn.parts import are_stacked_pictures, check_parts, make_optimizer, seeds_of
from helpers.network import in_numpy, make_network, scaled
from helpers.policies import linear_decay
from helpers.spaces import num_actions_of


class DQN:
    """Q-learning with a network, a replay buffer and a target network. It has the two verbs: `act` and `learn`.

    network: Keras, Sequential or functional, obs (B, ...) -> Q (B, A), where not the one of `config.hidden` is wanted.
        Observations of the shape (k, H, W) of uint8 are taken for k stacked pictures: each picture is kept once.
    optimizer: Keras, a new one, where not Adam is wanted.
    Raises TypeError or ValueError for spaces, a config or a network that do not fit.
    """

    saved = ("network", "target_network", "optimizer", "buffer", "rng", "num_steps", "num_gradient_steps")
    config_class = DQNConfig  # a variant with numbers of its own has a config of its own
    config: Any  # one of `config_class`
    buffer: Any  # what `_make_buffer` makes

    def __init__(
        self,
        observation_space: spaces.Box,
        action_space: spaces.Discrete,
        config: DQNConfig,
        seed: int,
        network: keras.Model | None = None,
        optimizer: keras.optimizers.Optimizer | None = None,
    ):
        check_parts(type(self), observation_space, action_space, config, network, optimizer)
        buffer_seed, policy_seed, weight_seed = seeds_of(seed)
        self.config, self.seed = config, seed
        self.buffer = self._make_buffer(observation_space, buffer_seed)
        self.rng = np.random.default_rng(policy_seed)
        self.num_actions = num_actions_of(action_space)
        self.network = network or self._make_network(observation_space.shape[0], self.num_actions, weight_seed)
        self.target_network = keras.models.clone_model(self.network)
        self.optimizer = optimizer or make_optimizer(config)
        self.optimizer.build(self.network.trainable_variables)
        self.num_steps, self.num_gradient_steps = 0, 0  # env steps learnt from, and gradient steps
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
        batches = self.buffer.sample(self.config.gradient_steps, self.config.batch_size)
        return float(self._gradient_steps(*batches))

    def compile(self) -> None:
        """Trace the gradient steps now (about half a second), so that the first call of `learn` need not."""
        compiled: Any = self._gradient_steps  # a `tf.function`
        compiled.get_concrete_function(*self._signature())

    def _signature(self) -> list[tf.TensorSpec]:
        """What `_gradient_steps` is given."""
        batch = (self.config.gradient_steps, self.config.batch_size)
        obs_type = tf.uint8 if isinstance(self.buffer, PixelBuffer) else tf.float32
        obs = tf.TensorSpec((*batch, *self.network.input_shape[1:]), obs_type)
        number, action = tf.TensorSpec(batch, tf.float32), tf.TensorSpec(batch, tf.int32)
        return [obs, action, number, obs, number]

    @property
    def epsilon(self) -> float:
        """The chance of a random action, now."""
        config = self.config
        return linear_decay(self.num_steps, config.epsilon_start, config.epsilon_end, config.epsilon_steps)

    def q_values(self, obs) -> np.ndarray:
        """Q of every action, for acting: obs (O,) gives (A,), obs (B, O) gives (B, A)."""
        return self._values(obs)

    @tf.function
    def _gradient_steps(self, *batches):
        """K gradient steps on K batches: obs (K, B, O), action (K, B), ... Returns the last loss ()."""
        loss = 0.0
        for k in tf.range(self.config.gradient_steps):
            loss, _ = self._gradient_step(*[tf.gather(part, k) for part in batches])
        return loss

    def _gradient_step(self, obs, action, reward, next_obs, terminated, weight=1.0):
        """One step down the squared TD error (Mnih et al. 2015, algorithm 1). obs (B, O), the others (B,).

        weight: what each error counts, before it is squared. Returns the loss () and the errors (B,).
        """
        target = reward + self.discount * (1 - terminated) * self._next_value(next_obs)  # (B,)
        with tf.GradientTape() as tape:
            q = tf.gather(self.network(obs), action, batch_dims=1)  # (B,) the action taken, of (B, A)
            error = target - q  # (B,); with (B, 1) the difference would silently be (B, B)
            loss = self._loss(weight * error)
        weights = self.network.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return loss, error

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
        return scaled(make_network(obs_size, self.config.hidden, num_outputs, seed), self.config.obs_scale)

    def _make_buffer(self, observation_space: spaces.Box, seed) -> ReplayBuffer | PixelBuffer:
        kind = PixelBuffer if are_stacked_pictures(observation_space) else ReplayBuffer
        return kind(self.config.buffer_size, observation_space.shape, seed)

    def _copy_to_target(self) -> None:
        for own, target in zip(self.network.variables, self.target_network.variables, strict=True):
            target.assign(own)

    def _copy_to_numpy(self) -> None:
        self._values = in_numpy(self.network)

    def after_restore(self) -> None:
        """The copy that acts follows from the weights."""
        self._copy_to_numpy()

    def _check_loss(self, loss: float) -> None:
        if not np.isfinite(loss):
            rate = float(self.optimizer.learning_rate)
            raise FloatingPointError(
                f"The loss became {loss} at gradient step {self.num_gradient_steps}. Usual reasons: a learning rate "
                f"that is too high (it is {rate:.2g}), or rewards or observations that are not finite."
            )
