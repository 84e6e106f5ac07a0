"""Sensors cut into bins, so that a table can be used."""

import gymnasium as gym
import numpy as np
from gymnasium import spaces


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
