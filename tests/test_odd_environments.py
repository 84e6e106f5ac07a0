"""Environments that are not as they should be: each fault is named at the step where it occurs, or does no harm."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from helpers.agents import QLearning, RandomAgent, TableConfig
from helpers.evaluation import evaluate, rollouts
from helpers.loop import train

FAULT_AT = 3  # the env step in which an odd environment is odd


class Odd(gym.Env):
    """Right, but in one way: `odd` holds what `step` returns in step FAULT_AT, or what `reset` returns."""

    def __init__(self, space: spaces.Space, **odd):
        self.observation_space, self.action_space, self.odd, self.steps, self.resets = (
            space,
            spaces.Discrete(2),
            odd,
            0,
            0,
        )
        self.good = 1 if isinstance(space, spaces.Discrete) else np.full(space.shape, 0.5, space.dtype)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if "reset" in self.odd:
            return self._given(self.odd["reset"])
        return self.good, {}

    def step(self, action):
        self.steps += 1
        result = {"obs": self.good, "reward": 1.0, "terminated": False, "truncated": False, "info": {}}
        if self.steps == FAULT_AT:
            if "step" in self.odd:
                return self._given(self.odd["step"])
            result |= {name: self._given(value) for name, value in self.odd.items() if name in result}
        return tuple(result.values())

    def _given(self, value):
        if isinstance(value, Exception):
            raise value
        return value


TABLE = spaces.Discrete(4)
BOX = spaces.Box(-1, 1, (4,), np.float32)
GOOD = np.full(4, 0.5, np.float32)

# What is odd, and the words of the answer; "" where it does no harm, and the run goes on.
IN_BOTH = {
    "reward None": ({"reward": None}, "a reward that cannot be: it was None"),
    "reward text": ({"reward": "1"}, "a reward that cannot be: it was '1'"),
    "reward NaN": ({"reward": float("nan")}, "a reward that cannot be: it was nan"),
    "reward infinite": ({"reward": np.float32("inf")}, "a reward that cannot be: it was np.float32"),
    "reward array": ({"reward": np.ones(1)}, "a reward that cannot be: it was array"),
    "reward complex": ({"reward": 1j}, "a reward that cannot be: it was 1j"),
    "reward list": ({"reward": [1.0]}, "a reward that cannot be"),
    "reward int": ({"reward": 1}, ""),
    "reward bool": ({"reward": True}, ""),
    "reward NumPy": ({"reward": np.float32(1)}, ""),
    "reward 0-d": ({"reward": np.array(1.0)}, ""),
    "terminated None": ({"terminated": None}, "`terminated` and `truncated` that cannot be: they were None and False"),
    "terminated text": ({"terminated": "no"}, "they were 'no' and False"),
    "terminated number": ({"terminated": 1}, "they were 1 and False"),
    "truncated None": ({"truncated": None}, "they were False and None"),
    "truncated NumPy": ({"truncated": np.False_}, ""),
    "both": ({"terminated": True, "truncated": True}, ""),
    "info None": ({"info": None}, ""),
    "four values": ({"step": (GOOD, 1.0, False, {})}, r"`env.step` must return \(obs, reward, terminated, truncated"),
    "one value": ({"step": 7}, "`env.step` must return .*; it returned 7"),
    "nothing": ({"step": None}, "`env.step` must return .*; it returned None"),
    "raises": ({"step": RuntimeError("the motor is hot")}, "the motor is hot"),
    "reset gives obs alone": ({"reset": GOOD}, r"`env.reset` must return \(obs, info\); it returned"),
    "reset gives nothing": ({"reset": (None, {})}, "`env.reset` gave an observation that cannot be: it was None"),
    "reset raises": ({"reset": RuntimeError("no start")}, "no start"),
}
OF_TABLES = {
    "obs None": ({"obs": None}, "an observation that cannot be: it was None, where a whole number from 0 to 3"),
    "obs text": ({"obs": "1"}, "it was '1', where a whole number from 0 to 3 was expected"),
    "obs -1": ({"obs": -1}, "it was -1, where 0 to 3 was expected"),  # the last row of a table, without a word
    "obs too large": ({"obs": 4}, "it was 4, where 0 to 3 was expected"),
    "obs 1.0": ({"obs": 1.0}, "it was 1.0, where a whole number"),
    "obs (1,)": ({"obs": np.array([1])}, r"it was array\(\[1\]\), where a whole number"),
    "obs bool": ({"obs": True}, "it was True, where a whole number"),
    "obs NumPy": ({"obs": np.int32(2)}, ""),
}
OF_NETWORKS = {
    "obs None": ({"obs": None}, r"it was None, where an array of float32 with shape \(4,\) was expected"),
    "obs list": ({"obs": [0.0] * 4}, "it was .*, where an array of float32"),
    "obs short": ({"obs": GOOD[:3]}, r"its shape was \(3,\), where \(4,\) was expected"),
    "obs long": ({"obs": GOOD[None]}, r"its shape was \(1, 4\), where \(4,\)"),
    "obs number": ({"obs": np.float32(1)}, r"its shape was \(\), where \(4,\)"),
    "obs NaN": ({"obs": GOOD * np.nan}, "it has numbers that are not finite"),
    "obs infinite": ({"obs": GOOD * np.float32(np.inf)}, "it has numbers that are not finite"),
    "obs text": ({"obs": GOOD.astype(str)}, "its type was <U.*, which cannot become float32 without loss"),
    "obs complex": ({"obs": GOOD * 1j}, "its type was complex64, which cannot become float32"),
    "obs objects": ({"obs": GOOD.astype(object)}, "its type was object, which cannot become float32"),
    "obs float64": ({"obs": GOOD.astype(float)}, ""),
    "obs whole": ({"obs": GOOD.astype(np.int32)}, ""),
    "obs huge": ({"obs": GOOD * np.float32(1e30)}, ""),  # its square is not finite; it is
}


def table_agent(env):
    return QLearning(env.observation_space, env.action_space, TableConfig(), 0)


@pytest.fixture(scope="module")
def dqn():
    """One for all cases: what is refused must not have reached it."""
    from helpers.dqn import DQN, DQNConfig

    return DQN(BOX, spaces.Discrete(2), DQNConfig(obs_scale=None, buffer_size=1_000), 0)


CASES = [("table", TABLE, name, *case) for name, case in (IN_BOTH | OF_TABLES).items()]
CASES += [("network", BOX, name, *case) for name, case in (IN_BOTH | OF_NETWORKS).items()]


@pytest.mark.parametrize(
    ("kind", "space", "name", "odd", "words"), CASES, ids=[f"{case[0]}: {case[2]}" for case in CASES]
)
def test_an_odd_environment_is_answered_or_does_no_harm(kind, space, name, odd, words, dqn):
    env = Odd(space, **odd)
    agent = table_agent(env) if kind == "table" else dqn
    before = agent.num_steps
    if not words:
        assert train(env, agent, 6, 0, progress=False).env_steps == 6
        return
    with pytest.raises((ValueError, RuntimeError), match=words) as error:
        train(env, agent, 6, 0, progress=False)
    learnt = agent.num_steps - before
    assert learnt == (0 if "reset" in odd else FAULT_AT - 1)
    if odd.keys() & {"obs", "reward", "terminated", "truncated"}:
        assert f"At env step {FAULT_AT}" in str(error.value)
    if learnt:
        history = error.value.history
        assert history.env_steps == learnt  # nothing is lost
        assert "are not lost" in " ".join(error.value.__notes__)


@pytest.mark.parametrize(("name", "case"), OF_TABLES.items(), ids=OF_TABLES)
def test_evaluation_names_the_step_too(name, case):
    odd, words = case
    env = Odd(TABLE, **odd)
    if words:
        with pytest.raises(ValueError, match=f"At env step {FAULT_AT} .*{words}"):
            evaluate(table_agent(env), env, 1, 0, max_steps=10)


def test_an_episode_without_an_end_has_a_limit():
    env = Odd(TABLE)
    with pytest.raises(RuntimeError, match="Episode 1 was not over after 50 env steps. Does the environment ever end?"):
        evaluate(table_agent(env), env, 1, 0, max_steps=50)
    envs = gym.vector.SyncVectorEnv([lambda: Odd(TABLE)] * 3)
    with pytest.raises(RuntimeError, match="3 of 3 episodes were not over after 50 env steps"):
        rollouts(table_agent(env), envs, 0, max_steps=50)


def test_an_environment_that_fails_loses_nothing_and_the_run_goes_on_from_its_file(tmp_path):
    path = tmp_path / "run.npz"
    env = Odd(TABLE, step=RuntimeError("the motor is hot"))
    agent = table_agent(env)
    with pytest.raises(RuntimeError, match="the motor is hot"):
        train(env, agent, 6, 0, progress=False, checkpoint=path)
    history = train(env, again := table_agent(env), 6, 0, progress=False, checkpoint=path)  # its motor is cool again
    assert (history.env_steps, again.num_steps) == (6, 6)


class Overwrites(gym.Env):
    """Writes every observation into the same array, and hands that one out."""

    observation_space, action_space = BOX, spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.obs = np.zeros(4, np.float32)
        return self.obs, {}

    def step(self, action):
        self.obs += np.float32(0.125)
        return self.obs, 1.0, bool(self.obs[0] >= 0.5), False, {}


def test_an_observation_that_is_written_over_is_kept_as_it_was():
    seen = []
    agent = RandomAgent(spaces.Discrete(2), 0)
    agent.learn = seen.append
    train(Overwrites(), agent, 8, 0, progress=False)
    assert [float(transition.obs[0]) for transition in seen] == [0, 0.125, 0.25, 0.375] * 2
    assert [float(transition.next_obs[0]) for transition in seen] == [0.125, 0.25, 0.375, 0.5] * 2


class AnywayResets(gym.vector.VectorEnv):
    """Says that it leaves new episodes to others, and then begins all of them anew."""

    metadata = {"autoreset_mode": gym.vector.AutoresetMode.DISABLED}
    num_envs = 2
    single_observation_space, single_action_space = spaces.Box(-9, 9, ()), spaces.Discrete(2)
    observation_space, action_space = spaces.Box(-9, 9, (2,)), spaces.MultiDiscrete([2, 2])

    def reset(self, *, seed=None, options=None):
        self.age = np.array([0.0, 0.5], np.float32)
        return self.age.copy(), {}

    def step(self, actions):
        self.age += 1
        return self.age.copy(), np.ones(2), np.array([self.age[0] > 2, False]), np.zeros(2, bool), {}


def test_a_vector_environment_that_does_not_keep_its_word():
    with pytest.raises(ValueError, match="its `reset` pays no heed to `reset_mask`"):
        train(AnywayResets(), RandomAgent(spaces.Discrete(2), 0), 20, 0, progress=False)


@pytest.mark.parametrize(
    ("part", "value", "words"),
    [
        (0, np.array([1, 9]), "observations that cannot be: it was array.*where array.* to array.* was expected"),
        (0, np.array([1.0, 1.0]), "observations that cannot be"),
        (0, np.array([1]), r"observations that cannot be: its shape was \(1,\), where \(2,\)"),
        (1, np.array([1.0, np.nan]), "rewards that cannot be: they were .*, where 2 finite numbers were expected"),
        (1, 1.0, "rewards that cannot be: they were 1.0"),
        (2, np.zeros(3, bool), "`terminated` and `truncated` that cannot be"),
        (3, None, "`terminated` and `truncated` that cannot be"),
    ],
)
def test_faults_of_many_environments_are_named_too(part, value, words):
    class Faulty(gym.vector.VectorWrapper):
        def step(self, actions):
            result = list(self.env.step(actions))
            result[part] = value
            return tuple(result)

    envs = Faulty(gym.vector.SyncVectorEnv([lambda: Odd(TABLE)] * 2))
    with pytest.raises(ValueError, match=f"At env step 1 the environments gave {words}"):
        train(envs, RandomAgent(spaces.Discrete(2), 0), 20, 0, progress=False)


@pytest.mark.parametrize("action", [0.7, 2, -1, None, "left", np.array([0, 1]), True])
def test_an_action_that_cannot_be_is_named(action):
    agent = RandomAgent(spaces.Discrete(2), 0)
    agent.act = lambda obs: action
    with pytest.raises(ValueError, match="At env step 1 the agent chose an action that cannot be: it was"):
        train(Odd(TABLE), agent, 6, 0, progress=False)
