"""Backup diagrams show whose values a new value is made of."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.patches import Arc

from helpers.diagrams import KINDS, plot_backup, plot_chain

# kind: rings (states), filled dots (actions), arcs (maxima), the root included
PARTS = {
    "max": (3, 1 + 3 * 2, 3),
    "expected": (3, 1 + 3 * 2, 0),
    "sampled max": (1, 1 + 2, 1),
    "sampled": (1, 1 + 1, 0),
    "expected state": (1 + 2 * 2, 2, 0),
    "sampled state": (1 + 1, 1, 0),
}


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


@pytest.mark.parametrize("kind", KINDS)
def test_states_are_rings_actions_are_filled_and_a_maximum_has_an_arc(ax, kind):
    assert plot_backup(ax, kind, "A title") is ax
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    rings = [dot for dot in dots if dot.get_markerfacecolor() == "white"]
    arcs = [patch for patch in ax.patches if isinstance(patch, Arc)]
    assert (len(rings), len(dots) - len(rings), len(arcs)) == PARTS[kind]
    edges = len(ax.lines) - len(dots)
    assert edges == len(dots) - 1, "each but the root hangs from one other"
    assert ax.get_title(loc="center") == "A title"
    heights = [dot.get_ydata()[0] for dot in dots]
    assert max(heights) == 0 and heights.count(0) == 1


def test_another_kind_is_asked_for_in_words(ax):
    with pytest.raises(ValueError, match="`kind` must be one of max, expected.*; it was 'min'"):
        plot_backup(ax, "min")


@pytest.mark.parametrize(("num_steps", "ends"), [(1, False), (2, False), (3, True)])
def test_a_chain_has_a_state_for_each_step_and_may_end(ax, num_steps, ends):
    assert plot_chain(ax, num_steps, "A title", ends) is ax
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    rings = [dot for dot in dots if dot.get_markerfacecolor() == "white"]
    assert (len(rings), len(dots) - len(rings)) == (num_steps + 1, num_steps)
    assert [line.get_marker() for line in ax.lines].count("s") == ends
    assert min(dot.get_ydata()[0] for dot in dots) == -2 * num_steps


def test_a_chain_needs_a_step(ax):
    with pytest.raises(ValueError, match="1 step or more; `num_steps` was 0"):
        plot_chain(ax, 0)
