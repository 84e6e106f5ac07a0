"""Save a run and go on with it later: the agent and its history in one file, written so that it is whole or absent.

An agent names what learning changes, in `saved`: its variables, counters, generators and memory. How these become
arrays, and arrays these, is said here, once.
"""

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from helpers.agents import Agent
from helpers.files import checksum, read_npz, write_npz
from helpers.history import History
from helpers.identity import agent_in_words, differences
from helpers.parts import restorer, state_of

FORMAT = "learning-from-feedback run, version 3"
NAMED = ("measured", "trail", "made_by")  # the fields of a history that are dicts


def save(path, agent: Agent, history: History) -> None:
    """Write agent and history to `path` (.npz). The file that was there stays until the new one is complete.

    Raises TypeError for an agent that cannot be saved, and OSError if the disk is full or the folder is missing; the
    old file is then untouched.
    """
    check_saveable(agent)
    arrays = {f"agent/{name}": value for name, value in state_of(agent).items()}
    arrays |= {f"history/{name}": value for name, value in _arrays_of(history).items()}
    made_by = history.made_by or {"agent": agent_in_words(agent)}
    arrays |= {"format": np.array(FORMAT), "made_by": np.array(json.dumps(made_by))}
    write_npz(path, arrays | {"digest": np.array(checksum(arrays))})


def load(path, agent: Agent) -> History:
    """Restore `agent` from `path`, and return the history: `train(..., history=...)` then goes on.

    The agent must be made as the saved one was (same class, spaces, configuration and seed).
    Raises FileNotFoundError, or ValueError for a file that is damaged, foreign, or of another agent; the agent is then
    what it was.
    """
    history, restore = opened(path, agent)
    restore()
    return history


def opened(path, agent: Agent) -> tuple[History, Callable[[], None]]:
    """The history in `path`, and a function that restores the agent. Until it is called nothing is changed; it cannot
    fail. Raises as `load`."""
    check_saveable(agent)
    arrays = read_npz(path)
    if str(arrays.get("format")) != FORMAT:
        raise ValueError(f"{path} is not a saved run of this course (its format is {str(arrays.get('format'))!r}).")
    digest = str(arrays.pop("digest", ""))
    if digest != checksum(arrays):
        raise ValueError(
            f"{path} is damaged: its digest is not that of what it holds. Use an older copy, or delete it."
        )
    history = _history_from(_members_of(arrays, "history/"), _made_by(path, arrays), path)
    saved, own = history.made_by["agent"], agent_in_words(agent)
    if saved["agent"] != own["agent"]:
        raise ValueError(f"{path} holds a {saved['agent']} agent; the agent given is a {own['agent']}.")
    if parted := differences(saved, own):
        raise ValueError(f"{path} is of an agent with another configuration. {'; '.join(parted)}.")
    try:
        restore = restorer(agent, _members_of(arrays, "agent/"))
    except ValueError as error:
        raise ValueError(f"{path} is of another agent: {error}") from error
    return history, restore


def check_saveable(agent: Agent) -> None:
    """TypeError for an agent that cannot be saved."""
    if not isinstance(getattr(agent, "saved", None), (tuple, list)):
        raise TypeError(
            f"{type(agent).__name__} cannot be saved: it has no `saved`, the names of its attributes that learning "
            f"changes."
        )


def _arrays_of(history: History) -> dict[str, np.ndarray]:
    plain = {f.name: np.asarray(getattr(history, f.name)) for f in fields(history) if f.name not in NAMED}
    return plain | {f"{of}/{name}": value for of in NAMED[:2] for name, value in getattr(history, of).items()}


def _history_from(arrays: dict[str, np.ndarray], made_by: dict, path) -> History:
    plain: dict[str, Any] = {name: value for name, value in arrays.items() if "/" not in name}
    parts: dict[str, Any] = {of: _members_of(arrays, f"{of}/") for of in NAMED[:2]}
    expected = {f.name: value for f, value in zip(fields(History), vars(History()).values(), strict=True)}
    if plain.keys() != expected.keys() - set(NAMED):
        raise ValueError(f"{path} is damaged: its history has {sorted(plain)}, where {sorted(expected)} were expected.")
    for name, value in plain.items():
        default = np.asarray(expected[name])
        if value.ndim != default.ndim or value.dtype != default.dtype:
            raise ValueError(f"{path} is damaged: `{name}` of its history is {value.dtype} with shape {value.shape}.")
    lengths = {len(plain[name]) for name in ("returns", "lengths", "truncated", "ended_at")}
    measured = {len(values) if values.ndim else -1 for values in [plain["measured_at"], *parts["measured"].values()]}
    if len(lengths) > 1 or len(measured) > 1 or len(plain["unfinished_returns"]) != len(plain["unfinished_lengths"]):
        raise ValueError(f"{path} is damaged: the arrays of its history do not have the lengths that belong together.")
    plain |= {name: plain[name].item() for name in ("seed", "env_steps", "seconds")}
    return History(**plain, **parts, made_by=made_by)


def _made_by(path, arrays: dict[str, np.ndarray]) -> dict:
    try:
        made_by = json.loads(str(arrays["made_by"]))
        assert isinstance(made_by["agent"]["agent"], str)
    except (KeyError, ValueError, TypeError, AssertionError) as error:
        raise ValueError(f"{path} is damaged: it does not say who made it. Use an older copy, or delete it.") from error
    return made_by


def _members_of(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
