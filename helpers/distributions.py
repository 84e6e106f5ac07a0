"""What a policy says before it acts: a distribution over actions, with what learning a policy asks of one.

Every distribution here has `sample`, `log_prob`, `entropy`, `mode`, and the two gradients that learning needs, with
respect to its own parameters; the chain rule from there on is the policy's business. Leading axes are free: one
observation, a batch (B,) or a rollout (T, E).
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
