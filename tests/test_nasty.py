"""A kernel outlives whatever is handed to a checker: a sample; tests/fuzz_checkers.py tries all of them."""

import random

import pytest

from helpers.checks import apart
from tests.fuzz_checkers import exercises
from tests.watched_kernel import Kernel, kinds_for

ALWAYS = ("act: np.allclose patched", "end: str loops", "end: os._exit", "hang: bare except, nested")
FATAL = ("end: deep recursion in C", "hang: one long sum")  # for a kernel; for a copy they are not


@pytest.fixture(scope="module")
def watched():
    kernel = Kernel(here=False)
    yield kernel
    kernel.stop()


@pytest.mark.parametrize("one", exercises(6, seed=1), ids=lambda one: one.number)
def test_nasty_answers_get_a_line_and_leave_nothing(watched, one):
    names = sorted(kinds_for(one))
    if not apart.POSSIBLE:
        names = [name for name in names if not name.startswith(("end: ", "hang: one long"))]
    sample = random.Random(one.number).sample(names, 12)
    for name in dict.fromkeys([*(ALWAYS + FATAL if one.kind == "write" and apart.POSSIBLE else ()), *sample]):
        outcome, words = watched.ask(one.number, name)
        assert outcome in ("answered", "interrupt"), f"{name}: {outcome}, {words}"
