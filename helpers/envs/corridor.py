"""A row of cells with a small reward near by and a large one far away."""

import gymnasium as gym
from gymnasium import spaces

from helpers.envs.arrays import arrays_from


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
        self.P, self.R = arrays_from(outcomes, length + 2, 2)
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
