"""A reader's progress in an earlier edition is understood today, when notebooks and exercises have other numbers."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.checks import passes, registry
from helpers.checks.editions import EDITION, THIRD, renumbered

FIRST = [f"{notebook}.{place}" for notebook in range(1, 14) for place in range(1, 5)]
MOVED = {
    "1.1": "1.2",
    "2.3": "2.3",
    "2.4": "2.6",
    "3.1": "4.1",
    "9.3": "10.6",
    "10.2": "11.3",
    "11.4": "12.7",
    "12.1": "14.3",
}
MOVED |= {"8.2": "9.6", "9.4": "10.1", "3.3": "3.5", "4.2": "5.5", "5.1": "6.3", "13.4": "15.7", "note": "note"}


def in_the_first(**others) -> str:
    """A file as the first edition wrote it; `version=None` leaves the mark out."""
    content = {"version": 1, "passed": {number: f"day {number}" for number in MOVED}} | others
    return json.dumps({key: value for key, value in content.items() if value is not None})


@pytest.fixture
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv(passes.VARIABLE, str(tmp_path / ".progress.json"))
    return tmp_path / ".progress.json"


@pytest.mark.parametrize("edition", [1, None, 0, "2", 2.0, True, [2]])
def test_every_number_of_the_first_edition_moves_to_its_own_place(edition):
    assert renumbered({number: f"day {number}" for number in MOVED}, edition) == {
        new: f"day {number}" for number, new in MOVED.items()
    }


def test_what_the_second_edition_wrote_moves_within_its_notebook():
    passed = {number: f"day {number}" for number in ("1.1", "2.1", "2.3", "4.1", "13.4", "note")}
    new = {"1.2": "day 1.1", "2.4": "day 2.1", "2.3": "day 2.3", "4.1": "day 4.1", "12.7": "day 13.4"}
    assert renumbered(passed, 2) == new | {"note": "day note"}


def test_each_new_number_is_that_of_an_exercise_and_none_is_given_twice():
    there = {one.number for notebook in registry.notebooks() for one in registry.exercises_of(notebook)}
    for notebook in {number.partition(".")[0] for number in THIRD}:
        old = [f"{notebook}.{place}" for place in range(1, 5)]  # each notebook had four
        new = [THIRD.get(number, number) for number in old]
        assert len({*new}) == len(old) and {*new} <= there


@given(st.dictionaries(st.sampled_from(FIRST), st.text(max_size=3)))
def test_no_pass_is_lost_and_none_is_invented(passed):
    moved = renumbered(passed, 1)
    assert sorted(moved.values()) == sorted(passed.values()) and len(moved) == len(passed)
    new = {number for number in moved if number.startswith(("3.", "12."))}
    moved_there = {"3.5", "3.6", "12.4", "12.5", "12.6", "12.7"}  # from 04 and 13; nobody can have passed the others
    assert new <= moved_there


@given(st.dictionaries(st.sampled_from(FIRST), st.text(max_size=3)), st.integers(EDITION, EDITION + 3))
def test_a_file_of_this_edition_or_a_later_one_stays_as_it_is(passed, edition):
    assert renumbered(passed, edition) == passed


@given(st.text(max_size=5))
def test_what_is_no_number_of_an_exercise_stays(name):
    if not re.match(r"\d", name):
        assert renumbered({name: "now"}, 1) == {name: "now"}


@pytest.mark.parametrize("version", [1, None])
def test_a_file_of_the_first_edition_is_read_in_today_s_numbers_and_written_once(own_progress, version):
    own_progress.write_text(in_the_first(version=version))
    for _ in range(2):  # reading changes nothing
        assert set(passes.read_passes(own_progress)[0]) == set(MOVED.values())
    assert own_progress.read_text() == in_the_first(version=version)
    for number in ("4.2", "3.1", "4.2"):  # the first pass writes the file anew, with its mark; nothing moves twice
        assert passes.record_pass(number) == ""
        content = json.loads(own_progress.read_text())
        assert content["version"] == EDITION
        assert {old for old, new in MOVED.items() if content["passed"].get(new) == f"day {old}"} == set(MOVED)
    assert set(content["passed"]) == {*MOVED.values(), "4.2", "3.1"}
