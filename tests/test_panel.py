"""The panel reads a history rightly and shows every instrument; its rules fire where, and only where, they say."""

from io import BytesIO
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from helpers import plotting
from helpers.clinic.panel import RULES, alarms, panel, readings
from helpers.history import History

CEILING = 100.0


def history() -> History:
    """Four episodes of 3, 2, 4 and 3 steps, the third cut by the time limit; measured after 5 and after 10 steps."""
    return History(
        seed=0,
        env_steps=12,
        returns=np.array([3.0, 2.0, 4.0, 3.0]),
        lengths=np.array([3, 2, 4, 3]),
        ended_at=np.array([3, 5, 9, 12]),
        truncated=np.array([False, False, True, False]),
        measured_at=np.array([5, 10]),
        measured={
            "greedy_returns": np.array([[1.0, 3.0], [5.0, 7.0]]),
            "q_at_start": np.array([[10.0, 20.0], [30.0, 50.0]]),
            "overestimation": np.array([5.0, -2.0]),
            "td_error": np.array([0.5, 0.25]),
        },
    )


def test_readings_by_hand():
    read = readings(history())
    assert read["measured_at"].tolist() == [5, 10]
    assert read["greedy_returns"].tolist() == [2, 6]
    assert read["q_at_start"].tolist() == [15, 40]
    assert read["true_value"].tolist() == [10, 42]  # Q minus what it was too high
    assert read["training_returns"].tolist() == [2.5, 4]  # ended at 3 and 5, then at 9; the one at 12 is later
    assert read["falls_per_step"].tolist() == [2 / 5, 2 / 10]  # the cut at 9 is no fall
    assert read["td_error"].tolist() == [0.5, 0.25]


def test_no_episode_between_two_measurements_is_no_number():
    short = history()
    short.measured_at = np.array([1, 2])
    read = readings(short)
    assert np.isnan(read["training_returns"]).all() and read["falls_per_step"].tolist() == [0, 0]


def title_of(ax) -> str:
    return ax.get_title(loc="left") or ax.get_title()


def healthy(n_seeds=None, num=4) -> dict[str, np.ndarray]:
    """The readings (V,) of a run without a fault, or (N, V) of several alike."""
    one = np.ones(num)
    read = {
        "greedy_returns": 100.0 + 100 * np.arange(num),
        "training_returns": 90.0 + 100 * np.arange(num),
        "q_at_start": 20.0 + 25 * np.arange(num),
        "true_value": 80 * one,
        "overestimation": -60.0 + 25 * np.arange(num),
        "q_at_terminal": 2 * one,
        "reward_at_terminal": one,
        "td_error": one,
        "gradient_norm": 20 * one,
        "action_gap": 2 * one,
        "terminal_share": 0.02 * one,
        "falls_per_step": 0.02 * one,
        "sample_age": 1_000.0 * np.arange(1, num + 1),
        "distinct_starts": one,
    }
    if n_seeds is not None:
        read = {name: np.tile(values, (n_seeds, 1)) for name, values in read.items()}
        read["measured_at"] = 5_000 * np.arange(1, num + 1)
    return read


def with_last(name, value) -> dict[str, np.ndarray]:
    run = healthy()
    run[name] = np.append(run[name][:-1], value).astype(float)
    return run


def test_a_run_without_a_fault_breaks_no_rule():
    assert alarms(healthy(), CEILING) == ()


LIMITS = [  # rule, reading, its last value at which the rule is quiet, and at which it is not
    ("impossible", "q_at_start", 149, 151),
    ("too low", "q_at_start", 41, 39),
    ("ends look good", "q_at_terminal", 48, 49),  # 1 + 95 / 2
    ("ends miscounted", "terminal_share", 0.02, 0.0201),
    ("ends miscounted", "terminal_share", 0.02, 0.0199),
    ("one start", "distinct_starts", 0.51, 0.49),
    ("error grows", "td_error", 2.9, 3.1),
    ("gradient grows", "gradient_norm", 99, 101),
]


@pytest.mark.parametrize(("rule", "name", "below", "beyond"), LIMITS)
def test_each_rule_has_its_limit(rule, name, below, beyond):
    assert alarms(with_last(name, below), CEILING) == ()
    assert alarms(with_last(name, beyond), CEILING) == (rule,)


def test_no_progress_and_frozen():
    run = healthy()
    run["greedy_returns"] = np.array([300.0, 49, 49, 51])
    assert alarms(run, CEILING) == ("no progress",)
    run = healthy()
    run["q_at_start"] = np.full(4, 80.0)
    assert alarms(run, CEILING) == ("frozen",)


