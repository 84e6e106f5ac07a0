"""A kernel that is handed nasty answers, and whoever watches what became of it."""

import ast
import builtins
import contextlib
import dataclasses
import gc
import importlib
import multiprocessing
import os
import pickle
import random
import signal
import sys
import threading
import time
import warnings

import numpy as np

from helpers.checks import registry
from tests import nasty

LOADED = ("helpers.loop", "helpers.clinic.probes", "helpers.envs.probe_worlds")  # by some checkers, inside a check
START = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"  # the first is quicker
SECONDS = 0.3  # of processor time for an exercise, instead of its own
WAITING = 3.0  # seconds that an answer may wait here, instead of thirty
PATIENCE = 30.0  # seconds after which a kernel hangs that has not said anything
MOST_MEMORY = 6 * 2**30  # bytes of address space for a kernel: the machine is not what is tried
BAD = ("raw", "fooled", "damage", "hang", "death")
OUTCOMES = ("answered", "interrupt", "announced", *BAD)


def answers_of(one) -> tuple:
    """(right, wrong): the exercise's first variant, and its first mutant that is a function or a value."""
    cases = importlib.import_module(f"tests.exercises.nb{one.notebook}")

    def made(source):
        names = {}
        exec(cases.SETUP, names)
        body = ast.parse(source.strip()).body
        if isinstance(body[-1], ast.Expr):
            return eval(source.strip(), names)
        exec(source, names)
        return names[body[-1].name]

    return made(cases.VARIANTS[one.number][0]), made(next(iter(cases.MUTANTS[one.number])))


def kinds_for(one) -> dict:
    """The nasty answers that make sense for an exercise."""
    return nasty.CALLED if one.kind == "write" else nasty.GIVEN


def surroundings() -> dict:
    """What a check must leave as it was."""
    modules = [builtins, np, np.linalg, np.random, time, os, threading, sys]
    modules += [module for name, module in sorted(sys.modules.items()) if name.startswith("helpers")]
    volatile = {"last_exc", "last_type", "last_value", "last_traceback", "__warningregistry__", "_"}
    attributes = {
        f"{module.__name__}.{name}": id(value)
        for module in modules
        for name, value in vars(module).items()
        if name not in volatile and not isinstance(value, type(sys))
    }
    try:
        folder = os.getcwd()
    except OSError:
        folder = "gone"
    umask = os.umask(0)
    os.umask(umask)
    signals = [signal.SIGINT, signal.SIGTERM]
    return attributes | {
        "folder": folder,
        "environment": dict(os.environ),
        "recursion limit": sys.getrecursionlimit(),
        "threads": threads(),
        "processes": children(),
        "signals": [str(signal.getsignal(one)) for one in signals],
        "alarm": signal.getitimer(signal.ITIMER_REAL)[0] > 0 if hasattr(signal, "getitimer") else False,
        "gc": gc.isenabled(),
        "warnings": [str(one) for one in warnings.filters],
        "np.errstate": np.geterr(),
        "np.printoptions": str(np.get_printoptions()),
        "random": hash(random.getstate()),
        "np.random state": hash(np.random.get_state()[1].tobytes()),
        "trace": (sys.gettrace(), sys.getprofile()),
        "switch interval": sys.getswitchinterval(),
        "path": list(sys.path),
        "exercises": len(registry.EXERCISES),
        "umask": umask,
        "Answer": id(nasty.guard.Answer.__call__),
        "Wrong": "__str__" in vars(nasty.expect.Wrong),
        "Thread": id(threading.Thread.start),
        "modules": [name in sys.modules for name in ("helpers.checks.expect", "numpy", "json", "tempfile")],
    }


def threads(enumerate=threading.enumerate) -> list:
    return [thread.ident for thread in enumerate()]


def children() -> list:
    import psutil

    return sorted(process.pid for process in psutil.Process().children())


class Saying:
    """A stream that hands everything on at once."""

    encoding = "utf-8"

    def __init__(self, send):
        self.send = send

    def write(self, text):
        text.encode("utf-8")
        self.send(("said", text))
        return len(text)

    def flush(self):
        pass


def kernel(connection, here: bool) -> None:
    """Checks one nasty answer after the other: takes (exercise, name), sends what `check` says and what it left."""
    from helpers.checks import report

    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    with contextlib.suppress(ImportError):
        from helpers.checks import apart, watch

        watch.WAITING = WAITING
        apart.POSSIBLE = apart.POSSIBLE and not here
    send, receive, look, check, compare = connection.send, connection.recv, surroundings, report.check, damage_of
    sys.stdout = sys.stderr = Saying(send)
    sleep = time.sleep
    found = {one.number: one for notebook in registry.notebooks() for one in registry.exercises_of(notebook)}
    for name in LOADED:
        importlib.import_module(name)
    for number, one in found.items():
        registry.EXERCISES[number] = dataclasses.replace(one, seconds=min(one.seconds, SECONDS))
    send(("ready",))
    while (task := receive()) is not None:
        number, name = task
        right, wrong = answers_of(found[number])
        answer = kinds_for(found[number])[name](right, wrong)
        before, escaped, error_name = look(), "", lambda error: type(error).__name__
        pid = os.getpid()
        try:
            check(number, answer, record=False)
        except BaseException as error:
            escaped = error_name(error)
        if os.getpid() != pid:
            os.kill(os.getpid(), signal.SIGKILL)
        del answer
        for _ in (1,) * 10:
            if threads() == before["threads"]:
                break
            sleep(0.05)
        try:
            left = compare(before, look())
        except:  # noqa: E722  even the names of exceptions may be gone
            left = "so much that nothing works"
        send(("ended", escaped, left))


def damage_of(before, after) -> str:
    """The first three differences, by name."""
    found = [name for name in before if name not in after or after[name] != before[name]]
    return ", ".join(found[:3])


class Kernel:
    """One that is started again after whatever harmed it."""

    def __init__(self, here: bool):
        self.here, self.process = here, None

    def start(self) -> None:
        context = multiprocessing.get_context(START)
        if START == "forkserver":
            context.set_forkserver_preload(["tests.watched_kernel", *LOADED])
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=kernel, args=(theirs, self.here), daemon=False)
        self.process.start()
        theirs.close()
        self.connection.recv()  # it is ready

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process = None

    def ask(self, number: str, name: str) -> tuple[str, str]:
        """(outcome, words)."""
        if self.process is None:
            self.start()
        said, end = "", time.monotonic() + PATIENCE
        try:
            self.connection.send((number, name))
            while self.connection.poll(max(0.0, end - time.monotonic())):
                kind, *rest = self.connection.recv()
                if kind == "said":
                    said += rest[0]
                    continue
                escaped, damage = rest
                outcome = outcome_of(said, escaped, damage)
                if outcome != "answered":
                    self.stop()
                return outcome, damage if outcome == "damage" else escaped or said.strip()
        except (EOFError, OSError):
            self.stop()
            return "death", said.strip()
        except (ValueError, TypeError, AttributeError, pickle.UnpicklingError):
            self.stop()
            return "damage", "so much that the kernel can no longer speak"
        self.stop()
        return ("announced" if "does not stop" in said else "hang"), said.strip()


def outcome_of(said: str, escaped: str, damage: str) -> str:
    """What became of an answer whose check came to an end."""
    if ": right." in said:
        return "fooled"
    if damage:
        return "damage"
    if escaped:
        return "interrupt" if escaped == "KeyboardInterrupt" else "raw"
    return "answered" if said.count("Exercise ") == 1 else "raw"
