"""Something to play with, and what stands in for it where nothing is live: one output, two faces.

JupyterLab with a running kernel shows the widget. A page on the web, a notebook that nobody has run or trusted, and a
reader without a mouse or eyes get the fallback. `tools/run_notebooks.py` leaves the widget's address out of what is
stored, since it means nothing to another kernel; the fallback stays.
"""

from IPython.display import display

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def show_live(widget, text: str, html: str | None = None, png: bytes | None = None) -> None:
    """Show a widget (ipywidgets, anywidget), with its stand-ins in the same output.

    widget: the live piece; None shows the stand-ins alone.
    text: what there is to see and to learn, in words; the description of the picture if there is one.
    html: a still version, without scripts: they do not run in an untrusted notebook.
    png: a still picture.
    """
    if not text.strip():
        raise ValueError("A live piece needs `text`: one or two sentences that say what it shows.")
    if html is not None and "<script" in html.lower():
        raise ValueError("`html` has a script, which does not run in an untrusted notebook: show the still version.")
    bundle: dict = {"text/plain": text}
    if html is not None:
        bundle["text/html"] = html
    if png is not None:
        bundle["image/png"] = png
    if widget is not None:
        bundle[WIDGET_VIEW] = view_of(widget)
    display(bundle, raw=True, metadata={"image/png": {"alt": text}} if png is not None else {})


def view_of(widget) -> dict:
    """The address by which a front end finds the widget in this kernel."""
    shown = getattr(widget, "_repr_mimebundle_", dict)()
    data = shown[0] if isinstance(shown, tuple) else shown
    if WIDGET_VIEW not in (data or {}):
        raise TypeError(f"`widget` must be a widget (ipywidgets or anywidget); it was a {type(widget).__name__}.")
    return data[WIDGET_VIEW]
