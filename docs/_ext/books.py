"""Beside each entry of the bibliography: the notebooks that cite it."""

from docutils import nodes
from numbers_and_figures import chapter_of

from tools.references import cited_in, letters_of, read_references


def add_notebooks(app, doctree, docname) -> None:
    """Append "Notebooks 04, 13." to each entry."""
    if docname != "bibliography":
        return
    references, where = read_references(), cited_in()
    for entry in doctree.findall(nodes.citation):
        text = letters_of(entry.astext())
        keys = [key for key, fields in references.items() if letters_of(fields["title"]) in text]
        key = max(keys, key=lambda key: len(letters_of(references[key]["title"])), default=None)
        if key is None or not where.get(key):
            continue
        paragraph = next(iter(entry.findall(nodes.paragraph)))
        note = nodes.inline("", " → ", classes=["cited-in"])
        for place, page in enumerate(where[key]):
            if place:
                note += nodes.Text(", ")
            note += nodes.reference("", f"{chapter_of(page):02d}", internal=True, refuri=f"{page}.html")
        paragraph += note


def name_roles(app, pagename, templatename, context, doctree) -> None:
    """Entries are items of their list; the role that docutils writes has left the standard."""
    if pagename == "bibliography" and "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app):
    app.connect("html-page-context", name_roles)
    app.connect("doctree-resolved", add_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
