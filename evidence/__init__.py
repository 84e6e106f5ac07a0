"""Scripts that record the long runs which the notebooks show; each writes one file of notebooks/data."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable

import numpy as np

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
    arrays = gather(jobs)
    seconds = time.perf_counter() - began
    command = f"python -m {script.__spec__.name} --jobs {jobs}"
    save_record(path, arrays, config=config, seeds=seeds, seconds=seconds, command=command)
    print(f"{path}: recorded in {seconds:.0f} s")
    return arrays


def stacked(records: list[dict], once: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """The arrays of N seeds one above the other, (N, ...); of those named in `once` the first seed's alone."""
    return {
        name: np.array(values) if name in once else np.array([record[name] for record in records])
        for name, values in records[0].items()
    }
