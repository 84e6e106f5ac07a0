"""Figures: functions of an axis and arrays that return the axis, one style, and one way to show a figure."""

from io import BytesIO
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from PIL import Image

# One colour for each thing that is compared, from the first notebook to the last (Okabe & Ito 2008).
COLOURS = {
    "exact": "#000000",
    "random": "#5f5f5f",
    "hand-made": "#E69F00",
    "Q-learning": "#0072B2",
    "SARSA": "#D55E00",
    "table": "#009E73",
    "DQN": "#CC79A7",
}


def use_style() -> None:
    """The look of the course; call it once, in the setup cell."""
    plt.style.use(Path(__file__).with_name("course.mplstyle"))


def show(figure, alt: str, colours: int | None = None) -> None:
    """Show a figure as PNG with its description in words for readers who cannot see it, and close it.

    colours: keep only so many different ones; a page of many small diagrams is then a third of the size.
    """
    if not alt.strip():
        raise ValueError("A figure needs `alt`: one or two sentences that say what it shows.")
    file = BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    plt.close(figure)
    if colours is not None:
        picture, file = Image.open(file).convert("RGB").quantize(colours, Image.Quantize.MAXCOVERAGE), BytesIO()
        picture.save(file, format="png", optimize=True)
    show_png(file.getvalue(), alt)


def show_png(png: bytes, alt: str) -> None:
    """Show PNG (or animated PNG) bytes with a description in words."""
    display({"image/png": png, "text/plain": alt}, raw=True, metadata={"image/png": {"alt": alt}})


def plot_runs(ax, x, curves, label: str, colour=None, band=None):
    """Curves (N, T) of N seeds over x (T,): each a thin line, their mean thick; or a band in place of the thin lines.

    band: its lower and upper edge, (T,) each, such as `helpers.statistics.mean_intervals(curves)`.
    """
    curves = np.asarray(curves, float)
    if curves.ndim != 2 or curves.shape[1] != len(x):
        raise ValueError(f"`curves` must be (N, T) with T = {len(x)}, the length of `x`; its shape was {curves.shape}.")
    if band is not None and np.shape(band) != (2, len(x)):
        raise ValueError(f"`band` must be two edges of {len(x)} numbers, low and high; its shape was {np.shape(band)}.")
    (mean,) = ax.plot(
        x, curves.mean(axis=0), color=colour, linewidth=2.4, label=f"{label} (mean of {len(curves)} seeds)"
    )
    if band is not None:
        ax.fill_between(x, *band, color=mean.get_color(), alpha=0.25, linewidth=0)
    else:
        ax.plot(x, curves.T, color=mean.get_color(), linewidth=0.7, alpha=0.45)
    return ax


def reference_line(ax, y: float, label: str, colour="#000000"):
    """A dashed horizontal line: a random policy, an exact answer, a known maximum."""
    ax.axhline(y, color=colour, linestyle="--", linewidth=1.2, label=label)
    return ax


def plot_grid(ax, values, shape, *, hidden=None, label: str = "value", limits=None):
    """Values (S,) as a map of (rows, columns), each number written in its cell; `hidden` (S,) of bool stays blank."""
    hidden = np.ma.nomask if hidden is None else hidden
    values = np.ma.masked_array(np.asarray(values, float), mask=hidden).reshape(shape)
    low, high = limits or (values.min(), values.max())
    image = ax.imshow(values, vmin=low, vmax=high)
    middle = (low + high) / 2
    for (row, column), value in np.ndenumerate(values.filled(np.nan)):
        if np.isfinite(value):
            colour = "white" if value < middle else "black"
            ax.text(column, row + 0.28, f"{value:.2f}", ha="center", va="center", color=colour, fontsize="x-small")
    _grid_lines(ax, shape)
    ax.figure.colorbar(image, ax=ax, label=label, shrink=0.85)
    return ax


def plot_arrows(ax, actions, shape, order, *, hidden=None, background=None, limits=None):
    """One arrow for each state's action: actions (S,), `order` from `envs.actions_of`.

    `background` (S,) and `limits` are the values and limits of the `plot_grid` below, so that arrows stand out.
    """
    hidden = np.zeros(len(actions), bool) if hidden is None else hidden
    background = np.zeros(len(actions)) if background is None else np.asarray(background, float)
    middle = np.mean(limits or (background[~hidden].min(), background[~hidden].max()))
    for obs in np.flatnonzero(~hidden):
        row, column = np.unravel_index(obs, shape)
        colour = "white" if background[obs] < middle else "black"
        ax.text(column, row - 0.12, order[actions[obs]].arrow, ha="center", va="center", color=colour, fontsize="large")
    return ax


def plot_best_actions(ax, q, shape, order, *, hidden=None, background=None, limits=None):
    """An arrow for each best action of q (S, A): two where two are equally good, none where all are.

    The rest is as in `plot_arrows`, which draws one action for each state.
    """
    q = np.asarray(q, float)
    best = np.isclose(q, q.max(axis=1, keepdims=True), rtol=0, atol=1e-8)  # (S, A)
    best &= ~best.all(axis=1, keepdims=True)  # all alike: no opinion
    if hidden is not None:
        best[hidden] = False
    background = np.zeros(len(q)) if background is None else np.asarray(background, float)
    shown = background if hidden is None else background[~hidden]
    middle = np.mean(limits or (shown.min(), shown.max()))
    for obs, action in np.argwhere(best):
        row, column = np.unravel_index(obs, shape)
        down, right = order[action].step
        ax.annotate(
            "",
            xy=(column + 0.3 * right, row - 0.12 + 0.3 * down),
            xytext=(column - 0.04 * right, row - 0.12 - 0.04 * down),
            arrowprops={"arrowstyle": "-|>", "color": "white" if background[obs] < middle else "black"},
        )
    return ax


def plot_letters(ax, cells):
    """Write the letters of a grid (rows, columns) where nothing else is drawn: goal, pit, wall."""
    for (row, column), letter in np.ndenumerate(cells):
        if letter not in ".SF":
            ax.text(column, row, letter, ha="center", va="center", fontsize="large", fontweight="bold")
    return ax


def _grid_lines(ax, shape) -> None:
    ax.set_xticks(np.arange(shape[1]))
    ax.set_yticks(np.arange(shape[0]))
    ax.set_xlabel("column")
    ax.set_ylabel("row")
    ax.grid(False)
    ax.tick_params(length=0)
