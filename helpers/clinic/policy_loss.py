"""The loss of PPO written again, in NumPy and float64, with its gradient by finite differences.

An agent's gradient can be compared with it. Each piece can be swapped for a wrong one, so that a wrong gradient may be
recognised.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import keras
import numpy as np

from helpers.distributions import Categorical

Weights = list[np.ndarray]


class Batch(NamedTuple):
    """What one gradient step learns from: obs (B, O), the others (B,)."""

    obs: np.ndarray
    action: np.ndarray
    old_log_prob: np.ndarray
    old_value: np.ndarray
    advantage: np.ndarray
    target: np.ndarray


@dataclass(frozen=True)
class Pieces:
    """The loss, piece by piece. All arrays are (B,); `first_log_prob` is that of the weights before a difference."""

    ratio: Callable = lambda log_prob, old, first_log_prob: np.exp(log_prob - old)
    advantage: Callable = lambda advantage, target, value: advantage
    normalise: bool = True  # where the config says so
    choose: Callable = np.minimum  # of the product and the clipped product
    error: Callable = lambda target, value: target - value
    entropy: float = 1.0  # times its weight in the config


RIGHT = Pieces()
WRONG = {
    "the sign of the entropy: certainty is rewarded": Pieces(entropy=-1.0),
    "the entropy is left out": Pieces(entropy=0.0),
    "the larger of the two products is taken, not the smaller": Pieces(choose=np.maximum),
    "nothing is clipped": Pieces(choose=lambda product, clipped: product),
    "the old log-probability is computed anew, so that the ratio is always 1": Pieces(
        ratio=lambda log_prob, old, first_log_prob: np.exp(log_prob - first_log_prob)
    ),
    "the ratio is made of probabilities: exp(pi - old), where log pi belongs": Pieces(
        ratio=lambda log_prob, old, first_log_prob: np.exp(np.exp(log_prob) - old)
    ),
    "the ratio is the difference of the logarithms, without exp": Pieces(
        ratio=lambda log_prob, old, first_log_prob: log_prob - old
    ),
    "the advantage is the target minus the value of today, while that is learnt": Pieces(
        advantage=lambda advantage, target, value: target - value
    ),
    "the advantages are not normalised, though the config says so": Pieces(normalise=False),
    "the errors of the critic are (B, B): (B,) against (B, 1)": Pieces(
        error=lambda target, value: target[:, None] - value
    ),
}


def clipped_loss(
    weights: Weights, num_of_policy: int, batch: Batch, first_log_prob, config, pieces: Pieces = RIGHT
) -> float:
    """The clipped objective, to be made small (Schulman et al. 2017, eqs. 7 and 9), of tanh networks.

    weights: kernels and biases in turn, the first `num_of_policy` arrays those of the policy, then the critic's.
    """
    policy = Categorical(outputs_of(weights[:num_of_policy], batch.obs))
    value = outputs_of(weights[num_of_policy:], batch.obs)[:, 0]
    ratio = pieces.ratio(policy.log_prob(batch.action), batch.old_log_prob, first_log_prob)
    advantage = pieces.advantage(batch.advantage, batch.target, value)
    if config.normalise_advantages and pieces.normalise:
        advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    gain = pieces.choose(ratio * advantage, ratio.clip(1 - config.clip, 1 + config.clip) * advantage)
    near_value = batch.old_value + (value - batch.old_value).clip(-config.value_clip, config.value_clip)
    error = np.maximum(pieces.error(batch.target, value) ** 2, pieces.error(batch.target, near_value) ** 2)
    entropy = pieces.entropy * config.entropy * policy.entropy()
    return float(-gain.mean() + config.value_weight * error.mean() - entropy.mean())


def gradient_of(agent, batch: Batch, places, pieces: Pieces = RIGHT, step: float = 1e-5) -> np.ndarray:
    """Derivatives (P,) of the loss, by central differences, in the weights at `places` (P,) of all weights in a row."""
    weights = [np.asarray(weight, float) for weight in agent.weights]
    num_of_policy = len(agent.network.trainable_variables)
    flat, shapes = np.concatenate([weight.ravel() for weight in weights]), [weight.shape for weight in weights]
    first_log_prob = Categorical(outputs_of(weights[:num_of_policy], batch.obs)).log_prob(batch.action)

    def loss(place: int, change: float) -> float:
        moved = flat.copy()
        moved[place] += change
        parts = np.split(moved, np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1])
        parts = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
        return clipped_loss(parts, num_of_policy, batch, first_log_prob, agent.config, pieces)

    return np.array([(loss(place, step) - loss(place, -step)) / (2 * step) for place in places])


def outputs_of(weights: Weights, x) -> np.ndarray:
    """Dense layers with tanh between them: x (B, O) -> (B, number of outputs)."""
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = np.tanh(x @ kernel + bias)
    return x @ weights[-2] + weights[-1]


def is_tanh_network(network) -> bool:
    """Whether `outputs_of` is what it computes."""
    if not isinstance(network, keras.Sequential):
        return False
    *hidden, last = network.layers
    of_hidden = all(getattr(layer, "activation", None) is keras.activations.tanh for layer in hidden)
    return of_hidden and getattr(last, "activation", None) is keras.activations.linear
