"""What is handed over in the wrong place or is of the wrong kind: the answer says what was given and what to do."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from helpers.agents import GreedyAgent, HandMadeAgent, QLearning, RandomAgent, TableConfig
from helpers.buffer import Transition
from helpers.evaluation import evaluate, rollouts
from helpers.loop import episode, train


class ManyOnly(RandomAgent):
    """An agent that learns from many environments at once, and from nothing else."""

    learn = property()


def table():
    env = gym.make("FrozenLake-v1")
    return env, QLearning(env.observation_space, env.action_space, TableConfig(), 0)


def many():
    return gym.make_vec("FrozenLake-v1", 3)


ENV, AGENT = table()
RANDOM = RandomAgent(ENV.action_space, 0)

MISUSES = {
    "a vector environment for an agent of one": (
        lambda: train(many(), AGENT, 10, 0),
        r"QLearning learns from one environment, and `env` is a vector of them \(it has no method `learn_many`\)",
    ),
    "one environment for an agent of many": (
        lambda: train(ENV, ManyOnly(ENV.action_space, 0), 10, 0),
        "ManyOnly learns from many environments at once, and `env` is one .*helpers.envs.make_many",
    ),
    "the name of an environment": (
        lambda: train("FrozenLake-v1", AGENT, 10, 0),
        r"`env` must be an environment, not its name: gym.make\('FrozenLake-v1'\)",
    ),
    "the class of an environment": (
        lambda: train(gym.Env, AGENT, 10, 0),
        "`env` must be a Gymnasium environment, as gym.make returns it; it was <class",
    ),
    "agent and environment exchanged": (
        lambda: train(AGENT, ENV, 10, 0),
        r"`train` takes the environment first, then the agent: train\(env, agent, num_steps, seed\)",
    ),
    "the class of an agent": (
        lambda: train(ENV, QLearning, 10, 0),
        r"`agent` must be an agent, not its class: QLearning\(env.observation_space, env.action_space",
    ),
    "a function as agent": (
        lambda: train(ENV, lambda obs: 0, 10, 0),
        "`agent` must act and learn; <function .* has no method `act` and no method `learn`",
    ),
    "no agent": (lambda: train(ENV, None, 10, 0), "`agent` must act and learn; None has no method `act`"),
    "text as seed": (lambda: train(ENV, AGENT, 10, "0"), "`seed` must be a whole number, 0 or more; it was '0'"),
    "a float as number of steps": (
        lambda: train(ENV, AGENT, 1e5, 0),
        r"`num_steps` must be a whole number, 0 or more; it was 100000\.0",
    ),
    "a measurement instead of a function": (
        lambda: train(ENV, AGENT, 10, 0, measure={"mean": 1.0}),
        "`measure` is a function of the agent that returns a dict; it was {'mean': 1.0}",
    ),
    "a file as history": (
        lambda: train(ENV, AGENT, 10, 0, history="run.npz"),
        "`history` is what an earlier call of `train` returned; it was 'run.npz'. For a file give checkpoint=",
    ),
    "the arrays of a history": (
        lambda: train(ENV, AGENT, 10, 0, history={"returns": [1.0]}),
        "`history` is what an earlier call of `train` returned; it was {'returns'",
    ),
    "one environment in rollouts": (
        lambda: rollouts(RANDOM, ENV, 0),
        "`rollouts` plays in a vector environment, such as gym.make_vec.*; given was <",
    ),
    "many environments in evaluate": (
        lambda: evaluate(RANDOM, many(), 3, 0),
        r"`evaluate` plays in one environment, such as gym.make\(env_id\); given was",
    ),
    "an agent that cannot act for many in rollouts": (
        lambda: rollouts(object(), many(), 0),
        r"`rollouts` needs an agent, which has a method `act_many\(obs, explore\)`; given was <object",
    ),
    "a function in evaluate": (
        lambda: evaluate(lambda obs: 0, ENV, 3, 0),
        r"`evaluate` needs an agent, which has a method `act\(obs, explore\)`; given was <function",
    ),
    "text as seed of evaluate": (lambda: evaluate(RANDOM, ENV, 3, "x"), "`seed` must be a whole number, 0 or more"),
    "no episodes": (lambda: evaluate(RANDOM, ENV, 0, 0), "`num_episodes` must be a whole number, 1 or more; it was 0"),
    "half an episode": (lambda: evaluate(RANDOM, ENV, 2.5, 0), "`num_episodes` must be a whole number.*it was 2.5"),
    "text as seed of rollouts": (lambda: rollouts(RANDOM, many(), None), "`seed` must be a whole number, 0 or more"),
    "a config of another agent": (
        lambda: QLearning(ENV.observation_space, ENV.action_space, {"gamma": 0.9}, 0),
        "`config` must be a TableConfig; it was {'gamma': 0.9}",
    ),
    "the class of a config": (
        lambda: QLearning(ENV.observation_space, ENV.action_space, TableConfig, 0),
        r"`config` must be a TableConfig; it was the class itself: TableConfig\(\)",
    ),
    "spaces exchanged": (
        lambda: QLearning(spaces.Box(-1, 1, (2,)), ENV.action_space, TableConfig(), 0),
        "A table needs one row for each observation",
    ),
    "an environment as space": (lambda: RandomAgent(ENV, 0), "draws from an action space, `env.action_space`; given"),
    "a number as alpha": (
        lambda: TableConfig(alpha=0.1),
        r"`alpha` is a function .*; for a fixed one: constant\(0\.1\)",
    ),
    "an unknown field": (lambda: TableConfig(gama=0.9), "TableConfig has no field `gama`. Did you mean `gamma`?"),
    "an action as rule": (lambda: HandMadeAgent(1), "`rule` is a function obs -> action; it was 1"),
    "values instead of a function": (lambda: GreedyAgent(np.zeros(2)), "`q_values` is a function of observations"),
    "an agent in episode": (
        lambda: next(episode(ENV, RANDOM, 0)),
        r"`act` is a function obs -> action, such as agent.act; it was <helpers.agents.RandomAgent",
    ),
}


@pytest.mark.parametrize("name", MISUSES)
def test_a_misuse_is_answered_in_words(name):
    misuse, words = MISUSES[name]
    with pytest.raises((TypeError, ValueError), match=words):
        misuse()


def test_a_network_is_told_the_same():
    from helpers.dqn import DQN, DQNConfig

    box, two = spaces.Box(-1, 1, (4,), np.float32), spaces.Discrete(2)
    with pytest.raises(TypeError, match="`config` must be a DQNConfig; it was TableConfig"):
        DQN(box, two, TableConfig(), 0)
    with pytest.raises(TypeError, match="Q-learning takes the maximum over a list of actions"):
        DQN(box, box, DQNConfig(), 0)
    with pytest.raises(TypeError, match="This network takes an observation of O numbers: a Box"):
        DQN(two, two, DQNConfig(), 0)
    agent = DQN(box, two, DQNConfig(obs_scale=None), 0)
    with pytest.raises(ValueError, match=r"`obs` must have the shape that this buffer was made for, \(4,\)"):
        agent.learn(Transition(np.zeros(3), 0, 1.0, np.zeros(3), False, False))
