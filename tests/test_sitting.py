"""How long a notebook is to read: what is counted and what is not (tools/sitting.py), and what the cards promise."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.course import notebook_paths, read_card, read_notebook
from tools.sitting import MOST_MINUTES, MOST_WORDS, Sitting, count_words, main, sitting, text_to_read

CARD = """\
# Five words and no more

| | |
|---|---|
| **You will do** | what is not counted |
| **You will learn** | nothing |
| **You need** | time |
| **It costs** | 1 minutes to read, 1 s to run, 100 MB of memory |"""
PICTURE = new_output("display_data", data={"image/png": "iVBORw0KGgo=", "text/plain": "A pole."})


def book(*cells):
    """A notebook of texts (str) and code cells (source, tags, number of pictures)."""
    made = [
        new_markdown_cell(cell)
        if isinstance(cell, str)
        else new_code_cell(cell[0], metadata={"tags": cell[1].split()}, outputs=[PICTURE] * cell[2])
        for cell in cells
    ]
    return new_notebook(cells=made)


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem)
def test_the_card_says_the_minutes_that_the_rule_gives(path):
    notebook = read_notebook(path)
    found, card = sitting(notebook), read_card(notebook)
    assert (card.minutes, card.exercises) == (found.minutes, found.exercises)
    assert found.words <= MOST_WORDS and found.minutes <= MOST_MINUTES
    assert found.exercises > 0 or path.name.startswith("00")


def test_the_rule_with_its_three_weights():
    assert Sitting(words=2_700, lines=220, figures=7, exercises=0).minutes == 44  # 22.5 + 14.7 + 7
    assert Sitting(0, 15, 0, 0).minutes == 1 and Sitting(120, 0, 0, 0).minutes == 1 and Sitting(0, 0, 1, 0).minutes == 1
    assert Sitting(240, 0, 0, 35).promise == "2 minutes to read and 35 for the exercises"
    assert Sitting(240, 0, 0, 0).promise == "2 minutes to read"


def test_the_card_and_what_is_folded_or_apart_are_not_counted():
    notebook = book(
        CARD,
        "Two words.\n\n<details><summary>Answer</summary>\n\nNot these.\n\n</details>\n\nAnd three more.",
        "## Do it\n\nThese four are read.\n\n### Exercise 2.1: Write\n\nDifficulty 2 of 5, 10 minutes. Not read.",
        "Three after it.",
        "## On your own\n\nNot read.\n\n### More\n\nNor this.",
        "## In practice\n\nTwo words.\n\n### Appendix: symbols\n\nNot read.",
        "## Further reading\n\n- A book.",
    )
    counted = 5 + 5 + (2 + 4) + 3 + (2 + 2)
    assert sitting(notebook) == Sitting(counted, 0, 0, 10)
    assert not [text for text in text_to_read(notebook) if "Not read" in text or "book" in text]


def test_lines_that_stand_open_and_figures_that_are_seen_are_counted():
    notebook = book(
        ("x = 1\n\ny = 2", "", 0),
        ("draw()", "hide-input", 2),
        ("...", "exercise", 1),
        ("solve()", "solution hide-input", 1),
        ("quiz()", "quiz", 0),
        ("play()", "play", 1),
        ("show()", "", 1),
    )
    assert sitting(notebook) == Sitting(words=0, lines=3, figures=3, exercises=0)


def test_marks_are_no_words():
    assert count_words("| a | `b` |\n|---|---|\n- $x = y$ – done") == 5


def test_it_says_what_a_card_must_say(capsys):
    assert main([notebook_paths()[2].stem]) == 0
    assert sitting(read_notebook(notebook_paths()[2])).promise in capsys.readouterr().out
