"""What a Gymnasium space says of the values in it: their number, shape and type; and, in words, what is wrong with one.

A step of a small environment takes ten millionths of a second, so each check here takes less than one.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces

Fault = Callable[[Any], str]  # what is wrong with a value, in words; "" where nothing is


def num_states_of(observation_space) -> int:
    """S, the number of observations; an error where they cannot be counted."""
    if not isinstance(observation_space, spaces.Discrete) or observation_space.start != 0:
        raise TypeError(
            f"A table needs one row for each observation, so its observation space must be Discrete, counted from 0; "
            f"it was {observation_space}. Cut a Box into bins first (helpers.envs.Discretise), or use a network."
        )
    return int(observation_space.n)


def num_actions_of(action_space) -> int:
    """A, the number of actions; an error where they cannot be counted."""
    if not isinstance(action_space, spaces.Discrete) or action_space.start != 0:
        raise TypeError(
            f"Q-learning takes the maximum over a list of actions, so the action space must be Discrete, "
            f"counted from 0; it was {action_space}."
        )
    return int(action_space.n)


def obs_shape_of(observation_space) -> tuple[int, ...]:
    """The shape of an observation, (O,) or that of a picture; an error where it is not an array of numbers."""
    if not isinstance(observation_space, spaces.Box) or not observation_space.shape:
        raise TypeError(
            f"This network takes an observation of O numbers: a Box of shape (O,). The observation space was "
            f"{observation_space}. For a Discrete one, use a table (helpers.agents.QLearning)."
        )
    return observation_space.shape


def num_rows(obs) -> int:
    """How many observations stand above one another: B of (B, O), of (B,), or of a dict of such arrays."""
    while isinstance(obs, dict):
        obs = next(iter(obs.values()))
    return len(obs)


def faults_of(space: spaces.Space) -> Fault:
    """A function that says what is wrong with a value that should be of `space`.

    A Box is asked for shape, type and finite numbers, not for its bounds: many environments overstep those that they
    declare by a rounding error, and a network does not mind. A number of a Discrete space is an index, so it must fit.
    """
    if isinstance(space, spaces.Box):
        return _faults_of_box(space)
    if isinstance(space, spaces.Discrete):
        return _faults_of_discrete(space)
    if isinstance(space, spaces.MultiDiscrete):
        return _faults_of_multi_discrete(space)
    if isinstance(space, spaces.Dict):
        return _faults_of_dict(space)
    return lambda value: "" if space.contains(value) else f"{shortly(value)} is not in {space}"


def _faults_of_box(space: spaces.Box) -> Fault:
    shape, dtype = space.shape, space.dtype
    floating = np.issubdtype(dtype, np.floating)
    few = floating and len(shape) == 1 and shape[0] <= 32

    def faults(value) -> str:
        # Most values of most environments; a sum is finite only if everything in it is.
        as_usual = few and type(value) is np.ndarray and value.shape == shape and value.dtype is dtype
        if as_usual and math.isfinite(sum(value.tolist())):
            return ""
        if not isinstance(value, (np.ndarray, np.generic)):
            return f"it was {shortly(value)}, where an array of {dtype} with shape {shape} was expected"
        if value.shape != shape:
            return f"its shape was {value.shape}, where {shape} was expected"
        if value.dtype != dtype and not np.can_cast(value.dtype, dtype, "same_kind"):
            return f"its type was {value.dtype}, which cannot become {dtype} without loss"
        if floating and not np.isfinite(value).all():
            return f"it has numbers that are not finite: {shortly(value)}"
        return ""

    return faults


def _faults_of_discrete(space: spaces.Discrete) -> Fault:
    first, last = int(space.start), int(space.start + space.n) - 1

    def faults(value) -> str:
        if type(value) is int and first <= value <= last:
            return ""
        if not _is_whole(value):
            return f"it was {shortly(value)}, where a whole number from {first} to {last} was expected"
        return "" if first <= value <= last else f"it was {value}, where {first} to {last} was expected"

    return faults


def _is_whole(value) -> bool:
    """Whether it is one whole number: an int or one of NumPy's, alone or in an array without axes."""
    if isinstance(value, (bool, np.bool_)):
        return False
    return isinstance(value, (int, np.integer)) or (
        isinstance(value, np.ndarray) and value.shape == () and value.dtype.kind in "iu"
    )


def _faults_of_multi_discrete(space: spaces.MultiDiscrete) -> Fault:
    first, last = space.start, space.start + space.nvec - 1

    def faults(value) -> str:
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "iu":
            return f"it was {shortly(value)}, where an array of whole numbers with shape {space.shape} was expected"
        if value.shape != space.shape:
            return f"its shape was {value.shape}, where {space.shape} was expected"
        if (value < first).any() or (value > last).any():
            return f"it was {shortly(value)}, where {shortly(first)} to {shortly(last)} was expected"
        return ""

    return faults


def _faults_of_dict(space: spaces.Dict) -> Fault:
    parts = {name: faults_of(part) for name, part in space.items()}

    def faults(value) -> str:
        if not isinstance(value, dict) or value.keys() != parts.keys():
            return f"it was {shortly(value)}, where a dict with the parts {', '.join(parts)} was expected"
        return next((f"in {name!r} {fault}" for name, of in parts.items() if (fault := of(value[name]))), "")

    return faults


def shortly(value) -> str:
    """A value as a few words of an error message."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # it is somebody else's value, and its `repr` may fail
        text = f"a {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:60]} … ({type(value).__name__})"
