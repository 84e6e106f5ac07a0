"""Seeds on a cluster, by Ray: the one that runs already, that at RAY_ADDRESS, or a small one on this machine."""

import gc
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from helpers.fleet.interrupts import interrupts_ignored
from helpers.fleet.worker import (
    ONE_THREAD,
    TRIES,
    SeedFailed,
    died,
    failed,
    packed_run,
    result_of,
    run_one,
)

# For a Ray of this machine: nothing listens beyond it, nothing is sent home, the libraries are those of this process.
QUIET_RAY = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # in spite of its name: 127.0.0.1 on every system
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
RAY_STORE = 80 * 2**20  # bytes; about the least that Ray takes, and results here are small


def on_cluster(run, seeds: list[int], jobs: int) -> Iterator[tuple[int, object]]:
    """Yields (place, result) as seeds finish. jobs: tasks side by side; -1: all cores.

    A task whose worker dies is begun again by Ray itself.
    """
    run = packed_run(run)
    with ray_session(min(jobs, len(seeds))) as ray:
        task = ray.remote(num_cpus=1, max_retries=TRIES - 1)(run_one)
        side_by_side = int(ray.cluster_resources()["CPU"]) if jobs == -1 else jobs
        run = ray.put(run)  # it travels once, and not with each seed
        waiting, running = deque(enumerate(seeds)), {}  # task -> place
        try:
            while waiting or running:
                while waiting and len(running) < side_by_side:
                    place, seed = waiting.popleft()
                    running[task.remote(run, seed)] = place
                (ready,), _ = ray.wait(list(running), num_returns=1)
                place = running.pop(ready)
                outcome = _received(ray, ready, seeds[place])
                yield place, result_of(seeds[place], outcome)
        finally:
            for unfinished in running:
                ray.cancel(unfinished, force=True)


def _received(ray, ready, seed: int):
    try:
        return ray.get(ready)
    except (
        ray.exceptions.WorkerCrashedError,
        ray.exceptions.NodeDiedError,
        ray.exceptions.OutOfMemoryError,
    ) as error:
        raise SeedFailed(died(seed)) from error
    except ray.exceptions.RayError as error:  # for instance: a machine that lacks this project
        raise SeedFailed(failed(seed, error)) from error


@contextmanager
def ray_session(jobs: int):
    """Ray, for the time of a block; one that was not there before ends with it, to its last process.

    Raises ImportError where Ray is not installed, and RuntimeError where it does not start, in words.
    """
    here = QUIET_RAY | ONE_THREAD | {"PYTHONPATH": os.pathsep.join(sys.path)}
    settings = {} if "RAY_ADDRESS" in os.environ else here
    with _environment(settings):
        ray, psutil = _import_ray()  # inside, because Ray reads where to listen when it is imported
    if ray.is_initialized():
        yield ray
        return
    children = psutil.Process().children
    before, started = set(children()), set()
    try:
        try:
            with _environment(settings):
                if settings:
                    _start(ray, None if jobs == -1 else jobs, lambda: _end(ray, psutil, set(children()) - before))
                else:
                    ray.init(log_to_driver=False)
        finally:
            started = set(children()) - before
        yield ray
    finally:
        with interrupts_ignored():
            _end(ray, psutil, started)


def _start(ray, num_cpus: int | None, clean_up: Callable[[], None]) -> None:
    """A Ray of this machine. It gives its parts 30 seconds to appear, too few on a busy one: so up to TRIES times."""
    quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
    for tries_left in reversed(range(TRIES)):
        try:
            ray.init("local", num_cpus=num_cpus, object_store_memory=RAY_STORE, **quiet)
            return
        except Exception as error:  # Ray has no class of its own for this
            problem = error
        clean_up()  # Ray does not end what it had begun
        if not tries_left or "timed out" not in str(problem):
            raise RuntimeError(f"Ray did not start on this machine: {problem}") from None


def _end(ray, psutil, started: set) -> None:
    """Shut Ray down, and wait until all that it started here is gone; Ray does not, nor ends what failed to start."""
    family = [*started]
    for process in started:
        with suppress(psutil.Error):
            family += process.children(recursive=True)
    ray.shutdown()
    pids = {process.pid for process in family}
    for end in (psutil.Process.terminate, psutil.Process.kill):
        for process in family:
            with suppress(psutil.Error):
                end(process)
        family = psutil.wait_procs(family, timeout=10)[1]
    for process in gc.get_objects():  # Ray has not waited for those that failed to start; Python would warn of it
        if issubclass(type(process), subprocess.Popen) and process.pid in pids:
            process.poll()


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
        import psutil
        import ray
    except ImportError as error:
        raise ImportError(
            "Ray is not installed, and only clusters need it. In the project's folder: uv sync --extra cluster"
        ) from error
    return ray, psutil
