"""`quiz`: the questions of a notebook, to be clicked where a kernel runs, to be unfolded everywhere else."""

import html
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from helpers.live import show_live

FOLDER = Path(__file__).parent / "quizzes"
LETTERS = "ABCD"
CODE, MATHS = re.compile(r"`([^`]+)`"), re.compile(r"\$([^$]+)\$")


@dataclass(frozen=True)
class Option:
    """One option: its text, whether it is the right one, and what is to be said of it."""

    text: str
    why: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """One question with its three or four options."""

    ask: str
    options: tuple[Option, ...]

    @property
    def right(self) -> int:
        """Position of the right option."""
        return next(place for place, option in enumerate(self.options) if option.right)


def read_quiz(notebook: str) -> list[Question]:
    """The questions of a notebook ("04") as they stand in quizzes/04.toml; an error says what is wrong with them."""
    path = FOLDER / f"{notebook}.toml"
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in FOLDER.glob("*.toml")))
        raise ValueError(f"There is no quiz {notebook!r}; there are {there}.")
    questions = []
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["question"]:
        options = tuple(Option(**option) for option in entry["option"])
        if not 3 <= len(options) <= 4 or sum(option.right for option in options) != 1:
            raise ValueError(f"{path.name}: {entry['ask']!r} needs 3 or 4 options, one of them right.")
        questions.append(Question(entry["ask"].strip(), options))
    return questions


def quiz(notebook: str) -> None:
    """Show the quiz of a notebook ("04"): click an option (or Tab and Enter), then read why it is right or wrong."""
    questions = read_quiz(notebook)
    show_live(_form(questions), as_text(questions), html=as_html(questions))


def marked_up(text: str) -> str:
    """HTML of a text with `code` and $maths$; everything else is as it stands."""
    text = MATHS.sub(lambda m: f'<span class="math notranslate nohighlight">\\({m[1]}\\)</span>', html.escape(text))
    return CODE.sub(r"<code>\1</code>", text)


def as_html(questions: list[Question]) -> str:
    """The still version: each question with its options, and folded beneath it what is to be said of each."""
    parts = []
    for number, question in enumerate(questions, start=1):
        items = "".join(f"<li>{marked_up(option.text)}</li>" for option in question.options)
        whys = "".join(
            f"<li><strong>{_verdict(option)}</strong> {marked_up(option.why)}</li>" for option in question.options
        )
        parts.append(
            f'<p><strong>Question {number}.</strong> {marked_up(question.ask)}</p><ol type="A">{items}</ol>'
            f'<details><summary>Answer</summary><ol type="A">{whys}</ol></details>'
        )
    return f'<div class="quiz">{"".join(parts)}</div>'


def as_text(questions: list[Question]) -> str:
    """The questions with their options, without the answers."""
    lines = []
    for number, question in enumerate(questions, start=1):
        lines.append(f"Question {number}. {question.ask}")
        lines += [f"   {letter}  {option.text}" for letter, option in zip(LETTERS, question.options, strict=False)]
    return "\n".join(lines)


def _verdict(option: Option) -> str:
    return "Right." if option.right else "No."


def _form(questions: list[Question]):
    """The live version; None where ipywidgets is missing."""
    try:
        import ipywidgets
    except ImportError:
        return None
    return ipywidgets.VBox([_asked(ipywidgets, *pair) for pair in enumerate(questions, start=1)])


def _asked(widgets, number: int, question: Question):
    """One question: a button and a text for each option, and a line beneath that answers a click."""
    said = widgets.HTMLMath(layout={"margin": "0 0 1em 0"})
    buttons = [
        widgets.Button(description=letter, tooltip=f"Question {number}: {option.text}", layout={"width": "3em"})
        for letter, option in zip(LETTERS, question.options, strict=False)
    ]

    def answer(clicked):
        for button in buttons:
            button.button_style = ""
        option = question.options[buttons.index(clicked)]
        clicked.button_style = "success" if option.right else "warning"
        said.value = f"<strong>{clicked.description}: {_verdict(option)}</strong> {marked_up(option.why)}"

    rows = [widgets.HTMLMath(f"<strong>Question {number}.</strong> {marked_up(question.ask)}")]
    for button, option in zip(buttons, question.options, strict=True):
        button.on_click(answer)
        rows.append(widgets.HBox([button, widgets.HTMLMath(marked_up(option.text))], layout={"align_items": "center"}))
    return widgets.VBox([*rows, said])
