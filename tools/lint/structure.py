"""What a notebook is made of."""

import re

from tools.course import read_card
from tools.lint.reading import code_cells, imported, parsed, sections, tags

MAX_CODE_CELLS = 40
MAX_LINES = 25
MAX_IMPORTS = 40  # lines of a setup cell that is folded
LAST_SECTIONS = ["Check yourself", "On your own", "In practice", "Further reading"]
OWN_IMPORT = "own-import"
PRACTICE = {"exercise", "solution", "quiz", "play"}  # cells of these tags do not count towards the cells of a lesson


def begins_with_title_and_card(path, notebook) -> list[str]:
    """The reader sees first what it teaches, what it needs and what it costs."""
    try:
        title = read_card(notebook).title
    except ValueError as error:
        return [str(error)]
    words = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
    name = path.stem.partition("_")[2]
    if not words.startswith(name):
        return [f"Title and file name must say the same; the title is {title!r}, the file {path.name!r}."]
    return []


def ends_with_the_four_sections(path, notebook) -> list[str]:
    """Check yourself, On your own, In practice, Further reading: these, in this order, last."""
    found = sections(notebook)
    if found[-4:] == LAST_SECTIONS:
        return []
    expected = ", ".join(f"`## {name}`" for name in LAST_SECTIONS)
    return [f"The last four sections must be {expected}; its sections are {found}."]


def has_cells_of_readable_size(path, notebook) -> list[str]:
    """One idea in a cell."""
    problems = []
    cells = code_cells(notebook)
    lesson = [cell for _, cell in cells if not tags(cell) & PRACTICE]
    if len(lesson) > MAX_CODE_CELLS:
        problems.append(f"At most {MAX_CODE_CELLS} code cells; it has {len(lesson)}. Make it two notebooks.")
    for number, cell in cells:
        lines = len(cell.source.splitlines())
        most = MAX_IMPORTS if number == 1 and "hide-input" in tags(cell) else MAX_LINES
        if lines > most:
            problems.append(f"Code cell {number} has {lines} lines; at most {most}. Split it, one idea in each.")
        if not cell.source.strip():
            problems.append(f"Code cell {number} is empty. Delete it.")
    return problems


def imports_in_the_setup_cell_only(path, notebook) -> list[str]:
    """The first code cell holds all imports; a later one that must show its own is tagged own-import."""
    cells = code_cells(notebook)
    if cells and not any(imported(parsed(cells[0][1].source))):
        return ["The first code cell must be the setup cell: all imports, the style, the configuration."]
    return [
        f"Code cell {number} imports {next(imported(parsed(cell.source)))}. Move it into the setup cell (the first), "
        f"or tag the cell `{OWN_IMPORT}` where the import is what it teaches."
        for number, cell in cells[1:]
        if OWN_IMPORT not in tags(cell) and any(imported(parsed(cell.source)))
    ]


def folds_its_solutions(path, notebook) -> list[str]:
    """A solution is folded away, on the web page and in JupyterLab, and does not count as the reader's pass."""
    return [
        f"Code cell {number} is tagged solution: tag it hide-input too, and say `record=False` in its check."
        for number, cell in code_cells(notebook)
        if "solution" in tags(cell) and ("hide-input" not in tags(cell) or "record=False" not in cell.source)
    ]


RULES = (
    begins_with_title_and_card,
    ends_with_the_four_sections,
    has_cells_of_readable_size,
    imports_in_the_setup_cell_only,
    folds_its_solutions,
)
