"""What `run_seeds` says to what it cannot do: no answer is silent, none is raw, and nothing that finished is lost."""

import os
import signal
import sys
import threading

import numpy as np
import pytest
from loky import BrokenProcessPool

from helpers.fleet import SeedFailed, run_seeds
from helpers.fleet.cores import _new_worker, _submit


def named(value) -> str:
    """An id that is the same in every process: no address of an object."""
    return repr(value).partition(" at 0x")[0]


def square(seed: int) -> int:
    return seed * seed


# --- seeds ----------------------------------------------------------------------------------------------------------


class Nothing:
    """Not a number, not several of anything."""


@pytest.mark.parametrize(
    ("seeds", "words"),
    [
        ([1.7, 1.2], r"seeds\[0\] was 1\.7"),
        ([0, 1.0], r"seeds\[1\] was 1\.0"),
        ([0, True], r"seeds\[1\] was True"),
        ([np.bool_(True)], r"seeds\[0\] was "),
        ([np.float64(3)], r"seeds\[0\] was np\.float64"),
        (np.array([0.0, 1.0]), r"seeds\[0\] was np\.float64"),
        (np.arange(4).reshape(2, 2), r"seeds\[0\] was array"),
        ([0, "1"], r"seeds\[1\] was '1'"),
        ([0, None], r"seeds\[1\] was None"),
        ([float("nan")], r"seeds\[0\] was nan"),
        ((seed / 2 for seed in range(3)), r"seeds\[0\] was 0\.0"),
        ("123", "several whole numbers.*it was '123'"),
        (b"123", "several whole numbers.*it was b'123'"),
        (5, r"several whole numbers, as in range\(10\); it was 5"),
        (np.array(5), r"several whole numbers.*it was array\(5\)"),
        (None, "several whole numbers.*it was None"),
        (Nothing, "several whole numbers.*Nothing"),
    ],
    ids=named,
)
def test_seeds_that_are_no_whole_numbers_are_refused(seeds, words):
    begun = []
    with pytest.raises(ValueError, match=f"`seeds` must be .*{words}"):
        run_seeds(begun.append, seeds)
    assert begun == [], "nothing may run before all is known to be right"


@pytest.mark.parametrize(
    ("seeds", "plain"),
    [
        ([], []),
        ([3, 3, 3], [3, 3, 3]),
        ([-2, 10**30], [-2, 10**30]),
        (np.array([4, 0], np.uint8), [4, 0]),
        ({7: "a", 2: "b"}, [7, 2]),
        ((seed for seed in (2, 1)), [2, 1]),
        (np.int64([5]), [5]),
    ],
    ids=named,
)
def test_whole_numbers_of_any_kind_are_seeds_and_reach_the_run_as_int(seeds, plain):
    found = run_seeds(lambda seed: (type(seed), seed), seeds)
    assert found == [(int, seed) for seed in plain]
    assert found.seeds == plain


# --- jobs, backend, run ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["serial", "joblib", "ray"])
@pytest.mark.parametrize("jobs", [0, -2, 2.0, 2.5, True, None, "2", float("nan"), np.float32(1), [2]], ids=named)
def test_jobs_are_a_whole_number_or_refused(jobs, backend):
    with pytest.raises(ValueError, match="`jobs` must be a whole number, 1 or more, or -1") as caught:
        run_seeds(square, range(4), jobs, backend)
    assert repr(jobs) in str(caught.value)


def test_one_job_for_each_core():
    assert run_seeds(square, range(2), -1) == [0, 1]


@pytest.mark.parametrize("jobs", [np.int64(9), 10**9])
def test_more_jobs_than_seeds_are_as_many_as_there_are_seeds(jobs):
    assert run_seeds(square, range(2), jobs) == [0, 1]


@pytest.mark.parametrize("backend", ["dask", "Joblib", None, 3, ["ray"]], ids=named)
def test_an_unknown_backend_is_refused_with_those_there_are(backend):
    with pytest.raises(ValueError, match="`backend` must be one of serial, joblib, ray; it was "):
        run_seeds(square, range(2), 2, backend)


@pytest.mark.parametrize("run", [None, 5, "square", [square]], ids=named)
def test_a_run_that_cannot_be_called_is_refused(run):
    with pytest.raises(TypeError, match="`run` must be a function of one seed; it was "):
        run_seeds(run, range(2))


# --- what a run may do ----------------------------------------------------------------------------------------------


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no words")

    __repr__ = __str__


class Unsendable(Exception):
    """One that pickle cannot make again: its `__init__` needs what its `args` do not have."""

    def __init__(self, one, two):
        super().__init__("only one of two")


def raising(kind: type, *args):
    def run(seed):
        if seed == 1:
            raise kind(*args)
        return seed

    return run


def without_argument():
    return 0


BACKENDS = pytest.mark.parametrize("backend", ["serial", "joblib"])


