"""What the cells of a notebook know: the numbers that their code says and that they print.

Numbers that only draw a picture (sizes, limits, colours, indices) are no evidence, nor are comments, nor the
description of a picture, which is written by hand.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from IPython.core.inputtransformer2 import TransformerManager

IGNORE = "nbval-ignore-output"
DRAWING_NAMES = ("ax", "fig", "plt", "upper", "lower", "left", "right", "panel")
DRAWING_METHODS = {"subplots", "figure", "add_subplot", "set_xlim", "set_ylim", "axhline", "axvline", "fill_between"}
DRAWING_KEYWORDS = {"color", "colors", "figsize", "linewidth", "lw", "linestyle", "marker", "markersize", "fontsize",
                    "rotation", "zorder", "cmap", "height_ratios", "width_ratios", "layout"}  # fmt: skip
COUNTING = {"arange", "linspace", "range", "geomspace", "logspace"}
PRINTED = re.compile(
    r"(?<![\w.])(?P<number>[-−+]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d*)?(?:[eE][-+]?\d+)?)(?P<percent>\s?%)?(?![A-Za-z_])"
)


@dataclass(frozen=True)
class Evidence:
    """A number that a cell prints or that its code says."""

    value: float
    places: int  # decimals that are printed; of code, as many as it takes
    percent: bool = False
    asserted: bool = False
    code: bool = False


def sections(notebook) -> list[str]:
    """For each cell the heading of the second level under which it stands."""
    section, found = "", []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            prose = re.sub(r"^```.*?^```", "", cell.source, flags=re.MULTILINE | re.DOTALL)
            headings = re.findall(r"^## +(.+?)\s*$", prose, flags=re.MULTILINE)
            section = headings[-1] if headings else section
        found.append(section)
    return found


@cache
def said_by_code(source: str) -> frozenset[Evidence]:
    """The numbers of a cell's code, and those of sums and products of plain numbers (`1 - 0.95**11`)."""
    tree = ast.parse(TransformerManager().transform_cell(source))
    found = set()
    asserts = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    inside = {id(node) for statement in asserts for node in ast.walk(statement)}
    drawing = {id(inner) for node in ast.walk(tree) if only_draws(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range":
            ends = [int(value) for value in map(folded, node.args[:2]) if value is not None]
            ends = [*ends[:-1], ends[-1] - 1] if len(ends) == len(node.args[:2]) else []
            found |= {Evidence(float(end), 0, code=True) for end in ends}  # range(120, 140): "seeds 120 to 139"
        value = None if id(node) in drawing else folded(node)
        if value is not None:
            found.add(Evidence(value, places_of(value), asserted=id(node) in inside, code=True))
    return frozenset(found)


def only_draws(node: ast.AST) -> bool:
    """Sizes, colours and limits of a figure, ticks, indices: numbers that a text does not speak of."""
    if not isinstance(node, ast.Call):
        return False
    root = node.func
    while isinstance(root, ast.Attribute | ast.Subscript | ast.Call):
        root = root.func if isinstance(root, ast.Call) else root.value
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return (
        (isinstance(root, ast.Name) and root.id.startswith(DRAWING_NAMES))
        or name in DRAWING_METHODS
        or (name in COUNTING and len(node.args) > 1)
        or any(keyword.arg in DRAWING_KEYWORDS for keyword in node.keywords)
    )


def folded(node: ast.AST) -> float | None:
    """The value of an expression of plain numbers; None for anything else."""
    if isinstance(node, ast.Constant) and type(node.value) in {int, float}:
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = folded(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.BinOp):
        left, right = folded(node.left), folded(node.right)
        if left is not None and right is not None:
            return combined(node.op, left, right)
    return None


def combined(operator: ast.operator, left: float, right: float) -> float | None:
    """One step of plain arithmetic, None where it is none."""
    try:
        match operator:
            case ast.Add() | ast.Sub() if left.is_integer() and right.is_integer():
                return None  # `steps + 1` is no number that a text would state
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                return left / right
            case ast.Pow():
                return float(left**right)
    except (ArithmeticError, TypeError):
        pass
    return None


def places_of(value: float) -> int:
    return len(f"{value:.10f}".rstrip("0").partition(".")[2])


@cache
def read_printed(text: str) -> frozenset[Evidence]:
    """The numbers of a printed text."""
    return frozenset(in_order(text))


def in_order(text: str) -> Iterator[Evidence]:
    """The numbers of a printed text, one after the other."""
    for match in PRINTED.finditer(text):
        plain = match["number"].replace(",", "").replace("−", "-")
        value = float(plain)
        places = places_of(value) if "e" in plain.lower() else len(plain.partition(".")[2])
        yield Evidence(value, places, percent=bool(match["percent"]))


def printed_texts(cell) -> Iterator[str]:
    """What a cell prints; the description of a picture is written by hand and not counted."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.text
        elif "text/plain" in output.get("data", {}) and not any(kind.startswith("image/") for kind in output.data):
            yield output.data["text/plain"]


def known(cells: Iterable, ignored: bool = False) -> set[Evidence]:
    """What these code cells say and print; `ignored`: only what they print and no test compares."""
    found: set[Evidence] = set()
    for cell in cells:
        not_compared = IGNORE in cell.metadata.get("tags", [])
        if not ignored:
            found |= said_by_code(cell.source)
        if not_compared == ignored:
            for text in printed_texts(cell):
                found |= read_printed(text)
    return found


def neighbours(cells: Iterable) -> set[tuple[Evidence, Evidence]]:
    """The numbers that these cells print side by side on a line: "52% to 71%", "15 of 20"; compared outputs only."""
    lines = (
        line
        for cell in cells
        if IGNORE not in cell.metadata.get("tags", [])
        for text in printed_texts(cell)
        for line in text.splitlines()
    )
    return {pair for line in lines for pair in pairwise(in_order(line))}
