"""`check`: judge an answer, say one thing about it, and remember a pass."""

import sys

import numpy as np

from helpers.checks.expect import ToDo, Wrong
from helpers.checks.guard import Answer, OutOfTime, explain, has_ellipsis, quiet, within
from helpers.checks.passes import record_pass
from helpers.checks.registry import Exercise, find


def check(number: str, answer, record: bool = True) -> None:
    """Print whether an answer is right, or a hint; a right one is remembered for `progress`.

    number: of the exercise, such as "4.1". record=False: judge only (the course's own solutions).
    Whatever the answer does, this prints a line and goes on. Only your own interrupt passes through.
    """
    exercise = find(number)
    verdict, words = judge(exercise, answer)
    print(f"Exercise {exercise.number}, {exercise.title}: {verdict}. {words}".rstrip())
    if verdict == "right" and record and (trouble := record_pass(exercise.number)):
        print(trouble)


def judge(exercise: Exercise, answer) -> tuple[str, str]:
    """("right" | "not yet" | "still to do", words)."""
    out = sys.stdout  # the reader's, before it is hushed
    try:
        with quiet():
            remark = within(exercise.seconds, out, _run, exercise, answer)
    except ToDo:
        where = "the body of the function" if exercise.kind == "write" else "your answer"
        return "still to do", f"Put {where} where `...` stands, and run the cell again."
    except Wrong as wrong:
        return "not yet", str(wrong)
    except OutOfTime:
        return "not yet", f"It does not come back within {exercise.seconds:g} seconds. Is there a loop that never ends?"
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # the reader's code may raise anything, SystemExit too
        return "not yet", explain(error)
    return "right", remark or ""


def _run(exercise: Exercise, answer):
    if has_ellipsis(answer):
        raise ToDo
    if exercise.kind == "write":
        answer = Answer(answer, exercise.changes)
    rng = np.random.default_rng([int(part) for part in exercise.number.split(".")])
    return exercise.checker(answer, rng)
