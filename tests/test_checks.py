"""`check` judges whatever a reader hands in, says one calm thing, and remembers what has passed."""

import contextlib
import ctypes
import hashlib
import itertools
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pytest

from helpers import checks
from helpers.checks import apart, passes, questions, registry, watch
from helpers.checks.expect import Wrong, array, named, number, one_of, require, same_again, whole
from helpers.checks.guard import HERE, Answer
from helpers.checks.registry import EXERCISES, Exercise
from helpers.checks.report import LEFT
from helpers.checks.watch import STUCK
from tests import nasty
from tests.watched_kernel import damage_of, surroundings
from tools.course import NOTEBOOKS


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    """A file of progress for each test; the reader's own is not touched."""
    monkeypatch.setenv(passes.VARIABLE, str(tmp_path / ".progress.json"))
    return tmp_path / ".progress.json"


DOUBLES = """
def checker(answer, rng):
    x = rng.normal(size=3)
    require(np.allclose(array(answer(x), (3,)), 2 * x), "Not the double.")
    return "Well."
"""


@pytest.fixture(params=[True, False], ids=["in a copy", "here"])
def told(request, monkeypatch, capsys):
    """`told(answer)`: what `check` prints of an answer to "double a number", without the name of the exercise.

    Each in a copy of the process, where the system has such, and in this process, as on Windows and macOS.
    """
    if request.param and not apart.POSSIBLE:
        pytest.skip("this system cannot copy a process")
    monkeypatch.setattr(apart, "POSSIBLE", request.param)

    def ask(answer, seconds=2.0, changes=False, source=DOUBLES, kind="write", record=True, where=""):
        names = {"require": require, "array": array, "np": np}
        exec(compile(source, str(HERE / "checks" / "nb99.py"), "exec"), names)  # as if it stood there
        checker = names["checker"]
        one = Exercise("4.1", "Double it", kind, seconds, changes, checker, where)
        monkeypatch.setattr("helpers.checks.report.find", lambda number: one)
        checks.check("4.1", answer, record=record)
        out, err = capsys.readouterr()
        assert err == "" and out.count("Exercise 4.1") == 1
        return out.removeprefix("Exercise 4.1, Double it: ").rstrip("\n")

    return ask


def test_right_wrong_and_still_to_do(told, own_progress):
    assert (
        told(lambda x: ...) == "still to do. Put the body of the function where `...` stands, and run the cell again."
    )
    assert told(..., kind="predict").startswith("still to do. Put your answer where")
    assert told(..., where="your class").startswith("still to do. Put your class where")
    assert told(lambda x: 3 * x) == "not yet. Not the double."
    assert told(lambda x: 2 * x, record=False) == "right. Well."
    assert not own_progress.exists()
    assert told(lambda x: [2 * item for item in x]) == "right. Well."
    assert list(json.loads(own_progress.read_text())["passed"]) == ["4.1"]


def in_place(x):
    x *= 2
    return x


def shouting(x):
    print("a" * 10_000_000)
    warnings.warn("oh", stacklevel=1)
    print("oh", file=sys.stderr)
    return 2 * x


def deep(x):
    return deep(x)


def generator(x):
    yield 2 * x


async def coroutine(x):
    return 2 * x


class Hostile:
    def __array__(self, *_, **__):
        raise RuntimeError("no")

    __repr__ = __str__ = __eq__ = __bool__ = __len__ = __array__
    __hash__ = None


class BadError(Exception):
    def __str__(self):
        raise RuntimeError("no")


def bad_error(x):
    raise BadError


class OwnBase(BaseException):
    pass


def own_base(x):
    raise OwnBase("mine")


