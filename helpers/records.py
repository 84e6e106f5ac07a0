"""Recorded runs: arrays in an .npz file, and beside it a readable .json, their provenance: where they come from."""

import hashlib
import json
import os
import platform
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np

from helpers.files import read_npz, write_npz

LIBRARIES = ("numpy", "gymnasium", "tensorflow", "keras", "scipy")
KEYS = ("command", "seeds", "config", "seconds", "recorded", "cpu", "python", "libraries", "checksum")


def save_record(path, arrays: dict[str, np.ndarray], *, config: dict, seeds, seconds: float, command: str) -> None:
    """Write `arrays` to `path` (.npz) and their provenance to the .json beside it.

    config: the numbers that produced them; seconds: what it took in all; command: how to do it again.
    Raises TypeError for a config that JSON cannot hold; nothing is written then. A crash at any moment leaves the old
    record, the new one, or two files of which `load_record` says that they do not belong together, and what to do.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    provenance = _as_read(
        {
            "command": command,
            "seeds": [int(seed) for seed in seeds],
            "config": config,
            "seconds": round(float(seconds), 1),
            "recorded": date.today().isoformat(),
            "cpu": cpu(),
            "python": platform.python_version(),
            "libraries": library_versions(),
        }
    )
    provenance["checksum"] = checksum(arrays, provenance)
    with open(_partial(path), "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(provenance, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())  # on the disk before the arrays: so a crash between the two loses neither
    write_npz(path, arrays)
    os.replace(_partial(path), path.with_suffix(".json"))


def load_record(path) -> tuple[dict[str, np.ndarray], dict]:
    """The arrays of a recorded run and its provenance.

    Raises FileNotFoundError where one of the two files is missing, and ValueError where they are damaged or are not
    what was recorded: one digit changed in either is enough.
    """
    path = Path(path)
    beside = path.with_suffix(".json")
    arrays = read_npz(path)
    try:
        provenance = _provenance(beside)
        if provenance["checksum"] != checksum(arrays, provenance):
            raise ValueError(
                f"{path} is not what was recorded, or {beside.name} beside it is not: the checksum in there belongs to "
                f"other arrays, or to other settings. Record it again with: {provenance['command']}"
            )
    except (FileNotFoundError, ValueError):
        if _fits(arrays, _partial(path)):
            raise ValueError(
                f"The recording of {path} was cut off between its two files. Nothing is lost: "
                f"rename {_partial(path).name} to {beside.name}."
            ) from None
        raise
    return arrays, provenance


def _provenance(path: Path) -> dict:
    """What the .json says, if it has all that a record has and nothing else; ValueError in words otherwise."""
    if not path.exists():
        raise FileNotFoundError(f"There is no file {path}, and without it nobody knows where the arrays come from.")
    try:
        provenance = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged, or is not a .json file ({error}). Use an older copy.") from error
    if not isinstance(provenance, dict):
        raise ValueError(f"{path} does not belong to a record: it holds a {type(provenance).__name__}, not an object.")
    faults = [f"{name!r} is missing" for name in KEYS if name not in provenance]
    faults += [f"{name!r} is unknown" for name in provenance if name not in KEYS]
    if faults:
        raise ValueError(f"{path} is not what was recorded, or does not belong to a record: {', '.join(faults)}.")
    return provenance


def _fits(arrays: dict[str, np.ndarray], path: Path) -> bool:
    """Whether the file is the provenance of these arrays."""
    try:
        provenance = _provenance(path)
    except (FileNotFoundError, ValueError):
        return False
    return provenance["checksum"] == checksum(arrays, provenance)


def _partial(path: Path) -> Path:
    return path.with_suffix(".json.partial")


def _as_read(provenance: dict) -> dict:
    """As it will be read again: tuples are lists then, and every key is text."""
    try:
        return json.loads(json.dumps(provenance))
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(
            f"The provenance of a record is numbers, words, lists and dictionaries of them; `config` holds something "
            f"else ({error})."
        ) from error


def recorded_like_here(provenance: dict) -> bool:
    """Whether the record was made with these library versions on this type of CPU, so that runs repeat to the bit."""
    return provenance["cpu"] == cpu() and provenance["libraries"] == library_versions()


def library_versions() -> dict[str, str]:
    """Versions of the libraries on which results depend; tensorflow-cpu is the same TensorFlow."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except ImportError:
            found[name] = version(f"{name}-cpu")
    return found


def cpu() -> str:
    """The processor: its name, and on Linux its family, model and widest vector unit, on which the last bits depend.

    The name alone is not enough: a rented machine may call every generation of its processors the same.
    """
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [line.split(":", 1) for line in info.read_text().splitlines() if ":" in line]
        first = {name.strip(): value.strip() for name, value in reversed(lines)}  # the first processor comes last
        if "model name" in first:
            vectors = max({"avx", "avx2", "avx512f"} & set(first.get("flags", "").split()), key=len, default="no avx")
            numbers = f"family {first.get('cpu family')}, model {first.get('model')}, {vectors}"
            return f"{first['model name']}, {numbers}, {platform.machine()}"
    return f"{platform.processor() or 'unknown'}, {platform.machine()}"


def checksum(arrays: dict[str, np.ndarray], provenance: dict) -> str:
    """SHA-256 over the provenance, but for its checksum, and names, types, shapes and bytes of the arrays.

    Neither the order of names nor spaces between them count.
    """
    said = {name: value for name, value in provenance.items() if name != "checksum"}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    for name in sorted(arrays):
        value = np.asarray(arrays[name])
        kind = np.lib.format.dtype_to_descr(value.dtype)
        digest.update(json.dumps([name, kind, value.shape]).encode())
        digest.update(value.tobytes())
    return digest.hexdigest()
