"""Real headless Chromium, and the real JupyterLab in it, for tests.

    def test_something(tmp_path):
        with chromium() as browser, lab(tmp_path, "08_train_a_dqn.ipynb") as server:
            page = new_page(browser)                       # remembers console errors and foreign requests
            notebook = open_notebook(page, server, "08_train_a_dqn.ipynb")
            notebook.run_all()
            assert not notebook.errors() and not page.console_errors and not page.foreign_requests
            screenshot(page, "08")

Every test that uses this carries `@pytest.mark.browser`; where there is no Chromium it is skipped, and says so.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tools.course import NOTEBOOKS, ROOT

SCREENSHOTS = ROOT / "tests" / "screenshots"  # not in git: to be looked at after a run
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu"]
HERE = {"127.0.0.1", "localhost", "[::1]", "::1", ""}
PATIENCE = 600  # s; for what hangs: on the busiest machine nothing that is waited for takes that long
LOCAL_SCHEMES = {"file", "data", "blob", "about"}


# --- the browser ----------------------------------------------------------------------------------------------------


def find_chromium() -> str | None:
    """Path of a Chromium: what the variable CHROMIUM names, else the first of its usual names on the PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium; the test is skipped where there is none."""
    executable = find_chromium()
    if executable is None:
        pytest.skip(f"There is no Chromium here (looked for {', '.join(NAMES)} and the variable CHROMIUM): install it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def new_page(browser: Browser, **options) -> Page:
    """A page in a context of its own. `page.console_errors` and `page.foreign_requests` are lists that fill up.

    options: of Playwright's `Browser.new_context`, such as `viewport={"width": 390, "height": 844}` or
        `color_scheme="dark"`.
    A foreign request is one to another host than this machine; it is aborted and noted as its URL.
    """
    page = browser.new_context(**({"viewport": {"width": 1400, "height": 900}} | options)).new_page()
    page.set_default_timeout(1_000 * PATIENCE)
    page.console_errors, page.foreign_requests = [], []
    page.on("console", lambda message: message.type == "error" and page.console_errors.append(_told(message)))
    page.on("pageerror", lambda error: page.console_errors.append(f"uncaught: {error}"))
    page.on("websocket", lambda socket: _is_foreign(socket.url) and page.foreign_requests.append(socket.url))

    def pass_on(route):
        if _is_foreign(route.request.url):
            page.foreign_requests.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.context.route("**/*", pass_on)
    return page


def _told(message) -> str:
    """A console message with the place that it came from."""
    return f"{message.text} ({message.location.get('url', '')}:{message.location.get('lineNumber', '')})"


def _is_foreign(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in LOCAL_SCHEMES and (parts.hostname or "") not in HERE


def screenshot(page: Page, name: str, **options) -> Path:
    """Keep what the page shows as tests/screenshots/NAME.png; options of Playwright's `Page.screenshot`."""
    SCREENSHOTS.mkdir(exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=path, **options)
    return path


# --- JupyterLab -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lab:
    """A running server: `url` has no slash at its end; `folder` is the copy of the course that it serves."""

    url: str
    token: str
    folder: Path
    process: subprocess.Popen
    log: list[str]  # its lines so far

    def address(self, path: str = "") -> str:
        """Where a browser opens a file of the copy, such as "notebooks/00_start_here.ipynb", or the launcher."""
        place = f"/tree/{quote(path)}" if path else ""
        return f"{self.url}/lab{place}?token={self.token}"


@contextmanager
def lab(folder: Path, *names: str) -> Iterator[Lab]:
    """`make lab` of a copy of the course in `folder`: own port, own token, nobody's personal settings.

    names: the notebooks to copy (default: all of them), beside notebooks/data. The kernels use this very environment.
    Ends the server and its kernels when the block ends. Raises AssertionError with its log if it does not answer.
    """
    if shutil.which("make") is None:
        pytest.skip("There is no make here; the README has a way without, which this test does not take.")
    course = copy_course(folder / "course", *names)
    port, token = free_port(), os.urandom(24).hex()
    options = f"--no-browser --ServerApp.port={port} --ServerApp.port_retries=0 --IdentityProvider.token={token}"
    # `-o`: the environment that runs this test is installed already, by whatever means.
    command = ["make", "-o", f"{sys.prefix}/.installed-from-the-lock", "lab", f"VENV={sys.prefix}"]
    command.append(f"ARGS={options} --LabApp.expose_app_in_browser=True")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=course, env=own_settings(folder), start_new_session=True, **pipes) as process:
        server = Lab(f"http://127.0.0.1:{port}", token, course, process, [])
        reader = threading.Thread(target=lambda: server.log.extend(process.stdout), daemon=True)
        reader.start()
        try:
            _wait_for_answer(server)
            yield server
        finally:
            _end(server)
            reader.join(10)


