"""Silent bugs of a PPO, each with what is wrong and how it could have been seen, and the small PPO for the probes."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from helpers.clinic import policy_mistakes as mistakes
from helpers.ppo import PPO, PPOConfig

PROBE_CONFIG = PPOConfig(
    hidden=(16,),
    num_envs=16,
    rollout_steps=8,
    epochs=4,
    batch_size=32,
    gamma=0.8,
    lambda_=0.9,
    entropy=0.02,
    reward_scale=1.0,
    learning_rate=1.5e-2,
    decay_steps=1_280,
)


def maker(agent_class: type[PPO] = PPO, config: PPOConfig = PROBE_CONFIG) -> Callable:
    """What `run_policy_probes` asks for: (observation_space, action_space, seed) -> agent."""
    return lambda observation_space, action_space, seed: agent_class(observation_space, action_space, config, seed)


class PolicyBug(NamedTuple):
    """One animal of the zoo."""

    name: str
    what: str  # is wrong
    agent: type[PPO]


POLICY_BUGS = (
    PolicyBug("entropy_sign", "The entropy is added to the loss instead of subtracted.", mistakes.EntropySign),
    PolicyBug("probabilities_for_logs", "The ratio is exp(pi - old pi).", mistakes.ProbabilitiesForLogs),
    PolicyBug("old_log_prob_recomputed", "The old log-probability is computed anew.", mistakes.OldLogProbRecomputed),
    PolicyBug("maximum_for_minimum", "The larger of the two products is taken.", mistakes.MaximumForMinimum),
    PolicyBug("advantages_from_new_value", "Advantage = target - V of now.", mistakes.AdvantagesFromNewValue),
    PolicyBug("broadcasting", "Targets (B, 1) meet values (B,).", mistakes.Broadcasting),
    PolicyBug("no_mask", "An episode that ends is bootstrapped like one that is cut.", mistakes.NoMask),
    PolicyBug("clock_kills", "An episode that is cut counts as one that ended.", mistakes.ClockKills),
    PolicyBug("next_obs_after_reset", "A cut bootstraps from the next episode's start.", mistakes.NextObsAfterReset),
    PolicyBug("no_stop_in_gae", "The sum of TD errors runs on into the next episode.", mistakes.NoStopInGae),
    PolicyBug("mixed_rows", "Advantages are flattened as (E, T), everything else as (T, E).", mistakes.MixedRows),
    PolicyBug("target_normalised", "Targets are made from normalised advantages.", mistakes.TargetNormalised),
    PolicyBug(
        "most_probable_stored", "The most probable action is stored, not the taken.", mistakes.MostProbableStored
    ),
    PolicyBug("not_shuffled", "The minibatches are not shuffled.", mistakes.NotShuffled),
    PolicyBug("same_minibatch", "An epoch learns from its first minibatch only.", mistakes.SameMinibatch),
    PolicyBug("normaliser_first", "The scale is renewed between acting and learning.", mistakes.NormaliserFirst),
    PolicyBug("acts_by_chance", "`explore` is ignored.", mistakes.ActsByChance),
    PolicyBug("acts_on_raw_obs", "It acts on raw observations, and learns from scaled ones.", mistakes.ActsOnRawObs),
)


def shares_caught(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """From the record of `evidence.policy_bugs`: for each agent the share of seeds that each probe failed, (P,)."""
    agents = [name.split("/")[1] for name in arrays if name.endswith("/failed")]
    return {agent: (arrays[f"probes/{agent}/failed"] == 1).mean(axis=0) for agent in agents}
