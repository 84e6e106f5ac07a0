"""The bibliography has what the course cites, in good form, and nothing else."""

import re
from pathlib import Path

import pytest

from tools.course import ROOT, notebook_paths
from tools.references import ARXIV, is_cited, letters_of, read_references, reading_of, text_of

MODULES = sorted(path for folder in ("helpers", "evidence") for path in (ROOT / folder).rglob("*.py"))
REFERENCES = read_references()
NEEDED = {"article": "journal", "book": "publisher", "inproceedings": "booktitle"}


def test_every_arxiv_number_is_in_the_bibliography():
    known = {fields.get("eprint") for fields in REFERENCES.values()}
    cited = {number: path.name for path in [*notebook_paths(), *MODULES] for number in ARXIV.findall(text_of(path))}
    assert len(cited) > 15
    assert not {number: name for number, name in cited.items() if number not in known}


def test_every_item_of_further_reading_with_a_year_is_in_the_bibliography():
    missing = []
    for path in notebook_paths():
        for item in reading_of(path):
            if re.search(r"\b(1[89]|20)\d\d\b", item) and not any(is_cited(f, item) for f in REFERENCES.values()):
                missing.append(f"{path.name}: {item[:120]}")
    assert not missing, "\n".join(missing)


def test_every_entry_is_cited():
    text = {path: text_of(path) for path in [*notebook_paths(), *MODULES]}
    unused = [key for key, fields in REFERENCES.items() if not any(is_cited(fields, t) for t in text.values())]
    assert not unused


def test_every_entry_is_well_formed():
    from pybtex.database import parse_file

    entries = parse_file(str(ROOT / "docs" / "references.bib"), bib_format="bibtex").entries
    assert len(entries) == len(REFERENCES) > 50
    for key, entry in entries.items():
        assert entry.persons.get("author") and entry.fields.get("title"), key
        assert re.fullmatch(r"(1[89]|20)\d\d", entry.fields["year"]), key
        assert NEEDED.get(entry.type, "title") in entry.fields, key
        assert re.fullmatch(r"\d{4}\.\d{4,5}", entry.fields.get("eprint", "0000.0000")), key
        assert re.match(r"https?://\S+$", entry.fields.get("url", "https://a")), key
    titles = [letters_of(fields["title"]) for fields in REFERENCES.values()]
    assert len(titles) == len(set(titles)), "one work stands there twice"


def test_a_broken_entry_is_refused(tmp_path):
    from pybtex.scanner import PybtexSyntaxError

    broken = Path(tmp_path / "references.bib")
    broken.write_text("@book{a, title = {No end}", encoding="utf-8")
    with pytest.raises(PybtexSyntaxError):
        read_references(broken)


def test_a_citation_is_known_by_title_by_number_or_by_name_and_year():
    lin, adam = REFERENCES["lin1992"], REFERENCES["kingma2015"]
    assert is_cited(lin, "keep the transitions (Lin, 1992)")
    assert is_cited(lin, '"Self-improving reactive agents, based on Reinforcement Learning, planning and teaching"')
    assert is_cited(adam, "[here](https://arxiv.org/abs/1412.6980)")
    assert not is_cited(lin, "a line of 1992") and not is_cited(adam, "Adam, the optimiser")
