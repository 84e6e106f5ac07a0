"""Any environment through the one loop: every transition is right, and a run that is killed goes on.

The transitions that an agent was given are compared with a recording that is made here without the loop.
"""

from importlib.util import find_spec

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.vector.utils import create_empty_array

from helpers import checkpoint
from helpers.agents import RandomAgent, split_rows
from helpers.buffer import Transition
from helpers.loop import train
from helpers.parts import state_of
from tests.twins import kill_when_here

NUM_STEPS = 2_000  # env steps
FIELDS = Transition._fields


class Goals(gym.Env):
    """Walk on a line to a goal. Observations are a dict, as where goals are given; ends at the goal or by clock."""

    observation_space = spaces.Dict(
        {name: spaces.Box(-20, 20, (1,), np.float32) for name in ("observation", "achieved_goal", "desired_goal")}
    )
    action_space = spaces.Box(-1, 1, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.goal, self.age = (
            np.zeros(1, np.float32),
            self.np_random.uniform(-4, 4, 1).astype(np.float32),
            0,
        )
        return self._seen(), {}

    def step(self, action):
        self.age += 1
        self.place = self.place + np.float32(action + 0.1 * self.np_random.normal())
        near = bool(abs(self.place - self.goal)[0] < 0.5)
        return self._seen(), float(near) - 0.01, near, self.age >= 30, {}

    def _seen(self):
        return {"observation": 2 * self.place, "achieved_goal": self.place.copy(), "desired_goal": self.goal.copy()}


def pong():
    from ale_py.vector_env import AtariVectorEnv

    return AtariVectorEnv("pong", 4, num_threads=1, autoreset_mode="SameStep", max_num_frames_per_episode=1_200)


def sync(env_id: str, mode: AutoresetMode, num_envs: int = 8):
    return lambda: gym.make_vec(env_id, num_envs, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode})


ENVIRONMENTS = {
    "Pendulum": lambda: gym.make("Pendulum-v1"),
    "FrozenLake": lambda: gym.make("FrozenLake-v1"),
    "goals": Goals,
    "CartPole × 8": lambda: gym.make_vec("CartPole-v1", 8),
    "FrozenLake × 8, explicit": sync("FrozenLake-v1", AutoresetMode.DISABLED),
    "Pendulum × 3, explicit": sync("Pendulum-v1", AutoresetMode.DISABLED, 3),
    "FrozenLake × 8, same step": sync("FrozenLake-v1", AutoresetMode.SAME_STEP),
    "FrozenLake × 8, next step": sync("FrozenLake-v1", AutoresetMode.NEXT_STEP),
    "goals × 4, same step": lambda: SyncVectorEnv([Goals] * 4, autoreset_mode=AutoresetMode.SAME_STEP),
    "goals × 4, explicit": lambda: SyncVectorEnv([Goals] * 4, autoreset_mode=AutoresetMode.DISABLED),
    "Pong × 4": pong,
}
needs_ale = pytest.mark.skipif(find_spec("ale_py") is None, reason="ale-py has no wheel here")
each_environment = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=needs_ale if "Pong" in name else ()) for name in ENVIRONMENTS]
)


class RecordingAgent(RandomAgent):
    """Acts at random, and writes down every transition that it is given, in arrays of the environment's own types."""

    saved = ("rng", "num_added", "columns")

    def __init__(self, observation_space, action_space, seed):
        super().__init__(action_space, seed)
        self.num_added = 0
        numbers = {"reward": spaces.Box(-np.inf, np.inf, (), np.float64)}
        numbers |= dict.fromkeys(("terminated", "truncated"), spaces.Discrete(2))
        of = {"obs": observation_space, "action": action_space, "next_obs": observation_space, **numbers}
        self.columns = {name: create_empty_array(of[name], NUM_STEPS + 100) for name in FIELDS}

    def learn(self, transition):
        for name, value in zip(FIELDS, transition, strict=True):
            write(self.columns[name], self.num_added, value)
        self.num_added += 1

    def learn_many(self, transition):
        for row in zip(*map(split_rows, transition), strict=True):
            self.learn(Transition(*row))

    def transitions(self) -> list[tuple]:
        """Every transition as text that is equal where all bits are."""
        rows = {name: list(split_rows(column)) for name, column in self.columns.items()}
        return [tuple(bits(rows[name][i]) for name in FIELDS) for i in range(self.num_added)]


def write(column, row: int, value) -> None:
    if isinstance(column, dict):
        for name, part in column.items():
            write(part, row, value[name])
    else:
        column[row] = value


def bits(value) -> str:
    if isinstance(value, dict):
        return str({name: bits(part) for name, part in sorted(value.items())})
    return np.asarray(value).astype(float).tobytes().hex()


def make(name: str):
    env = ENVIRONMENTS[name]()
    many = isinstance(env, gym.vector.VectorEnv)
    of = (env.single_observation_space, env.single_action_space) if many else (env.observation_space, env.action_space)
    return env, RecordingAgent(*of, seed=3)


