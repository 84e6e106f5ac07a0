"""What a policy says before it acts: a distribution over actions, with what learning a policy asks of one.

`Categorical` for a choice among A actions, `Gaussian` for A numbers at once. Every distribution here has `sample`,
`log_prob`, `entropy`, `mode`, and the two gradients that learning needs, with respect to its own parameters; the chain
rule from there on is the policy's business. Leading axes are free: one observation, a batch (B,) or a rollout (T, E).
"""

import numpy as np


class Categorical:
    """A choice among A actions, from logits (..., A): pi(a) = exp(logit a) / sum of all (S&B eq. 13.2).

    Adding the same number to all logits changes nothing. Raises ValueError for logits that are not finite numbers.
    """

    def __init__(self, logits):
        logits = np.asarray(logits, float)
        if logits.ndim == 0 or logits.shape[-1] == 0:
            raise ValueError(f"`logits` needs one number for each action, (..., A); its shape was {logits.shape}.")
        if not np.all(np.isfinite(logits)):
            raise ValueError(f"Every logit must be a finite number; they were {logits}. Did the parameters explode?")
        shifted = logits - logits.max(axis=-1, keepdims=True)  # the largest exponent is 0: nothing overflows
        self.log_probs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))  # (..., A)
        self.probs = np.exp(self.log_probs)  # (..., A)

    def sample(self, rng: np.random.Generator) -> np.ndarray:
        """An action for each row of logits, (...) of int: the first one whose cumulative probability passes chance."""
        cumulative = self.probs.cumsum(axis=-1)
        chance = rng.random(self.probs.shape[:-1]) * cumulative[..., -1]  # the sum is 1 but for rounding
        return (cumulative <= chance[..., None]).sum(axis=-1)

    def mode(self) -> np.ndarray:
        """The most probable action of each row, (...) of int; of several the first."""
        return self.log_probs.argmax(axis=-1)

    def log_prob(self, action) -> np.ndarray:
        """log pi(action), (...), for action (...) of int."""
        return np.take_along_axis(self.log_probs, self._check(action)[..., None], axis=-1)[..., 0]

    def entropy(self) -> np.ndarray:
        """- sum over a of pi(a) log pi(a), in nats, (...): 0 for certainty, log A where all are equally likely."""
        return -(self.probs * self.log_probs).sum(axis=-1)

    def log_prob_gradient(self, action) -> np.ndarray:
        """The score: gradient of log pi(action) with respect to the logits, one_hot(action) - pi, (..., A)."""
        return np.eye(self.probs.shape[-1])[self._check(action)] - self.probs

    def entropy_gradient(self) -> np.ndarray:
        """The gradient of the entropy with respect to the logits, - pi (log pi + entropy), (..., A)."""
        return -self.probs * (self.log_probs + self.entropy()[..., None])

    def _check(self, action) -> np.ndarray:
        action, shape = np.asarray(action), self.probs.shape[:-1]
        if action.shape != shape or not np.issubdtype(action.dtype, np.integer):
            raise ValueError(
                f"`action` needs one whole number for each row of logits, of shape {shape}; "
                f"it was {action.dtype} of shape {action.shape}."
            )
        if np.any((action < 0) | (action >= self.probs.shape[-1])):
            raise ValueError(f"An action must lie in 0..{self.probs.shape[-1] - 1}; it was {action}.")
        return action


class Gaussian:
    """A numbers, each normal and independent of the others: mean (..., A) and the logarithm of the spread, log_std.

    log_std has the shape of mean, or one that fits it, such as (A,). Nothing keeps a sample within bounds: an action
    that is cut to the bounds of its space no longer has the probability that `log_prob` gives.
    Raises ValueError for parameters that are not finite numbers.
    """

    def __init__(self, mean, log_std):
        mean, log_std = np.asarray(mean, float), np.asarray(log_std, float)
        if mean.ndim == 0 or mean.shape[-1] == 0 or log_std.shape != mean.shape[mean.ndim - log_std.ndim :]:
            raise ValueError(
                f"`mean` needs one number for each part of an action, (..., A), and `log_std` the same shape or (A,); "
                f"their shapes were {mean.shape} and {log_std.shape}."
            )
        if not (np.all(np.isfinite(mean)) and np.all(np.isfinite(log_std))):
            raise ValueError(
                f"`mean` and `log_std` must be finite numbers; they were {mean} and {log_std}. Did the parameters "
                f"explode?"
            )
        self.mean, self.log_std = np.broadcast_arrays(mean, log_std)  # (..., A) each
        self.std = np.exp(self.log_std)

    def sample(self, rng: np.random.Generator) -> np.ndarray:
        """An action for each row of means, (..., A) of float."""
        return self.mean + self.std * rng.standard_normal(self.mean.shape)

    def mode(self) -> np.ndarray:
        """The most probable action of each row, (..., A): its mean."""
        return self.mean.copy()

    def log_prob(self, action) -> np.ndarray:
        """The logarithm of the density at action (..., A), summed over its parts: (...)."""
        z = self._standardised(action)
        return -(0.5 * z**2 + self.log_std + 0.5 * np.log(2 * np.pi)).sum(axis=-1)

    def entropy(self) -> np.ndarray:
        """Of the density, in nats, (...): a narrow one has less than 0."""
        return (self.log_std + 0.5 * np.log(2 * np.pi * np.e)).sum(axis=-1)

    def log_prob_gradient(self, action) -> tuple[np.ndarray, np.ndarray]:
        """The scores: gradients of log_prob with respect to mean and to log_std, (..., A) each."""
        z = self._standardised(action)
        return z / self.std, z**2 - 1

    def entropy_gradient(self) -> tuple[np.ndarray, np.ndarray]:
        """The gradients of the entropy with respect to mean and to log_std, (..., A) each."""
        return np.zeros(self.mean.shape), np.ones(self.mean.shape)

    def _standardised(self, action) -> np.ndarray:
        """How many standard deviations an action is away from the mean, (..., A)."""
        action = np.asarray(action, float)
        if action.shape != self.mean.shape or not np.all(np.isfinite(action)):
            raise ValueError(
                f"`action` needs finite numbers of shape {self.mean.shape}, like `mean`; it was {action.dtype} of "
                f"shape {action.shape}."
            )
        return (action - self.mean) / self.std
