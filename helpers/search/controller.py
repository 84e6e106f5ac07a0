"""A policy over architectures: one softmax for each slot, learnt by REINFORCE (Zoph & Le 2017)."""

from dataclasses import dataclass

import numpy as np

from helpers.config import check_config, helpful
from helpers.distributions import Categorical
from helpers.search.space import Architecture, Space


@helpful
@dataclass(frozen=True)
class ControllerConfig:
    """The numbers of a controller."""

    alpha: float = 5.0  # step size, for rewards as shares of 1
    memory: float = 0.9  # of the baseline: how much of the old mean stays

    def __post_init__(self):
        if not (np.isfinite(self.alpha) and self.alpha > 0):
            raise ValueError(f"`alpha` (the step size) must be above 0; it was {self.alpha}.")
        if not 0 <= self.memory < 1:
            raise ValueError(f"`memory` lies between 0 and 1, 1 excluded; it was {self.memory}.")


class Controller:
    """logits (slots, choices) and a moving average of the rewards as the baseline.

    Zoph and Le's controller is a recurrent network, whose later choices may depend on earlier ones. Here they do not.
    """

    def __init__(self, space: Space, config: ControllerConfig):
        check_config(config, ControllerConfig)
        self.space, self.config = space, config
        self.logits = np.zeros((len(space.slots), space.num_choices))
        self.baseline: float | None = None

    @property
    def probs(self) -> np.ndarray:
        """(slots, choices)."""
        return Categorical(self.logits).probs

    def sample(self, rng: np.random.Generator) -> Architecture:
        """An architecture, each slot drawn by its own probabilities."""
        return tuple(Categorical(self.logits).sample(rng).tolist())

    def learn(self, architecture: Architecture, reward: float) -> None:
        """theta <- theta + alpha (reward - baseline) score (Williams 1992, REINFORCE with a reinforcement baseline)."""
        choice = np.asarray(self.space.check(architecture))
        if not np.isfinite(reward):
            raise ValueError(f"A reward must be a finite number; it was {reward}.")
        baseline = reward if self.baseline is None else self.baseline
        score = Categorical(self.logits).log_prob_gradient(choice)  # (slots, choices)
        self.logits += self.config.alpha * (reward - baseline) * score
        self.baseline = self.config.memory * baseline + (1 - self.config.memory) * reward
