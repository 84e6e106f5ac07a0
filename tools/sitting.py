"""How long a notebook is to read: a rule that fits what readers took, and what it counts.

    python -m tools.sitting 02_solve_a_gridworld_exactly        words, lines, figures and minutes, as its card has them

Counted are the words of the text, the lines of code that stand open, and the figures. Folded code and folded answers
are not; nor is what is there to be done or looked up: exercises, which have minutes of their own, appendices, and the
list of further reading.
"""

import re
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tools.course import read_notebook
from tools.prose_text import ANSWER, CARD_ROWS

WORDS_A_MINUTE = 120
SECONDS_A_LINE = 4
SECONDS_A_FIGURE = 60
MOST_WORDS = 3_300
MOST_MINUTES = 45

FOLDED = "hide-input"
NOT_READ = {FOLDED, "exercise", "solution", "quiz", "play"}
APART = ("On your own", "Further reading")
HEADING = re.compile(r"^(#+) +(.+?)\s*$", re.MULTILINE)
MINUTES_OF_AN_EXERCISE = re.compile(r"^Difficulty \d of 5, (\d+) minutes", re.MULTILINE)


@dataclass(frozen=True)
class Sitting:
    """What there is to read in a notebook, and how long its exercises take by their own account."""

    words: int
    lines: int
    figures: int
    exercises: int  # minutes

    @property
    def minutes(self) -> int:
        """To read it all once."""
        seconds = SECONDS_A_LINE * self.lines + SECONDS_A_FIGURE * self.figures
        return round(self.words / WORDS_A_MINUTE + seconds / 60)

    @property
    def promise(self) -> str:
        """The beginning of the card's last row."""
        exercises = f" and {self.exercises} for the exercises" if self.exercises else ""
        return f"{self.minutes} minutes to read{exercises}"


def sitting(notebook) -> Sitting:
    """Count one notebook."""
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    read = [cell for cell in code if not NOT_READ & set(cell.metadata.get("tags", ()))]
    seen = [cell for cell in code if not NOT_READ - {FOLDED} & set(cell.metadata.get("tags", ()))]
    return Sitting(
        words=sum(map(count_words, text_to_read(notebook))),
        lines=sum(1 for cell in read for line in cell.source.splitlines() if line.strip()),
        figures=sum("image/png" in output.get("data", {}) for cell in seen for output in cell.get("outputs", ())),
        exercises=sum(map(int, MINUTES_OF_AN_EXERCISE.findall(prose))),
    )


def text_to_read(notebook) -> list[str]:
    """The text of each cell without the card, folded answers, exercises, and the sections that stand apart.

    An exercise or an appendix goes from its heading to the end of its cell.
    """
    texts, section = [], ""
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        source = CARD_ROWS.sub("", ANSWER.sub("", cell.source))
        starts = [0, *(match.start() for match in HEADING.finditer(source)), len(source)]
        for begin, end in pairwise(starts):
            heading = HEADING.match(source, begin)
            if heading and len(heading[1]) == 2:
                section = heading[2]
            if heading and heading[2].startswith(("Exercise ", "Appendix")):
                break
            if section not in APART:
                texts.append(source[begin:end])
    return texts


def count_words(text: str) -> int:
    """Words and what stands for one in a formula or a table: no bars, arrows or dashes by themselves."""
    return sum(any(map(str.isalnum, word)) for word in text.split())


def main(names: list[str]) -> int:
    from tools.run_notebooks import find_notebooks

    for path in find_notebooks([Path(name) for name in names]):
        found = sitting(read_notebook(path))
        print(f"{path.stem}: {found.words:,} words, {found.lines} lines, {found.figures} figures: {found.promise}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
