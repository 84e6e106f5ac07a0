"""`run_seeds`: the same run for many seeds, wherever it is that they run."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from numbers import Integral
from typing import Any

from tqdm import tqdm

from helpers.fleet.cluster import on_cluster
from helpers.fleet.cores import on_cores
from helpers.fleet.interrupts import stop_requests
from helpers.fleet.worker import SeedFailed, failed

BACKENDS = {"serial": None, "joblib": on_cores, "ray": on_cluster}


class Results(list):
    """Results in the order of their seeds. seeds: whose they are; after Ctrl-C, fewer than were asked for."""

    def __init__(self, results: Iterable, seeds: Iterable[int]):
        super().__init__(results)
        self.seeds = list(seeds)


def run_seeds(run: Callable[[int], object], seeds: Iterable[int], jobs: int = 1, backend: str = "joblib") -> Results:
    """[run(seed) for seed in seeds], shared between `jobs` workers; the results come in the order of the seeds.

    jobs: workers side by side; -1: one for each core. One job needs no worker: it runs in this process.
    backend: "serial", "joblib" (processes of this machine) or "ray" (the cluster at RAY_ADDRESS; without one, a
        small Ray on this machine).

    A bar shows the seeds that are finished. Where a worker dies (killed, out of memory), its seed is begun again, at
    most TRIES times. An error in `run` itself, SystemExit included, is not tried again. Either way SeedFailed names the
    seed and has the `results` of those that had finished.

    Ctrl-C returns the finished seeds, which may be any of them, and prints which they are; `.seeds` of the list
    has them too. A seed that was running is half done, and nothing of it is returned, even where `run` itself answered
    Ctrl-C, as `train` does.

    Raises ValueError for seeds or jobs that are not whole numbers and for an unknown backend, TypeError for a run that
    cannot be called or cannot be sent to a worker.
    """
    seeds = _checked(run, seeds, jobs, backend)
    in_this_process = backend == "serial" or jobs == 1 or len(seeds) < 2
    found: dict[int, object] = {}  # place -> result
    with stop_requests() as stopped, tqdm(total=len(seeds), unit=" seeds", file=sys.stdout, leave=False) as bar:
        outcomes: Any = _one_by_one(run, seeds, stopped) if in_this_process else BACKENDS[backend](run, seeds, jobs)
        try:
            with closing(outcomes):
                for place, result in outcomes:
                    found[place] = result
                    bar.update()
        except KeyboardInterrupt:
            pass
        except SeedFailed as error:
            error.results = _in_order(found, seeds)
            error.add_note(f"Finished seeds: {_listed(error.results.seeds)}; the error has them as `results`.")
            raise
    results = _in_order(found, seeds)
    if len(results) < len(seeds):
        _tell(results.seeds, [seed for place, seed in enumerate(seeds) if place not in found])
    return results


def _one_by_one(run, seeds: list[int], stopped: Callable[[], bool]) -> Iterator[tuple[int, object]]:
    for place, seed in enumerate(seeds):
        try:
            result = run(seed)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit too: it would end the notebook
            raise SeedFailed(failed(seed, error)) from error
        if stopped():  # the run has answered Ctrl-C by itself, and came back early
            raise KeyboardInterrupt
        yield place, result


def _in_order(found: dict[int, object], seeds: list[int]) -> Results:
    places = sorted(found)
    return Results([found[place] for place in places], [seeds[place] for place in places])


def _tell(finished: list[int], unfinished: list[int]) -> None:
    print(
        f"Stopped. Finished, and returned: seeds {_listed(finished)} (the list has them as `.seeds`). "
        f"Not finished, and nothing of them is kept: seeds {_listed(unfinished)}."
    )


def _listed(seeds: list[int]) -> str:
    """0, 1, 2, 5 as "0 to 2, 5"."""
    stretches: list[list[int]] = []
    for seed in seeds:
        if stretches and seed == stretches[-1][1] + 1:
            stretches[-1][1] = seed
        else:
            stretches.append([seed, seed])
    return ", ".join(f"{first} to {last}" if last > first else str(first) for first, last in stretches) or "none"


def _checked(run, seeds, jobs, backend) -> list[int]:
    """The seeds as a list; ValueError or TypeError, in words, for what `run_seeds` cannot take."""
    if not callable(run):
        raise TypeError(f"`run` must be a function of one seed; it was {run!r}.")
    if not isinstance(backend, str) or backend not in BACKENDS:
        raise ValueError(f"`backend` must be one of {', '.join(BACKENDS)}; it was {backend!r}.")
    if not _whole(jobs) or (jobs < 1 and jobs != -1):
        raise ValueError(f"`jobs` must be a whole number, 1 or more, or -1 for one on each core; it was {jobs!r}.")
    seeds = _several(seeds)
    for place, seed in enumerate(seeds):
        if not _whole(seed):
            raise ValueError(f"`seeds` must be whole numbers; seeds[{place}] was {seed!r}.")
    return [int(seed) for seed in seeds]


def _several(seeds) -> list:
    try:
        if isinstance(seeds, (str, bytes)):  # these would be several characters
            raise TypeError
        one_after_the_other = iter(seeds)
    except TypeError:
        raise ValueError(f"`seeds` must be several whole numbers, as in range(10); it was {seeds!r}.") from None
    return list(one_after_the_other)


def _whole(number) -> bool:
    return isinstance(number, Integral) and not isinstance(number, bool)
