"""The record of the agent that measures its own scale: a run's beginning comes again; no tuning seed is in it."""

import json
import os

import numpy as np

from evidence import own_scale
from evidence.plain_dqn import PATH as PLAIN_PATH
from helpers.records import load_record, recorded_like_here
from tools.course import ROOT

STEPS = 5_000


def test_the_beginning_of_a_recorded_run_comes_out_again():
    """One of ten, another one each time; where every change is checked, always the same."""
    arrays, provenance = load_record(ROOT / own_scale.PATH)
    assert provenance["config"] == json.loads(json.dumps(own_scale.describe())), "recorded with other settings"
    seed = int(np.random.default_rng(0 if "CI" in os.environ else None).choice(own_scale.SEEDS))
    live = own_scale.record("own_scale", seed, STEPS)
    for key in ("greedy_returns", "left", "max_q_at_start"):
        first = arrays[key][:, : len(live[key])]
        if recorded_like_here(provenance):
            np.testing.assert_allclose(live[key], first[seed], rtol=1e-6, err_msg=f"seed {seed}, {key}")
        low, high = first.min(), first.max()
        assert low - (high - low) <= live[key].mean() <= high + (high - low), f"seed {seed}, {key}"


def test_its_seeds_are_those_of_the_plain_agent_and_none_was_chosen_on():
    _, provenance = load_record(ROOT / own_scale.PATH)
    assert provenance["seeds"] == list(own_scale.SEEDS) == load_record(ROOT / PLAIN_PATH)[1]["seeds"]
    assert not set(own_scale.SEEDS) & set(own_scale.TUNING_SEEDS)
