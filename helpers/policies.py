"""How to choose an action from action values, and how a parameter changes with time.

Each chooser takes the values q (A,) of one observation and returns an action; chance comes from the generator given.
"""

import math

import numpy as np
from gymnasium import spaces


def greedy(q, rng: np.random.Generator) -> int:
    """The action of highest value; ties are broken at random, or the first action would be favoured."""
    q = _check_values(q)
    return _any_of(q == q.max(), rng)


def epsilon_greedy(q, epsilon: float, rng: np.random.Generator) -> int:
    """With probability epsilon any action at random, else the greedy one (S&B section 2.2)."""
    q = _check_values(q)
    if not 0 <= epsilon <= 1:
        raise ValueError(f"`epsilon` is a probability and must lie between 0 and 1; it was {epsilon}.")
    if rng.random() < epsilon:
        return int(rng.integers(len(q)))
    return greedy(q, rng)


def softmax_probabilities(q, temperature: float) -> np.ndarray:
    """exp(q / temperature), normalised to sum to 1: shape (A,) (S&B eq. 2.11, with a temperature)."""
    q = _check_values(q)
    if not temperature > 0:
        raise ValueError(f"`temperature` must be above 0 (in units of q); it was {temperature}.")
    with np.errstate(over="ignore"):  # a tiny temperature sends every lesser action to exp(-inf) = 0, as it should
        weights = np.exp((q - q.max()) / temperature)  # the largest exponent is 0: nothing overflows
    return weights / weights.sum()


def softmax(q, temperature: float, rng: np.random.Generator) -> int:
    """An action drawn with `softmax_probabilities`."""
    probabilities = softmax_probabilities(q, temperature)
    return int(rng.choice(len(probabilities), p=probabilities))


def ucb(q, counts, c: float, rng: np.random.Generator) -> int:
    """The action of highest q + c * sqrt(ln t / n), its upper confidence bound (S&B eq. 2.10).

    counts (A,) holds n, how often each action was taken here; t is their sum. Untried actions come first.
    """
    q, counts = _check_values(q), np.asarray(counts)
    if counts.shape != q.shape or np.any(counts < 0):
        raise ValueError(f"`counts` needs one count >= 0 for each of the {len(q)} actions; it was {counts}.")
    if not c >= 0:
        raise ValueError(f"`c`, the weight of the exploration bonus, must not be negative; it was {c}.")
    if np.any(counts == 0):
        return _any_of(counts == 0, rng)
    return greedy(q + c * np.sqrt(math.log(counts.sum()) / counts), rng)


def random_action(space: spaces.Space, rng: np.random.Generator):
    """An action of `space`, each equally likely: an int, or an array of numbers within the bounds of a Box."""
    if isinstance(space, spaces.Discrete):
        return int(space.start) + int(rng.integers(space.n))
    if isinstance(space, spaces.MultiDiscrete):
        return (space.start + rng.integers(space.nvec)).astype(space.dtype)
    if isinstance(space, spaces.MultiBinary):
        return rng.integers(2, size=space.shape).astype(space.dtype)
    if isinstance(space, spaces.Box) and space.is_bounded():
        return rng.uniform(space.low, space.high).astype(space.dtype)
    raise TypeError(
        f"There is no action that is as likely as any other in {space}: give a Discrete space, or a Box with bounds."
    )


def linear_decay(step: int, start: float, end: float, num_steps: int) -> float:
    """From `start` at step 0 to `end` at `num_steps` in a straight line, and `end` ever after."""
    if not num_steps >= 1:
        raise ValueError(f"`num_steps` must be at least 1; it was {num_steps}.")
    fraction = min(max(step, 0) / num_steps, 1.0)
    return (1 - fraction) * start + fraction * end


def exponential_decay(step: int, start: float, end: float, half_life: float) -> float:
    """From `start` at step 0 towards `end`, halving the distance every `half_life` steps."""
    if not half_life > 0:
        raise ValueError(f"`half_life` must be above 0 (in steps); it was {half_life}.")
    return end + (start - end) * 0.5 ** (max(step, 0) / half_life)


def _any_of(allowed, rng: np.random.Generator) -> int:
    candidates = np.flatnonzero(allowed)
    return int(candidates[rng.integers(len(candidates))])


def _check_values(q) -> np.ndarray:
    q = np.asarray(q, float)
    if q.ndim != 1 or len(q) == 0 or not np.all(np.isfinite(q)):
        raise ValueError(f"`q` must be one finite value for each action, shape (A,); it was {q}.")
    return q
