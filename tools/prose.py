"""Whether the numbers of a notebook's text are true: each is found again in what its cells print or say.

A number is looked for where it is stated: in the setup cell, and in the code and the text outputs of those cells of its
own section (from one `##` to the next) that are close to it. Elsewhere it is looked for only if it has four digits or
more, or if the text states it once more where a cell proves it. The sections at the end, which look back, may refer to
the whole notebook; what a question or an exercise supposes is no claim, and its answer may use it. 0 and 1 without a
percent sign are words, and so are numbers that are written as words.

What a cell tagged nbval-ignore-output prints differs from machine to machine and proves nothing: there the text states
a bound ("more than 5,000"), and an assert of a following cell holds this number. What no cell can know is declared in
the metadata of the text's cell, with its source:

    "facts": [{"number": "2,600", "source": "Mnih et al., 2015, table 2"}]
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tools.prose_evidence import IGNORE, Evidence, known, neighbours, sections
from tools.prose_text import Number, all_numbers, premises, stated_numbers

MAX_FACTS = 10
LOOKING_BACK = {"Check yourself", "On your own", "In practice"}
WINDOW = 4  # cells before and behind a sentence in which a small number is looked for; any other within twice as many
FAR_DIGITS = 4  # so many digits may also stand in another section


# --- whether a number is among them -----------------------------------------------------------------------------------


def agrees(number: Number, evidence: Evidence, rounded: bool = True) -> bool:
    """Whether the text's number is this one, to the digits that the text writes."""
    value, places = evidence.value, evidence.places
    if number.percent and not evidence.percent:
        if abs(value) > 1 or places == 0:
            return False
        value, places = 100 * value, max(places - 2, 0)
    elif evidence.percent and not number.percent:
        return False
    if places < number.places:
        return False
    gap = abs(number.value - value) if number.signed else abs(abs(number.value) - abs(value))
    if gap < 1e-9 * max(1.0, abs(value)):
        return True
    if not rounded:
        return False
    if number.approximate and gap <= blur(number):
        return True
    may_be_rounded = (number.digits >= 2 or number.places >= 2) and places <= number.places + 4
    return may_be_rounded and gap <= 0.5 * 10.0**-number.places + 1e-9


def blur(number: Number) -> float:
    """How far "about 120,000" may be from what was printed: half of the last digit that is not 0, at most a tenth."""
    if number.places or number.value == 0:
        return 0.5 * 10.0**-number.places
    digits = str(int(abs(number.value)))
    zeros = len(digits) - len(digits.rstrip("0"))
    return min(0.5 * 10.0**zeros, 0.1 * abs(number.value))


