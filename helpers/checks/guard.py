"""Run the reader's code so that nothing it does can hurt: errors, endless loops, printing, changed arguments."""

import copy
import ctypes
import inspect
import io
import linecache
import random
import sysconfig
import threading
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np

from helpers.checks.expect import ToDo, Wrong, named, require

HERE = Path(__file__).resolve().parents[1]  # helpers/
LIBRARIES = [str(HERE), *{sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}]
STUCK = (
    "The time for this check is over, but the code does not stop: it may catch every exception, or wait inside a "
    "library. Press the stop button (interrupt the kernel), and if that does not help, restart the kernel."
)


class OutOfTime(BaseException):
    """Raised in the reader's code from outside when its time is over; not an Exception, so that it is rarely caught."""


class Answer:
    """The reader's function, called with care: what it returns is its own affair, what it must never do is seen here.

    changes: it may change its arguments, and return None (a `learn`, for example).
    A checker wraps other callables of the reader's in the same way: `Answer(agent.act)(obs)`.
    """

    def __init__(self, function, changes: bool = False):
        require(callable(function), f"Give `check` the function itself, without brackets; it got {named(function)}.")
        self.function, self.changes = function, changes

    def __call__(self, *arguments, **keywords):
        given = {**dict(enumerate(arguments)), **keywords}
        before = {name: copy.deepcopy(value) for name, value in given.items() if _is_data(value)}
        chance = _global_chance()
        result = self.function(*arguments, **keywords)
        if has_ellipsis(result):
            raise ToDo
        if inspect.isgenerator(result) or inspect.isasyncgen(result) or inspect.iscoroutine(result):
            raise Wrong("It gives back a generator: use `return` instead of `yield`, and no `async`.")
        require(chance == _global_chance(), "It uses a global random generator. Draw from the `rng` that it is given.")
        if not self.changes:
            require(result is not None, "It returns `None`. Is a `return` missing?")
            for name, value in before.items():
                require(
                    _equal(given[name], value),
                    f"It changes its argument `{self._called(name)}` in place. Work on a copy, or on new values.",
                )
        return result

    def _called(self, name) -> str:
        try:
            return name if isinstance(name, str) else list(inspect.signature(self.function).parameters)[name]
        except (TypeError, ValueError, IndexError):
            return f"number {name + 1}"


def has_ellipsis(value) -> bool:
    """Whether an answer is, or holds, the `...` of an unsolved stub."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return any(item is ... for item in value[:100])
    return value is ...


def _is_data(value) -> bool:
    return isinstance(value, np.ndarray | list | dict | set)


def _equal(one, two) -> bool:
    if isinstance(one, np.ndarray) and isinstance(two, np.ndarray):
        return one.dtype == two.dtype and one.shape == two.shape and one.tobytes() == two.tobytes()
    if type(one) is type(two) and isinstance(one, list | dict):
        pairs = (
            [(one[key], two[key]) for key in one if key in two]
            if isinstance(one, dict)
            else zip(one, two, strict=False)
        )
        return len(one) == len(two) and all(_equal(a, b) for a, b in pairs)
    return bool(np.all(one == two))


def _global_chance():
    numpy = np.random.get_state(legacy=True)  # noqa: NPY002  to see whether the reader's code draws from it
    return numpy[1].tobytes(), numpy[2], hash(random.getstate())


# --- errors ---------------------------------------------------------------------------------------------------------


def explain(error: BaseException) -> str:
    """An exception as a hint: its type and message, and the line of the reader's code; no stack trace."""
    place = reader_line(error)
    if isinstance(error, SystemExit):
        said = "It ends the program with exit() or quit(): leave that out, and return a value"
    elif isinstance(error, RecursionError):
        said = "It calls itself without end (RecursionError)"
    elif place:
        said = (
            f"It raises {type(error).__name__}: {_message(error)}"
            if _message(error)
            else f"It raises {type(error).__name__}"
        )
    elif isinstance(error, TypeError) and "argument" in _message(error):
        said = f"It cannot be called as the task says. Python's words: {_message(error)}"
    else:
        return "The checker cannot make sense of what it was given or got back. Compare its type with the docstring."
    return f"{said}. {place}".strip()


def _message(error: BaseException) -> str:
    try:
        lines = str(error).strip().splitlines()
    except Exception:
        return ""
    return lines[0][:200].rstrip(".") if lines else ""


def reader_line(error: BaseException) -> str:
    """'See line 3: `return q[7]`', the innermost line that is the reader's; empty where there is none."""
    found, trace = None, error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not any(file.startswith(folder) for folder in LIBRARIES) and not file.startswith("<frozen"):
            found = file, trace.tb_lineno
        trace = trace.tb_next
    if found is None:
        return ""
    text = linecache.getline(*found).strip()
    return f"See line {found[1]}: `{text[:100]}`" if text else f"See line {found[1]} of your cell."


# --- output and time ------------------------------------------------------------------------------------------------


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


def within(seconds: float, out, function, *arguments):
    """`function(*arguments)`, or OutOfTime after so many seconds (of the wall clock).

    out: the stream on which to say that the code cannot be stopped.

    A thread raises OutOfTime in this one, and again where it was caught. Code that catches all of them, or waits inside
    a library, cannot be ended from outside: then the thread says so, once.
    """
    watch = _Watch(seconds, out)
    watch.start()
    try:
        try:
            return function(*arguments)
        finally:
            watch.stop()
    except OutOfTime:
        watch.stop()  # again: the first may have been what was interrupted
        raise


class _Watch(threading.Thread):
    def __init__(self, seconds: float, out, again: float = 0.25, patience: int = 8):
        super().__init__(daemon=True)
        self.seconds, self.out, self.again, self.patience = seconds, out, again, patience
        self.target = ctypes.c_ulong(threading.get_ident())
        self.finished, self.lock = threading.Event(), threading.Lock()

    def run(self) -> None:
        tries, wait = 0, self.seconds
        while not self.finished.wait(wait):
            with self.lock:
                if not self.finished.is_set():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(self.target, ctypes.py_object(OutOfTime))
            tries, wait = tries + 1, self.again
            if tries == self.patience:
                print(STUCK, file=self.out, flush=True)

    def stop(self) -> None:
        with self.lock:
            self.finished.set()
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                self.target, None
            )  # one that is on its way has no sense any more
