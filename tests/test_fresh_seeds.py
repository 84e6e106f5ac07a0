"""Runs on fresh seeds (notebooks 12, 13): of today's configuration, on seeds of their own, and to be had again."""

import json
from pathlib import Path

import numpy as np
import pytest

from evidence import candidate, driving_off, equal_budgets, fair_speed, last_failures, reliability, reliable
from helpers.dqn.recipes import CANDIDATE, RELIABLE
from helpers.evaluation import rate_interval
from helpers.records import load_record, recorded_like_here

EARLIER = {*reliable.SEEDS, *reliable.TUNED_ON, *reliable.HELD_OUT, *candidate.TUNED_ON, *candidate.HELD_OUT}
EARLIER |= {*last_failures.SEEDS, *reliability.SEEDS}
STUDIES = equal_budgets.STUDIES
each_study = pytest.mark.parametrize("study", STUDIES)


def of(study: str):
    """The arrays of a study, and where they come from."""
    path = Path(f"notebooks/data/{study}.npz")
    if not path.exists():
        pytest.skip(f"{path} is not recorded yet")
    return load_record(path)


def test_the_seeds_are_fresh():
    all_seeds = [seed for _, seeds in STUDIES.values() for seed in seeds]
    assert not EARLIER & {*all_seeds} and len({*all_seeds}) == len(all_seeds)
    assert load_record(fair_speed.PATH)[1]["seeds"] == list(reliability.SEEDS)  # beside the screen's other rows


@each_study
def test_a_study_is_of_the_recipes_of_today(study):
    variants, seeds = STUDIES[study]
    arrays, provenance = of(study)
    assert provenance["seeds"] == list(seeds)
    assert provenance["config"] == json.loads(json.dumps(equal_budgets.describe(study)))
    assert all(arrays[f"{variant}/final_returns"].shape == (len(seeds), 100) for variant in variants)


def test_the_records_are_of_the_configurations_of_today():
    _, provenance = load_record(fair_speed.PATH)
    assert provenance["config"] == fair_speed.numbers() and provenance["config"]["tau"] == 1 / 64
    _, provenance = load_record(driving_off.PATH)
    assert provenance["config"] == driving_off.describe()


CHANGED = {  # what is put back in each variant, and where the learning rate falls over another time because of it
    "five_steps": {"n"},
    "gamma_099": {"gamma"},
    "whole_buffer": {"buffer_size"},
    "long_run": {"num_steps", "learning_rate_steps"},
}


@pytest.mark.parametrize("variant", CHANGED)
def test_one_change_is_put_back_and_no_other(variant):
    def numbers(recipe):
        return vars(recipe.config) | {"num_steps": recipe.num_steps}

    left, new = numbers(equal_budgets.VARIANTS[variant]), numbers(RELIABLE)
    differing = {name for name, value in left.items() if value != new[name]}
    assert differing == CHANGED[variant]
    assert {left[name] for name in differing} == {numbers(CANDIDATE)[name] for name in differing}


def test_the_candidate_is_itself_but_for_its_budget():
    """Half the steps, and with them half of the time in which the learning rate falls."""
    changed, recipe = equal_budgets.VARIANTS["candidate"], CANDIDATE
    differing = {name for name, value in vars(changed.config).items() if value != getattr(recipe.config, name)}
    assert differing == {"learning_rate_steps"} and changed.agent_class is recipe.agent_class
    assert changed.config.learning_rate_steps == RELIABLE.config.learning_rate_steps
    assert changed.num_steps == RELIABLE.num_steps == equal_budgets.VARIANTS["reliable"].num_steps


@each_study
def test_a_run_that_is_not_perfect_comes_out_again(study):
    """Exactly, on the versions and the processor of the record; elsewhere it's another run of the same kind."""
    arrays, provenance = of(study)
    variants, seeds = STUDIES[study]
    returns = np.stack([arrays[f"{variant}/final_returns"] for variant in variants])  # (V, N, 100)
    imperfect = np.argwhere(returns.mean(axis=2) < 500)  # where all are 500, any good agent would give the same
    which, row = np.random.default_rng().choice(imperfect)
    live = equal_budgets.record(variants[which], seeds[row])["final_returns"]
    if recorded_like_here(provenance):
        assert np.array_equal(live, returns[which, row]), (variants[which], seeds[row])
    assert live.shape == (100,) and 8 <= live.mean() <= 500


def test_the_beginning_of_a_run_of_a_part_comes_out_again():
    arrays, provenance = load_record(fair_speed.PATH)
    row = int(np.random.default_rng().integers(len(reliability.SEEDS)))
    live = reliability.record_recipe(fair_speed.AS_FAST, reliability.SEEDS[row], 20_000)
    measured = len(live["measured_at"])
    if recorded_like_here(provenance):
        for name in ("greedy_returns", "q_at_start"):
            assert np.array_equal(live[name], arrays[f"soft_target/{name}"][row, :measured]), reliability.SEEDS[row]
    assert np.isfinite(live["q_at_start"]).all()


def test_the_failing_agent_drives_off():
    arrays, _ = load_record(driving_off.PATH)
    lengths, last = arrays["lengths"], arrays["lengths"] - 1
    ends = arrays["obs"][last, np.arange(len(lengths))]  # (E, O) the last observation before the end
    over_the_edge = np.abs(ends[:, 0] + 0.02 * ends[:, 1]) > 2.4
    low, _ = rate_interval(int((over_the_edge & (lengths < 500)).sum()), len(lengths))
    assert low > 0.5
