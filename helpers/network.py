"""The network: built in Keras, and the same arithmetic in NumPy for acting."""

import keras
import numpy as np


def make_network(obs_size: int, hidden: tuple[int, ...], num_actions: int, seed: int) -> keras.Sequential:
    """obs (B, O) -> Q of every action (B, A): dense layers, He et al. (2015) initial weights, from `seed`."""
    seeds = np.random.SeedSequence(seed).generate_state(len(hidden) + 1)
    initial = [keras.initializers.HeNormal(seed=int(s)) for s in seeds]
    layers = [keras.layers.Dense(n, "relu", kernel_initializer=i) for n, i in zip(hidden, initial, strict=False)]
    return keras.Sequential(
        [keras.Input((obs_size,)), *layers, keras.layers.Dense(num_actions, kernel_initializer=initial[-1])]
    )


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
