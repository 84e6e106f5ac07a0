"""Figures are functions of an axis and arrays; nothing is shown without words."""

import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from helpers import plotting
from helpers.envs import MEADOW, MEADOW_RULES, GridWorld, actions_of, terminal_states


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def test_runs_draw_each_seed_and_the_mean(ax):
    curves = np.array([[0.0, 2.0, 4.0], [2.0, 4.0, 6.0]])
    assert plotting.plot_runs(ax, [0, 1, 2], curves, "agent", colour="red") is ax
    drawn = [line.get_ydata().tolist() for line in ax.lines]
    assert drawn == [[1, 3, 5], [0, 2, 4], [2, 4, 6]]
    assert ax.get_legend_handles_labels()[1] == ["agent (mean of 2 seeds)"]
    assert {to_rgb(line.get_color()) for line in ax.lines} == {to_rgb("red")}


def test_runs_with_a_band(ax):
    low, high = np.array([-1.0, -2.0]), np.array([1.0, 3.0])
    plotting.plot_runs(ax, [0, 1], np.zeros((5, 2)), "agent", band=(low, high))
    assert len(ax.lines) == 1
    (drawn,) = ax.collections
    assert {tuple(corner) for corner in drawn.get_paths()[0].vertices} == {(0, -1), (1, -2), (1, 3), (0, 1)}


def test_a_band_of_another_length_is_refused(ax):
    with pytest.raises(ValueError, match=r"`band` must be two edges of 2 numbers.*its shape was \(2, 3\)"):
        plotting.plot_runs(ax, [0, 1], np.zeros((5, 2)), "agent", band=(np.zeros(3), np.ones(3)))


def test_figures_need_neither_statistics_nor_workers():
    """They draw what they are given; SciPy and loky take a second to load."""
    command = "import sys, helpers.plotting; print(sorted({'scipy.stats', 'loky', 'ray'} & set(sys.modules)))"
    finished = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert finished.stdout == "[]\n"


def test_runs_of_another_length_are_refused(ax):
    with pytest.raises(ValueError, match=r"T = 3, the length of `x`; its shape was \(2, 4\)"):
        plotting.plot_runs(ax, [0, 1, 2], np.zeros((2, 4)), "agent")


def test_grid_writes_every_visible_value_and_no_other(ax):
    hidden = np.array([False, True, False, False])
    assert plotting.plot_grid(ax, [0.25, 9, -1, 2], (2, 2), hidden=hidden) is ax
    assert [text.get_text() for text in ax.texts] == ["0.25", "-1.00", "2.00"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("column", "row")


def test_arrows_are_those_of_the_world(ax):
    world = GridWorld(MEADOW, **MEADOW_RULES)
    hidden = terminal_states(world.P, world.R)
    plotting.plot_arrows(ax, np.full(24, 3), world.shape, actions_of(world), hidden=hidden)
    assert {text.get_text() for text in ax.texts} == {"↑"}
    assert len(ax.texts) == (~hidden).sum()


def test_best_actions_have_arrows_and_those_that_are_equally_good_have_two(ax):
    """Where all actions are alike nothing is known, and nothing is drawn; a hidden state has none either."""
    q = np.array([[0, 1, 0, 0], [0, 0, 2, 2], [3, 3, 3, 3], [0, 5, 0, 0]], float)
    world = GridWorld(["S.", ".."])
    hidden = np.array([False, False, False, True])
    assert plotting.plot_best_actions(ax, q, (2, 2), actions_of(world), hidden=hidden) is ax
    ways = [tuple(np.sign(np.subtract(arrow.xy, arrow.get_position())).astype(int)) for arrow in ax.texts]
    places = [tuple(np.round(arrow.get_position()).astype(int)) for arrow in ax.texts]
    assert ways == [(0, 1), (1, 0), (0, -1)]  # down from (0, 0); right and up from (1, 0)
    assert places == [(0, 0), (1, 0), (1, 0)]


def test_letters_mark_what_is_no_free_cell(ax):
    plotting.plot_letters(ax, np.array([list("S.G"), list("#XF")]))
    assert [text.get_text() for text in ax.texts] == ["G", "#", "X"]


def test_reference_line_is_named(ax):
    plotting.reference_line(ax, 475, "solved: 475")
    assert ax.lines[0].get_ydata() == [475, 475]
    assert ax.get_legend_handles_labels()[1] == ["solved: 475"]


@pytest.mark.parametrize("alt", ["", "   "])
def test_a_figure_needs_words(ax, alt):
    with pytest.raises(ValueError, match="A figure needs `alt`"):
        plotting.show(ax.figure, alt)


def test_show_gives_png_with_alternative_text_and_closes_the_figure(ax, monkeypatch):
    shown = []
    monkeypatch.setattr(plotting, "display", lambda data, **kwargs: shown.append((data, kwargs)))
    plotting.show(ax.figure, "An empty figure.")
    ((data, kwargs),) = shown
    assert data["image/png"].startswith(b"\x89PNG")
    assert data["text/plain"] == "An empty figure."
    assert kwargs["metadata"] == {"image/png": {"alt": "An empty figure."}}
    assert not plt.fignum_exists(ax.figure.number)


def test_colours_can_be_told_apart_by_colour_blind_readers():
    """Red and green cones mixed up (deuteranopia, Vienot et al. 1999): all pairs differ in what is left."""
    seen = []
    for colour in plotting.COLOURS.values():
        red, green, blue = np.array(to_rgb(colour)) ** 2.2
        seen.append([0.29 * red + 0.71 * green, blue])
    distances = [np.hypot(*np.subtract(a, b)) for i, a in enumerate(seen) for b in seen[:i]]
    assert min(distances) > 0.06


def test_style_is_packaged():
    with plt.rc_context():
        plotting.use_style()
        assert plt.rcParams["figure.figsize"] == [7, 3.6]


@settings(max_examples=20)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_curves_are_drawn_or_refused(num_seeds, length, length_of_x):
    figure, ax = plt.subplots()
    if length == length_of_x:
        plotting.plot_runs(ax, np.arange(length_of_x), np.zeros((num_seeds, length)), "agent")
        assert len(ax.lines) == num_seeds + 1
    else:
        with pytest.raises(ValueError, match=rf"T = {length_of_x}, the length of `x`; its shape was"):
            plotting.plot_runs(ax, np.arange(length_of_x), np.zeros((num_seeds, length)), "agent")
    plt.close(figure)


@settings(max_examples=20)
@given(st.integers(1, 3), st.integers(1, 3), st.data())
def test_each_visible_cell_has_its_number_and_its_arrow(rows, columns, data):
    size = rows * columns
    hidden = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    hidden[0] = False
    actions = np.array(data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size)))
    world = GridWorld(["S" * columns] * rows)
    figure, ax = plt.subplots()
    plotting.plot_grid(ax, np.linspace(-1, 1, size), (rows, columns), hidden=hidden)
    plotting.plot_arrows(ax, actions, (rows, columns), actions_of(world), hidden=hidden)
    plotting.reference_line(ax, 0.5, "a line")
    assert len(ax.texts) == 2 * (~hidden).sum()
    plt.close(figure)


@given(st.text(alphabet=" \n\t", max_size=4))
def test_a_figure_without_words_is_refused(blank):
    with pytest.raises(ValueError, match="needs `alt`"):
        plotting.show(None, blank)