def copy_course(folder: Path, *names: str) -> Path:
    """What `make lab` needs, in another folder, so that no test writes into the reader's notebooks."""
    (folder / "notebooks").mkdir(parents=True)
    for name in names or [path.name for path in NOTEBOOKS.glob("*.ipynb")]:
        shutil.copy(NOTEBOOKS / name, folder / "notebooks")
    shutil.copytree(NOTEBOOKS / "data", folder / "notebooks" / "data")
    shutil.copytree(ROOT / "docs" / "lab", folder / "docs" / "lab")
    for name in ("Makefile", "pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, folder)
    return folder


def own_settings(folder: Path) -> dict[str, str]:
    """The surroundings of a reader who starts JupyterLab for the first time."""
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "IPYTHONDIR": "ipython",
    }
    ours = {name: value for name, value in os.environ.items() if name != "TQDM_DISABLE"}  # a reader sees the bars
    return ours | {name: str(folder / place) for name, place in places.items()}


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for_answer(server: Lab) -> None:
    wait_for(lambda: _answers(server), lambda: "JupyterLab did not answer:\n" + "".join(server.log))


def _answers(server: Lab) -> bool:
    assert server.process.poll() is None, "JupyterLab ended:\n" + "".join(server.log)
    with suppress(urllib.error.URLError, OSError):
        return urllib.request.urlopen(f"{server.url}/api/status?token={server.token}", timeout=10).status == 200
    return False


def _end(server: Lab) -> None:
    """Ask the server to shut its kernels down and end; then end whatever is left of its process group."""
    with suppress(OSError):
        request = urllib.request.Request(f"{server.url}/api/shutdown?token={server.token}", method="POST")
        urllib.request.urlopen(request, timeout=10).close()
    with suppress(subprocess.TimeoutExpired):
        server.process.wait(15)
    with suppress(ProcessLookupError):
        os.killpg(server.process.pid, signal.SIGKILL)


def wait_for(condition: Callable[[], object], message: str | Callable[[], str], pause: float = 0.2):
    """What `condition()` gives once that is true; AssertionError with the message where it never becomes so."""
    deadline = monotonic() + PATIENCE
    while not (value := condition()):
        if monotonic() > deadline:
            raise AssertionError(message() if callable(message) else message)
        sleep(pause)
    return value


# --- a notebook in JupyterLab ---------------------------------------------------------------------------------------

_CELLS = """
() => jupyterapp.shell.currentWidget.content.widgets.filter(w => w.model.type === 'code').map(w => ({
    source: w.model.sharedModel.source, count: w.model.executionCount, tags: w.model.getMetadata('tags') ?? [],
    outputs: w.model.outputs.toJSON()}))
"""
_IS_SHOWN = """
path => typeof jupyterapp !== 'undefined' && jupyterapp.shell.currentWidget?.context?.path === path
    && document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell') !== null
"""
_STATUS = "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status ?? 'none'"


