"""The numbers of a PPO."""

import math
from dataclasses import dataclass

from helpers.config import check_counts, check_hidden, check_shares, helpful


@helpful
@dataclass(frozen=True)
class PPOConfig:
    """Every number of the agent; the defaults solve CartPole-v1. What switches a detail off stands beside it.

    One update learns from T * E env steps: `rollout_steps` of each of `num_envs` environments.
    """

    hidden: tuple[int, ...] = (64, 64)  # units of each hidden layer, of the policy and of the critic
    num_envs: int = 8  # E, environments side by side
    rollout_steps: int = 256  # T, steps of each environment from one update to the next
    epochs: int = 10  # how often an update goes through all that it learns from
    batch_size: int = 256  # B, steps in one gradient step; divides T * E
    gamma: float = 0.995  # discount for each env step
    lambda_: float = 0.95  # of the advantage estimates: 0 the TD error, 1 the return to go
    clip: float = 0.2  # a ratio farther than this from 1 gains nothing more; inf: no clipping
    entropy: float = 0.0  # weight of the entropy in what is climbed
    value_weight: float = 0.5  # weight of the critic's squared error
    value_clip: float = math.inf  # V moves no farther than this in one update; inf: no clipping
    normalise_advantages: bool = True  # in each minibatch to mean 0 and standard deviation 1
    normalise_obs: bool = True  # by mean and standard deviation of all observations until then
    reward_scale: float = 10.0  # divides rewards; 1: they stay as they are
    max_gradient_norm: float = 0.5  # a longer gradient is brought to this length; inf: no clipping
    learning_rate: float = 2.5e-3  # Adam's step size at the first gradient step
    decay_steps: int | None = 120_000  # env steps in which it falls to 0 in a line; None: it stays
    adam_epsilon: float = 1e-5  # added to the root of the squares by which Adam divides
    orthogonal_start: bool = True  # False: Keras's own first weights
    first_std: float = 1.0  # of a Gaussian policy before it has learnt

    def __post_init__(self):
        check_hidden(self)
        check_counts(self, "num_envs", "rollout_steps", "epochs", "batch_size")
        check_shares(self, "gamma", "lambda_")
        for name in (
            "clip",
            "value_clip",
            "reward_scale",
            "max_gradient_norm",
            "learning_rate",
            "adam_epsilon",
            "first_std",
        ):
            if not getattr(self, name) > 0:
                raise ValueError(f"`{name}` must be above 0; it was {getattr(self, name)}.")
        for name in ("entropy", "value_weight"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"`{name}` must not be below 0; it was {getattr(self, name)}.")
        if self.steps_per_update % self.batch_size:
            raise ValueError(
                f"A rollout of {self.rollout_steps} steps in {self.num_envs} environments has {self.steps_per_update} "
                f"steps, which minibatches of {self.batch_size} do not divide: `batch_size` must be a divisor of "
                f"`num_envs` * `rollout_steps`, such as {self._nearest_divisor()}."
            )
        if self.normalise_advantages and self.batch_size == 1:
            raise ValueError(
                "One step alone cannot be normalised: give a `batch_size` of 2 or more, or normalise_advantages=False."
            )
        if self.decay_steps is not None:
            check_counts(self, "decay_steps")
            if self.decay_steps < self.steps_per_update:
                raise ValueError(
                    f"The learning rate would be 0 before the first update, which comes after {self.steps_per_update} "
                    f"env steps: `decay_steps` must be as many or more; it was {self.decay_steps}."
                )

    @property
    def steps_per_update(self) -> int:
        """T * E, the env steps that one update learns from."""
        return self.rollout_steps * self.num_envs

    @property
    def gradient_steps(self) -> int:
        """K, the gradient steps of one update."""
        return self.epochs * self.steps_per_update // self.batch_size

    def _nearest_divisor(self) -> int:
        divisors = (b for b in range(1, self.steps_per_update + 1) if self.steps_per_update % b == 0)
        return min(divisors, key=lambda divisor: abs(divisor - self.batch_size))