@pytest.mark.parametrize(
    ("answer", "piece"),
    [
        (lambda x: None, "It returns `None`. Is a `return` missing?"),
        (None, "Give `check` the function itself, without brackets; it got `None`."),
        (7, "it got int 7"),
        (lambda x: "text", "should be an array, but it is str 'text'"),
        (lambda x: np.nan * x, "NaN"),
        (lambda x: x[:, None], "should have shape (3,), but its shape is (3, 1)"),
        (lambda x: [[1], [2, 3]], "should be an array, but it is a list of 2"),
        (lambda x: x > 0, "its dtype is bool"),
        (lambda x: 1 / 0, "It raises ZeroDivisionError: division by zero. See line"),
        (lambda x: x[7], "IndexError: index 7 is out of bounds"),
        (lambda: 1, "It cannot be called as the task says. Python's words:"),
        (in_place, "It changes its argument `x` in place."),
        (deep, "never stops calling itself (RecursionError)"),
        (generator, "gives back a generator"),
        (coroutine, "gives back a generator"),
        (lambda x: sys.exit(1), "It ends the program"),
        (lambda x: 2 * x + 0 * np.random.rand(), "global random generator"),
        (lambda x: Hostile(), "should be an array, but it is a Hostile"),
        (Hostile, "should take no arguments|cannot be called|takes no arguments"),
        (lambda x: dict, "the class `dict`"),
        (lambda x: object(), "it is a object"),
        (lambda x: np.zeros(3, complex), "complex"),
        (lambda x: np.zeros(10**7), "its shape is (10000000,)"),
        (bad_error, "It raises BadError. See line"),
        (own_base, "It raises OwnBase: mine"),
    ],
)
def test_whatever_comes_back_gets_a_hint(told, answer, piece):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a coroutine that is never awaited
        words = told(answer)
    assert words.startswith("not yet. ") and any(part in words for part in piece.split("|")), words
    assert "Traceback" not in words and "helpers" not in words and "0x" not in words and "\n" not in words


def test_pairs_of_arrays_in_an_argument_are_watched_too():
    layers = [(np.ones((2, 3)), np.ones(3)), (np.ones((3, 1)), np.ones(1))]

    def reads(layers):
        return sum(weights.sum() + bias.sum() for weights, bias in layers)

    def writes(layers):
        layers[1][1][0] = 7.0
        return reads(layers)

    assert Answer(reads)(layers) == 13
    with pytest.raises(Wrong, match="changes its argument `layers` in place"):
        Answer(writes)(layers)


def test_what_the_answer_prints_and_warns_of_is_hushed(told):
    out, err = sys.stdout, sys.stderr
    assert told(shouting) == "right. Well."
    assert (sys.stdout, sys.stderr) == (out, err)


def test_the_line_of_the_reader_s_cell_is_shown(told):
    source = "def double(x):\n    y = x + 1\n    return y.missing\n"
    names = {}
    exec(compile(source, "a reader's cell", "exec"), names)
    assert told(names["double"]).endswith("See line 3 of your cell.")
    assert told(lambda x: x.missing).endswith('x.missing).endswith("See line `x`")`') or "`" in told(
        lambda x: x.missing
    )


def test_no_line_of_compiled_code_is_shown(told):
    """NumPy's generator is compiled from a file of a thousand lines, none of which the reader has."""
    source = "def draw(x):\n    return np.random.default_rng(0).beta(0, x)\n"
    names = {"np": np}
    exec(compile(source, "a reader's cell", "exec"), names)
    assert told(names["draw"]).endswith("See line 2 of your cell.")


def test_a_fault_of_the_checker_shows_no_stack_trace(told):
    source = "def checker(answer, rng):\n    return {}['nothing']"
    assert told(lambda x: x, source=source).startswith("not yet. The checker cannot make sense")


def endless(x):
    while True:
        pass


def swallowing(x):
    while True:
        with contextlib.suppress(Exception):
            endless(x)


def swallowing_all(x):
    while True:
        try:
            swallowing(x)
        except:  # noqa: E722
            pass
        finally:
            endless(x)


def asleep(x):
    while True:
        with contextlib.suppress(BaseException):
            time.sleep(1_000)


def stubborn(x):
    """Computes for some seconds where no exception reaches it: one that is thrown meanwhile comes up afterwards."""
    hashlib.pbkdf2_hmac("sha256", b"", b"", 8_000_000)
    return 2 * x


