"""What the agent remembers: one transition, and replay buffers that keep the newest of them."""

from typing import Any, NamedTuple

import numpy as np


class Transition(NamedTuple):
    """One step of experience; a step of E environments, or a batch, when every field has a leading axis (E,) or (B,).

    Only `terminated` stops bootstrapping; `truncated` ends the episode and nothing else. `next_obs` is what the step
    led to, at the end of an episode too: never the first observation of the next one.
    """

    obs: Any  # (O,), a picture, int, or a dict of them
    action: Any  # int, or (A,) numbers
    reward: Any  # float
    next_obs: Any  # as obs
    terminated: Any  # bool
    truncated: Any  # bool


class ReplayBuffer:
    """The newest `capacity` transitions, in arrays made once; the oldest is overwritten first (FIFO).

    Sampling is uniform (Mnih et al. 2015, algorithm 1), with replacement, from the buffer's own generator.
    """

    saved = ("num_added", "rng")
    rings = dict.fromkeys(("obs", "action", "reward", "next_obs", "terminated"), "num_added")  # array: its counter

    def __init__(
        self,
        capacity: int,
        obs_shape: tuple[int, ...],
        seed,
        *,
        action_shape: tuple[int, ...] = (),
        action_dtype=np.int32,
    ):
        if capacity < 1:
            raise ValueError(f"A replay buffer needs room for at least 1 transition; capacity was {capacity}.")
        self.capacity = int(capacity)
        self.obs = np.zeros((capacity, *obs_shape), np.float32)
        self.action = np.zeros((capacity, *action_shape), action_dtype)
        self.reward = np.zeros(capacity, np.float32)
        self.next_obs = np.zeros((capacity, *obs_shape), np.float32)
        self.terminated = np.zeros(capacity, np.float32)
        self.num_added = 0
        self.rng = np.random.default_rng(seed)

    def __len__(self) -> int:
        return min(self.num_added, self.capacity)

    def add(self, transition: Transition) -> None:
        """Store one transition in place of the oldest."""
        check_fits(transition, self.obs, self.action)
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


