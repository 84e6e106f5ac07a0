"""DQN with one thing changed: each class overrides a few methods of `DQN`, and is a few lines long.

They may be put together in any order: `class Both(NStep, Double): ...`. Each class names its paper. Where two have
numbers of their own the configs go together too: `@dataclass(frozen=True)`,
`class BothConfig(NStepConfig, SoftTargetConfig): ...`.
`helpers.dqn.prioritised` holds one more, with the buffer that it needs.
"""

# A gradient step takes what its own batch holds.
# pyright: reportIncompatibleMethodOverride=false

from collections import deque
from dataclasses import dataclass

import keras
import tensorflow as tf

from helpers.buffer import Transition
from helpers.config import check_counts, check_shares, helpful
from helpers.dqn.agent import DQN
from helpers.dqn.config import DQNConfig


class Double(DQN):
    """The network that learns chooses the best next action, the target network says its worth.

    van Hasselt, Guez & Silver, "Deep reinforcement learning with double Q-learning", AAAI 2016, eq. 4.
    """

    def _next_value(self, next_obs):
        best = tf.argmax(self.network(next_obs), axis=1)  # (B,)
        return tf.gather(self.target_network(next_obs), best, batch_dims=1)  # (B,)


@helpful
@dataclass(frozen=True)
class NStepConfig(DQNConfig):
    """The numbers of `NStep`."""

    n: int = 5  # env steps from obs to next_obs

    def __post_init__(self):
        super().__post_init__()
        check_counts(self, "n")


class NStep(DQN):
    """Targets with n real rewards before the estimate: S&B eq. 7.1 with a maximum at its end.

    In DQN: Hessel et al., "Rainbow: Combining improvements in deep reinforcement learning", AAAI 2018. A window
    that a time limit cuts short is dropped: with k < n rewards its estimate would need the discount gamma^k, and the
    agent has one, gamma^n.
    """

    saved = (*DQN.saved, "window")
    config_class = NStepConfig

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.window: deque[Transition] = deque()

    @property
    def discount(self) -> float:
        return self.config.gamma**self.config.n

    def _remember(self, transition: Transition) -> None:
        self.window.append(transition)
        if transition.terminated:
            while self.window:
                self._remember_window()
        elif len(self.window) == self.config.n:
            self._remember_window()
        if transition.truncated:
            self.window.clear()

    def _remember_window(self) -> None:
        """One transition over the whole window; its oldest step then leaves."""
        reward = 0.0
        for step in reversed(self.window):  # n steps, or fewer before the end of an episode
            reward = step.reward + self.config.gamma * reward
        newest, oldest = self.window[-1], self.window.popleft()
        whole = newest._replace(obs=oldest.obs, action=oldest.action, reward=reward)
        super()._remember(whole)

    def forget_episode(self) -> None:
        self.window.clear()


@helpful
@dataclass(frozen=True)
class SoftTargetConfig(DQNConfig):
    """The numbers of `SoftTarget`."""

    tau: float = 0.005  # part of the distance that the target network goes at every gradient step

    def __post_init__(self):
        super().__post_init__()
        check_shares(self, "tau")


class SoftTarget(DQN):
    """The target network follows by a small part of the distance at every gradient step, instead of by copies.

    Lillicrap et al., "Continuous control with deep reinforcement learning", ICLR 2016, algorithm 1.
    """

    config_class = SoftTargetConfig

    def _gradient_step(self, *batch):
        loss, error = super()._gradient_step(*batch)
        pairs = zip(self.network.variables, self.target_network.variables, strict=True)
        for own, target in pairs:
            target.assign_add(self.config.tau * (own - target))
        return loss, error

    def _copy_to_target(self) -> None:
        if self.num_gradient_steps == 0:
            super()._copy_to_target()


class LayerNorm(DQN):
    """Each hidden layer's sums are brought to mean 0 and variance 1 before the ReLU.

    Ba, Kiros & Hinton, "Layer normalization", 2016, eq. 3; in Q-learning: Gallici et al., ICLR 2025.
    """

    def _make_network(self, obs_size, num_outputs, seed):
        layers = []
        for layer in super()._make_network(obs_size, num_outputs, seed).layers:
            layers.append(layer)
            if getattr(layer, "activation", None) is keras.activations.relu:  # a hidden layer
                layer.activation = keras.activations.linear
                layers += [keras.layers.LayerNormalization(epsilon=1e-6), keras.layers.ReLU()]
        return keras.Sequential([keras.Input((obs_size,)), *layers])


def duel(outputs):
    """Q (..., A) from the value of the observation and the A advantages, (..., 1 + A)."""
    value, advantage = outputs[..., :1], outputs[..., 1:]
    return value + advantage - keras.ops.mean(advantage, axis=-1, keepdims=True)


class Duel(keras.layers.Layer):
    """`duel` as a layer, without weights."""

    linear = True  # so that for acting it is folded into the layer before it

    def call(self, outputs):
        return duel(outputs)


class Dueling(DQN):
    """The network says what an observation is worth, and how much better than the mean each action is.

    Wang et al., "Dueling network architectures for deep reinforcement learning", ICML 2016, eq. 9. There the two
    go separate ways one hidden layer earlier; here in the last layer, which is linear, so that `duel` of its weights
    gives the weights of a plain network: that one acts (`helpers.network.in_numpy`).
    """

    def _make_network(self, obs_size, num_outputs, seed):
        network = super()._make_network(obs_size, 1 + num_outputs, seed)
        network.add(Duel())
        return network


class Huber(DQN):
    """The loss of the 2015 paper (its "error clipping"): an error above 1 pulls no harder than an error of 1."""

    def _loss(self, error):
        loss = keras.losses.huber(error[:, None], tf.zeros_like(error)[:, None])
        return tf.reduce_mean(loss)
