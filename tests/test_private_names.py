"""No private name (`_x`) of another library is used: such a name may change with any release, without a word."""

import ast
import sys
from collections.abc import Iterator

import pytest

from tools.course import ROOT, notebook_paths, read_notebook
from tools.lint.reading import code_cells, dotted, parsed

FOLDERS = ("helpers", "evidence", "benchmarks", "tools", "tests", "docs")
OWN = {"helpers", "evidence", "benchmarks", "tools", "tests", "conftest", "glossary", "numbers_and_figures"}
# Names that begin with `_` and are public all the same, as their documentation says.
DOCUMENTED = {
    "_replace",
    "_fields",
    "_asdict",
    "_make",
    "_field_defaults",
}  # collections.namedtuple: so as not to clash
DOCUMENTED |= {"_repr_mimebundle_", "_exit"}  # IPython: how an object is shown; os: to end a process at once
DOCUMENTED |= {"_esm", "_css"}  # anywidget: the JavaScript and the look of a widget
BY_NAME = {"getattr", "hasattr", "setattr", "delattr"}  # functions and methods (pytest's monkeypatch) that take a name


def sources() -> dict[str, ast.Module]:
    """The syntax tree of every file and of every code cell, under the name by which it is found."""
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))] + [ROOT / "conftest.py"]
    trees = {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in files}
    for path in notebook_paths():
        for number, cell in code_cells(read_notebook(path)):
            trees[f"{path.stem}, code cell {number}"] = parsed(cell.source)
    return trees


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__") and name != "_"


def own_names(trees) -> set[str]:
    """The private names that the project itself gives: to functions, classes, variables, and attributes of `self`."""
    found = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and dotted(node.value) == "self":
            found.add(node.attr)
    return {name for name in found if is_private(name)}


def foreign_modules(tree: ast.Module) -> set[str]:
    """The names under which a file has imported modules, or what is in them, that are not the project's own."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [(alias.asname or alias.name.partition(".")[0], alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [(alias.asname or alias.name, node.module) for alias in node.names]
        else:
            continue
        found |= {name for name, module in names if module.partition(".")[0] not in OWN}
    return found


def private_names(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """(line, the thing, the private name that is asked of it) of each use."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            yield node.lineno, dotted(node.value), node.attr
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield from ((node.lineno, alias.name, part) for part in alias.name.split(".") if is_private(part))
        elif isinstance(node, ast.ImportFrom) and node.module:
            parts = [*node.module.split("."), *(alias.name for alias in node.names)]
            yield from ((node.lineno, node.module, part) for part in parts if is_private(part))
        elif isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in BY_NAME:
            for text in (
                arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            ):
                yield from (
                    (node.lineno, text.rpartition(".")[0], part) for part in text.split(".") if is_private(part)
                )


def foreign_uses(tree: ast.Module, own: set[str]) -> list[str]:
    """What a file asks of another library that its authors keep to themselves."""
    modules = foreign_modules(tree) | set(sys.stdlib_module_names)
    found = []
    for line, thing, name in private_names(tree):
        of_module = thing.partition(".")[0] in modules
        if name not in DOCUMENTED and (of_module or name not in own):
            found.append(f"line {line}: `{name}` of `{thing or '…'}`")
    return found


def test_no_private_name_of_another_library_is_used():
    trees = sources()
    own = own_names(trees.values())
    found = [f"{name}, {problem}" for name, tree in trees.items() for problem in foreign_uses(tree, own)]
    assert not found, "\n".join(found)


OURS = """class Mine:
    _table = 1
    def _look(self):
        self._seen = other._seen
        return super()._look()
"""


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import ray\nray._private.worker", "_private"),
        ("import ray\nray._look()", "_look"),
        ("import ray as r\nr.worker._look()", "_look"),
        ("from playwright._impl._driver import x", "_impl"),
        ("from scipy.stats import _stats", "_stats"),
        ("import numpy._core", "_core"),
        ("class Pool(Theirs):\n    def size(self):\n        return self._pool", "_pool"),
        ("env.unwrapped._np_random", "_np_random"),
        ("thing._new = 1", "_new"),
        ("getattr(thing, '_hidden')", "_hidden"),
        ("monkeypatch.setattr('helpers.fleet.ray._hidden', 1)", "_hidden"),
    ],
)
def test_a_private_name_of_another_library_is_found(source, name):
    found = foreign_uses(ast.parse(source), own_names([ast.parse(OURS)]))
    assert found and f"`{name}`" in found[0]


@pytest.mark.parametrize(
    "source", [OURS, "from helpers.agents import DQN\nDQN._look", "row._replace(x=1)", "x.__class__"]
)
def test_our_own_and_what_is_documented_is_not(source):
    assert foreign_uses(ast.parse(source), own_names([ast.parse(OURS)])) == []
