"""Worlds drawn with letters, and the one of Part I."""

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from helpers.envs.actions import Action, actions_of
from helpers.envs.arrays import arrays_from


class GridWorld(gym.Env):
    """A grid drawn with letters: `S` start, `G` goal, `X` pit, `#` wall, `.` free. Observation: row * columns + column.

    A move into a wall or over the edge stays in place. With probability `slip` the move goes to one side instead
    (half left of it, half right). Entering a goal or a pit pays its reward and ends the episode (`terminated`);
    every other step pays `step_reward`. With several `S` each episode starts at one of them, at random.
    `outcomes(obs, action)` lists what may follow; `P` (S, A, S) and `R` (S, A) hold the same world as arrays.
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

    def outcomes(self, obs: int, action: int) -> list[tuple[float, int, float, bool]]:
        """What may follow: (probability, next_obs, reward, terminated) of each way the move can go.

        In a wall, a goal or a pit nothing follows: the list is empty. It is what `env.P[obs][action]` is in FrozenLake.
        """
        if self.cells.ravel()[obs] in ("#", *self.rewards):
            return []
        return [(probability, *self._move(obs, direction)) for probability, direction in self._directions(action)]

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
        cells, actions = range(self.cells.size), range(4)
        outcomes = {(obs, action): self.outcomes(obs, action) for obs in cells for action in actions}
        return arrays_from(outcomes, self.cells.size, 4)


# The world of Part I: two ways round, a pit beside the shorter one. Make it with `GridWorld(MEADOW, **MEADOW_RULES)`.
MEADOW = (
    "...X.G",
    ".#....",
    ".#.#X.",
    "S.....",
)
MEADOW_RULES = {"slip": 0.2, "step_reward": -0.04}


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
