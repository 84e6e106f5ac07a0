"""Every number of a notebook or an exercise, and every file name, names what is there or planned (tools/course.py)."""

import re
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from helpers.checks import registry
from tools.course import PLANNED, ROOT, notebook_paths, read_card, read_notebook

FOLDERS = ("notebooks", "docs", "helpers", "tests", "tools", "evidence", "benchmarks")
SUFFIXES = {".py", ".md", ".toml", ".json", ".js", ".css", ".ipynb", ".bib"}
LOOSE = ("README.md", "CONTRIBUTING.md", "Makefile", "conftest.py", "pyproject.toml", ".ci/run", "environment.yml")
MADE_UP = {"balance_a_pole", "burn_time", "slide_a_slider", "try_it"}  # notebooks that tests write for themselves
NEVER = {"77", "99"}  # numbers that tests use because no notebook has them; exercises end in .99

GAP = r"(?:\s|\n[ \t]*[#>*]+)+"  # between two words, over the end of a line of text or of a comment too
NUMBER = r"\d\d(?![\d:%]|[.,]\d)"
MENTION = re.compile(
    rf"\b[Nn]otebooks?{GAP}({NUMBER}(?:(?:,|{GAP}(?:and|or|to)|–|-){GAP}?(?:(?:and|or){GAP})?{NUMBER})*)"
)
FILE = re.compile(r"(?<![\w.])(\d\d)_([a-z]\w*)(\.ipynb|\.html)?")
LINK = re.compile(r"\[([^\]\[]+)\]\((?:[\w./]*/)?(\d\d)_(\w+)\.(?:ipynb|html)[^)]*\)")
EXERCISE = re.compile(
    rf"""\b[Ee]xercise{GAP}(\d+\.\d+)|\b(?:check|exercise)\(["'](\d+\.\d+)["']|\bsolution_(\d+_\d+)\b"""
)
QUIZ = re.compile(r"""\bquiz\(["'](\d\d)["']\)|quizzes/(\d\d)\b|\bnb(\d\d)\b""")


@cache
def written() -> dict[str, str]:
    """Number -> the rest of the file's name, of the notebooks that are there."""
    return {path.stem[:2]: path.stem[3:] for path in notebook_paths()}


@cache
def titles() -> dict[str, str]:
    """Number -> title."""
    return {path.stem[:2]: read_card(read_notebook(path)).title for path in notebook_paths()}


@cache
def exercises() -> set[str]:
    return {one.number for notebook in registry.notebooks() for one in registry.exercises_of(notebook)}


def problems(text: str) -> list[str]:
    """What in this text names nothing, or something else than it says."""
    known = written() | PLANNED
    found = [
        f"{mention[0]!r}: there is no notebook {number}"
        for mention in MENTION.finditer(text)
        for number in re.findall(r"\d\d", mention[1])
        if number not in known
    ]
    for number, name, suffix in FILE.findall(text):
        if name not in MADE_UP and (suffix or name in known.values()) and known.get(number) != name:
            found.append(f"{number}_{name}{suffix}: notebook {number} is called {known.get(number)}")
    for words, number, name in LINK.findall(text):
        if words != titles().get(number) and re.findall(r"\b\d\d\b", words) != [number]:
            found.append(f"[{words}] leads to {number}_{name}, whose title is {titles().get(number)!r}")
    for number in map("".join, EXERCISE.findall(text)):
        if number.replace("_", ".") not in exercises() and not number.endswith(".99"):
            found.append(f"there is no exercise {number}")
    for number in map("".join, QUIZ.findall(text)):
        if number not in {*registry.notebooks(), *NEVER}:
            found.append(f"notebook {number} has neither quiz nor checkers")
    return found


def text_of(path: Path) -> str:
    """What a file says; of a notebook its text, its code and its outputs, without the pictures."""
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    cells = read_notebook(path).cells
    outputs = list(chain.from_iterable(cell.get("outputs", ()) for cell in cells))
    said = [output.get("text", "") for output in outputs]
    said += [text for output in outputs for kind, text in output.get("data", {}).items() if kind.startswith("text/")]
    facts = [str(fact) for cell in cells for fact in cell.metadata.get("facts", ())]
    return "\n\n".join([*(cell.source for cell in cells), *said, *facts])


def files() -> list[Path]:
    """Everything that people write, and what their programs wrote for readers."""
    within = chain.from_iterable((ROOT / folder).rglob("*") for folder in FOLDERS)
    chosen = {path for path in within if path.suffix in SUFFIXES and not {"mathjax", "_build"} & set(path.parts)}
    return sorted((chosen | {ROOT / name for name in LOOSE}) - {Path(__file__)})  # this one is full of wrong ones


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_number_names_what_is_there_or_planned(path):
    assert problems(text_of(path)) == []


def test_a_number_is_given_once_and_none_is_left_out():
    assert not written().keys() & PLANNED.keys(), "What is written is no longer planned: delete it from PLANNED."
    numbers = sorted(written().keys() | PLANNED.keys())
    assert numbers == [f"{number:02}" for number in range(len(numbers))]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("as notebook 47 shows", "no notebook 47"),
        ("# as notebook\n    # 47 shows", "no notebook 47"),
        ("notebooks 01, 02 and 47", "no notebook 47"),
        ("notebooks 01 to 47", "no notebook 47"),
        ("make notebooks NB=07_train_a_dqn", "07_train_a_dqn: notebook 07 is called replace_the_table_by_a_network"),
        ("`notebooks/08_train_a_cat.ipynb`", "08_train_a_cat.ipynb: notebook 08 is called train_a_dqn"),
        ("03_learn_with_a_q_table.html", "notebook 03 is called predict_from_experience"),
        ("[Train a cat](08_train_a_dqn.ipynb)", "whose title is 'Train a DQN'"),
        ("[notebook 07](../notebooks/08_train_a_dqn.ipynb#x)", "[notebook 07] leads to 08_train_a_dqn"),
        ("[Play from pixels](18_play_from_pixels.ipynb)", "whose title is None"),
        ("see exercise 18.1", "no exercise 18.1"),
        ("see exercise\n4.9", "no exercise 4.9"),
        ('check("18.1", answer)', "no exercise 18.1"),
        ('@exercise("4.7", "T")', "no exercise 4.7"),
        ("solution_18_2", "no exercise 18_2"),
        ('quiz("18")', "notebook 18 has neither"),
        ("helpers/checks/quizzes/18.toml", "notebook 18 has neither"),
        ("helpers/checks/nb18.py", "notebook 18 has neither"),
    ],
)
def test_a_wrong_number_is_found(text, complaint):
    (found,) = problems(text)
    assert complaint in found


@pytest.mark.parametrize(
    "text",
    [
        "notebooks 00 to 25, notebook 03 and exercise 4.1",
        "[Train a DQN](08_train_a_dqn.ipynb), [notebook 08](08_train_a_dqn.ipynb), 18_play_from_pixels",
        "S&B example 6.2, 10_000 steps, 12_500 more, section 13.1, notebooks: 90 % of 50",
    ],
)
def test_what_is_right_or_no_number_of_ours_is_left_alone(text):
    assert problems(text) == []
