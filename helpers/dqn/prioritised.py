"""Prioritised replay: draw more often what the network gets wrong, and count it less for being drawn often.

Schaul, Quan, Antonoglou & Silver, "Prioritized experience replay", ICLR 2016, the proportional variant. Unlike there,
K batches are drawn at once, from the priorities of that moment and independently of one another, and the priorities
are renewed when all K gradient steps are taken; the largest weight, by which all are divided, is that of the rows drawn
in one call; the learning rate stays as it was (there it is a quarter). Not to be put together with `variants.Huber`.
"""

import numpy as np
import tensorflow as tf

from helpers.buffer import ReplayBuffer
from helpers.dqn import DQN
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
        rows = np.searchsorted(edges, edges[-1] * self.rng.random(shape), side="right")
        return rows, priority[rows] / edges[-1]


class Prioritised(DQN):
    """Transitions with large errors are replayed more often (eq. 1), and each counts the less for it (section 3.4)."""

    alpha = 0.6  # 0: every row has the same chance; 1: chances in proportion to errors
    beta_start, beta_end, beta_steps = 0.4, 1.0, 25_000  # gradient steps; at 1 the weights undo the chances in full
    smallest = 1e-3  # added to each error, so that no row is forgotten

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.buffer = PrioritisedBuffer(self.buffer.capacity, self.buffer.obs.shape[1:], self.buffer.rng)
        self.weights = tf.Variable(tf.ones((self.config.gradient_steps, self.config.batch_size)))  # (K, B)
        self.errors = tf.Variable(self.weights)  # (K, B)
        self._k = None  # the gradient step in progress

    def _learn_from_buffer(self) -> float:
        config, buffer = self.config, self.buffer
        rows, chance = buffer.draw(config.gradient_steps, config.batch_size)  # (K, B) each
        self.weights.assign(self._weights_of(chance))
        obs, action, reward, next_obs, terminated = (getattr(buffer, name)[rows] for name in ReplayBuffer.rings)
        loss = self._gradient_steps(obs / self.obs_scale, action, reward, next_obs / self.obs_scale, terminated)
        buffer.priority[rows] = (np.abs(self.errors.numpy()) + self.smallest) ** self.alpha  # drawn twice: the later
        return float(loss)

    def _weights_of(self, chance) -> np.ndarray:
        """Importance weights, the largest 1: what is drawn more often counts less."""
        beta = linear_decay(self.num_gradient_steps, self.beta_start, self.beta_end, self.beta_steps)
        weight = (len(self.buffer) * chance) ** -beta
        return weight / weight.max()

    def _gradient_step(self, *batch):
        self._k = self.optimizer.iterations % self.config.gradient_steps
        loss = super()._gradient_step(*batch)
        self._k = None
        return loss

    def _loss(self, error):
        if self._k is None:  # somebody looks, and learns nothing
            return super()._loss(error)
        self.errors[self._k].assign(error)
        return super()._loss(tf.sqrt(self.weights[self._k]) * error)  # the square of it: weight * error**2
