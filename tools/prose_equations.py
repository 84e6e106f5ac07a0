"""Whether each displayed update rule is checked by a cell: the equation and the code say the same.

An update rule is a displayed equation with an arrow (`Q \\leftarrow ...`) or one that defines what is learnt towards
(`\\text{target} = ...`, `y = r + ...`). Among the next four code cells of its section, one must assert with numbers:
the equation worked by hand against what the code gives.
"""

import ast
import re

from IPython.core.inputtransformer2 import TransformerManager

WITHIN = 4
DISPLAYED = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
UPDATE = re.compile(r"\\leftarrow|\\text\{target\}(?:_\w+)?\s*=|^\s*y\w*\s*=\s*r\b")
COMPARING = {"isclose", "allclose", "array_equal", "approx"}


def update_rules(source: str) -> list[str]:
    """The displayed equations of a text that say how something is learnt, each on one line."""
    return [" ".join(text.split()) for text in DISPLAYED.findall(source) if UPDATE.search(text)]


def asserts_numbers(source: str) -> bool:
    """Whether a cell compares numbers in an assert, outside of functions that it only defines."""
    body = ast.parse(TransformerManager().transform_cell(source)).body
    statements = [node for node in body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return any(checks_numbers(node) for top in statements for node in ast.walk(top))


def checks_numbers(node: ast.AST) -> bool:
    """An assert that compares with a number or with what was worked by hand; one of numpy.testing."""
    if isinstance(node, ast.Call):
        return getattr(node.func, "attr", "").startswith("assert_")
    if not isinstance(node, ast.Assert):
        return False
    parts = list(ast.walk(node.test))
    called = {getattr(part.func, "attr", getattr(part.func, "id", "")) for part in parts if isinstance(part, ast.Call)}
    compared = [part for compare in parts if isinstance(compare, ast.Compare) for part in ast.walk(compare)]
    numbers = any(isinstance(getattr(part, "value", None), int | float) for part in compared)
    by_hand = any("by_hand" in getattr(part, "id", "") for part in compared)
    return numbers or by_hand or bool(called & COMPARING)


def update_rules_are_checked(notebook) -> list[str]:
    """Each update rule that no cell close behind it checks."""
    problems = []
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            continue
        after = code_behind(notebook.cells, index)
        if not any(asserts_numbers(code) for code in after):
            problems += [
                f"Cell {index + 1}: none of the next {WITHIN} code cells of the section checks $${rule}$$. Work it by "
                "hand in one of them, with numbers, and assert that the code gives the same."
                for rule in update_rules(cell.source)
            ]
    return problems


def code_behind(cells, index: int) -> list[str]:
    """The next code cells, up to the next heading of the second level."""
    found: list[str] = []
    for cell in cells[index + 1 :]:
        if len(found) == WITHIN or (cell.cell_type == "markdown" and re.search(r"^## ", cell.source, re.MULTILINE)):
            break
        if cell.cell_type == "code":
            found.append(cell.source)
    return found
