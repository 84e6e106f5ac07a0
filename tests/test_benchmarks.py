"""The command line prints what it promises, and the recorded runs can be had again."""

import argparse
import dataclasses
import json
import os
import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.runs import CONFIGS, ENV_ID, FINAL_SEED, parse_seeds
from evidence.plain_dqn import PATH, SEEDS
from helpers.records import load_record, recorded_like_here

FIELDS = ["seed", "env_steps", "gradient_steps", "train_seconds", "compile_seconds", "env_steps_per_second"]
FIELDS += ["mean_return", "returns_std", "solved"]


def test_recorded_plain_runs_meet_their_bars():
    arrays, provenance = load_record(PATH)
    assert provenance["seeds"] == list(SEEDS)
    assert arrays["final_returns"].shape == (10, 100)
    assert (arrays["final_returns"].mean(axis=1) >= gym.spec(ENV_ID).reward_threshold).sum() >= 8
    assert arrays["train_seconds"].max() <= 60


def test_record_belongs_to_the_configuration_of_today():
    _, provenance = load_record(PATH)
    config = json.loads(json.dumps(dataclasses.asdict(CONFIGS["plain"])))
    assert config.items() <= provenance["config"].items(), "record again: python -m evidence.plain_dqn"


def test_a_recorded_seed_chosen_at_random_gives_the_same_numbers_live():
    """Exactly, on the versions and the CPU of the record; elsewhere the run must still learn."""
    arrays, provenance = load_record(PATH)
    seed = int(np.random.default_rng().choice(provenance["seeds"]))
    command = [sys.executable, "-m", "benchmarks.cartpole", "--config", "plain", "--seeds", str(seed)]
    surroundings = {name: value for name, value in os.environ.items() if name != "TQDM_DISABLE"}  # as at a prompt
    finished = subprocess.run(command, capture_output=True, text=True, env=surroundings, check=True)
    (line,) = finished.stdout.splitlines()  # no bar among the results
    report = json.loads(line)
    assert list(report) == FIELDS
    assert report["seed"] == seed
    assert report["env_steps"] == 100_000
    assert report["train_seconds"] <= 60
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
