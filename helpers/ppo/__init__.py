"""Proximal policy optimisation: the agent, its numbers, and the recipes that the course recommends."""

from helpers.ppo.agent import PPO
from helpers.ppo.config import PPOConfig
from helpers.ppo.recipes import ACROBOT, CARTPOLE, LUNAR, LUNAR_CONTINUOUS, Recipe
from helpers.ppo.report import REPORTED
from helpers.ppo.rollout import Rollout

__all__ = ["ACROBOT", "CARTPOLE", "LUNAR", "LUNAR_CONTINUOUS", "PPO", "REPORTED", "PPOConfig", "Recipe", "Rollout"]
