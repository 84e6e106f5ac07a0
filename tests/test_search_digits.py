"""The small networks that read digits: their gradients against plain slopes, and what a training gives."""

import numpy as np
import pytest

from helpers.search import DIGITS, DigitsTrainer, Trials, load_digits, random_search
from helpers.search.digits import forward, make_layers, train_network
from helpers.search.layers import Conv, Pool, patches_of, softmax_gradient

PATH = "notebooks/data/digits.npz"


def loss(layers, x, labels):
    logits = forward(layers, x).astype(float)
    logits -= logits.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels])


@pytest.mark.parametrize("architecture", [(0, 0, 0, 0, 0), (1, 1, 1, 0, 2), (2, 2, 0, 1, 3), (1, 3, 2, 1, 1)])
def test_the_way_back_is_the_slope_of_the_loss(architecture):
    rng = np.random.default_rng(0)
    images, labels = rng.random((5, 8, 8)), rng.integers(10, size=5)
    layers = make_layers(architecture, rng)
    for layer in layers:
        layer.weights = [weights.astype(float) for weights in layer.weights]
    x = patches_of(images) if isinstance(layers[0], Conv) else images[..., None]
    gradient = softmax_gradient(forward(layers, x), labels)
    for layer in reversed(layers):
        gradient = layer.backward(gradient)
    for layer in layers:
        for weights, found in zip(layer.weights, getattr(layer, "gradients", []), strict=False):
            place, step = np.unravel_index(int(rng.integers(weights.size)), weights.shape), 1e-5
            before = weights[place]
            weights[place] = before + step
            above = loss(layers, x, labels)
            weights[place] = before - step
            below = loss(layers, x, labels)
            weights[place] = before
            assert found[place] == pytest.approx((above - below) / (2 * step), abs=1e-6)


def test_patches_and_pools_by_hand():
    images = np.arange(64.0).reshape(1, 8, 8)
    assert patches_of(images)[0, 0, 0].tolist() == [0, 0, 0, 0, 0, 1, 0, 8, 9]
    assert patches_of(images)[0, 4, 4].tolist() == [27, 28, 29, 35, 36, 37, 43, 44, 45]
    assert Pool(1).forward(images[..., None])[0, 0, 0] == 9
    assert Pool(2).forward(images[..., None])[0, 0, 0] == 4.5
    assert Pool(3).forward(images[..., None])[0, 1, 1] == 63


def test_the_digits_are_cut_in_three_without_overlap():
    digits = load_digits(PATH)
    sizes = [len(labels) for _, labels in digits]
    assert sizes == [300, 497, 1_000]
    everything = np.concatenate([images for images, _ in digits]).reshape(1_797, 64)
    assert len(np.unique(everything, axis=0)) == 1_797 and everything.max() == 1
    for _, labels in digits:
        assert np.bincount(labels, minlength=10).min() > len(labels) / 20


def test_a_training_learns_and_repeats_to_the_bit():
    digits = load_digits(PATH)
    found, again = (train_network((1, 1, 2, 0, 1), digits, 3) for _ in range(2))
    assert (found.validation, found.test) == (again.validation, again.test)
    assert found.validation[0] < found.validation[-1] and found.test > 85
    assert train_network((1, 1, 2, 0, 1), digits, 4).validation != found.validation


def test_a_live_search_counts_like_a_recorded_one():
    trials = Trials(DigitsTrainer(load_digits(PATH)), 2, np.random.default_rng(0))
    random_search(trials, np.random.default_rng(0))
    assert len(trials.index) == 2 and min(trials.seconds) > 0 and max(trials.index) < len(DIGITS)
