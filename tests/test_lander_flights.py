"""The recorded flights of notebook 17: they are those of today's recipes, small, and the first is flown again."""

from pathlib import Path

import numpy as np
import pytest

from evidence import lander_flights
from evidence.lander_flights import FILMED, SEED, TASKS
from helpers.records import load_record, recorded_like_here
from tests.with_box2d import box2d_or_skip
from tools.course import ROOT

ARRAYS, PROVENANCE = load_record(ROOT / lander_flights.PATH)

each_task = pytest.mark.parametrize("task", TASKS)


def test_the_record_is_small():
    assert Path(ROOT / lander_flights.PATH).stat().st_size < 200_000


@each_task
def test_it_belongs_to_the_recipe_of_today(task):
    assert PROVENANCE["config"][task] == lander_flights.config_of(task)
    assert ARRAYS[f"{task}/filmed"].tolist() == list(FILMED)
    assert ARRAYS[f"{task}/moments"][-1] == TASKS[task].num_steps


@each_task
def test_what_it_shows(task):
    returns = ARRAYS[f"{task}/returns"].mean(axis=1)  # (V,)
    assert returns[0] < 0 and returns[-1] >= 200
    assert not ARRAYS[f"{task}/landed"][0] and ARRAYS[f"{task}/landed"][-1]
    last = ARRAYS[f"{task}/obs"][-1, ARRAYS[f"{task}/length"][-1]].astype(float)  # (8,)
    assert abs(last[0]) < 0.25 and abs(last[1]) < 0.05 and abs(last[4]) < 0.2  # on the pad, upright
    assert not last[2:4].any() and last[6:].any()  # at rest, on its legs (Box2D may take one for lifted by a hair)


@each_task
def test_the_first_flight_is_flown_again(task):
    box2d_or_skip()
    recipe = TASKS[task]
    agent = recipe.make(recipe.make_envs(), SEED)
    found = lander_flights.flown(agent, recipe)
    for name, values in found.items():
        if recorded_like_here(PROVENANCE):
            np.testing.assert_array_equal(values, ARRAYS[f"{task}/{name}"][0], err_msg=name)
    assert found["obs"][0] == pytest.approx(ARRAYS[f"{task}/obs"][0, 0], abs=0.01)  # the same start everywhere
    np.testing.assert_allclose(lander_flights.ground(), ARRAYS["ground"], atol=1e-5)
