"""Held-out bugs in what is remembered, and in what is drawn from it."""

import numpy as np

from helpers.dqn import DQN


class RewardOfNextRow(DQN):
    """Each row of the memory holds the reward of the step after."""

    waiting = None

    def _remember(self, transition):
        if self.waiting is not None:
            super()._remember(self.waiting._replace(reward=transition.reward))
        self.waiting = transition


class TerminatedLate(DQN):
    """`terminated` is stored one row too late."""

    before = False

    def _remember(self, transition):
        late, self.before = self.before, transition.terminated
        super()._remember(transition._replace(terminated=late))


class GreedyActionStored(DQN):
    """Stored is the action that the agent thinks best, not the one that it took."""

    def _remember(self, transition):
        super()._remember(transition._replace(action=self.act(transition.obs, explore=False)))


class FullMemoryFrozen(DQN):
    """Once the memory is full, nothing new is stored."""

    def _remember(self, transition):
        if len(self.buffer) < self.buffer.capacity:
            super()._remember(transition)


class NewerHalfNeverDrawn(DQN):
    """Batches are drawn from the older half of the memory alone."""

    def _learn_from_buffer(self):
        memory, shape = self.buffer, (self.config.gradient_steps, self.config.batch_size)
        oldest = memory.num_added % memory.capacity if memory.num_added > memory.capacity else 0
        rows = (oldest + memory.rng.integers(max(1, len(memory) // 2), size=shape)) % memory.capacity
        parts = (memory.obs, memory.action, memory.reward, memory.next_obs, memory.terminated)
        return float(self._gradient_steps(*(part[rows] for part in parts)))


class OneBatchForAll(DQN):
    """All gradient steps of one call learn from the same batch."""

    def _learn_from_buffer(self):
        batch = self.buffer.sample(1, self.config.batch_size)
        return float(self._gradient_steps(*(np.repeat(part, self.config.gradient_steps, axis=0) for part in batch)))


MEMORY = (RewardOfNextRow, TerminatedLate, GreedyActionStored, FullMemoryFrozen, NewerHalfNeverDrawn, OneBatchForAll)