@pytest.mark.parametrize("answer", [endless, swallowing, swallowing_all, asleep])
def test_an_endless_loop_is_ended(told, answer, monkeypatch):
    monkeypatch.setattr(watch, "WAITING", 0.5)
    assert (
        told(answer, seconds=0.3)
        == "not yet. It does not come back within 0.3 seconds. Is there a loop that never ends?"
    )
    time.sleep(0.4)  # nothing that comes later may hit this thread
    assert told(lambda x: 2 * x) == "right. Well."


@pytest.mark.parametrize("told", [False], indirect=True)
def test_code_that_cannot_be_ended_is_spoken_of(told):
    words = told(stubborn, seconds=0.1)
    assert words.count(STUCK) == 1 and "It does not come back within 0.1 seconds." in words


@pytest.mark.parametrize("told", [True], indirect=True)
@pytest.mark.parametrize(
    ("answer", "piece"),
    [
        (lambda x: sum(range(10**11)), "had to be ended by force"),
        (lambda x: ctypes.string_at(0), "It makes Python itself crash (SIGSEGV)"),
        (lambda x: os.kill(os.getpid(), 9), "It ends the program that runs it"),
        (lambda x: [bytes(10**8) for _ in range(10**4)], "It raises MemoryError"),
    ],
)
def test_what_would_end_the_kernel_ends_a_copy(told, answer, piece):
    assert piece in told(answer, seconds=0.3)


@pytest.mark.parametrize("told", [True], indirect=True)
def test_what_needs_the_threads_of_tensorflow_is_judged_here(told, monkeypatch):
    """A copy has one thread only: where TensorFlow waits for its own there, the answer is asked once more, here."""
    kernel, asked = os.getpid(), []

    def waits_in_a_copy(x):
        asked.append(os.getpid())
        if os.getpid() != kernel:
            time.sleep(1_000)
        return 2 * x

    monkeypatch.setattr(apart, "IDLE", 0.2)
    monkeypatch.setitem(sys.modules, "tensorflow", np)
    assert told(waits_in_a_copy) == "right. Well." and asked == [kernel]


def test_time_is_the_processor_s(told):
    """Whoever sleeps waits, as an answer does on a machine that is busy with something else."""

    def sleepy(x):
        time.sleep(0.7)
        return 2 * x

    assert told(sleepy, seconds=0.1) == "right. Well."


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1])
def test_a_share_of_the_processor_is_enough(share):
    """Code that gets only a part of a core is stopped when it has worked for as long as any other, to a tick."""
    budget, worked = watch.Budget(1.5), 0.0
    while not budget.is_over(worked):
        worked += share * watch.TICK
    assert 1.5 * budget.slowness <= worked < 1.5 * budget.slowness + 0.1


def test_a_slow_machine_is_given_longer(monkeypatch):
    monkeypatch.setattr(watch, "slowness", lambda: 3.0)
    assert not watch.Budget(1.5).is_over(1.6) and not watch.Budget(1.5).is_over(4.4)
    assert watch.Budget(1.5).is_over(4.6)


def test_waiting_ends_far_out():
    budget = watch.Budget(1.5)
    looks = next(n for n in itertools.count(1) if budget.is_over(0.001))
    assert abs(looks * watch.TICK - watch.WAITING) < 0.1 and watch.WAITING >= 30


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # which Python itself ignores
@pytest.mark.parametrize("told", [False], indirect=True)
def test_what_an_answer_changes_is_put_back(told):
    assert told(lambda x: 3 * x) == "not yet. Not the double."
    before = surroundings()
    del before["helpers.checks.report.find"]  # which `told` replaces
    for name in nasty.ACTS.keys() - {"thread left waiting", "process left behind"}:  # only a copy takes those with it
        act = nasty.ACTS[name]
        words = told(lambda x, act=act: (act(), 3 * x)[1])
        assert words.startswith("not yet."), (name, words)
        assert damage_of(before, surroundings()) == "", name


@pytest.mark.parametrize("told", [False], indirect=True)
def test_a_thread_that_cannot_be_ended_is_spoken_of(told):
    lock = threading.Lock()
    lock.acquire()

    def waits(x):
        threading.Thread(target=lock.acquire, daemon=True).start()
        return 2 * x

    assert told(waits) == f"right. Well. {LEFT}"


