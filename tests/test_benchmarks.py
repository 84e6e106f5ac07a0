"""The command line prints what it promises, and the recorded runs can be had again."""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import cartpole, compare
from evidence import what_moved
from evidence.plain_dqn import PATH, SEEDS
from evidence.report import FINAL_SEED, along_the_way, outcome, peak_memory_mb
from evidence.runs import CONFIGS, parse_seeds
from helpers.records import load_record, recorded_like_here

FIELDS = ["seed", "env_steps", "train_seconds", "env_steps_per_second", "mean_return", "returns_std", "solved"]
FIELDS += ["first_solved_steps", "first_solved_seconds", "last_evaluations"]
FIELDS += ["gradient_steps", "compile_seconds", "cpu_seconds", "peak_memory_mb"]


def test_record_belongs_to_the_configuration_of_today():
    _, provenance = load_record(PATH)
    assert provenance["seeds"] == list(SEEDS)
    config = json.loads(json.dumps(dataclasses.asdict(CONFIGS["plain"])))
    assert config.items() <= provenance["config"].items(), "record again: python -m evidence.plain_dqn"


def test_a_recorded_seed_chosen_at_random_gives_the_same_numbers_live():
    """Exactly, on the versions and the CPU of the record; elsewhere the run must still learn."""
    arrays, provenance = load_record(PATH)
    seed = int(np.random.default_rng().choice(provenance["seeds"]))
    command = [sys.executable, "-m", "benchmarks.cartpole", "--config", "plain", "--seeds", str(seed)]
    surroundings = {name: value for name, value in os.environ.items() if name != "TQDM_DISABLE"}  # as at a prompt
    begin = time.perf_counter()
    finished = subprocess.run(command, capture_output=True, text=True, env=surroundings, check=True)
    (line,) = finished.stdout.splitlines()  # no bar among the results
    report = json.loads(line)
    assert list(report) == FIELDS
    assert report["seed"] == seed
    assert report["env_steps"] == 100_000
    assert 0 < report["train_seconds"] < time.perf_counter() - begin
    recorded = arrays["final_returns"][seed]
    if recorded_like_here(provenance):
        assert report["mean_return"] == round(float(recorded.mean()), 2), f"seed {seed}"
        assert report["returns_std"] == round(float(recorded.std(ddof=1)), 2), f"seed {seed}"
    else:
        assert report["mean_return"] > 100, f"seed {seed} learnt nothing"


def test_evaluation_never_meets_a_training_seed():
    assert FINAL_SEED > 1_000_000 > max(SEEDS)


@pytest.mark.parametrize(("text", "seeds"), [("0:3", [0, 1, 2]), ("7", [7]), ("1,4,7", [1, 4, 7]), ("5:6", [5])])
def test_seeds_as_people_write_them(text, seeds):
    assert parse_seeds(text) == seeds


@given(st.text(max_size=8))
def test_other_texts_are_refused_in_words(text):
    try:
        seeds = parse_seeds(text)
    except argparse.ArgumentTypeError as error:
        assert "0:10" in str(error)
        assert repr(text) in str(error)
    else:
        assert seeds
        assert min(seeds) >= 0


def test_an_outcome_is_counted_from_the_final_returns():
    said = outcome(3, 1_000, 0.5, np.array([474.0, 475.0, 476.0]))
    assert said["env_steps_per_second"] == 2_000
    assert (said["mean_return"], said["returns_std"], said["solved"]) == (475.0, 1.0, True)
    assert not outcome(3, 1_000, 0.5, np.array([474.0, 475.0, 475.9]))["solved"]


def test_the_first_evaluation_that_reaches_the_threshold_is_found():
    said = along_the_way([5, 10, 15, 20], [1.0, 2.0, 3.0, 4.0], [100.0, 475.0, 300.0, 500.0])
    assert (said["first_solved_steps"], said["first_solved_seconds"]) == (10, 2.0)
    assert said["last_evaluations"] == [475.0, 300.0, 500.0]
    never = along_the_way([5, 10], [1.0, 2.0], [100.0, 474.9])
    assert (never["first_solved_steps"], never["first_solved_seconds"]) == (None, None)


def test_memory_is_counted_in_megabytes():
    held = peak_memory_mb()
    assert 50 < held < 20_000
    block = np.ones(100 * 2**17)  # 100 MB
    assert peak_memory_mb() >= held
    assert block.sum() > 0


def a_run(agent, speed, first, mean, solved) -> dict:
    return {
        "agent": agent,
        "env_steps_per_second": speed,
        "first_solved_seconds": first,
        "train_seconds": 60.0,
        "mean_return": mean,
        "solved": solved,
        "peak_memory_mb": 700,
    }


def test_the_comparison_divides_medians_and_counts_a_run_that_never_solved_as_all_its_seconds():
    ours = [a_run("plain", speed, first, 500, True) for speed, first in [(900, 3), (1000, 2), (5000, 1)]]
    peer = [a_run("peer", 100, first, 490, solved) for first, solved in [(20, True), (None, False), (30, True)]]
    text = compare.table(ours + peer, ["plain", "peer"])
    assert "plain against peer: 10.0 times the env steps/s, solved 15.0 times sooner" in text
    assert "2 of 3" in text


def test_who_begins_changes_from_pair_to_pair(monkeypatch, capsys):
    order = []
    monkeypatch.setattr(compare, "run_once", lambda name, seed, every: order.append((seed, name)) or {"agent": name})
    compare.alternate([7, 8], ["a", "b"], 1_000)
    assert order == [(7, "a"), (7, "b"), (8, "b"), (8, "a")]
    assert capsys.readouterr().out.count("\n") == 4


@pytest.mark.parametrize(
    ("config", "env_id", "there"),
    [("plain", "Acrobot-v1", "CartPole-v1"), ("ppo", "Taxi-v3", "CartPole-v1, Acrobot-v1, LunarLander-v3")],
)
def test_a_task_without_a_recipe_is_said_in_words(monkeypatch, capsys, config, env_id, there):
    monkeypatch.setattr(sys, "argv", ["cartpole", "--config", config, "--env", env_id])
    with pytest.raises(SystemExit):
        cartpole.main()
    assert f"there is no recipe {config!r} for {env_id}; there is one for {there}" in capsys.readouterr().err


def test_a_missing_peer_is_said_in_words(monkeypatch):
    monkeypatch.setattr(compare, "PEER", "nowhere/python")
    monkeypatch.setattr(sys, "argv", ["compare"])
    with pytest.raises(SystemExit, match="run `make bench`"):
        compare.main()


BEFORE = {"x": np.array([1.0, 2.0, np.nan]), "words": np.array(["a"]), "gone": np.zeros(1), "longer": np.zeros(2)}
AFTER = {"x": np.array([1.0, 2.5, np.nan]), "words": np.array(["b"]), "new": np.zeros(1), "longer": np.zeros(3)}


def test_a_new_record_says_what_moved():
    assert what_moved({}, AFTER) == "nothing was recorded before"
    assert what_moved(BEFORE, dict(BEFORE)) == "nothing moved"
    remarks = what_moved(BEFORE, AFTER).split("; ")
    assert remarks == sorted(remarks)
    assert set(remarks) == {
        "x moved in 1 of 3 numbers, by 0.5 at most",
        "words says something else",
        "gone is gone",
        "new is new",
        "longer was (2,) and is (3,)",
    }
