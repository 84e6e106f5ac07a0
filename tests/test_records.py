"""Recorded runs carry their provenance, and a changed digit is noticed."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from helpers import records
from helpers.checkpoint import read_npz, write_npz


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
    base = records.checksum({"a": np.zeros(4)})
    assert base == records.checksum({"a": np.zeros(4)})
    for other in ({"b": np.zeros(4)}, {"a": np.zeros(4, np.float32)}, {"a": np.zeros((2, 2))}, {"a": np.full(4, -0.0)}):
        assert records.checksum(other) != base


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
