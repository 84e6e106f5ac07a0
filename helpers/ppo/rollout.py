"""What PPO learns from: the newest steps of all environments, in order, (T, E)."""

import numpy as np

from helpers.buffer import Transition


class Rollout:
    """T steps of E environments. It is filled, learnt from once, and filled anew."""

    saved = ("num_added",)
    rings = dict.fromkeys(Transition._fields, "num_added")

    def __init__(self, num_steps: int, num_envs: int, obs_shape: tuple[int, ...], action_shape, action_dtype):
        shape = (num_steps, num_envs)
        self.obs = np.zeros((*shape, *obs_shape), np.float32)
        self.action = np.zeros((*shape, *action_shape), action_dtype)
        self.reward = np.zeros(shape, np.float32)
        self.next_obs = np.zeros((*shape, *obs_shape), np.float32)
        self.terminated, self.truncated = np.zeros(shape, bool), np.zeros(shape, bool)
        self.num_added = 0  # steps of each environment

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another step."""
        return self.num_added == len(self.reward)

    def add(self, transition: Transition) -> None:
        """One step of every environment: obs and next_obs (E, O), action (E,) or (E, A), the others (E,)."""
        self._check(transition)
        for name, values in zip(Transition._fields, transition, strict=True):
            getattr(self, name)[self.num_added] = values
        self.num_added += 1

    def clear(self) -> None:
        """Make room: what was learnt from is not learnt from again."""
        self.num_added = 0

    def _check(self, transition: Transition) -> None:
        """ValueError where a row is missing, too many, of another shape, or not a number."""
        num_envs = self.reward.shape[1]
        if np.shape(transition.reward) != (num_envs,):
            given = np.shape(transition.reward)[0] if np.ndim(transition.reward) else "a single one"
            raise ValueError(
                f"This agent learns from {num_envs} transitions at a time, one of each environment (`num_envs` of its "
                f"config); given was {given}. What leaves none out: helpers.envs.make_many(env_id, {num_envs})."
            )
        for name in ("obs", "action", "next_obs"):
            expected, given = getattr(self, name).shape[1:], np.shape(getattr(transition, name))
            if given != expected:
                raise ValueError(f"`{name}` must have the shape {expected}; its shape was {given}.")
        for name in ("obs", "action", "reward", "next_obs"):
            finite = np.isfinite(getattr(transition, name))
            if not finite.all():
                place = int(np.argwhere(~finite)[0][0])
                raise ValueError(
                    f"`{name}` of environment {place} is not finite: {getattr(transition, name)[place]}. Nothing can "
                    f"be learnt from it; mend what the environment returns."
                )
