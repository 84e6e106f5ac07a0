"""What a notebook's page has beside the notebook: buttons below its card, links to other notebooks, the map.

Words of another language get their language, so that a voice pronounces them.
"""

import re
from html import escape
from itertools import takewhile

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from numbers_and_figures import chapter_of
from sphinx.addnodes import pending_xref
from sphinx.transforms import SphinxTransform

from tools.course import LAST_OF_PART_I, LAST_OF_PART_II, binder_url, notebook_paths, read_card, read_notebook

CHINESE = re.compile(r"[\u3400-\u9fff]+(?:[\u3400-\u9fff，、（）-]*[\u3400-\u9fff）]+)?")
MENTION = re.compile(r"(?<=[Nn]otebook )(\d\d)\b|(?<=[Nn]otebooks )(\d\d)\b|(?<=\d\d and )(\d\d)\b")
PARTS = {
    "Part I: a table": (range(LAST_OF_PART_I + 1), "NumPy only. Every answer can be checked against the exact one."),
    "Part II: a network": (
        range(LAST_OF_PART_I + 1, LAST_OF_PART_II + 1),
        "TensorFlow. The table becomes a network, and the network becomes reliable.",
    ),
    "Part III: a policy": (
        range(LAST_OF_PART_II + 1, 100),
        "No detour by way of values: the agent learns what to do, and not what it is worth.",
    ),
}


class FinishNotebook(SphinxTransform):
    """The card gets its look and the buttons below it."""

    default_priority = 810

    def apply(self, **kwargs) -> None:
        name = self.env.docname
        if chapter_of(name) is None:
            return
        card = next(iter(self.document.findall(nodes.table)))
        card["classes"].append("card-of-notebook")
        for head in list(card.findall(nodes.thead)):
            head.parent.remove(head)  # it is empty: the card's labels are its first column
        buttons = nodes.raw("", buttons_of(name), format="html")
        card.parent.insert(card.parent.index(card) + 1, buttons)


def buttons_of(name: str) -> str:
    """Launch and download, as HTML."""
    launch = escape(binder_url(f"notebooks/{name}.ipynb"))
    return (
        '<p class="doors">'
        f'<a class="door launch" href="{launch}">Launch on Binder</a> '
        f'<a class="door download" href="_sources/{name}.ipynb" download>Download the notebook</a></p>'
    )


class LinkMentions(SphinxTransform):
    """ "notebook 08" becomes a link to it, wherever it stands in running text."""

    default_priority = 811

    def apply(self, **kwargs) -> None:
        pages = {path.name[:2]: path.stem for path in notebook_paths()}
        for text in list(running_text(self.document)):
            here = pages.get(f"{chapter_of(self.env.docname)}".zfill(2))
            replace_matches(text, MENTION, lambda match, here=here: link_to(match, pages, here))


def link_to(match: re.Match, pages: dict[str, str], here: str | None):
    """A link to the notebook of this number; None for the page's own and for one that is not written."""
    page = pages.get(match[0])
    if page is None or page == here:
        return None
    return nodes.reference("", match[0], internal=True, refuri=f"{page}.html")


class MarkChinese(SphinxTransform):
    """Chinese words carry `lang`."""

    default_priority = 812

    def apply(self, **kwargs) -> None:
        for text in list(running_text(self.document)):
            replace_matches(
                text, CHINESE, lambda match: nodes.raw("", f'<span lang="zh-Hans">{match[0]}</span>', format="html")
            )


APART = (
    *(nodes.title, nodes.reference, pending_xref, nodes.target),  # links already, or not to be links
    *(nodes.literal, nodes.literal_block, nodes.raw, nodes.math, nodes.math_block, nodes.image, nodes.caption),
    nodes.container,  # a code cell with its outputs
)


def running_text(document: nodes.document):
    """The pieces of text that stand in sentences: no headings, links, code, formulas or outputs."""

    def apart(node: nodes.Node) -> bool:
        while node is not None:
            if isinstance(node, APART):
                return True
            node = node.parent
        return False

    return (text for text in document.findall(nodes.Text) if not apart(text))


def replace_matches(text: nodes.Text, pattern: re.Pattern, make) -> None:
    """Put `make(match)` in the place of each match; where that is None the words stay as they are."""
    pieces, end = [], 0
    for match in pattern.finditer(text):
        new = make(match)
        if new is not None:
            pieces += [nodes.Text(text[end : match.start()]), new]
            end = match.end()
    if pieces:
        text.parent.replace(
            text, [piece for piece in [*pieces, nodes.Text(text[end:])] if piece.astext() or piece.children]
        )


class CourseMap(Directive):
    """`{course-map}`: one tile for each notebook, from its card."""

    def run(self):
        html = []
        for part, (numbers, words) in PARTS.items():
            tiles = [tile(path) for path in notebook_paths() if int(path.name[:2]) in numbers]
            html.append(f'<h3 class="part">{part}</h3><p class="part">{words}</p><ol class="map">{"".join(tiles)}</ol>')
        return [nodes.raw("", "".join(html), format="html")]


def tile(path) -> str:
    """Number, title, what it is for, minutes to read."""
    card = read_card(read_notebook(path))
    words = re.sub(r"\$[^$]*\$", lambda math: rf'<span class="math">\({math[0][1:-1]}\)</span>', escape(card.do))
    words = re.sub(r"`([^`]*)`", r"<code>\1</code>", words)
    return (
        f'<li><a href="{path.stem}.html"><span class="number">{path.name[:2]}</span>'
        f'<span class="name">{escape(card.title)}</span></a>'
        f"<p>{words[:1].upper()}{words[1:]}.</p>"
        f'<p class="cost">{card.minutes} minutes to read, {card.seconds} s to run</p></li>'
    )


class SymbolTable(Directive):
    """`{symbol-table}`: the table of symbols and names as notebook 00 has it."""

    def run(self):
        first = next(path for path in notebook_paths() if path.name.startswith("00_"))
        lines = "\n".join(cell.source for cell in read_notebook(first).cells).splitlines()
        begin = lines.index("| symbol | in code | meaning |")
        table = list(takewhile(lambda line: line.startswith("|"), lines[begin:]))
        node = nodes.container()
        self.state.nested_parse(StringList(table, source=str(first)), self.content_offset, node)
        return node.children


def setup(app):
    for transform in (FinishNotebook, LinkMentions, MarkChinese):
        app.add_transform(transform)
    app.add_directive("course-map", CourseMap)
    app.add_directive("symbol-table", SymbolTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
