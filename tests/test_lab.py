"""The course in the real JupyterLab, in a real browser, as a reader has it: `make lab`, look, Run All, Stop, go on."""

import re
from time import sleep

import pytest

from tests.browser import Notebook, chromium, lab, new_page, open_notebook, screenshot
from tools.course import NOTEBOOKS, read_notebook

pytestmark = pytest.mark.browser

START = "00_start_here.ipynb"
DQN = "08_train_a_dqn.ipynb"
LESSONS = ["04_learn_with_a_q_table.ipynb", "13_make_it_reliable.ipynb"]
NOT_COMPARED = ("image/", "application/vnd.jupyter.widget-view+json")  # pictures, and the address of a live widget
BAR = re.compile(r"(\d+)%\|")
BARS_SHOWN = """
() => [...document.querySelectorAll('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-OutputArea-output pre')]
    .map(shown => shown.textContent).filter(text => /\\d+%\\|/.test(text)).join('\\n')
"""
WATCH_BARS = f"""
() => {{
    const look = {BARS_SHOWN.strip()};
    window.barsSeen = [];
    window.barsWatch?.disconnect();
    window.barsWatch = new MutationObserver(() => {{
        const shown = look();
        if (shown && shown !== window.barsSeen.at(-1)) window.barsSeen.push(shown);
    }});
    window.barsWatch.observe(document.body, {{subtree: true, childList: true, characterData: true}});
}}
"""


@pytest.fixture(scope="module")
def page_and_server(tmp_path_factory):
    """One JupyterLab on a copy of the course, and one page in which nothing is open yet."""
    with chromium() as browser, lab(tmp_path_factory.mktemp("lab")) as server:
        page = new_page(browser)
        page.requests = []
        page.on("request", lambda request: page.requests.append(request.url))
        yield page, server


@pytest.fixture
def opened(page_and_server, request):
    """The notebook that the test asks for, open and idle; afterwards its kernel is shut down, to make room.

    In every test of this file: nothing on the browser's console, and no request to another machine.
    """
    page, server = page_and_server
    page.console_errors.clear()
    notebook = open_notebook(page, server, request.param)
    yield notebook
    told = [*page.console_errors], [*page.foreign_requests]
    notebook.close()
    assert told == ([], [])


def told(outputs) -> list[tuple[str, str]]:
    """What a cell says in words, as nbval compares it: (kind, text); pictures by their description.

    A stream is what the reader sees of it in the end: a line that was written over, as a progress bar is, does not
    count, nor do blanks at the end of a line.
    """
    found = []
    for output in outputs:
        if output["output_type"] == "stream":
            lines = "".join(output["text"]).split("\n")
            found.append((output["name"], "\n".join(line.rpartition("\r")[2].rstrip() for line in lines).strip("\n")))
        elif output["output_type"] == "error":
            found.append(("error", f"{output['ename']}: {output['evalue']}"))
        else:
            data = sorted(output["data"].items())
            found += [(kind, "".join(text)) for kind, text in data if not kind.startswith(NOT_COMPARED)]
    return [(kind, text) for kind, text in found if text]


def code_cells(name: str) -> list:
    """The code cells as they are stored."""
    return [cell for cell in read_notebook(NOTEBOOKS / name).cells if cell.cell_type == "code"]


def watch_bars(notebook: Notebook) -> None:
    """From now on the page notes every progress bar that it shows; looking now and then would miss quick ones."""
    notebook.page.evaluate(WATCH_BARS)


def bars_seen(notebook: Notebook) -> list[str]:
    """What the page has noted."""
    return notebook.page.evaluate("window.barsSeen")


def bar_shown(notebook: Notebook) -> str:
    """The progress bars that the reader sees now."""
    return notebook.page.evaluate(BARS_SHOWN)


def percents(seen: list[str]) -> list[int]:
    """How far the bars were, each time that one was seen."""
    return [int(percent) for text in seen for percent in BAR.findall(text)]


# --- the first look -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("opened", [START], indirect=True)
def test_the_first_open_is_calm(opened):
    page = opened.page
    page.wait_for_selector(".jp-TableOfContents .jp-tocItem")
    headings = page.locator(".jp-TableOfContents .jp-tocItem-heading").all_inner_texts()
    cells = read_notebook(NOTEBOOKS / START).cells
    written = [line for cell in cells if cell.cell_type == "markdown" for line in cell.source.splitlines()]
    assert headings == [line.lstrip("# ") for line in written if re.match("#+ ", line)]
    sleep(2)  # a pop-up would come by now
    screenshot(page, "first_open")
    assert page.locator(".jp-TableOfContents").is_visible()
    assert page.locator(".Toastify__toast, .jp-Dialog, .jp-toastContainer [role=alert]").count() == 0
    assert not [url for url in page.requests if "/lab/api/news" in url or "/lab/api/update" in url]


