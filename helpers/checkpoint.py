"""Save a run and go on with it later: the agent and its history in one file, written so that it is whole or absent."""

import os
import zipfile
import zlib
from dataclasses import fields
from pathlib import Path

import numpy as np

from helpers.agents import Agent
from helpers.history import History

FORMAT = "learning-from-feedback run, version 2"


def save(path, agent: Agent, history: History) -> None:
    """Write agent and history to `path` (.npz). The file that was there stays until the new one is complete.

    Raises OSError if the disk is full or the folder is missing; the old file is then untouched.
    """
    path = Path(path)
    check_saveable(agent)
    arrays = {"format": np.array(FORMAT), "agent_type": np.array(type(agent).__name__)}
    arrays |= {f"agent/{name}": value for name, value in agent.state().items()}
    arrays |= {f"history/{name}": value for name, value in _history_arrays(history).items()}
    write_npz(path, arrays)


def load(path, agent: Agent) -> History:
    """Restore `agent` from `path`, and return the history: `train(..., history=...)` then goes on.

    The agent must be made as the saved one was (same class, spaces and configuration).
    Raises FileNotFoundError, or ValueError for a file that is damaged, foreign, or of another agent.
    """
    check_saveable(agent)
    arrays = read_npz(path)
    if str(arrays.get("format")) != FORMAT:
        raise ValueError(f"{path} is not a saved run of this course (its format is {str(arrays.get('format'))!r}).")
    if str(arrays.get("agent_type")) != type(agent).__name__:
        raise ValueError(
            f"{path} holds a {arrays.get('agent_type')} agent; the agent given is a {type(agent).__name__}."
        )
    history = _history_from(_members_of(arrays, "history/"))
    agent.restore(_members_of(arrays, "agent/"))
    return history


def load_if_there(path, agent: Agent) -> History | None:
    """As `load`; None where there is no file yet."""
    return load(path, agent) if Path(path).exists() else None


def write_npz(path, arrays: dict[str, np.ndarray]) -> None:
    """Write arrays to `path` so that a crash at any moment leaves the old file or the new one, never half of one."""
    path = Path(path)
    if objects := [name for name, values in arrays.items() if np.asarray(values).dtype == object]:
        raise TypeError(f"Only arrays of numbers, words or truth values can be saved; {objects[0]!r} holds objects.")
    partial = path.with_name(path.name + ".partial")
    try:
        with open(partial, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())  # on the disk before the name points to it
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def read_npz(path) -> dict[str, np.ndarray]:
    """Read every array of `path`, checking the checksum of each. Nothing in the file is ever executed (no pickles)."""
    if not Path(path).exists():
        raise FileNotFoundError(f"There is no file {path}.")
    with open(path, "rb") as file:
        return _arrays_in(file, path)


def _arrays_in(file, path) -> dict[str, np.ndarray]:
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (
        zipfile.BadZipFile,
        zlib.error,
        ValueError,
        EOFError,
        KeyError,
        AttributeError,
        NotImplementedError,
        OSError,
        RuntimeError,
        TypeError,
    ) as error:
        raise ValueError(
            f"{path} is damaged, or is not an .npz file ({error}). Use an older copy, or delete it."
        ) from error


def _history_arrays(history: History) -> dict[str, np.ndarray]:
    arrays = {f.name: np.asarray(getattr(history, f.name)) for f in fields(history) if f.name != "measured"}
    return arrays | {f"measured/{name}": value for name, value in history.measured.items()}


def _history_from(arrays: dict[str, np.ndarray]) -> History:
    plain = {name: value for name, value in arrays.items() if not name.startswith("measured/")}
    plain |= {"seed": int(plain["seed"]), "env_steps": int(plain["env_steps"]), "seconds": float(plain["seconds"])}
    plain["unfinished_generator"] = str(plain["unfinished_generator"])
    return History(**plain, measured=_members_of(arrays, "measured/"))


def _members_of(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def check_saveable(agent: Agent) -> None:
    """TypeError for an agent that cannot be saved."""
    missing = [method for method in ("state", "restore") if not callable(getattr(agent, method, None))]
    if missing:
        raise TypeError(f"{type(agent).__name__} cannot be saved: it has no method {' and no method '.join(missing)}.")
