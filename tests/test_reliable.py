"""RELIABLE solves CartPole on every recorded seed, half of them never looked at; its records can be had again."""

import json
from dataclasses import asdict

import gymnasium as gym
import numpy as np
import pytest

from evidence import candidate, last_failures, other_tasks, reliable
from evidence.report import THRESHOLD
from evidence.runs import run_recipe
from helpers.dqn.recipes import CANDIDATE, RELIABLE
from helpers.evaluation import mean_interval
from helpers.files import read_npz, write_npz
from helpers.records import load_record, recorded_like_here

NAMES = ("greedy_returns", "final_returns")
RECIPES = {candidate: CANDIDATE, reliable: RELIABLE}
both = pytest.mark.parametrize("module", RECIPES, ids=["candidate", "reliable"])


@pytest.fixture(scope="module")
def tasks():
    return load_record(other_tasks.PATH)


@both
def test_the_record_is_of_the_recipe_of_today(module):
    arrays, provenance = load_record(module.PATH)
    recipe, name = RECIPES[module], module.__name__
    config = json.loads(json.dumps(asdict(recipe.config)))
    assert config.items() <= provenance["config"].items(), f"record again: python -m {name}"
    assert provenance["config"]["num_steps"] == recipe.num_steps
    assert provenance["config"]["n"] == recipe.config.n
    assert provenance["seeds"] == arrays["seeds"].tolist() == [*reliable.SEEDS, *module.HELD_OUT]
    assert provenance["command"].startswith(f"python -m {name} ")


@both
def test_the_seeds_that_were_tuned_on_are_not_reported(module):
    assert not set(module.TUNED_ON) & {*reliable.SEEDS, *module.HELD_OUT}
    assert not set(reliable.SEEDS) & set(module.HELD_OUT)


def test_what_was_held_out_for_one_recipe_was_not_used_for_the_next():
    assert not set(reliable.HELD_OUT) & {*candidate.HELD_OUT, *candidate.TUNED_ON}
    assert set(last_failures.SEEDS) <= set(reliable.TUNED_ON)


def test_the_comparison_is_of_what_it_says():
    arrays, provenance = load_record(last_failures.PATH)
    assert provenance["config"] == json.loads(json.dumps(last_failures.describe()))
    assert provenance["seeds"] == list(last_failures.SEEDS)
    assert last_failures.VARIANTS["half_the_steps"].agent_class is CANDIDATE.agent_class
    assert last_failures.VARIANTS["reliable"] == RELIABLE
    for variant in last_failures.VARIANTS:
        assert arrays[f"{variant}/final_returns"].shape == (len(last_failures.SEEDS), 100)


def test_a_run_of_the_comparison_comes_out_again():
    arrays, provenance = load_record(last_failures.PATH)
    variant, row = "reliable", int(np.random.default_rng().integers(len(last_failures.SEEDS)))
    recorded = {name: arrays[f"{variant}/{name}"][row] for name in NAMES}
    live = reliable.record_seed(last_failures.VARIANTS[variant], last_failures.SEEDS[row])
    assert not disagreement(recorded, live, recorded_like_here(provenance)), f"seed {last_failures.SEEDS[row]}"


def disagreement(recorded: dict, live: dict, alike: bool) -> str:
    """What differs between a recorded seed and the same seed run now; exactly where the machines are alike."""
    if alike:
        return "".join(f"{name} differs; " for name in NAMES if not np.array_equal(recorded[name], live[name]))
    low, high = mean_interval(recorded["final_returns"])
    inside = min(low, THRESHOLD) <= live["final_returns"].mean() <= max(high, 500)
    return "" if inside else f"the mean is {live['final_returns'].mean()}; "


@both
def test_a_seed_chosen_at_random_gives_the_recorded_numbers_live(module):
    arrays, provenance = load_record(module.PATH)
    row = int(np.random.default_rng().integers(len(arrays["seeds"])))
    recorded = {name: arrays[name][row] for name in NAMES}
    live = reliable.record_seed(RECIPES[module], int(arrays["seeds"][row]))
    alike = recorded_like_here(provenance)
    assert not disagreement(recorded, live, alike), f"seed {arrays['seeds'][row]}"
    assert module is candidate or live["final_returns"].mean() >= THRESHOLD, f"seed {arrays['seeds'][row]}"
    wrong = {name: values.copy() for name, values in recorded.items()}
    wrong["final_returns"][17] -= 1  # one digit of one number
    assert disagreement(wrong, live, alike=True) or not alike


def test_one_digit_changed_in_the_file_is_noticed(tmp_path):
    arrays = {name: values.copy() for name, values in read_npz(reliable.PATH).items()}
    path = tmp_path / "reliable.npz"
    path.with_suffix(".json").write_text(json.dumps(load_record(reliable.PATH)[1]))
    write_npz(path, arrays)
    load_record(path)
    arrays["final_returns"][42, 17] -= 1
    write_npz(path, arrays)
    with pytest.raises(ValueError, match=r"not what was recorded.*evidence\.reliable"):
        load_record(path)


@pytest.mark.parametrize("env_id", other_tasks.TASKS)
def test_other_tasks_change_only_the_scale_and_the_length(tasks, env_id):
    recipe = other_tasks.recipe_for(env_id)
    changed = {name for name, value in asdict(recipe.config).items() if value != asdict(RELIABLE.config)[name]}
    assert changed <= {"obs_scale", "learning_rate_steps"}
    assert tasks[1]["config"][env_id]["num_steps"] == recipe.num_steps


def test_the_beginning_of_a_run_on_another_task_is_the_recorded_one(tasks):
    """The first measurement only: a twentieth of the run."""
    arrays, provenance = tasks
    if not recorded_like_here(provenance):
        pytest.skip("recorded on another type of processor or with other versions: the runs may differ")
    seed = int(np.random.default_rng().choice(provenance["seeds"]))
    recipe = other_tasks.recipe_for("Acrobot-v1")
    every = recipe.num_steps // other_tasks.MEASUREMENTS
    beginning = recipe._replace(num_steps=every)
    run = run_recipe(
        beginning, seed, "Acrobot-v1", measure=other_tasks.measure("Acrobot-v1", seed), measure_every=every
    )
    recorded = arrays["Acrobot-v1/greedy_returns"][seed, :1]
    assert np.array_equal(run.history.measured["greedy_returns"], recorded), f"seed {seed}"


def test_a_broken_twin_is_not_reliable():
    """With gamma^1 where gamma^8 belongs, eight rewards are added to a value that was hardly discounted."""

    class WrongPower(RELIABLE.agent_class):
        @property
        def discount(self):
            return self.config.gamma

    run = run_recipe(RELIABLE._replace(agent_class=WrongPower), seed=0)
    env = gym.make("CartPole-v1")
    start = np.array([env.reset(seed=k)[0] for k in range(20)])
    assert run.agent.q_values(start).max() > 1 / (1 - RELIABLE.config.gamma)
