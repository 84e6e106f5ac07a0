"""Numbers for equations and figures, and each picture's description as its alternative text.

Notebooks hold none of this: in JupyterLab a formula and a figure stand as they are. Here notebook 08's third formula is
(8.3), its second picture is Figure 8.2, and both can be linked to: `#equation-8-3`, `#figure-8-2`.
"""

import re

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform

from tools.course import read_notebook

ANIMATED = b"acTL"  # the chunk that makes a PNG move
NOTEBOOK = re.compile(r"^(\d\d)_")


def is_animated(png: bytes) -> bool:
    """Whether a PNG moves."""
    return ANIMATED in png[: png.find(b"IDAT")]


def slug_as_in_jupyter(text: str) -> str:
    """The anchor that JupyterLab gives to a heading, so that one link serves both."""
    return text.strip().replace(" ", "-")


def chapter_of(docname: str) -> int | None:
    """8 for "08_train_a_dqn"; None for a page that is no notebook."""
    match = NOTEBOOK.match(docname)
    return int(match[1]) if match else None


class NumberEquations(SphinxTransform):
    """Each displayed formula of a notebook gets a number and an anchor."""

    default_priority = 800

    def apply(self, **kwargs) -> None:
        chapter = chapter_of(self.env.docname)
        if chapter is None:
            return
        for place, node in enumerate(self.document.findall(nodes.math_block), start=1):
            label = f"{chapter}-{place}"
            node["number"], node["label"], node["ids"] = f"{chapter}.{place}", label, [f"equation-{label}"]
            self.env.domains["math"].equations[label] = (self.env.docname, node["number"])


class NumberFigures(SphinxTransform):
    """Each picture among the outputs becomes a figure: number, description below it and as alternative text."""

    default_priority = 801

    def apply(self, **kwargs) -> None:
        chapter = chapter_of(self.env.docname)
        if chapter is None:
            return
        pictures = [node for node in self.document.findall(nodes.image) if in_output(node)]
        stored = list(pictures_of(read_notebook(self.env.doc2path(self.env.docname))))
        if len(pictures) != len(stored):
            raise ExtensionError(
                f"{self.env.docname}: {len(stored)} pictures are stored and {len(pictures)} would be shown; "
                "show each with `show(figure, alt)`."
            )
        for place, (node, (png, alt)) in enumerate(zip(pictures, stored, strict=True), start=1):
            node["alt"] = alt
            node["classes"].append("animation" if is_animated(png) else "still")
            node.replace_self(figure(node, f"figure-{chapter}-{place}", f"Figure {chapter}.{place}", alt))


def in_output(node: nodes.Node) -> bool:
    """Whether a node stands in what a cell showed."""
    while node is not None:
        if isinstance(node, nodes.container) and node.get("nb_element") == "mime_bundle":
            return True
        node = node.parent
    return False


def pictures_of(notebook):
    """(PNG bytes, description) of each picture that a notebook stores, in order; the description may be missing."""
    from base64 import b64decode

    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data and "text/html" not in data:
                alt = output.metadata.get("image/png", {}).get("alt", "")
                yield b64decode(data["image/png"]), alt


def figure(image: nodes.image, anchor: str, number: str, alt: str) -> nodes.figure:
    """The picture with its caption. Who hears the page has heard the description already, as alternative text."""
    caption = nodes.caption("", "", nodes.strong(number, number, classes=["caption-number"]))
    words = alt.removeprefix("Animation: ")
    words = words[:1].upper() + words[1:]
    caption += nodes.raw("", f' <span aria-hidden="true">{nodes_escape(words)}</span>', format="html")
    return nodes.figure("", image.deepcopy(), caption, ids=[anchor])


def nodes_escape(text: str) -> str:
    """Text as HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def setup(app):
    app.set_html_assets_policy("always")  # formulas stand in HTML too, where Sphinx does not see them
    app.add_transform(NumberEquations)
    app.add_transform(NumberFigures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
