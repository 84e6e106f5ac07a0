"""The parts of an agent as arrays, and back: numbers, tables, generators, networks, memories, and what holds these.

Back is done in two steps: first everything is compared with what is there, and only then is anything changed.
"""

import json
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.buffer import Transition

Arrays = dict[str, np.ndarray]
Change = Callable[[], Any]  # makes the change, and returns the value that now belongs there

SEQUENCES = {"list": list, "tuple": tuple, "deque": deque}


def state_of(owner) -> Arrays:
    """Everything that `owner.saved` and `owner.rings` name, as arrays."""
    arrays: Arrays = {}
    for name in owner.saved:
        arrays |= _packed(name, getattr(owner, name))
    for name, counter in getattr(owner, "rings", {}).items():  # of a ring only the rows in use
        column = getattr(owner, name)
        arrays[name] = column[: min(getattr(owner, counter), len(column))].copy()
    return arrays


def restorer(owner, arrays: Arrays) -> Change:
    """A function that puts everything back. Raises ValueError, with nothing changed, if it is of another owner."""
    _check_names(owner, arrays)
    changes = [(name, _change(name, getattr(owner, name), arrays)) for name in owner.saved]
    rings = [_ring_change(owner, name, counter, arrays) for name, counter in getattr(owner, "rings", {}).items()]

    def restore():
        for name, change in changes:
            value = change()
            if value is not getattr(owner, name):
                setattr(owner, name, value)
        for change in rings:
            change()
        if hasattr(owner, "after_restore"):  # what follows from the parts, such as a copy of the weights
            owner.after_restore()
        return owner

    return restore


def _packed(name: str, value: Any) -> Arrays:
    """One part, and what it is made of; words about its kind stand under its own name, as JSON."""
    if _is_variable(value):
        return {name: np.array(value.numpy())}
    if isinstance(value, np.ndarray) and value.dtype != object:
        return {name: value.copy()}
    if isinstance(value, np.random.Generator):
        return {name: _words("generator", value.bit_generator.state)}
    if value is None or isinstance(value, (bool, int, float, str, np.generic)):
        return {name: _words("value", value.item() if isinstance(value, np.generic) else value)}
    if isinstance(value, Transition):
        return {name: _words("transition", None)} | _all_packed(name, value._asdict())
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {name: _words("dict", list(value))} | _all_packed(name, value)
    if type(value).__name__ in SEQUENCES:
        return {name: _words(type(value).__name__, len(value))} | _all_packed(name, _numbered(value))
    if hasattr(value, "saved"):
        return {name: _words("parts", None)} | {f"{name}/{part}": array for part, array in state_of(value).items()}
    if isinstance(variables := getattr(value, "variables", None), list):  # a network, an optimiser
        return {name: _words("variables", len(variables))} | _all_packed(name, _numbered(variables))
    raise TypeError(
        f"`{name}`, a {type(value).__name__}, cannot be saved: name in `saved` what it is made of (numbers, arrays, "
        f"generators, networks, or objects that have `saved` themselves)."
    )


def _members(value) -> dict:
    """What stands in a sequence or a dict, by number or name."""
    return value if isinstance(value, dict) else _numbered(value) if type(value).__name__ in SEQUENCES else {}


def _is_owned(value) -> bool:
    """Whether it is changed where it stands: it cannot be made anew from arrays alone."""
    return isinstance(value, np.random.Generator) or hasattr(value, "saved") or hasattr(value, "variables")


def _all_packed(name: str, parts: dict) -> Arrays:
    return {key: array for part, value in parts.items() for key, array in _packed(f"{name}/{part}", value).items()}


def _numbered(values) -> dict:
    return {str(number): value for number, value in enumerate(values)}


def _words(kind: str, content) -> np.ndarray:
    return np.array(json.dumps({kind: content}))


