"""The agents that the course recommends, each with the numbers that belong to it, by task."""

import math
from typing import Any, NamedTuple

from gymnasium.vector import VectorEnv

from helpers.envs import make_many
from helpers.ppo.agent import PPO
from helpers.ppo.config import PPOConfig


class Recipe(NamedTuple):
    """All that a run is made of, but for its seed."""

    env_id: str
    config: PPOConfig
    num_steps: int  # env steps, of all environments together
    options: dict[str, Any] = {}  # of the environment, as `gym.make` takes them

    def make_envs(self) -> VectorEnv:
        """As many environments as the agent learns from."""
        return make_many(self.env_id, self.config.num_envs, **self.options)

    def make(self, envs: VectorEnv, seed: int) -> PPO:
        """An untrained agent for `envs`."""
        return PPO(envs.single_observation_space, envs.single_action_space, self.config, seed)


CARTPOLE = Recipe("CartPole-v1", PPOConfig(), 120_000)
ACROBOT = Recipe("Acrobot-v1", PPOConfig(num_envs=16, rollout_steps=128, decay_steps=150_000), 150_000)
LUNAR_NUMBERS = {
    "num_envs": 16,
    "rollout_steps": 128,
    "epochs": 8,
    "batch_size": 128,
    "gamma": 0.999,
    "lambda_": 0.98,
    "entropy": 0.01,
    "reward_scale": 100.0,
    "max_gradient_norm": math.inf,
    "learning_rate": 1e-3,
    "decay_steps": 600_000,
}
LUNAR = Recipe("LunarLander-v3", PPOConfig(**LUNAR_NUMBERS), 600_000)
LUNAR_CONTINUOUS = Recipe("LunarLander-v3", PPOConfig(**LUNAR_NUMBERS), 600_000, {"continuous": True})
