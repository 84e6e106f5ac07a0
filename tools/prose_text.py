"""The numbers that a notebook's text states, each with the sentence it stands in.

What is no claim about results is left out: code, equations, links, citations with their years, numbers of notebooks,
sections, equations and list items, the card, headings, and the bibliography.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

BIBLIOGRAPHY = "Further reading"
TASKS = {"Check yourself", "On your own"}
ANSWER = re.compile(r"<details>.*?</details>", re.DOTALL)
CARD_ROWS = re.compile(r"^\| (?:\||\*\*(?:You will do|You will learn|You need|It costs)\*\*).*$", re.MULTILINE)
NUMBER = re.compile(
    r"(?<![\w.,/^])(?P<sign>[-−+](?=\d))?(?P<digits>\d{1,3}(?:,\d{3})+|\d+)(?P<decimals>\.\d+)?(?![\w^]|[.,]\d|/\d)"
    r"(?P<percent>\s?%)?"
)
RANGE = re.compile(r"^\s?(?:to|and|or|–)\s[-−+]?[\d.,]+\s?%")  # "60 to 98 %": the first number is a percentage too
BETWEEN = re.compile(r"^\s?%?\s(?:to|of)\s(?:the\s)?[-−+]?$")
APPROXIMATELY = re.compile(r"\b(?:about|some|nearly|almost|around|roughly|hardly|approximately)\s(?:\w+\s){0,2}$", re.I)
BOUND = re.compile(
    r"\b(?:more than|less than|fewer than|under|over|below|above|at most|at least|up to|within|between|"
    r"no more than|far from|of the order of)\b",
    re.I,
)
LONE_NUMBER = re.compile(  # $-13$, $\gamma = 0.99$, $p \le 0.05$: a number that is read as part of the sentence
    r"(?<!\$)\$(?:\\?[A-Za-z]+\s*(?:=|\\le|\\ge|<|>|\\approx)\s*)?(-?\d[\d.]*(?:\{?,\}?\d{3})*(?:\.\d+)?)\s*(?:\\?,?\\(%))?\$"
)
YEAR = r"(?:1[6-9]|20)\d\d"
NO_CLAIM = [
    re.compile(r"^(`{3,}|~{3,}).*?^\1", re.MULTILINE | re.DOTALL),  # code blocks
    re.compile(r"\$\$.*?\$\$", re.DOTALL),
    re.compile(r"`[^`]*`"),
    re.compile(r"<[^>]*>"),
    re.compile(r"(?<=\])\([^)]*\)"),  # where a link leads
    re.compile(r"https?://\S+"),
    re.compile(r"arXiv:\S+"),
    re.compile(rf"\((?:[^()]*\D)?{YEAR}\b[^()]*\)"),  # (Watkins, 1989)
    re.compile(rf"(?<=[A-Za-z],) {YEAR}\b"),
    re.compile(
        rf"\b(?:in|of|since|until|before|after|from|than|the) {YEAR}\b(?! (?:steps|seeds|episodes|entries))", re.I
    ),
    re.compile(r"#\d+"),  # the number of a public report
    re.compile(r"^#+ .*$", re.MULTILINE),
    re.compile(r"^\s*(?:\*\*)?\d+\.(?:\*\*)?(?=\s)", re.MULTILINE),  # numbers of questions and of list items
    re.compile(
        r"\b(?:notebook|section|chapter|equation|example|exercise|figure|table|algorithm|theorem|part|step|update|question|"
        r"page|line|version|edition|volume|rule|rung|fault|cell|bug|row|column|unit|gym|CartPole-v|Python|TensorFlow|Gymnasium|NumPy|Keras|SciPy|Baselines3)s?"
        r"[*_]{0,2} \d[\d.]*(?:(?:,| to| and|,? or|–)\s?\d[\d.]*)*\b",
        re.I,
    ),
    re.compile(r"(?<![\w.])0\d\b(?![.,]\d)"),  # 07: a notebook
    re.compile(
        r"\b95 %(?= \*?(?:intervals?|bootstrap interval|confidence|of (?:the|such) intervals))"
    ),  # the level of every interval of the course
    re.compile(r"(?<![\w.,/^%−-])[01](?![\w.,/^%]\d|\w| ?%)"),  # 0 and 1 are words: an action, a flag, a chance
    re.compile(r"(?<!\w)\d+-\d+(?:-\d+)*(?!\w)"),  # layers, 64-64; pages, 210-229
]
SENTENCE = re.compile(
    r"(?<=[.!?:;])[*_\")]*\s+(?=[A-Z\"*_(\[\d$])|(?<=[.!?])\)\s+|\n\s*\n|\n(?=\s*[-*|>] |\|)|\n(?=\d+\. )"
)


@dataclass(frozen=True)
class Number:
    """One number of the text, as it is written."""

    cell: int  # the number of its cell among all cells, from 1, as a reader counts them
    section: str  # the heading of the second level above it
    sentence: str
    text: str  # "1,240", "-0.5", "74 %"
    value: float  # 74 for "74 %"
    places: int  # decimals that are written
    percent: bool
    signed: bool
    approximate: bool  # "about 120,000"
    bounded: bool  # its sentence says "more than", "under", "about"
    start: int  # where its digits stand in the cell's source
    end: int
    premise: bool = False  # a question or an exercise supposes it
    partner: tuple[float, bool] | None = None  # of "15 of 20": the other number, and whether this one comes first

    @property
    def digits(self) -> int:
        """Significant digits as written: 2 of "0.12", 3 of "0.120", 3 of "500"."""
        return len(re.sub(r"\D", "", self.text).lstrip("0"))

    @property
    def specific(self) -> bool:
        """Three digits, or a decimal with two that count: hardly found anywhere by accident."""
        return self.digits >= (2 if self.places > 0 else 3)


def blanked(source: str) -> str:
    """The text with everything blanked that states no number; what is left keeps its place."""
    text = CARD_ROWS.sub(_blank, source)
    for pattern in NO_CLAIM[:1]:
        text = pattern.sub(_blank, text)
    text = NO_CLAIM[1].sub(_blank, text)
    text = LONE_NUMBER.sub(_number_only, text)
    text = re.sub(r"(?<!\$)\$[^$]+\$", _blank, text)
    for pattern in NO_CLAIM[2:]:
        text = pattern.sub(_blank, text)
    return text


def _blank(match: re.Match) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def _number_only(match: re.Match) -> str:
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    number, rest = match.group()[start:end], match.group()[end:]
    return " " * start + number + ("%" if match[2] else "").rjust(len(rest))


def stated_numbers(notebook) -> Iterator[Number]:
    """Every number that the text states as a fact, in its order."""
    numbers = [number for number in all_numbers(notebook) if not number.premise]
    for place, (left, right) in enumerate(pairwise(list(numbers))):
        between = notebook.cells[left.cell - 1].source[left.end : right.start]
        paired = numbers[place].partner is not None  # "35 of 40 to 39 of 40" are two pairs, and no third between them
        if left.cell == right.cell and BETWEEN.match(between) and not paired:
            numbers[place] = replace(left, partner=(right.value, True), percent=right.percent)
            numbers[place + 1] = replace(right, partner=(left.value, False))
    return iter(numbers)


def premises(notebook) -> Iterator[Number]:
    """The numbers that questions and exercises suppose: no facts, but their answers may use them."""
    return (number for number in all_numbers(notebook) if number.premise)


def all_numbers(notebook) -> Iterator[Number]:
    """Every number of the text, in its order."""
    section = ""
    for index, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "markdown":
            continue
        text = blanked(cell.source)
        answers = [match.span() for match in ANSWER.finditer(cell.source)]
        headings = [(m.start(), m[1]) for m in re.finditer(r"^## +(.+?)\s*$", cell.source, re.MULTILINE)]
        cuts = [0, *(m.end() for m in SENTENCE.finditer(text)), len(text)]
        for begin, stop in pairwise(cuts):
            for match in NUMBER.finditer(text, begin, stop):
                above = [name for place, name in headings if place < match.start()]
                here = above[-1] if above else section
                if here != BIBLIOGRAPHY:
                    answer = any(first < match.start() < last for first, last in answers)
                    number = read_number(cell.source, text, match, begin, stop, index, here)
                    task = here in TASKS or here.startswith("Play ") or in_exercise(cell.source, match.start())
                    yield replace(number, premise=task and not answer)
        section = headings[-1][1] if headings else section


def in_exercise(source: str, place: int) -> bool:
    """Whether what stands there belongs to an exercise in the flow of the text: from its heading to its cell's end."""
    headings = re.findall(r"^#+ +(.+?)\s*$", source[:place], re.MULTILINE)
    return bool(headings) and headings[-1].startswith("Exercise ")


def read_number(source: str, text: str, match: re.Match, begin: int, stop: int, cell: int, section: str) -> Number:
    """What is written there, and how exactly it is meant."""
    value = float(match["digits"].replace(",", "") + (match["decimals"] or ""))
    sign = match["sign"] or ""
    before = text[begin : match.start()]
    approximate = bool(APPROXIMATELY.search(re.sub(r"[*_]", "", before)))
    percent = bool(match["percent"]) or bool(RANGE.match(text[match.end() : stop]))
    return Number(
        cell=cell,
        section=section,
        sentence=" ".join(source[begin:stop].split()),
        text=match.group().strip(),
        value=-value if sign in {"-", "−"} else value,
        places=len(match["decimals"] or ".") - 1,
        percent=percent,
        signed=bool(sign),
        approximate=approximate,
        bounded=approximate or bool(BOUND.search(text[begin:stop])),
        start=match.start("digits"),
        end=match.end("decimals") if match["decimals"] else match.end("digits"),
    )
