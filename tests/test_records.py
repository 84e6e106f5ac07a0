"""Recorded runs carry their provenance, and a changed digit is noticed."""

import contextlib
import json
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from helpers import records
from helpers.files import read_npz, write_npz
from tools.fuzz_records import many


@pytest.fixture
def recorded(tmp_path):
    path = tmp_path / "runs" / "example.npz"
    arrays = {"returns": np.array([9.5, 200.0, 475.25]), "steps": np.arange(3)}
    records.save_record(path, arrays, config={"gamma": 0.99}, seeds=range(3), seconds=1.26, command="python -m x")
    return path


def test_round_trip(recorded):
    arrays, provenance = records.load_record(recorded)
    np.testing.assert_array_equal(arrays["returns"], [9.5, 200.0, 475.25])
    assert provenance["seeds"] == [0, 1, 2]
    assert provenance["config"] == {"gamma": 0.99}
    assert provenance["seconds"] == 1.3
    assert set(provenance["libraries"]) == set(records.LIBRARIES)
    assert records.recorded_like_here(provenance)


def test_one_digit_changed_is_noticed(recorded):
    arrays = read_npz(recorded)
    arrays["returns"][2] = 475.24
    write_npz(recorded, arrays)
    with pytest.raises(ValueError, match="not what was recorded.*python -m x"):
        records.load_record(recorded)


def test_another_machine_is_recognised(recorded):
    _, provenance = records.load_record(recorded)
    assert not records.recorded_like_here(provenance | {"cpu": "another"})
    assert not records.recorded_like_here(provenance | {"libraries": provenance["libraries"] | {"numpy": "1.0"}})


def test_checksum_sees_names_types_and_shapes():
    base = records.checksum({"a": np.zeros(4)}, {})
    assert base == records.checksum({"a": np.zeros(4)}, {"checksum": "of something else"})
    fields = np.zeros(4, [("x", "<f4"), ("y", "<f4")])
    for other in (
        {"b": np.zeros(4)},
        {"a": np.zeros(4, np.float32)},
        {"a": np.zeros((2, 2))},
        {"a": np.full(4, -0.0)},
        {"a": np.zeros(4), "b": np.zeros(0)},
        {"a": fields},
    ):
        assert records.checksum(other, {}) != base
    assert records.checksum({"a": fields}, {}) != records.checksum({"a": fields.view([("x", "<f4"), ("z", "<f4")])}, {})
    assert records.checksum({"a": np.zeros(())}, {}) != records.checksum({"a": np.zeros(1)}, {})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("config", {"gamma": 0.98}),
        ("seeds", [0, 1, 3]),
        ("seeds", [0, 1, 2.0]),
        ("seconds", 1.4),
        ("recorded", "2020-02-02"),
        ("cpu", "another"),
        ("python", "3.11.8"),
        ("command", "python -m y"),
        ("checksum", "0" * 64),
        ("checksum", None),
    ],
)
def test_a_change_of_anything_beside_the_arrays_is_refused(recorded, name, value):
    beside = recorded.with_suffix(".json")
    beside.write_text(json.dumps(json.loads(beside.read_text()) | {name: value}))
    with pytest.raises(ValueError, match=r"not what was recorded, or example\.json beside it is not.*python -m"):
        records.load_record(recorded)


def test_order_and_spaces_do_not_count(recorded):
    beside = recorded.with_suffix(".json")
    before = records.load_record(recorded)[1]
    beside.write_text(json.dumps(dict(reversed(before.items()))))
    assert records.load_record(recorded)[1] == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is damaged, or is not a .json file"),
        ("{", "is damaged"),
        ("[" * 100_000, "is damaged"),
        ("\udcff", "is damaged"),
        ("[1, 2]", "holds a list"),
        ("null", "holds a NoneType"),
        ("{}", "'command' is missing, .*'checksum' is missing"),
        ('{"cells": []}', "'checksum' is missing, 'cells' is unknown"),
    ],
    ids=lambda text: text[:12],
)
def test_a_foreign_or_damaged_sidecar_is_refused_in_words(recorded, text, words):
    recorded.with_suffix(".json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match=rf"example\.json.*{words}"):
        records.load_record(recorded)


@pytest.mark.parametrize("ending", [".json", ".npz"])
def test_a_missing_file_is_named(recorded, ending):
    recorded.with_suffix(ending).unlink()
    with pytest.raises(FileNotFoundError, match=rf"no file .*example\{ending}"):
        records.load_record(recorded)


def test_a_folder_in_its_place_is_refused_in_words(recorded):
    recorded.with_suffix(".json").unlink()
    recorded.with_suffix(".json").mkdir()
    with pytest.raises(ValueError, match="is damaged"):
        records.load_record(recorded)


def test_a_config_that_json_cannot_hold_is_refused_before_anything_is_written(recorded):
    before = {path.name: path.read_bytes() for path in recorded.parent.iterdir()}
    for config in ({"env": object()}, {("a", "b"): 1}, {"n": np.arange(3)}):
        with pytest.raises(TypeError, match="`config` holds something else"):
            records.save_record(recorded, {}, config=config, seeds=[0], seconds=0, command="x")
    assert {path.name: path.read_bytes() for path in recorded.parent.iterdir()} == before


def test_tuples_and_numbers_as_names_come_back_as_json_has_them(recorded):
    config = {"hidden": (64, 64), 10: "ten", 9: "nine"}
    records.save_record(recorded, {"a": np.zeros(1)}, config=config, seeds=[0], seconds=0, command="x")
    assert records.load_record(recorded)[1]["config"] == {"hidden": [64, 64], "10": "ten", "9": "nine"}


# --- a crash while a record is written ------------------------------------------------------------------------------


class Crash(BaseException):
    pass


@pytest.mark.parametrize("first", [True, False], ids=["first", "again"])
@pytest.mark.parametrize("at", range(3))
def test_a_crash_at_any_moment_leaves_the_old_record_the_new_one_or_words(recorded, monkeypatch, at, first):
    """The process ends before the arrays are in place, between the two files, and after the second."""
    if first:
        for path in list(recorded.parent.iterdir()):
            path.unlink()
    before = None if first else records.load_record(recorded)
    replace, calls = os.replace, []

    def cut_off(source, target):
        if len(calls) == at:
            raise Crash
        calls.append(target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", cut_off)
    new = {"returns": np.array([1.0])}
    with contextlib.suppress(Crash):
        records.save_record(recorded, new, config={}, seeds=[7], seconds=0, command="python -m z")
    monkeypatch.undo()
    if at == 0 and first:
        with pytest.raises(FileNotFoundError):
            records.load_record(recorded)
    elif at == 0:
        assert records.load_record(recorded)[1] == before[1]
    elif at == 1:
        with pytest.raises(
            ValueError, match=r"cut off.*Nothing is lost: rename example\.json\.partial to example\.json"
        ):
            records.load_record(recorded)
        recorded.with_suffix(".json.partial").replace(recorded.with_suffix(".json"))
    if at:
        arrays, provenance = records.load_record(recorded)
        assert (arrays["returns"].tolist(), provenance["seeds"]) == ([1.0], [7])


# --- damage ---------------------------------------------------------------------------------------------------------


def test_random_damage_is_refused_in_words_or_does_no_harm():
    """A sample of what `python -m tools.fuzz_records` does at length."""
    seed = int(np.random.default_rng().integers(2**31))
    answers, faults = many(400, seed)
    assert not faults, f"seed {seed}:\n" + "\n".join(faults)
    assert {kind for _, kind in answers} == {"refused", "harmless"}
    assert answers[".npz", "refused"] > 100 and answers[".json", "refused"] > 100


def test_the_fuzz_sees_what_is_wrong(monkeypatch):
    """With a checksum that forgets the provenance, and one that forgets all, it says so."""
    whole = records.checksum
    monkeypatch.setattr(records, "checksum", lambda arrays, provenance: whole(arrays, {}))
    answers, faults = many(200, 0)
    assert answers[".json", "silent"] > 10 and not answers[".npz", "silent"]
    assert any("example.json: silent: it loads, and is not what was recorded" in line for line in faults)
    monkeypatch.setattr(records, "_provenance", lambda path: json.loads(path.read_text()))
    assert many(200, 0)[0][".json", "raw"] > 10


def test_the_sidecar_can_be_read_by_people(recorded):
    text = recorded.with_suffix(".json").read_text()
    assert next(iter(json.loads(text))) == "command"
    assert str(recorded.parent) not in text


@given(
    st.dictionaries(
        st.text("abc/", min_size=1, max_size=5).filter(lambda name: name.strip("/") == name and "//" not in name),
        arrays(st.sampled_from([np.float64, np.int16, np.bool_]), array_shapes(max_dims=3, max_side=4)),
        max_size=3,
    )
)
def test_any_arrays_come_back_as_they_were(tmp_path_factory, kept):
    path = tmp_path_factory.mktemp("record") / "any.npz"
    records.save_record(path, kept, config={}, seeds=[0], seconds=0, command="python -m x")
    loaded, _ = records.load_record(path)
    assert loaded.keys() == kept.keys()
    for name, values in kept.items():
        assert loaded[name].dtype == values.dtype
        np.testing.assert_array_equal(loaded[name], values)
