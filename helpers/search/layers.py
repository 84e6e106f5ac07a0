"""Layers of a small network in NumPy, forwards and backwards, and Adam. Each keeps what its way back needs."""

import numpy as np


class Dense:
    """x (B, I) -> x W + b (B, J); He et al. (2015) initial weights."""

    def __init__(self, size: int, units: int, rng: np.random.Generator):
        spread = np.sqrt(2 / size)
        self.weights = [(spread * rng.standard_normal((size, units))).astype(np.float32), np.zeros(units, np.float32)]
        self.gradients: list[np.ndarray] = []

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.shape, self.x = x.shape, x.reshape(len(x), -1)
        return self.x @ self.weights[0] + self.weights[1]

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        self.gradients = [self.x.T @ gradient, gradient.sum(axis=0)]
        return (gradient @ self.weights[0].T).reshape(self.shape)


class Conv(Dense):
    """The same weights at each place: patches (B, H, W, I) -> (B, H, W, J). It comes first, so nothing goes on back."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.x = x.reshape(-1, x.shape[-1])
        return (self.x @ self.weights[0] + self.weights[1]).reshape(*x.shape[:-1], -1)

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        flat = gradient.reshape(len(self.x), -1)
        self.gradients = [self.x.T @ flat, flat.sum(axis=0)]
        return gradient


class Bend:
    """The activation: 0 linear, 1 relu, 2 tanh, 3 sigmoid."""

    weights: list[np.ndarray] = []

    def __init__(self, kind: int):
        self.kind = kind

    def forward(self, x: np.ndarray) -> np.ndarray:
        if self.kind == 0:
            return x
        if self.kind == 1:
            self.y = np.maximum(x, np.float32(0))
        elif self.kind == 2:
            self.y = np.tanh(x)
        else:
            self.y = np.float32(0.5) * (np.tanh(np.float32(0.5) * x) + np.float32(1))
        return self.y

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        if self.kind == 0:
            return gradient
        if self.kind == 1:
            return gradient * (self.y > 0)
        return gradient * (1 - self.y**2 if self.kind == 2 else self.y * (1 - self.y))


class Pool:
    """Images (B, 8, 8, C) -> (B, side, side, C): 0 as they are, 1 largest of 2×2, 2 mean of 2×2, 3 largest of 4×4."""

    weights: list[np.ndarray] = []

    def __init__(self, kind: int):
        self.kind, self.side = kind, (8, 4, 4, 2)[kind]

    def forward(self, x: np.ndarray) -> np.ndarray:
        if self.kind == 0:
            return x
        step = 8 // self.side
        self.blocks = x.reshape(len(x), self.side, step, self.side, step, -1)
        if self.kind == 2:
            return self.blocks.mean(axis=(2, 4))
        self.y = self.blocks.max(axis=(2, 4))
        return self.y

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        if self.kind == 0:
            return gradient
        spread = gradient[:, :, None, :, None]
        if self.kind == 2:
            blocks = np.broadcast_to(spread / np.float32(4), self.blocks.shape)
        else:
            largest = self.blocks == self.y[:, :, None, :, None]
            shares = largest / largest.sum(axis=(2, 4), keepdims=True, dtype=np.float32)  # equal ones share
            blocks = shares * spread
        return blocks.reshape(len(gradient), 8, 8, -1)


class Adam:
    """Kingma & Ba (2015), algorithm 1, with their numbers but for the step size."""

    def __init__(self, layers: list, learning_rate: float):
        self.layers = [layer for layer in layers if layer.weights]
        self.learning_rate, self.num_steps = learning_rate, 0
        self.moments = [[(np.zeros_like(w), np.zeros_like(w)) for w in layer.weights] for layer in self.layers]

    def step(self) -> None:
        """Move every weight by its gradient, which the layers hold."""
        self.num_steps += 1
        corrected = self.learning_rate * np.sqrt(1 - 0.999**self.num_steps) / (1 - 0.9**self.num_steps)
        for layer, moments in zip(self.layers, self.moments, strict=True):
            for w, g, (first, second) in zip(layer.weights, layer.gradients, moments, strict=True):
                first += np.float32(0.1) * (g - first)
                second += np.float32(0.001) * (g * g - second)
                w -= np.float32(corrected) * first / (np.sqrt(second) + np.float32(1e-8))


def patches_of(images: np.ndarray) -> np.ndarray:
    """images (B, 8, 8) -> the 3×3 around each pixel, zeros beyond the edge: (B, 8, 8, 9)."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    return np.ascontiguousarray(windows).reshape(*images.shape, 9)


def softmax_gradient(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The slope of the mean cross-entropy with the logits, (B, 10)."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs = weights / weights.sum(axis=1, keepdims=True)
    probs[np.arange(len(labels)), labels] -= 1
    return probs / np.float32(len(labels))
