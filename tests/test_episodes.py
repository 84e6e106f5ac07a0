"""Episodes side by side: what the world's arrays say, what Gymnasium's own loop gives, and where a column stops."""

import gymnasium as gym
import numpy as np
import pytest

from helpers.distributions import Categorical
from helpers.envs import MEADOW, MEADOW_RULES, GridWorld, SwitchedCorridor
from helpers.episodes import plays, walks
from helpers.exact_policy import state_values, visits

MEADOW_WORLD = GridWorld(MEADOW, **MEADOW_RULES)


def cartpoles(num_envs: int, **options):
    return gym.make_vec("CartPole-v1", num_envs=num_envs, vectorization_mode="vector_entry_point", **options)


def leaning(obs) -> Categorical:
    """Mostly to the side to which the pole falls."""
    push = 5 * (obs[:, 2] + obs[:, 3])
    return Categorical(np.stack([-push, push], axis=1))


def test_columns_end_once_and_are_empty_below():
    episodes = plays(leaning, cartpoles(30), seed=0)
    lengths = episodes.alive.sum(axis=0)
    assert np.array_equal(episodes.ended.sum(axis=0), np.ones(30))
    assert np.array_equal(episodes.ended.argmax(axis=0), lengths - 1)
    assert np.array_equal(episodes.alive, np.arange(len(episodes.alive))[:, None] < lengths)
    assert np.array_equal(episodes.reward, episodes.alive.astype(float))
    assert not (episodes.terminated & episodes.truncated).any()
    follows = episodes.alive[1:]
    assert np.array_equal(episodes.obs[1:][follows], episodes.next_obs[:-1][follows])


def test_a_time_limit_truncates_and_the_most_probable_action_is_always_the_same():
    episodes = plays(leaning, cartpoles(8, max_episode_steps=20), seed=1, explore=False)
    assert episodes.truncated[-1].all() and not episodes.terminated.any() and len(episodes.reward) == 20
    assert np.array_equal(episodes.action, leaning(episodes.obs.reshape(-1, 4)).mode().reshape(20, 8))


def test_the_same_seed_plays_the_same():
    one, same, other = (plays(leaning, cartpoles(5), seed) for seed in (3, 3, 4))
    assert np.array_equal(one.obs, same.obs) and one.obs[0, 0, 0] != other.obs[0, 0, 0]


def test_a_walk_is_worth_and_visits_what_it_should():
    policy = np.random.default_rng(0).dirichlet(np.ones(4), size=24)
    start = np.eye(24)[MEADOW_WORLD.starts[0]]
    P, R, gamma = MEADOW_WORLD.P, MEADOW_WORLD.R, 0.95
    episodes = walks(P, R, policy, start, 4_000, np.random.default_rng(1))
    discounts = gamma ** np.arange(len(episodes.reward))
    returns = discounts @ episodes.reward  # (E,)
    assert abs(returns.mean() - start @ state_values(P, R, policy, gamma)) < 4 * returns.std() / np.sqrt(4_000)
    counts = np.zeros((24, 4_000))
    for t, (obs, alive) in enumerate(zip(episodes.obs, episodes.alive, strict=True)):
        np.add.at(counts, (obs, np.arange(4_000)), discounts[t] * alive)
    error = counts.std(axis=1) / np.sqrt(4_000)
    assert np.all(np.abs(counts.mean(axis=1) - visits(P, R, policy, start, gamma)) < 4.5 * error + 1e-12)


def test_a_walk_that_never_arrives_is_cut():
    world = SwitchedCorridor()
    episodes = walks(world.P, world.R, np.eye(2)[[0] * 4], np.eye(4)[0], 3, np.random.default_rng(0), max_steps=7)
    assert episodes.truncated.sum(axis=0).tolist() == [1, 1, 1] and episodes.truncated[-1].all()
    assert episodes.reward.sum(axis=0).tolist() == [-7, -7, -7] and not episodes.terminated.any()


def test_a_world_that_is_none_is_refused():
    with pytest.raises(ValueError, match="Expected P"):
        walks(np.ones((2, 2)), np.ones(2), np.ones((2, 1)), [1, 0], 1, np.random.default_rng(0))
