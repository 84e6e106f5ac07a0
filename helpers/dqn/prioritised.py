"""Prioritised replay: draw more often what the network gets wrong, and count it less for being drawn often.

Schaul, Quan, Antonoglou & Silver, "Prioritized experience replay", ICLR 2016, the proportional variant. Unlike there,
K batches are drawn at once, from the priorities of that moment and independently of one another, and the priorities
are renewed when all K gradient steps are taken; the largest weight, by which all are divided, is that of the rows drawn
in one call; the learning rate stays as it was (there it is a quarter). Not to be put together with `variants.Huber`:
the weights are made for squared errors.
"""

# A gradient step takes what its own batch holds.
# pyright: reportIncompatibleMethodOverride=false

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from helpers.buffer import ReplayBuffer
from helpers.config import check_counts, check_shares, helpful
from helpers.dqn.agent import DQN
from helpers.dqn.config import DQNConfig
from helpers.policies import linear_decay


class PrioritisedBuffer(ReplayBuffer):
    """A replay buffer in which each row has a priority: the chance of being drawn is its part of their sum."""

    rings = ReplayBuffer.rings | {"priority": "num_added"}

    def __init__(self, capacity: int, obs_shape: tuple[int, ...], seed):
        super().__init__(capacity, obs_shape, seed)
        self.priority = np.zeros(self.capacity)  # 0: a newcomer, whose error nobody has seen

    def add(self, transition) -> None:
        """Store one transition in place of the oldest; it is a newcomer."""
        self.priority[self.num_added % self.capacity] = 0
        super().add(transition)

    def draw(self, *shape: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the given shape, and the chance with which each was drawn. Newcomers get the highest priority."""
        priority = self.priority[: len(self)]
        priority[priority == 0] = priority.max() or 1
        edges = priority.cumsum()
        darts = edges[-1] * self.rng.random(shape)
        rows = np.searchsorted(edges, darts, side="right")
        return rows, priority[rows] / edges[-1]


@helpful
@dataclass(frozen=True)
class PrioritisedConfig(DQNConfig):
    """The numbers of `Prioritised`."""

    alpha: float = 0.6  # 0: every row has the same chance; 1: chances in proportion to errors
    beta_start: float = 0.4  # at 0 all rows drawn count alike
    beta_end: float = 1.0  # at 1 the weights undo the chances in full
    beta_steps: int = 25_000  # gradient steps between the two
    smallest: float = 1e-3  # added to each error, so that no row is forgotten

    def __post_init__(self):
        super().__post_init__()
        check_counts(self, "beta_steps")
        check_shares(self, "alpha", "beta_start", "beta_end")
        if not self.smallest > 0:
            raise ValueError(f"`smallest` must be above 0; it was {self.smallest}.")


class Prioritised(DQN):
    """Transitions with large errors are replayed more often (eq. 1), and each counts the less for it (section 3.4)."""

    config_class = PrioritisedConfig

    def _make_buffer(self, observation_space, seed) -> PrioritisedBuffer:
        return PrioritisedBuffer(self.config.buffer_size, observation_space.shape, seed)

    def _learn_from_buffer(self) -> float:
        config, buffer = self.config, self.buffer
        rows, chance = buffer.draw(config.gradient_steps, config.batch_size)  # (K, B) each
        batches = (getattr(buffer, name)[rows] for name in ReplayBuffer.rings)
        roots = np.sqrt(self._weights_of(chance))  # (K, B); the errors are yet to be squared
        loss, errors = self._gradient_steps(*batches, roots)
        sizes = np.abs(errors.numpy())
        buffer.priority[rows] = (sizes + config.smallest) ** config.alpha  # drawn twice: the later
        return float(loss)

    def _weights_of(self, chance) -> np.ndarray:
        """Importance weights, the largest 1: what is drawn more often counts less."""
        config = self.config
        betas = config.beta_start, config.beta_end, config.beta_steps
        beta = linear_decay(self.num_gradient_steps, *betas)
        weight = (len(self.buffer) * chance) ** -beta
        return (weight / weight.max()).astype(np.float32)

    @tf.function
    def _gradient_steps(self, *batches):
        """As in `DQN`, with the weights (K, B) as one more batch. Returns the last loss () and all errors (K, B)."""
        loss, errors = 0.0, tf.TensorArray(tf.float32, self.config.gradient_steps)
        for k in tf.range(self.config.gradient_steps):
            loss, error = self._gradient_step(*[tf.gather(part, k) for part in batches])
            errors = errors.write(k, error)
        return loss, errors.stack()

    def _signature(self) -> list[tf.TensorSpec]:
        obs, action, number, *others = super()._signature()
        return [obs, action, number, *others, number]