def recorded_by_hand(name: str) -> list[tuple]:
    """The same run without the loop: the rules of each autoreset mode, written out."""
    env, agent = make(name)
    if not isinstance(env, gym.vector.VectorEnv):
        obs, _ = env.reset(seed=5)
        while agent.num_added < NUM_STEPS:
            action = agent.act(obs)
            next_obs, reward, terminated, truncated, _ = env.step(action)
            agent.learn(Transition(obs, action, reward, next_obs, terminated, truncated))
            obs = env.reset()[0] if terminated or truncated else next_obs
        return agent.transitions()
    obs, _ = env.reset(seed=5)
    began = np.zeros(env.num_envs, bool)
    while agent.num_added < NUM_STEPS:
        actions = agent.act_many(obs)
        next_obs, reward, terminated, truncated, info = env.step(actions)
        for i in range(env.num_envs):
            if began[i]:  # this step only began an episode
                continue
            ended, last = terminated[i] or truncated[i], list(split_rows(next_obs))[i]
            if ended and env.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP:
                last = info["final_obs"][i]
            agent.learn(Transition(list(split_rows(obs))[i], actions[i], reward[i], last, terminated[i], truncated[i]))
        ended = terminated | truncated
        began = ended & (env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP)
        if env.metadata["autoreset_mode"] is AutoresetMode.DISABLED and ended.any():
            next_obs, _ = env.reset(options={"reset_mask": ended})
        obs = next_obs
    return agent.transitions()


@each_environment
def test_every_transition_is_right(name):
    env, agent = make(name)
    history = train(env, agent, NUM_STEPS, 5, progress=False)
    assert agent.transitions() == recorded_by_hand(name)
    assert NUM_STEPS <= history.env_steps == agent.num_added < NUM_STEPS + 8
    ended = [agent.columns[flag][: agent.num_added].astype(bool) for flag in ("terminated", "truncated")]
    assert len(history.returns) == (ended[0] | ended[1]).sum() > 0
    assert history.truncated.sum() == (ended[1] & ~ended[0]).sum()
    assert history.lengths.sum() + history.unfinished_lengths.sum() == history.env_steps
    total = history.returns.sum() + history.unfinished_returns.sum()
    np.testing.assert_allclose(total, agent.columns["reward"][: agent.num_added].sum())


@each_environment
def test_the_last_transition_of_an_episode_is_not_the_first_of_the_next(name):
    """Where an episode has ended, `next_obs` is what it ended with; it is not where the next one begins."""
    env, agent = make(name)
    train(env, agent, NUM_STEPS, 5, progress=False)
    if "FrozenLake" not in name:
        return  # only there does the observation alone say whether an episode can have ended with it
    terminated = agent.columns["terminated"][: agent.num_added].astype(bool)
    ends = agent.columns["next_obs"][: agent.num_added][terminated]
    assert terminated.any()
    assert set(ends.tolist()) <= {5, 7, 11, 12, 15}  # the holes and the goal of the 4×4 lake


KILLED = """
import sys
from tests.test_worlds import make
from helpers.loop import train
env, agent = make(sys.argv[1])
learn = agent.learn
def counted(transition):
    learn(transition)
    if agent.num_added == 1_300:
        print("here", flush=True)
agent.learn = counted
train(env, agent, 2_000, 5, checkpoint=sys.argv[2], checkpoint_every=500, progress=False)
"""

# Where there is a way back into the middle of an episode, the run that goes on is the run that was never killed.
WAY_BACK = {
    "Pendulum",
    "FrozenLake",
    "goals",
    "FrozenLake × 8, explicit",
    "Pendulum × 3, explicit",
    "goals × 4, explicit",
}


@each_environment
def test_killed_and_resumed(name, tmp_path, capsys):
    path = tmp_path / "run.npz"
    kill_when_here(KILLED, name, str(path))
    env, agent = make(name)
    saved = checkpoint.load(path, agent)
    assert 1_000 <= saved.env_steps < 2_000
    before = agent.transitions()
    assert before == recorded_by_hand(name)[: len(before)]

    env, agent = make(name)
    history = train(env, agent, NUM_STEPS, 5, checkpoint=path, progress=False)
    said = capsys.readouterr().out
    assert NUM_STEPS <= history.env_steps < NUM_STEPS + 8
    if name in WAY_BACK:
        whole_env, whole = make(name)
        whole_history = train(whole_env, whole, NUM_STEPS, 5, progress=False)
        assert said == ""
        assert agent.transitions() == whole.transitions()
        assert history.returns.tolist() == whole_history.returns.tolist()
        assert {k: v.tolist() for k, v in state_of(agent).items()} == {
            k: v.tolist() for k, v in state_of(whole).items()
        }
    else:
        assert "cannot be brought back into the middle of an episode" in said
        assert agent.transitions()[: len(before)] == before
        seed = int(np.random.SeedSequence([5, saved.env_steps]).generate_state(1)[0] >> 1)
        first_obs = next(iter(split_rows(ENVIRONMENTS[name]().reset(seed=seed)[0])))
        assert agent.transitions()[len(before)][0] == bits(first_obs)  # a new episode
