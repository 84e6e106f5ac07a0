"""A budget of trainings, every one of them counted, and what is known after each."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from helpers.search.space import Space


class Trainer(Protocol):
    """What can train the architectures of a space: a `NetworkTable` looks it up, a `DigitsTrainer` does it."""

    space: Space

    def train(self, architecture: Sequence[int], rng: np.random.Generator) -> tuple[float, float]:
        """(validation accuracy in percent, seconds) of one training."""
        ...


class Trials:
    """Trains what a search asks for until the budget is spent, and keeps the log.

    A training counts each time, also where the same architecture was trained before.
    """

    def __init__(self, trainer: Trainer, budget: int, rng: np.random.Generator):
        if isinstance(budget, bool) or not isinstance(budget, (int, np.integer)) or budget < 1:
            raise ValueError(f"`budget` counts trainings, so it is a whole number, 1 or more; it was {budget!r}.")
        self.trainer, self.space, self.budget, self.rng = trainer, trainer.space, int(budget), rng
        self.index: list[int] = []
        self.accuracy: list[float] = []
        self.seconds: list[float] = []

    @property
    def left(self) -> int:
        """How many trainings the budget still allows."""
        return self.budget - len(self.index)

    def train(self, architecture: Sequence[int]) -> float:
        """The validation accuracy of one more training; RuntimeError where the budget is spent."""
        index = self.space.index(architecture)
        if not self.left:
            raise RuntimeError(f"The budget of {self.budget:,} trainings is spent. Ask `trials.left` before training.")
        accuracy, seconds = self.trainer.train(architecture, self.rng)
        self.index.append(index)
        self.accuracy.append(accuracy)
        self.seconds.append(seconds)
        return accuracy

    def picks(self) -> np.ndarray:
        """(n,) after each training: the row of the architecture that has shown the highest accuracy so far."""
        return np.asarray(self.index)[leaders(self.accuracy)]


def leaders(accuracy) -> np.ndarray:
    """(n,) after each training, the place of the highest accuracy so far; of equal ones the first."""
    accuracy = np.asarray(accuracy, float)
    before = np.maximum.accumulate(np.append(-np.inf, accuracy[:-1]))
    return np.maximum.accumulate(np.where(accuracy > before, np.arange(len(accuracy)), 0))


def regrets(trials: Trials, truth, best: float) -> np.ndarray:
    """(n,) after each training: how far the pick lies below the best architecture of the space, in points."""
    return best - np.asarray(truth)[trials.picks()]
