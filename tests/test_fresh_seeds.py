"""The runs on fresh seeds of notebooks 12 and 13: of today's configuration, on seeds of their own, and to be had again."""

import json

import numpy as np
import pytest

from evidence import candidate, driving_off, equal_budgets, last_failures, parts_again, reliability, reliable
from evidence.report import THRESHOLD
from helpers.dqn.recipes import CANDIDATE, RELIABLE
from helpers.evaluation import rate_interval
from helpers.records import load_record, recorded_like_here

NAMES = ("greedy_returns", "final_returns")
EARLIER = {*reliable.SEEDS, *reliable.TUNED_ON, *reliable.HELD_OUT, *candidate.TUNED_ON, *candidate.HELD_OUT}
EARLIER |= {*last_failures.SEEDS, *reliability.SEEDS}


@pytest.mark.parametrize("module", [equal_budgets, parts_again], ids=["equal_budgets", "parts_again"])
def test_the_seeds_are_fresh(module):
    assert not EARLIER & {*module.SEEDS}
    assert not {*equal_budgets.SEEDS} & {*parts_again.SEEDS}
    assert load_record(module.PATH)[1]["seeds"] == list(module.SEEDS)


def test_the_records_are_of_the_recipes_of_today():
    arrays, provenance = load_record(equal_budgets.PATH)
    assert provenance["config"] == json.loads(json.dumps(equal_budgets.describe()))
    for variant, (recipe, seeds) in equal_budgets.VARIANTS.items():
        assert arrays[f"{variant}/final_returns"].shape == (len(seeds), 100)
        assert recipe.num_steps == (100_000 if variant == "all_the_steps" else 50_000)
    _, provenance = load_record(parts_again.PATH)
    assert provenance["config"] == {name: parts_again.numbers_of(name) for name in parts_again.AGAIN}
    _, provenance = load_record(driving_off.PATH)
    assert provenance["config"] == driving_off.describe()


def test_each_change_is_undone_alone():
    told = {name: equal_budgets.numbers_of(name) for name in equal_budgets.VARIANTS}
    for name, undone in {
        "all_kept": {"buffer_size"},
        "five_steps": {"n"},
        "lower_gamma": {"gamma"},
        "all_the_steps": {"num_steps", "learning_rate_steps"},
    }.items():
        assert {key for key, value in told[name].items() if value != told["reliable"][key]} == undone
        assert all(told[name][key] == _of_the_candidate(key) for key in undone)
    assert equal_budgets.VARIANTS["reliable"][0] == RELIABLE
    same = {key for key, value in told["candidate"].items() if value == told["reliable"][key]}
    assert {"num_steps", "learning_rate_steps", "target_every", "batch_size"} <= same
    assert (told["candidate"]["n"], told["candidate"]["gamma"]) == (CANDIDATE.config.n, CANDIDATE.config.gamma)


def _of_the_candidate(key: str):
    return CANDIDATE.num_steps if key == "num_steps" else getattr(CANDIDATE.config, key)


def test_a_run_chosen_at_random_comes_out_again():
    """Exactly, on the versions and the processor of the record; elsewhere it's solved about as often."""
    arrays, provenance = load_record(equal_budgets.PATH)
    row = int(np.random.default_rng().integers(len(equal_budgets.SEEDS)))
    live = equal_budgets.record("reliable", equal_budgets.SEEDS[row])
    recorded = {name: arrays[f"reliable/{name}"][row] for name in NAMES}
    if recorded_like_here(provenance):
        assert all(np.array_equal(live[name], recorded[name]) for name in NAMES), equal_budgets.SEEDS[row]
    assert live["final_returns"].mean() >= min(THRESHOLD, recorded["final_returns"].mean())


def test_the_beginning_of_a_run_of_a_part_comes_out_again():
    arrays, provenance = load_record(parts_again.PATH)
    row = int(np.random.default_rng().integers(len(parts_again.SEEDS)))
    live = reliability.record_recipe(parts_again.AGAIN["soft_target"], parts_again.SEEDS[row], 20_000)
    measured = len(live["measured_at"])
    if recorded_like_here(provenance):
        for name in ("greedy_returns", "q_at_start"):
            assert np.array_equal(live[name], arrays[f"soft_target/{name}"][row, :measured]), parts_again.SEEDS[row]
    assert np.isfinite(live["q_at_start"]).all()


def test_what_settled_means():
    arrays = {"a/final_returns": np.full((3, 100), 500), "a/greedy_returns": np.full((3, 20), 500.0)}
    arrays["a/final_returns"][0] = 400  # not solved
    arrays["a/greedy_returns"][1, 10] = 474.0  # fell back in the second half
    arrays["a/greedy_returns"][2, 9] = 9.0  # before it
    assert parts_again.settled(arrays, "a") == 1


def test_the_failing_agent_drives_off():
    arrays, _ = load_record(driving_off.PATH)
    lengths, last = arrays["lengths"], arrays["lengths"] - 1
    ends = arrays["obs"][last, np.arange(len(lengths))]  # (E, O) the last observation before the end
    over_the_edge = np.abs(ends[:, 0] + 0.02 * ends[:, 1]) > 2.4
    low, _ = rate_interval(int((over_the_edge & (lengths < 500)).sum()), len(lengths))
    assert low > 0.5
