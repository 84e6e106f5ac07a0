"""What makes a notebook one sitting, and fit its page."""

import ast

from tools.course import read_card
from tools.lint.reading import code_cells, dotted, parsed, tags
from tools.sitting import FOLDED, MOST_MINUTES, MOST_WORDS, sitting

MAX_COLUMNS = 88  # what a page 1,280 px wide shows between its two sidebars
DRAWING = {"plt.subplots", "plt.figure", "plt.subplot_mosaic"}


def fits_the_page(path, notebook) -> list[str]:
    """No line of code is so long that it must be scrolled sideways."""
    return [
        f"Code cell {number}, line {place} has {len(line)} columns; at most {MAX_COLUMNS}: {line.strip()[:60]}"
        for number, cell in code_cells(notebook)
        for place, line in enumerate(cell.source.splitlines(), start=1)
        if len(line) > MAX_COLUMNS
    ]


def folds_what_is_no_idea(path, notebook) -> list[str]:
    """Imports and drawing are folded; the comment in the first line says what is in there."""
    problems = []
    for number, cell in code_cells(notebook):
        wanted = "imports" if number == 1 else "draws" if draws(cell) else ""
        if wanted and FOLDED not in tags(cell):
            problems.append(f"Code cell {number} {wanted}, and that is nothing to read: tag it `{FOLDED}`.")
        elif FOLDED in tags(cell) and "solution" not in tags(cell) and not cell.source.startswith("# "):
            title = "# What this notebook imports" if number == 1 else "# How this figure is drawn"
            problems.append(
                f"Code cell {number} is folded: its first line must be a comment that says what is in it, such as "
                f"`{title}`. That is all that is seen of it."
            )
    return problems


def draws(cell) -> bool:
    """Whether a cell begins a figure of its own."""
    return any(isinstance(node, ast.Call) and dotted(node.func) in DRAWING for node in ast.walk(parsed(cell.source)))


def is_one_sitting(path, notebook) -> list[str]:
    """It is read at one go, and its card says how long that takes, by the rule of tools/sitting.py."""
    found = sitting(notebook)
    problems = []
    if found.words > MOST_WORDS:
        problems.append(f"At most {MOST_WORDS:,} words; it has {found.words:,}. Cut some, or make it two notebooks.")
    if found.minutes > MOST_MINUTES:
        problems.append(
            f"At most {MOST_MINUTES} minutes to read; it has {found.minutes}: {found.words:,} words, {found.lines} "
            f"lines of code that are not folded, {found.figures} figures. Cut some, or fold what only draws."
        )
    try:
        card = read_card(notebook)
    except ValueError:
        return problems  # another rule says so
    if (card.minutes, card.exercises) != (found.minutes, found.exercises):
        problems.append(
            f"Its card must say `{found.promise}`: {found.words:,} words, {found.lines} lines of code, "
            f"{found.figures} figures. It says {card.minutes}, and {card.exercises} for exercises."
        )
    return problems


RULES = (
    fits_the_page,
    folds_what_is_no_idea,
    is_one_sitting,
)
