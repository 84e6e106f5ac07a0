"""Proximal policy optimisation (Schulman, Wolski, Dhariwal, Radford & Klimov, 2017), for many environments at once.

It acts in NumPy from a copy of the weights. It learns in TensorFlow: all epochs and minibatches of an update are one
compiled call. The details around the equation are those that Huang et al. (ICLR blog track, 2022) list.
Letters: T steps of E environments in a rollout, K gradient steps in one call, B steps in a minibatch.
"""

from typing import Any

import numpy as np
import tensorflow as tf
from gymnasium import spaces

from helpers.buffer import Transition
from helpers.config import check_config
from helpers.distributions import Categorical, Gaussian
from helpers.network import in_numpy
from helpers.normaliser import Normaliser
from helpers.ppo.config import PPOConfig
from helpers.ppo.policies import kind_of, make_actor, make_critic, make_optimizer, row_of_numbers
from helpers.ppo.report import REPORTED, check_reports, report_of
from helpers.ppo.rollout import Rollout
from helpers.updates import gae


class PPO:
    """Acts by chance, fills a rollout, climbs with steps that the clip keeps short, and forgets the rollout.

    It learns from `helpers.envs.make_many(env_id, config.num_envs)`. Actions of a Box are not cut to its bounds: what
    is learnt from is what was drawn. Environments that do not cut them themselves: gymnasium.wrappers.ClipAction.
    `report` says what the newest update did: the means of its last epoch, by the names of REPORTED.
    Raises TypeError or ValueError for spaces or a config that do not fit.
    """

    saved = ("network", "critic", "optimizer", "normaliser", "rollout", "rng", "num_steps", "num_updates", "report")
    config_class = PPOConfig

    def __init__(self, observation_space: spaces.Space, action_space: spaces.Space, config: PPOConfig, seed: int):
        check_config(config, self.config_class)
        obs_shape, self.kind = row_of_numbers(observation_space), kind_of(action_space)
        policy_seed, *weight_seeds = np.random.SeedSequence(seed).spawn(3)
        first, second = (int(weight_seed.generate_state(1)[0]) for weight_seed in weight_seeds)
        self.config, self.seed = config, seed
        self.rng = np.random.default_rng(policy_seed)
        self.network = make_actor(obs_shape[0], self.kind, config, first)
        self.critic = make_critic(obs_shape[0], config, second)
        self.weights = [*self.network.trainable_variables, *self.critic.trainable_variables]
        self.optimizer = make_optimizer(config)
        self.optimizer.build(self.weights)
        self.normaliser = Normaliser(obs_shape)
        self.rollout = Rollout(config.rollout_steps, config.num_envs, obs_shape, self.kind.shape, self.kind.dtype)
        self.num_steps = self.num_updates = 0  # env steps of all environments, and updates
        self.report: dict[str, float] = dict.fromkeys(REPORTED, 0.0)
        self._copy_to_numpy()

    def act(self, obs, explore: bool = True):
        """An action drawn from the policy; with explore=False the most probable one."""
        action = self.act_many(np.asarray(obs)[None], explore)[0]
        return int(action) if self.kind.is_discrete else action

    def act_many(self, obs, explore: bool = True) -> np.ndarray:
        """The same for obs (B, O): actions (B,) or (B, A)."""
        policy = self.policy(obs)
        return (policy.sample(self.rng) if explore else policy.mode()).astype(self.kind.dtype)

    def policy(self, obs) -> Categorical | Gaussian:
        """What it would do at obs (..., O)."""
        return self.kind.distribution(self._outputs(self._scaled(obs)))

    @property
    def num_gradient_steps(self) -> int:
        """Until now."""
        return self.num_updates * self.config.gradient_steps

    def values(self, obs) -> np.ndarray:
        """What the critic says of obs (..., O), in units of `reward_scale`: (...)."""
        return self._values(self._scaled(obs))[..., 0]

    def learn_many(self, transition: Transition) -> None:
        """One step of every environment: obs and next_obs (E, O), action (E,) or (E, A), the others (E,)."""
        self.rollout.add(transition)
        self.num_steps += self.config.num_envs
        if self.rollout.is_full:
            self._learn_from_rollout()
            self.rollout.clear()

    def _learn_from_rollout(self) -> None:
        """One update: advantages, then K gradient steps on minibatches of the rollout."""
        obs, action = self._scaled(self.rollout.obs), self.rollout.action  # (T, E, O), (T, E) or (T, E, A)
        value, advantage = self._advantages()  # (T, E) each
        rollout = obs, action, value, advantage, value + advantage
        steps = [part.reshape(-1, *part.shape[2:]) for part in rollout]  # (T * E, ...) each
        reports = self._gradient_steps(self._minibatches(), *steps).numpy()  # (K, R)
        check_reports(reports, self.config, self.num_updates)
        self.report = report_of(reports, self.config)
        self.num_updates += 1
        if self.config.normalise_obs:
            self.normaliser.update(self.rollout.obs)
        self._copy_to_numpy()

    def _advantages(self) -> tuple[np.ndarray, np.ndarray]:
        """What the critic said of each step of the rollout, and its advantage, (T, E) each."""
        rollout, config = self.rollout, self.config
        value, next_value = self.values(rollout.obs), self.values(rollout.next_obs)  # (T, E) each
        reward, ends = rollout.reward / config.reward_scale, (rollout.terminated, rollout.truncated)
        advantage = gae(reward, value, next_value, *ends, config.gamma, config.lambda_)
        return value, advantage.astype(np.float32)

    def _minibatches(self) -> np.ndarray:
        """Which steps each gradient step learns from, (K, B): every epoch goes through all of them in a new order."""
        config = self.config
        orders = [self.rng.permutation(config.steps_per_update) for _ in range(config.epochs)]
        return np.reshape(orders, (config.gradient_steps, config.batch_size)).astype(np.int32)

    def compile(self) -> None:
        """Trace the gradient steps now, so that the first update need not."""
        config, rollout = self.config, self.rollout
        obs = tf.TensorSpec((config.steps_per_update, *rollout.obs.shape[2:]), tf.float32)
        action = tf.TensorSpec((config.steps_per_update, *self.kind.shape), self.kind.dtype)
        number = tf.TensorSpec((config.steps_per_update,), tf.float32)
        rows = tf.TensorSpec((config.gradient_steps, config.batch_size), tf.int32)
        gradient_steps: Any = self._gradient_steps
        gradient_steps.get_concrete_function(rows, obs, action, number, number, number)

    @tf.function
    def _gradient_steps(self, rows, obs, action, value, advantage, target):
        """K gradient steps: rows (K, B), obs (T * E, O), the others (T * E,). Returns the report of each, (K, R)."""
        log_prob, _ = self.kind.log_prob_and_entropy(self.network(obs), action)  # before anything moves
        steps = obs, action, log_prob, value, advantage, target
        reports = tf.TensorArray(tf.float32, self.config.gradient_steps)
        for k in tf.range(self.config.gradient_steps):
            report = self._gradient_step(*[tf.gather(part, rows[k]) for part in steps])
            reports = reports.write(k, report)
        return reports.stack()

    def _gradient_step(self, *batch):
        """One step of Adam down the loss of one minibatch. Returns what REPORTED names."""
        with tf.GradientTape() as tape:
            loss, report = self._loss(*batch)
        gradients = tape.gradient(loss, self.weights)
        norm = tf.linalg.global_norm(gradients)
        shrink = tf.minimum(1.0, self.config.max_gradient_norm / norm)
        self.optimizer.apply([shrink * gradient for gradient in gradients], self.weights)
        return tf.stack([loss, *report, norm])

    def _loss(self, obs, action, old_log_prob, old_value, advantage, target):
        """The clipped objective (Schulman et al. 2017, eqs. 7 and 9), to be made small. obs (B, O), the others (B,)."""
        config = self.config
        log_prob, entropy = self.kind.log_prob_and_entropy(self.network(obs), action)  # (B,) each
        value = self.critic(obs)[:, 0]  # (B,); with (B, 1) the error below would silently be (B, B)
        if config.normalise_advantages:
            mean, spread = tf.reduce_mean(advantage), tf.math.reduce_std(advantage)
            advantage = (advantage - mean) / (spread + 1e-8)

        ratio = tf.exp(log_prob - old_log_prob)
        clipped_ratio = tf.clip_by_value(ratio, 1 - config.clip, 1 + config.clip)
        gain = tf.reduce_mean(tf.minimum(ratio * advantage, clipped_ratio * advantage))

        step = tf.clip_by_value(value - old_value, -config.value_clip, config.value_clip)
        near_value = old_value + step
        error = tf.maximum(tf.square(target - value), tf.square(target - near_value))
        value_error, entropy = tf.reduce_mean(error), tf.reduce_mean(entropy)
        loss = -gain + config.value_weight * value_error - config.entropy * entropy

        kl = tf.reduce_mean(ratio - 1 - (log_prob - old_log_prob))  # of the old policy to the new one, estimated
        clipped = tf.reduce_mean(tf.cast(tf.abs(ratio - 1) > config.clip, tf.float32))
        return loss, (gain, value_error, entropy, kl, clipped)

    def _scaled(self, obs) -> np.ndarray:
        return self.normaliser(obs) if self.config.normalise_obs else np.asarray(obs, np.float32)

    def _copy_to_numpy(self) -> None:
        self._outputs, self._values = in_numpy(self.network), in_numpy(self.critic)

    def after_restore(self) -> None:
        """The copies that act follow from the weights."""
        self._copy_to_numpy()
