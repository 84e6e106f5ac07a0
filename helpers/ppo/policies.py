"""The two networks of PPO, and what the outputs of the policy's mean: a choice, or several numbers at once."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from gymnasium import spaces

from helpers.distributions import Categorical, Gaussian
from helpers.spaces import obs_shape_of


class Kind(NamedTuple):
    """How actions of a space are drawn, in NumPy, and learnt, in TensorFlow, from the outputs of a policy."""

    num_actions: int  # A, choices or numbers
    shape: tuple[int, ...]  # of one action: () or (A,)
    dtype: Any  # of NumPy
    distribution: Callable[[np.ndarray], Categorical | Gaussian]  # of outputs (..., A) or (..., 2 A)
    log_prob_and_entropy: Callable  # of outputs and actions, in TensorFlow: (B,) each

    @property
    def is_discrete(self) -> bool:
        """Whether an action is one of A."""
        return self.shape == ()


def kind_of(action_space: spaces.Space) -> Kind:
    """TypeError where actions are neither counted from 0 nor a row of numbers."""
    if isinstance(action_space, spaces.Discrete) and action_space.start == 0:
        return Kind(int(action_space.n), (), np.int32, Categorical, categorical_terms)
    if isinstance(action_space, spaces.Box) and len(action_space.shape) == 1:
        return Kind(action_space.shape[0], action_space.shape, np.float32, gaussian_of, gaussian_terms)
    raise TypeError(
        f"This policy chooses one of A actions (a Discrete space, counted from 0) or A numbers (a Box of shape (A,)); "
        f"the action space was {action_space}."
    )


def row_of_numbers(observation_space: spaces.Space) -> tuple[int, ...]:
    """The shape of an observation, (O,); TypeError where it has another one."""
    shape = obs_shape_of(observation_space)
    if len(shape) != 1:
        raise TypeError(
            f"The networks of a PPO take an observation of O numbers: a Box of shape (O,). The observation space was "
            f"{observation_space}."
        )
    return shape


def categorical_terms(logits, action):
    """log pi(action) and the entropy, (B,) each, from logits (B, A) and action (B,): `Categorical` in TensorFlow."""
    log_probs = tf.nn.log_softmax(logits)  # (B, A)
    log_prob = tf.gather(log_probs, action, batch_dims=1)
    return log_prob, -tf.reduce_sum(tf.exp(log_probs) * log_probs, axis=1)


def gaussian_of(outputs) -> Gaussian:
    """From outputs (..., 2 A): A means, then A logarithms of standard deviations."""
    return Gaussian(*np.split(outputs, 2, axis=-1))


def gaussian_terms(outputs, action):
    """The same (B,) each from outputs (B, 2 A) and action (B, A): `Gaussian` in TensorFlow."""
    mean, log_std = tf.split(outputs, 2, axis=1)  # (B, A) each
    z = (action - mean) / tf.exp(log_std)
    log_prob = -tf.reduce_sum(0.5 * tf.square(z) + log_std + 0.5 * math.log(2 * math.pi), axis=1)
    return log_prob, tf.reduce_sum(log_std + 0.5 * math.log(2 * math.pi * math.e), axis=1)


class FreeSpread(keras.layers.Layer):
    """Puts behind the means (B, A) the logarithms of the standard deviations: (B, 2 A).

    These are weights of their own, one for each part of an action, and the same for every observation.
    """

    def __init__(self, num_actions: int, first_std: float, **kwargs):
        super().__init__(**kwargs)
        start = keras.initializers.Constant(math.log(first_std))
        self.log_std = self.add_weight(shape=(num_actions,), initializer=start, name="log_std")

    def call(self, mean):
        log_std = keras.ops.broadcast_to(self.log_std, keras.ops.shape(mean))
        return keras.ops.concatenate([mean, log_std], axis=-1)

    def in_numpy(self) -> Callable[[np.ndarray], np.ndarray]:
        """The same with a copy of the weights."""
        log_std = self.log_std.numpy()
        return lambda mean: np.concatenate([mean, np.broadcast_to(log_std, mean.shape)], axis=-1)


def make_actor(obs_size: int, kind: Kind, config, seed: int) -> keras.Sequential:
    """obs (B, O) -> logits (B, A), or means and spreads (B, 2 A). Its first outputs are near 0: all actions alike."""
    network = make_tanh_network(
        obs_size, config.hidden, kind.num_actions, seed, 0.01 if config.orthogonal_start else None
    )
    if not kind.is_discrete:
        network.add(FreeSpread(kind.num_actions, config.first_std))
    return network


def make_critic(obs_size: int, config, seed: int) -> keras.Sequential:
    """obs (B, O) -> V (B, 1)."""
    return make_tanh_network(obs_size, config.hidden, 1, seed, 1.0 if config.orthogonal_start else None)


def make_tanh_network(
    obs_size: int, hidden: tuple[int, ...], num_outputs: int, seed: int, last_gain: float | None
) -> keras.Sequential:
    """obs (B, O) -> (B, num_outputs): dense layers and tanh, orthogonal first weights (Saxe et al. 2014) from `seed`.

    Hidden layers have the gain sqrt(2), the last one `last_gain`; None: Glorot's uniform weights, Keras's own, instead.
    """
    seeds = np.random.SeedSequence(seed).generate_state(len(hidden) + 1).tolist()

    def initial(place: int, gain: float) -> Any:
        if last_gain is None:
            return keras.initializers.GlorotUniform(seeds[place])
        return keras.initializers.Orthogonal(gain, seeds[place])

    layers: list[Any] = [keras.Input((obs_size,))]
    for place, units in enumerate(hidden):
        layers.append(keras.layers.Dense(units, "tanh", kernel_initializer=initial(place, math.sqrt(2))))
    layers.append(keras.layers.Dense(num_outputs, kernel_initializer=initial(len(hidden), last_gain or 1.0)))
    return keras.Sequential(layers)


def make_optimizer(config) -> keras.optimizers.Adam:
    """Adam (Kingma & Ba, ICLR 2015), whose learning rate falls to 0 in a line, or stays."""
    rate: Any = config.learning_rate
    if config.decay_steps is not None:
        gradient_steps = config.decay_steps // config.steps_per_update * config.gradient_steps
        rate = keras.optimizers.schedules.PolynomialDecay(rate, gradient_steps, end_learning_rate=0.0)
    return keras.optimizers.Adam(rate, epsilon=config.adam_epsilon)
