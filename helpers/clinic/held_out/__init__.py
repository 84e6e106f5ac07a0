"""Bugs that others made: people who did not write the probes, so that the probes can be scored on them.

Each is the working agent with a fault in it, one class each: its name is the bug's name, the first line of its
docstring says what is wrong. The probes grew by what they let through of `FIRST_SET`. `SECOND_SET` was written after
that, by somebody who had not seen them: it alone is a fair examination.
"""

from helpers.clinic.held_out.acting import ACTING
from helpers.clinic.held_out.memory import MEMORY
from helpers.clinic.held_out.observations import OBSERVATIONS
from helpers.clinic.held_out.second import SECOND
from helpers.clinic.held_out.targets import TARGETS
from helpers.dqn import DQN

FIRST_SET: tuple[type[DQN], ...] = (*OBSERVATIONS, *MEMORY, *TARGETS, *ACTING)
SECOND_SET: tuple[type[DQN], ...] = SECOND
HELD_OUT: tuple[type[DQN], ...] = (*FIRST_SET, *SECOND_SET)


def in_words(bug: type[DQN]) -> str:
    """What is wrong with it: the first line of its docstring."""
    return (bug.__doc__ or "").strip().partition("\n")[0]
