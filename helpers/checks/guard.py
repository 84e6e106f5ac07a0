"""Call the reader's code with care: what it gives back, what it must leave alone, and its errors as hints."""

import copy
import inspect
import linecache
import random
import sysconfig
from pathlib import Path
from typing import Any

import numpy as np

from helpers.checks.expect import ToDo, Wrong, named, require
from helpers.checks.watch import OutOfTime

HERE = Path(__file__).resolve().parents[1]  # helpers/
LIBRARIES = [str(HERE), *{sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}]
COMPILED = (".pyx", ".pxd", ".pxi", ".c", ".cpp")  # what a library was compiled from leaves such names in a traceback
UNCLEAR = "The checker cannot make sense of what it was given or got back. Compare its type with the docstring."
LOST_BY_THE_TAPE = (
    "The tape knows only TensorFlow's tensors and variables: inside it use `tf.…`, and ask for the gradient of "
    "`trainable_variables` or of another variable, not of arrays"
)


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

    def _called(self, name: Any) -> str:
        try:
            return name if isinstance(name, str) else list(inspect.signature(self.function).parameters)[int(name)]
        except (TypeError, ValueError, IndexError):
            return f"number {int(name) + 1}"


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
    if type(one) is type(two) and isinstance(one, list | tuple | dict):
        pairs = (
            [(one[key], two[key]) for key in one if key in two]
            if isinstance(one, dict)
            else zip(one, two, strict=False)
        )
        return len(one) == len(two) and all(_equal(a, b) for a, b in pairs)
    return bool(np.all(one == two))


def _global_chance():
    numpy: Any = np.random.get_state(legacy=True)  # noqa: NPY002  to see whether the reader's code draws from it
    return numpy[1].tobytes(), numpy[2], hash(random.getstate())


# --- errors ---------------------------------------------------------------------------------------------------------


def explain(error: BaseException) -> str:
    """An exception as a hint: its type and message, and the line of the reader's code; no stack trace."""
    place = reader_line(error)
    if isinstance(error, SystemExit):
        said = "It ends the program with exit(), quit() or the like: leave that out, and return a value"
    elif isinstance(error, RecursionError):
        said = "It never stops calling itself (RecursionError)"
    elif isinstance(error, AttributeError) and "'_id'" in _message(error):  # what TensorFlow asks of an array
        said = LOST_BY_THE_TAPE
    elif place:
        said = (
            f"It raises {type(error).__name__}: {_message(error)}"
            if _message(error)
            else f"It raises {type(error).__name__}"
        )
    elif isinstance(error, TypeError) and "argument" in _message(error):
        said = f"It cannot be called as the task says. Python's words: {_message(error)}"
    else:
        return UNCLEAR
    return f"{said}. {place}".strip()


def _message(error: BaseException) -> str:
    try:
        lines = str(error)[:2_000].strip().splitlines()
    except (OutOfTime, KeyboardInterrupt):
        raise
    except BaseException:  # its own words may raise anything
        return ""
    return lines[0][:200].rstrip(".") if lines else ""


def reader_line(error: BaseException) -> str:
    """'See line 3: `return q[7]`', the innermost line that is the reader's; empty where there is none."""
    found, trace = None, error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        library = file.startswith("<frozen") or file.endswith(COMPILED) or any(map(file.startswith, LIBRARIES))
        if not library:
            found = file, trace.tb_lineno
        trace = trace.tb_next
    if found is None:
        return ""
    text = linecache.getline(*found).strip()
    return f"See line {found[1]}: `{text[:100]}`" if text else f"See line {found[1]} of your cell."
