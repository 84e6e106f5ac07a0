"""The exercises of the course: each a number, a title and a checker, in the module of its notebook."""

import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

KINDS = ("predict", "write", "explore")
EXERCISES: dict[str, "Exercise"] = {}


@dataclass(frozen=True)
class Exercise:
    """One exercise. `checker(answer, rng)` raises `Wrong(hint)`, or returns a remark for the right answer (or None)."""

    number: str  # "4.1": notebook 04, first exercise
    title: str
    kind: str  # "predict": a value; "write": a function or class; "explore": a value that is found by trying
    seconds: float  # limit of processor time for the whole check, on a machine of the usual speed
    changes: bool  # the reader's function may change its arguments, and return None
    checker: Callable
    where: str = ""  # what belongs where `...` stands, if it's neither a value nor the body of a function

    @property
    def notebook(self) -> str:
        """The two digits of its notebook."""
        return f"{int(self.number.partition('.')[0]):02}"


def exercise(
    number: str, title: str, kind: str = "write", seconds: float = 1.5, changes: bool = False, where: str = ""
):
    """Register a checker: `@exercise("4.1", "Write the target")` above `def target(answer, rng): ...`."""
    if not re.fullmatch(r"\d{1,2}\.\d{1,2}", number):
        raise ValueError(f"An exercise has a number such as '4.1'; it was {number!r}.")
    if kind not in KINDS:
        raise ValueError(f"`kind` must be one of {', '.join(KINDS)}; it was {kind!r}.")

    def register(checker):
        if number in EXERCISES and EXERCISES[number].checker.__module__ != checker.__module__:
            raise ValueError(f"There are two exercises {number}.")
        EXERCISES[number] = Exercise(number, title, kind, seconds, changes, checker, where)
        return checker

    return register


def notebooks() -> list[str]:
    """The two digits of every notebook that has checkers."""
    names = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return sorted(name[2:] for name in names if re.fullmatch(r"nb\d\d", name))


def load(notebook: str):
    """The module of one notebook's checkers, such as "04"."""
    return importlib.import_module(f"helpers.checks.nb{notebook}")


def exercises_of(notebook: str) -> list[Exercise]:
    """One notebook's exercises, in their order."""
    load(notebook)
    found = [one for one in EXERCISES.values() if one.notebook == notebook]
    return sorted(found, key=lambda one: int(one.number.partition(".")[2]))


def find(number: str) -> Exercise:
    """The exercise of this number; an error says which there are."""
    match = re.fullmatch(r"0?(\d{1,2})\.(\d{1,2})", str(number).strip())
    notebook = f"{int(match[1]):02}" if match else ""
    if match is None or notebook not in notebooks():
        raise ValueError(f"`check` needs the number of an exercise, such as check('4.1', ...); it was {number!r}.")
    exercises = {one.number: one for one in exercises_of(notebook)}
    name = f"{int(match[1])}.{int(match[2])}"
    if name not in exercises:
        raise ValueError(f"There is no exercise {name}; notebook {notebook} has {', '.join(exercises)}.")
    return exercises[name]
