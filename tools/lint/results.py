"""What a reader and a test can rely on."""

import ast
import re

from tools.lint.reading import code_cells, outputs, parsed, pictures, says_something, tags

MIN_COMPARED = 0.8
IGNORE = "nbval-ignore-output"


def describes_every_picture(path, notebook) -> list[str]:
    """Alternative text for those who cannot see the picture."""
    problems = [
        f"Code cell {number} shows a picture ({kind}) without alternative text. "
        "Show it with helpers.plotting.show(figure, alt) or show_png(png, alt)."
        for number, output in outputs(notebook)
        for kind in pictures(output)
        if not str(output.metadata.get(kind, {}).get("alt", "")).strip()
    ]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for bare in re.findall(r"!\[\s*\]\([^)]*\)|<img(?![^>]*\balt=\"[^\"]+\")[^>]*>", cell.source):
                problems.append(
                    f"The picture {bare} in the text has no alternative text. Write it: ![what it shows](…)."
                )
    return problems


def compares_most_of_what_it_prints(path, notebook) -> list[str]:
    """nbval compares every cell but those tagged; at most one in five may be, of those that print."""
    printing = [(number, cell) for number, cell in code_cells(notebook) if says_something(cell)]
    ignored = [number for number, cell in printing if IGNORE in tags(cell)]
    if len(ignored) <= (1 - MIN_COMPARED) * len(printing):
        return []
    return [
        f"{len(ignored)} of {len(printing)} code cells that print are tagged {IGNORE} ({ignored}); at most "
        f"{1 - MIN_COMPARED:.0%} may be. Print rounded numbers or a fixed sentence after an assert instead."
    ]


def asserts_after_what_is_not_compared(path, notebook) -> list[str]:
    """Where an output differs from machine to machine, the next code cell says what must hold on all of them."""
    cells = code_cells(notebook)
    following = [cell for _, cell in cells[1:]] + [None]
    return [
        f"Code cell {number} is tagged {IGNORE}: the next code cell must assert what holds on every machine."
        for (number, cell), after in zip(cells, following, strict=True)
        if IGNORE in tags(cell) and (after is None or not has_assert(after))
    ]


def has_assert(cell) -> bool:
    """Whether a cell asserts something, outside of functions that it only defines."""
    statements = [node for node in parsed(cell.source).body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return any(isinstance(node, ast.Assert) for statement in statements for node in ast.walk(statement))


def skips_no_check(path, notebook) -> list[str]:
    """The one way not to compare an output is the tag nbval-ignore-output."""
    problems = []
    for number, cell in code_cells(notebook):
        wrong = sorted(tag for tag in tags(cell) if tag.startswith(("nbval", "raises")) and tag != IGNORE)
        if wrong:
            problems.append(f"Code cell {number} is tagged {wrong}; the only tag for tests is {IGNORE}.")
        comments = re.findall(r"^\s*#+\s*((?:NBVAL|PYTEST)_\w+)", cell.source, flags=re.MULTILINE)
        if comments:
            problems.append(
                f"Code cell {number} has the comment {comments[0]}: use the tag {IGNORE}, readers need not see it."
            )
    return problems


RULES = (
    describes_every_picture,
    compares_most_of_what_it_prints,
    asserts_after_what_is_not_compared,
    skips_no_check,
)
