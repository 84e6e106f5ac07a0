"""The panel: every instrument of a run on one page, the same page everywhere, and the rules that call for a look.

The limits of the rules were chosen on seeds from 1000 on, of which no record was kept; the rates that notebook 10
reports are of seeds 0 to 19.
"""

from collections.abc import Callable
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator

from helpers.history import History
from helpers.plotting import COLOURS

MEASURED = "#D55E00"  # the run that is looked at; everything to compare it with is grey or black
RANGE = "#d9d9d9"  # of the working agent


def readings(history: History) -> dict[str, np.ndarray]:
    """What the panel shows of one run, each (V,), from a run measured by `helpers.clinic.instruments.instruments`.

    Beside the instruments: true_value, the discounted return that followed; training_returns, the mean of the
    episodes that ended since the measurement before (NaN: none); falls_per_step, the terminated episodes so far.
    """
    measured = {name: values for name, values in history.measured.items() if values.ndim == 1}
    measured |= {name: history.measured[name].mean(axis=1) for name in ("greedy_returns", "q_at_start")}
    measured["measured_at"] = history.measured_at
    measured["true_value"] = measured["q_at_start"] - measured["overestimation"]
    ended_at, begin = history.ended_at, np.append(0, history.measured_at[:-1])
    since = [(begin[i] < ended_at) & (ended_at <= now) for i, now in enumerate(history.measured_at)]
    returns = [history.returns[rows].mean() if rows.any() else np.nan for rows in since]
    falls = [np.sum(~history.truncated[ended_at <= now]) for now in history.measured_at]
    return measured | {"training_returns": np.array(returns), "falls_per_step": falls / history.measured_at}


class Rule(NamedTuple):
    """When a reading calls for a look: `alarm(run, ceiling)`, with the readings of one run, each (V,)."""

    name: str
    words: str
    alarm: Callable[[dict, float], bool]


RULES = (
    Rule(
        "impossible",
        "Q at the start was above 1.5 times the ceiling",
        lambda run, ceiling: run["q_at_start"].max() > 1.5 * ceiling,
    ),
    Rule(
        "too low",
        "at the end, Q at the start is below half of what follows",
        lambda run, _: run["q_at_start"][-1] < run["true_value"][-1] / 2,
    ),
    Rule(
        "ends look good",
        "at the end, Q of ending actions lies above their reward by more than half of Q at the start",
        lambda run, _: run["q_at_terminal"][-1] - run["reward_at_terminal"][-1] > 0.5 * max(run["q_at_start"][-1], 1),
    ),
    Rule(
        "no progress",
        "the last three greedy returns are below 50",
        lambda run, _: run["greedy_returns"][-3:].mean() < 50,
    ),
    Rule(
        "ends miscounted",
        "the memory holds more or fewer ends than episodes terminated",
        lambda run, _: bool(np.any(np.abs(run["terminal_share"] - run["falls_per_step"]) > 1e-9)),
    ),
    Rule(
        "one start",
        "fewer than half of the episodes begin somewhere else",
        lambda run, _: run["distinct_starts"][-1] < 0.5,
    ),
    Rule("frozen", "Q at the start does not move", lambda run, _: np.ptp(run["q_at_start"]) < 1e-6),
    Rule(
        "error grows",
        "the TD error is more than 3 times its first reading",
        lambda run, _: run["td_error"][-1] > 3 * run["td_error"][0],
    ),
    Rule(
        "gradient grows",
        "the gradient norm is more than 5 times its first reading",
        lambda run, _: run["gradient_norm"][-1] > 5 * run["gradient_norm"][0],
    ),
)


def alarms(run: dict[str, np.ndarray], ceiling: float) -> tuple[str, ...]:
    """The names of the rules that the readings (V,) of one run break; `ceiling` is the largest value possible."""
    return tuple(rule.name for rule in RULES if rule.alarm(run, ceiling))


