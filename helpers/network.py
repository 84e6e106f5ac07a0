"""The network: built in Keras, and the same arithmetic in NumPy for acting."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

Step = Callable[[np.ndarray], np.ndarray]  # what one layer does

# What may follow the sums of a Dense layer, and the same in NumPy, in place. For a few numbers an array as the zero
# takes half the time of a Python number.
ZERO = np.zeros((), np.float32)
ACTIVATIONS = {
    keras.activations.linear: None,
    keras.activations.relu: lambda x: np.maximum(x, ZERO, out=x),
    keras.activations.tanh: lambda x: np.tanh(x, out=x),
}


def make_network(obs_size: int, hidden: tuple[int, ...], num_actions: int, seed: int) -> keras.Sequential:
    """obs (B, O) -> Q of every action (B, A): dense layers, He et al. (2015) initial weights, from `seed`."""
    seeds = np.random.SeedSequence(seed).generate_state(len(hidden) + 1)
    initial = [keras.initializers.HeNormal(seed=int(s)) for s in seeds]
    pairs = zip(hidden, initial, strict=False)
    layers = [keras.layers.Dense(n, "relu", kernel_initializer=i) for n, i in pairs]
    return keras.Sequential(
        [keras.Input((obs_size,)), *layers, keras.layers.Dense(num_actions, kernel_initializer=initial[-1])]
    )


class Scale(keras.layers.Layer):
    """The first layer: divides what comes in by `scale`, (O,) or one number. It has no weights."""

    def __init__(self, scale, **kwargs):
        super().__init__(**kwargs)
        self.scale = np.asarray(scale, np.float32)

    def call(self, obs):
        # Not `/`: TensorFlow makes a product of a division by a constant, and rounds otherwise than NumPy does.
        return keras.ops.divide_no_nan(obs, self.scale)

    def get_config(self):
        return super().get_config() | {"scale": self.scale.tolist()}


def scaled(network: keras.Sequential, obs_scale) -> keras.Sequential:
    """The same network for observations as they come (B, O): its first layer divides by `obs_scale` (O,).

    None: it stays as it is. Raises ValueError where `obs_scale` does not fit.
    """
    if obs_scale is None:
        return network
    scale = scale_of(obs_scale, network.input_shape[1:])
    return keras.Sequential([keras.Input(network.input_shape[1:]), Scale(scale), *network.layers])


def scale_of(obs_scale, obs_shape: tuple[int, ...]) -> np.ndarray:
    """(O,) what observations are divided by: `obs_scale`, or ones where it is None."""
    scale = np.ones(obs_shape, np.float32) if obs_scale is None else np.asarray(obs_scale, np.float32)
    if scale.shape != obs_shape or not np.all(scale > 0):
        raise ValueError(
            f"`obs_scale` needs one number above 0 for each of the {obs_shape[0]} parts of an observation "
            f"(None: no scaling); it was {obs_scale}."
        )
    return scale


def layers_in_numpy(network: keras.Sequential) -> list[tuple[np.ndarray, np.ndarray]]:
    """A copy of the weights: (kernel, bias) of each layer."""
    weights = [variable.numpy() for variable in network.trainable_variables]
    return list(zip(weights[::2], weights[1::2], strict=True))


def values_in_numpy(layers, x: np.ndarray) -> np.ndarray:
    """What the network of `make_network` computes: x (O,) or (B, O) gives (A,) or (B, A)."""
    *hidden, (kernel, bias) = layers
    for w, b in hidden:
        x = np.maximum(x @ w + b, 0)  # (..., units)
    return x @ kernel + bias


def in_numpy(network: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """What `network` computes, quickly: a function of obs, (O,) or (B, O), that gives (A,) or (B, A).

    Where every layer is known here it is NumPy, with a copy of the weights: for one observation a call into TensorFlow
    costs far more than the arithmetic. Another network, such as a convolution, is one compiled call of TensorFlow, with
    the weights that the network has at that moment.

    A layer of your own that is linear and has no weights may say so (`linear = True`): applied to the weights of the
    Dense before it, it gives those of one Dense for both. Any other may have a method `in_numpy()`, which returns what
    it does as a function of an array, with a copy of its weights.
    """
    steps = _steps_in_numpy(network)
    if steps is None:
        return _in_tensorflow(network)

    def values(obs):
        x = np.asarray(obs, np.float32)
        for step in steps:
            x = step(x)
        return x

    return values


def _steps_in_numpy(network) -> list[Step] | None:
    """What the layers do, one after the other; None where one is not known here."""
    if not isinstance(network, keras.Sequential):
        return None
    steps: list[Step | tuple] = []  # a Dense as (kernel, bias, what follows in NumPy)
    axes = len(network.input_shape) - 1  # of one observation
    for layer in network.layers:
        step = _step_of(layer, axes)
        if getattr(layer, "linear", False) and steps and isinstance(steps[-1], tuple) and steps[-1][2] is None:
            steps[-1] = (np.asarray(layer(steps[-1][0])), np.asarray(layer(steps[-1][1])), None)
        elif step is None:
            return None
        else:
            steps.append(step)
        axes = 1 if type(layer) is keras.layers.Flatten else axes
    return [_dense(*step) if isinstance(step, tuple) else step for step in steps]


def _step_of(layer, axes: int) -> Step | tuple | None:
    """One layer's arithmetic, with a copy of its weights; None where the layer is not known."""
    kind = type(layer)
    if kind is Scale:
        return lambda x, scale=layer.scale: x / scale
    if kind is keras.layers.Flatten:
        return lambda x: x.reshape(*x.shape[: x.ndim - axes], -1)
    if kind is keras.layers.ReLU and not (layer.max_value or layer.negative_slope or layer.threshold):
        return lambda x: np.maximum(x, 0)
    if kind is keras.layers.LayerNormalization and layer.axis in (-1, [-1]) and layer.center and layer.scale:
        return _normaliser(layer.gamma.numpy(), layer.beta.numpy(), layer.epsilon)
    if kind is keras.layers.Dense and layer.activation in ACTIVATIONS:
        bias = np.zeros(layer.units, np.float32) if layer.bias is None else layer.bias.numpy()
        return layer.kernel.numpy(), bias, ACTIVATIONS[layer.activation]
    return layer.in_numpy() if hasattr(layer, "in_numpy") else None


def _dense(kernel: np.ndarray, bias: np.ndarray, activation: Step | None) -> Step:
    def affine(x):
        # For one observation `dot` takes half the time of `@`, and gives the same bits; with more axes it is slow.
        x = x.dot(kernel) if x.ndim <= 2 else x @ kernel
        x += bias
        return x

    if activation is None:
        return affine
    return lambda x: activation(affine(x))


def _normaliser(gain: np.ndarray, shift: np.ndarray, epsilon: float) -> Step:
    """Layer normalisation over the last axis (Ba, Kiros & Hinton 2016, eq. 3)."""

    def normalise(x):
        x = x - x.mean(axis=-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + epsilon)
        return x * gain + shift

    return normalise


def _in_tensorflow(network) -> Callable[[np.ndarray], np.ndarray]:
    if not hasattr(network, "in_one_call"):  # traced once, however often this is asked for
        network.in_one_call = tf.function(lambda obs: network(obs), reduce_retracing=True)

    def values(obs):
        obs = np.asarray(obs)
        obs = obs if obs.dtype == np.uint8 else obs.astype(np.float32)
        if obs.ndim < len(network.input_shape):
            return network.in_one_call(obs[None]).numpy()[0]
        return network.in_one_call(obs).numpy()

    return values
