"""Answers that a kernel should outlive: what readers hand in by mistake, and worse.

Each is a function `(right, wrong) -> answer`. `right` and `wrong` are functions that answer an exercise rightly and
wrongly. What harms answers wrongly afterwards, so that a verdict of "right" is a checker that was fooled.
ACTS do something and go on; ENDS raise or end something; HANGS do not come back; VALUES give back something odd.
"""

import builtins
import collections
import contextlib
import ctypes
import decimal
import fractions
import gc
import itertools
import os
import queue
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings

import numpy as np

import helpers.checks.expect as expect
import helpers.checks.guard as guard
import helpers.checks.registry as registry
import helpers.checks.report as report
import helpers.updates as updates

yes = lambda *arguments, **options: True  # noqa: E731


def setting(owner, name: str, value):
    """An act that replaces an attribute."""
    return lambda: setattr(owner, name, value)


def lacking(owner, name: str):
    """An act that takes an attribute away."""
    return lambda: delattr(owner, name)


def spin():
    while True:
        pass


def patch_checkers():
    for name, module in list(sys.modules.items()):
        if re.fullmatch(r"helpers\.checks\.nb\d\d", name):
            module.recognise = module.require = yes


def forget_modules():
    for name in ("helpers.checks.expect", "numpy", "json", "tempfile"):
        sys.modules.pop(name, None)


def set_alarm():
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 60)


def leave_process():
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(20)"])


ACTS = {
    "chdir": lambda: os.chdir(tempfile.gettempdir()),
    "chdir into a folder that is gone": lambda: (lambda f: (os.chdir(f), os.rmdir(f)))(tempfile.mkdtemp()),
    "environment set": lambda: os.environ.update(COURSE_PROGRESS="/nowhere", OMP_NUM_THREADS="7"),
    "environment emptied": lambda: os.environ.clear(),
    "recursion limit low": lambda: sys.setrecursionlimit(400),
    "recursion limit high": lambda: sys.setrecursionlimit(10**6),
    "np.allclose patched": setting(np, "allclose", yes),
    "np.array_equal patched": setting(np, "array_equal", yes),
    "np.abs patched": setting(np, "abs", lambda *_: 0.0),
    "np.array patched": setting(np, "array", lambda *_, **__: np.zeros(3)),
    "np.asarray deleted": lacking(np, "asarray"),
    "np.linalg.solve patched": setting(np.linalg, "solve", yes),
    "len patched": setting(builtins, "len", lambda *_: 3),
    "print patched": setting(builtins, "print", yes),
    "open patched": setting(builtins, "open", yes),
    "all patched": setting(builtins, "all", yes),
    "isinstance deleted": lacking(builtins, "isinstance"),
    "BaseException deleted": lacking(builtins, "BaseException"),
    "str and len deleted": lambda: (delattr(builtins, "str"), delattr(builtins, "len")),
    "sys.stdout swapped": setting(sys, "stdout", None),
    "sys.stdout closed": lambda: sys.stdout.close(),
    "sys.stderr closed": lambda: sys.stderr.close(),
    "thread left looping": lambda: threading.Thread(target=spin, daemon=True).start(),
    "thread left waiting": lambda: threading.Thread(target=time.sleep, args=(5,), daemon=True).start(),
    "process left behind": leave_process,
    "handler of SIGINT": lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    "handler of SIGTERM": lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN),
    "alarm set": set_alarm,
    "expect.require patched": setting(expect, "require", yes),
    "expect.close patched": setting(expect, "close", yes),
    "report.judge patched": setting(report, "judge", lambda *_: ("right", "")),
    "guard.Answer patched": setting(guard.Answer, "__call__", yes),
    "Wrong patched": setting(expect.Wrong, "__str__", lambda self: spin()),
    "checkers patched": patch_checkers,
    "helpers.updates patched": setting(updates, "discounted_return", yes),
    "exercises cleared": lambda: registry.EXERCISES.clear(),
    "gc disabled": gc.disable,
    "warnings are errors": lambda: warnings.simplefilter("error"),
    "np.seterr": lambda: np.seterr(all="raise"),
    "np.set_printoptions": lambda: np.set_printoptions(precision=1),
    "random.seed": lambda: random.seed(0),
    "np.random.seed": lambda: np.random.seed(0),
    "sys.settrace": lambda: sys.settrace(yes),
    "sys.setprofile": lambda: sys.setprofile(yes),
    "sys.setswitchinterval": lambda: sys.setswitchinterval(20.0),
    "sys.path emptied": lambda: sys.path.clear(),
    "sys.modules forgotten": forget_modules,
    "time stands still": lambda: [setattr(time, n, lambda: 0.0) for n in ("monotonic", "perf_counter", "thread_time")],
    "excepthook": setting(sys, "excepthook", yes),
    "threading patched": setting(threading.Thread, "start", yes),
    "umask": lambda: os.umask(0o777),
}


