"""What a checker asks of an answer: each function gives back a plain value, or raises `Wrong` with a hint."""

from numbers import Rational

import numpy as np


class Wrong(Exception):
    """The answer is not right; the message is the hint, in the reader's words."""


class ToDo(Exception):
    """There is no answer yet: somewhere it is still `...`."""


def require(condition, hint: str) -> None:
    """The hint, unless the condition holds."""
    if not condition:
        raise Wrong(hint)


def named(value) -> str:
    """What a value is, in a few words that are the same on each run: no addresses, no long lists."""
    if value is None or value is ...:
        return "`None`" if value is None else "`...`"
    if isinstance(value, bool | int | float | str | np.bool_ | np.number):
        words = repr(value.item() if isinstance(value, np.generic) else value[:40] if isinstance(value, str) else value)
        return f"{type(value).__name__} {words[:50]}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, list | tuple | dict | set):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, type):
        return f"the class `{value.__name__}`"
    return f"a {type(value).__name__}"


def number(value, what: str = "the result") -> float:
    """A real number: Python's, NumPy's, or an array (a tensor) of shape (); neither True nor NaN."""
    require(value is not None, f"{_start(what)} is `None`. Is a `return` missing?")
    plain = _as_array(value, what, "a number")
    require(
        plain.shape == (), f"{_start(what)} should be one number, but it is {named(value)} with shape {plain.shape}."
    )
    require(plain.dtype.kind in "iuf", f"{_start(what)} should be a number, but it is {named(value)}.")
    require(np.isfinite(plain), f"{_start(what)} is {float(plain)}, which is no finite number.")
    return float(plain)


def whole(value, what: str = "the result", low: int | None = None, high: int | None = None) -> int:
    """A whole number of an integer type, from low to high (both included)."""
    plain = number(value, what)
    kind = np.asarray(value).dtype.kind
    require(kind in "iu", f"{_start(what)} should be a whole number of type int, but it is {named(value)}.")
    if low is not None and high is not None:
        require(low <= plain <= high, f"{_start(what)} should lie in {low}..{high}, but it is {int(plain)}.")
    return int(plain)


def array(value, shape: tuple, what: str = "the result", kinds: str = "iuf") -> np.ndarray:
    """A finite array of this shape; lists are taken as arrays. kinds: NumPy's letters, "iuf" numbers, "b" truth."""
    require(value is not None, f"{_start(what)} is `None`. Is a `return` missing?")
    plain = _as_array(value, what, "an array")
    require(plain.shape == shape, f"{_start(what)} should have shape {shape}, but its shape is {plain.shape}.")
    wanted = "True and False" if kinds == "b" else "whole numbers" if kinds == "iu" else "numbers"
    require(plain.dtype.kind in kinds, f"{_start(what)} should hold {wanted}, but its dtype is {plain.dtype}.")
    require(np.all(np.isfinite(plain)), f"{_start(what)} holds NaN or infinity.")
    return plain


def _as_array(value, what: str, wanted: str) -> np.ndarray:
    # An object says of itself that it can be an array; whatever else NumPy would wrap as dtype object.
    plain = None
    if isinstance(value, Rational) and not isinstance(value, int):
        value = float(value)  # a Fraction, whose arithmetic is exact, is a number too
    if not isinstance(value, str | bytes | dict | set | type):
        try:
            plain = np.asarray(value)
        except Exception:  # rows of different lengths, an object that only pretends
            plain = None
    if plain is None or plain.dtype.kind not in "biufc":
        raise Wrong(f"{_start(what)} should be {wanted}, but it is {named(value)}.")
    return plain


def close(value, wanted, tolerance: float = 1e-6) -> bool:
    """Of one shape, and equal but for rounding, whatever order the sums were taken in."""
    return np.shape(value) == np.shape(wanted) and bool(np.allclose(value, wanted, rtol=tolerance, atol=tolerance))


def recognise(given, wanted, mistakes: dict, otherwise: str, tolerance: float = 1e-6) -> None:
    """Nothing where the answer is right; else the hint of the mistake that gives just this, or `otherwise`.

    mistakes: {hint: what that mistake gives}; one that happens to give the right thing here is no mistake here.
    tolerance: larger where an answer may be computed in single precision, as TensorFlow does.
    """
    if close(given, wanted, tolerance):
        return
    for hint, value in mistakes.items():
        require(not close(given, value, tolerance), hint)
    raise Wrong(otherwise)


def same_again(
    draw, hint: str = "With the same seed it gives another result each time: draw from the `rng` given."
) -> None:
    """`draw()` makes a generator of its own from a fixed seed and calls the answer; twice must give the same."""
    require(np.array_equal(np.asarray(draw()), np.asarray(draw())), hint)


def one_of(value, choices: str, what: str = "Your choice") -> str:
    """A letter of `choices`, such as "abc"; capitals count too."""
    letters = ", ".join(f'"{letter}"' for letter in choices)
    good = isinstance(value, str) and len(value.strip()) == 1 and value.strip().lower() in choices
    require(good, f"{what} should be one of {letters}; it is {named(value)}.")
    return value.strip().lower()


def _start(what: str) -> str:
    return what[0].upper() + what[1:]
