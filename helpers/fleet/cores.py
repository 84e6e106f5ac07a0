"""Seeds on the cores of this machine, in processes of loky, which is joblib's engine."""

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator

from loky import FIRST_COMPLETED, BrokenProcessPool, Future, ProcessPoolExecutor, cpu_count, wait
from tqdm import tqdm

from helpers.fleet.interrupts import interrupts_ignored, never_interrupt
from helpers.fleet.worker import ONE_THREAD, TRIES, SeedFailed, died, packed_run, result_of, run_one


def on_cores(run: Callable[[int], object], seeds: list[int], jobs: int) -> Iterator[tuple[int, object]]:
    """Yields (place, result) as the seeds finish. jobs: workers side by side; -1: one for each core.

    Each worker is a pool of its own: when a process dies, a pool takes all that it holds with it.
    """
    packed, waiting, begun = packed_run(run), deque(enumerate(seeds)), Counter()
    workers = [_new_worker() for _ in range(min(cpu_count() if jobs == -1 else jobs, len(seeds)))]
    running: dict[Future, tuple[int, int]] = {}  # -> worker, place
    idle = deque(range(len(workers)))
    try:
        while waiting or running:
            while idle and waiting:
                worker, (place, seed) = idle.popleft(), waiting.popleft()
                running[_submit(workers[worker], packed, seed)] = worker, place
                begun[place] += 1
            for future in wait(running, return_when=FIRST_COMPLETED)[0]:
                worker, place = running.pop(future)
                idle.append(worker)
                try:
                    outcome = future.result()
                except BrokenProcessPool as error:
                    if begun[place] == TRIES:
                        raise SeedFailed(died(seeds[place])) from error
                    tqdm.write(f"The worker of seed {seeds[place]} died; the seed is begun again.", file=sys.stdout)
                    workers[worker] = _new_worker()
                    waiting.appendleft((place, seeds[place]))
                else:
                    yield place, result_of(seeds[place], outcome)
    finally:
        with interrupts_ignored():
            for pool in workers:
                pool.shutdown(kill_workers=True)


def _new_worker() -> ProcessPoolExecutor:
    """A process that runs one seed after the other."""
    with interrupts_ignored():
        pool = ProcessPoolExecutor(1, env=ONE_THREAD)
        pool.submit(never_interrupt)  # the process begins with the first thing to do
    return pool


def _submit(pool: ProcessPoolExecutor, run: bytes, seed: int) -> Future:
    try:
        return pool.submit(run_one, run, seed)
    except BrokenProcessPool as error:  # it died while it had nothing to do
        future = Future()
        future.set_exception(error)
        return future
