"""Observations brought to mean 0 and standard deviation 1, by what has been seen of them so far."""

import numpy as np


class Normaliser:
    """Mean and variance of each part of an observation (O,) over everything that `update` was given.

    It changes only where `update` is called: what acts, and what is evaluated, sees the same scale. Before the first
    update it changes nothing but what lies beyond `limit`.
    """

    saved = ("count", "mean", "variance")

    def __init__(self, obs_shape: tuple[int, ...], limit: float = 10.0):
        self.limit = limit  # standard deviations; what is farther away is brought there
        self.count = 0
        self.mean, self.variance = np.zeros(obs_shape), np.ones(obs_shape)  # (O,) each

    def __call__(self, obs) -> np.ndarray:
        """obs (..., O) as (obs - mean) / standard deviation, float32."""
        scaled = (obs - self.mean) / np.sqrt(self.variance + 1e-8)
        return scaled.clip(-self.limit, self.limit).astype(np.float32)

    def update(self, obs) -> None:
        """Add observations (..., O). Mean and variance of the two parts together: Chan, Golub & LeVeque (1983)."""
        obs = np.asarray(obs, float).reshape(-1, *self.mean.shape)
        total = self.count + len(obs)
        apart = obs.mean(axis=0) - self.mean  # (O,)
        squares = self.count * self.variance + len(obs) * obs.var(axis=0)
        squares += apart**2 * self.count * len(obs) / total
        self.mean, self.variance = self.mean + apart * len(obs) / total, squares / total
        self.count = total
