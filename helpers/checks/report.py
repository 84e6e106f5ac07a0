"""`check`: judge an answer, say one thing about it, and remember a pass."""

import sys

import numpy as np

from helpers.checks.apart import apart
from helpers.checks.expect import ToDo, Wrong
from helpers.checks.guard import UNCLEAR, Answer, explain, has_ellipsis
from helpers.checks.passes import record_pass
from helpers.checks.registry import Exercise, find
from helpers.checks.surroundings import Surroundings, quiet
from helpers.checks.watch import OutOfTime, within

TOO_LONG = "It does not come back within {:g} seconds. Is there a loop that never ends?"
LEFT = "(It has started a thread that cannot be ended, and goes on. Restarting the kernel ends it.)"
MOST_WORDS = 2_000  # characters


def check(number: str, answer, record: bool = True) -> None:
    """Print whether an answer is right, or a hint; a right one is remembered for `progress`.

    number: of the exercise, such as "4.1". record=False: judge only (the course's own solutions).
    Whatever the answer does, this prints a line and goes on. Only your own interrupt passes through.

    An answer is given a limit of processor time, so a busy machine takes nothing from it. On Linux it runs in a copy
    of the kernel's process. On Windows and macOS it runs in the kernel itself, and there two things are beyond help:
    code that makes Python crash (a very deep recursion inside a C library, a wrong address given to ctypes) ends the
    kernel, and one long call into a library, such as `sum(range(10**12))`, goes on until you restart the kernel.
    """
    exercise = find(number)
    verdict, words = judge(exercise, answer)
    print(f"Exercise {exercise.number}, {exercise.title}: {verdict}. {words}".rstrip())
    if verdict == "right" and record and (trouble := record_pass(exercise.number)):
        print(trouble)


def judge(exercise: Exercise, answer) -> tuple[str, str]:
    """("right" | "not yet" | "still to do", words)."""
    return apart(exercise.seconds, judge_here, exercise, answer) or judge_here(exercise, answer)


def judge_here(exercise: Exercise, answer) -> tuple[str, str]:
    """The same, in this process."""
    out, changed = sys.stdout, ""  # the reader's, before it is hushed
    with quiet():
        kept = Surroundings()
        try:
            try:
                told = within(exercise.seconds, out, _told, exercise, answer)
            finally:
                changed = kept.put_back()
        except OutOfTime:
            told = "not yet", TOO_LONG.format(exercise.seconds)
        except KeyboardInterrupt:
            raise
        except BaseException:
            told = "not yet", UNCLEAR
    if changed:
        told = "not yet", f"It changes `{changed}`, which everything else needs too. Leave that as it is."
    return (told[0], f"{told[1]} {LEFT}") if kept.left else told


def _told(exercise: Exercise, answer) -> tuple[str, str]:
    """Everything that may run the reader's code: calling, comparing, explaining."""
    try:
        return "right", _plain(_run(exercise, answer) or "")
    except ToDo:
        usual = "the body of the function" if exercise.kind == "write" else "your answer"
        return "still to do", f"Put {exercise.where or usual} where `...` stands, and run the cell again."
    except Wrong as wrong:
        return "not yet", _plain(str(wrong))
    except (KeyboardInterrupt, OutOfTime):
        raise
    except BaseException as error:  # the reader's code may raise anything, SystemExit too
        return "not yet", _plain(explain(error))


def _plain(words: str) -> str:
    """Text that can be printed anywhere; not an object of a class of the reader's."""
    return str.encode(words, "utf-8", "backslashreplace").decode()[:MOST_WORDS]


def _run(exercise: Exercise, answer):
    if has_ellipsis(answer):
        raise ToDo
    if exercise.kind == "write":
        answer = Answer(answer, exercise.changes)
    rng = np.random.default_rng([int(part) for part in exercise.number.split(".")])
    return exercise.checker(answer, rng)
