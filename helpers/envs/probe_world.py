"""What a probe environment is: a few places, what each action pays and where it leads, and Q* known exactly."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from helpers.envs.arrays import arrays_from
from helpers.exact import value_iteration

END = True


class Outcome(NamedTuple):
    """What may follow an action."""

    reward: float
    next_place: int
    terminated: bool = True


class ProbeWorld(gym.Env):
    """S places and A actions: `moves[place][action]` is a list of outcomes, all equally likely.

    Place number i is seen as row i of `observations` (S, O); left out, that is 0.5 at position i, else 0. Each of
    several starts, or of several outcomes, comes equally often, in random order: the averages that an agent can learn
    are then nearly exact after a few dozen episodes. `in_turn`: starts come in the order in which they are given.
    `time_limit`: env steps after which an episode is truncated. `high` (O,): the bounds of the observation space, where
    its numbers are of different sizes. `later`: the starts, in place of `starts`, once `change_at` env steps are made.
    """

    metadata = {"render_modes": []}

    def __init__(
        self,
        moves: Sequence,
        starts: Sequence[int] = (0,),
        time_limit: int | None = None,
        *,
        observations=None,
        in_turn: bool = False,
        high: Sequence[float] | None = None,
        later: Sequence[int] = (),
        change_at: int = 0,
    ):
        num_places, num_actions = len(moves), len(moves[0])
        self.moves, self.starts, self.time_limit, self.in_turn = moves, tuple(starts), time_limit, in_turn
        usual = 0.5 * np.eye(num_places)  # never whole numbers, on purpose
        self.observations = np.array(usual if observations is None else observations, np.float32)  # (S, O)
        largest = np.full(self.observations.shape[1:], max(1.0, float(np.abs(self.observations).max())), np.float32)
        bound = largest if high is None else np.array(high, np.float32)  # (O,)
        self.observation_space = spaces.Box(-bound, bound)
        self.action_space = spaces.Discrete(num_actions)
        outcomes = {(place, action): [] for place in range(num_places + 1) for action in range(num_actions)}
        for place, of_place in enumerate(moves):
            for action, rows in enumerate(of_place):
                for reward, next_place, terminated in rows:  # an end leads to the last state, which pays nothing
                    entry = (1 / len(rows), num_places if terminated else next_place, reward, terminated)
                    outcomes[place, action].append(entry)
        self.P, self.R = arrays_from(outcomes, num_places + 1, num_actions)
        self.later, self.change_at, self.steps_in_all = tuple(later), change_at, 0
        self.place, self.steps, self.waiting = 0, 0, {}

    def known_q(self, gamma: float) -> np.ndarray:
        """Q* (S, A): what a right agent says at the end. A time limit changes nothing of it."""
        return value_iteration(self.P, self.R, gamma)[:-1]

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if seed is not None:
            self.waiting = {}  # what is left of the decks belongs to the generator before
            self.steps_in_all = 0
        starts = self.later if self.later and self.steps_in_all >= self.change_at else self.starts
        self.place, self.steps = starts[self._draw(("start", starts), len(starts), self.in_turn)], 0
        return self.observations[self.place].copy(), {}

    def step(self, action):
        rows = self.moves[self.place][int(action)]
        reward, self.place, terminated = rows[self._draw((self.place, int(action)), len(rows))]
        self.steps += 1
        self.steps_in_all += 1
        truncated = self.steps == self.time_limit and not terminated
        return self.observations[self.place].copy(), float(reward), terminated, truncated, {}

    def _draw(self, key, count: int, in_turn: bool = False) -> int:
        """0 .. count - 1 equally often: a deck for each key, shuffled or in turn, and made anew when it is empty."""
        if not self.waiting.get(key):
            self.waiting[key] = [*reversed(range(count))] if in_turn else self.np_random.permutation(count).tolist()
        return self.waiting[key].pop()


class Probe(NamedTuple):
    """One probe environment, what it isolates, and what to think where an agent fails it."""

    name: str
    isolates: str
    broken: str  # what is probably broken where this is the first to fail
    make: Callable[[], ProbeWorld]
    signs: Sequence[tuple[Callable[[float], Sequence], str]] = ()  # gamma -> values (S, A) of a known fault, its name
    fills_memory: bool = False  # whether the memory should be so small that it is full before the world changes
