"""The numbers of the text and the displayed equations are held by cells (tools/prose.py): on the course, and broken."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.course import notebook_paths, read_notebook
from tools.prose import MAX_FACTS, facts_are_used, numbers_are_true, share_noticed
from tools.prose_equations import asserts_numbers, update_rules_are_checked
from tools.prose_text import stated_numbers

SETUP = new_code_cell("import numpy as np")


def notebook(text, output="", code="print(measure())", tags=(), after="", facts=()):
    """A section with one sentence, one cell that prints, and perhaps one cell behind it."""
    cells = [
        SETUP,
        new_markdown_cell(f"## Measure\n\n{text}", metadata={"facts": list(facts)} if facts else {}),
        new_code_cell(code, outputs=[new_output("stream", text=output)], metadata={"tags": list(tags)}),
    ]
    return new_notebook(cells=[*cells, *([new_code_cell(after)] if after else [])])


TRUE = {
    "exactly": ("It took 4,545 steps.", "steps: 4545"),
    "rounded": ("The mean is 0.74.", "0.7402"),
    "a share as a percentage": ("It arrives in 74 % of the episodes.", "share 0.7402"),
    "a percentage, rounded": ("It arrives in 74 % of the episodes.", "74.02 %"),
    "both ends of a range": ("The interval is 60 to 98 %.", "60% to 98%"),
    "about": ("It takes about 120,000 steps.", "119,873"),
    "some": ("It lasts some 20 steps.", "19.2"),
    "negative": ("The best return is $-13$.", "-13.0"),
    "a symbol": (r"With $\gamma = 0.95$ it works.", "gamma 0.95"),
    "half-way in a table": ("| seeds | 37 |\n|---|---|\n| 41 | 55 |", "37 41 55"),
}
FALSE = {
    "another last digit": ("It took 4,546 steps.", "steps: 4545"),
    "rounded wrongly": ("The mean is 0.75.", "0.7402"),
    "more digits than printed": ("The mean is 0.740.", "0.74"),
    "a percentage of something else": ("It arrives in 75 % of the episodes.", "share 0.7402"),
    "a percentage is no count": ("It arrives 74 times.", "74 %"),
    "not about": ("It takes about 120,000 steps.", "130,873"),
    "without about": ("It takes 120,000 steps.", "119,873"),
    "the sign": ("The best return is $-13$.", "13.0"),
    "a symbol": (r"With $\gamma = 0.95$ it works.", "gamma 0.9"),
    "a small number is not rounded": ("It lasts 3 steps.", "2.9"),
    "a picture's description is written by hand": ("It takes 812 steps.", ""),
    "in a row of a table": ("| seeds | 37 |\n|---|---|\n| 41 | 55 |", "37 41"),
}


@pytest.mark.parametrize(("text", "output"), TRUE.values(), ids=TRUE)
def test_a_number_that_a_cell_prints_is_true(text, output):
    assert numbers_are_true(notebook(text, output)) == []


@pytest.mark.parametrize(("text", "output"), FALSE.values(), ids=FALSE)
def test_a_number_that_no_cell_prints_is_named_with_its_sentence(text, output):
    (problem,) = numbers_are_true(notebook(f"All is well here. {text} So it goes.", output))
    assert problem.startswith("Cell 2: ")
    assert text.splitlines()[-1] in problem
    assert "Print it there, mend the text" in problem


NO_CLAIM = [
    "`x = 812`",
    "```\n812\n```",
    "$$x = 812$$",
    r"$x^2 + 812$",
    "[a report](https://example.org/812)",
    "(Watkins, 1989)",
    "since 2015",
    "notebooks 08 to 14",
    "section 4.2, equation 3.14",
    "arXiv:1710.02298",
    "a 64-64 network",
    "a 4x4 lake",
    "CartPole-v1",
    "#2048",
    "the 95 % interval",
    "### Exercise 1 (20 minutes)",
    "**3.** Why?",
]


@pytest.mark.parametrize("text", NO_CLAIM)
def test_what_states_no_result_is_not_asked_for(text):
    assert list(stated_numbers(notebook(text))) == []


def test_the_card_and_the_bibliography_are_left_out():
    card = "# Title\n\n| | |\n|---|---|\n| **It costs** | 25 minutes to read, 12 s to run |"
    cells = [new_markdown_cell(card), SETUP, new_markdown_cell("## Further reading\n\n- JMLR 25, 812 pages.")]
    assert list(stated_numbers(new_notebook(cells=cells))) == []


def test_a_number_of_the_code_counts_but_not_the_size_of_a_figure():
    assert numbers_are_true(notebook("We take 812 steps.", code="train(num_steps=812)")) == []
    assert numbers_are_true(notebook("We take 812 steps.", code="ax.set_xlim(0, 812)"))
    assert numbers_are_true(notebook("We take 812 steps.", code="scatter(x, s=812, color='blue')"))
    assert numbers_are_true(notebook("We take 812 steps.", code="train()  # 812"))


def test_a_number_of_another_section_must_be_stated_and_proved_there_too():
    far = notebook("We take 812 steps.", "812").cells
    later = [new_markdown_cell("## Later\n\nIt was 812 steps."), new_code_cell("print(1)")]
    assert numbers_are_true(new_notebook(cells=[*far, *later])) == []
    far[1].source = "## Measure"
    assert "'812'" in numbers_are_true(new_notebook(cells=[*far, *later]))[0]


def test_a_pair_that_is_printed_side_by_side_may_stand_in_another_section():
    table = notebook("Look.", "full agent  15 of 20 solved, 53% to 89%").cells
    later = "## Later\n\nIt solves {} of 20, with an interval of {} to 89 %."
    for solved, low, wrong in [(15, "53 %", 0), (14, "53 %", 2), (15, "52 %", 2)]:
        cells = [*table, new_markdown_cell(later.format(solved, low)), new_code_cell("print()")]
        assert len(numbers_are_true(new_notebook(cells=cells))) == wrong


def test_from_one_pair_to_another_are_two_pairs():
    numbers = [*stated_numbers(notebook("It led from 35 of 40 to 197 of 200, in 52 % to 71 %."))]
    assert [number.partner for number in numbers] == [
        (40, True),
        (35, False),
        (200, True),
        (197, False),
        (71, True),
        (52, False),
    ]


def test_an_answer_may_use_what_its_question_supposes_and_nothing_else():
    text = (
        "## Check yourself\n\n**1.** Let it be 812. How much?\n\n<details><summary>Answer</summary>\n\n{}\n\n</details>"
    )
    assert numbers_are_true(new_notebook(cells=[SETUP, new_markdown_cell(text.format("It stays 812."))])) == []
    (problem,) = numbers_are_true(new_notebook(cells=[SETUP, new_markdown_cell(text.format("It becomes 813."))]))
    assert "It becomes 813." in problem


def test_what_differs_between_machines_must_be_a_bound_that_an_assert_holds():
    ignored = {"output": "9,812 steps a second", "tags": ["nbval-ignore-output"]}
    (problem,) = numbers_are_true(notebook("It makes 9,812 steps a second.", **ignored))
    assert "tagged nbval-ignore-output" in problem and "assert" in problem
    slow = {"output": "5,000 steps a second", "tags": ["nbval-ignore-output"], "after": "assert speed > 5_000"}
    (problem,) = numbers_are_true(notebook("It makes 5,000 steps a second.", **slow))
    assert "is a bound that an assert holds. Say so" in problem
    assert numbers_are_true(notebook("It makes more than 5,000 steps a second.", **slow)) == []


def test_what_no_cell_can_know_is_declared_with_its_source():
    fact = {"number": "57", "source": "Hessel and others, 2018"}
    text = "They played 57 games."
    assert numbers_are_true(notebook(text, facts=[fact])) == []
    assert facts_are_used(notebook(text, facts=[fact])) == []
    assert "'57'" in numbers_are_true(notebook(text))[0]


def test_declarations_are_used_sourced_and_few():
    (problem,) = facts_are_used(notebook("They played.", facts=[{"number": "57", "source": "a paper"}]))
    assert "does not state" in problem
    (problem,) = facts_are_used(notebook("They played 57 games.", facts=[{"number": "57", "source": ""}]))
    assert "source" in problem
    many = [{"number": str(n), "source": "a paper"} for n in range(20, 21 + MAX_FACTS)]
    (problem,) = facts_are_used(notebook(" ".join(fact["number"] for fact in many), facts=many))
    assert f"At most {MAX_FACTS}" in problem


def test_most_misprints_of_the_course_would_be_noticed():
    """Each proved number with each other last digit; small whole numbers stand in many tables by accident."""
    counts = [share_noticed(read_notebook(path)) for path in notebook_paths()]
    for specific, least in ((True, 0.9), (False, 0.55)):
        noticed, tried = (sum(count[specific][part] for count in counts) for part in (0, 1))
        assert noticed > least * tried, f"specific: {specific}: {noticed} of {tried}"


# --- equations ------------------------------------------------------------------------------------------------------

RULE = r"$$Q \leftarrow Q + \alpha\,(r - Q)$$"


def equation(text, *codes, between=""):
    cells = [new_markdown_cell(f"## Learn\n\n{text}"), *([new_markdown_cell(between)] if between else [])]
    return new_notebook(cells=[*cells, *map(new_code_cell, codes)])


@pytest.mark.parametrize(
    "code", ["assert np.isclose(q, 2.85)", "assert q == 3", "np.testing.assert_allclose(q, by_hand)"]
)
def test_an_update_rule_that_a_cell_checks(code):
    assert update_rules_are_checked(equation(RULE, "q = 1", code)) == []


@pytest.mark.parametrize(
    "broken",
    [
        equation(RULE),
        equation(RULE, "print(q)"),
        equation(RULE, "assert learned"),
        equation(RULE, "def check():\n    assert q == 3"),
        equation(RULE, "1", "2", "3", "4", "assert q == 3"),
        equation(RULE, "assert q == 3", between="## Something else"),
        equation(r"$$\text{target} = r + \gamma \max Q$$", "print(q)"),
        equation(r"$$y = r + \gamma \max Q$$", "print(q)"),
    ],
)
def test_an_update_rule_that_no_cell_checks_is_found(broken):
    (problem,) = update_rules_are_checked(broken)
    assert problem.startswith("Cell 1: ") and "$$" in problem and "assert" in problem


def test_other_equations_need_no_check():
    assert update_rules_are_checked(equation("$$1 + 1 = 2$$")) == []
    assert not asserts_numbers("print('assert q == 3')")
