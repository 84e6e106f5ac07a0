"""The modules that a page tells a reader to run, or says that something was recorded with, are there."""

import re

import pytest

from tools.course import ROOT, notebook_paths, read_notebook

NAMED = re.compile(r"\b(?:evidence|benchmarks)\.[a-z]\w*|(?<=python -m )[a-z_][\w.]*\w")
OURS = "evidence", "benchmarks", "helpers", "tools", "tests"
PAGES = [*notebook_paths(), ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def modules_named(text: str) -> set[str]:
    """Modules of this project in a text, by their dotted names."""
    return {name for name in NAMED.findall(text) if name.partition(".")[0] in OURS}


def is_there(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_module_that_a_page_names_is_there(path):
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join(cell.source for cell in read_notebook(path).cells)
    assert not [name for name in sorted(modules_named(text)) if not is_there(name)]


def test_a_module_is_found_by_its_name_and_another_s_is_no_affair_of_ours():
    text = "`python -m evidence.plain_dqn` and `python -m benchmarks.cartpole --jobs 2`, evidence.repair. python -m x"
    assert modules_named(text) == {"evidence.plain_dqn", "benchmarks.cartpole", "evidence.repair"}
    assert is_there("evidence.plain_dqn") and is_there("helpers.dqn") and not is_there("evidence.dqn_questions")
