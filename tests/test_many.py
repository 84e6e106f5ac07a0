"""Many environments at once: the physics of one, episodes that begin when asked, and a way back into their middle."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.agents import RandomAgent
from helpers.envs import make_many
from helpers.loop import train
from helpers.worlds import Worlds

CARTPOLE, LAKE = "CartPole-v1", "FrozenLake-v1"


def played(envs, num_steps, seed=0):
    """`num_steps` transitions with random actions, each with the observations that come after it."""
    worlds, rng = Worlds(envs), np.random.default_rng(seed)
    obs = worlds.begin(seed)
    for _ in range(num_steps):
        transition = worlds.step(obs, rng.integers(envs.single_action_space.n, size=envs.num_envs))
        obs = worlds.go_on(transition)
        yield transition, obs


@settings(max_examples=10)
@given(seed=st.integers(0, 1_000))
def test_every_pole_moves_as_one_alone(seed):
    """Step for step: the same next observation, reward and fall as CartPole-v1 from the same place."""
    one = gym.make(CARTPOLE).unwrapped
    one.reset(seed=0)
    for transition, _ in played(make_many(CARTPOLE, 3), 40, seed):
        for n in range(3):
            one.state, one.steps_beyond_terminated = transition.obs[n].astype(float), None
            next_obs, reward, terminated, _, _ = one.step(int(transition.action[n]))
            np.testing.assert_allclose(transition.next_obs[n], next_obs, atol=1e-5)
            assert (transition.reward[n], transition.terminated[n]) == (reward, terminated)


@pytest.mark.parametrize("env_id", [CARTPOLE, LAKE])
def test_an_episode_ends_with_what_it_ended_with(env_id):
    """`next_obs` of an end is not the first observation of the next episode, which comes after it, there alone."""
    ends = 0
    for transition, obs in played(make_many(env_id, 4), 300):
        ended = transition.terminated | transition.truncated
        ends += ended.sum()
        np.testing.assert_array_equal(obs[~ended], transition.next_obs[~ended])
        if env_id == CARTPOLE:
            assert (np.abs(obs[ended]) <= 0.05).all()
            outside = (np.abs(transition.next_obs) > [2.4, np.inf, np.radians(12), np.inf]).any(axis=1)
            np.testing.assert_array_equal(outside, transition.terminated)
        else:
            assert (obs[ended] == 0).all() and (transition.next_obs[ended] != 0).all()
    assert ends > 20


def test_the_clock_is_heard():
    """No pole falls within five steps; after the first four all four episodes are cut, and a fifth goes on."""
    for step, (transition, _) in enumerate(played(make_many(CARTPOLE, 4, max_episode_steps=4), 12), start=1):
        assert transition.truncated.all() == transition.truncated.any() == (step % 4 == 0)
        assert not transition.terminated.any() and (transition.reward == 1).all()


def test_only_those_that_are_asked_begin_anew():
    envs = make_many(CARTPOLE, 3)
    envs.reset(seed=0)
    for _ in range(5):
        before, *_ = envs.step(np.array([0, 1, 0]))
    obs, _ = envs.reset(options={"reset_mask": np.array([False, True, False])})
    np.testing.assert_array_equal(obs[[0, 2]], before[[0, 2]])
    assert (np.abs(obs[1]) <= 0.05).all() and not np.array_equal(obs[1], before[1])
    assert envs.steps.tolist() == [5, 0, 5]


def test_all_begin_where_nothing_is_said_and_where_a_seed_is_given():
    envs = make_many(CARTPOLE, 3)
    first, _ = envs.reset(seed=1)
    envs.step(np.array([0, 1, 0]))
    again, _ = envs.reset(seed=1, options={"reset_mask": np.array([True, False, False])})
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(envs.reset()[0], first)


def test_a_step_after_the_end_is_refused_in_words():
    envs = make_many(CARTPOLE, 2, max_episode_steps=1)
    envs.reset(seed=0)
    envs.step(np.array([0, 1]))
    with pytest.raises(ValueError, match=r"environments \[0, 1\] are over: begin new ones first.*reset_mask"):
        envs.step(np.array([0, 1]))


@pytest.mark.parametrize("mask", [np.array([1, 0]), np.array([True]), "all"])
def test_a_mask_that_cannot_be_is_refused(mask):
    envs = make_many(CARTPOLE, 2)
    envs.reset(seed=0)
    with pytest.raises(ValueError, match=r"`reset_mask` must be bool of shape \(2,\); it was "):
        envs.reset(options={"reset_mask": mask})


@pytest.mark.parametrize("env_id", [CARTPOLE, LAKE])
def test_what_it_makes_leaves_new_episodes_to_the_loop(env_id):
    envs = make_many(env_id, 3)
    assert envs.num_envs == 3 and envs.metadata["autoreset_mode"] is AutoresetMode.DISABLED
    assert envs.spec.id == env_id


def test_arguments_of_the_environment_are_handed_on():
    assert make_many(LAKE, 2, map_name="8x8").single_observation_space.n == 64
    assert make_many(CARTPOLE, 2, max_episode_steps=7).max_episode_steps == 7


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (
            (gym.make(CARTPOLE), 2),
            TypeError,
            "`env_id` must be the name of an environment, such as 'CartPole-v1'; it was",
        ),
        ((CARTPOLE, 0), ValueError, "`num_envs` must be a whole number, 1 or more; it was 0"),
        ((CARTPOLE, 2.0), ValueError, "`num_envs` must be a whole number, 1 or more; it was 2.0"),
        ((LAKE, True), ValueError, "`num_envs` must be a whole number, 1 or more; it was True"),
    ],
    ids=["no name", "none", "a float", "a truth value"],
)
def test_wrong_arguments_are_refused_in_words(arguments, error, said):
    with pytest.raises(error, match=said):
        make_many(*arguments)


@pytest.mark.parametrize("env_id", [CARTPOLE, LAKE])
def test_a_run_goes_on_from_the_middle_of_all_episodes(env_id):
    """Stopped and gone on with, in a fresh environment and with a fresh agent's generator: to the bit, as one run."""

    def agent():
        return RandomAgent(make_many(env_id, 1).single_action_space, seed=5)

    whole = train(make_many(env_id, 3), agent(), 600, seed=7, progress=False)
    one = agent()
    half = train(make_many(env_id, 3), one, 261, seed=7, progress=False)
    both = train(make_many(env_id, 3), one, 600, seed=7, history=half, progress=False)
    assert half.unfinished_lengths.any()
    for name in ("returns", "lengths", "truncated", "ended_at", "unfinished_returns", "unfinished_lengths"):
        assert getattr(both, name).tolist() == getattr(whole, name).tolist()


def test_a_snapshot_holds_all_that_the_future_depends_on():
    envs, other = make_many(CARTPOLE, 2, max_episode_steps=6), make_many(CARTPOLE, 2, max_episode_steps=6)
    envs.reset(seed=3)
    for _ in range(4):
        before, *_ = envs.step(np.array([1, 0]))
    other.reset(seed=99)
    np.testing.assert_array_equal(other.return_to(envs.snapshot()), before)
    for _ in range(2):
        ours, theirs = (one.step(np.array([1, 1]))[:4] for one in (envs, other))
        assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))
    everyone = {"reset_mask": np.array([True, True])}
    np.testing.assert_array_equal(envs.reset(options=dict(everyone))[0], other.reset(options=dict(everyone))[0])
