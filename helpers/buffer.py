"""What the agent remembers: one transition, and a replay buffer that keeps the newest of them."""

import json
from typing import Any, NamedTuple

import numpy as np


class Transition(NamedTuple):
    """One step of experience, or a batch of them when every field has a leading axis (B,).

    Only `terminated` stops bootstrapping; `truncated` ends the episode and nothing else.
    """

    obs: Any  # (O,) or int
    action: Any  # int
    reward: Any  # float
    next_obs: Any  # (O,) or int
    terminated: Any  # bool
    truncated: Any  # bool


class ReplayBuffer:
    """The newest `capacity` transitions, in arrays made once; the oldest is overwritten first (FIFO).

    Sampling is uniform (Mnih et al. 2015, algorithm 1), with replacement, from the buffer's own generator.
    """

    _columns = ("obs", "action", "reward", "next_obs", "terminated")

    def __init__(self, capacity: int, obs_shape: tuple[int, ...], seed):
        if capacity < 1:
            raise ValueError(f"A replay buffer needs room for at least 1 transition; capacity was {capacity}.")
        self.capacity = int(capacity)
        self.obs = np.zeros((capacity, *obs_shape), np.float32)
        self.action = np.zeros(capacity, np.int32)
        self.reward = np.zeros(capacity, np.float32)
        self.next_obs = np.zeros((capacity, *obs_shape), np.float32)
        self.terminated = np.zeros(capacity, np.float32)
        self.num_added = 0
        self.rng = np.random.default_rng(seed)

    def __len__(self) -> int:
        return min(self.num_added, self.capacity)

    def add(self, transition: Transition) -> None:
        """Store one transition in place of the oldest."""
        check_shapes(transition, self.obs.shape[1:])
        row = self.num_added % self.capacity
        self.obs[row] = transition.obs
        self.action[row] = transition.action
        self.reward[row] = transition.reward
        self.next_obs[row] = transition.next_obs
        self.terminated[row] = transition.terminated
        self.num_added += 1

    def sample(self, *shape: int):
        """A batch of the given shape, (B,) or (K, B): obs, action, reward, next_obs, terminated.

        A transition may occur twice. Raises ValueError while the buffer is empty or for a number below 1.
        """
        if len(self) == 0:
            raise ValueError("The replay buffer is empty: add transitions before you sample.")
        if min(shape, default=1) < 1:
            raise ValueError(f"A batch needs 1 or more transitions along each axis; the shape asked for was {shape}.")
        rows = self.rng.integers(len(self), size=shape)
        return self.obs[rows], self.action[rows], self.reward[rows], self.next_obs[rows], self.terminated[rows]

    def state(self) -> dict[str, np.ndarray]:
        """The rows in use, the counter and the generator, as arrays."""
        rows = {name: getattr(self, name)[: len(self)].copy() for name in self._columns}
        generator = np.array(json.dumps(self.rng.bit_generator.state))
        return rows | {"num_added": np.array(self.num_added), "generator": generator}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Put back what `state` returned. Raises ValueError, and changes nothing, if it is of another buffer."""
        shape = (min(int(state["num_added"]), self.capacity), *self.obs.shape[1:])
        if state["obs"].shape != shape:
            raise ValueError(
                f"The saved observations have shape {state['obs'].shape}; this buffer, with room for "
                f"{self.capacity}, expected {shape}. Make it as the saved one was made."
            )
        self.num_added = int(state["num_added"])
        for name in self._columns:
            getattr(self, name)[: len(self)] = state[name]
        self.rng.bit_generator.state = json.loads(str(state["generator"]))


def check_shapes(transition: Transition, expected: tuple[int, ...]) -> None:
    """Refuse observations of another shape; NumPy would spread a number, or an array of one, over a whole row."""
    for name in ("obs", "next_obs"):
        shape = np.shape(getattr(transition, name))
        if shape != expected:
            raise ValueError(
                f"`{name}` must have the shape that this buffer was made for, {expected}; its shape was {shape}."
            )
