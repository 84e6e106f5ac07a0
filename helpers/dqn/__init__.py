"""The deep Q-network: the agent, what improves it, and the numbers that the course recommends."""

from helpers.dqn.agent import DQN
from helpers.dqn.config import DQNConfig

__all__ = ["DQN", "DQNConfig"]
