"""What an agent is, and the agents that need no network: random, hand-made, greedy, and two that learn a table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from gymnasium import spaces

from helpers.buffer import Transition
from helpers.config import check_config, helpful
from helpers.policies import epsilon_greedy, random_action
from helpers.spaces import num_actions_of as num_actions_of
from helpers.spaces import num_rows
from helpers.spaces import num_states_of as num_states_of
from helpers.updates import q_learning_target, sarsa_target, td_error


class Agent(Protocol):
    """The two verbs. Everything that an algorithm owns (table, buffer, network, counters) is inside the agent.

    Every agent acts for one observation and for many. It learns from one environment (`learn`), from E at once
    (`learn_many`), or from both; `helpers.loop.train` says so where an agent and an environment do not fit.

    What else an agent may have:
    `saved`, the names of its attributes that learning changes: a run can then be saved (`helpers.checkpoint`);
    `q_values(obs)`, (O,) -> (A,) and (B, O) -> (B, A): then its values can be looked at (`helpers.clinic`);
    `forget_episode()`, called where the next observation does not follow from the last transition.
    """

    def act(self, obs: Any, explore: bool = True) -> Any:
        """Choose an action; with explore=False the best one known, without drawing from the agent's generator."""

    def act_many(self, obs: Any, explore: bool = True) -> np.ndarray:
        """An action for each of B observations: obs (B, O) or (B,) gives (B,) or (B, A)."""
        ...

    def learn(self, transition: Transition) -> None:
        """Take in one transition."""


class RandomAgent:
    """Every action equally often, whatever it sees. The lower bound on each figure."""

    saved = ("rng",)

    def __init__(self, action_space: spaces.Space, seed):
        if not isinstance(action_space, spaces.Space):
            raise TypeError(
                f"A RandomAgent draws from an action space, `env.action_space`; given was {action_space!r}."
            )
        self.action_space, self.seed = action_space, seed
        self.rng = agent_generator(seed)

    def act(self, obs, explore: bool = True):
        return random_action(self.action_space, self.rng)

    def act_many(self, obs, explore: bool = True) -> np.ndarray:
        return np.stack([random_action(self.action_space, self.rng) for _ in range(num_rows(obs))])

    def learn(self, transition: Transition) -> None:
        pass

    def learn_many(self, transition: Transition) -> None:
        pass


class HandMadeAgent:
    """Follows a rule written by a person: `rule(obs) -> action`. It does not learn."""

    saved = ()

    def __init__(self, rule: Callable[[Any], Any]):
        if not callable(rule):
            raise TypeError(f"`rule` is a function obs -> action; it was {rule!r}.")
        self.rule = rule

    def act(self, obs, explore: bool = True):
        action = self.rule(obs)
        return action if isinstance(action, np.ndarray) and action.ndim else _whole(action)

    def act_many(self, obs, explore: bool = True) -> np.ndarray:
        return one_by_one(self, obs, explore)

    def learn(self, transition: Transition) -> None:
        pass

    def learn_many(self, transition: Transition) -> None:
        pass


class GreedyAgent:
    """Takes the action of the largest value, whoever says what they are: `q_values`, (B, O) -> (B, A)."""

    saved = ()

    def __init__(self, q_values: Callable[[np.ndarray], np.ndarray]):
        if not callable(q_values):
            raise TypeError(f"`q_values` is a function of observations (B, O) that gives (B, A); it was {q_values!r}.")
        self.q_values = q_values

    def act(self, obs, explore: bool = True) -> int:
        return int(self.act_many(np.asarray(obs)[None])[0])

    def act_many(self, obs, explore: bool = True) -> np.ndarray:
        return np.asarray(self.q_values(obs)).argmax(axis=1)

    def learn(self, transition: Transition) -> None:
        pass

    def learn_many(self, transition: Transition) -> None:
        pass


def one_by_one(agent: Agent, obs, explore: bool) -> np.ndarray:
    """`agent.act` for each of B observations, where there is no quicker way."""
    return np.array([agent.act(row, explore) for row in split_rows(obs)])


def split_rows(obs) -> Iterator:
    """The B observations that stand above one another in obs, (B, ...) or a dict of such arrays."""
    if isinstance(obs, dict):
        parts = {name: list(split_rows(part)) for name, part in obs.items()}
        return ({name: part[row] for name, part in parts.items()} for row in range(num_rows(obs)))
    return iter(obs)


def _whole(action):
    """A whole number as one of Python's; anything else as it is, for the loop to judge: 0.7 is not 0."""
    if isinstance(action, (float, np.floating)):
        return int(action) if action.is_integer() else action
    return int(action) if isinstance(action, (bool, np.bool_, np.integer)) else action


