"""Ctrl-C (the stop button, SIGINT): to know that it was pressed, and to be deaf to it."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """A function that says whether Ctrl-C was pressed since the block began, whoever has answered it in between.

    `helpers.loop.train` answers the first one itself and returns early, so no KeyboardInterrupt comes this far. Python
    can write the number of each signal that arrives to a socket as well, and that is what we read. Only the main thread
    receives signals; in another one the function always says no.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    numbers = bytearray()
    reader, writer = socket.socketpair()
    with reader, writer:
        reader.setblocking(False)
        writer.setblocking(False)
        outer = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)

        def requested() -> bool:
            with suppress(BlockingIOError):
                numbers.extend(reader.recv(4_096))
            return signal.SIGINT in numbers

        try:
            yield requested
        finally:
            signal.set_wakeup_fd(outer)
            requested()
            if outer != -1:  # whoever listened before us hears of them too
                with suppress(OSError):
                    os.write(outer, bytes(numbers))


@contextmanager
def interrupts_ignored():
    """No Ctrl-C for the time of a block, nor for the whole life of a process that it starts."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def never_interrupt() -> None:
    """Make this process deaf for good: a terminal sends Ctrl-C to every process, but only the first one answers it.

    Blocked, and not only ignored, because a run may install a handler of its own, as `train` does.
    """
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
