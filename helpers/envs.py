"""Small worlds of our own, any toy world as arrays, and the one table of action -> name -> arrow."""

from typing import NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium import spaces


class Action(NamedTuple):
    """One action as people see it."""

    name: str
    arrow: str
    step: tuple[int, int]  # (rows, columns) it moves on a grid


LEFT = Action("left", "←", (0, -1))
DOWN = Action("down", "↓", (1, 0))
RIGHT = Action("right", "→", (0, 1))
UP = Action("up", "↑", (-1, 0))

_ORDERS = {
    "GridWorld": (LEFT, DOWN, RIGHT, UP),
    "FrozenLakeEnv": (LEFT, DOWN, RIGHT, UP),
    "CliffWalkingEnv": (UP, RIGHT, DOWN, LEFT),
    "Corridor": (LEFT, RIGHT),
    "CartPoleEnv": (LEFT, RIGHT),
}


def actions_of(env) -> tuple[Action, ...]:
    """What action 0, 1, ... means in `env`. A test steps each world to see that this table is right."""
    world = type(env.unwrapped).__name__
    if world not in _ORDERS:
        raise KeyError(f"The actions of {world} have no names here; known are {sorted(_ORDERS)}.")
    return _ORDERS[world]


class GridWorld(gym.Env):
    """A grid drawn with letters: `S` start, `G` goal, `X` pit, `#` wall, `.` free. Observation: row * columns + column.

    A move into a wall or over the edge stays in place. With probability `slip` the move goes to one side instead
    (half left of it, half right). Entering a goal or a pit pays its reward and ends the episode (`terminated`);
    every other step pays `step_reward`. With several `S` each episode starts at one of them, at random.
    `P` (S, A, S) and `R` (S, A) hold the same world as arrays.
    """

    metadata = {"render_modes": []}

    def __init__(
        self, rows, *, slip: float = 0.0, step_reward: float = 0.0, goal_reward: float = 1.0, pit_reward: float = -1.0
    ):
        self.cells = _check_grid(rows)  # (rows, columns) of letters
        if not 0 <= slip <= 1:
            raise ValueError(f"`slip` is a probability and must lie between 0 and 1; it was {slip}.")
        self.slip = slip
        self.rewards = {"G": goal_reward, "X": pit_reward}
        self.step_reward = step_reward
        self.observation_space = spaces.Discrete(self.cells.size)
        self.action_space = spaces.Discrete(4)
        self.starts = np.flatnonzero(self.cells.ravel() == "S")
        self.P, self.R = self._as_arrays()
        self.obs = int(self.starts[0])

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.cells.shape

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.obs = int(self.starts[self.np_random.integers(len(self.starts))])
        return self.obs, {}

    def step(self, action):
        directions = self._directions(int(action))
        choice = self.np_random.choice(len(directions), p=[probability for probability, _ in directions])
        self.obs, reward, terminated = self._move(self.obs, directions[choice][1])
        return self.obs, reward, terminated, False, {}

    def _directions(self, action: int) -> list[tuple[float, Action]]:
        order = actions_of(self)
        ahead, side, other_side = order[action], order[(action + 1) % 4], order[(action - 1) % 4]
        return [(1 - self.slip, ahead), (self.slip / 2, side), (self.slip / 2, other_side)]

    def _move(self, obs: int, direction: Action) -> tuple[int, float, bool]:
        row, column = np.unravel_index(obs, self.shape)
        next_row = min(max(row + direction.step[0], 0), self.shape[0] - 1)
        next_column = min(max(column + direction.step[1], 0), self.shape[1] - 1)
        if self.cells[next_row, next_column] == "#":
            next_row, next_column = row, column
        cell = self.cells[next_row, next_column]
        next_obs = int(next_row * self.shape[1] + next_column)
        return next_obs, float(self.rewards.get(cell, self.step_reward)), cell in self.rewards

    def _as_arrays(self) -> tuple[np.ndarray, np.ndarray]:
        outcomes = {}
        for obs in range(self.cells.size):
            moves_on = self.cells.ravel()[obs] not in ("#", *self.rewards)
            for action in range(4):
                moves = self._directions(action) if moves_on else []
                outcomes[obs, action] = [(p, *self._move(obs, direction)) for p, direction in moves]
        return _arrays_from(outcomes, self.cells.size, 4)


# The world of Part I: two ways round, a pit beside the shorter one. Make it with `GridWorld(MEADOW, **MEADOW_RULES)`.
MEADOW = (
    "...X.G",
    ".#....",
    ".#.#X.",
    "S.....",
)
MEADOW_RULES = {"slip": 0.2, "step_reward": -0.04}


