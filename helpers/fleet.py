"""Many seeds: one after the other, on the cores of this machine (joblib), or on a cluster (Ray through joblib).

A seed is a run of its own, so it does not matter where it runs: the results are the same to the bit on processors of
one type. A worker that is killed in the middle costs only its own seed, which is run again.
"""

import os
import sys
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager

from joblib import Parallel, delayed, effective_n_jobs, parallel_config, register_parallel_backend
from joblib.externals.loky.process_executor import BrokenProcessPool, ProcessPoolExecutor
from tqdm import tqdm

TRIES = 3  # times that a seed is begun before we say that it is the seed which ends its workers

# A worker has one core: NumPy's threads would only fight over it.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

# For a Ray of this machine: nothing listens beyond it, nothing is sent home, the libraries are those of this process.
QUIET_RAY = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # in spite of its name: 127.0.0.1 on every system
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
RAY_STORE = 80 * 2**20  # bytes; about the least that Ray takes, and results here are small


class SeedFailed(RuntimeError):
    """The run of one seed ended with an error, or ended its worker time after time."""


def run_seeds(run: Callable[[int], object], seeds: Iterable[int], jobs: int = 1, backend: str = "joblib") -> list:
    """[run(seed) for seed in seeds], shared between `jobs` workers; the results come in the order of the seeds.

    jobs: workers side by side; -1: one for each core. One job needs no worker: it runs in this process.
    backend: "serial", "joblib" (processes of this machine) or "ray" (the cluster at RAY_ADDRESS; without one, a
        small Ray on this machine).

    A bar shows the seeds that are finished. Where a worker dies (killed, out of memory), its seed is begun again, at
    most TRIES times. An error in `run` itself is not tried again. Either way SeedFailed names the seed.
    """
    if backend not in BACKENDS:
        raise ValueError(f"`backend` must be one of {', '.join(BACKENDS)}; it was {backend!r}.")
    seeds = [int(seed) for seed in seeds]
    jobs = 1 if backend == "serial" else jobs
    way = _one_by_one if jobs == 1 or len(seeds) < 2 else BACKENDS[backend]
    with tqdm(total=len(seeds), unit=" seeds", file=sys.stdout, leave=False) as bar:
        results = dict(way(run, seeds, jobs, bar))  # place -> result
    return [results[place] for place in range(len(seeds))]


def _one_by_one(run, seeds: list[int], jobs: int, bar: tqdm) -> Iterator[tuple[int, object]]:
    for place, seed in enumerate(seeds):
        try:
            yield place, run(seed)
        except Exception as error:
            raise SeedFailed(_in_words(seed, error)) from error
        bar.update()


# --- the cores of this machine ----------------------------------------------------------------------------------------


def _on_cores(run, seeds: list[int], jobs: int, bar: tqdm) -> Iterator[tuple[int, object]]:
    """Each worker is a pool of its own: when a process dies, a pool takes all that it holds with it."""
    waiting, begun = deque(enumerate(seeds)), Counter()
    workers = [_new_worker() for _ in range(min(effective_n_jobs(jobs), len(seeds)))]
    running: dict[Future, tuple[int, int]] = {}  # -> worker, place
    idle = deque(range(len(workers)))
    try:
        while waiting or running:
            while idle and waiting:
                worker, (place, seed) = idle.popleft(), waiting.popleft()
                running[workers[worker].submit(_attempt, run, seed)] = worker, place
                begun[place] += 1
            for future in wait(running, return_when=FIRST_COMPLETED)[0]:
                worker, place = running.pop(future)
                idle.append(worker)
                try:
                    yield place, _result(seeds[place], future)
                    bar.update()
                except BrokenProcessPool as error:
                    _give_up_after(begun[place], seeds[place], error)
                    bar.write(f"The worker of seed {seeds[place]} died; the seed is begun again.", file=sys.stdout)
                    workers[worker] = _new_worker()
                    waiting.appendleft((place, seeds[place]))
    finally:
        for pool in workers:
            pool.shutdown(kill_workers=True)


def _new_worker() -> ProcessPoolExecutor:
    """A process that runs one seed after the other. It begins with the first of them."""
    return ProcessPoolExecutor(1, env=ONE_THREAD)


def _attempt(run: Callable[[int], object], seed: int) -> tuple[object, tuple[str, str] | None]:
    """In a worker: the result of the seed, and its error in words, if there was one: a line, and where it happened.

    An error travels as text, because not every exception can be sent from one process to another.
    """
    try:
        return run(seed), None
    except Exception as error:
        return None, (_in_words(seed, error), traceback.format_exc())


