"""What happens to one seed in another process: the run travels there, the result or the error in words comes back."""

import traceback
from collections.abc import Callable
from threading import RLock
from typing import Any

import cloudpickle
from tqdm import tqdm

from helpers.fleet.interrupts import never_interrupt

TRIES = 3  # times that a seed is begun before we say that it is the seed which ends its workers

# A worker has one core: NumPy's threads would only fight over it.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Outcome = tuple[bytes, None] | tuple[None, tuple[str, str]]  # the result, or an error: a line, and where it happened


class SeedFailed(RuntimeError):
    """The run of one seed ended with an error, or ended its worker time after time.

    results: those of the seeds that had finished by then, as `run_seeds` returns them.
    """

    results: Any = None


def packed_run(run: Callable[[int], object]) -> bytes:
    """The run as bytes; functions of a notebook, which no other process could import, go along whole.

    Raises TypeError, in words, for one that cannot travel.
    """
    try:
        return cloudpickle.dumps(run)
    except Exception as error:
        raise TypeError(
            f"`run` cannot be sent to another process ({said(error)}). Let it make what it needs (environments, files, "
            f"locks) by itself, from the seed; or run the seeds in this process, with jobs=1."
        ) from error


def run_one(run: bytes, seed: int) -> Outcome:
    """In a worker: run the seed. An error comes back as text, because not every exception can travel."""
    never_interrupt()
    tqdm.set_lock(RLock())  # its own is a semaphore of the system, which a worker that is killed would leave behind
    try:
        result = cloudpickle.loads(run)(seed)
    except BaseException as error:  # SystemExit too: it would end the worker, and read as a crash
        return None, (failed(seed, error), traceback.format_exc())
    try:
        return cloudpickle.dumps(result), None
    except Exception as error:
        words = f"What the run of seed {seed} returned cannot be sent from its worker ({said(error)}). Return arrays."
        return None, (words, traceback.format_exc())


def result_of(seed: int, outcome: Outcome) -> object:
    """The result that a worker sent. Raises SeedFailed for an error of the run."""
    sent, problem = outcome
    if problem is not None:
        words, where = problem
        error = SeedFailed(words)
        error.add_note(f"In the worker:\n{where}")
        raise error
    try:
        return cloudpickle.loads(sent)
    except Exception as error:
        raise SeedFailed(f"What the run of seed {seed} returned cannot be read here: {said(error)}") from error


def failed(seed: int, error: BaseException) -> str:
    """An error of the run itself, in words."""
    return f"The run of seed {seed} failed, and was not tried again: {said(error)}"


def died(seed: int) -> str:
    """A worker that dies at each try, in words."""
    return (
        f"The worker of seed {seed} died {TRIES} times. Usual reasons: not enough memory for so many workers "
        f"(try fewer `jobs`), or a library that crashes (try backend='serial')."
    )


def said(error: BaseException) -> str:
    """Type and message of an error, even of one whose message cannot be made."""
    try:
        return f"{type(error).__name__}: {error}"
    except BaseException:
        return f"{type(error).__name__} (its message cannot be printed)"
