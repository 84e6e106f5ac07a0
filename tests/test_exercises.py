"""Every checker lets right answers pass and gives each classic mistake a hint of its own, without the answer in it.

tests/exercises/nbNN.py holds, for each notebook: SETUP, the code that its solutions need; VARIANTS, other right
answers; MUTANTS, wrong ones, each with a piece of the hint that it must get; and ALIKE, where there are any, more wrong
ones, which share a hint. All are source: an expression, or a definition.
The solutions are those of the notebook's own cells.
"""

import ast
import importlib
import os
import re
from functools import cache

import pytest

from helpers.checks import registry
from helpers.checks.questions import FOLDER, read_quiz
from helpers.checks.report import judge
from helpers.checks.watch import slowness
from tools.course import NOTEBOOKS, notebook_paths, read_notebook

PRESENT = registry.notebooks()
EXERCISES = {one.number: one for notebook in PRESENT for one in registry.exercises_of(notebook)}
CASES = {notebook: importlib.import_module(f"tests.exercises.nb{notebook}") for notebook in PRESENT}
QUIZZES = sorted(path.stem for path in FOLDER.glob("*.toml"))
ALL = [path.name[:2] for path in notebook_paths()[1:]]  # the notebooks that have exercises and quizzes

numbered = pytest.mark.parametrize("number", EXERCISES)


def cases(kind: str, number: str):
    return getattr(CASES[EXERCISES[number].notebook], kind, {}).get(number, {})


@cache
def tagged_cells(notebook: str, tag: str) -> list[str]:
    (path,) = NOTEBOOKS.glob(f"{notebook}_*.ipynb")
    cells = [cell for cell in read_notebook(path).cells if tag in cell.metadata.get("tags", ())]
    return [cell.source for cell in cells]


def cell_of(number: str, tag: str) -> str:
    """The source of the one cell with this tag that checks this exercise."""
    found = [source for source in tagged_cells(EXERCISES[number].notebook, tag) if f'check("{number}"' in source]
    assert len(found) == 1, f"notebook {EXERCISES[number].notebook} has {len(found)} cells `{tag}` for {number}"
    return found[0]


def handed_in(number: str, tag: str):
    """What the notebook's cell gives to `check`."""
    given = {}
    names = {"check": lambda *arguments, **options: given.update({arguments[0]: (arguments[1], options)})}
    exec(CASES[EXERCISES[number].notebook].SETUP, names)
    before = [
        other for other in EXERCISES if EXERCISES[other].notebook == EXERCISES[number].notebook and tag == "solution"
    ]
    for one in [*before[: before.index(number)], number] if before else [number]:  # a solution may use earlier ones
        exec(cell_of(one, tag), names)
    return given[number]


def made(number: str, source: str):
    """The answer that a piece of source stands for: the value of an expression, or the last thing it defines."""
    names: dict = {}
    exec(CASES[EXERCISES[number].notebook].SETUP, names)
    body = ast.parse(source.strip()).body
    if isinstance(body[-1], ast.Expr):
        return eval(source.strip(), names)
    exec(source, names)
    return names[body[-1].name]


def verdict(number: str, answer) -> tuple[str, str]:
    begin = processor_time()
    told = judge(EXERCISES[number], answer)
    took, most = processor_time() - begin, max(2.0, EXERCISES[number].seconds + 0.5)
    assert took < most or took < most * slowness(), f"the checker of {number} took {took:.1f} s, at most {most:g} s"
    return told


def processor_time() -> float:
    """Seconds, of this process and of those that it has started and that have ended."""
    return sum(os.times()[:4])


@numbered
def test_the_notebook_s_solution_passes(number):
    answer, options = handed_in(number, "solution")
    assert options == {"record": False}
    told, words = verdict(number, answer)
    assert told == "right", words


@numbered
def test_the_stub_is_still_to_do(number):
    answer, options = handed_in(number, "exercise")
    assert not options
    assert verdict(number, answer)[0] == "still to do"


@numbered
def test_other_right_answers_pass(number):
    variants = cases("VARIANTS", number)
    assert len(variants) >= 2
    for source in variants:
        told, words = verdict(number, made(number, source))
        assert told == "right", f"{words}\n{source}"


@numbered
def test_each_mistake_gets_its_own_hint(number):
    mutants = cases("MUTANTS", number)
    assert len(mutants) >= 5
    hints = {}
    for source, piece in mutants.items():
        told, words = verdict(number, made(number, source))
        assert told == "not yet", f"{told}: {words}\n{source}"
        assert piece and piece in words, f"{words}\n{source}"
        assert words not in hints, f"one hint, {words!r}, for two mistakes:\n{source}\n{hints.get(words)}"
        hints[words] = source


