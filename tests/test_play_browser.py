"""The pieces to play with, as a reader meets them: the real JupyterLab in a real Chromium, and no network.

How soon a piece reacts is measured inside the page: from the moment when the page hears the key, the click or the
slider until the picture that shows its effect is painted. On a machine that others use everything takes longer: so
before each reaction an errand that does nothing is timed in the same way, to the kernel and back and painted.
"""

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.browser import chromium, lab, new_page, open_notebook, screenshot, wait_for
from tools.course import NOTEBOOKS, read_notebook
from tools.run_notebooks import NOTEBOOK_METADATA

pytestmark = pytest.mark.browser

REACTION = 300  # ms, the bar for the median of a piece, on a machine that does nothing else
TIMES = 10  # or so many times what the shortest way to the kernel and back takes at the same moment, if that is more
NAME = "play.ipynb"
EXPLORER = "[data-piece=grid-explorer]"
IMPORTS = """
from types import SimpleNamespace
import numpy as np
from helpers.network import values_in_numpy
from helpers.play.buffer_window import show_buffer_window
from helpers.play.duel import opponents_of, show_duel
from helpers.play.grid_explorer import show_grid_explorer
from helpers.play.microscope import show_microscope
from helpers.records import load_record

record, provenance = load_record("data/plain_dqn.npz")
layers = [(record[f"weights_100000/{k}"], record[f"weights_100000/{k + 1}"]) for k in (0, 2, 4)]

class Recorded:
    config = SimpleNamespace(**provenance["config"])
    obs_scale = np.array(provenance["config"]["obs_scale"], np.float32)

    def act(self, obs, explore=True):
        return int(values_in_numpy(layers, obs / self.obs_scale).argmax())

agent, SEED = Recorded(), 7
"""
GRID = "explorer = show_grid_explorer(0)"
GAME = """
table = load_record("data/table_on_cartpole.npz")
game = show_duel(opponents_of(agent, layers, table, 5, SEED), SEED)
"""
MICROSCOPE = """
untrained = [(np.random.default_rng(3).normal(size=(4, 2)), np.zeros(2))]
microscope = show_microscope({"before": untrained, "after": layers}, agent.obs_scale, agent.config.gamma, SEED)
"""
WINDOW = """
rng, whole = np.random.default_rng(0), [[size, 0.05, (size - 1) / 2] for size in (1000, 2000, 3000, 4000)]
rows = [np.column_stack([rng.uniform(-0.2, 0.2, 400), rng.normal(size=400), rng.random(400) < 0.05,
                         rng.integers(size, size=400)]) for size, *_ in whole]
window = show_buffer_window([1000, 2000, 3000, 4000], rows, whole, seed=0)
"""
PIECES = [
    (GRID, "04_learn_with_a_q_table.ipynb", "show_grid_explorer("),
    (GAME, "08_train_a_dqn.ipynb", "show_duel("),
    (MICROSCOPE, "08_train_a_dqn.ipynb", "show_microscope("),
    (WINDOW, "08_train_a_dqn.ipynb", "show_buffer_window("),
]
# Notes, for each event of one kind that the piece hears, how long it takes until an attribute of the piece is written
# ("data-answered" by an answer of the kernel, "data-step" by a step of the pole) and the next picture is painted.
WATCH = """
([selector, kind, attribute]) => {
    const root = document.querySelector(selector);
    window.reactions = [];
    let heard = null;
    root.addEventListener(kind, () => { heard ??= performance.now(); }, true);
    new MutationObserver(() => {
        if (heard === null) return;
        const began = heard;
        heard = null;
        requestAnimationFrame(() => setTimeout(() => window.reactions.push(performance.now() - began)));
    }).observe(root, {attributeFilter: [attribute]});
}
"""
# How long it takes to ask the kernel for nothing, and to paint the next picture.
ERRAND = """
async () => {
    const began = performance.now(), kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    await kernel.requestExecute({code: '', silent: true, store_history: false}).done;
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - began;
}
"""


def stored_cell(name, call):
    """The cell tagged `play` of a notebook of the course that calls a piece, as it is stored."""
    cells = [cell for cell in read_notebook(NOTEBOOKS / name).cells if "play" in cell.metadata.get("tags", [])]
    (cell,) = [cell for cell in cells if call in cell.source]
    return cell


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """The pieces in a notebook that nobody has trusted yet: each cell with the picture that the course stores."""
    cells = [new_code_cell(IMPORTS)]
    for source, name, call in PIECES:
        cells.append(new_code_cell(source, outputs=stored_cell(name, call).outputs, execution_count=1))
    cells.append(new_code_cell("print(explorer.world.agent.num_steps, game.played)"))
    with chromium() as browser, lab(tmp_path_factory.mktemp("play"), "00_start_here.ipynb") as server:
        nbformat.write(new_notebook(cells=cells, metadata=NOTEBOOK_METADATA), server.folder / "notebooks" / NAME)
        page = new_page(browser, viewport={"width": 1400, "height": 1200}, reduced_motion="no-preference")
        notebook = open_notebook(page, server, NAME)
        numbers = range(1, len(PIECES) + 1)
        for index in numbers:  # untrusted, not run: the still picture, described, and nothing live
            picture = notebook.shown(index).locator("img")
            wait_for(lambda picture=picture: picture.count() == 1, "the still picture is not shown")
            assert picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 500
            assert "Run the cell" in notebook.text(index)
        assert page.locator(".play").count() == 0
        screenshot(page, "play_untrusted")
        notebook.command("notebook:trust")
        page.locator(".jp-Dialog button", has_text="Trust").click()
        notebook.run_cells(0, *numbers)
        assert notebook.errors() == [] and page.console_errors == []
        for piece in ("duel", "microscope", "buffer-window"):
            page.wait_for_selector(f"[data-piece={piece}]", state="attached")
        yield notebook


