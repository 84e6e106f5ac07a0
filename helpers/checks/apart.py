"""Run the reader's code in a copy of this process, where it can do no harm, and end it whatever it does.

Linux only: elsewhere a copy of a process that has threads may crash inside the system's own libraries.
"""

import contextlib
import ctypes
import faulthandler
import io
import json
import os
import select
import signal
import sys
import warnings

from helpers.checks.watch import TICK, Budget

POSSIBLE = sys.platform == "linux"
DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
MARGIN = 1.0  # seconds that the copy has to end its code by itself, and to say so
MEMORY = 2**30  # bytes that an answer may take
IDLE = 3.0  # seconds without any work after which the copy is taken to wait for threads that it does not have
UNSTOPPABLE = (
    "It does not come back within {:g} seconds, and had to be ended by force. Is there a loop that never ends?"
)


def apart(seconds: float, judge, *arguments) -> tuple[str, str] | None:
    """(verdict, words) of `judge(*arguments)`; None where this has to be found out in this process."""
    if not POSSIBLE:
        return None
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of copies of processes with threads
        copy = os.fork()
    if copy == 0:
        _tell(writing, judge, arguments)
    os.close(writing)
    try:
        told = _wait_for(copy, reading, seconds)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(copy, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(copy, signal.SIGKILL)  # and whatever it has started
        _, status = os.waitpid(copy, 0)
        os.close(reading)
    if told is None:
        return None
    if told == b"":
        return "not yet", _how_it_ended(status)
    words = json.loads(told)
    if words is None:
        raise KeyboardInterrupt
    return tuple(words)


def _tell(writing: int, judge, arguments) -> None:
    """In the copy: judge, say so in one line, and be gone, without any of the farewells of Python."""
    leave, write, dumps = os._exit, os.write, json.dumps
    try:
        _fence_in()
        try:
            told = judge(*arguments)
        except KeyboardInterrupt:
            told = None
        write(writing, dumps(told).encode() + b"\n")
    finally:
        leave(0)


def _fence_in() -> None:
    import resource

    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    faulthandler.disable()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    sys.stdout = sys.stderr = io.StringIO()  # a notebook's own streams would send what is said to the notebook
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGKILL)  # restarting the kernel ends the copy too
    with contextlib.suppress(OSError, ValueError), open("/proc/self/statm") as file:
        room = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE") + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (room, room))


def _wait_for(copy: int, reading: int, seconds: float) -> bytes | None:
    """Its line; empty where it ended without one, or had to be ended; None where it seems to wait for lost threads."""
    budget, told, idle, before = Budget(seconds, MARGIN), b"", 0, 0.0
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    while not told.endswith(b"\n"):
        if poll.poll(1000 * TICK):
            part = os.read(reading, 65_536)
            if not part:
                return b""
            told += part
            continue
        used = _processor_seconds(copy)
        idle, before = (idle + 1 if used == before else 0), used
        if idle * TICK > IDLE and "tensorflow" in sys.modules:
            return None
        if budget.is_over(used):
            return json.dumps(["not yet", UNSTOPPABLE.format(seconds)]).encode()
    return told


def _processor_seconds(process: int) -> float:
    """Of its main thread, in hundredths; 0 where the system does not say."""
    try:
        with open(f"/proc/{process}/task/{process}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0.0


def _how_it_ended(status: int) -> str:
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL:
        name = signal.Signals(os.WTERMSIG(status)).name
        return f"It makes Python itself crash ({name}). Does it call itself very deeply inside a library?"
    return "It ends the program that runs it. Leave that out, and return a value. Or does it need far too much memory?"