def exploding(kind, **methods):
    """An act that raises an exception which is hostile itself."""
    return lambda: (_ for _ in ()).throw(type("Odd", (kind,), methods)("odd"))


def throw(error):
    raise error


def deeper(depth=0):
    return deeper(depth + 1)


def deeper_in_c():
    values = iter([])
    for _ in range(10**6):
        values = filter(None, values)
    next(values)


def forked():
    if os.fork() == 0:
        raise RuntimeError("the child goes on")


def chained():
    one, other = ValueError("one"), ValueError("other")
    one.__context__, other.__context__ = other, one
    raise one


def says(text):
    return lambda self: text


ENDS = {
    "SystemExit": lambda: sys.exit(1),
    "KeyboardInterrupt": lambda: throw(KeyboardInterrupt()),
    "GeneratorExit": lambda: throw(GeneratorExit()),
    "StopIteration": lambda: throw(StopIteration()),
    "MemoryError": lambda: throw(MemoryError()),
    "ExceptionGroup": lambda: throw(BaseExceptionGroup("many", [SystemExit(), KeyboardInterrupt()])),
    "str loops": exploding(Exception, __str__=lambda self: spin()),
    "str exits": exploding(Exception, __str__=lambda self: sys.exit()),
    "str interrupts": exploding(Exception, __str__=lambda self: throw(GeneratorExit())),
    "str recurses": exploding(Exception, __str__=lambda self: str(self)),
    "str is no text": exploding(Exception, __str__=lambda self: 7),
    "str is surrogates": exploding(Exception, __str__=says("\ud800 \x1b[2J")),
    "str is long": exploding(Exception, __str__=says("a" * 10**8)),
    "repr loops": exploding(Exception, __repr__=lambda self: spin()),
    "del loops": exploding(Exception, __del__=lambda self: spin()),
    "del exits": exploding(Exception, __del__=lambda self: sys.exit()),
    "TypeError whose str loops": exploding(TypeError, __str__=lambda self: spin()),
    "Wrong whose str exits": exploding(expect.Wrong, __str__=lambda self: sys.exit()),
    "Wrong whose str loops": exploding(expect.Wrong, __str__=lambda self: spin()),
    "chained in a circle": chained,
    "deep recursion": deeper,
    "deep recursion, limit raised": lambda: (sys.setrecursionlimit(10**9), deeper()),
    "deep recursion in C": deeper_in_c,
    "os._exit": lambda: os._exit(3),
    "os.abort": lambda: os.abort(),
    "kill -9 of itself": lambda: os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM)),
    "SIGSTOP": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "execv": lambda: os.execv(sys.executable, [sys.executable, "-c", ""]),
    "null pointer": lambda: ctypes.string_at(0),
    "fork": forked,
    "too much memory": lambda: np.ones(10**11),
    "memory, bit by bit": lambda: list(itertools.count()),
    "interrupt from a thread": lambda: (threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start(), spin()),
}


def bare_loop():
    while True:
        try:
            spin()
        except:  # noqa: E722
            "caught"


def bare_nest():
    while True:
        with contextlib.suppress(BaseException):
            try:
                bare_loop()
            finally:
                spin()


def bare_recursion():
    try:
        bare_recursion()
    except:  # noqa: E722
        bare_recursion()


def bare_sleep():
    while True:
        try:
            time.sleep(1000)
        except:  # noqa: E722
            "caught"


def printing():
    while True:
        print("again")


HANGS = {
    "endless loop": spin,
    "endless loop that prints": printing,
    "bare except": bare_loop,
    "bare except, nested": bare_nest,
    "bare except, recursive": bare_recursion,
    "bare except that sleeps": bare_sleep,
    "sleep": lambda: time.sleep(10**6),
    "short sleeps": lambda: [time.sleep(0.01) for _ in itertools.count()],
    "one long sum": lambda: sum(range(10**11)),
    "one long search": lambda: 10**9 in itertools.repeat(0),
    "one long sort": lambda: sorted(itertools.chain.from_iterable(itertools.repeat(range(10**7), 10))),
    "one long power": lambda: 3 ** (10**9),
    "one long loop of NumPy": lambda: [np.sort(np.random.default_rng(0).random(10**8)) for _ in range(10)],
    "regular expression": lambda: re.match(r"(a*)*b", "a" * 60),
    "endless iterator": lambda: collections.deque(itertools.count(), maxlen=0),
    "empty queue": lambda: queue.Queue().get(),
    "lock taken twice": lambda: [lock.acquire() for lock in [threading.Lock()] * 2],
    "waits for its thread": lambda: (lambda t: (t.start(), t.join()))(threading.Thread(target=spin, daemon=True)),
}


