"""Held-out bugs in the target, the target network and the step."""

# Mistakes leave something out.
# pyright: reportIncompatibleMethodOverride=false

import tensorflow as tf

from helpers.dqn import DQN


class RewardDiscounted(DQN):
    """The reward is discounted too."""

    def _gradient_step(self, obs, action, reward, next_obs, terminated):
        return super()._gradient_step(obs, action, self.config.gamma * reward, next_obs, terminated)


class MeanOfNextValues(DQN):
    """The mean of the next values stands where their maximum should."""

    def _next_value(self, next_obs):
        return tf.reduce_mean(self.target_network(next_obs), axis=1)


class NextValueOfActionTaken(DQN):
    """The next value is that of the action just taken, and not that of the best one."""

    def _gradient_step(self, obs, action, reward, next_obs, terminated):
        next_value = tf.gather(self.target_network(next_obs), action, batch_dims=1)  # (B,)
        target = reward + self.discount * (1 - terminated) * next_value
        return super()._gradient_step(obs, action, target, next_obs, tf.ones_like(terminated))


class NextValueNotNegative(DQN):
    """A next value below 0 counts as 0."""

    def _next_value(self, next_obs):
        return tf.maximum(super()._next_value(next_obs), 0)


class DoubleSwapped(DQN):
    """Double DQN with its networks exchanged: the target network chooses, the one that learns says what it is worth."""

    def _next_value(self, next_obs):
        best = tf.argmax(self.target_network(next_obs), axis=1)  # (B,)
        return tf.gather(self.network(next_obs), best, batch_dims=1)  # (B,)


class TargetBiasesNotCopied(DQN):
    """Only the kernels are copied to the target network; its biases stay 0."""

    def _copy_to_target(self):
        for own, target in zip(self.network.variables, self.target_network.variables, strict=True):
            if len(own.shape) > 1:
                target.assign(own)


class TargetOneCallLate(DQN):
    """The target network gets the weights of one copy ago."""

    waiting = None

    def _copy_to_target(self):
        fresh = self.network.get_weights()
        self.target_network.set_weights(self.waiting or fresh)
        self.waiting = fresh


class MomentsReset(DQN):
    """Adam forgets its running averages before each call."""

    def _learn_from_buffer(self):
        for variable in self.optimizer.variables:
            if "momentum" in variable.path or "velocity" in variable.path:
                variable.assign(tf.zeros_like(variable))
        return super()._learn_from_buffer()


TARGETS = (
    RewardDiscounted,
    MeanOfNextValues,
    NextValueOfActionTaken,
    NextValueNotNegative,
    DoubleSwapped,
    TargetBiasesNotCopied,
    TargetOneCallLate,
    MomentsReset,
)
