"""Recorded runs: arrays in an .npz file, and beside it a readable .json that says where they come from."""

import hashlib
import json
import os
import platform
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np

from helpers.checkpoint import read_npz, write_npz

LIBRARIES = ("numpy", "gymnasium", "tensorflow", "keras", "scipy")


def save_record(path, arrays: dict[str, np.ndarray], *, config: dict, seeds, seconds: float, command: str) -> None:
    """Write `arrays` to `path` (.npz) and their provenance to the .json beside it.

    config: the numbers that produced them; seconds: what it took in all; command: how to do it again.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    provenance = {
        "command": command,
        "seeds": [int(seed) for seed in seeds],
        "config": config,
        "seconds": round(float(seconds), 1),
        "recorded": date.today().isoformat(),
        "cpu": cpu(),
        "python": platform.python_version(),
        "libraries": library_versions(),
        "checksum": checksum(arrays),
    }
    write_npz(path, arrays)
    partial = path.with_suffix(".json.partial")
    partial.write_text(json.dumps(provenance, indent=2) + "\n")
    os.replace(partial, path.with_suffix(".json"))


def load_record(path) -> tuple[dict[str, np.ndarray], dict]:
    """The arrays of a recorded run and its provenance.

    Raises ValueError if the arrays are not those that the provenance speaks of: one digit changed is enough.
    """
    path = Path(path)
    arrays = read_npz(path)
    provenance = json.loads(path.with_suffix(".json").read_text())
    if provenance["checksum"] != checksum(arrays):
        raise ValueError(
            f"{path} is not what was recorded: its checksum differs from the one in {path.with_suffix('.json').name}. "
            f"Record it again with: {provenance['command']}"
        )
    return arrays, provenance


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


def checksum(arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 over names, types, shapes and bytes of the arrays, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        value = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {value.dtype.str} {value.shape}".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()