def test_whoever_changes_what_judges_is_not_right(told):
    assert "It changes `numpy.allclose`" in told(lambda x: (nasty.ACTS["np.allclose patched"](), 3 * x)[1])
    assert "It changes `builtins.len`" in told(lambda x: (nasty.ACTS["len patched"](), 2 * x)[1])
    assert told(lambda x: (nasty.ACTS["chdir"](), 2 * x)[1]) == "right. Well."


def test_the_reader_s_own_interrupt_passes_through(told):
    out = sys.stdout

    def interrupted(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        told(interrupted)
    assert sys.stdout is out


def test_what_may_change_its_arguments_may(told):
    assert told(lambda x: x.fill(0), changes=True).startswith("not yet. The result is `None`")
    assert told(in_place, changes=True) == "not yet. Not the double."  # by the checker's own look at x


def test_a_number_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match=r"There is no exercise 4.99; notebook 04 has 4.1, 4.2"):
        checks.check("4.99", 1)
    for wrong in ("99.1", "three", 3):
        with pytest.raises(ValueError, match="needs the number of an exercise"):
            checks.check(wrong, 1)


def test_registering_refuses_what_cannot_be_meant():
    with pytest.raises(ValueError, match="such as '4.1'"):
        registry.exercise("three", "T")
    with pytest.raises(ValueError, match="must be one of predict, write, explore"):
        registry.exercise("4.1", "T", kind="guess")
    registry.load("04")
    with pytest.raises(ValueError, match=r"two exercises 4.1"):
        registry.exercise("4.1", "T")(lambda answer, rng: None)
    assert EXERCISES["4.1"].title == "Predict an update"


def test_importing_is_cheap():
    """Neither TensorFlow nor widgets, nor the checkers of any notebook."""
    heavy = ("tensorflow", "keras", "ipywidgets", "helpers.checks.nb04")
    code = f"import sys, helpers.checks; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


# --- what a checker asks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [3, 3.0, np.int64(3), np.float32(3), np.array(3)])
def test_numbers_of_every_kind_are_taken(value):
    assert number(value) == 3 and isinstance(number(value), float)


@pytest.mark.parametrize("value", [True, "3", None, [3, 4], np.array([3]), float("inf"), 3j, {}, object(), int, b"3"])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(Wrong):
        number(value)


def test_whole_numbers_letters_and_chance():
    assert whole(np.int64(3), low=0, high=3) == 3
    for value, low in [(3.0, 0), (3, 4)]:
        with pytest.raises(Wrong):
            whole(value, low=low, high=5)
    assert one_of(" B ", "abc") == "b"
    for value in ("d", "ab", 1, ""):
        with pytest.raises(Wrong, match='should be one of "a", "b", "c"'):
            one_of(value, "abc")
    same_again(lambda: np.random.default_rng(0).normal(size=3))
    with pytest.raises(Wrong, match="same seed"):
        same_again(lambda: np.random.default_rng().normal(size=3))
    assert named(object()) == "a object" and named("a" * 10**6) == f"str '{'a' * 40}'"


# --- progress ---------------------------------------------------------------------------------------------------------


def test_progress_is_a_table(capsys):
    assert passes.record_pass("4.2") == ""
    checks.progress()
    out = capsys.readouterr().out
    assert "04  Learn with a Q-table                       1 of 5  □■□□□\n" in out
    assert out.splitlines()[-1].startswith("1 of ") and out.splitlines()[-1].endswith(" exercises passed in all")


def test_a_damaged_file_is_kept_and_said_so(own_progress, capsys):
    for place, damage in enumerate(["{", '{"passed": 3}', "[]", "\0"], start=1):
        own_progress.write_text(damage)
        assert f"kept as .progress.damaged-{place}.json" in passes.record_pass("4.1")
        assert own_progress.with_name(f".progress.damaged-{place}.json").read_text() == damage
        assert list(json.loads(own_progress.read_text())["passed"]) == ["4.1"]


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_crash_or_a_full_disk_loses_nothing(own_progress, monkeypatch, moment, told):
    passes.record_pass("4.2")
    before = own_progress.read_text()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, moment, full)
    assert told(lambda x: 2 * x) == "right. Well.\n(The pass could not be recorded: No space left on device.)"
    assert own_progress.read_text() == before
    assert sorted(own_progress.parent.iterdir()) == [own_progress, own_progress.with_name(".progress.json.lock")]