def _result(seed: int, future: Future) -> object:
    """What the worker sent. Raises BrokenProcessPool where it died, SeedFailed for an error of the run."""
    try:
        outcome = future.result()
    except BrokenProcessPool:
        raise
    except Exception as error:  # what was to be sent could not be
        raise SeedFailed(_in_words(seed, error)) from error
    return _unpacked(*outcome)


def _unpacked(result, problem: tuple[str, str] | None) -> object:
    if problem is not None:
        words, where = problem
        failed = SeedFailed(words)
        failed.add_note(f"In the worker:\n{where}")
        raise failed
    return result


def _in_words(seed: int, error: Exception) -> str:
    return f"The run of seed {seed} failed, and was not tried again: {type(error).__name__}: {error}"


def _give_up_after(tries: int, seed: int, error: Exception) -> None:
    if tries >= TRIES:
        raise SeedFailed(
            f"The worker of seed {seed} died {tries} times. Usual reasons: not enough memory for so many workers "
            f"(try fewer `jobs`), or a library that crashes (try backend='serial')."
        ) from error


# --- a cluster --------------------------------------------------------------------------------------------------------


def _on_cluster(run, seeds: list[int], jobs: int, bar: tqdm) -> Iterator[tuple[int, object]]:
    """Ray brings a dead worker back and begins its seed again by itself; it deals the seeds out in turn."""

    class Watched(Parallel):
        def print_progress(self):
            bar.update(self.n_completed_tasks - bar.n)

    again = {"max_restarts": TRIES - 1, "max_task_retries": TRIES - 1}
    with ray_session(jobs) as ray, parallel_config("ray", n_jobs=jobs, ray_remote_args=again):
        tasks = (delayed(_attempt)(run, seed) for seed in seeds)
        try:
            outcomes = Watched(batch_size=1, pre_dispatch="all")(tasks)
        except ray.exceptions.RayActorError as error:
            raise SeedFailed(f"A worker died {TRIES} times over. Usual reason: not enough memory for it.") from error
    for place, outcome in enumerate(outcomes):
        yield place, _unpacked(*outcome)


@contextmanager
def ray_session(jobs: int):
    """Ray, known to joblib, for the time of a block: the one that runs already, that at RAY_ADDRESS, or a new one here.

    Raises ImportError, in words, where Ray is not installed.
    """
    here = "RAY_ADDRESS" not in os.environ
    with _environment(QUIET_RAY | {"PYTHONPATH": os.pathsep.join(sys.path)} if here else {}):
        ray = _import_ray()
        ours = not ray.is_initialized()
        if ours and here:
            _start(ray, effective_n_jobs(jobs))
        elif ours:
            ray.init(log_to_driver=False)
    try:
        yield ray
    finally:
        if ours:
            _end(ray)


def _start(ray, num_cpus: int) -> None:
    """A Ray of this machine. It gives its parts 30 seconds to appear, too few on a busy one: so up to TRIES times."""
    quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
    for tries_left in reversed(range(TRIES)):
        try:
            ray.init("local", num_cpus=num_cpus, object_store_memory=RAY_STORE, **quiet)
            return
        except Exception as error:  # Ray has no class of its own for this
            if not tries_left or "timed out" not in str(error):
                raise


def _end(ray) -> None:
    """Shut Ray down, and wait for the processes that it started here; Ray does not."""
    kinds = ray._private.worker._global_node.all_processes.values()
    processes = [started.process for kind in kinds for started in kind]
    ray.shutdown()
    for process in processes:
        process.wait()


@contextmanager
def _environment(settings: dict[str, str]):
    """Environment variables for the time of a block: processes that it starts inherit them."""
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield
    finally:
        for name in settings:
            os.environ.pop(name)
        os.environ.update(before)


def _import_ray():
    try:
        import ray
        from ray.util.joblib.ray_backend import RayBackend
    except ImportError as error:
        raise ImportError(
            "Ray is not installed, and only clusters need it. In the project's folder: uv sync --extra cluster"
        ) from error

    class Backend(RayBackend):
        """Ray's own for joblib, which asks its workers to end; one that may be brought back would be brought back."""

        def terminate(self):
            workers = getattr(self._pool, "_actor_pool", [])
            while workers:
                ray.kill(workers.pop()[0])
            super().terminate()

    register_parallel_backend("ray", Backend)
    return ray


BACKENDS = {"serial": _one_by_one, "joblib": _on_cores, "ray": _on_cluster}