class PixelBuffer:
    """As `ReplayBuffer`, for observations that are a stack of pictures: each picture is kept once.

    An observation (k, H, W) shares all but one picture with the next one, (k, H, W) of uint8. So a transition is two
    places in one long film; where an episode begins, or an environment leaves a picture out, the film is cut and
    begins anew with k pictures. 100,000 transitions of 4 × 84 × 84 take 0.74 GB, and 22.6 GB as two arrays of float32.

    capacity: transitions. The film has room for 5 % more pictures; where episodes are so short that the film is full
    sooner, the oldest transitions leave with their pictures.
    """

    saved = ("num_added", "num_pictures", "rng")
    rings = dict.fromkeys(("action", "reward", "terminated", "obs_at", "next_obs_at"), "num_added") | {
        "film": "num_pictures"
    }

    def __init__(self, capacity: int, obs_shape: tuple[int, ...], seed, *, action_shape=(), action_dtype=np.int32):
        if capacity < 1 or len(obs_shape) != 3:
            raise ValueError(
                f"A buffer of pictures needs room for 1 transition or more, and observations of shape (k, H, W); given "
                f"were a capacity of {capacity} and the shape {obs_shape}."
            )
        self.capacity, self.obs_shape = int(capacity), tuple(obs_shape)
        stack, *size = obs_shape
        self.film = np.zeros((capacity + capacity // 20 + 2 * stack, *size), np.uint8)
        self.action = np.zeros((capacity, *action_shape), action_dtype)
        self.reward = np.zeros(capacity, np.float32)
        self.terminated = np.zeros(capacity, np.float32)
        self.obs_at = np.zeros(capacity, np.int64)  # which picture ever taken is the newest of obs, and of next_obs
        self.next_obs_at = np.zeros(capacity, np.int64)
        self.num_added = self.num_pictures = 0
        self.rng = np.random.default_rng(seed)

    def __len__(self) -> int:
        """Transitions whose pictures are all still there."""
        held = min(self.num_added, self.capacity)
        first_needed = self.obs_at[np.arange(self.num_added - held, self.num_added) % self.capacity] - self.obs_shape[0]
        return held - int(np.searchsorted(first_needed, self.num_pictures - len(self.film) - 1))

    def add(self, transition: Transition) -> None:
        """Store one transition in place of the oldest."""
        obs, next_obs = (self._checked(name, getattr(transition, name)) for name in ("obs", "next_obs"))
        check_action(transition.action, self.action)
        row = self.num_added % self.capacity
        self.obs_at[row] = self._last if self._shows(obs) else self._take(obs)
        continues = np.array_equal(next_obs[:-1], obs[1:])
        self.next_obs_at[row] = self._take(next_obs[-1:] if continues else next_obs)
        self.action[row], self.reward[row] = transition.action, transition.reward
        self.terminated[row] = transition.terminated
        self.num_added += 1

    def sample(self, *shape: int):
        """As `ReplayBuffer.sample`; obs and next_obs are (..., k, H, W) of uint8."""
        size = len(self)
        if size == 0 or min(shape, default=1) < 1:
            raise ValueError(
                f"A batch needs 1 or more transitions along each axis, from a buffer that is not empty; asked for was "
                f"{shape} of {size}."
            )
        rows = (self.num_added - 1 - self.rng.integers(size, size=shape)) % self.capacity
        return (
            self._stacks(self.obs_at[rows]),
            self.action[rows],
            self.reward[rows],
            self._stacks(self.next_obs_at[rows]),
            self.terminated[rows],
        )

    @property
    def _last(self) -> int:
        return self.num_pictures - 1

    def _stacks(self, newest) -> np.ndarray:
        """The k pictures that end with `newest` (...): (..., k, H, W)."""
        return self.film[(newest[..., None] + np.arange(1 - self.obs_shape[0], 1)) % len(self.film)]

    def _shows(self, obs: np.ndarray) -> bool:
        """Whether the film ends with these k pictures."""
        return self.num_pictures >= len(obs) and np.array_equal(self._stacks(np.array(self._last)), obs)

    def _take(self, pictures: np.ndarray) -> int:
        """Put pictures (n, H, W) at the end of the film; the number of the last one."""
        self.film[(self.num_pictures + np.arange(len(pictures))) % len(self.film)] = pictures
        self.num_pictures += len(pictures)
        return self._last

    def _checked(self, name: str, obs) -> np.ndarray:
        obs = np.asarray(obs)
        if obs.shape != self.obs_shape or obs.dtype != np.uint8:
            raise ValueError(
                f"`{name}` must be pictures of uint8 with the shape {self.obs_shape}; it was {obs.dtype} with the "
                f"shape {obs.shape}."
            )
        return obs


def check_fits(transition: Transition, obs_column: np.ndarray, action_column: np.ndarray) -> None:
    """Refuse what does not fit the columns: NumPy would spread one number over a whole row, and cut 0.7 to 0."""
    expected = obs_column.shape[1:]
    if np.shape(transition.obs) != expected or np.shape(transition.next_obs) != expected:
        name = "next_obs" if np.shape(transition.obs) == expected else "obs"
        raise ValueError(
            f"`{name}` must have the shape that this buffer was made for, {expected}; its shape was "
            f"{np.shape(getattr(transition, name))}."
        )
    check_action(transition.action, action_column)


def check_action(action, column: np.ndarray) -> None:
    """Refuse an action of another shape, or one that the column's type would change."""
    if type(action) is int and column.ndim == 1:
        return
    given = np.asarray(action)
    if given.shape != column.shape[1:]:
        raise ValueError(f"`action` must have the shape {column.shape[1:]} here; its shape was {given.shape}.")
    if not np.can_cast(given.dtype, column.dtype, "same_kind"):
        raise TypeError(
            f"This buffer stores actions as {column.dtype}, which would change {action!r} ({given.dtype}). Make it "
            f"with the action_shape and the action_dtype of the action space."
        )
