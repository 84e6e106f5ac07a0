"""A live piece shows its widget where there is a kernel, and its stand-ins everywhere else."""

import ipywidgets
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from helpers import live
from helpers.live import WIDGET_VIEW, show_live
from tools.course import read_notebook
from tools.run_notebooks import main


@pytest.fixture
def shown(monkeypatch):
    """What was displayed: (data, metadata)."""
    outputs = []
    monkeypatch.setattr(live, "display", lambda data, raw, metadata: outputs.append((data, metadata)))
    return outputs


def test_one_output_holds_the_widget_and_every_stand_in(shown):
    slider = ipywidgets.IntSlider()
    show_live(slider, "A slider.", html="<p>still</p>", png=b"picture")
    ((data, metadata),) = shown
    assert data[WIDGET_VIEW]["model_id"] == slider.model_id
    assert {**data, WIDGET_VIEW: 0} == {
        "text/plain": "A slider.",
        "text/html": "<p>still</p>",
        "image/png": b"picture",
        WIDGET_VIEW: 0,
    }
    assert metadata == {"image/png": {"alt": "A slider."}}


def test_without_a_widget_the_stand_in_is_shown(shown):
    show_live(None, "A slider.")
    assert shown == [({"text/plain": "A slider."}, {})]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((None, " "), ValueError, "needs `text`"),
        ((None, "A slider.", "<SCRIPT>1</SCRIPT>"), ValueError, "does not run in an untrusted notebook"),
        (("a string", "A slider."), TypeError, "it was a str"),
    ],
)
def test_what_cannot_be_shown_is_refused(shown, arguments, error, words):
    with pytest.raises(error, match=words):
        show_live(*arguments)
    assert not shown


def test_a_stored_notebook_holds_the_stand_in_alone(tmp_path):
    """The address of a widget means nothing to the next kernel: a reader would see an error in its place."""
    source = "import ipywidgets\nfrom helpers.live import show_live\nshow_live(ipywidgets.IntSlider(), 'A slider.')"
    path = tmp_path / "03_slide_a_slider.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source)]), path)
    assert main([str(path)]) == 0
    stored = read_notebook(path)
    assert [output.data for output in stored.cells[0].outputs] == [{"text/plain": "A slider."}]
    assert "widgets" not in stored.metadata and "model_id" not in path.read_text(encoding="utf-8")