def agent_generator(seed) -> np.random.Generator:
    """A generator for an agent that is independent of its environment's, even from the same seed.

    Gymnasium makes the environment's with `default_rng(seed)`. A second one made so would draw the very same numbers,
    and the agent's choices would foretell what the environment does.
    """
    return np.random.default_rng(np.random.SeedSequence(seed).spawn(1)[0])


def ten_percent_random(q, counts, step: int, rng: np.random.Generator) -> int:
    """The policy of `TableConfig` unless another is given: epsilon-greedy with epsilon 0.1."""
    return epsilon_greedy(q, 0.1, rng)


@dataclass(frozen=True)
class Constant:
    """A step size that never changes: the same for every visit."""

    value: float

    def __call__(self, visits: int) -> float:
        return self.value


def constant(value: float) -> Constant:
    """The step size that never changes: `constant(0.1)(n)` is 0.1 for every visit n."""
    if not 0 <= value <= 1:
        raise ValueError(f"A step size must lie between 0 and 1; it was {value}.")
    return Constant(value)


@helpful
@dataclass(frozen=True)
class TableConfig:
    """The numbers of a table agent."""

    gamma: float = 0.99  # discount for each env step
    alpha: Callable[[int], float] = constant(0.1)  # step size at the n-th visit of (obs, action), n = 1, 2, ...
    policy: Callable[..., int] = ten_percent_random  # (q (A,), counts (A,), env step, rng) -> action
    initial_q: float = 0.0  # what every entry says before anything is learnt

    def __post_init__(self):
        if not 0 <= self.gamma <= 1:
            raise ValueError(f"`gamma` (the discount) must lie between 0 and 1; it was {self.gamma}.")
        if not callable(self.alpha):
            raise TypeError(f"`alpha` is a function of the number of visits; for a fixed one: constant({self.alpha}).")
        if not callable(self.policy):
            raise TypeError(f"`policy` is a function (q, counts, step, rng) -> action; it was {self.policy!r}.")
        if not np.isfinite(self.initial_q):
            raise ValueError(f"`initial_q` must be a finite number; it was {self.initial_q}.")


class QLearning:
    """Q-learning with a table (Watkins 1989; S&B section 6.5): q (S, A) moves towards its target at each step."""

    saved = ("q", "counts", "num_steps", "rng")

    def __init__(self, observation_space, action_space, config: TableConfig, seed):
        shape = (num_states_of(observation_space), num_actions_of(action_space))
        check_config(config, TableConfig)
        self.config, self.seed = config, seed
        self.q = np.full(shape, config.initial_q, float)  # (S, A)
        self.counts = np.zeros(shape, int)  # (S, A) updates of each entry
        self.num_steps = 0
        self.rng = agent_generator(seed)

    def act(self, obs: int, explore: bool = True) -> int:
        if not explore:
            return int(self.q[obs].argmax())
        q, counts = self.q[obs], self.counts[obs]  # (A,)
        return self.config.policy(q, counts, self.num_steps, self.rng)

    def act_many(self, obs, explore: bool = True) -> np.ndarray:
        return one_by_one(self, obs, explore) if explore else self.q[obs].argmax(axis=1)

    def learn(self, transition: Transition) -> None:
        obs, action, reward, next_obs, terminated, _ = transition
        target = q_learning_target(reward, self.q[next_obs], terminated, self.config.gamma)
        self.move_towards(target, obs, action)

    def move_towards(self, target: float, obs: int, action: int) -> None:
        """q <- q + alpha * (target - q), for one entry."""
        self.num_steps += 1
        self.counts[obs, action] += 1
        alpha = self.config.alpha(self.counts[obs, action])
        self.q[obs, action] += alpha * td_error(target, self.q[obs, action])


class Sarsa:
    """SARSA (Rummery & Niranjan 1994; S&B section 6.4): the target uses the action that will really be taken next."""

    saved = ("table", "next_action")

    def __init__(self, observation_space, action_space, config: TableConfig, seed):
        self.table = QLearning(observation_space, action_space, config, seed)
        self.next_action = None  # chosen while learning, taken at the next `act`

    @property
    def q(self) -> np.ndarray:
        return self.table.q

    @property
    def config(self) -> TableConfig:
        return self.table.config

    @property
    def seed(self):
        return self.table.seed

    def act(self, obs: int, explore: bool = True) -> int:
        if not explore or self.next_action is None:
            return self.table.act(obs, explore)
        action, self.next_action = self.next_action, None
        return action

    def act_many(self, obs, explore: bool = True) -> np.ndarray:
        return self.table.act_many(obs, explore)

    def forget_episode(self) -> None:
        self.next_action = None

    def learn(self, transition: Transition) -> None:
        obs, action, reward, next_obs, terminated, truncated = transition
        next_action, gamma = self.table.act(next_obs), self.table.config.gamma
        target = sarsa_target(reward, self.q[next_obs], next_action, terminated, gamma)
        self.table.move_towards(target, obs, action)
        self.next_action = None if terminated or truncated else next_action
