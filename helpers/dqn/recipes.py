"""The agents that the course recommends, each with the numbers that belong to it."""

from dataclasses import replace
from typing import NamedTuple

from helpers.dqn.agent import DQN
from helpers.dqn.config import DQNConfig
from helpers.dqn.variants import NStep, NStepConfig


class Recipe(NamedTuple):
    """All that a run is made of, but for its seed."""

    agent_class: type[DQN]
    config: DQNConfig
    num_steps: int  # env steps

    def make(self, env, seed: int) -> DQN:
        """An untrained agent for `env`."""
        return self.agent_class(env.observation_space, env.action_space, self.config, seed)

    def for_task(self, num_steps: int, obs_scale: tuple[float, ...] | None) -> "Recipe":
        """The same agent for another task: only the length of the run and the scale of the observations change.

        The learning rate falls to 0 over the same part of the run as before.
        """
        config = replace(self.config, obs_scale=obs_scale)
        if config.learning_rate_steps is not None:
            config = replace(config, learning_rate_steps=config.learning_rate_steps * num_steps // self.num_steps)
        return Recipe(self.agent_class, config, num_steps)


PLAIN = Recipe(DQN, DQNConfig(), num_steps=100_000)  # notebook 08
CANDIDATE = Recipe(  # chosen on tuning seeds; the twelve of notebook 12 agree, as far as twelve can
    NStep, NStepConfig(n=5, target_every=128), num_steps=100_000
)
RELIABLE = Recipe(  # what hundreds of seeds recommend in notebook 13
    NStep,
    NStepConfig(n=8, gamma=0.995, target_every=128, buffer_size=25_000, learning_rate_steps=12_500),
    num_steps=50_000,
)
