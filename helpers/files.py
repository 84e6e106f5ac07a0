"""Arrays in an .npz file: written beside the old one, read whole or refused, and a checksum over all of them."""

import glob
import hashlib
import os
import secrets
import time
from pathlib import Path
from typing import Any

import numpy as np

STALE = 3_600  # seconds; what nobody has finished writing by then belongs to a process that was killed


def write_npz(path, arrays: dict[str, np.ndarray]) -> None:
    """Write arrays to `path` so that a crash at any moment leaves the old file or the new one, never half of one.

    Raises OSError if the disk is full or the folder is missing, and TypeError for arrays of objects; the old file is
    then untouched. Several processes may write to one path: each writes a file of its own, and the last one stays.
    """
    path = Path(path)
    if objects := [name for name, values in arrays.items() if np.asarray(values).dtype == object]:
        raise TypeError(f"Only arrays of numbers, words or truth values can be saved; {objects[0]!r} holds objects.")
    members: dict[str, Any] = dict(arrays)
    with replacing(path) as file:
        np.savez(file, **members)


class replacing:
    """`with replacing(path) as file`: a file to write bytes into; it takes the place of `path` when it is complete."""

    def __init__(self, path):
        self.path = Path(path)
        self.partial = self.path.with_name(f"{self.path.name}.{os.getpid()}-{secrets.token_hex(4)}.partial")

    def __enter__(self):
        self._remove_stale()
        self.file = open(self.partial, "xb")
        return self.file

    def __exit__(self, kind, error, traceback):
        try:
            if kind is None:
                self.file.flush()
                os.fsync(self.file.fileno())  # on the disk before the name points to it
            self.file.close()
            if kind is None:
                os.replace(self.partial, self.path)
        finally:
            self.file.close()
            self.partial.unlink(missing_ok=True)

    def _remove_stale(self) -> None:
        """What processes left behind that were killed while they wrote."""
        for partial in self.path.parent.glob(f"{glob.escape(self.path.name)}.*.partial"):
            try:
                if time.time() - partial.stat().st_mtime > STALE:
                    partial.unlink()
            except OSError:  # another process was quicker
                pass


def read_npz(path) -> dict[str, np.ndarray]:
    """Every array of `path`. Nothing in the file is ever executed (no pickles).

    Raises FileNotFoundError, or ValueError where it cannot be read. What can be read need not be what was written: who
    must know compares `checksum` with one that was kept.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"There is no file {path}.")
    if not path.is_file():
        raise ValueError(f"{path} is a folder, not a file. Give the name of an .npz file.")
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as members:
            return {name: members[name] for name in members.files}
    except Exception as error:  # NumPy, zipfile and zlib raise a dozen kinds for a changed byte, MemoryError among them
        raise ValueError(
            f"{path} is damaged, or is not an .npz file ({type(error).__name__}: {error}). Use an older copy, or "
            f"delete it."
        ) from error


def checksum(arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 over names, types, shapes and bytes of the arrays, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        value = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {value.dtype.str} {value.shape}".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()
