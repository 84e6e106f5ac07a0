"""The zoo of silent bugs: seventeen of `helpers.clinic.mistakes`, each a few lines on the working DQN, behind numbers.

A reader of notebook 10 should not look here before the guess is made. `PROBE_CONFIG` is the small DQN for the probes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from inspect import getsource
from typing import NamedTuple

import numpy as np

from helpers.clinic import mistakes
from helpers.dqn import DQN, DQNConfig
from helpers.dqn.variants import NStepConfig

PROBE_CONFIG = NStepConfig(  # its n is that of the agents with n-step targets; the others do not look at it
    hidden=(16,),
    obs_scale=None,
    gamma=0.8,
    learning_rate=5e-3,
    learning_rate_steps=1_000,
    batch_size=32,
    buffer_size=2_000,
    learning_starts=64,
    learn_every=32,
    gradient_steps=32,
    target_every=32,
    epsilon_steps=250,
    epsilon_end=0.2,
)


@dataclass(frozen=True)
class Maker:
    """What `helpers.clinic.probes.run_probes` asks for: (observation_space, action_space, seed) -> agent."""

    agent_class: type[DQN]
    config: DQNConfig

    def __call__(self, observation_space, action_space, seed) -> DQN:
        high = observation_space.high
        config = self.config if np.all(high == 1) else replace(self.config, obs_scale=tuple(high.tolist()))
        return self.agent_class(observation_space, action_space, config, seed)

    def with_memory(self, size: int) -> "Maker":
        """The same for agents that remember `size` transitions."""
        return Maker(self.agent_class, replace(self.config, buffer_size=size))


def maker(agent_class: type[DQN] = DQN, config: DQNConfig = PROBE_CONFIG) -> Maker:
    """A maker of agents for the probes; their observations are scaled by the bounds of their space."""
    return Maker(agent_class, config)


class Bug(NamedTuple):
    """One animal of the zoo: `agent` is the patched class, or `wrap(env, seed)` goes round the environment."""

    name: str
    what: str  # is wrong
    seen: str  # how it could have been seen
    agent: type[DQN] = DQN
    wrap: Callable | None = None
    hidden: bool = False  # left as an exercise: `patch` does not show it


# The number of a bug is its place here, counted from 1. The order is that of a shuffle.
BUGS = (
    Bug(
        "reward_clipped",
        "Rewards are clipped to between -1 and 1.",
        "Not on CartPole, where every reward is 1: the run is the working one. The probe `observation` pays 2.",
        mistakes.RewardClipped,
    ),
    Bug(
        "max_over_batch",
        "The maximum of the next values has no axis: one number for the whole batch.",
        "Q at the start far above the ceiling; the probe `two steps` gives the first step the value of heads.",
        mistakes.MaximumOverBatch,
    ),
    Bug(
        "target_never_copied",
        "The target network keeps its first, random weights.",
        "Q stays near one reward, far below the returns that follow; the probe `two steps`.",
        mistakes.TargetNeverCopied,
    ),
    Bug(
        "epsilon_left_on",
        "act(obs, explore=False) explores all the same.",
        "No instrument that reads Q shows it. The check `greedy`: ask for one obs many times.",
        mistakes.EpsilonLeftOn,
    ),
    Bug(
        "not_masked",
        "The factor (1 - terminated) is missing from the target.",
        "Q of falls far above their reward; the probe `constant` says 1 / (1 - gamma).",
        mistakes.NoMask,
    ),
    Bug(
        "next_obs_after_reset",
        "At the end of an episode next_obs is the first observation of the next one.",
        "Hardly on CartPole: it only counts where an episode is truncated. The probe `truncated`.",
        mistakes.NextObsAfterReset,
        hidden=True,
    ),
    Bug(
        "whole_numbers",
        "The memory has an integer dtype, so that observations lose what stands behind the point.",
        "Q of falls is almost that of the start, and the starts in memory are alike; the probe `observation`.",
        mistakes.WholeNumbers,
    ),
    Bug(
        "shared_generator",
        "All agents draw from one generator, which each new one seeds again.",
        "No single run shows it. The check `side by side`.",
        mistakes.SharedGenerator,
    ),
    Bug(
        "gradient_through_target",
        "The gradient also flows through the target.",
        "The probe `two steps`: heads and tails are pulled together, to 1 + d and 1 - d.",
        mistakes.GradientThroughTarget,
    ),
    Bug(
        "action_of_step_before",
        "Each row of the memory holds the action of the step before.",
        "The probe `action`: no action gets what it pays.",
        mistakes.ActionOfStepBefore,
        hidden=True,
    ),
    Bug(
        "same_seed",
        "The environment is seeded anew at each reset, so that every episode begins alike.",
        "The share of different starts in the memory; no probe can see it, for it is not in the agent.",
        wrap=mistakes.SameStart,
    ),
    Bug(
        "wrong_power",
        "n rewards are summed, but the value after them is discounted by gamma, not by gamma**n.",
        "Q at the start far above the ceiling; the probe `truncated`.",
        mistakes.WrongPower,
    ),
    Bug(
        "broadcasting",
        "The next values are (B, 1) and meet (B,): each row learns its own reward plus the average of all next values.",
        "The action gap is near nothing; the probe `terminal in the middle`.",
        mistakes.Broadcasting,
    ),
    Bug(
        "reward_of_step_before",
        "Each row of the memory holds the reward of the step before.",
        "Not on CartPole, where every reward is 1: the run is the working one. The probe `observation`.",
        mistakes.RewardOfStepBefore,
    ),
    Bug(
        "truncated_is_terminated",
        "An episode that is cut by the time limit is stored as one that ended.",
        "More ends in the memory than episodes that ended; the probe `truncated`.",
        mistakes.ClockKills,
    ),
    Bug(
        "old_weights_act",
        "The copy of the weights that acts is made once and never renewed.",
        "Q does not move while the TD error does; the probe `constant`.",
        mistakes.OldWeightsAct,
        hidden=True,
    ),
    Bug(
        "buffer_off_by_one",
        "next_obs is stored one row too far, so that each row holds that of the step before.",
        "The probe `two steps`: nothing of the next value arrives.",
        mistakes.BufferOffByOne,
    ),
)


def suspects() -> tuple[str, ...]:
    """The names of all bugs, in the order of the alphabet, which tells nothing."""
    return tuple(sorted(bug.name for bug in BUGS))


def guess(number: int, name: str) -> str:
    """Whether bug `number` (from 1) is the suspect `name`; if so, what is wrong and how it could have been seen."""
    bug = _numbered(number)
    if name not in suspects():
        near = get_close_matches(name, suspects(), n=1, cutoff=0.4)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"There is no suspect {name!r}.{hint} The suspects are: {', '.join(suspects())}.")
    if name != bug.name:
        return f"No, bug {number} is not {name}. Which reading, or which probe, would {name} have left as it is?"
    return f"Right, bug {number} is {name}. {bug.what} How it could have been seen: {bug.seen}"


def patch(number: int) -> str:
    """The few lines of code that make bug `number`, unless it is left as an exercise."""
    bug = _numbered(number)
    if bug.hidden:
        return f"The patch of bug {number} is left to you: guess first, then look into helpers/clinic/mistakes.py."
    return getsource(bug.wrap or bug.agent)


def _numbered(number: int) -> Bug:
    if not 1 <= number <= len(BUGS):
        raise ValueError(f"The bugs are numbered from 1 to {len(BUGS)}; `number` was {number}.")
    return BUGS[number - 1]
