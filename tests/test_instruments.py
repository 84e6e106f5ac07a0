"""The instruments measure what they say, by hand numbers, and change nothing; episodes side by side are real ones."""

from itertools import pairwise

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from helpers.agents import GreedyAgent, RandomAgent
from helpers.buffer import ReplayBuffer, Transition
from helpers.clinic.instruments import (
    distinct_starts,
    gradient_norm,
    instruments,
    look_at_agent,
    look_at_buffer,
    not_read,
    q_of,
    td_errors,
)
from helpers.dqn import DQN, DQNConfig
from helpers.evaluation import rollouts
from helpers.parts import state_of

SMALL = DQNConfig(hidden=(), obs_scale=None, gamma=0.5, buffer_size=50, learning_starts=1_000)


def agent_by_hand() -> DQN:
    """Q(obs) = (obs0, 2 * obs1); the target network says (3 * obs0, obs1); gamma 0.5; three transitions in memory.

    0: obs (1, 2), action 1, reward 1, next_obs (1, 1), goes on:  q = 4, target = 1 + 0.5 * 3 = 2.5, error -1.5
    1: obs (1, 1), action 0, reward -1, next_obs (5, 5), ends:    q = 1, target = -1,               error -2
    2: obs (3, 0), action 0, reward 0, next_obs (0, 2), goes on:  q = 3, target = 0 + 0.5 * 2 = 1,  error -2
    """
    agent = DQN(spaces.Box(-10, 10, (2,)), spaces.Discrete(2), SMALL, 0)
    agent.network.set_weights([np.array([[1.0, 0.0], [0.0, 2.0]]), np.zeros(2)])
    agent.target_network.set_weights([np.array([[3.0, 0.0], [0.0, 1.0]]), np.zeros(2)])
    agent._copy_to_numpy()
    agent.buffer.add(Transition([1, 2], 1, 1.0, [1, 1], False, False))
    agent.buffer.add(Transition([1, 1], 0, -1.0, [5, 5], True, False))
    agent.buffer.add(Transition([3, 0], 0, 0.0, [0, 2], False, False))
    return agent


def test_q_and_td_errors_by_hand():
    agent, rows = agent_by_hand(), np.array([0, 1, 2, 1])
    np.testing.assert_allclose(q_of(agent, agent.buffer.obs[rows], agent.buffer.action[rows]), [4, 1, 3, 1])
    np.testing.assert_allclose(td_errors(agent, rows), [-1.5, -2, -2, -2])


def test_the_length_of_a_gradient_by_hand():
    """d loss / dw is -2 * error * obs for the action taken. Error -2, obs (3, 0): (12, 0), and 4 for the bias."""
    agent = agent_by_hand()
    norm = gradient_norm(agent, np.array([[3.0, 0.0]], np.float32), np.array([0]), np.array([1.0]))
    assert norm == pytest.approx(np.hypot(12, 4), rel=1e-6)


def test_the_memory_by_hand():
    """Three rows, each drawn about as often: the means of what stands above."""
    seen = look_at_buffer(agent_by_hand(), np.random.default_rng(0))
    assert seen["terminal_share"] == pytest.approx(1 / 3)
    assert seen["q_at_terminal"] == pytest.approx(1) and seen["reward_at_terminal"] == pytest.approx(-1)
    assert seen["td_error"] == pytest.approx((1.5 + 2 + 2) / 3, abs=0.05)
    assert seen["action_gap"] == pytest.approx((3 + 1 + 3) / 3, abs=0.2)  # Q: (1, 4), (1, 2), (3, 0)
    assert seen["sample_age"] == pytest.approx(1, abs=0.15)  # 2, 1 and 0 steps old
    assert seen["distinct_starts"] == pytest.approx(1)  # rows 0 and 2 begin episodes, elsewhere


def test_ages_go_round_with_the_buffer():
    agent = agent_by_hand()
    for _ in range(60):
        agent.buffer.add(Transition([0, 0], 0, 0.0, [0, 0], False, False))
    seen = look_at_buffer(agent, np.random.default_rng(0))
    assert seen["sample_age"] == pytest.approx(24.5, abs=3)  # 0 to 49, and never more than the buffer holds
    assert seen["terminal_share"] == 0 and np.isnan(seen["q_at_terminal"])


def test_an_empty_memory_gives_no_numbers_and_the_same_names():
    agent = DQN(spaces.Box(-10, 10, (2,)), spaces.Discrete(2), SMALL, 0)
    empty, full = (
        look_at_buffer(agent, np.random.default_rng(0)),
        look_at_buffer(agent_by_hand(), np.random.default_rng(0)),
    )
    assert empty.keys() == full.keys()
    assert all(np.isnan(value) for value in empty.values())


def test_different_starts_by_hand():
    memory = ReplayBuffer(10, (1,), seed=0)
    for obs, next_obs in [(0, 1), (1, 2), (0, 5), (7, 8), (8, 9)]:  # episodes begin at 0, 0 and 7
        memory.add(Transition([obs], 0, 0.0, [next_obs], False, False))
    assert distinct_starts(memory) == pytest.approx(2 / 3)


@given(lengths=st.lists(st.integers(1, 5), min_size=1, max_size=8), alike=st.booleans())
def test_different_starts_are_all_or_one(lengths, alike):
    memory = ReplayBuffer(100, (1,), seed=0)
    for episode, length in enumerate(lengths):
        places = [0 if alike else -1 - episode, *range(1, length + 1)]
        for obs, next_obs in pairwise(places):
            memory.add(Transition([obs], 0, 0.0, [next_obs], False, False))
    assert distinct_starts(memory) == pytest.approx(1 / len(lengths) if alike else 1)