def test_a_count_that_is_not_known_raises_no_alarm():
    run = healthy()
    run["falls_per_step"] = np.full(4, np.nan)
    assert alarms(run, CEILING) == ()


def test_every_rule_can_fire():
    """The rules tested above are all there are."""
    assert {rule.name for rule in RULES} == {rule for rule, *_ in LIMITS} | {"no progress", "frozen"}


def test_the_panel_shows_each_instrument_with_its_unit():
    figure = panel(healthy(3), "a title", CEILING, healthy(2))
    try:
        titles = [title_of(ax) for ax in figure.axes]
        assert titles == [
            "Returns", "Q at the start", "Overestimation", "Q of ending actions", "TD error", "Gradient norm",
            "Action gap", "Ends in memory", "Age of a sample", "Different starts",
        ]  # fmt: skip
        assert all(ax.get_ylabel() for ax in figure.axes)
        assert figure.get_suptitle() == "a title" and "environment steps" in figure.get_supxlabel()
        values = figure.axes[1]
        assert len(values.lines) == 1 + 3 + 1 + 1  # what followed, three seeds, their mean, the ceiling
        assert all(len(ax.collections) == 1 for ax in figure.axes)  # the range of the healthy ones
        assert any(np.all(np.asarray(line.get_ydata()) == CEILING) for line in values.lines)
        assert all(ax.get_yscale() == "linear" for ax in figure.axes)
    finally:
        plt.close(figure)


def test_an_explosion_is_drawn_on_a_logarithmic_axis():
    wild = healthy(1)
    wild["q_at_start"] = wild["q_at_start"] * 1_000
    wild["training_returns"][:, 1] = np.nan  # no episode ended there
    figure = panel(wild, "wild", CEILING, healthy(1))
    try:
        scales = {title_of(ax): ax.get_yscale() for ax in figure.axes}
        assert figure.axes[1].get_ylim()[0] == 0  # not powers of ten below the lowest reading
        assert scales.pop("Q at the start") == "symlog" and set(scales.values()) == {"linear"}
    finally:
        plt.close(figure)


@pytest.mark.filterwarnings("error")
def test_what_was_not_read_is_said_and_not_drawn():
    runs = healthy(2)
    for name in ("distinct_starts", "falls_per_step"):
        runs[name] = np.full_like(runs[name], np.nan)
    figure = panel(runs, "not read", CEILING, runs)
    try:
        axes = {title_of(ax): ax for ax in figure.axes}
        starts, ends = axes["Different starts"], axes["Ends in memory"]
        assert [text.get_text() for text in starts.texts] == ["not read"] and not starts.lines
        assert len(ends.lines) == 2 + 1 and ends.get_legend() is None and not ends.texts
    finally:
        plt.close(figure)


def test_fewer_colours_make_a_smaller_picture(monkeypatch):
    shown = []
    monkeypatch.setattr(plotting, "display", lambda data, **options: shown.append(data["image/png"]))
    for colours in (None, 16):
        figure, ax = plt.subplots()
        ax.plot(np.random.default_rng(0).normal(size=(200, 5)))
        plotting.show(figure, "Five noisy lines.", colours)
    large, small = shown
    assert len(small) < len(large) / 2
    assert len(Image.open(BytesIO(small)).convert("RGB").getcolors()) <= 16


def test_on_a_logarithmic_axis_no_two_labels_touch():
    plotting.use_style()
    runs = healthy(3, 5) | {"measured_at": np.arange(1, 6) * 5_000}
    for name in ("q_at_start", "overestimation", "q_at_terminal", "td_error", "gradient_norm", "action_gap"):
        runs[name] = np.geomspace(20, 1e11, 5) * np.ones((3, 1)) - 80 * (name == "overestimation")
    sane = healthy(3, 5) | {"overestimation": np.linspace(-80, 45, 5) * np.ones((3, 1))}
    figure = panel(runs, "", CEILING, sane)
    figure.canvas.draw()
    logarithmic = [ax for ax in figure.axes if ax.get_yscale() == "symlog"]
    assert len(logarithmic) == 6
    for ax in logarithmic:
        low, high = ax.get_ylim()
        shown = [label for label, y in zip(ax.get_yticklabels(), ax.get_yticks(), strict=True) if low <= y <= high]
        boxes = [label.get_window_extent() for label in shown]
        assert len(boxes) >= 3
        assert not any(one.overlaps(other) for one, other in pairwise(boxes)), ax.get_title(loc="left")
        assert ax.get_yticks().max() <= 1.001e11  # no empty decade above the readings
    plt.close(figure)
