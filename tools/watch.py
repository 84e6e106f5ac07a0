"""What processes hold and take while something runs: memory and processor time, of a kernel with all that it starts."""

import threading
from collections.abc import Callable
from contextlib import suppress

import psutil


class Watch:
    """Looks at processes ten times a second while the block runs.

    processes: those to look at now, the most important one first.
    first: the most that the first one held, in bytes, resident; together: that all of them held at one moment;
    processor: seconds of processor time of all of them, those that they started and that have ended included.
    """

    def __init__(self, processes: Callable[[], list[psutil.Process]]):
        self.first, self.together, self.processor = 0, 0, 0.0
        self._processes = processes
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            if processes := self._processes():
                self.first = max(self.first, resident_bytes(processes[0]))
                self.together = max(self.together, bytes_together(processes))
                self.processor = max(self.processor, sum(map(_own_seconds, processes)))


def family(pid: int) -> list[psutil.Process]:
    """A process and all that descend from it, itself first; nothing where it is gone."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    return []


def resident_bytes(process: psutil.Process) -> int:
    """Resident memory of one process, in bytes; 0 where it is gone already."""
    with suppress(psutil.Error):
        return process.memory_info().rss
    return 0


def bytes_together(processes: list[psutil.Process]) -> int:
    """Resident memory of all of them, in bytes. What they share, as a forked copy does with its origin, counts once.

    Where the system cannot say what is shared (Windows, macOS), it counts as often as it is shared.
    """
    if len(processes) == 1 or not psutil.LINUX:
        return sum(map(resident_bytes, processes))
    return sum(map(_proportional_bytes, processes))


def _proportional_bytes(process: psutil.Process) -> int:
    """Its own memory and its part of what it shares with others (PSS); 0 where it is gone already."""
    with suppress(psutil.Error):
        return process.memory_full_info().pss
    return 0


def processor_seconds(pid: int) -> float:
    """Seconds of processor time that a process and all its descendants have taken, those that have ended included."""
    return sum(map(_own_seconds, family(pid)))


def _own_seconds(process: psutil.Process) -> float:
    """User and system, of the process and of those of its children that have ended."""
    with suppress(psutil.Error):
        return sum(process.cpu_times()[:4])
    return 0.0
