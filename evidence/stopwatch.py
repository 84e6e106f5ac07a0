"""The clock of a run. Imports no network library."""

import time
from collections.abc import Callable
from typing import Any


class Stopwatch:
    """A `measure` for `train` around another one: a clock that stands still while it measures.

    It starts when it is made. clock: `time.process_time`, since other work may share the machine; `time.perf_counter`
    where it is the waiting that counts.
    """

    def __init__(self, measure: Callable[[Any], dict], clock: Callable[[], float] = time.process_time):
        self.measure, self.clock = measure, clock
        self.began, self.stopped = clock(), 0.0

    def __call__(self, agent) -> dict:
        began = self.clock()
        measured = self.measure(agent)
        self.stopped += self.clock() - began
        return measured

    @property
    def seconds(self) -> float:
        """Since the start, without the measurements."""
        return self.clock() - self.began - self.stopped
