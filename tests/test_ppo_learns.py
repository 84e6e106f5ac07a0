"""PPO learns, each time with a twin in which one thing is broken and which must not; and it goes on after a kill."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from helpers import checkpoint
from helpers.envs import make_many
from helpers.evaluation import rollouts
from helpers.loop import train
from helpers.parts import state_of
from helpers.ppo import PPO, PPOConfig
from tests.twins import kill_when_here

QUICK = {"hidden": (16,), "num_envs": 4, "rollout_steps": 32, "epochs": 4, "batch_size": 64, "learning_rate": 1e-2}
QUICK |= {"reward_scale": 1.0}


def many(make, num_envs: int = 4) -> SyncVectorEnv:
    return SyncVectorEnv([make] * num_envs, autoreset_mode=AutoresetMode.DISABLED)


def trained(cls, make, seed: int, num_steps: int, **changes) -> PPO:
    envs, numbers = many(make), QUICK | {"decay_steps": num_steps} | changes
    agent = cls(envs.single_observation_space, envs.single_action_space, PPOConfig(**numbers), seed)
    train(envs, agent, num_steps, seed, progress=False)
    return agent


class ClockKills(PPO):
    """The end of the time limit counts as the end of the world."""

    def learn_many(self, transition):
        over = transition.terminated | transition.truncated
        super().learn_many(transition._replace(terminated=over))


class NoEnds(PPO):
    """Every end of an episode is overlooked."""

    def learn_many(self, transition):
        never = np.zeros_like(transition.terminated)
        super().learn_many(transition._replace(terminated=never, truncated=never))


class DownTheGain(PPO):
    """The sign of the advantage is wrong."""

    def _loss(self, obs, action, old_log_prob, old_value, advantage, target):
        return super()._loss(obs, action, old_log_prob, old_value, -advantage, target)


class OldAgain(PPO):
    """The old log-probabilities are computed anew at each gradient step: the ratio is 1 and has no gradient."""

    def _loss(self, obs, action, old_log_prob, old_value, advantage, target):
        old_log_prob, _ = self.kind.log_prob_and_entropy(self.network(obs), action)
        return super()._loss(obs, action, old_log_prob, old_value, advantage, target)


class Clock(gym.Env):
    """Each step pays 1; nothing ends it but the clock, after four steps. With gamma = 0.9 it is worth 10 everywhere."""

    observation_space, action_space = spaces.Box(-10, 10, (2,)), spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.age = 0
        return self._seen(), {}

    def step(self, action):
        self.age += 1
        return self._seen(), 1.0, False, self.age == 4, {}

    def _seen(self):
        return self.np_random.normal(size=2).astype(np.float32)


class Ladder(Clock):
    """Three steps pay 0, 0 and 1, and the third ends it: with gamma = 0.9 they are worth 0.81, 0.9 and 1."""

    def step(self, action):
        self.age += 1
        return self._seen(), float(self.age == 3), self.age == 3, False, {}

    def _seen(self):
        return np.eye(4, 2)[self.age].astype(np.float32)


class Aim(gym.Env):
    """One step: the reward is minus the squared distance of two numbers from twice the observation."""

    observation_space = spaces.Box(-1, 1, (2,), np.float32)
    action_space = spaces.Box(-3, 3, (2,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.target = self.np_random.uniform(-1, 1, 2).astype(np.float32)
        return self.target, {}

    def step(self, action):
        return self.target, -float(((action - 2 * self.target) ** 2).sum()), True, False, {}


def value_error(cls, make, seed, obs, known) -> float:
    """The largest distance of the critic from what is known, after 12,000 env steps with gamma = 0.9."""
    agent = trained(cls, make, seed, 12_000, gamma=0.9, lambda_=0.9, normalise_obs=False)
    return float(np.abs(agent.values(np.asarray(obs, np.float32)) - known).max())


@pytest.mark.parametrize("seed", range(2))
def test_a_time_limit_is_not_the_end(seed):
    obs = np.random.default_rng(0).normal(size=(20, 2))
    assert value_error(PPO, Clock, seed, obs, 10.0) < 1.5
    assert value_error(ClockKills, Clock, seed, obs, 10.0) > 4


@pytest.mark.parametrize("seed", range(2))
def test_an_end_is_one(seed):
    obs, known = np.eye(4, 2)[:3], [0.81, 0.9, 1.0]
    assert value_error(PPO, Ladder, seed, obs, known) < 0.05
    assert value_error(NoEnds, Ladder, seed, obs, known) > 1


def cartpole_score(cls, seed) -> float:
    """Mean greedy return of 50 episodes after 12,000 env steps."""
    envs = make_many("CartPole-v1", 8)
    numbers = {"decay_steps": 12_000, "rollout_steps": 64, "batch_size": 128}
    agent = cls(envs.single_observation_space, envs.single_action_space, PPOConfig(**numbers), seed)
    train(envs, agent, 12_000, seed, progress=False)
    return float(rollouts(agent, gym.make_vec("CartPole-v1", 50), 1_000_000 + seed).returns.mean())


@pytest.mark.parametrize("seed", range(3))
def test_it_learns_to_balance(seed):
    assert cartpole_score(PPO, seed) > 150


@pytest.mark.parametrize("cls", [DownTheGain, OldAgain])
def test_it_would_be_seen_if_it_did_not(cls):
    assert cartpole_score(cls, 0) < 150


@pytest.mark.parametrize(("cls", "learns"), [(PPO, True), (DownTheGain, False)])
def test_several_numbers_at_once_are_learnt(cls, learns):
    for seed in range(2):
        agent = trained(cls, Aim, seed, 12_000, normalise_obs=False, first_std=0.5, learning_rate=3e-3)
        obs = np.random.default_rng(0).uniform(-1, 1, (50, 2)).astype(np.float32)
        error = np.abs(agent.act_many(obs, explore=False) - 2 * obs).mean()
        assert (error < 0.2) == learns, (seed, error)
        assert (agent.policy(obs[0]).std < 0.5).all() == learns


KILLED = """
import sys
from tests.test_ppo_learns import for_the_kill
from helpers.loop import train
envs, agent = for_the_kill(sys.argv[1])
learn = agent.learn_many
def counted(transition):
    learn(transition)
    if agent.num_steps >= 900:
        print("here", flush=True)
