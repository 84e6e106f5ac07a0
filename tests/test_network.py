"""The network in Keras and the same arithmetic in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.dqn.variants import Duel
from helpers.network import Scale, in_numpy, layers_in_numpy, make_network, scaled, values_in_numpy
from helpers.ppo.policies import FreeSpread

SIZES = st.integers(1, 6)


def with_random_weights(network, rng):
    """Every weight and bias a random number: fresh biases are 0, and a forgotten bias would not be seen."""
    network.set_weights([rng.normal(size=w.shape).astype(np.float32) for w in network.get_weights()])
    return network


@settings(max_examples=25, deadline=None)
@given(
    obs_size=SIZES,
    hidden=st.lists(st.integers(1, 9), max_size=3).map(tuple),
    num_actions=SIZES,
    batch=SIZES,
    scale=st.sampled_from([1e-3, 1.0, 1e3]),
    seed=st.integers(0, 2**32 - 1),
)
def test_numpy_computes_what_keras_computes(obs_size, hidden, num_actions, batch, scale, seed):
    rng = np.random.default_rng(seed)
    network = with_random_weights(make_network(obs_size, hidden, num_actions, seed), rng)
    x = (scale * rng.normal(size=(batch, obs_size))).astype(np.float32)  # (B, O)
    by_keras = network(x).numpy()
    by_numpy = values_in_numpy(layers_in_numpy(network), x)
    assert by_numpy.shape == by_keras.shape == (batch, num_actions)
    np.testing.assert_allclose(by_numpy, by_keras, rtol=1e-4, atol=1e-4 * max(1.0, np.abs(by_keras).max()))


def test_one_observation_gives_the_row_that_a_batch_gives():
    layers = layers_in_numpy(with_random_weights(make_network(3, (8, 8), 2, 0), np.random.default_rng(0)))
    x = np.random.default_rng(1).normal(size=(5, 3))
    rows = np.array([values_in_numpy(layers, row) for row in x])
    assert rows.shape == (5, 2)
    np.testing.assert_allclose(rows, values_in_numpy(layers, x), rtol=1e-12)


def test_by_hand():
    # One hidden unit: max(1*2 + 3*(-1) + 0.5, 0) = max(-0.5, 0) = 0, so only the last biases are left.
    # With x = (2, 1) it is max(2 + 3 + 0.5, 0) = 5.5, times (2, -1), plus (0.25, 4): (11.25, -1.5).
    layers = [(np.array([[1.0], [3.0]]), np.array([0.5])), (np.array([[2.0, -1.0]]), np.array([0.25, 4.0]))]
    assert values_in_numpy(layers, np.array([2.0, -1.0])).tolist() == [0.25, 4.0]
    assert values_in_numpy(layers, np.array([2.0, 1.0])).tolist() == [11.25, -1.5]


def test_the_seed_decides_every_weight_bit_for_bit():
    first, again, other = (make_network(4, (16, 16), 2, seed).get_weights() for seed in (3, 3, 4))
    assert [w.tobytes() for w in first] == [w.tobytes() for w in again]
    for kernel, other_kernel in zip(first[::2], other[::2], strict=True):
        assert not np.any(kernel == other_kernel)


def test_global_generators_play_no_part():
    keras.utils.set_random_seed(1)  # the generators of random, NumPy, Keras and TensorFlow at once
    weights = make_network(4, (16,), 2, 0).get_weights()
    keras.utils.set_random_seed(2)
    assert [w.tobytes() for w in make_network(4, (16,), 2, 0).get_weights()] == [w.tobytes() for w in weights]


def test_equal_layers_start_with_different_weights():
    kernels = make_network(16, (16, 16), 16, 0).get_weights()[::2]
    assert not np.any(kernels[0] == kernels[1])
    assert not np.any(kernels[1] == kernels[2])


def test_initial_weights_are_he_normal_with_zero_biases():
    kernel, bias, *_ = make_network(50, (2_000,), 2, 0).get_weights()
    assert abs(kernel.std() / np.sqrt(2 / 50) - 1) < 0.02  # He et al. (2015): variance 2 / inputs
    assert abs(kernel.mean()) < 0.005
    assert not bias.any()


def test_the_copy_for_numpy_does_not_change_with_the_network():
    network = make_network(2, (4,), 2, 0)
    layers = layers_in_numpy(network)
    before = values_in_numpy(layers, np.ones(2))
    network.set_weights([w + 1 for w in network.get_weights()])
    assert np.array_equal(values_in_numpy(layers, np.ones(2)), before)
    assert not np.allclose(network(np.ones((1, 2), np.float32)).numpy()[0], before)


def test_gradients_against_finite_differences():
    rng = np.random.default_rng(5)
    network = with_random_weights(make_network(3, (6, 5), 2, 0), rng)
    x, y = rng.normal(size=(7, 3)).astype(np.float32), rng.normal(size=(7, 2)).astype(np.float32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(network(x) - y))
    by_tape = tape.gradient(loss, network.trainable_variables)

    weights = [w.astype(float) for w in network.get_weights()]  # 64 bits, in NumPy: independent of TensorFlow
    for number, w in enumerate(weights):
        for index in np.ndindex(w.shape):
            losses = []
            for step in (1e-6, -1e-6):
                moved = [v.copy() for v in weights]
                moved[number][index] += step
                layers = list(zip(moved[::2], moved[1::2], strict=True))
                losses.append(np.mean((values_in_numpy(layers, x.astype(float)) - y) ** 2))
            slope = (losses[0] - losses[1]) / 2e-6
            assert by_tape[number].numpy()[index] == pytest.approx(slope, rel=1e-3, abs=1e-4)


def test_it_is_keras_3_and_no_legacy_keras():
    network = make_network(2, (), 3, 0)
    assert isinstance(network, keras.Sequential) and keras.__version__.startswith("3.")
    assert len(network.layers) == 1  # no hidden layer: a linear function
    assert not type(network).__module__.startswith("tf_keras")


# ------------------------------------------------------------------------------------------- scaling, in one place


@given(seed=st.integers(0, 10_000))
def test_compiled_division_is_that_of_numpy_to_the_bit(seed):
    """TensorFlow would turn a division by a constant into a product with 1 / constant, which rounds otherwise."""
    rng = np.random.default_rng(seed)
    obs, scale = rng.normal(size=(64, 4)).astype(np.float32), rng.uniform(0.1, 5, 4).astype(np.float32)
    divided = tf.function(Scale(scale))(obs).numpy()
    assert divided.tobytes() == (obs / scale).tobytes()


def test_a_scaled_network_takes_observations_as_they_come():
    network = with_random_weights(make_network(2, (4,), 3, 0), np.random.default_rng(0))
    raw, scale = np.array([[4.0, 1.0], [-2.0, 3.0]], np.float32), (2.0, 0.5)
    by_hand = network(raw / np.array(scale, np.float32)).numpy()
    whole = scaled(network, scale)
    np.testing.assert_allclose(whole(raw), by_hand, rtol=1e-6)
    np.testing.assert_allclose(keras.models.clone_model(whole).layers[0].scale, scale)
    assert [w.tobytes() for w in whole.get_weights()] == [w.tobytes() for w in network.get_weights()]
    assert scaled(network, None) is network


# ---------------------------------------------------------------------------------- any network, as a quick function


def networks(rng) -> dict[str, keras.Model]:
    """One of each kind: what is known in NumPy, and what is not."""
    layers, values = keras.layers, {}
    values["scaled"] = scaled(make_network(3, (6, 5), 2, 0), (2.0, 0.5, 3.0))
    normed = [layers.Dense(5), layers.LayerNormalization(epsilon=1e-6), layers.ReLU(), layers.Dense(2)]
    values["layer norm"] = keras.Sequential([keras.Input((3,)), *normed])
    values["dueling"] = keras.Sequential([keras.Input((3,)), layers.Dense(4, "relu"), layers.Dense(3), Duel()])
    values["no bias"] = keras.Sequential([keras.Input((3,)), layers.Dense(2, use_bias=False)])
    values["flat"] = keras.Sequential([keras.Input((2, 3)), Scale(4), layers.Flatten(), layers.Dense(2)])
    values["tanh"] = keras.Sequential([keras.Input((3,)), layers.Dense(4, "tanh"), layers.Dense(2)])
    values["sigmoid"] = keras.Sequential([keras.Input((3,)), layers.Dense(4, "sigmoid"), layers.Dense(2)])
    values["says it itself"] = keras.Sequential([keras.Input((3,)), layers.Dense(2), FreeSpread(2, 0.5)])
    values["leaky"] = keras.Sequential([keras.Input((3,)), layers.ReLU(negative_slope=0.1), layers.Dense(2)])
    values["duel of a ReLU"] = keras.Sequential([keras.Input((3,)), layers.Dense(3, "relu"), Duel()])
    convolution = [Scale(255), layers.Permute((2, 3, 1)), layers.Conv2D(3, 2, activation="relu"), layers.Flatten()]
    values["convolution"] = keras.Sequential([keras.Input((2, 4, 4)), *convolution, layers.Dense(2)])
    start = keras.Input((3,))
    values["two ways"] = keras.Model(start, layers.Add()([layers.Dense(2)(start), layers.Dense(2)(start)]))
    return {name: with_random_weights(network, rng) for name, network in values.items()}


KNOWN = {"scaled", "layer norm", "dueling", "no bias", "flat", "tanh", "says it itself"}


@pytest.mark.parametrize("name", networks(np.random.default_rng(0)))
def test_the_quick_function_says_what_the_network_says(name, monkeypatch):
    network, rng = networks(np.random.default_rng(1))[name], np.random.default_rng(2)
    obs = rng.normal(size=(7, *network.input_shape[1:]))
    if name == "convolution":
        obs = rng.integers(256, size=obs.shape, dtype=np.uint8)
    values = in_numpy(network)
    by_keras = network(obs).numpy()
    np.testing.assert_allclose(values(obs), by_keras, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(values(obs[0]), by_keras[0], rtol=1e-4, atol=1e-4)
    network.set_weights([w + 1 for w in network.get_weights()])
    is_a_copy = np.allclose(values(obs), by_keras, rtol=1e-3, atol=1e-3)
    assert is_a_copy == (name in KNOWN)
    np.testing.assert_allclose(in_numpy(network)(obs), network(obs), rtol=1e-4, atol=1e-3)


def test_a_network_that_numpy_does_not_know_is_traced_once():
    network = networks(np.random.default_rng(0))["convolution"]
    compiled = set()
    for _ in range(3):
        in_numpy(network)(np.zeros((2, 4, 4), np.uint8))
        compiled.add(network.in_one_call)
    assert len(compiled) == 1 and network.in_one_call.experimental_get_tracing_count() == 1