# title, unit, what is drawn as the run's own line, and beside it (name of a reading, label)
_AXES = (
    ("Returns", "return", "greedy_returns", (("training_returns", "training"),)),
    ("Q at the start", "value", "q_at_start", (("true_value", "what followed"),)),
    ("Overestimation", "value", "overestimation", ()),
    ("Q of ending actions", "value", "q_at_terminal", (("reward_at_terminal", "their reward"),)),
    ("TD error", "mean |target - Q|", "td_error", ()),
    ("Gradient norm", "length", "gradient_norm", ()),
    ("Action gap", "value", "action_gap", ()),
    ("Ends in memory", "share", "terminal_share", (("falls_per_step", "falls per step"),)),
    ("Age of a sample", "env steps", "sample_age", ()),
    ("Different starts", "share", "distinct_starts", ()),
)


def panel(runs: dict[str, np.ndarray], title: str, ceiling: float, healthy: dict[str, np.ndarray] | None = None):
    """One figure of ten small axes. runs: readings (N, V) of N seeds and measured_at (V,); thin lines are seeds.

    healthy: the readings of a working agent, whose range is drawn in grey behind. Readings beyond ten times its own
    are shown on an axis that is logarithmic above them. An instrument that is NaN throughout was not read: no lines.
    """
    figure, axes = plt.subplots(2, 5, figsize=(12.5, 5), sharex=True)
    for ax, (name, unit, own, others) in zip(axes.ravel(), _AXES, strict=True):
        ax.set(title=name, ylabel=unit)
        if not np.isfinite(runs[own]).any():
            ax.text(0.5, 0.5, "not read", transform=ax.transAxes, ha="center", color="#595959")
            continue
        _draw(ax, own, others, runs, healthy)
        if own == "q_at_start":
            ax.axhline(ceiling, color=COLOURS["table"], linewidth=1.2, label="ceiling")
        if ax.get_legend_handles_labels()[1]:
            ax.legend(fontsize="x-small")
        if unit == "share":
            ax.set_ylim(bottom=0)
    figure.supxlabel("environment steps (thousands)", fontsize="medium")
    figure.suptitle(title, fontsize="large")
    kinds = [Line2D([], [], color=MEASURED, linewidth=0.7), Line2D([], [], color=MEASURED, linewidth=2.2)]
    words = ["one seed", "their mean"]
    if healthy is not None:
        kinds, words = [*kinds, Patch(color=RANGE)], [*words, "range of a working agent"]
    figure.legend(kinds, words, loc="upper right", ncols=3, fontsize="small", frameon=False)
    return figure


def _draw(ax, own: str, others, runs, healthy) -> None:
    """One instrument: the healthy range, the seeds (N, V) and their mean, and above them what to compare with."""
    x = runs["measured_at"] / 1_000  # (V,)
    if healthy is not None:
        ax.fill_between(x, *np.nanpercentile(healthy[own], [0, 100], axis=0), color=RANGE, linewidth=0)
    for style, (other, label) in zip(("--", ":"), others, strict=False):
        if np.isfinite(runs[other]).any():
            ax.plot(x, _mean(runs[other]), "k", linestyle=style, linewidth=1.3, label=label, zorder=5)
    ax.plot(x, runs[own].T, color=MEASURED, linewidth=0.7, alpha=0.5)
    ax.plot(x, _mean(runs[own]), color=MEASURED, linewidth=2.2, label="greedy" if own == "greedy_returns" else None)
    _scale(ax, runs[own], None if healthy is None else healthy[own])


def _mean(values) -> np.ndarray:
    """(V,) the mean over the seeds (N, V) that have a reading; NaN where none has."""
    known = np.isfinite(values)
    return np.where(
        known.any(axis=0), np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan
    )


def _scale(ax, own, healthy) -> None:
    """A logarithmic axis where the readings are far beyond those of the healthy agent."""
    if healthy is not None and np.nanmax(np.abs(own)) > 10 * np.nanmax(np.abs(healthy)):
        largest = float(np.nanmax(np.abs(healthy)))
        ax.set_yscale("symlog", linthresh=largest)
        decades = np.arange(np.ceil(np.log10(largest)), np.floor(np.log10(np.nanmax(np.abs(own)))) + 1)
        ax.set_yticks([0, *10.0 ** decades[:: len(decades) // 6 + 1]])  # in the linear part their words would touch
        ax.yaxis.set_minor_locator(NullLocator())
        ax.set_ylim(bottom=1.1 * min(0.0, float(np.nanmin(own)), float(np.nanmin(healthy))))  # none below the readings