def _change(name: str, current, arrays: Arrays) -> Change:
    """How `current` becomes what was saved under `name`."""
    if name not in arrays:
        raise ValueError(f"it has no `{name}`")
    if _is_variable(current) or isinstance(current, np.ndarray):
        return _array_change(name, current, arrays[name])
    kind, content = _read_words(name, arrays[name])
    if isinstance(current, np.random.Generator) and kind == "generator":
        return _generator_change(name, current, content)
    if hasattr(current, "saved") and kind == "parts":
        return restorer(current, _below(name, arrays))
    if isinstance(variables := getattr(current, "variables", None), list) and kind == "variables":
        if content != len(variables):
            raise ValueError(f"its `{name}` has {content} variables, here it has {len(variables)}")
        changes = [_change(f"{name}/{i}", variable, arrays) for i, variable in enumerate(variables)]
        return lambda: [change() for change in changes] and current
    if (members := _members(current)) and any(map(_is_owned, members.values())):
        if kind != type(current).__name__ or content not in (len(members), list(members)):
            raise ValueError(f"its `{name}` is a {kind} with {content}, here it has {list(members)}")
        changes = [_change(f"{name}/{member}", value, arrays) for member, value in members.items()]
        return lambda: [change() for change in changes] and current
    if kind in ("generator", "parts", "variables"):
        raise ValueError(f"its `{name}` is not what it is here")
    value = _free(name, arrays)
    return lambda: value


def _free(name: str, arrays: Arrays):
    """A value whose form is that of the file, whatever is there now: a number, or a window of transitions."""
    if name not in arrays:
        raise ValueError(f"it has no `{name}`")
    if arrays[name].dtype.kind != "U":
        return arrays[name].copy()
    kind, content = _read_words(name, arrays[name])
    if kind == "value":
        return content
    if kind == "transition":
        return Transition(*(_free(f"{name}/{field}", arrays) for field in Transition._fields))
    if kind == "dict":
        return {key: _free(f"{name}/{key}", arrays) for key in content}
    if kind in SEQUENCES:
        return SEQUENCES[kind](_free(f"{name}/{number}", arrays) for number in range(content))
    raise ValueError(f"its `{name}` is a {kind}, which is not what it is here")


def _array_change(name: str, current, saved: np.ndarray) -> Change:
    shape, dtype = tuple(current.shape), np.dtype(current.numpy().dtype if _is_variable(current) else current.dtype)
    if saved.shape != shape or saved.dtype != dtype:
        raise ValueError(
            f"its `{name}` has the shape {saved.shape} and the type {saved.dtype}, here it is {shape} and {dtype}"
        )

    def change():
        if _is_variable(current):
            current.assign(saved)
        else:
            current[...] = saved
        return current

    return change


def _generator_change(name: str, current: np.random.Generator, saved: dict) -> Change:
    try:
        type(current.bit_generator)().state = saved  # whether it is one
    except Exception as error:
        raise ValueError(f"its `{name}` is not the state of a {type(current.bit_generator).__name__}") from error

    def change():
        current.bit_generator.state = saved
        return current

    return change


def _ring_change(owner, name: str, counter: str, arrays: Arrays) -> Change:
    current = getattr(owner, name)
    _, count = _read_words(counter, arrays[counter])
    shape = (min(count, len(current)), *current.shape[1:])
    if name not in arrays or arrays[name].shape != shape or arrays[name].dtype != current.dtype:
        found = f"{arrays[name].dtype} {arrays[name].shape}" if name in arrays else "missing"
        raise ValueError(f"its `{name}` is {found}; this memory, with room for {len(current)}, expected {shape}")

    def change():
        current[: shape[0]] = arrays[name]

    return change


def _read_words(name: str, words: np.ndarray) -> tuple[str, Any]:
    try:
        ((kind, content),) = json.loads(str(words)).items()
    except (ValueError, AttributeError) as error:
        raise ValueError(f"its `{name}` is not what it is here") from error
    return kind, content


def _check_names(owner, arrays: Arrays) -> None:
    known = {*owner.saved, *getattr(owner, "rings", {})}
    if unknown := {name.partition("/")[0] for name in arrays} - known:
        raise ValueError(f"it has {', '.join(f'`{name}`' for name in sorted(unknown))}, which is not known here")


def _below(name: str, arrays: Arrays) -> Arrays:
    return {key.removeprefix(f"{name}/"): array for key, array in arrays.items() if key.startswith(f"{name}/")}


def _is_variable(value) -> bool:
    return hasattr(value, "assign") and hasattr(value, "numpy")
