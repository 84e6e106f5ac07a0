"""Held-out bugs of somebody who had not seen the probes when they were written."""
# pyright: reportIncompatibleMethodOverride=false

import keras
import numpy as np
import tensorflow as tf

from helpers.dqn import DQN


class TerminatedOneStepLate(DQN):
    """Each transition is stored with the `terminated` of the one before it: the flag is renewed after storing."""

    terminated = False

    def _remember(self, transition):
        super()._remember(transition._replace(terminated=self.terminated))
        self.terminated = transition.terminated


class SquareOfTheMean(DQN):
    """The loss is the square of the mean error, not the mean of the squares: errors of both signs cancel out."""

    def _loss(self, error):
        return tf.square(tf.reduce_mean(error))


class CallsCountedAsSteps(DQN):
    """`num_gradient_steps` grows by 1 for each call of K steps, so that the target network is K times too old."""

    def learn(self, transition):
        config = self.config
        self._remember(transition)
        self.num_steps += 1
        if self.num_steps < config.learning_starts or self.num_steps % config.learn_every:
            return
        self._check_loss(self._learn_from_buffer())
        self.num_gradient_steps += 1
        if self.num_gradient_steps % config.target_every == 0:
            self._copy_to_target()
        self._copy_to_numpy()


class RewardsStandardised(DQN):
    """The rewards of a batch are brought to mean 0 and deviation 1, as returns are in policy gradients."""

    def _gradient_step(self, obs, action, reward, next_obs, terminated, weight=1.0):
        reward = (reward - tf.reduce_mean(reward)) / (tf.math.reduce_std(reward) + 1e-6)
        return super()._gradient_step(obs, action, reward, next_obs, terminated, weight)


class LastActionNeverExplored(DQN):
    """A random action is one of the first A - 1: the number in [0, 1) is stretched to A - 1 and then cut."""

    def act(self, obs, explore=True):
        if explore and self.rng.random() < self.epsilon:
            return int(self.rng.random() * (self.num_actions - 1))
        return int(self.q_values(obs).argmax())

    def act_many(self, obs, explore=True):
        action = self.q_values(obs).argmax(axis=1)
        if explore:
            by_chance = self.rng.random(len(action)) < self.epsilon
            action[by_chance] = self.rng.random(by_chance.sum()) * (self.num_actions - 1)
        return action


class BestActionBlamed(DQN):
    """The error corrects the value of the action that looks best in `obs`, not of the action that was taken."""

    def _gradient_step(self, obs, action, reward, next_obs, terminated, weight=1.0):
        target = reward + self.discount * (1 - terminated) * self._next_value(next_obs)
        with tf.GradientTape() as tape:
            error = target - tf.reduce_max(self.network(obs), axis=1)
            loss = self._loss(weight * error)
        weights = self.network.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return loss, error


class ReluOnTheOutput(DQN):
    """The last layer has the ReLU of the hidden ones: no value is below 0, and an action at 0 may never leave it."""

    def _make_network(self, obs_size, num_outputs, seed):
        network = super()._make_network(obs_size, num_outputs, seed)
        network.layers[-1].activation = keras.activations.relu
        return network


class SamplerSeededAgain(DQN):
    """The buffer's generator is made anew from the seed before each call: always the same places are drawn."""

    def _learn_from_buffer(self):
        self.buffer.rng = np.random.default_rng(self.seed)
        return super()._learn_from_buffer()


SECOND: tuple[type[DQN], ...] = (
    TerminatedOneStepLate,
    SquareOfTheMean,
    CallsCountedAsSteps,
    RewardsStandardised,
    LastActionNeverExplored,
    BestActionBlamed,
    ReluOnTheOutput,
    SamplerSeededAgain,
)
