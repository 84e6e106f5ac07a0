"""A limit of time that a busy machine does not shorten, nor a slow one: processor time, and waiting only far out."""

import ctypes
import functools
import signal
import sys
import threading
import time

WAITING = 30.0  # seconds that code may wait (asleep, or for a lock), which costs no processor time
TICK = 0.05  # seconds between two looks; on a machine that is starved or asleep the looks come later too
SHARE = 20  # code that gets a twentieth of a core, or more, works; with less it is taken to wait
UNHEARD = 20  # looks after which code that still runs cannot be ended
USUAL = 0.018  # seconds of processor time that `slowness` takes on the machine of docs/costs.json
STUCK = (
    "The time for this check is over, but the code does not stop: it waits inside a library, or computes there. "
    "Press the stop button (interrupt the kernel), and if that does not help, restart the kernel."
)

# Written for ctypes once more, with the types of the C interface, so that they return None, as __init__ must.
throw = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, ctypes.py_object)(("PyThreadState_SetAsyncExc", ctypes.pythonapi))
_clear = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, ctypes.c_void_p)(("PyThreadState_SetAsyncExc", ctypes.pythonapi))
_plain, _say, _thread_time = (
    BaseException.__init__,
    print,
    time.thread_time,
)  # taken now: the code that is watched may do away with them


class OutOfTime(BaseException):
    """Raised in the reader's code from outside when its time is over; not an Exception, so that it is rarely caught."""


def slowness() -> float:
    """How many times as long as usual a fixed piece of Python takes now, in processor time; 1 at least."""
    best, turns = 1e9, 3
    while turns:
        begin, number = _thread_time(), 0
        while number < 1_000_000:
            number += 1
        turns, took = turns - 1, _thread_time() - begin
        best = took if took < best else best
    return best / USUAL if best > USUAL else 1.0


class Budget:
    """Asked once in each tick whether the time is over, given the processor seconds that have been used."""

    def __init__(self, seconds: float, margin: float = 0.0):
        self.seconds, self.waiting = seconds + margin, WAITING + 2 * margin
        self.ticks, self.slowness = 0, 0.0

    def is_over(self, used: float) -> bool:
        """Ticks, and not the clock on the wall: a machine that is stopped meanwhile takes nothing from the reader."""
        self.ticks += 1
        if used >= self.seconds:
            self.slowness = self.slowness or slowness()  # only now: in the circumstances of this very check
            return used >= self.seconds * self.slowness
        return self.ticks * TICK - SHARE * used >= self.waiting


def own_clock():
    """A function that gives the processor seconds of the thread that asks for it now, whoever calls it later."""
    if hasattr(time, "pthread_getcpuclockid"):
        return functools.partial(time.clock_gettime, time.pthread_getcpuclockid(threading.get_ident()))
    return time.process_time  # Windows and macOS: of all threads of the process


def within(seconds: float, out, function, *arguments):
    """`function(*arguments)`, or OutOfTime after so many seconds of its processor time, or `WAITING` of waiting.

    out: the stream on which to say that the code cannot be stopped.

    OutOfTime comes again as soon as it has been caught, so that no `except` can keep it; in the main thread of a POSIX
    system a signal ends what only waits. What computes inside a library cannot be ended: then that is said, once.
    """
    watch = _Watch(seconds, out)
    kind, stop_throwing, trace, profile = watch.kind, watch.stop_throwing, sys.gettrace(), sys.getprofile()
    watch.start()
    try:
        # From here to `stop_throwing` nothing may be called: a call is where the next OutOfTime would be raised.
        return function(*arguments)
    finally:
        watch.over = True
        kind.__init__ = _plain
        stop_throwing()
        sys.settrace(trace)  # what the code has set would be called in each function from here on
        sys.setprofile(profile)
        watch.end()


class _Watch(threading.Thread):
    def __init__(self, seconds: float, out):
        super().__init__(daemon=True, name="checks")
        self.budget, self.out, self.over, self.clock = Budget(seconds), out, False, own_clock()
        self.begin, target = self.clock(), threading.get_ident()
        self.kind = type("OutOfTime", (OutOfTime,), {})
        self.throw = functools.partial(throw, target, self.kind)
        # Whoever catches one makes the next: the call that makes the exception runs in C, so that it cannot be caught.
        self.kind.__init__ = staticmethod(self.throw)
        self.stop_throwing = functools.partial(_clear, target, None)
        self.finished = threading.Lock()
        self.finished.acquire()
        self.signal = self.before = None
        if hasattr(signal, "pthread_kill") and threading.current_thread() is threading.main_thread():
            # SIGURG means nothing to almost any program, and does nothing where nobody handles it.
            self.before = signal.signal(signal.SIGURG, self.interrupt)
            self.signal = functools.partial(signal.pthread_kill, target, signal.SIGURG)

    def interrupt(self, *_):
        if not self.over:
            raise self.kind

    def run(self) -> None:
        tries = 0
        while not self.finished.acquire(True, TICK):
            if tries == 0 and not self.budget.is_over(self.clock() - self.begin):
                continue
            if tries == 0:
                _more_depth()
            if not self.over:  # between this and the next line no other thread of Python has a turn
                self.throw()
            if tries > 2 and self.signal and not self.over:
                self.signal()
            tries += 1
            if tries == UNHEARD:
                _say(STUCK, file=self.out, flush=True)

    def end(self) -> None:
        self.finished.release()
        self.join()
        if self.signal:
            signal.signal(signal.SIGURG, self.before)


def _more_depth() -> None:
    """At the limit of recursion not even the exception could be made; the limit is put back afterwards."""
    sys.setrecursionlimit(sys.getrecursionlimit() + 200)