@pytest.mark.parametrize("number", [number for number in EXERCISES if cases("ALIKE", number)])
def test_mistakes_that_look_alike_share_a_hint(number):
    for source, piece in cases("ALIKE", number).items():
        told, words = verdict(number, made(number, source))
        assert told == "not yet" and piece in words, f"{told}: {words}\n{source}"


@numbered
def test_no_hint_gives_the_answer_away(number):
    secrets = [bare(secret) for secret in secrets_of(number)]
    for source in cases("MUTANTS", number):
        hint = bare(verdict(number, made(number, source))[1])
        for secret in secrets:
            assert secret not in hint


def secrets_of(number: str) -> list[str]:
    """What a solution returns or hands in, as text, where it is long enough to be recognised."""
    nodes = list(ast.walk(ast.parse(cell_of(number, "solution"))))
    values = [node.value for node in nodes if isinstance(node, ast.Return | ast.Assign) and node.value]
    return [text for value in values if len(text := ast.unparse(value)) > 8]


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize(
    "hazard", ["None", "'text'", "float('nan')", "object()", "[]", "{}", "lambda *a, **k: 1 / 0", "int"]
)
@numbered
def test_whatever_a_reader_hands_in_gets_a_calm_line(number, hazard):
    told, words = verdict(number, eval(hazard))
    assert told == "not yet" and words and "Traceback" not in words and "helpers" not in words and " at 0x" not in words


@pytest.mark.parametrize("notebook", PRESENT)
def test_notebook_and_registry_name_the_same_exercises(notebook):
    numbers = [one.number for one in registry.exercises_of(notebook)]
    kinds = {one.kind for one in registry.exercises_of(notebook)}
    assert len(numbers) >= 3 and {"predict", "write"} <= kinds
    for tag in ("exercise", "solution"):
        found = [re.search(r'check\("([\d.]+)"', source)[1] for source in tagged_cells(notebook, tag)]
        assert found == numbers
    (path,) = NOTEBOOKS.glob(f"{notebook}_*.ipynb")
    text = "\n".join(cell.source for cell in read_notebook(path).cells if cell.cell_type == "markdown")
    assert registry.load(notebook).TITLE in text
    for one in registry.exercises_of(notebook):
        assert f"### Exercise {one.number}: {one.title}" in text


# --- quizzes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("notebook", QUIZZES)
def test_every_option_of_a_quiz_is_explained(notebook):
    questions = read_quiz(notebook)
    assert len(questions) == 3
    assert [f'quiz("{notebook}")' in source for source in tagged_cells(notebook, "quiz")] == [True]
    for question in questions:
        whys = [option.why for option in question.options]
        assert all(len(why) > 20 for why in whys) and len(set(whys)) == len(whys)
        assert len({option.text for option in question.options}) == len(question.options)


def test_neither_the_place_nor_the_length_of_an_option_tells_that_it_is_right():
    """Chi-square over the places, against one draw for each question among its own options; 1 in 100 is the bound."""
    from scipy.stats import chi2

    questions = [question for notebook in QUIZZES for question in read_quiz(notebook)]
    expected, found = [0.0] * 4, [0] * 4
    for question in questions:
        found[question.right] += 1
        for place in range(len(question.options)):
            expected[place] += 1 / len(question.options)
    distance = sum((f - e) ** 2 / e for f, e in zip(found, expected, strict=True) if e)
    assert distance < chi2.ppf(0.99, df=3), f"right answers by place: {found}, expected {expected}"
    longest = sum(
        question.right == max(range(len(question.options)), key=lambda i: len(question.options[i].text))
        for question in questions
    )
    assert longest <= 0.5 * len(questions) + 1, f"the right option is the longest in {longest} of {len(questions)}"


def test_there_is_enough_to_practise():
    """Every notebook from 01 on has three exercises, three questions and fifteen wrong answers at least."""
    assert PRESENT == QUIZZES == ALL
    mutants = sum(len(cases("MUTANTS", number)) for number in EXERCISES)
    questions = sum(len(read_quiz(notebook)) for notebook in QUIZZES)
    assert len(EXERCISES) >= 3 * len(PRESENT) and questions >= 3 * len(QUIZZES)
    assert mutants >= 15 * len(PRESENT)
