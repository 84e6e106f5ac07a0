"""What a run leaves behind, as arrays, and the recorder that gathers it while the run goes on."""

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np


def _empty(dtype=float):
    return field(default_factory=lambda: np.zeros(0, dtype))


@dataclass
class History:
    """What a run leaves behind: arrays and counts, nothing else. E episodes have ended; V measurements were taken."""

    seed: int = -1  # of the run; -1 while there is none
    env_steps: int = 0
    seconds: float = 0.0  # acting, stepping and learning; measuring and saving are not counted
    returns: np.ndarray = _empty()  # (E,) sum of an episode's rewards, exploration included
    lengths: np.ndarray = _empty(int)  # (E,) env steps
    truncated: np.ndarray = _empty(bool)  # (E,) ended by the time limit alone
    measured_at: np.ndarray = _empty(int)  # (V,) env steps
    measured: dict[str, np.ndarray] = field(default_factory=dict)  # name -> (V, ...)
    # The episode still going on: enough to walk into it again, in the same environment or in a fresh one.
    unfinished_actions: np.ndarray = _empty(int)  # (t,) taken so far
    unfinished_rewards: np.ndarray = _empty()  # (t,)
    unfinished_generator: str = ""  # state of the environment's generator as that episode began, as JSON

    @property
    def ended_at(self) -> np.ndarray:
        """(E,) the env step at which each episode ended."""
        return self.lengths.cumsum()


class Recorder:
    """A history while it grows. It starts from an earlier one, and never changes that."""

    def __init__(self, earlier: History):
        self.seed, self.env_steps = earlier.seed, earlier.env_steps
        self.returns, self.lengths = earlier.returns.tolist(), earlier.lengths.tolist()
        self.truncated = earlier.truncated.tolist()
        self.measured_at = earlier.measured_at.tolist()
        self.measured = {name: list(values) for name, values in earlier.measured.items()}
        self.actions, self.rewards = earlier.unfinished_actions.tolist(), earlier.unfinished_rewards.tolist()
        self.generator = json.loads(earlier.unfinished_generator or "{}")
        self._seconds_before, self._started, self._stopped = earlier.seconds, time.perf_counter(), 0.0

    def begin_episode(self, generator: np.random.Generator) -> None:
        """Call before the reset: `generator` is the environment's."""
        self.generator = generator.bit_generator.state
        self.actions, self.rewards = [], []

    def step(self, action, reward) -> None:
        self.env_steps += 1
        self.actions.append(int(action))
        self.rewards.append(float(reward))

    def end_episode(self, truncated: bool) -> None:
        self.returns.append(sum(self.rewards))
        self.lengths.append(len(self.rewards))
        self.truncated.append(truncated)

    def measure(self, measurement: dict) -> None:
        """Add one measurement: a dict of numbers or arrays, with the same names each time."""
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

    def history(self) -> History:
        """What has been recorded so far, as arrays."""
        return History(
            seed=self.seed,
            env_steps=self.env_steps,
            seconds=self._seconds_before + time.perf_counter() - self._started - self._stopped,
            returns=np.array(self.returns, float),
            lengths=np.array(self.lengths, int),
            truncated=np.array(self.truncated, bool),
            measured_at=np.array(self.measured_at, int),
            measured={name: np.array(values) for name, values in self.measured.items()},
            unfinished_actions=np.array(self.actions, int),
            unfinished_rewards=np.array(self.rewards, float),
            unfinished_generator=json.dumps(self.generator),
        )