@pytest.fixture(autouse=True)
def nothing_is_said_to_the_console(opened):
    yield
    assert opened.page.console_errors == [] and opened.page.foreign_requests == []


def keep(name, piece):
    """A screenshot of a piece alone."""
    piece.scroll_into_view_if_needed()
    screenshot(piece.page, name, clip=piece.bounding_box())


def reactions(page, selector, kind, attribute, act, number=24):
    """(2, number) ms: each reaction to `act(k)`, one after the other; and the errand before it."""
    page.evaluate(WATCH, [selector, kind, attribute])
    errands = []
    for k in range(number):
        errands.append(page.evaluate(ERRAND))
        act(k)
        wait_for(lambda k=k: page.evaluate("window.reactions.length") > k, f"no reaction to {kind} {k}", pause=0.02)
    return np.array([page.evaluate("window.reactions"), errands])


def report(name, milliseconds):
    """Print the reactions, and hold their median against the bar."""
    reaction, errand = np.median(milliseconds, axis=1)
    print(f"{name}: median {reaction:.0f} ms, worst {milliseconds[0].max():.0f} ms, an errand {errand:.0f} ms")
    assert reaction <= max(REACTION, TIMES * errand)


def test_the_grid_explorer_steps_runs_and_is_changed(opened):
    page, grid = opened.page, opened.page.locator("[data-piece=grid-explorer]")
    steps = lambda: int(grid.get_attribute("data-steps"))  # noqa: E731
    grid.locator("[data-do=advance]").click()
    wait_for(lambda: steps() == 1, "one step was not taken")
    assert "TD error" in grid.inner_text()
    grid.locator("[data-do=finish_episode]").click()
    wait_for(lambda: "1 episodes" in grid.inner_text(), "the episode did not end")

    grid.locator("input[name=speed]").fill("5")
    grid.locator("[data-do=run]").click()
    wait_for(lambda: steps() > 5_000, "it does not run")
    grid.locator("[data-do=run]").click()
    assert grid.get_attribute("data-running") == "false"

    wall = grid.locator('[data-cell="14"]')
    assert "free grass" in wall.get_attribute("aria-label")
    through = [line.evaluate("line => getComputedStyle(line).pointerEvents") for line in grid.locator("svg line").all()]
    assert set(through) == {"none"}  # else a click on the mark of the last step misses the cell below it
    wall.click()
    wait_for(lambda: "wall" in wall.get_attribute("aria-label"), "no wall was built")
    keep("play_grid", grid)

    page.keyboard.press("ArrowRight")  # with keys: one cell further, a pit there
    grid.locator("[data-tool=X]").focus()
    page.keyboard.press("Enter")
    grid.locator('[data-cell="20"]').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    wait_for(lambda: "pit" in grid.locator('[data-cell="21"]').get_attribute("aria-label"), "no pit was dug")
    grid.locator('[data-cell="18"]').click()
    wait_for(lambda: "needs a place to start" in grid.inner_text(), "the reader is not told why not")
    assert opened.errors() == []


def test_the_grid_explorer_reacts_at_once(opened):
    page = opened.page
    gamma = page.locator("[data-piece=grid-explorer] input[name=gamma]")
    gamma.focus()
    slides = reactions(page, EXPLORER, "input", "data-answered", lambda k: page.keyboard.press("ArrowLeft"))
    report("slider", slides)
    assert float(gamma.input_value()) == pytest.approx(0.95 - 0.24)
    step = page.locator("[data-piece=grid-explorer] [data-do=advance]")
    report("one step", reactions(page, EXPLORER, "click", "data-answered", lambda k: step.click()))


def test_the_game_is_played_with_keys(opened):
    page, game = opened.page, opened.page.locator("[data-piece=duel]")
    look = game.get_attribute
    game.locator(".play-field").click()
    page.keyboard.press(" ")
    assert look("data-phase") == "countdown" and look("data-step") == "0"
    page.keyboard.down("ArrowRight")  # before it begins: a busy machine would let the pole balance for a while
    wait_for(lambda: look("data-action") == "1", "the key was not heard")
    keep("play_game", game)
    wait_for(lambda: look("data-phase") == "over", "the pole does not fall")
    page.keyboard.up("ArrowRight")
    assert 8 <= int(look("data-step")) < 12  # always to the same side
    wait_for(lambda: "You: " in game.inner_text() and "DQN 500" in game.inner_text(), "no result is told")
    opened.run_cells(len(PIECES) + 1)
    assert f"'return': {look('data-step')}" in opened.text(len(PIECES) + 1)
    keep("play_over", game)


