"""Held-out bugs in how an agent acts, and in what asking it leaves behind."""

import numpy as np

from helpers.buffer import Transition
from helpers.dqn import DQN
from helpers.network import in_numpy
from helpers.policies import linear_decay


class LastActionNeverTried(DQN):
    """A random action is never the last one."""

    def act(self, obs, explore=True):
        if explore and self.rng.random() < self.epsilon:
            return int(self.rng.integers(max(1, self.num_actions - 1)))
        return super().act(obs, explore=False)


class EpsilonNeverDecays(DQN):
    """Epsilon stays where it began: training is random to the end."""

    @property
    def epsilon(self) -> float:
        return self.config.epsilon_start


class TargetNetworkActs(DQN):
    """The target network acts, and not the one that learns."""

    def _copy_to_numpy(self):
        self._values = in_numpy(self.target_network)


class AskingShiftsEpsilon(DQN):
    """Each greedy action counts as an env step of the schedule of epsilon."""

    asked = 0

    def act(self, obs, explore=True):
        self.asked += not explore
        return super().act(obs, explore)

    def act_many(self, obs, explore=True):
        self.asked += 0 if explore else len(obs)
        return super().act_many(obs, explore)

    @property
    def epsilon(self) -> float:
        config = self.config
        step = self.num_steps + self.asked
        return linear_decay(step, config.epsilon_start, config.epsilon_end, config.epsilon_steps)


class AskingFillsMemory(DQN):
    """What an examination sees goes into the memory, each observation as what followed the one before."""

    last = None

    def act(self, obs, explore=True):
        action = super().act(obs, explore)
        if not explore:
            if self.last is not None:
                self.buffer.add(Transition(*self.last, 1.0, obs, False, False))
            self.last = (np.array(obs), action)
        return action

    def act_many(self, obs, explore=True):
        if explore:
            return super().act_many(obs, explore)
        self.act(obs[0], explore=False)
        return super().act_many(obs, explore)


ACTING = (LastActionNeverTried, EpsilonNeverDecays, TargetNetworkActs, AskingShiftsEpsilon, AskingFillsMemory)
