"""What the rules ask of a notebook: its cells, tags, outputs, sections, and the syntax tree of its code."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache

from IPython.core.inputtransformer2 import TransformerManager


def code_cells(notebook) -> list[tuple[int, object]]:
    """Code cells with their number as a reader counts them: 1..N."""
    return list(enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), start=1))


def tags(cell) -> set[str]:
    """A cell's tags."""
    return set(cell.metadata.get("tags", []))


@cache
def parsed(source: str) -> ast.Module:
    """The syntax tree of a cell, its magics turned into calls as IPython does it."""
    return ast.parse(TransformerManager().transform_cell(source))


def outputs(notebook) -> Iterator[tuple[int, object]]:
    """Every output with the number of its code cell."""
    for number, cell in code_cells(notebook):
        for output in cell.outputs:
            yield number, output


def texts(output) -> Iterator[str]:
    """What of an output is text: its stream, its error, each of its representations that is not a picture."""
    if output.output_type == "stream":
        yield output.text
    elif output.output_type == "error":
        yield "\n".join([output.evalue, *output.traceback])
    else:
        for kind, data in output.data.items():
            if not kind.startswith("image/") or kind == "image/svg+xml":
                yield data if isinstance(data, str) else json.dumps(data)


def pictures(output) -> list[str]:
    """The kinds of picture that an output holds."""
    return [kind for kind in output.get("data", {}) if kind.startswith("image/")]


def says_something(cell) -> bool:
    """Whether a cell has text output; the description that stands under a picture is not counted."""
    return any(not pictures(output) for output in cell.outputs)


def sections(notebook) -> list[str]:
    """The headings of the second level, in their order."""
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    prose = re.sub(r"^```.*?^```", "", prose, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^## +(.+?)\s*$", prose, flags=re.MULTILINE)


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module that the code names in an import, `from a import b` as a.b too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def dotted(node: ast.AST) -> str:
    """`np.random.seed` of the expression; an empty string where it is not a plain dotted name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def identifiers(tree: ast.AST) -> Iterator[str]:
    """The names that the code itself gives or uses: variables, arguments, functions, aliases; not attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname
