"""A history adds up, whatever happened; a recorder goes on from one without touching it."""

import time
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.buffer import Transition
from helpers.history import History, Recorder

STEP = st.tuples(st.integers(0, 3), st.floats(-5, 5), st.sampled_from(["goes on", "terminated", "truncated"]))


def record(steps, recorder: Recorder | None = None) -> Recorder:
    """Play steps (action, reward, how it ended) into a recorder."""
    recorder = recorder or Recorder(History())
    for action, reward, end in steps:
        recorder.step(Transition(0, action, reward, 0, end == "terminated", end == "truncated"))
    return recorder


def assert_same(ours: History, theirs: History) -> None:
    for field in fields(History):
        if field.name not in ("seconds", "measured"):
            np.testing.assert_array_equal(getattr(ours, field.name), getattr(theirs, field.name), err_msg=field.name)


def test_an_empty_history():
    history = History()
    assert (history.env_steps, history.seconds, history.measured) == (0, 0.0, {})
    assert history.ended_at.tolist() == []
    assert (history.returns.dtype, history.lengths.dtype, history.truncated.dtype) == (float, int, bool)
    assert History().returns is not history.returns  # no two histories share an array


def test_two_episodes_by_hand():
    steps = [(0, 1.0, "goes on"), (1, 2.0, "terminated"), (1, 4.0, "truncated"), (0, 8.0, "goes on")]
    history = record(steps).history()
    assert history.env_steps == 4
    assert history.returns.tolist() == [1 + 2, 4]
    assert history.lengths.tolist() == [2, 1]
    assert history.truncated.tolist() == [False, True]
    assert history.ended_at.tolist() == [2, 2 + 1]
    assert history.unfinished_returns.tolist() == [8]
    assert history.unfinished_lengths.tolist() == [1]


@given(steps=st.lists(STEP, max_size=40))
def test_everything_adds_up(steps):
    history = record(steps).history()
    assert history.env_steps == len(steps) == history.lengths.sum() + history.unfinished_lengths.sum()
    total = history.returns.sum() + history.unfinished_returns.sum()
    np.testing.assert_allclose(total, sum(reward for _, reward, _ in steps), atol=1e-9)
    ends = [number for number, (_, _, end) in enumerate(steps, start=1) if end != "goes on"]
    assert history.ended_at.tolist() == ends
    assert len(history.returns) == len(history.lengths) == len(history.truncated) == len(ends)


@given(steps=st.lists(STEP, max_size=40), data=st.data())
def test_recorded_in_two_pieces_is_recorded_in_one(steps, data):
    cut = data.draw(st.integers(0, len(steps)))
    whole = record(steps).history()
    first = record(steps[:cut]).history()
    before = [getattr(first, field.name) for field in fields(History)]
    copies = [np.copy(value) for value in before]
    assert_same(record(steps[cut:], Recorder(first)).history(), whole)
    for field, value, copy in zip(fields(History), before, copies, strict=False):
        assert getattr(first, field.name) is value, field.name
        np.testing.assert_array_equal(value, copy, err_msg=f"{field.name} of the earlier history was changed")


def test_a_history_does_not_grow_with_its_recorder():
    recorder = record([(0, 1.0, "terminated")])
    history = recorder.history()
    record([(0, 1.0, "terminated")], recorder)
    assert (history.env_steps, history.returns.tolist()) == (1, [1.0])


def test_three_environments_by_hand():
    recorder = Recorder(History(), num_envs=3)
    ends = np.zeros(3, bool)
    recorder.step_many(Transition(None, None, np.array([1.0, 2.0, 4.0]), None, ends, ends), np.ones(3, bool))
    terminated, truncated = np.array([True, False]), np.array([False, True])  # of the two that made a step
    step = Transition(None, None, np.array([8.0, 16.0]), None, terminated, truncated)
    recorder.step_many(step, real=np.array([False, True, True]))
    history = recorder.history()
    assert history.env_steps == 3 + 2
    assert history.returns.tolist() == [2 + 8, 4 + 16]
    assert history.lengths.tolist() == [2, 2]
    assert history.truncated.tolist() == [False, True]
    assert history.ended_at.tolist() == [5, 5]
    assert history.unfinished_returns.tolist() == [1, 0, 0]
    assert history.unfinished_lengths.tolist() == [1, 0, 0]
    again = Recorder(history, num_envs=3)
    again.step_many(Transition(None, None, np.full(3, 32.0), None, np.array([True, False, False]), ends), ~ends)
    assert again.history().returns.tolist() == [10, 20, 1 + 32]
    assert history.returns.tolist() == [10, 20]


def test_no_way_back_means_no_return():
    recorder = record([(0, 1.0, "goes on")])
    recorder.drop_unfinished()
    history = record([(0, 2.0, "terminated")], recorder).history()
    assert (history.env_steps, history.returns.tolist(), history.lengths.tolist()) == (2, [2.0], [1])


@pytest.mark.parametrize("measurement", [None, 3.0, [("mean", 1.0)]])
def test_a_measurement_is_a_dict(measurement):
    with pytest.raises(TypeError, match="`measure` must return a dict of numbers or arrays"):
        Recorder(History()).measure(measurement)


def test_measurements_are_stacked():
    recorder = Recorder(History())
    for value in (1.5, 2.5):
        record([(0, 0.0, "goes on")] * 3, recorder)
        recorder.measure({"mean": value, "returns": np.full(4, value), "table": np.full((2, 3), value)})
    history = recorder.history()
    assert history.measured_at.tolist() == [3, 6]
    assert history.measured["mean"].tolist() == [1.5, 2.5]
    assert history.measured["returns"].shape == (2, 4)
    assert history.measured["table"].shape == (2, 2, 3)


def test_measurements_go_on_after_an_earlier_history():
    recorder = Recorder(History())
    recorder.measure({"q": np.zeros(2)})
    earlier = recorder.history()
    later = Recorder(earlier)
    later.measure({"q": np.ones(2)})
    assert later.history().measured["q"].tolist() == [[0, 0], [1, 1]]
    assert earlier.measured["q"].tolist() == [[0, 0]]
    assert earlier.measured_at.tolist() == [0]


@given(names=st.sets(st.sampled_from("abcd")).filter(lambda names: names != {"a", "b"}))
def test_other_names_are_refused_with_both(names):
    recorder = Recorder(History())
    recorder.measure({"a": 1, "b": 2})
    with pytest.raises(ValueError) as error:
        recorder.measure(dict.fromkeys(names, 0))
    assert str(sorted(names)) in str(error.value)
    assert "['a', 'b']" in str(error.value)
    assert recorder.history().measured_at.tolist() == [0]  # what was refused left no trace


def test_the_clock_stops_and_goes_on():
    begin = time.perf_counter()
    recorder = Recorder(History(seconds=100.0))
    with recorder.clock_stopped():
        time.sleep(0.3)
    seconds = recorder.history().seconds - 100
    assert 0 < seconds <= time.perf_counter() - begin - 0.3
    time.sleep(0.05)
    assert recorder.history().seconds - 100 >= seconds + 0.05
