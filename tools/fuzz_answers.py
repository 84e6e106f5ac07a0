"""One nasty answer to one exercise, in a kernel that is watched, as `tools.fuzz` asks for it."""

import atexit
from functools import cache

import numpy as np

from helpers.checks import registry
from tests.watched_kernel import BAD, Kernel, kinds_for


@cache
def watched() -> Kernel:
    """One kernel for all answers; whatever harms it, it is started again."""
    kernel = Kernel(here=False)
    atexit.register(kernel.stop)
    return kernel


def fuzz(rng: np.random.Generator) -> str:
    """What became of it, in a word; AssertionError for a raw error, damage, a hang, a death, or praise for nonsense."""
    exercises = [one for notebook in registry.notebooks() for one in registry.exercises_of(notebook)]
    one = exercises[rng.integers(len(exercises))]
    name = str(rng.choice(sorted(kinds_for(one))))
    outcome, words = watched().ask(one.number, name)
    assert outcome not in BAD, f"exercise {one.number}, {name!r}: {outcome}: {words}"
    return outcome
