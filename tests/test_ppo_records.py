"""The records of PPO: each belongs to the recipe of today, and the beginning of one run is made again."""

from pathlib import Path

import numpy as np
import pytest

from evidence import pieces, ppo_details, ppo_reliability
from evidence.ppo_reliability import POINTS, TUNING_SEEDS, curve_of
from helpers.history import History
from helpers.loop import train
from helpers.records import load_record, recorded_like_here
from tests.with_box2d import box2d_or_skip
from tools.course import ROOT

RNG = np.random.default_rng()
PARTS = 3  # of POINTS, which are made again


def needs_what_it_needs(task: str) -> None:
    if "LunarLander" in task:
        box2d_or_skip()


def beginning_of(recipe, seed: int) -> np.ndarray:
    """The first PARTS points of a learning curve."""
    envs = recipe.make_envs()
    history = train(envs, recipe.make(envs, seed), recipe.num_steps * PARTS // POINTS, seed, progress=False)
    return curve_of(history, recipe.num_steps)["training_returns"][:PARTS]


def compare_beginning(recipe, seed: int, recorded, provenance) -> None:
    found, recorded = beginning_of(recipe, seed), recorded[:, :PARTS]
    if recorded_like_here(provenance):
        np.testing.assert_array_equal(found, recorded[list(provenance["seeds"]).index(seed)], err_msg=f"seed {seed}")
    else:
        near = np.nanmax(recorded, axis=0) - np.nanmin(recorded, axis=0)
        assert np.all(np.abs(found - np.nanmean(recorded, axis=0)) <= 2 * near + 1), f"seed {seed}"


@pytest.mark.parametrize("task", ppo_reliability.TASKS)
def test_the_beginning_of_one_reliable_run_is_made_again(task):
    needs_what_it_needs(task)
    arrays, provenance = load_record(ROOT / ppo_reliability.path_of(task))
    assert ppo_reliability.numbers_of(task).items() <= provenance["config"].items(), "record again"
    seed = int(RNG.choice(provenance["seeds"]))
    compare_beginning(ppo_reliability.TASKS[task][0], seed, arrays["training_returns"], provenance)


@pytest.mark.parametrize("task", ppo_details.TASKS)
def test_the_beginning_of_one_detail_is_made_again(task):
    needs_what_it_needs(task)
    arrays, provenance = load_record(ROOT / ppo_details.path_of(task))
    assert ppo_details.describe(task).items() <= provenance["config"].items(), "record again"
    seed, detail = int(RNG.choice(provenance["seeds"])), str(RNG.choice(list(ppo_details.DETAILS)))
    compare_beginning(ppo_details.changed(f"{task}/{detail}"), seed, arrays[f"{detail}/training_returns"], provenance)


@pytest.mark.parametrize("task", ppo_details.TASKS)
def test_each_detail_was_recorded_on_the_seeds_of_the_recipe(task):
    arrays, provenance = load_record(ROOT / ppo_details.path_of(task))
    assert provenance["seeds"] == list(ppo_details.TASKS[task][1])
    assert provenance["config"]["details"].keys() == ppo_details.DETAILS.keys()
    for detail in ppo_details.DETAILS:
        for name in ("final_returns", "final_sampled_returns"):
            assert arrays[f"{detail}/{name}"].shape == (len(provenance["seeds"]), 100)
        assert np.isfinite(arrays[f"{detail}/final_returns"]).all()


def test_no_seed_that_was_tuned_on_is_reported():
    seeds = {seed for _, seeds in ppo_reliability.TASKS.values() for seed in seeds}
    seeds |= {seed for _, seeds in ppo_details.TASKS.values() for seed in seeds}
    assert not seeds & set(TUNING_SEEDS)


@pytest.mark.parametrize("name", [f"{task}/{detail}" for task in ppo_details.TASKS for detail in ppo_details.DETAILS])
def test_each_detail_changes_something_and_one_thing_alone(name):
    task, detail = name.split("/")
    one, recipe = ppo_details.changed(name), ppo_details.changed(f"{task}/recipe")
    differ = {field for field, value in vars(one.config).items() if value != getattr(recipe.config, field)}
    assert differ == set(ppo_details.DETAILS[detail].changes)
    assert (one.agent_class is not recipe.agent_class) == (detail == "clock_kills")
    assert one.config.decay_steps in (one.num_steps, None)
    assert ppo_details.numbers_of(name) != ppo_details.numbers_of(f"{task}/recipe") or detail == "recipe"


def test_the_curve_is_the_mean_of_the_episodes_that_ended_in_each_part():
    # 250 steps, parts of 10: two episodes in the first, one at its very end; none in the second; one in the last
    history = History(returns=np.array([1.0, 3.0, 7.0]), ended_at=np.array([4, 10, 250]))
    curve = curve_of(history, 250)
    assert curve["measured_at"].tolist() == list(range(10, 260, 10))
    assert curve["training_returns"][[0, -1]].tolist() == [2.0, 7.0]
    assert np.isnan(curve["training_returns"][1:-1]).all()


def test_a_recording_that_was_stopped_goes_on_where_it_was(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_PIECES", str(tmp_path))
    made, tasks = [], [("a/b", 0), ("c", 0), ("a/b", 1)]

    def run(name, seed):
        made.append((name, seed))
        if made == tasks:
            raise RuntimeError("the power fails")
        return {"score": np.array(seed + 0.5), "measured_at": np.arange(3)}

    folder = pieces.folder_of("test")
    with pytest.raises(Exception, match="the power fails"):
        pieces.in_pieces(run, tasks, lambda name: {"name": name}, 1, folder)
    assert sorted(made) == sorted(tasks) and len(list(folder.iterdir())) == 2
    found = pieces.in_pieces(run, tasks, lambda name: {"name": name}, 1, folder)
    assert made[3:] == [("a/b", 1)] and "2 of 3 runs are in" in capsys.readouterr().out
    assert found["a/b"]["score"].tolist() == [0.5, 1.5] and found["a/b"]["measured_at"].tolist() == [0, 1, 2]
    pieces.in_pieces(run, tasks, lambda name: {"name": name, "clip": "inf"}, 1, folder)  # other numbers: all anew
    assert len(made) == 7


def test_pieces_lie_outside_the_repository(monkeypatch):
    monkeypatch.delenv("COURSE_PIECES", raising=False)
    monkeypatch.setattr(Path, "mkdir", lambda *args, **kwargs: None)
    assert ROOT not in pieces.folder_of("test").parents
