"""A recipe makes its agent, and fits itself to another task by the two numbers that belong to the task."""

from dataclasses import asdict

import gymnasium as gym
import pytest

from helpers.dqn import DQN, DQNConfig
from helpers.dqn.recipes import CANDIDATE, PLAIN, RELIABLE, Recipe


@pytest.mark.parametrize("recipe", [PLAIN, CANDIDATE, RELIABLE], ids=["plain", "candidate", "reliable"])
def test_it_makes_the_agent_it_names(recipe):
    agent = recipe.make(gym.make("CartPole-v1"), 3)
    assert type(agent) is recipe.agent_class
    assert agent.config == recipe.config


@pytest.mark.parametrize("recipe", [PLAIN, CANDIDATE, RELIABLE], ids=["plain", "candidate", "reliable"])
def test_the_learning_rate_reaches_zero_at_the_end_of_the_run(recipe):
    # The last gradient steps come when the rate is all but 0: not long before the end of the run, and not after it.
    gradient_steps = recipe.num_steps // recipe.config.learn_every * recipe.config.gradient_steps
    assert 0.98 * recipe.config.learning_rate_steps < gradient_steps <= 1.02 * recipe.config.learning_rate_steps


def test_for_another_task_only_the_scale_and_the_length_change():
    other = RELIABLE.for_task(2 * RELIABLE.num_steps, (1.0, 0.05))
    assert other.agent_class is RELIABLE.agent_class
    assert other.num_steps == 2 * RELIABLE.num_steps
    before, after = asdict(RELIABLE.config), asdict(other.config)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"obs_scale", "learning_rate_steps"}
    assert after["obs_scale"] == (1.0, 0.05)
    assert after["learning_rate_steps"] == 2 * before["learning_rate_steps"]


def test_a_constant_learning_rate_stays_constant():
    constant = Recipe(DQN, DQNConfig(learning_rate_steps=None), 1_000)
    assert constant.for_task(5_000, None).config == DQNConfig(learning_rate_steps=None, obs_scale=None)
