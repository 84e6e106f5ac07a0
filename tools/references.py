"""The bibliography: docs/references.bib read, and which notebook or module cites which entry.

A notebook cites by title in its section "Further reading", elsewhere by name and year: "Rummery and Niranjan, 1994",
"Mnih et al. (2015)". An entry is cited where either of the two stands.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path

from tools.course import ROOT, notebook_paths, read_notebook

REFERENCES = ROOT / "docs" / "references.bib"
ARXIV = re.compile(r"arxiv[\s:.]*(?:org/abs/)?(\d{4}\.\d{4,5})", re.IGNORECASE)
READING = "## Further reading"


def read_references(path: Path = REFERENCES) -> dict[str, dict[str, str]]:
    """Key -> fields (lower-case names; `people` is the list of last names); pybtex raises where the form is broken."""
    from pybtex.database import parse_file

    entries = parse_file(str(path), bib_format="bibtex").entries
    return {
        key: {name.lower(): value.strip("{}") for name, value in entry.fields.items()}
        | {"people": [" ".join(person.prelast_names + person.last_names) for person in entry.persons["author"]]}
        for key, entry in entries.items()
    }


def letters_of(text: str) -> str:
    """Only the letters, small, without accents: titles are compared like this, whatever their commas."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in plain.lower() if letter.isascii() and letter.isalnum())


def text_of(path: Path) -> str:
    """What a notebook or module says: markdown and code, or the whole source."""
    if path.suffix == ".ipynb":
        return "\n\n".join(cell.source for cell in read_notebook(path).cells)
    return path.read_text(encoding="utf-8")


def reading_of(path: Path) -> list[str]:
    """The items of "Further reading", each on one line."""
    _, _, reading = text_of(path).partition(READING)
    items = re.split(r"^\s*- ", reading, flags=re.MULTILINE)[1:]
    return [" ".join(item.split()) for item in items]


def is_cited(fields: dict, text: str) -> bool:
    """By title, by arXiv number, or by the first author's name and the year, close to each other."""
    if fields.get("eprint") and fields["eprint"] in text:
        return True
    title = letters_of(fields["title"])
    if len(title) > 12 and title in letters_of(text):
        return True
    if re.search(rf"[\"*\[]{re.escape(fields['title'])}[\"*,\]]", text, re.IGNORECASE):
        return True
    name = re.escape(fields["people"][0].split()[-1])
    return bool(re.search(rf"\b{name}\b[^;\n]{{0,60}}\b{fields['year']}\b", text))


@cache
def cited_in() -> dict[str, list[str]]:
    """Key -> names of the notebooks that cite it, in their order."""
    texts = {path.stem: text_of(path) for path in notebook_paths()}
    return {
        key: [name for name, text in texts.items() if is_cited(fields, text)]
        for key, fields in read_references().items()
    }
