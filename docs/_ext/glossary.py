"""The first use of each word of the glossary on a page becomes a link to it; notebooks keep plain text.

A word of docs/glossary.md: `- **policy** (also: policies) 策略: what it is.` A plural in -s needs no `also`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from notebook_pages import replace_matches, running_text
from numbers_and_figures import chapter_of
from sphinx.addnodes import index
from sphinx.transforms import SphinxTransform

PAGE = Path(__file__).resolve().parents[1] / "glossary.md"
LINE = re.compile(r"^- \*\*(?P<term>[^*]+)\*\*(?: \(also: (?P<also>[^)]+)\))? (?P<chinese>[^:]+): (?P<text>.+)$")


@dataclass(frozen=True)
class Term:
    """One word of the course."""

    name: str
    also: tuple[str, ...]  # other forms that link to it
    chinese: str
    notebook: int | None = None  # the one that introduces it

    @property
    def anchor(self) -> str:
        return "term-" + re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    @property
    def pattern(self) -> re.Pattern:
        forms = sorted((self.name, *self.also), key=len, reverse=True)
        return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, forms))})s?(?![\w-])", re.IGNORECASE)


def read_terms(page: Path = PAGE) -> list[Term]:
    """The words of the glossary, in its order; ValueError names a line that has not their form."""
    terms = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.startswith("- **"):
            continue
        match = LINE.match(line)
        if not match:
            raise ValueError(f"{page.name}, line {number}: write `- **term** 中文: what it is.`; it was {line!r}.")
        also = tuple(word.strip() for word in (match["also"] or "").split(",") if word.strip())
        first = re.search(r"Notebook (\d\d)\.$", match["text"])
        terms.append(Term(match["term"], also, match["chinese"].strip(), int(first[1]) if first else None))
    return terms


class LinkTerms(SphinxTransform):
    """On a notebook's page: the first use of each word. On the glossary: an anchor at each word."""

    default_priority = 820

    def apply(self, **kwargs) -> None:
        self.env.note_dependency(str(PAGE))
        if self.env.docname == "glossary":
            self.anchor()
        elif chapter_of(self.env.docname) is not None:
            self.link()

    def anchor(self) -> None:
        by_name = {term.name: term for term in read_terms()}
        for item in self.document.findall(nodes.list_item):
            word = next(iter(item.findall(nodes.strong)), None)
            if word is not None and word.astext() in by_name:
                item["ids"].append(by_name[word.astext()].anchor)

    def link(self) -> None:
        for term in sorted(read_terms(), key=lambda term: -len(term.name)):
            for text in running_text(self.document):
                if term.pattern.search(text) and not in_a_table(text):
                    link_first(text, term, chapter_of(self.env.docname) == term.notebook)
                    break


def link_first(text: nodes.Text, term: Term, introduced: bool) -> None:
    """The first match in this piece of text becomes a link; where the word is introduced, it enters the index too."""
    left = [1]

    def make(match):
        if not left:
            return None
        left.clear()
        url = f"glossary.html#{term.anchor}"
        link = nodes.reference("", match[0], internal=True, refuri=url, classes=["glossary-term"])
        if not introduced:
            return link
        anchor = f"index-{term.anchor}"
        link["ids"] = [anchor]
        return nodes.inline("", "", index(entries=[("single", term.name, anchor, "main", None)]), link)

    replace_matches(text, term.pattern, make)


def in_a_table(node: nodes.Node) -> bool:
    """A card or a table has no room for links."""
    while node is not None:
        if isinstance(node, nodes.table):
            return True
        node = node.parent
    return False


def setup(app):
    app.add_transform(LinkTerms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
