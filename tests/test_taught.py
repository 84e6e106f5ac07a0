"""What a notebook teaches is what `helpers` runs: the code of each cell tagged `taught:...` is compared with its twin.

A cell that writes out a function, a class or a method of `helpers` has the tag `taught:` and the full name, such as
`taught:helpers.agents.QLearning` or `taught:helpers.dqn.DQN.act` (a method may stand in the cell without its class).
Comments, blank lines and docstrings may differ; the code may not.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

from tools.course import ROOT, notebook_paths, read_notebook

TAG = "taught:"
DEFINITIONS = (ast.FunctionDef, ast.ClassDef)


def code_cells(path: Path) -> list[tuple[str, str, list[str]]]:
    """(where, source, tags) of each code cell, counted as a reader counts them."""
    cells = [cell for cell in read_notebook(path).cells if cell.cell_type == "code"]
    return [
        (f"{path.stem}, code cell {number}", cell.source, cell.metadata.get("tags", []))
        for number, cell in enumerate(cells, start=1)
    ]


CELLS = [cell for path in notebook_paths() for cell in code_cells(path)]
TAUGHT = [(where, source, tag[len(TAG) :]) for where, source, tags in CELLS for tag in tags if tag.startswith(TAG)]


# --- the comparison -------------------------------------------------------------------------------------------------


def difference(source: str, name: str) -> str:
    """Empty where `source` holds the code that `name` has in helpers; else what is wrong, in words."""
    twin = in_helpers(name)
    if twin is None:
        return f"there is no {name}: mend the tag"
    taught = find(parsed(source), *name.split(".")[-2:]) or find(parsed(source), name.split(".")[-1])
    if taught is None:
        return f"it defines no `{name.split('.')[-1]}`, but is tagged {TAG}{name}"
    if plain(taught) != plain(twin):
        return f"its code is not that of {name}. There:\n\n{plain(twin)}\n\nIn the notebook:\n\n{plain(taught)}"
    return ""


def in_helpers(name: str, root: Path = ROOT) -> ast.AST | None:
    """The definition of `helpers.module.Name` or `helpers.module.Class.method`; the module is not imported.

    A package may give a name that one of its modules defines: `helpers.package.Name` is followed there.
    """
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        place, path = root.joinpath(*parts[:length]), parts[length:]
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if file.is_file():
            tree = parsed(file.read_text(encoding="utf-8"))
            if (found := find(tree, *path)) is not None:
                return found
            origin = imported_from(tree, path[0])
            return in_helpers(".".join([origin, *path[1:]]), root) if origin else None
    return None


def imported_from(tree: ast.Module, name: str) -> str | None:
    """The full name of what a module imports from another as `name`."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return f"{node.module}.{alias.name}"
    return None


def find(tree: ast.AST, *path: str) -> ast.AST | None:
    """The definition at the end of `path`, each step inside the one before."""
    for name in path:
        tree = next((node for node in tree.body if isinstance(node, DEFINITIONS) and node.name == name), None)
        if tree is None:
            return None
    return tree