RAISED = [
    (raising(SystemExit, 3), "SystemExit: 3"),
    (raising(Unprintable), r"Unprintable \(its message cannot be printed\)"),
    (raising(Unsendable, 1, 2), "Unsendable: only one of two"),
    (raising(KeyboardInterrupt), "KeyboardInterrupt"),  # Ctrl-C does not reach a worker: the run has raised it itself
    (lambda seed: sys.exit() if seed == 1 else seed, "SystemExit: "),
    (raising(ZeroDivisionError, "a bug"), "ZeroDivisionError: a bug"),
    (raising(GeneratorExit), "GeneratorExit"),
    (raising(StopIteration, 4), "StopIteration: 4"),
    (raising(BaseException, "the root of all"), "BaseException: the root of all"),
]


@pytest.mark.parametrize(
    ("run", "words", "backend"),
    [(*case, "serial") for case in RAISED if "Keyboard" not in case[1]] + [(*case, "joblib") for case in RAISED[:4]],
)
def test_whatever_a_run_raises_is_named_with_its_seed(run, words, backend):
    with pytest.raises(SeedFailed, match=f"The run of seed 1 failed, and was not tried again: {words}") as caught:
        run_seeds(run, [0, 1], 2, backend)
    assert caught.value.results in ([0], [])  # in two processes seed 0 may not have arrived yet


def test_a_run_of_no_argument_is_named():
    with pytest.raises(SeedFailed, match="seed 0 failed.*takes 0 positional arguments"):
        run_seeds(without_argument, range(2))


def test_what_had_finished_when_a_seed_failed_is_not_lost():
    with pytest.raises(SeedFailed) as caught:
        run_seeds(lambda seed: 12 // (seed - 3), [9, 7, 3, 4])
    assert caught.value.results == [2, 3]
    assert caught.value.results.seeds == [9, 7]
    assert any("Finished seeds: 9, 7; the error has them as `results`" in note for note in caught.value.__notes__)


@BACKENDS
def test_a_run_may_return_nothing(backend):
    assert run_seeds(lambda seed: None, range(3), 2, backend) == [None] * 3


def test_a_run_that_cannot_be_sent_is_refused_before_it_begins():
    lock = threading.Lock()
    with pytest.raises(TypeError, match="`run` cannot be sent to another process.*cannot pickle.*jobs=1"):
        run_seeds(lambda seed: lock.locked(), range(2), 2)
    assert run_seeds(lambda seed: lock.locked(), range(2)) == [False, False]


@pytest.mark.parametrize("thing", [threading.Lock, lambda: (k for k in range(3))])
def test_a_result_that_cannot_be_sent_is_named_with_its_seed(thing):
    with pytest.raises(SeedFailed, match="run of seed [01] returned cannot be sent from its worker.*cannot pickle"):
        run_seeds(lambda seed: thing(), [0, 1], 2)


class ReadOnlyOnce:
    """A result that goes away and does not come back."""

    def __reduce__(self):
        return int, ("not a number",)


def test_a_result_that_cannot_be_read_is_named_with_its_seed():
    with pytest.raises(SeedFailed, match="run of seed [01] returned cannot be read here: ValueError"):
        run_seeds(lambda seed: ReadOnlyOnce(), [0, 1], 2)


def test_a_huge_result_arrives_whole():
    found = run_seeds(lambda seed: np.full(15_000_000, seed, float), [1, 2], 2)  # 120 MB each
    assert [(len(values), values.min(), values.max()) for values in found] == [(15_000_000, k, k) for k in (1, 2)]


@pytest.mark.parametrize(
    "how", [lambda: os._exit(0), lambda: os._exit(9), lambda: os.kill(os.getpid(), signal.SIGABRT)]
)
def test_a_run_that_ends_its_process_is_given_up_in_words(how, capfd):
    with pytest.raises(SeedFailed, match="worker of seed 1 died 3 times.*memory"):
        run_seeds(lambda seed: how() if seed == 1 else seed, [1, 0], 2)


def test_a_worker_that_died_while_it_had_nothing_to_do_is_a_worker_that_died():
    pool = _new_worker()
    assert isinstance(pool.submit(os._exit, 1).exception(), BrokenProcessPool)
    assert isinstance(_submit(pool, b"", 0).exception(), BrokenProcessPool)
    pool.shutdown()


def test_a_run_may_run_seeds_itself():
    def total(seed):
        return sum(run_seeds(square, range(seed, seed + 2), 2))

    assert run_seeds(total, [1, 2], 2) == [5, 13]


def test_seeds_run_in_a_thread_too():
    found = []
    thread = threading.Thread(
        target=lambda: found.extend((run_seeds(square, range(3)), run_seeds(square, range(3), 2)))
    )
    thread.start()
    thread.join()
    assert found == [[0, 1, 4], [0, 1, 4]]
