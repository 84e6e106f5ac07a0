"""A space in which every architecture has been trained already: to train one is to look it up."""

from collections.abc import Sequence

import numpy as np

from helpers.records import load_record
from helpers.search.digits import DIGITS
from helpers.search.space import CELLS, Space

DATA_SETS = {"cifar10": 25_000, "cifar100": 5_000, "imagenet": 3_000}  # images of each validation set


class NetworkTable:
    """Recorded trainings of a whole space.

    accuracy (N, K): percent after each of K trainings of each architecture; NaN where there is none.
    seconds (N,): what one training of each takes.
    truth (N,): what a pick is worth; the mean over its trainings unless it is given.
    """

    def __init__(self, space: Space, accuracy, seconds, truth=None):
        self.space = space
        self.accuracy, self.seconds = np.asarray(accuracy, float), np.asarray(seconds, float)
        _check_arrays(space, self.accuracy, self.seconds)
        self.truth = np.nanmean(self.accuracy, axis=1) if truth is None else np.asarray(truth, float)
        _check_truth(space, self.truth)
        self.best = float(self.truth.max())
        self._known = [row[np.isfinite(row)].tolist() for row in self.accuracy]

    def train(self, architecture: Sequence[int], rng: np.random.Generator) -> tuple[float, float]:
        """(accuracy, seconds) of one of its trainings, each equally likely."""
        index = self.space.index(architecture)
        known = self._known[index]
        return known[int(rng.integers(len(known)))], float(self.seconds[index])

    def without_noise(self) -> "NetworkTable":
        """The same, but every training gives the mean over the trainings: what a search could do without chance."""
        return NetworkTable(self.space, np.nanmean(self.accuracy, axis=1, keepdims=True), self.seconds, self.truth)


def load_cells(path, data_set: str = "cifar100") -> NetworkTable:
    """NAS-Bench-201: validation accuracy of every cell after 200 epochs, for each training seed, and the seconds.

    data_set: one of DATA_SETS. Raises ValueError for another one, and for a file that is not what was recorded.
    """
    if data_set not in DATA_SETS:
        raise ValueError(f"The table has the data sets {', '.join(DATA_SETS)}; asked for was {data_set!r}.")
    arrays, _ = load_record(path)
    try:
        correct, seconds = arrays[f"{data_set}/correct"], arrays[f"{data_set}/seconds"]
    except KeyError as error:
        raise ValueError(f"{path} is damaged or another table: it has no {error}. Use an older copy.") from error
    return NetworkTable(CELLS, percent_right(correct, DATA_SETS[data_set]), seconds)


def percent_right(correct: np.ndarray, num_images: int) -> np.ndarray:
    """Images right as a percentage of all; NaN for 0, which stands where there is no such training."""
    return np.where(correct > 0, 100 * (correct / num_images), np.nan)


def load_digit_networks(path) -> NetworkTable:
    """The recorded trainings of every network of `DIGITS`: searched by validation, judged by the test images."""
    arrays, _ = load_record(path)
    if missing := {"validation", "test", "seconds"} - arrays.keys():
        raise ValueError(f"{path} is damaged or another table: it has no {sorted(missing)}. Use an older copy.")
    validation, test = arrays["validation"], arrays["test"]  # (N, K, rungs), (N, K)
    return NetworkTable(DIGITS, validation[..., -1], arrays["seconds"], test.mean(axis=1))


def _check_arrays(space: Space, accuracy: np.ndarray, seconds: np.ndarray) -> None:
    if accuracy.ndim != 2 or len(accuracy) != len(space) or seconds.shape != (len(space),):
        raise ValueError(
            f"The table is damaged or of another space: {len(space):,} architectures need accuracies "
            f"({len(space)}, K) and seconds ({len(space)},); the shapes were {accuracy.shape} and {seconds.shape}."
        )
    if empty := np.flatnonzero(~np.isfinite(accuracy).any(axis=1)).tolist():
        raise ValueError(
            f"The table is damaged: {len(empty)} architectures have no training, the first in row {empty[0]}."
        )
    if np.any((accuracy < 0) | (accuracy > 100)):
        raise ValueError("The table is damaged: an accuracy is a percentage, from 0 to 100; some lie outside.")
    if not np.all(seconds > 0):  # NaN is not above 0 either
        raise ValueError("The table is damaged: a training takes more than 0 seconds; some do not.")


def _check_truth(space: Space, truth: np.ndarray) -> None:
    if truth.shape != (len(space),) or not np.all(np.isfinite(truth)):
        raise ValueError(
            f"The table is damaged: `truth` needs {len(space):,} finite numbers; its shape was {truth.shape}."
        )