def test_a_folder_that_cannot_be_written_does_not_stop_the_check(told, monkeypatch, tmp_path):
    monkeypatch.setenv(passes.VARIABLE, str(tmp_path / "nowhere" / ".progress.json"))
    assert told(lambda x: 2 * x) == "right. Well.\n(The pass could not be recorded: No such file or directory.)"


def test_a_lock_that_was_left_behind_holds_nobody_up(own_progress):
    lock = own_progress.with_name(".progress.json.lock")
    lock.touch()
    os.utime(lock, (1, 1))
    assert passes.record_pass("4.1") == ""


def test_a_lock_is_not_taken_from_whoever_holds_it(own_progress, monkeypatch):
    """However old it is: a kernel that was asleep between reading and writing would write back what it had read."""
    monkeypatch.setattr(passes, "PATIENCE", 0.1)
    passes.record_pass("4.1")
    with passes._locked(own_progress):
        os.utime(own_progress.with_name(".progress.json.lock"), (1, 1))
        assert "another notebook is writing to it" in passes.record_pass("4.2")
    assert passes.record_pass("4.3") == ""
    assert list(json.loads(own_progress.read_text())["passed"]) == ["4.1", "4.3"]


def test_looking_moves_no_file(own_progress, capsys):
    """Another kernel may have mended it between reading and moving."""
    own_progress.write_text("{")
    checks.progress()
    assert "The file of your progress is damaged." in capsys.readouterr().out
    assert own_progress.read_text() == "{"


def test_progress_lives_beside_the_course(monkeypatch, tmp_path):
    monkeypatch.delenv(passes.VARIABLE)
    monkeypatch.chdir(tmp_path)
    assert passes.progress_file() == NOTEBOOKS / ".progress.json"


def record_many(numbers):
    return [passes.record_pass(number) for number in numbers]


def test_two_kernels_at_once_lose_nothing(own_progress):
    mine, yours = [f"1.{n}" for n in range(1, 41)], [f"2.{n}" for n in range(1, 41)]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(record_many, [mine, yours], chunksize=1) == [[""] * 40] * 2
    assert set(json.loads(own_progress.read_text())["passed"]) == {*mine, *yours}


# --- quizzes ----------------------------------------------------------------------------------------------------------


def test_a_quiz_has_a_live_form_and_a_still_one():
    quiz = questions.read_quiz("04")
    html = questions.as_html(quiz)
    assert html.count("<details>") == 3 and '<span class="math notranslate nohighlight">\\(' in html
    assert html.count("Right.") == 3 and "Right." not in questions.as_text(quiz)
    form = questions._form(quiz)
    for question, asked in zip(quiz, form.children, strict=True):
        *rows, said = asked.children
        buttons = [row.children[0] for row in rows[1:]]
        for place, (button, option) in enumerate(zip(buttons, question.options, strict=True)):
            button.click()
            assert questions.marked_up(option.why) in said.value
            assert ("Right." in said.value) == (place == question.right)
            assert [other.button_style != "" for other in buttons] == [other is button for other in buttons]


def test_a_quiz_escapes_what_is_not_markup():
    shown = questions.marked_up("`a<b` & $a<b$")
    assert shown == '<code>a&lt;b</code> &amp; <span class="math notranslate nohighlight">\\(a&lt;b\\)</span>'


def test_a_quiz_that_does_not_exist_or_is_wrong_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="There is no quiz '77'; there are"):
        checks.quiz("77")
    monkeypatch.setattr(questions, "FOLDER", tmp_path)
    option = '[[question.option]]\ntext = "t"\nwhy = "w"\n'
    (tmp_path / "01.toml").write_text('[[question]]\nask = "Why?"\n' + 3 * option)
    with pytest.raises(ValueError, match=r"01.toml: 'Why\?' needs 3 or 4 options, one of them right"):
        checks.quiz("01")
