"""A long recording in pieces: each run is kept as soon as it is there, and a recording that was stopped goes on.

The pieces lie outside the repository, in the folder that the environment variable COURSE_PIECES names, or else in
`.cache/learning-from-feedback` of the home folder. They may be deleted once the record is written.
"""

import hashlib
import json
import os
from collections.abc import Callable, Hashable
from pathlib import Path

import numpy as np

from evidence import stacked
from helpers.evaluation import run_seeds
from helpers.files import read_npz, write_npz

Arrays = dict[str, np.ndarray]


def folder_of(recording: str) -> Path:
    """Where the pieces of a recording lie; it is made where it is not there."""
    place = os.environ.get("COURSE_PIECES") or Path.home() / ".cache" / "learning-from-feedback"
    folder = Path(place) / recording
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def piece_path(folder: Path, name: str, seed: int, numbers: dict) -> Path:
    """A file of its own for each run, and another one for other `numbers` (all that the run depends on)."""
    digest = hashlib.sha256(json.dumps(numbers, sort_keys=True, default=repr).encode()).hexdigest()[:12]
    return folder / f"{name.replace('/', '-')}-{seed}-{digest}.npz"


def in_pieces(
    run: Callable[[Hashable, int], Arrays], tasks: list[tuple[str, int]], numbers: Callable, jobs: int, folder: Path
) -> dict[str, Arrays]:
    """`run(name, seed)` for every task (name, seed) that has no piece yet; then all of them, {name: arrays (N, ...)}.

    numbers: name -> what the runs of that name depend on, in words that JSON can hold.
    """
    paths = [piece_path(folder, name, seed, numbers(name)) for name, seed in tasks]
    missing = [place for place, path in enumerate(paths) if not path.exists()]
    print(f"{len(tasks) - len(missing)} of {len(tasks)} runs are in {folder}", flush=True)

    def one(place: int) -> None:
        name, seed = tasks[place]
        write_npz(paths[place], run(name, seed))
        print(f"{name}, seed {seed}", flush=True)

    run_seeds(one, missing, jobs)
    by_name: dict[str, list[Arrays]] = {}
    for (name, _), path in zip(tasks, paths, strict=True):
        if path.exists():  # one that was stopped is not there; who asked to stop is told so by `record_runs`
            by_name.setdefault(name, []).append(read_npz(path))
    return {name: stacked(records, once=("measured_at",)) for name, records in by_name.items()}