@dataclass
class Book:
    """A notebook's cells, read once: what each section knows, what the whole knows."""

    notebook: object

    def __post_init__(self):
        cells = self.notebook.cells
        self.section_of = sections(self.notebook)
        code = [(cell, name) for cell, name in zip(cells, self.section_of, strict=True) if cell.cell_type == "code"]
        self.everything = known(cell for cell, _ in code)
        self.pairs = neighbours(cell for cell, _ in code)
        self.ignored = known((cell for cell, _ in code), ignored=True)
        self.declared = {(index, fact["number"]) for index, cell in enumerate(cells, 1) for fact in facts_of(cell)}
        self.supposed = {(number.cell, number.value, number.percent) for number in premises(self.notebook)}
        self.proved: set[tuple[float, bool]] = set()
        self.code = [(index, cell) for index, cell in enumerate(cells) if cell.cell_type == "code"]

        for number in stated_numbers(self.notebook):
            by_cell = number.section not in LOOKING_BACK and self.holds(number)
            if by_cell or (number.cell, number.text) in self.declared:
                self.proved.add((number.value, number.percent))

    def near(self, number: Number) -> set[Evidence]:
        """What stands close to a number in its section; the whole notebook for a section that looks back."""
        if number.section in LOOKING_BACK:
            return self.everything
        here = number.cell - 1
        reach = 2 * WINDOW if number.specific or number.places else WINDOW
        places = [
            (index, cell)
            for index, cell in self.code
            if index == self.code[0][0] or (self.section_of[index] == number.section and abs(index - here) <= reach)
        ]
        return known(cell for _, cell in places)

    def holds(self, number: Number) -> list[Evidence]:
        """What proves the number where it is stated."""
        near = [item for item in self.near(number) if agrees(number, item)]
        if near or len(re.sub(r"\D", "", number.text)) < FAR_DIGITS:
            return near
        return [item for item in self.everything if agrees(number, item, rounded=False)]

    def in_a_pair(self, number: Number) -> bool:
        """Whether the text's "52 % to 71 %" or "15 of 20" stands side by side in anything printed."""
        if number.partner is None:
            return False
        partner, comes_first = number.partner
        here = replace(number, signed=False)
        there = replace(number, signed=False, value=partner)
        first, second = (here, there) if comes_first else (there, here)
        return any(agrees(first, left) and agrees(second, right) for left, right in self.pairs)

    def problem(self, number: Number) -> str | None:
        """What is wrong with the number, and what to do; None where it is proved."""
        where = f'Cell {number.cell}: {number.text!r} in "{number.sentence}"'
        proofs = self.holds(number)
        if not proofs and number.digits >= 2 and (number.value, number.percent) in self.proved:
            return None  # said again
        if not proofs and self.in_a_pair(number):
            return None
        if (number.cell, number.value, number.percent) in self.supposed:
            return None  # an answer uses what its question supposes
        differs = any(agrees(number, item) for item in self.ignored)
        if not proofs and differs:
            return (
                f"{where} is printed only by a cell tagged {IGNORE}, so it differs from machine to machine. "
                "State a bound (more than, under, about) and assert it in the next cell."
            )
        if not proofs:
            return (
                f"{where} is neither printed nor in the code of its section. Print it there, mend the text, "
                'or declare it in the metadata of this cell: "facts": [{"number": "...", "source": "..."}].'
            )
        if differs and all(item.asserted for item in proofs) and not number.bounded:
            return f"{where} is a bound that an assert holds. Say so: more than, under, at least, about."
        return None


def facts_of(cell) -> list[dict]:
    """The numbers that a cell declares as known from elsewhere."""
    return cell.metadata.get("facts", [])


def numbers_are_true(notebook) -> list[str]:
    """What is wrong with the numbers of the text."""
    book = Book(notebook)
    declared = {(index, fact["number"]) for index, cell in enumerate(notebook.cells, 1) for fact in facts_of(cell)}
    return [
        problem
        for number in stated_numbers(notebook)
        if (number.cell, number.text) not in declared and (problem := book.problem(number))
    ]


def facts_are_used(notebook) -> list[str]:
    """Declared facts name their source, stand in the text, and are few."""
    stated = {(number.cell, number.text) for number in all_numbers(notebook)}
    problems, count = [], 0
    for index, cell in enumerate(notebook.cells, start=1):
        for fact in facts_of(cell):
            count += 1
            if set(fact) != {"number", "source"} or not str(fact.get("source", "")).strip():
                problems.append(f'Cell {index}: a fact is {{"number": "...", "source": "..."}}; it is {fact}.')
            elif (index, fact["number"]) not in stated:
                problems.append(f"Cell {index} declares {fact['number']!r}, which its text does not state. Delete it.")
    if count > MAX_FACTS:
        problems.append(f"At most {MAX_FACTS} declared facts; it has {count}. Let a cell print what can be computed.")
    return problems


# --- whether the check would notice ---------------------------------------------------------------------------------


def share_noticed(notebook) -> dict[bool, tuple[int, int]]:
    """Each proved number with its last digit changed to each of the nine others: how many of them would be noticed.

    Returns, for specific numbers (True) and for the others (False), what was noticed and what was tried.
    """
    book = Book(notebook)
    counts = {True: [0, 0], False: [0, 0]}
    for number in stated_numbers(notebook):
        if (number.cell, number.text) in book.declared or book.problem(number):
            continue
        for wrong in misprints(number):
            counts[number.specific][0] += book.problem(wrong) is not None
            counts[number.specific][1] += 1
    return {specific: (noticed, tried) for specific, (noticed, tried) in counts.items()}


def misprints(number: Number) -> Iterator[Number]:
    """The number with another last digit, nine times."""
    place = max(index for index, char in enumerate(number.text) if char.isdigit())
    for digit in "0123456789":
        if digit != number.text[place]:
            text = number.text[:place] + digit + number.text[place + 1 :]
            plain = text.rstrip(" %").replace(",", "").replace("−", "-")
            yield replace(number, text=text, value=float(plain))
