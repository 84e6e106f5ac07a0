"""The short corridor with switched actions: all cells look alike, and the best policy tosses a coin."""

import gymnasium as gym
from gymnasium import spaces

from helpers.envs.arrays import arrays_from

LEFT, RIGHT = 0, 1


class SwitchedCorridor(gym.Env):
    """Three cells and a goal to their right; each step costs 1 (S&B example 13.1). An episode begins in cell 0.

    "Right" leads right and "left" leads left, but in cell 1 it is the other way round; cell 0 has a wall to its left.
    aliased: all places look alike (observation 0); else the observation is the number of the place, 3 being the goal.
    `P` (S, A, S) and `R` (S, A) hold the world as arrays, with its true places as states. There is no time limit: wrap
    it in `gymnasium.wrappers.TimeLimit` for agents that may never arrive.
    """

    metadata = {"render_modes": []}
    SWITCHED, GOAL = 1, 3

    def __init__(self, aliased: bool = True):
        self.aliased = bool(aliased)
        self.observation_space = spaces.Discrete(1 if aliased else self.GOAL + 1)
        self.action_space = spaces.Discrete(2)
        outcomes = {
            (place, action): [(1.0, *self._move(place, action))] if place != self.GOAL else []
            for place in range(self.GOAL + 1)
            for action in (LEFT, RIGHT)
        }
        self.P, self.R = arrays_from(outcomes, self.GOAL + 1, 2)
        self.place = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = 0
        return self._observation(), {}

    def step(self, action):
        self.place, reward, terminated = self._move(self.place, int(action))
        return self._observation(), reward, terminated, False, {}

    def _observation(self) -> int:
        return 0 if self.aliased else self.place

    def _move(self, place: int, action: int) -> tuple[int, float, bool]:
        right = (action == RIGHT) != (place == self.SWITCHED)
        next_place = max(place + (1 if right else -1), 0)
        return next_place, -1.0, next_place == self.GOAL
