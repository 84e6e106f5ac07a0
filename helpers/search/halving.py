"""Successive halving: train many for a short while, and only the best of them to the end (Li et al. 2018)."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from helpers.search.space import Space


@dataclass(frozen=True)
class Curves:
    """Recorded trainings with what they showed on the way.

    accuracy (N, K, rungs): of K trainings, in percent; seconds (N,): of a whole one; truth (N,): what a pick is worth;
    epochs (rungs,): after which each number was taken, and so the share of the seconds that it costs.
    """

    space: Space
    accuracy: np.ndarray
    seconds: np.ndarray
    truth: np.ndarray
    epochs: tuple[int, ...]


class Spent(NamedTuple):
    """After each part of a training: the seconds spent so far, and the row of the pick."""

    seconds: np.ndarray  # (n,)
    picks: np.ndarray  # (n,)


def successive_halving(
    curves: Curves, budget: float, rng: np.random.Generator, width: int = 27, keep: int = 3
) -> Spent:
    """Begin `width` trainings at random, go on with the best third, and so on; then anew, until the seconds are spent.

    The pick is the highest accuracy on the highest rung that anything has reached.
    """
    if not (np.isfinite(budget) and budget > 0):
        raise ValueError(f"`budget` must be more than 0 seconds of training; it was {budget}.")
    spent, best, seconds, picks = 0.0, (-1, -np.inf, 0), [], []
    shares = np.diff((0, *curves.epochs)) / curves.epochs[-1]  # (rungs,) of a whole training
    while True:
        rows, looks = rng.integers(len(curves.space), size=width), curves.accuracy.shape[1]
        bracket = list(zip(rows.tolist(), rng.integers(looks, size=width).tolist(), strict=True))
        for rung, share in enumerate(shares):
            for row, look in bracket:
                spent += share * curves.seconds[row]
                if spent > budget:
                    return Spent(np.array(seconds), np.array(picks, int))
                best = max(best, (rung, float(curves.accuracy[row, look, rung]), row))
                seconds.append(spent)
                picks.append(best[2])
            ranked = sorted(bracket, key=lambda member: -curves.accuracy[member[0], member[1], rung])
            bracket = ranked[: max(1, len(ranked) // keep)]
