"""Each mistake changes the one thing that it says, and leaves the rest of the working agent alone."""

import inspect

import gymnasium as gym
import numpy as np
import pytest

from helpers.buffer import Transition
from helpers.clinic import mistakes
from helpers.dqn import DQN
from helpers.dqn.variants import NStepConfig
from tests.twins import alike

SMALL = NStepConfig(learning_starts=4, learn_every=4, gradient_steps=2, target_every=2, batch_size=4, hidden=(8,))
ENV = gym.make("CartPole-v1")
OF_AGENTS = [cls for cls in vars(mistakes).values() if inspect.isclass(cls) and cls.__module__ == mistakes.__name__]
OF_AGENTS.remove(mistakes.SameStart)


def agent_of(agent_class) -> DQN:
    return agent_class(ENV.observation_space, ENV.action_space, SMALL, 0)


@pytest.mark.parametrize("agent_class", OF_AGENTS)
def test_a_mistake_overrides_at_most_two_methods_and_says_what_it_does(agent_class):
    own = [
        name for name, value in vars(agent_class).items() if inspect.isfunction(value) or isinstance(value, property)
    ]
    assert 1 <= len(own) <= 2 and agent_class.__doc__.endswith(".")


def transitions(num_steps=24) -> list[Transition]:
    """Random steps in which each pair of flags occurs."""
    rng, flags = np.random.default_rng(0), [(False, False), (True, False), (False, True), (False, False)]
    return [
        Transition(rng.normal(size=4), int(rng.integers(2)), 3 * rng.normal(), rng.normal(size=4), *flags[k % 4])
        for k in range(num_steps)
    ]


def life_of(agent_class) -> list[np.ndarray]:
    """All that an agent has become by the same transitions, and what it then says and does."""
    agent = agent_of(agent_class)
    for transition in transitions():
        agent.learn(transition)
    obs = np.random.default_rng(1).normal(size=(50, 4))
    acted = np.array([agent.act(row, explore=False) for row in obs])
    return [*agent.network.get_weights(), *agent.target_network.get_weights(), agent.q_values(obs), acted]


def test_no_two_mistakes_are_one_and_none_is_harmless():
    """The house keeps one of each: no two agents become the same by the same experience.

    But for the generator that is shared: one agent alone is the working one, for as long as it explores in `act` only.
    """
    lives = {"working": life_of(DQN)} | {cls.__name__: life_of(cls) for cls in OF_AGENTS}
    assert all(np.array_equal(a, b) for a, b in zip(lives["working"], life_of(DQN), strict=True))
    del lives["SharedGenerator"]
    assert alike(lives) == []


def loss_of(agent, terminated: float) -> float:
    """The loss of one gradient step on one batch of four."""
    rng = np.random.default_rng(0)
    obs, next_obs = rng.normal(size=(2, 4, 4)).astype(np.float32)
    action, ones = np.zeros(4, np.int32), np.ones(4, np.float32)
    return float(agent._gradient_step(obs, action, ones, next_obs, terminated * ones)[0])


def test_without_the_mask_an_end_changes_nothing_in_the_target():
    assert loss_of(agent_of(mistakes.NoMask), 1.0) == loss_of(agent_of(DQN), 0.0)
    assert loss_of(agent_of(DQN), 1.0) != loss_of(agent_of(DQN), 0.0)


@pytest.mark.parametrize(
    ("agent_class", "stored"), [(DQN, (0, 1, 0)), (mistakes.NoMask, (0, 1, 0)), (mistakes.ClockKills, (0, 1, 1))]
)
def test_what_the_memory_makes_of_a_step_a_fall_and_the_end_of_the_clock(agent_class, stored):
    agent, obs = agent_of(agent_class), np.zeros(4)
    for terminated, truncated in [(False, False), (True, False), (False, True)]:
        agent.learn(Transition(obs, 0, 1.0, obs, terminated, truncated))
    assert tuple(agent.buffer.terminated[:3]) == stored


def test_whatever_it_is_asked_an_environment_begins_where_it_began():
    usual, same = gym.make("CartPole-v1"), mistakes.SameStart(gym.make("CartPole-v1"), 7)
    assert {tuple(same.reset(seed=seed)[0]) for seed in (None, 1, 2)} == {tuple(usual.reset(seed=7)[0])}
    assert len({tuple(usual.reset()[0]) for _ in range(5)}) == 5
