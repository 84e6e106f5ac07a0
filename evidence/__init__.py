"""Scripts that record the long runs which the notebooks show; each writes one file of notebooks/data."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from helpers.files import read_npz
from helpers.fleet import stop_requests
from helpers.records import save_record


def record_runs(
    path: str, gather: Callable[[int], dict], *, config: dict, seeds: Iterable[int]
) -> dict[str, np.ndarray]:
    """The command line of every script: `gather(jobs)` gives the arrays, which go to `path` with their provenance.

    Returns the arrays, for what the script has to say of them.
    """
    script = sys.modules["__main__"]
    parser = argparse.ArgumentParser(description=script.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    jobs = parser.parse_args().jobs
    began = time.perf_counter()
    with stop_requests() as stopped:
        try:
            arrays = gather(jobs)
        finally:  # `run_seeds` returns what had finished, and part of a record must not pass for the whole
            if stopped():
                raise SystemExit("Stopped: nothing is recorded, and an earlier record is as it was.")
    seconds = time.perf_counter() - began
    before = read_npz(path) if Path(path).exists() else {}
    command = f"python -m {script.__spec__.name} --jobs {jobs}"
    save_record(path, arrays, config=config, seeds=seeds, seconds=seconds, command=command)
    print(f"{path}: recorded in {seconds:.0f} s; {what_moved(before, arrays)}")
    return arrays


def what_moved(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> str:
    """In words: which arrays of a record differ from those that it replaces, and by how much."""
    if not before:
        return "nothing was recorded before"
    after = {name: np.asarray(values) for name, values in after.items()}
    remarks = [f"{name} is new" for name in after.keys() - before.keys()]
    remarks += [f"{name} is gone" for name in before.keys() - after.keys()]
    for name in sorted(before.keys() & after.keys()):
        old, new = before[name], after[name]
        if old.shape != new.shape:
            remarks.append(f"{name} was {old.shape} and is {new.shape}")
        elif old.dtype.kind in "US":
            remarks += [f"{name} says something else"] if np.any(old != new) else []
        elif not np.array_equal(old, new, equal_nan=True):
            differ = ~np.isclose(old, new, rtol=0, atol=0, equal_nan=True)
            largest = np.nanmax(np.abs(old.astype(float) - new.astype(float)))
            remarks.append(f"{name} moved in {differ.sum()} of {differ.size} numbers, by {largest:.3g} at most")
    return "; ".join(sorted(remarks)) or "nothing moved"


def stacked(records: list[dict], once: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """The arrays of N seeds one above the other, (N, ...); of those named in `once` the first seed's alone."""
    return {
        name: np.array(values) if name in once else np.array([record[name] for record in records])
        for name, values in records[0].items()
    }