@pytest.mark.parametrize("opened", [START], indirect=True)
def test_an_untrusted_notebook_shows_its_figures_before_it_runs(opened):
    page = opened.page
    assert not page.evaluate("jupyterapp.shell.currentWidget.content.widgets.some(w => w.model.trusted)")
    stored = [index for index, cell in enumerate(code_cells(START)) if "image/png" in str(cell.outputs)]
    assert stored
    for index in stored:
        picture = opened.shown(index).locator("img")
        picture.scroll_into_view_if_needed()
        assert picture.is_visible()
        assert picture.evaluate("image => image.complete && image.naturalWidth > 100")
    screenshot(page, "untrusted")


@pytest.mark.parametrize("opened", [START], indirect=True)
def test_the_notebooks_are_listed_in_their_order(opened):
    page = opened.page
    page.evaluate("jupyterapp.commands.execute('filebrowser:activate')")
    page.wait_for_selector(".jp-DirListing-item")
    listed = page.locator(".jp-DirListing-itemText").all_inner_texts()
    screenshot(page, "notebooks_listed")
    page.evaluate("jupyterapp.commands.execute('toc:show-panel')")
    assert listed == ["data", *sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))]


# --- Run All --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("opened", [START, *LESSONS], indirect=True, ids=lambda name: name[:2])
def test_run_all(opened):
    run_all(opened)


def run_all(notebook: Notebook) -> None:
    """Run All: no error, the stored outputs come again, and the progress bars were seen moving and have gone."""
    watch_bars(notebook)
    notebook.run_all()
    screenshot(notebook.page, f"{notebook.name[:2]}_after_run_all")
    assert_as_stored(notebook, range(1, len(notebook.cells()) + 1))
    assert len(set(percents(bars_seen(notebook)))) >= 3 or notebook.name == START, "No progress bar was seen moving."


def assert_as_stored(notebook: Notebook, counts) -> None:
    """No error, every cell has run in this order and says what it is stored with, and no bar was left standing."""
    assert notebook.errors() == []
    cells = notebook.cells()
    assert [cell["count"] for cell in cells] == list(counts)
    for stored, now in zip(code_cells(notebook.name), cells, strict=True):
        if "nbval-ignore-output" not in now["tags"]:
            assert told(now["outputs"]) == told(stored.outputs), now["source"]
    assert not bar_shown(notebook), "A progress bar was left standing."


# --- Stop -----------------------------------------------------------------------------------------------------------


def index_of(cells: list, beginning: str) -> int:
    """The code cell that begins so."""
    (index,) = [index for index, cell in enumerate(cells) if cell["source"].startswith(beginning)]
    return index


@pytest.mark.parametrize("opened", [DQN], indirect=True)
def test_stopped_in_the_middle_of_training_and_nothing_is_lost(opened):
    """Notebook 08 is run down to its training, stopped on the way to 100,000 env steps, and run from there to its end.

    The cell after it compares the whole run with the recorded one, to the bit where the processor is of the same type.
    """
    stored = code_cells(DQN)
    training = index_of(stored, "history = train(env, agent, NUM_STEPS, SEED, history=history")
    opened.run_above(training)
    watch_bars(opened)
    opened.shown(training + 1).scroll_into_view_if_needed()
    opened.start_cell(training)
    opened.wait(lambda: max(percents(bars_seen(opened)), default=0) >= 40)
    opened.interrupt()  # at once: a picture first may take longer than the training, where many share the machine
    opened.wait_for_command()
    screenshot(opened.page, "08_stopped")
    stopped = opened.text(training)
    steps = re.search(r"Stopped after ([\d,]+) of 100,000 env steps", stopped)
    assert steps and 39_500 <= int(steps[1].replace(",", "")) < 100_000, stopped
    assert opened.errors() == []
    assert len(set(percents(bars_seen(opened)))) >= 3, "No progress bar was seen moving."

    opened.run_from(training)
    screenshot(opened.page, "08_gone_on")
    assert_as_stored(opened, [*range(1, training + 1), *range(training + 2, len(stored) + 2)])
