"""What is written in one place and read in many: where the repository lives, and what each notebook says of itself."""

import re
import tomllib
import warnings
from dataclasses import dataclass
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"

LAST_OF_PART_I = 6  # the last notebook that needs NumPy only
LAST_OF_PART_II = 15  # the last one whose agents learn what actions are worth
PLANNED = {  # notebooks whose numbers are kept for them; each leaves this table when its file is there
    "18": "play_from_pixels",
    "19": "move_a_robot_arm",
    "20": "drive_a_car",
    "21": "walk_and_climb",
    "22": "tune_a_language_model",
    "23": "watch_the_reward_break",
    "25": "take_it_further",
}

CARD_LABELS = ("You will do", "You will learn", "You need", "It costs")
CARD_HEAD = ["| | |", "|---|---|"]
CARD_ROW = re.compile(r"^\| \*\*(?P<label>[^*]+)\*\* \| (?P<text>.+) \|$")
COSTS = re.compile(
    r"^(?P<minutes>\d+) minutes to read(?: and (?P<exercises>\d+) for the exercises)?, "
    r"(?P<measured>(?P<seconds>\d+) s to run, (?P<megabytes>[\d,]+) MB of memory)\b"
)


@dataclass(frozen=True)
class Card:
    """The first cell of a notebook, read."""

    title: str
    do: str
    learn: str
    need: str
    minutes: int  # to read
    exercises: int  # minutes; 0 where the card does not say
    seconds: int  # to run, on the reference machine
    megabytes: int  # peak memory of the kernel and its workers


def pyproject() -> dict:
    """The project's own description of itself."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def notebook_paths() -> list[Path]:
    """The notebooks of the course, in their order."""
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """One notebook as nbformat holds it; ids that occur twice are mended in what is returned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nbformat.warnings.DuplicateCellId)
        return nbformat.read(path, as_version=4)


def github_url() -> str:
    """The repository's page."""
    course = pyproject()["tool"]["course"]
    return f"https://github.com/{course['owner']}/{course['repository']}"


def binder_url(path: str = "notebooks/00_start_here.ipynb") -> str:
    """Where Binder opens a file of this repository in JupyterLab."""
    course = pyproject()["tool"]["course"]
    place = f"{course['owner']}/{course['repository']}/{course['branch']}"
    return f"https://mybinder.org/v2/gh/{place}?urlpath=lab/tree/{path}"


def read_card(notebook: nbformat.NotebookNode) -> Card:
    """The card of a notebook; `ValueError` says which line is not as it should be, and how it should be."""
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type != "markdown":
        raise ValueError("The first cell must be markdown: `# Title`, an empty line, then the card.")
    lines = [line.rstrip() for line in first.source.strip().splitlines()]
    if not lines or not lines[0].startswith("# "):
        raise ValueError(f"The first line must be the title, `# Meet the loop`; it was {lines[:1]}.")
    rows = dict(zip(CARD_LABELS, card_rows(lines), strict=True))
    costs = COSTS.match(rows["It costs"])
    if not costs:
        raise ValueError(
            "The card must say `| **It costs** | 25 minutes to read, 12 s to run, 240 MB of memory |`; "
            f"it said {rows['It costs']!r}."
        )
    return Card(
        title=lines[0].removeprefix("# "),
        do=rows["You will do"],
        learn=rows["You will learn"],
        need=rows["You need"],
        minutes=int(costs["minutes"]),
        exercises=int(costs["exercises"] or 0),
        seconds=int(costs["seconds"]),
        megabytes=int(costs["megabytes"].replace(",", "")),
    )


def card_rows(lines: list[str]) -> list[str]:
    """The texts of the card's four rows, in their order."""
    if lines[2:4] != CARD_HEAD:
        raise ValueError(f"The card must begin on line 3 with {CARD_HEAD}; there it said {lines[2:4]}.")
    texts = []
    for label, line in zip(CARD_LABELS, lines[4:8] + [""] * 4, strict=False):
        row = CARD_ROW.match(line)
        if not row or row["label"] != label:
            raise ValueError(f"The card must have the row `| **{label}** | ... |` here; it had {line!r}.")
        texts.append(row["text"].strip())
    return texts
