"""One of each mistake that can be made in a DQN without an error being raised, and each of them once.

Each is the working agent with a method changed, so several may be put together: `class Both(NoMask, WholeArray): ...`.
The repair of notebook 09, the zoo of notebook 10 and the recorded runs of 08, 11 and 15 take them from here. A reader
of notebook 10 should not look here before the guess is made.
"""

# Mistakes leave something out.
# pyright: reportIncompatibleMethodOverride=false

import gymnasium as gym
import numpy as np
import tensorflow as tf

from helpers.buffer import Transition
from helpers.dqn import DQN
from helpers.dqn.variants import NStep

# --- where an episode ends, and where it begins -----------------------------------------------------------------------


class NoMask(DQN):
    """The factor (1 - terminated) is missing: every target looks beyond the end. The memory keeps the ends."""

    def _gradient_step(self, obs, action, reward, next_obs, terminated):
        return super()._gradient_step(obs, action, reward, next_obs, tf.zeros_like(terminated))


class ClockKills(DQN):
    """The end of the time limit counts as a fall."""

    def _remember(self, transition: Transition) -> None:
        over = transition.terminated or transition.truncated
        super()._remember(transition._replace(terminated=over))


class NextObsAfterReset(DQN):
    """At the end of an episode, next_obs is read after the reset."""

    waiting = None

    def _remember(self, transition):
        if self.waiting is not None:
            super()._remember(self.waiting._replace(next_obs=transition.obs))
            self.waiting = None
        if transition.terminated or transition.truncated:
            self.waiting = transition
        else:
            super()._remember(transition)


class SameStart(gym.Wrapper):
    """Around the environment, not in the agent: every reset is given the same seed, so every episode begins alike."""

    def __init__(self, env, start_seed: int):
        super().__init__(env)
        self.start_seed = start_seed

    def reset(self, *, seed=None, options=None):
        return self.env.reset(seed=self.start_seed, options=options)


# --- the target -------------------------------------------------------------------------------------------------------


class OwnTarget(DQN):
    """The targets come from the very network that learns."""

    def __init__(self, *args):
        super().__init__(*args)
        self.target_network = self.network


class CopiesEveryStep(DQN):
    """The target network is what the network was one gradient step ago."""

    def _gradient_step(self, *batch):
        before = [tf.identity(variable) for variable in self.network.variables]
        loss = super()._gradient_step(*batch)
        for target, variable in zip(self.target_network.variables, before, strict=True):
            target.assign(variable)
        return loss

    def _copy_to_target(self):
        """Nothing is left to do: both networks begin with the same weights."""


class TargetNeverCopied(DQN):
    """The target network keeps its first, random weights."""

    def _copy_to_target(self):
        if self.num_gradient_steps == 0:
            super()._copy_to_target()


class GradientThroughTarget(DQN):
    """The target is computed on the tape, by the network that learns: the gradient also moves the target."""

    def _gradient_step(self, obs, action, reward, next_obs, terminated):
        with tf.GradientTape() as tape:
            target = reward + self.discount * (1 - terminated) * tf.reduce_max(self.network(next_obs), axis=1)
            q = tf.gather(self.network(obs), action, batch_dims=1)
            loss = self._loss(target - q)
        weights = self.network.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return loss, target - q


class MaximumOverBatch(DQN):
    """The axis is missing: one number, the largest Q of the whole batch, serves every row."""

    def _next_value(self, next_obs):
        return tf.reduce_max(self.target_network(next_obs))


class Broadcasting(DQN):
    """The next values keep a second axis: (B,) and (B, 1) make a target (B, B)."""

    def _next_value(self, next_obs):
        return tf.reduce_max(self.target_network(next_obs), axis=1, keepdims=True)


class WrongPower(NStep):
    """n rewards are summed, but the value after them is discounted by one step only."""

    @property
    def discount(self) -> float:
        return self.config.gamma


class WholeArray(DQN):
    """The mean runs over all A outputs; those of the actions not taken have an error of 0."""

    def _loss(self, error):
        """error (B,) -> ()."""
        return tf.reduce_mean(tf.square(error)) / self.num_actions


# --- the memory -------------------------------------------------------------------------------------------------------


class RewardClipped(DQN):
    """Rewards are clipped to between -1 and 1, as for Atari games, and nobody remembers it."""

    def _remember(self, transition):
        super()._remember(transition._replace(reward=np.clip(transition.reward, -1, 1)))


class WholeNumbers(DQN):
    """The memory has an integer dtype."""

    def _remember(self, transition):
        obs, next_obs = (np.asarray(part, np.int32) for part in (transition.obs, transition.next_obs))
        super()._remember(transition._replace(obs=obs, next_obs=next_obs))


class BufferOffByOne(DQN):
    """next_obs goes one row too far: each row holds that of the step before."""

    before = None

    def _remember(self, transition):
        late = transition if self.before is None else self.before
        super()._remember(transition._replace(next_obs=late.next_obs))
        self.before = transition


class ActionOfStepBefore(DQN):
    """Each row holds the action of the step before."""

    before = None

    def _remember(self, transition):
        late = transition if self.before is None else self.before
        super()._remember(transition._replace(action=late.action))
        self.before = transition


class RewardOfStepBefore(DQN):
    """Each row holds the reward of the step before."""

    before = None

    def _remember(self, transition):
        late = transition if self.before is None else self.before
        super()._remember(transition._replace(reward=late.reward))
        self.before = transition


# --- who acts ---------------------------------------------------------------------------------------------------------


class EpsilonLeftOn(DQN):
    """`explore` is not looked at, so that an evaluation with `act` explores too."""

    def act(self, obs, explore=True):
        return super().act(obs)


class SharedGenerator(DQN):
    """One generator for all agents, seeded anew by each that is made."""

    generator = None

    def __init__(self, observation_space, action_space, config, seed):
        super().__init__(observation_space, action_space, config, seed)
        SharedGenerator.generator = np.random.default_rng(seed)

    def act(self, obs, explore=True):
        self.rng = self.buffer.rng = SharedGenerator.generator
        return super().act(obs, explore)


class OldWeightsAct(DQN):
    """The copy of the weights that acts is made once, and never renewed."""

    def _copy_to_numpy(self):
        if self.num_gradient_steps == 0:
            super()._copy_to_numpy()
