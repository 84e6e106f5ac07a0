"""What an agent is, and the agents that need no network: random, hand-made, and two that learn a table."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from gymnasium import spaces

from helpers.buffer import Transition
from helpers.config import helpful
from helpers.policies import epsilon_greedy
from helpers.updates import q_learning_target, sarsa_target, td_error


class Agent(Protocol):
    """The two verbs. Everything that an algorithm owns (table, buffer, network, counters) is inside the agent."""

    def act(self, obs: Any, explore: bool = True) -> int:
        """Choose an action; with explore=False the best one known, without drawing from the agent's generator."""

    def learn(self, transition: Transition) -> None:
        """Take in one transition."""


class RandomAgent:
    """Every action equally often, whatever it sees. The lower bound on each figure."""

    def __init__(self, action_space: spaces.Discrete, seed):
        self.num_actions = num_actions_of(action_space)
        self.rng = agent_generator(seed)

    def act(self, obs, explore: bool = True) -> int:
        return int(self.rng.integers(self.num_actions))

    def learn(self, transition: Transition) -> None:
        pass


class HandMadeAgent:
    """Follows a rule written by a person: `rule(obs) -> action`. It does not learn."""

    def __init__(self, rule: Callable[[Any], int]):
        self.rule = rule

    def act(self, obs, explore: bool = True) -> int:
        return int(self.rule(obs))

    def learn(self, transition: Transition) -> None:
        pass


def agent_generator(seed) -> np.random.Generator:
    """A generator for an agent that is independent of its environment's, even from the same seed.

    Gymnasium makes the environment's with `default_rng(seed)`. A second one made so would draw the very same numbers,
    and the agent's choices would foretell what the environment does.
    """
    return np.random.default_rng(np.random.SeedSequence(seed).spawn(1)[0])


def ten_percent_random(q, counts, step: int, rng: np.random.Generator) -> int:
    """The policy of `TableConfig` unless another is given: epsilon-greedy with epsilon 0.1."""
    return epsilon_greedy(q, 0.1, rng)


def constant(value: float) -> Callable[[int], float]:
    """The step size that never changes: `constant(0.1)(n)` is 0.1 for every visit n."""
    if not 0 <= value <= 1:
        raise ValueError(f"A step size must lie between 0 and 1; it was {value}.")
    return lambda visits: value


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

    def __init__(self, observation_space, action_space, config: TableConfig, seed):
        shape = (num_states_of(observation_space), num_actions_of(action_space))
        self.config = config
        self.q = np.full(shape, config.initial_q, float)  # (S, A)
        self.counts = np.zeros(shape, int)  # (S, A) updates of each entry
        self.num_steps = 0
        self.rng = agent_generator(seed)

    def act(self, obs: int, explore: bool = True) -> int:
        if not explore:
            return int(self.q[obs].argmax())
        return self.config.policy(self.q[obs], self.counts[obs], self.num_steps, self.rng)

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

    def state(self) -> dict[str, np.ndarray]:
        """Everything that learning has changed, as arrays."""
        generator = np.array(json.dumps(self.rng.bit_generator.state))
        return {
            "q": self.q.copy(),
            "counts": self.counts.copy(),
            "num_steps": np.array(self.num_steps),
            "generator": generator,
        }

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Put back what `state` returned."""
        if state["q"].shape != self.q.shape:
            raise ValueError(f"The saved table is {state['q'].shape} (S, A); this agent's is {self.q.shape}.")
        self.q[:], self.counts[:] = state["q"], state["counts"]
        self.num_steps = int(state["num_steps"])
        self.rng.bit_generator.state = json.loads(str(state["generator"]))


class Sarsa:
    """SARSA (Rummery & Niranjan 1994; S&B section 6.4): the target uses the action that will really be taken next."""

    def __init__(self, observation_space, action_space, config: TableConfig, seed):
        self.table = QLearning(observation_space, action_space, config, seed)
        self.next_action = None  # chosen while learning, taken at the next `act`

    @property
    def q(self) -> np.ndarray:
        return self.table.q

    def act(self, obs: int, explore: bool = True) -> int:
        if not explore or self.next_action is None:
            return self.table.act(obs, explore)
        action, self.next_action = self.next_action, None
        return action

    def learn(self, transition: Transition) -> None:
        obs, action, reward, next_obs, terminated, truncated = transition
        next_action = self.table.act(next_obs)
        target = sarsa_target(reward, self.q[next_obs], next_action, terminated, self.table.config.gamma)
        self.table.move_towards(target, obs, action)
        self.next_action = None if terminated or truncated else next_action

    def state(self) -> dict[str, np.ndarray]:
        """As `QLearning.state`, and the action already chosen (-1: none)."""
        pending = -1 if self.next_action is None else self.next_action
        return {**self.table.state(), "next_action": np.array(pending)}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Put back what `state` returned."""
        self.table.restore(state)
        self.next_action = None if state["next_action"] < 0 else int(state["next_action"])


def num_states_of(observation_space) -> int:
    """S, the number of observations; an error where they cannot be counted."""
    if not isinstance(observation_space, spaces.Discrete) or observation_space.start != 0:
        raise TypeError(
            f"A table needs one row for each observation, so its observation space must be Discrete, counted from 0; "
            f"it was {observation_space}. Cut a Box into bins first (helpers.envs.Discretise), or use a network."
        )
    return int(observation_space.n)


def num_actions_of(action_space) -> int:
    """A, the number of actions; an error where they cannot be counted."""
    if not isinstance(action_space, spaces.Discrete) or action_space.start != 0:
        raise TypeError(
            f"Q-learning takes the maximum over a list of actions, so the action space must be Discrete, "
            f"counted from 0; it was {action_space}."
        )
    return int(action_space.n)
