"""One of each mistake that can be made in a PPO without an error being raised, and each of them once.

Each is the working agent with one thing changed. They are the silent bugs of `helpers.clinic.policy_zoo`.
"""

# Mistakes leave something out.
# pyright: reportIncompatibleMethodOverride=false

import numpy as np
import tensorflow as tf

from helpers.ppo import PPO
from helpers.updates import discounted_sums

# --- where an episode ends --------------------------------------------------------------------------------------------


class ClockKills(PPO):
    """The end of the time limit counts as the end of the world: nothing is bootstrapped there."""

    def learn_many(self, transition):
        super().learn_many(transition._replace(terminated=transition.terminated | transition.truncated))


class NoMask(PPO):
    """An episode that ends counts as one that is cut: the value behind the end is bootstrapped."""

    def learn_many(self, transition):
        ended = transition.terminated | transition.truncated
        super().learn_many(transition._replace(terminated=np.zeros_like(ended), truncated=ended))


class NextObsAfterReset(PPO):
    """next_obs is read from the next row of the rollout: after a cut, that is the start of the next episode."""

    def _advantages(self):
        self.rollout.next_obs[:-1] = self.rollout.obs[1:]
        return super()._advantages()


class NoStopInGae(PPO):
    """The sum of TD errors runs on from one episode into the next."""

    def _advantages(self):
        rollout, config = self.rollout, self.config
        value, next_value = self.values(rollout.obs), self.values(rollout.next_obs)  # (T, E) each
        delta = rollout.reward / config.reward_scale + config.gamma * (1 - rollout.terminated) * next_value - value
        nowhere = np.zeros_like(rollout.terminated)
        return value, discounted_sums(delta, nowhere, config.gamma * config.lambda_).astype(np.float32)


# --- what is learnt from ----------------------------------------------------------------------------------------------


class MixedRows(PPO):
    """The advantages are flattened as (E, T), everything else as (T, E)."""

    def _advantages(self):
        value, advantage = super()._advantages()
        return value, advantage.T.reshape(advantage.shape)


class TargetNormalised(PPO):
    """The advantages are normalised before the critic's targets are made from them."""

    def _advantages(self):
        value, advantage = super()._advantages()
        return value, (advantage - advantage.mean()) / (advantage.std() + 1e-8)


class MostProbableStored(PPO):
    """The most probable action is stored, not the one that was taken."""

    def learn_many(self, transition):
        super().learn_many(transition._replace(action=self.act_many(transition.obs, explore=False)))


class NotShuffled(PPO):
    """Every epoch goes through the rollout in the same order, the order of time."""

    def _minibatches(self):
        return np.sort(super()._minibatches().reshape(self.config.epochs, -1)).reshape(-1, self.config.batch_size)


class SameMinibatch(PPO):
    """Every gradient step of an epoch learns from that epoch's first minibatch."""

    def _minibatches(self):
        rows = super()._minibatches()  # (K, B)
        per_epoch = len(rows) // self.config.epochs
        return np.repeat(rows[::per_epoch], per_epoch, axis=0)


class NormaliserFirst(PPO):
    """The scale of observations is renewed before the update, so the actions were drawn with an older one."""

    def _learn_from_rollout(self):
        self.normaliser.update(self.rollout.obs)
        super()._learn_from_rollout()


# --- the loss ---------------------------------------------------------------------------------------------------------


class EntropySign(PPO):
    """The entropy is added to the loss: certainty is rewarded."""

    def _loss(self, *batch):
        loss, report = super()._loss(*batch)
        entropy = report[2]
        return loss + 2 * self.config.entropy * entropy, report


class ProbabilitiesForLogs(PPO):
    """exp(pi - old pi) instead of exp(log pi - log old pi)."""

    def __init__(self, *args):
        super().__init__(*args)
        log_prob_and_entropy = self.kind.log_prob_and_entropy

        def prob_and_entropy(outputs, action):
            log_prob, entropy = log_prob_and_entropy(outputs, action)
            return tf.exp(log_prob), entropy

        self.kind = self.kind._replace(log_prob_and_entropy=prob_and_entropy)


class OldLogProbRecomputed(PPO):
    """log old pi is computed anew for each minibatch: the ratio is always 1, and nothing is ever clipped."""

    def _loss(self, obs, action, old_log_prob, old_value, advantage, target):
        old_log_prob, _ = self.kind.log_prob_and_entropy(self.network(obs), action)
        return super()._loss(obs, action, tf.stop_gradient(old_log_prob), old_value, advantage, target)


class MaximumForMinimum(PPO):
    """The larger of the two products is taken, so that steps which go too far are rewarded."""

    def _loss(self, obs, action, old_log_prob, old_value, advantage, target):
        # max(x, y) = -min(-x, -y): given -advantage, what comes back is minus the mean of the maximum.
        loss, report = super()._loss(obs, action, old_log_prob, old_value, -advantage, target)
        gain = -report[0]
        return loss - 2 * gain, (gain, *report[1:])


class AdvantagesFromNewValue(PPO):
    """The advantage is the target minus what the critic says now, and the gradient flows into the critic too."""

    def _loss(self, obs, action, old_log_prob, old_value, advantage, target):
        new_value = self.critic(obs)[:, 0]
        return super()._loss(obs, action, old_log_prob, old_value, target - new_value, target)


class Broadcasting(PPO):
    """The targets keep a second axis: (B, 1) minus (B,) makes errors (B, B)."""

    def _loss(self, obs, action, old_log_prob, old_value, advantage, target):
        return super()._loss(obs, action, old_log_prob, old_value, advantage, target[:, None])


# --- who acts ---------------------------------------------------------------------------------------------------------


class ActsByChance(PPO):
    """`explore` is ignored, so that an evaluation samples its actions too."""

    def act_many(self, obs, explore=True):
        return super().act_many(obs)


class ActsOnRawObs(PPO):
    """It acts on raw observations and learns from scaled ones."""

    def act_many(self, obs, explore=True):
        policy = self.kind.distribution(self._outputs(np.asarray(obs, np.float32)))
        return (policy.sample(self.rng) if explore else policy.mode()).astype(self.kind.dtype)
