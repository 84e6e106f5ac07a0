"""The command line prints what it promises, and the recorded runs can be had again."""

import argparse
import dataclasses
import json
import os
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import cartpole, compare
from benchmarks.peers import Greedy, PeerRun
from evidence import what_moved
from evidence.plain_dqn import PATH, SEEDS
from evidence.report import FINAL_SEED, along_the_way, outcome, peak_memory_mb
from evidence.runs import CONFIGS, parse_seeds
from helpers.records import load_record, recorded_like_here
from tools.course import ROOT

FIELDS = ["seed", "env_steps", "train_seconds", "env_steps_per_second", "mean_return", "returns_std", "solved"]
FIELDS += ["first_solved_steps", "first_solved_seconds", "first_solved_cpu_seconds", "last_evaluations"]
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
    clocks = [1.0, 2.0, 3.0, 4.0], [0.9, 1.9, 2.9, 3.9]
    said = along_the_way([5, 10, 15, 20], [100.0, 475.0, 300.0, 500.0], *clocks)
    assert (said["first_solved_steps"], said["first_solved_seconds"]) == (10, 2.0)
    assert said["first_solved_cpu_seconds"] == 1.9
    assert said["last_evaluations"] == [475.0, 300.0, 500.0]
    never = along_the_way([5, 10], [100.0, 474.9], [1.0, 2.0], [0.9, 1.9])
    assert {never[name] for name in never if name.startswith("first_solved")} == {None}


def test_looking_stops_both_clocks_and_a_look_is_due_when_enough_steps_have_gone_by():
    begin = time.perf_counter()
    run, agent = PeerRun(seed=0, evaluate_every=100), Greedy(lambda obs: (obs[:, 2] > 0).astype(int))
    for num_steps in (64, 128, 192, 256):
        run.look(num_steps, agent)
    assert run.steps == [128, 256]
    trained = time.perf_counter() - begin - run.evaluations.clock.stopped
    assert trained < run.evaluations.clock.stopped  # nothing was trained: nearly all the time went into looking
    said = run.report(256, agent)
    assert said["cpu_seconds"] < run.evaluations.processor.stopped
    assert said["env_steps"] == 256
    assert set(said) - {"compile_cpu_seconds"} <= set(FIELDS)


def test_memory_is_counted_in_megabytes():
    held = peak_memory_mb()
    assert 50 < held < 20_000
    block = np.ones(100 * 2**17)  # 100 MB
    assert peak_memory_mb() >= held
    assert block.sum() > 0


def a_run(first, seconds=60.0, solved=True) -> dict:
    return {
        "env_steps": 6_000,
        "first_solved_cpu_seconds": first,
        "cpu_seconds": seconds,
        "train_seconds": seconds + 1,
        "mean_return": 480,
        "solved": solved,
        "peak_memory_mb": 700,
    }


def test_the_comparison_divides_medians_and_counts_a_run_that_never_solved_as_all_its_seconds():
    ours = [a_run(first, 10.0) for first in (3, 2, 1)]
    peer = [a_run(20), a_run(None, solved=False), a_run(30)]
    lines = compare.table({"plain": ours, "peer": peer}, ["peer"]).splitlines()
    assert lines[1].split() == ["plain", "2.00", "10.00", "11.00", "600", "480.0", "3", "of", "3", "700"]
    assert lines[2].split() == ["peer", "30.00", "60.00", "61.00", "100", "480.0", "2", "of", "3", "700"]
    assert lines[3:] == ["plain: peer takes 15.0 times its CPU s to >= 475, 6.0 times in all"]


def test_who_begins_changes_from_pair_to_pair(monkeypatch, capsys):
    order = []
    monkeypatch.setattr(compare, "run_once", lambda entrant, seed, every: order.append((seed, entrant)) or {})
    compare.alternate([7, 8], {"a": "A", "b": "B"}, 1_000)
    assert order == [(7, "A"), (7, "B"), (8, "B"), (8, "A")]
    assert capsys.readouterr().out.count("\n") == 4


def test_every_entrant_s_module_and_every_peer_s_environment_is_there():
    for entrants in compare.ENTRANTS.values():
        for entrant in entrants.values():
            name = entrant.module.removeprefix("benchmarks.")
            assert (ROOT / "benchmarks" / f"{name}.py").exists()
            if entrant.is_peer:
                assert f".venv-{name}" in entrant.python
                assert (ROOT / "benchmarks" / f"{name}.txt").exists()
                assert re.search(rf"^PEERS := .*\b{name}\b", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)


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
    nobody = compare.Entrant("nowhere/python", "nothing", ())
    monkeypatch.setattr(compare, "ENTRANTS", {"dqn": {"nobody": nobody}})
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