@cache
def parsed(source: str) -> ast.Module:
    """A cell or a module without its comments and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (*DEFINITIONS, ast.Module)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def plain(node: ast.AST) -> str:
    """A definition as code in one fixed form."""
    return ast.unparse(node)


# --- on the course --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("where", "source", "name"), TAUGHT, ids=[f"{w}: {n}" for w, _, n in TAUGHT])
def test_what_is_taught_is_what_runs(where, source, name):
    problem = difference(source, name)
    assert not problem, f"{where}: {problem}"


@cache
def public_names(root: Path = ROOT) -> dict[str, str]:
    """Every function and class of helpers and of its packages by its short name."""
    found = {}
    files = (root / "helpers").rglob("*.py")
    for file in sorted(file for file in files if "checks" not in file.parts):  # a checker is named after what it asks
        module = ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for node in parsed(file.read_text(encoding="utf-8")).body:
            if isinstance(node, DEFINITIONS) and not node.name.startswith("_"):
                found[node.name] = f"{module}.{node.name}"
    return found


def untagged(source: str, tags: list[str]) -> list[str]:
    """Definitions that look like a copy of something in helpers and are compared with nothing."""
    tagged = {part for tag in tags if tag.startswith(TAG) for part in tag[len(TAG) :].split(".")}
    problems = []
    for node in parsed(source).body:
        if not isinstance(node, DEFINITIONS) or node.name in tagged:
            continue
        if node.name in public_names():
            problems.append(f"`{node.name}` is the name of {public_names()[node.name]}: tag the cell, or rename it")
        elif isinstance(node, ast.FunctionDef) and node.args.args[:1] and node.args.args[0].arg == "self":
            problems.append(f"`{node.name}` is a method of a class: tag the cell {TAG}helpers.…")
    return problems


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem)
def test_nothing_of_helpers_is_written_out_without_being_compared(path):
    problems = [f"{where}: {problem}" for where, source, tags in code_cells(path) for problem in untagged(source, tags)]
    assert not problems, "\n".join(problems)


def test_the_dqn_is_taught_whole():
    """All that acting and learning need; only saving and the checks of what is given are left to helpers."""
    names = {name for _, _, name in TAUGHT}
    pieces = {
        "helpers.dqn.DQN": "__init__ act learn q_values epsilon discount "
        "_remember _learn_from_buffer _next_value _loss _gradient_step _gradient_steps",
        "helpers.buffer.ReplayBuffer": "__init__ __len__ add sample",
    }
    missing = {f"{cls}.{method}" for cls, methods in pieces.items() for method in methods.split()} - names
    assert not missing


# --- the comparison itself ------------------------------------------------------------------------------------------

ADD = '''\
def add(self, transition: Transition) -> None:
    """Store one transition in place of the oldest."""
    check_fits(transition, self.obs, self.action)
    row = self.num_added % self.capacity
    self.obs[row] = transition.obs
    self.action[row] = transition.action
    self.reward[row] = transition.reward
    self.next_obs[row] = transition.next_obs
    self.terminated[row] = transition.terminated
    self.num_added += 1
'''
NAME = "helpers.buffer.ReplayBuffer.add"


def in_its_class(source: str) -> str:
    return "class ReplayBuffer:\n" + "".join(f"    {line}\n" for line in source.splitlines())


@pytest.mark.parametrize("form", [str, in_its_class], ids=["alone", "in its class"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ('    """Store one transition in place of the oldest."""\n', ""),
        ("in place of the oldest", "where the oldest was"),
        ("self.num_added += 1", "self.num_added += 1  # (also counts those that were overwritten)"),
        ("    row =", "\n    # the oldest row\n    row ="),
    ],
    ids=["the same", "no docstring", "another docstring", "a comment", "a line of comment"],
)
def test_words_may_differ(form, before, after):
    assert difference(form(ADD.replace(before, after)) + "\nReplayBuffer.add = add\n", NAME) == ""


@pytest.mark.parametrize("form", [str, in_its_class], ids=["alone", "in its class"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("+= 1", "+= 2"),
        ("transition.terminated", "transition.terminated or transition.truncated"),
        ("    self.reward[row] = transition.reward\n", ""),
        (": Transition", ""),
        ("def add", "@profile\ndef add"),
        ("row", "place"),
    ],
    ids=["number", "expression", "line left out", "annotation", "decorator", "name"],
)
def test_code_may_not(form, before, after):
    assert "is not that of helpers.buffer.ReplayBuffer.add" in difference(form(ADD.replace(before, after)), NAME)


def test_a_whole_class_may_not_lack_a_method():
    assert "is not that of helpers.buffer.ReplayBuffer." in difference(in_its_class(ADD), "helpers.buffer.ReplayBuffer")


@pytest.mark.parametrize("name", ["helpers.buffer.ReplayBuffer.put", "helpers.nothing.add", "helpers.buffer"])
def test_a_tag_that_points_nowhere_is_noticed(name):
    assert "mend the tag" in difference(ADD, name)


def test_a_tag_on_the_wrong_cell_is_noticed():
    assert "defines no `sample`" in difference(ADD, "helpers.buffer.ReplayBuffer.sample")


def test_a_copy_without_a_tag_is_noticed():
    assert "`add` is a method" in untagged(ADD, [])[0]
    assert "helpers.policies.epsilon_greedy" in untagged("def epsilon_greedy(q):\n    return 0", ["own-import"])[0]
    assert untagged(ADD, [TAG + NAME]) == []
    assert untagged("def my_own_thing(x):\n    return x", []) == []


@pytest.fixture
def package(tmp_path):
    """A package of helpers that gives the class of one of its modules under its own name, in a folder of its own."""
    place = tmp_path / "helpers" / "learner"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text("from helpers.learner.agent import Learner\n")
    (place / "agent.py").write_text("class Learner:\n    def act(self, obs):\n        return 0\n")
    return tmp_path


@pytest.mark.parametrize("name", ["helpers.learner.Learner.act", "helpers.learner.agent.Learner.act"])
def test_what_a_package_gives_is_found_where_it_is_defined(package, name):
    assert plain(in_helpers(name, package)) == "def act(self, obs):\n    return 0"
    assert in_helpers(name + "s", package) is None and in_helpers("helpers.learner", package) is None


def test_a_copy_of_a_class_in_a_package_is_noticed(package):
    assert public_names(package) == {"Learner": "helpers.learner.agent.Learner"}
    assert public_names()["greedy_episode"] == "helpers.play.episodes.greedy_episode"
