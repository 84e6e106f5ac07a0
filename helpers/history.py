"""What a run leaves behind, as arrays, and the recorder that gathers it while the run goes on."""

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from helpers.buffer import Transition


def _empty(dtype=float):
    return field(default_factory=lambda: np.zeros(0, dtype))


@dataclass
class History:
    """What a run leaves behind: arrays and counts, nothing else. M episodes have ended; V measurements were taken.

    Of E environments side by side the episodes stand in the order in which they ended.
    """

    seed: int = -1  # of the run; -1 while there is none
    env_steps: int = 0  # of all environments together
    seconds: float = 0.0  # acting, stepping and learning; measuring and saving are not counted
    returns: np.ndarray = _empty()  # (M,) sum of an episode's rewards, exploration included
    lengths: np.ndarray = _empty(int)  # (M,) env steps
    truncated: np.ndarray = _empty(bool)  # (M,) ended by the time limit alone
    ended_at: np.ndarray = _empty(int)  # (M,) env steps of the run when the episode ended
    measured_at: np.ndarray = _empty(int)  # (V,) env steps
    measured: dict[str, np.ndarray] = field(default_factory=dict)  # name -> (V, ...)
    # The episodes that are still going on, and whose run it is: enough to go on from there, and with nothing else.
    unfinished_returns: np.ndarray = _empty()  # (E,) so far
    unfinished_lengths: np.ndarray = _empty(int)  # (E,)
    trail: dict[str, np.ndarray] = field(default_factory=dict)  # what `helpers.world` needs to walk back
    made_by: dict = field(default_factory=dict)  # what `helpers.identity` says of agent and world


class Recorder:
    """A history while it grows. It starts from an earlier one, and never changes that."""

    def __init__(self, earlier: History, num_envs: int = 1):
        self.seed, self.env_steps = earlier.seed, earlier.env_steps
        self.returns, self.lengths = earlier.returns.tolist(), earlier.lengths.tolist()
        self.truncated, self.ended_at = earlier.truncated.tolist(), earlier.ended_at.tolist()
        self.measured_at = earlier.measured_at.tolist()
        self.measured = {name: list(values) for name, values in earlier.measured.items()}
        # Of the unfinished episodes; numbers of Python's where there is one, since NumPy's take ten times as long.
        begun = len(earlier.unfinished_returns) == num_envs
        returns = earlier.unfinished_returns.copy() if begun else np.zeros(num_envs)  # (E,)
        lengths = earlier.unfinished_lengths.copy() if begun else np.zeros(num_envs, int)  # (E,)
        self.running_returns: Any = returns if num_envs > 1 else returns.tolist()
        self.running_lengths: Any = lengths if num_envs > 1 else lengths.tolist()
        self._seconds_before, self._started, self._stopped = earlier.seconds, time.perf_counter(), 0.0

    def step(self, transition: Transition) -> None:
        """One step of one environment."""
        self.env_steps += 1
        self.running_returns[0] += float(transition.reward)
        self.running_lengths[0] += 1
        if transition.terminated or transition.truncated:
            self._end_episode(0, not transition.terminated)

    def step_many(self, transition: Transition, real: np.ndarray) -> None:
        """One step of those of E environments that are `real` (E,), with one row of the transition for each."""
        self.env_steps += len(transition.reward)
        all_of_them = len(transition.reward) == len(real)
        chosen = slice(None) if all_of_them else real  # a slice takes a third of the time
        self.running_returns[chosen] += transition.reward
        self.running_lengths[chosen] += 1
        ended = transition.terminated | transition.truncated
        if ended.any():
            for row, place in zip(np.flatnonzero(ended), np.flatnonzero(real)[ended], strict=True):
                self._end_episode(place, not transition.terminated[row])

    def _end_episode(self, place: int, truncated: bool) -> None:
        self.returns.append(float(self.running_returns[place]))
        self.lengths.append(int(self.running_lengths[place]))
        self.truncated.append(bool(truncated))
        self.ended_at.append(self.env_steps)
        self.running_returns[place], self.running_lengths[place] = 0.0, 0

    def drop_unfinished(self) -> None:
        """The episodes that were going on have no end: there was no way back into them."""
        for place in range(len(self.running_returns)):
            self.running_returns[place], self.running_lengths[place] = 0.0, 0

    def measure(self, measurement: dict) -> None:
        """Add one measurement: a dict of numbers or arrays, with the same names each time."""
        if not isinstance(measurement, dict):
            raise TypeError(
                f"`measure` must return a dict of numbers or arrays, such as {{'mean': 1.5}}; it returned "
                f"{measurement!r}."
            )
        if self.measured and set(measurement) != set(self.measured):
            raise ValueError(f"`measure` returned {sorted(measurement)}, but before {sorted(self.measured)}.")
        values = {name: np.array(value) for name, value in measurement.items()}  # copies: what is measured lives on
        for name, value in values.items():
            earlier = self.measured.get(name, [value])[0]
            if value.dtype == object or value.shape != np.shape(earlier):
                raise ValueError(
                    f"`measure` must return numbers or arrays of the same shape each time; `{name}` was of type "
                    f"{value.dtype} and shape {value.shape}, the first of shape {np.shape(earlier)}."
                )
        self.measured_at.append(self.env_steps)
        for name, value in values.items():
            self.measured.setdefault(name, []).append(value)

    @contextmanager
    def clock_stopped(self):
        """What is done inside does not count in the run's seconds."""
        began = time.perf_counter()
        yield
        self._stopped += time.perf_counter() - began

    def history(self, trail: dict[str, np.ndarray] | None = None, made_by: dict | None = None) -> History:
        """What has been recorded so far, as arrays; with what it takes to go on from here."""
        return History(
            seed=self.seed,
            env_steps=self.env_steps,
            seconds=self._seconds_before + time.perf_counter() - self._started - self._stopped,
            returns=np.array(self.returns, float),
            lengths=np.array(self.lengths, int),
            truncated=np.array(self.truncated, bool),
            ended_at=np.array(self.ended_at, int),
            measured_at=np.array(self.measured_at, int),
            measured={name: np.array(values) for name, values in self.measured.items()},
            unfinished_returns=np.array(self.running_returns, float),
            unfinished_lengths=np.array(self.running_lengths, int),
            trail=trail or {},
            made_by=made_by or {},
        )
