"""The policy gradient agent: its weights by hand, its step against the exact gradient, and that it learns."""

from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit

from helpers.buffer import Transition
from helpers.distributions import Categorical
from helpers.envs import SwitchedCorridor
from helpers.exact_policy import policy_gradient, state_values
from helpers.loop import train
from helpers.policy_gradient import (
    Adam,
    Batch,
    PolicyGradient,
    PolicyGradientConfig,
    advantage,
    least_squares,
    one_number,
    products_of,
    return_to_go,
    scaled_and_one,
    total_return,
)


def blind(obs) -> np.ndarray:
    """Every observation looks the same."""
    return np.ones((len(obs), 1))


def corridor_agent(seed: int = 0, **changes) -> PolicyGradient:
    world = SwitchedCorridor()
    config = PolicyGradientConfig(features=blind, gamma=1.0, **changes)
    return PolicyGradient(world.observation_space, world.action_space, config, seed)


def two_episodes() -> Batch:
    """Rewards 1, 2 and the end; then 4 and a cut."""
    flags = np.array([False, True, False]), np.array([False, False, True])
    values = np.array([3.0, 1.0, 5.0]), np.array([1.0, 9.0, 6.0])
    return Batch(np.zeros(3), np.array([0, 1, 1]), np.array([1.0, 2.0, 4.0]), *flags, *values)


# --- by hand --------------------------------------------------------------------------------------------------------


def test_what_each_step_is_paid():
    batch = two_episodes()
    # gamma = 1/2: 1 + 2/2 = 2 for the first step; the whole first episode is paid 2
    assert return_to_go(batch, 0.5).tolist() == [2.0, 2.0, 4.0]
    assert total_return(batch, 0.5).tolist() == [2.0, 2.0, 4.0]
    assert total_return(batch, 1.0).tolist() == [3.0, 3.0, 4.0]
    # TD errors: 1 + 1/2 - 3 = -1.5; 2 - 1 = 1; 4 + 3 - 5 = 2; with lambda = 1: -1.5 + 1/2 = -1
    assert advantage(0.0)(batch, 0.5).tolist() == [-1.5, 1.0, 2.0]
    assert advantage(1.0)(batch, 0.5).tolist() == [-1.0, 1.0, 2.0]


def test_the_first_step_of_adam_has_the_length_of_the_learning_rate():
    # bias correction makes mean / sqrt(square) = sign of the gradient
    np.testing.assert_allclose(Adam((2,), 0.1).step(np.array([3.0, -0.01])), [0.1, -0.1], rtol=1e-5)


def test_adam_by_hand():
    adam = Adam((), 1.0, beta1=0.5, beta2=0.5)
    adam.step(1.0)  # mean 0.5 / 0.5 = 1, square 0.5 / 0.5 = 1
    # mean = (0.25 + 1.5) / 0.75 = 7/3, square = (0.25 + 4.5) / 0.75 = 19/3
    assert adam.step(3.0) == pytest.approx((7 / 3) / np.sqrt(19 / 3))


def test_features_by_hand():
    features = scaled_and_one((2.0, 4.0))
    assert features(np.array([[2.0, 2.0]])).tolist() == [[1.0, 0.5, 1.0]]
    # 1*1, 1*0.5, 1*1, 0.5*0.5, 0.5*1, 1*1
    assert products_of(features)(np.array([[2.0, 2.0]])).tolist() == [[1.0, 0.5, 1.0, 0.25, 0.5, 1.0]]


def test_least_squares_finds_a_plane_and_a_mean():
    x = np.random.default_rng(0).normal(size=(200, 3))
    np.testing.assert_allclose(least_squares(x, x @ [1.0, -2.0, 3.0], ridge=0), [1, -2, 3])
    assert least_squares(np.ones((4, 1)), np.array([1.0, 2.0, 3.0, 6.0]), ridge=0) == pytest.approx(3.0)
    assert np.all(np.isfinite(least_squares(np.zeros((4, 2)), np.ones(4))))  # nothing to see: still a number


# --- the step -------------------------------------------------------------------------------------------------------


def test_its_gradient_is_the_exact_one_on_average():
    """20,000 steps of the corridor under a fixed policy; the mean over episodes within 4 standard errors."""
    agent, steps = corridor_agent(learning_rate=1e-9, batch_steps=1), []
    agent.theta[:] = [[0.3, -0.2]]
    agent.optimizer.step = lambda gradient: steps.append(gradient * 1.0) or np.zeros_like(gradient)
    lengths, length, env = [], 0, SwitchedCorridor()
    obs, _ = env.reset(seed=0)
    for _ in range(20_000):
        action = agent.act(obs)
        next_obs, reward, terminated, truncated, _ = env.step(action)
        length += 1
        if terminated:
            lengths.append(length)
            length = 0
        agent.learn(Transition(obs, action, reward, next_obs, terminated, truncated))
        obs = env.reset()[0] if terminated else next_obs
    sums = np.array([gradient[0] * n for gradient, n in zip(steps, lengths, strict=True)])  # per episode, (E, A)
    policy = np.tile(Categorical([0.3, -0.2]).probs, (4, 1))
    exact = policy_gradient(env.P, env.R, policy, np.eye(4)[0], 1.0).sum(axis=0)
    error = sums.std(axis=0) / np.sqrt(len(sums))
    assert np.all(np.abs(sums.mean(axis=0) - exact) < 4 * error) and np.all(np.abs(exact) > 4 * error)


