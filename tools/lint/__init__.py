"""The rules that every notebook keeps, each a small function from a notebook to a list of problems."""

from collections.abc import Callable
from pathlib import Path

from tools.course import read_notebook
from tools.lint import results, sitting, source, storage, structure, text

Rule = Callable[[Path, object], list[str]]
RULES: dict[str, Rule] = {
    rule.__name__: rule for module in (storage, structure, source, results, text, sitting) for rule in module.RULES
}


def lint(path: Path) -> list[str]:
    """All problems of one notebook, each with the name of its rule."""
    notebook = read_notebook(path)
    return [f"{name}: {problem}" for name, check in RULES.items() for problem in check(path, notebook)]
