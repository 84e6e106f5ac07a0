"""What the reader's code must leave as it was: noted before it runs, put back after it, whatever it did."""

import builtins
import gc
import io
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any

import numpy as np

from helpers.checks.registry import EXERCISES
from helpers.checks.watch import throw

KEPT = {"builtins", "helpers", "io", "json", "math", "numpy", "os", "random", "sys", "threading", "time"}
JUDGES = ("builtins", "helpers", "math", "numpy")  # with these answers are compared: whoever changes them is not right
VOLATILE = {"_", "last_exc", "last_type", "last_value", "last_traceback"}  # the interpreter sets them by itself


class _Nowhere(io.TextIOBase):
    """Takes whatever is printed and forgets it."""

    def write(self, text) -> int:
        return len(text)


@contextmanager
def quiet():
    """What the reader's code prints or warns of while it is tried a hundred times would bury the answer."""
    with redirect_stdout(_Nowhere()), redirect_stderr(_Nowhere()), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def _refuse(*_, **__):
    raise SystemExit


def _unasked(*_, **__):
    raise EOFError("an answer is given everything it needs; it cannot ask for more with input()")


class Surroundings:
    """Notes how things are when it is made; `put_back()` restores them, and says which library was tampered with.

    Meanwhile `os._exit` and `os.abort` raise SystemExit, and `input` an error.
    """

    def __init__(self):
        self.process, self.modules, self.exercises = os.getpid(), dict(sys.modules), dict(EXERCISES)
        watched = [(name, one) for name, one in self.modules.items() if name.partition(".")[0] in KEPT]
        self.spaces = [(name, vars(one), dict(vars(one))) for name, one in watched]
        classes = [one for name, space, _ in self.spaces for one in space.values() if _belongs(one, name)]
        self.classes = [(one, dict(vars(one))) for one in classes]
        self.path, self.environment, self.folder = list(sys.path), dict(os.environ), _folder()
        self.threads = threading.enumerate()
        self.left = []  # threads that are still alive after `put_back()`
        self.settings = list(_settings())
        os._exit = os.abort = _refuse
        builtins.input = _unasked

    def put_back(self) -> str:
        """Empty, or the name of what was changed in Python itself, in NumPy or in the course."""
        changed = ""
        for name, now, before in self.spaces:  # first of all: what follows needs them
            for key, value in before.items():
                if (key not in now or now[key] is not value) and key not in VOLATILE:
                    ours = key in now and (now[key] is _refuse or now[key] is _unasked)
                    if not ours and name.startswith(JUDGES):
                        changed = changed or f"{name}.{key}"
                    now[key] = value
        if os.getpid() != self.process:
            os._exit(0)  # a copy that the reader's code made of this process
        for one, before in self.classes:
            name = _put_back_class(one, before)
            changed = changed or (name if name.startswith(JUDGES) else "")
        sys.modules.update(self.modules)
        sys.path[:] = self.path
        EXERCISES.update(self.exercises)
        _put_back_environment(self.environment)
        for put, value in self.settings:
            with suppress(Exception):
                put(value)
        if self.folder:
            with suppress(OSError):
                os.chdir(self.folder)
        self.left = _end([one for one in threading.enumerate() if one not in self.threads])
        return changed


def _belongs(value, module: str) -> bool:
    """Whether it is a class of the course's own, or the one of threads."""
    return isinstance(value, type) and value.__module__ == module and module.startswith(("helpers", "threading"))


def _put_back_class(one: type, before: dict) -> str:
    changed = ""
    for name in list(vars(one)):
        if name not in before:
            delattr(one, name)
            changed = f"{one.__module__}.{one.__name__}.{name}"
    for name, value in before.items():
        if vars(one).get(name) is not value and not name.startswith("__abc"):
            with suppress(Exception):
                setattr(one, name, value)
                changed = f"{one.__module__}.{one.__name__}.{name}"
    return changed


def _put_back_environment(before: dict) -> None:
    for name in [name for name in os.environ if name not in before]:
        del os.environ[name]
    for name, value in before.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _folder() -> str:
    with suppress(OSError):
        return os.getcwd()
    return ""


def _settings() -> Iterator[tuple[Callable[[Any], Any], Any]]:
    """(how to set it, what it is now) of everything that is set by a call."""
    yield sys.setrecursionlimit, sys.getrecursionlimit()
    yield sys.setswitchinterval, sys.getswitchinterval()
    yield (lambda on: gc.enable() if on else gc.disable()), gc.isenabled()
    yield random.setstate, random.getstate()
    yield np.random.set_state, np.random.get_state()  # noqa: NPY002  the reader's code may have seeded it
    yield (lambda options: np.set_printoptions(**options)), np.get_printoptions()
    mask = os.umask(0o022)
    os.umask(mask)
    yield os.umask, mask
    if threading.current_thread() is threading.main_thread():
        for number in signal.valid_signals():
            if (handler := signal.getsignal(number)) is not None:
                yield (lambda handler, number=number: signal.signal(number, handler)), handler
        if hasattr(signal, "setitimer"):
            for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
                yield (lambda times, timer=timer: signal.setitimer(timer, *times)), signal.getitimer(timer)


def _end(threads: list) -> list:
    """Ends the threads that were left running, and gives those that could not be ended: they wait inside a library."""
    for _ in range(100):
        threads = [one for one in threads if one.is_alive()]
        for one in threads:
            throw(one.ident, SystemExit)  # which ends a thread without a word
        if threads:
            threads[0].join(0.01)
    return threads
