"""Imports point one way: each room of the code knows only those below it. The picture is that of CONTRIBUTING."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# From the ground up. What stands in one row does not know the others of its row.
FLOORS = (
    (
        "spaces",
        "files",
        "policies",
        "exact",
        "updates",
        "statistics",
        "comparisons",
        "network",
        "distributions",
        "cores",
        "live",
        "normaliser",
    ),
    ("config", "buffer", "envs", "records"),
    ("agents", "world", "history", "parts", "episodes", "exact_policy", "tables"),
    ("worlds", "identity"),
    ("dqn", "policy_gradient", "ppo", "sac", "search", "language", "checkpoint"),
    ("resume",),
    ("loop",),
    ("fleet",),
    ("evaluation",),
    ("plotting",),
    ("animation", "clinic", "diagrams"),
    ("play",),
    ("checks",),
)
ALGORITHMS = {"dqn", "policy_gradient", "ppo", "sac", "search", "language"}
KNOW_NO_ALGORITHM = ("loop", "evaluation", "resume", "checkpoint", "world", "worlds", "history", "identity", "parts")
HEIGHT = {room: height for height, floor in enumerate(FLOORS) for room in floor}
OUTSIDE = ("helpers", "evidence", "benchmarks")  # from the ground up, as folders


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: Path) -> set[str]:
    """The modules of this project that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if is_module(name) else node.module for name in below}
    return {name for name in names if name.split(".")[0] in (*OUTSIDE, "tools", "tests")}


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


FILES = [path for folder in OUTSIDE for path in sorted((ROOT / folder).rglob("*.py"))]
GRAPH = {module_of(path): imports_of(path) for path in FILES}


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_every_room_of_helpers_has_its_floor():
    rooms = {room(module) for module in GRAPH if module.startswith("helpers.")}
    assert rooms <= HEIGHT.keys(), f"no floor for {sorted(rooms - HEIGHT.keys())}: say where it stands, here"


@pytest.mark.parametrize("module", [module for module in GRAPH if module.startswith("helpers.")])
def test_a_room_knows_only_those_below(module):
    for imported in GRAPH[module]:
        assert imported.startswith("helpers."), f"{module} imports {imported}, which stands above helpers"
        if room(imported) != room(module):
            assert HEIGHT[room(imported)] < HEIGHT[room(module)], f"{module} imports {imported}, which is not below it"


def test_no_circle():
    TopologicalSorter(GRAPH).prepare()  # raises CycleError, which names the circle


def test_algorithms_do_not_know_each_other():
    for module, imported in GRAPH.items():
        if module.startswith("helpers.") and room(module) in ALGORITHMS:
            others = {other for other in imported if room(other) in ALGORITHMS - {room(module)}}
            assert not others, f"{module} imports {others}"


def test_the_loop_and_the_evidence_know_no_algorithm():
    def below(module: str) -> set[str]:
        known = set(GRAPH.get(module, ()))
        return known.union(*map(below, known)) if known else known

    for module in KNOW_NO_ALGORITHM:
        assert not {room(other) for other in below(f"helpers.{module}")} & ALGORITHMS, module


def test_folders_know_only_those_below():
    for module, imported in GRAPH.items():
        height = OUTSIDE.index(module.split(".")[0])
        for other in imported:
            folder = other.split(".")[0]
            assert folder in OUTSIDE and OUTSIDE.index(folder) <= height, f"{module} imports {other}"


def test_an_upward_arrow_would_be_seen(tmp_path):
    """The reader of imports itself: modules, names in modules, packages, and imports inside functions."""
    code = "import numpy\nfrom helpers import loop\ndef f():\n from helpers.dqn import DQN\n import evidence.runs\n"
    (tmp_path / "a.py").write_text(code)
    assert imports_of(tmp_path / "a.py") == {"helpers.loop", "helpers.dqn", "evidence.runs"}
