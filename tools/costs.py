"""What a notebook costs: watched while it runs, recorded for one machine, and compared with its card on any other.

Two things differ between the machine of the record and the one that checks. Others may use its cores meanwhile: so time
is the processor's, of the kernel and of every worker that it started, which on one core is close to the time that
passes. And it may be slower: so a fixed piece of work, the yardstick, is timed on both.
"""

import json
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil

from tools.course import ROOT, read_card, read_notebook

RECORD = ROOT / "docs" / "costs.json"
MOST = 2  # a notebook may take so many times what its card says


class Watch:
    """Looks at the kernels that this process has started, ten times a second, while the block runs.

    kernel: the most that a kernel's own process held, in bytes, resident; family: a kernel with its workers;
    processor: seconds of processor time of all of them.
    """

    def __init__(self):
        self.kernel, self.family, self.processor = 0, 0, 0.0
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
            for process in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    if "ipykernel_launcher" in process.cmdline():
                        self._look(process)

    def _look(self, kernel: psutil.Process) -> None:
        own = kernel.memory_info().rss
        self.kernel = max(self.kernel, own)
        self.family = max(self.family, own + sum(map(resident_bytes, kernel.children(recursive=True))))
        self.processor = max(self.processor, processor_seconds(kernel.pid))


def resident_bytes(process: psutil.Process) -> int:
    """Resident memory of one process, in bytes; 0 where it is gone already."""
    with suppress(psutil.Error):
        return process.memory_info().rss
    return 0


def processor_seconds(pid: int) -> float:
    """Seconds of processor time that a process and all its descendants have taken, those that have ended included."""
    total = 0.0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for member in [process, *process.children(recursive=True)]:
            with suppress(psutil.Error):
                total += sum(member.cpu_times()[:4])  # user and system; then those of its children that have ended
    return total


def yardstick() -> float:
    """Processor seconds that a fixed piece of work takes on this machine now: Python, and small sums of NumPy."""
    rows, weights = np.ones((32, 64)), np.ones((64, 64))  # (B, O), (O, O)

    def once() -> float:
        begin, total = time.process_time(), 0
        for number in range(200_000):
            total += number % 7
        for _ in range(3_000):
            np.maximum(rows @ weights, 0)
        return time.process_time() - begin

    return min(once() for _ in range(5))


def read_record() -> dict:
    """`machine` (words), `yardstick` (seconds) and `notebooks`: name -> what was measured there."""
    return json.loads(RECORD.read_text(encoding="utf-8"))


def too_slow(path: Path, seconds: float) -> str:
    """A message where a notebook took more processor time than twice its card; else nothing."""
    try:
        card = read_card(read_notebook(path))
    except ValueError:
        return ""  # it promises nothing; the lint asks for a card where there should be one
    if seconds <= MOST * card.seconds:
        return ""
    slower = max(1.0, yardstick() / read_record()["yardstick"])  # this machine, beside that of the record
    if seconds <= MOST * card.seconds * slower:
        return ""
    return (
        f"{path.name} took {seconds:.0f} s of processor time, and its card says {card.seconds} s: more than {MOST} "
        f"times that, on a machine {slower:.1f} times as slow as the one that wrote the cards. "
        f"Make it faster; or, if it is worth its time, `make cards NB={path.stem}` writes what it costs now."
    )
