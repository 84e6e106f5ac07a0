"""The deep Q-network: the agent, what improves it, and the numbers that the course recommends."""

from helpers.dqn.agent import DQN
from helpers.dqn.config import DQNConfig
from helpers.dqn.many import ManyDQN
from helpers.dqn.parts import are_stacked_pictures, check_parts, make_optimizer, seeds_of
from helpers.dqn.prioritised import PrioritisedConfig
from helpers.dqn.recipes import CANDIDATE, PLAIN, RELIABLE
from helpers.dqn.variants import NStepConfig, SoftTargetConfig

__all__ = [
    "CANDIDATE",
    "DQN",
    "PLAIN",
    "RELIABLE",
    "DQNConfig",
    "ManyDQN",
    "NStepConfig",
    "PrioritisedConfig",
    "SoftTargetConfig",
    "are_stacked_pictures",
    "check_parts",
    "make_optimizer",
    "seeds_of",
]