class Corridor(gym.Env):
    """Cells 0 .. length-1 in a row; an episode begins in cell `start`. Going off the left end pays `near_reward`, off
    the right end `far_reward`; both end the episode. A greedy learner that meets the small reward first never sees
    the other.
    """

    metadata = {"render_modes": []}

    def __init__(self, length: int = 9, *, start: int = 1, near_reward: float = 0.1, far_reward: float = 1.0):
        if length < 2 or not 0 <= start < length:
            raise ValueError(f"A corridor needs 2 or more cells and a start inside; they were {length} and {start}.")
        self.length, self.start = length, start
        self.near_reward, self.far_reward = near_reward, far_reward
        self.observation_space = spaces.Discrete(length + 2)  # the two ends are states too
        self.action_space = spaces.Discrete(2)
        outcomes = {}
        for obs in range(length + 2):
            for action in range(2):
                outcomes[obs, action] = [(1.0, *self._move(obs, action))] if 0 < obs <= length else []
        self.P, self.R = _arrays_from(outcomes, length + 2, 2)
        self.obs = start + 1

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.obs = self.start + 1
        return self.obs, {}

    def step(self, action):
        self.obs, reward, terminated = self._move(self.obs, int(action))
        return self.obs, reward, terminated, False, {}

    def _move(self, obs: int, action: int) -> tuple[int, float, bool]:
        next_obs = obs + (1 if action == 1 else -1)
        reward = {0: self.near_reward, self.length + 1: self.far_reward}.get(next_obs, 0.0)
        return next_obs, float(reward), next_obs in (0, self.length + 1)


class Discretise(gym.ObservationWrapper):
    """Cuts each part of a Box observation into bins, so that a table can be used: obs (O,) becomes one whole number.

    `edges` holds one increasing array of inner edges for each part; n edges make n + 1 bins (none: one bin, so that
    the part is not looked at).
    """

    def __init__(self, env, edges):
        super().__init__(env)
        if not isinstance(env.observation_space, spaces.Box) or env.observation_space.shape != (len(edges),):
            raise TypeError(
                f"`edges` needs one array for each part of a Box observation; there were {len(edges)} for "
                f"{env.observation_space}."
            )
        self.edges = [np.asarray(part, float) for part in edges]
        if any(np.any(np.diff(part) <= 0) for part in self.edges):
            raise ValueError("The edges of each part must increase, each larger than the one before.")
        self.num_bins = tuple(len(part) + 1 for part in self.edges)
        self.observation_space = spaces.Discrete(int(np.prod(self.num_bins)))

    def observation(self, observation) -> int:
        index = 0
        for value, part, bins in zip(observation, self.edges, self.num_bins, strict=True):
            index = index * bins + int(part.searchsorted(value, side="right"))
        return index


def as_arrays(env) -> tuple[np.ndarray, np.ndarray]:
    """The world as P (S, A, S), the probability of each next state, and R (S, A), the expected reward.

    For our own grids, and for Gymnasium's toy-text worlds, which publish their transition table as `env.P`.
    A terminal state is written as one that leads to itself for ever and pays nothing, so that its value is 0.
    """
    world = env.unwrapped
    if isinstance(getattr(world, "P", None), np.ndarray):
        return world.P, world.R
    if not isinstance(getattr(world, "P", None), dict):
        raise TypeError(
            f"{type(world).__name__} has no transition table `P`; only worlds that publish one can be solved."
        )
    num_states, num_actions = int(env.observation_space.n), int(env.action_space.n)
    ends = {row[1] for moves in world.P.values() for rows in moves.values() for row in rows if row[3]}
    outcomes = {
        (obs, action): [] if obs in ends else world.P[obs][action]
        for obs in range(num_states)
        for action in range(num_actions)
    }
    return _arrays_from(outcomes, num_states, num_actions)


def terminal_states(P, R) -> np.ndarray:
    """(S,) of bool: the states that lead only to themselves and pay nothing (walls look the same)."""
    stays = np.einsum("sas->sa", P) == 1
    return np.all(stays & (np.asarray(R) == 0), axis=1)


def _arrays_from(outcomes, num_states: int, num_actions: int) -> tuple[np.ndarray, np.ndarray]:
    P, R = np.zeros((num_states, num_actions, num_states)), np.zeros((num_states, num_actions))
    for (obs, action), rows in outcomes.items():
        for probability, next_obs, reward, _ in rows:
            P[obs, action, next_obs] += probability
            R[obs, action] += probability * reward
        if not rows:
            P[obs, action, obs] = 1.0  # terminal: stays, for nothing
    return P, R


def _check_grid(rows) -> np.ndarray:
    lengths = {len(row) for row in rows}
    if len(lengths) != 1 or lengths == {0}:
        raise ValueError(
            f"The rows of a grid need one common length above 0; the lengths were {[len(r) for r in rows]}."
        )
    cells = np.array([list(row) for row in rows])
    unknown = set(cells.ravel().tolist()) - set("SGX#.")
    if unknown:
        raise ValueError(f"A grid is drawn with S, G, X, # and . only; it also had {sorted(unknown)}.")
    if "S" not in cells:
        raise ValueError("A grid needs at least one start, S.")
    return cells