@dataclass
class Notebook:
    """The notebook in the page's current tab."""

    page: Page
    name: str

    def cells(self) -> list[dict]:
        """Each code cell as it is now: `source`, `count` (None: not run), `tags`, `outputs` as nbformat has them."""
        return self.page.evaluate(_CELLS)

    def status(self) -> str:
        """The kernel's: "idle", "busy", "starting", ..., "none"."""
        return self.page.evaluate(_STATUS)

    def command(self, name: str, **arguments) -> None:
        """Start one of JupyterLab's commands, as its menus do, without waiting for its end."""
        self.page.evaluate(
            """([name, given]) => {
                window.commandEnded = false;
                jupyterapp.commands.execute(name, given).finally(() => { window.commandEnded = true; });
            }""",
            [name, arguments],
        )

    def wait_for_command(self) -> None:
        """Until the command started last has ended: for one that runs cells, until they have run or one has failed."""
        self.wait(lambda: self.page.evaluate("window.commandEnded"))

    def run_all(self) -> None:
        """Run all cells and wait until the last one has run or one has failed."""
        self.command("notebook:run-all-cells")
        self.wait_for_command()

    def run_cells(self, *indices: int) -> None:
        """Run these code cells (0: the first one), one after the other, each to its end."""
        for index in indices:
            self.start_cell(index)
            self.wait_for_command()

    def start_cell(self, index: int) -> None:
        """Select the code cell (0: the first one), run it, and do not wait for its end."""
        self.select(index)
        self.command("notebook:run-cell")

    def run_above(self, index: int) -> None:
        """Run all cells above this code cell."""
        self.select(index)
        self.command("notebook:run-all-above")
        self.wait_for_command()

    def run_from(self, index: int) -> None:
        """Run this code cell and all below it."""
        self.select(index)
        self.command("notebook:run-all-below")
        self.wait_for_command()

    def select(self, index: int) -> None:
        """Make this code cell (0: the first one) the only one that is selected."""
        self.page.evaluate(
            """index => {
                const content = jupyterapp.shell.currentWidget.content;
                const code = content.widgets.filter(w => w.model.type === 'code');
                content.activeCellIndex = content.widgets.indexOf(code[index]);
                content.deselectAll();
            }""",
            index,
        )

    def set_source(self, index: int, source: str) -> None:
        """Write into the code cell, as a reader who answers an exercise."""
        self.page.evaluate(
            """([index, source]) => {
                const code = jupyterapp.shell.currentWidget.content.widgets.filter(w => w.model.type === 'code');
                code[index].model.sharedModel.setSource(source);
            }""",
            [index, source],
        )

    def interrupt(self) -> None:
        """The stop button."""
        self.page.evaluate("() => { jupyterapp.commands.execute('notebook:interrupt-kernel'); }")

    def wait(self, condition: Callable[[], object]):
        """What `condition()` gives once that is true; AssertionError that says where the notebook stands otherwise."""

        def message():
            cells = self.cells()
            ran = sum(cell["count"] is not None for cell in cells)
            return f"{self.name}: after {PATIENCE} s {ran} of {len(cells)} code cells have run, {self.status()}"

        return wait_for(condition, message, pause=0.1)

    def errors(self) -> list[str]:
        """What the cells raised, as "NameError: name 'x' is not defined"."""
        outputs = [output for cell in self.cells() for output in cell["outputs"]]
        return [f"{o['ename']}: {o['evalue']}" for o in outputs if o["output_type"] == "error"]

    def text(self, index: int) -> str:
        """What the code cell printed, and its value as text, without colours."""
        parts = []
        for output in self.cells()[index]["outputs"]:
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            parts.append(text if isinstance(text, str) else "".join(text))
        return re.sub(r"\x1b\[[0-9;]*m", "", "".join(parts))

    def shown(self, index: int):
        """Playwright's locator of the code cell as the reader sees it: `.locator("img")`, `.click()`, ..."""
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell").nth(index)

    def close(self) -> None:
        """Shut the kernel down and close the tab, without saving."""
        self.page.evaluate(
            """async () => {
                const widget = jupyterapp.shell.currentWidget;
                await widget.sessionContext.shutdown();
                widget.context.model.dirty = false;
                widget.close();
            }"""
        )


def open_notebook(page: Page, server: Lab, name: str) -> Notebook:
    """Open notebooks/NAME of the server's copy as a reader does, and wait until its kernel is idle.

    The first one by its address, as `make lab` does; in a page that shows JupyterLab already, in one more tab.
    """
    path = f"notebooks/{name}"
    if page.url.startswith(server.url):
        page.evaluate("path => { jupyterapp.commands.execute('docmanager:open', {path}); }", path)
    else:
        page.goto(server.address(path))
    page.wait_for_function(_IS_SHOWN, arg=path)
    notebook = Notebook(page, name)
    wait_for(lambda: notebook.status() == "idle", lambda: f"{name}: the kernel is {notebook.status()}")
    return notebook