def cartpole_agent(seed=0) -> DQN:
    env = gym.make("CartPole-v1")
    return DQN(env.observation_space, env.action_space, DQNConfig(hidden=(8,), buffer_size=500), seed)


def test_looking_changes_nothing_and_repeats():
    agent = cartpole_agent()
    env = gym.make("CartPole-v1")
    obs, _ = env.reset(seed=0)
    for _ in range(100):
        next_obs, reward, terminated, truncated, _ = env.step(0)
        agent.learn(Transition(obs, 0, reward, next_obs, terminated, truncated))
        obs = env.reset()[0] if terminated else next_obs
    before = {name: np.array(value) for name, value in state_of(agent).items()}
    measure = instruments("CartPole-v1", 0, num_episodes=4)
    first, again = measure(agent), measure(agent)
    for name, value in state_of(agent).items():
        np.testing.assert_array_equal(value, before[name], err_msg=name)
    for name in first:
        np.testing.assert_array_equal(first[name], again[name], err_msg=name)
    assert first["greedy_returns"].shape == first["q_at_start"].shape == (4,)


def test_overestimation_is_q_minus_what_followed():
    agent, envs = cartpole_agent(), gym.make_vec("CartPole-v1", num_envs=5)
    seen, played = look_at_agent(agent, envs, 7), rollouts(agent, envs, 7, agent.config.gamma)
    q = agent.q_values(played.first_obs).max(axis=1)
    assert seen["overestimation"] == pytest.approx((q - played.discounted).mean())
    np.testing.assert_array_equal(seen["greedy_returns"], played.returns)


# --- agents that are no DQN -----------------------------------------------------------------------------------------


class WithMemory(GreedyAgent):
    """It has values and a memory, and no discount."""

    def __init__(self, q_values, buffer):
        super().__init__(q_values)
        self.buffer = buffer


def read_of(agent) -> set[str]:
    """The names of the instruments that are read of it."""
    seen = look_at_agent(agent, gym.make_vec("CartPole-v1", num_envs=3), 0)
    assert seen.keys() == look_at_agent(cartpole_agent(), gym.make_vec("CartPole-v1", num_envs=3), 0).keys()
    return {name for name, value in seen.items() if np.isfinite(value).all()}


def test_of_an_agent_that_only_acts_the_returns_are_read_and_it_is_said_why_nothing_else(capsys):
    agent = RandomAgent(gym.make("CartPole-v1").action_space, 0)
    assert read_of(agent) == {"greedy_returns"}
    measure = instruments("CartPole-v1", 0, num_episodes=2)
    measure(agent)
    words = capsys.readouterr().out
    assert words == not_read(agent) + "\n" and words.startswith("Of this RandomAgent some instruments cannot be read")
    for lacking in ("q_at_terminal and action_gap (it has no `q_values`)", "(it has no replay buffer)", "td_error"):
        assert lacking in words
    measure(agent)
    measure(cartpole_agent())
    assert capsys.readouterr().out == ""  # once is enough, and of a DQN there is nothing to say


def test_of_an_agent_with_values_and_a_memory_all_is_read_but_what_takes_its_targets():
    memory = ReplayBuffer(10, (4,), seed=0)
    for terminated in (False, True):
        memory.add(Transition(np.zeros(4), 1, 1.0, np.ones(4), terminated, False))
    agent = WithMemory(lambda obs: np.tile([1.0, 3.0], (len(obs), 1)), memory)
    assert read_of(agent) == {
        "greedy_returns", "q_at_start", "q_at_terminal", "reward_at_terminal", "action_gap", "terminal_share",
        "sample_age", "distinct_starts",
    }  # fmt: skip
    seen = look_at_buffer(agent, np.random.default_rng(0))
    assert (seen["q_at_terminal"], seen["action_gap"], seen["terminal_share"]) == (3, 2, 0.5)
    assert "overestimation (it has no discount" in not_read(agent) and "q_at_start" not in not_read(agent)


# --- rollouts -------------------------------------------------------------------------------------------------------


def pusher(right) -> GreedyAgent:
    """An agent that pushes to the right where `right(obs)`, (E, O) -> (E,), says so."""
    return GreedyAgent(lambda obs: np.stack([~right(obs), right(obs)], axis=1).astype(float))


PUSHERS = [
    pusher(lambda obs: obs[:, 2] > 0),  # to where the pole leans
    *(pusher(lambda obs, side=side: np.full(len(obs), side)) for side in (False, True)),
]


@given(seed=st.integers(0, 1_000), agent=st.sampled_from(PUSHERS))
def test_episodes_side_by_side_are_those_played_alone(seed, agent):
    gamma = 0.9
    played = rollouts(agent, gym.make_vec("CartPole-v1", num_envs=3), seed, gamma)
    for first_obs, total, discounted, length in zip(*played, strict=True):
        env = gym.make("CartPole-v1")
        env.reset()
        env.unwrapped.state = tuple(float(number) for number in first_obs)
        obs, rewards, over = first_obs, [], False
        while not over:
            obs, reward, terminated, truncated, _ = env.step(agent.act(obs))
            rewards.append(reward)
            over = terminated or truncated
        assert (total, length) == (sum(rewards), len(rewards))
        assert discounted == pytest.approx(np.asarray(rewards) @ gamma ** np.arange(length))


def test_rollouts_repeat_and_end_at_the_time_limit():
    balancer, envs = pusher(lambda obs: obs[:, 2] + obs[:, 3] > 0), gym.make_vec("CartPole-v1", num_envs=4)
    first, again = (rollouts(balancer, envs, 1, 0.99) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert first.returns.max() == 500 == first.lengths.max()
    full = (1 - 0.99**500) / (1 - 0.99)
    assert first.discounted[first.lengths == 500] == pytest.approx(full)
