"""Held-out bugs in what an agent sees. Where it scales, the network's first layer divides by `config.obs_scale`."""

# Mistakes leave something out.
# pyright: reportIncompatibleMethodOverride=false

import numpy as np

from helpers.dqn import DQN


class Eyes(DQN):
    """No bug yet: whatever comes in, to be stored or to be acted on, is `seen` first."""

    def seen(self, obs):
        return obs

    def _remember(self, transition):
        obs, next_obs = (self.seen(np.asarray(part)) for part in (transition.obs, transition.next_obs))
        super()._remember(transition._replace(obs=obs, next_obs=next_obs))

    def q_values(self, obs):
        return super().q_values(self.seen(np.asarray(obs)))


class AbsoluteObs(Eyes):
    """Observations lose their sign: left looks like right."""

    def seen(self, obs):
        return np.abs(obs)


class ClippedObs(Eyes):
    """Observations are clipped to between -0.1 and 0.1."""

    def seen(self, obs):
        return np.clip(obs, -0.1, 0.1)


class LastNumberZeroed(DQN):
    """The memory holds 0 in place of the last number of each observation."""

    def _remember(self, transition):
        obs, next_obs = (np.array(part) for part in (transition.obs, transition.next_obs))
        obs[-1] = next_obs[-1] = 0
        super()._remember(transition._replace(obs=obs, next_obs=next_obs))


class ScaledForActingOnly(DQN):
    """Observations are scaled where the agent acts, and not where it learns."""

    def _gradient_step(self, obs, action, reward, next_obs, terminated):
        scale = scale_of_config(self)
        return super()._gradient_step(obs * scale, action, reward, next_obs * scale, terminated)


class NextObsNotScaled(DQN):
    """`obs` is scaled, `next_obs` is not."""

    def _next_value(self, next_obs):
        return super()._next_value(next_obs * scale_of_config(self))


def scale_of_config(agent: DQN) -> np.ndarray:
    """What undoes the division in the network's first layer, (O,) or (1,)."""
    return np.array(agent.config.obs_scale or [1.0], np.float32)


OBSERVATIONS = (AbsoluteObs, ClippedObs, LastNumberZeroed, ScaledForActingOnly, NextObsNotScaled)