class Odd:
    """Runs `act` whatever is asked of it, then behaves like the number 3."""

    def __init__(self, act):
        object.__setattr__(self, "act", act)

    def __getattr__(self, name):
        self.act()
        raise AttributeError(name)

    def __array__(self, *_, **__):
        self.act()
        return np.array(3.0)

    def _number(self, *_):
        self.act()
        return 3

    def _true(self, *_):
        self.act()
        return True

    def _text(self, *_):
        self.act()
        return "3"

    __len__ = __index__ = __int__ = __hash__ = _number
    __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = __bool__ = __contains__ = _true
    __str__ = __repr__ = __format__ = _text

    def __float__(self):
        return float(self._number())

    def __iter__(self):
        self.act()
        return iter([3.0])

    def __getitem__(self, _):
        self.act()
        return 3.0

    def __call__(self, *_, **__):
        return self._number()


class Liar(np.ndarray):
    """Says that it is equal to everything, and of any shape."""

    __eq__ = __ne__ = __le__ = __lt__ = __ge__ = __gt__ = yes
    all = any = yes
    tobytes = lambda self: b""  # noqa: E731

    def __array_ufunc__(self, *_, **__):
        return np.bool_(True)

    def __array_function__(self, *_, **__):
        return True


class Text(str):
    """A text that loops when it is looked at."""

    __len__ = __eq__ = strip = lower = splitlines = __format__ = lambda self, *_: spin()
    __hash__ = str.__hash__


class Mapping(dict):
    """A dictionary that holds whatever is asked for, and loops when it is counted."""

    __contains__ = yes
    __len__ = lambda self: spin()  # noqa: E731
    __getitem__ = lambda self, key: Odd(spin)  # noqa: E731


class Changing:
    """Another number with each look."""

    turns = itertools.count()

    def __array__(self, *_, **__):
        return np.array(float(next(self.turns)))


def circle():
    values = []
    values.append(values)
    return values


def deep_list():
    values = []
    for _ in range(10**5):
        values = [values]
    return values


class Unnamed(type):
    __name__ = property(lambda cls: spin())


async def coroutine():
    return 3


VALUES = {
    "None": lambda: None,
    "text": lambda: "text",
    "bytes": lambda: b"3",
    "complex": lambda: 3j,
    "nan": lambda: float("nan"),
    "infinite": lambda: np.inf,
    "a very long number": lambda: 10**5000,
    "Decimal": lambda: decimal.Decimal("NaN"),
    "Fraction": lambda: fractions.Fraction(1, 3),
    "wrong shape": lambda: np.zeros((3, 0, 2)),
    "huge": lambda: np.broadcast_to(0.0, (10**6, 10**6)),
    "objects": lambda: np.array([None, "a", []], object),
    "structured": lambda: np.zeros(3, [("a", int)]),
    "masked": lambda: np.ma.masked_all(3),
    "dates": lambda: np.array(["NaT"], "datetime64[s]"),
    "ragged": lambda: [[1], [2, 3]],
    "empty": list,
    "set": lambda: {1, 2},
    "generator": lambda: (n for n in range(3)),
    "endless generator": lambda: itertools.count(),
    "coroutine": lambda: coroutine(),
    "class": lambda: int,
    "module": lambda: sys,
    "function": lambda: len,
    "object": lambda: object(),
    "list in itself": circle,
    "deep list": deep_list,
    "array that lies": lambda: np.zeros(3).view(Liar),
    "another number each time": lambda: Changing(),
    "text that loops": lambda: Text("a"),
    "dictionary that loops": lambda: Mapping(a=1),
    "class whose name loops": lambda: Unnamed("Any", (), {}),
    "object of a class whose name loops": lambda: Unnamed("Any", (), {})(),
    "loops at each look": lambda: Odd(spin),
    "exits at each look": lambda: Odd(sys.exit),
    "raises at each look": lambda: Odd(lambda: throw(OSError("no"))),
    "bare except at each look": lambda: Odd(bare_loop),
    "sleeps at each look": lambda: Odd(lambda: time.sleep(10**6)),
    "ends the process at each look": lambda: Odd(lambda: os._exit(3)),
    "patches at each look": lambda: Odd(lambda: (ACTS["np.allclose patched"](), ACTS["np.abs patched"]())),
    "breaks builtins at each look": lambda: Odd(ACTS["isinstance deleted"]),
    "chdir at each look": lambda: Odd(ACTS["chdir"]),
    "recurses at each look": lambda: Odd(deeper),
}


def _acting(act):
    def make(right, wrong):
        def answer(*arguments, **options):
            act()
            return wrong(*arguments, **options)

        return answer

    return make


def _giving(value):
    return lambda right, wrong: lambda *_, **__: value()


CALLED = {  # for exercises that ask for a function
    **{f"act: {name}": _acting(act) for name, act in ACTS.items()},
    **{f"end: {name}": _acting(act) for name, act in ENDS.items()},
    **{f"hang: {name}": _acting(act) for name, act in HANGS.items()},
    **{f"value: {name}": _giving(value) for name, value in VALUES.items()},
}
GIVEN = {f"value: {name}": (lambda right, wrong, value=value: value()) for name, value in VALUES.items()}
