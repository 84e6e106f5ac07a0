"""A space of our own: small networks that read handwritten digits, each trained in a moment, in NumPy."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from helpers.records import load_record
from helpers.search.layers import Adam, Bend, Conv, Dense, Pool, patches_of, softmax_gradient
from helpers.search.space import Space

UNITS = (0, 16, 48, 128)  # of a hidden layer; 0: there is none
MAPS = (0, 4, 8, 16)  # of the convolution


def _named(sizes: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(str(size) if size else "none" for size in sizes)


DIGITS = Space(
    ("maps", "pooling", "hidden 1", "hidden 2", "bend"),
    (
        _named(MAPS),
        ("none", "max 2×2", "mean 2×2", "max 4×4"),
        _named(UNITS),
        _named(UNITS),
        ("linear", "relu", "tanh", "sigmoid"),
    ),
)

EPOCHS = (2, 6, 18)  # after which the validation images are asked; the last ends the training
BATCH_SIZE, LEARNING_RATE = 30, 3e-3
NUM_TRAIN, NUM_VALIDATION = 300, 497  # the other 1,000 images are the test
SPLIT_SEED = 0


class Digits(NamedTuple):
    """Images (n, 8, 8) from 0 to 1 and their labels (n,), for learning, for choosing, and for the last word."""

    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Training:
    """What one training gave, in percent and processor seconds."""

    validation: tuple[float, ...]  # after each of EPOCHS
    test: float
    seconds: float


def load_digits(path) -> Digits:
    """The 1,797 digits, shuffled once and for all and cut in three."""
    arrays, _ = load_record(path)
    if missing := {"images", "labels"} - arrays.keys():
        raise ValueError(f"{path} is damaged or another record: it has no {sorted(missing)}. Use an older copy.")
    order = np.random.default_rng(SPLIT_SEED).permutation(len(arrays["labels"]))
    images = arrays["images"][order].reshape(-1, 8, 8).astype(np.float32) / 16
    labels = arrays["labels"][order].astype(int)
    first, second = NUM_TRAIN, NUM_TRAIN + NUM_VALIDATION
    parts = (slice(first), slice(first, second), slice(second, None))
    return Digits(*((images[part], labels[part]) for part in parts))


class DigitsTrainer:
    """Really trains the networks of `DIGITS`, each time from new initial weights."""

    space = DIGITS

    def __init__(self, digits: Digits):
        self.digits = digits

    def train(self, architecture: Sequence[int], rng: np.random.Generator) -> tuple[float, float]:
        """(validation accuracy in percent, processor seconds) of one training."""
        found = train_network(architecture, self.digits, int(rng.integers(2**31)))
        return found.validation[-1], found.seconds


def make_layers(architecture: Sequence[int], rng: np.random.Generator) -> list:
    """The layers of an architecture; what comes in are patches (B, 8, 8, 9) where it has maps, else (B, 8, 8, 1)."""
    maps, pooling, *hidden, bend = DIGITS.check(architecture)
    layers, channels = [], 1
    if maps:
        channels = MAPS[maps]
        layers += [Conv(9, channels, rng), Bend(bend)]
    pool = Pool(pooling)
    layers.append(pool)
    size = pool.side**2 * channels
    for units in (UNITS[choice] for choice in hidden if choice):
        layers += [Dense(size, units, rng), Bend(bend)]
        size = units
    return [*layers, Dense(size, 10, rng)]


def train_network(architecture: Sequence[int], digits: Digits, seed: int) -> Training:
    """Adam on batches of the training images, from `seed`; validation after each of EPOCHS, the test at the end."""
    rng, began = np.random.default_rng(seed), time.process_time()
    layers = make_layers(architecture, rng)
    see = patches_of if isinstance(layers[0], Conv) else (lambda images: images[..., None])
    x, labels = see(digits.train[0]), digits.train[1]
    adam, validation = Adam(layers, LEARNING_RATE), []
    for epoch in range(1, EPOCHS[-1] + 1):
        for batch in rng.permutation(len(x)).reshape(-1, BATCH_SIZE):
            gradient = softmax_gradient(forward(layers, x[batch]), labels[batch])
            for layer in reversed(layers):
                gradient = layer.backward(gradient)
            adam.step()
        if epoch in EPOCHS:
            validation.append(_percent_right(layers, see(digits.validation[0]), digits.validation[1]))
    seconds = time.process_time() - began
    test = _percent_right(layers, see(digits.test[0]), digits.test[1])
    return Training(tuple(validation), test, seconds)


def forward(layers: list, x: np.ndarray) -> np.ndarray:
    """Logits (B, 10) of what the first layer takes."""
    for layer in layers:
        x = layer.forward(x)
    return x


def _percent_right(layers: list, x: np.ndarray, labels: np.ndarray) -> float:
    return 100 * float((forward(layers, x).argmax(axis=1) == labels).mean())
