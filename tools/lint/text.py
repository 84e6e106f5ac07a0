"""What the text says."""

import re

from tools.prose import facts_are_used, numbers_are_true
from tools.prose_equations import update_rules_are_checked


def has_headings_in_order(path, notebook) -> list[str]:
    """One title; below it no level is left out, so that a screen reader and the table of contents can follow."""
    problems, above = [], 1
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "markdown":
            continue
        prose = re.sub(r"^```.*?^```", "", cell.source, flags=re.MULTILINE | re.DOTALL)
        for marks, text in re.findall(r"^(#+) +(.+?)\s*$", prose, flags=re.MULTILINE):
            if len(marks) == 1 and number > 1:
                problems.append(f"Cell {number}: a second title, `# {text}`. Make it `## {text}`.")
            elif len(marks) > above + 1:
                fitting = "#" * (above + 1)
                problems.append(f"Cell {number}: `{marks} {text}` skips a level. Make it `{fitting} {text}`.")
            above = len(marks)
    return problems


def states_true_numbers(path, notebook) -> list[str]:
    """Each number of the text is printed or in the code of its section, or declared with its source."""
    return numbers_are_true(notebook)


def declares_few_facts(path, notebook) -> list[str]:
    """Declared facts name their source, stand in the text, and are few."""
    return facts_are_used(notebook)


def checks_its_update_rules(path, notebook) -> list[str]:
    """Each displayed update rule is worked by hand in a cell close behind it."""
    return update_rules_are_checked(notebook)


RULES = (
    has_headings_in_order,
    states_true_numbers,
    declares_few_facts,
    checks_its_update_rules,
)