def test_it_waits_for_the_end_of_an_episode():
    agent = corridor_agent(batch_steps=3)
    for terminated in (False, True, False, False):
        agent.learn(Transition(0, 1, -1.0, 0, terminated, False))
        assert not agent.theta.any()
    agent.learn(Transition(0, 0, -1.0, 0, True, False))
    assert agent.theta.any() and agent.transitions == []


def test_entropy_alone_leads_to_a_coin():
    agent = corridor_agent(weigh=lambda batch, gamma: np.zeros(len(batch.reward)), entropy=1.0, learning_rate=0.05)
    agent.theta[:] = [[2.0, -1.0]]
    train(SwitchedCorridor(), replace_batch(agent, 5), 2_000, seed=0, progress=False)
    np.testing.assert_allclose(agent.policy([0]).probs, [[0.5, 0.5]], atol=0.02)


def replace_batch(agent: PolicyGradient, batch_steps: int) -> PolicyGradient:
    agent.config = replace(agent.config, batch_steps=batch_steps)
    return agent


def test_its_critic_learns_the_returns():
    """The corridor from cell 0 with a fair coin: the mean return to go over all visits, by visits 6, 4 and 2."""
    agent = corridor_agent(weigh=advantage(1.0), value_features=one_number, learning_rate=1e-9, batch_steps=10_000)
    train(SwitchedCorridor(), agent, 25_000, seed=1, progress=False)
    assert agent.values([0])[0] == pytest.approx(-(6 * 12 + 4 * 10 + 2 * 6) / 12, abs=1.2)  # after two batches


def test_no_critic_says_nothing():
    assert corridor_agent().values([0, 0, 0]).tolist() == [0, 0, 0]


# --- it learns ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1600, 1601, 1602])
def test_it_finds_the_best_coin_of_the_corridor(seed):
    agent = corridor_agent(seed, learning_rate=0.05, batch_steps=300, weigh=advantage(1.0), value_features=one_number)
    train(TimeLimit(SwitchedCorridor(), 500), agent, 30_000, seed, progress=False)
    world, policy = SwitchedCorridor(), np.tile(agent.policy([0]).probs[0], (4, 1))
    assert state_values(world.P, world.R, policy, 1.0)[0] > -12.2  # best -11.66, a fair coin -12, greedy never arrives


def test_the_same_seed_learns_the_same():
    def learnt(seed):
        env = gym.make("CartPole-v1")
        config = PolicyGradientConfig(features=scaled_and_one((2.4, 3.0, 0.21, 3.0)), batch_steps=200)
        agent = PolicyGradient(env.observation_space, env.action_space, config, seed)
        train(env, agent, 1_000, seed, progress=False)
        return agent.theta

    assert np.array_equal(learnt(0), learnt(0)) and not np.array_equal(learnt(0), learnt(1))


def cartpole_agent(seed: int, **changes):
    """CartPole and an agent for it."""
    env = gym.make("CartPole-v1")
    config = PolicyGradientConfig(features=scaled_and_one((2.4, 3.0, 0.21, 3.0)), **changes)
    return env, PolicyGradient(env.observation_space, env.action_space, config, seed)


def test_a_run_that_was_saved_goes_on_to_the_bit(tmp_path):
    features = scaled_and_one((2.4, 3.0, 0.21, 3.0))
    changes = {"weigh": advantage(0.9), "value_features": products_of(features), "batch_steps": 150}
    env, whole = cartpole_agent(3, **changes)
    train(env, whole, 1_500, seed=3, progress=False)
    train(*cartpole_agent(3, **changes), 700, seed=3, checkpoint=tmp_path / "run.npz", progress=False)
    env, after = cartpole_agent(3, **changes)
    train(env, after, 1_500, seed=3, checkpoint=tmp_path / "run.npz", progress=False)
    assert np.array_equal(whole.theta, after.theta) and np.array_equal(whole.critic, after.critic)
    assert len(whole.transitions) == len(after.transitions) > 0


def test_it_acts_for_many_as_for_one():
    _, agent = cartpole_agent(0)
    agent.theta[:] = np.random.default_rng(0).normal(size=agent.theta.shape)
    obs = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)
    assert agent.act_many(obs, explore=False).tolist() == [agent.act(one, explore=False) for one in obs]
    assert agent.act_many(obs).shape == (50,)


@pytest.mark.parametrize(
    "wrong",
    [{"gamma": 1.5}, {"learning_rate": 0}, {"entropy": -1}, {"batch_steps": 0}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_config_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PolicyGradientConfig(**wrong)


def test_a_misspelt_field_is_answered():
    with pytest.raises(TypeError, match="Did you mean `learning_rate`"):
        PolicyGradientConfig(learning_rat=0.1)
