"""What tests of several agents share: no two may be one, and a run that is killed goes on."""

import signal
import subprocess
import sys
from itertools import combinations

import numpy as np


def alike(lives: dict[str, list]) -> list[tuple[str, str]]:
    """The pairs of names whose arrays, that experience has left, are equal to the bit."""
    return [
        (one, other)
        for one, other in combinations(lives, 2)
        if all(np.array_equal(a, b) for a, b in zip(lives[one], lives[other], strict=True))
    ]


def kill_when_here(script: str, *arguments: str) -> None:
    """Run a script of Python, and send SIGKILL when it says "here"."""
    process = subprocess.Popen([sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGKILL)
