"""The deep Q-network: the agent, what improves it, and the numbers that the course recommends."""

from helpers.dqn.agent import DQN, DQNConfig, obs_shape_of, scale_of

__all__ = ["DQN", "DQNConfig", "obs_shape_of", "scale_of"]