def test_the_game_reacts_at_once_and_waits_for_who_needs_time(opened):
    page, game = opened.page, opened.page.locator("[data-piece=duel]")
    game.locator("select").nth(1).select_option("0")  # one step for each key
    game.locator(".play-field").click()
    page.keyboard.press(" ")
    wait_for(lambda: game.get_attribute("data-phase") == "play", "it does not begin")
    times = reactions(
        page,
        "[data-piece=duel]",
        "keydown",
        "data-step",
        lambda k: page.keyboard.press(("ArrowLeft", "ArrowRight")[k % 2]),
    )
    report("key", times)
    assert int(game.get_attribute("data-step")) == 24  # as many steps as keys, and the pole still stands


def test_an_agent_can_be_watched_with_buttons_alone(opened):
    page, game = opened.page, opened.page.locator("[data-piece=duel]")
    game.locator("select").nth(0).select_option("random")
    game.locator("select").nth(1).select_option("1")
    game.locator("[data-do=start]").click()
    wait_for(lambda: game.get_attribute("data-phase") == "over", "the watched episode does not end")
    assert "The random agent, watched" in game.inner_text()
    game.locator("select").nth(0).select_option("you")
    game.locator("[data-do=start]").click()
    wait_for(lambda: game.get_attribute("data-phase") == "play", "the countdown does not end")
    box = game.locator('[data-push="0"]').bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    wait_for(lambda: game.get_attribute("data-held") == "0" or game.get_attribute("data-phase") == "over", "not heard")
    page.mouse.up()
    wait_for(lambda: game.get_attribute("data-phase") == "over", "the pole does not fall")


def test_the_microscope_goes_through_an_episode(opened):
    """With keys, buttons, the slider: each step's numbers; what a fall stores, and what the clock does not."""
    page, piece = opened.page, opened.page.locator("[data-piece=microscope]")
    look, do = piece.get_attribute, lambda name: piece.locator(f"[data-do={name}]").click()
    piece.locator(".play-field").click()
    times = reactions(
        page,
        "[data-piece=microscope]",
        "keydown",
        "data-step",
        lambda k: page.keyboard.press(("ArrowRight", "End")[k // 7]),
        8,
    )
    report("microscope", times)
    last = int(look("data-step"))
    assert 7 < last < 100 and look("data-stored") == "1"
    assert "× (1 − 1) ×" in piece.inner_text() and "terminated = 1" in piece.inner_text()
    do("back")
    assert (look("data-step"), look("data-stored")) == (str(last - 1), "0") and "× (1 − 0) ×" in piece.inner_text()

    piece.locator("select").select_option("1")  # after training: cut by the clock
    assert (look("data-episode"), look("data-step")) == ("1", "0")
    piece.locator("input[name=step]").focus()
    page.keyboard.press("ArrowRight")
    assert look("data-step") == "1"
    keep("play_microscope", piece)
    do("last")
    assert (look("data-step"), look("data-stored"), look("data-truncated")) == ("499", "0", "1")
    assert (
        "truncated is not stored" in piece.inner_text() and "Had we stored the end as terminated" in piece.inner_text()
    )
    do("largest")
    assert piece.locator("input[name=step]").input_value() == look("data-step") != "499"
    assert opened.errors() == []


def test_the_buffer_window_moves_through_training_and_draws(opened):
    page, piece = opened.page, opened.page.locator("[data-piece=buffer-window]")
    moment, shown = piece.locator("input[name=moment]"), lambda mark: piece.locator(f".play-field g {mark}").count()
    moment.focus()
    window, keys = "[data-piece=buffer-window]", ("ArrowLeft", "ArrowRight")
    press = lambda k: page.keyboard.press(keys[k % 2 - 1])  # noqa: E731
    report("buffer window", reactions(page, window, "input", "data-answered", press, 7))
    assert piece.get_attribute("data-at") == "1" and "2,000 transitions" in piece.inner_text()
    marks = shown("circle"), shown("path")
    assert sum(marks) == 400 and 5 < marks[1] < 60  # a cross for each that was terminated
    draw = piece.locator("[data-do=draw]")
    report("draw", reactions(page, window, "click", "data-answered", lambda k: draw.click(), 6))
    assert shown("circle") == marks[0] + 64 and shown("path") == marks[1]
    assert "Of 6 batches so far" in piece.inner_text()
    keep("play_buffer", piece)
    moment.press("End")
    wait_for(lambda: piece.get_attribute("data-at") == "3", "it does not go to the end")
    assert shown("circle") + shown("path") == 400 and "None drawn yet" in piece.inner_text()
    assert opened.errors() == []
