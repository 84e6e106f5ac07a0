"""The runs that answer notebook 08's questions: the beginning of one is made again, and their numbers are as said."""

import json
import os

import numpy as np

from evidence import dqn_questions as record
from evidence.plain_dqn import PATH as PLAIN_PATH
from helpers.records import load_record, recorded_like_here
from tools.course import ROOT

STEPS = 5_000


def test_the_beginning_of_a_recorded_run_comes_out_again():
    """One of them, another one each time; where every change is checked, always the same."""
    arrays, provenance = load_record(ROOT / record.PATH)
    assert provenance["config"] == json.loads(json.dumps(record.describe())), "recorded with other settings"
    assert provenance["seeds"] == list(record.SEEDS)
    rng = np.random.default_rng(0 if "CI" in os.environ else None)
    name = str(rng.choice(list(record.QUESTIONS)))
    seed = int(rng.choice(record.QUESTIONS[name].seeds))
    live = record.record(name, seed, STEPS)
    for key in ("greedy_returns", "left", "max_q_at_start"):
        whole = arrays[f"{name}/{key}"][:, : len(live[key])]
        if recorded_like_here(provenance):
            np.testing.assert_allclose(live[key], whole[seed], rtol=1e-6, err_msg=f"{name}, seed {seed}, {key}")
        low, high = whole.min(), whole.max()
        assert low - (high - low) <= live[key].mean() <= high + (high - low), f"{name}, seed {seed}, {key}"


def test_the_pace_of_the_copies_is_all_that_differs():
    configs = [record.numbers_of(f"copied_every_{pace}") for pace in record.PACES]
    alike = [{key: value for key, value in one.items() if key not in ("target_every", "what")} for one in configs]
    assert all(one == alike[0] for one in alike)
    assert [one["target_every"] * one["learn_every"] // one["gradient_steps"] for one in configs] == [*record.PACES]


def test_no_seed_is_reported_on_which_something_was_chosen():
    assert not set(record.SEEDS) & set(record.TUNING_SEEDS)
    _, plain = load_record(ROOT / PLAIN_PATH)
    assert plain["seeds"] == list(record.SEEDS)  # so that the runs can be held against those of the plain agent
