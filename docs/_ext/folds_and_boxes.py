"""What is folded says what is in it, what must be remembered stands in a box, and the sidebar has numbers.

A folded cell is titled by the comment in its first line, which JupyterLab shows too. A quotation (`>`) with a formula
in it is a key equation; one that begins with a name in bold is an algorithm.
"""

from docutils import nodes
from numbers_and_figures import chapter_of
from sphinx.transforms import SphinxTransform

IMPORTS = "What this notebook imports"
DRAWING = "How this figure is drawn"
HIDE = "Fold it again"


class TitleFolds(SphinxTransform):
    """The line that is seen of a folded cell; a solution without a comment keeps the words of conf.py."""

    default_priority = 802

    def apply(self, **kwargs) -> None:
        cells = [node for node in self.document.findall(nodes.container) if node.get("nb_element") == "cell_code"]
        for number, cell in enumerate(cells, start=1):
            if not cell.get("hide_mode"):
                continue
            first_line = cell.children[0].astext().partition("\n")[0]
            solution = "tag_solution" in cell["classes"]
            if first_line.startswith("# "):
                cell["prompt_show"] = first_line.removeprefix("# ")
            elif not solution:
                cell["prompt_show"] = IMPORTS if number == 1 else DRAWING
            if not solution or first_line.startswith("# "):
                cell["prompt_hide"] = HIDE
            if not solution:
                cell["classes"].append("aside")


class DressBoxes(SphinxTransform):
    """Quotations get their look."""

    default_priority = 803

    def apply(self, **kwargs) -> None:
        if chapter_of(self.env.docname) is None:
            return
        for box in self.document.findall(nodes.block_quote):
            if next(iter(box.findall(nodes.math_block)), None) is not None:
                box["classes"] += ["box", "key-equation"]
            elif begins_in_bold(box):
                box["classes"] += ["box", "pseudocode"]


def begins_in_bold(box: nodes.block_quote) -> bool:
    """Whether the first words of a quotation are bold."""
    words = (node for node in box.findall(nodes.Text) if node.strip())
    return isinstance(next(words).parent, nodes.strong)


def number_the_sidebar(app, env) -> list[str]:
    """02 before the title of notebook 02, in the list of pages."""
    for name in env.tocs:
        chapter = chapter_of(name)
        title = next(iter(env.tocs[name].findall(nodes.reference)), None)
        if chapter is None or title is None or isinstance(title[0], nodes.inline):
            continue
        title.insert(0, nodes.Text(" "))
        title.insert(0, nodes.inline("", f"{chapter:02d}", classes=["number"]))
    return []


def setup(app):
    for transform in (TitleFolds, DressBoxes):
        app.add_transform(transform)
    app.connect("env-updated", number_the_sidebar)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