agent.learn_many = counted
train(envs, agent, 1_500, 5, checkpoint=sys.argv[2], checkpoint_every=400, progress=False)
"""


def for_the_kill(env_id: str):
    envs = make_many(env_id, 3)
    numbers = {"hidden": (8,), "num_envs": 3, "rollout_steps": 32, "epochs": 2, "batch_size": 48, "decay_steps": 1_500}
    return envs, PPO(envs.single_observation_space, envs.single_action_space, PPOConfig(**numbers), 3)


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Acrobot-v1", "Pendulum-v1"])
def test_killed_and_resumed_it_is_the_run_that_was_never_killed(env_id, tmp_path, capsys):
    path = tmp_path / "run.npz"
    kill_when_here(KILLED, env_id, str(path))
    envs, agent = for_the_kill(env_id)
    saved = checkpoint.load(path, agent)
    assert 800 <= saved.env_steps < 1_500 and agent.rollout.num_added > 0  # in mid-rollout, and in mid-episode
    envs, agent = for_the_kill(env_id)
    history = train(envs, agent, 1_500, 5, checkpoint=path, progress=False)
    assert capsys.readouterr().out == ""
    whole_envs, whole = for_the_kill(env_id)
    whole_history = train(whole_envs, whole, 1_500, 5, progress=False)
    assert history.returns.tolist() == whole_history.returns.tolist()
    ours, theirs = state_of(agent), state_of(whole)
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
