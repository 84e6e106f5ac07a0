"""The bugs are silent, each has the fault that it is said to have, and the guessing game gives nothing away."""

import re

import gymnasium as gym
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.clinic.panel import alarms
from helpers.clinic.probes import FIRST_NAMES, run_probes
from helpers.clinic.zoo import BUGS, guess, maker, patch, suspects
from helpers.dqn import DQN
from helpers.dqn.variants import NStep, NStepConfig
from helpers.loop import train
from helpers.records import load_record
from tools.course import NOTEBOOKS

FIRST = {  # the probe that is the first to fail
    "reward_clipped": "observation",
    "max_over_batch": "two steps",
    "target_never_copied": "two steps",
    "epsilon_left_on": "greedy",
    "not_masked": "constant",
    "next_obs_after_reset": "truncated",
    "whole_numbers": "observation",
    "shared_generator": "side by side",
    "gradient_through_target": "two steps",
    "action_of_step_before": "action",
    "wrong_power": "truncated",
    "broadcasting": "terminal in the middle",
    "reward_of_step_before": "observation",
    "truncated_is_terminated": "truncated",
    "old_weights_act": "constant",
    "buffer_off_by_one": "two steps",
}
NAMED = {  # what the report calls the fault, where its values give it away
    "reward_clipped": "clipped",
    "max_over_batch": "maximum is taken over the whole batch",
    "not_masked": "not multiplied by (1 - terminated)",
    "next_obs_after_reset": "first observation of the next episode",
    "gradient_through_target": "gradient flows through the target",
    "wrong_power": "gamma instead of gamma**5",
    "broadcasting": "(B,) against (B, 1)",
    "reward_of_step_before": "reward stored is that of the step before",
    "truncated_is_terminated": "taken for one that terminated",
    "old_weights_act": "what it was before the first step",
    "buffer_off_by_one": "next_obs is that of the step before",
    "epsilon_left_on": "exploration is left on",
    "shared_generator": "a second agent beside it",
}
RECORD = NOTEBOOKS / "data" / "silent_bugs.npz"


def test_each_bug_has_a_test_and_the_order_of_the_suspects_tells_nothing():
    assert set(suspects()) == FIRST.keys() | {"same_seed"}
    assert list(suspects()) == sorted(suspects()) != [bug.name for bug in BUGS]


@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.name in FIRST], ids=lambda bug: bug.name)
def test_each_bug_in_an_agent_fails_its_probe_and_raises_nothing(bug):
    name = FIRST[bug.name]
    only = ("action", "greedy") if name == "greedy" else (name,)
    finding = run_probes(maker(bug.agent), seed=2, only=only).findings[-1]
    assert finding.name == name and finding.passed is False
    assert "raised" not in finding.words
    if bug.name in NAMED:
        assert NAMED[bug.name] in finding.words


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_no_bug_says_a_word_on_cartpole(bug):
    """A few hundred steps, with learning: no error, no warning."""
    config = NStepConfig(hidden=(8,), learning_starts=50, learn_every=50, gradient_steps=4, target_every=4)
    env = gym.make("CartPole-v1", max_episode_steps=20)
    agent = bug.agent(env.observation_space, env.action_space, config, 0)
    history = train(bug.wrap(env, 0) if bug.wrap else env, agent, 200, seed=0, progress=False)
    assert history.env_steps == 200 and agent.num_gradient_steps == 16


# --- the record -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded():
    arrays, provenance = load_record(RECORD)
    return arrays, provenance


def test_the_record_is_of_these_probes_and_bugs(recorded):
    arrays, provenance = recorded
    assert provenance["seeds"] == list(range(20))
    for name in ("working", "working_n_step", *suspects()):
        assert arrays[f"{name}/probes_failed"].shape == (20, len(FIRST_NAMES))


def test_the_rules_are_quiet_over_the_recorded_working_agents_and_see_the_same_start(recorded):
    arrays, _ = recorded
    for name in ("working", "working_n_step"):
        assert not any(run_alarms(arrays, name, i) for i in range(len(arrays[f"{name}/td_error"])))
    assert sum("one start" in run_alarms(arrays, "same_seed", i) for i in range(20)) >= 19


def run_alarms(arrays, name, i):
    not_readings = {"measured_at", "probes_failed"}
    own = {key.partition("/")[2]: values for key, values in arrays.items() if key.startswith(name + "/")}
    return alarms({key: values[i] for key, values in own.items() if key not in not_readings}, 100.0)


@pytest.mark.parametrize("name", ["working", "working_n_step", "broadcasting"])
def test_the_recorded_probes_repeat(recorded, name):
    """One seed of each, again: TensorFlow's last bits may differ here, the verdicts may not."""
    agents = {bug.name: bug.agent for bug in BUGS} | {"working": DQN, "working_n_step": NStep}
    failed = run_probes(maker(agents[name]), seed=5, only=FIRST_NAMES).failed
    assert [probe_name in failed for probe_name in FIRST_NAMES] == recorded[0][f"{name}/probes_failed"][5].tolist()
    assert bool(failed) == (name == "broadcasting")


# --- the game -------------------------------------------------------------------------------------------------------


@given(number=st.integers(1, len(BUGS)), name=st.sampled_from(suspects()))
def test_a_guess_is_right_for_one_suspect_only(number, name):
    answer = guess(number, name)
    bug = BUGS[number - 1]
    if name == bug.name:
        assert answer.startswith(f"Right, bug {number} is {name}.") and bug.what in answer and bug.seen in answer
    else:
        assert answer.startswith("No") and bug.name not in answer and bug.what not in answer


def test_a_misspelt_suspect_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"no suspect 'not_maskd'.*mean 'not_masked'\? The suspects are: action_of"):
        guess(1, "not_maskd")


@pytest.mark.parametrize("number", [0, len(BUGS) + 1, -1])
def test_a_number_that_is_no_bug_is_refused(number):
    with pytest.raises(ValueError, match=f"from 1 to {len(BUGS)}; `number` was {number}"):
        guess(number, "not_masked")


def test_patches_are_short_and_those_of_the_exercise_stay_hidden():
    for number, bug in enumerate(BUGS, start=1):
        text = patch(number)
        assert ("left to you" in text) == bug.hidden
        assert bug.hidden or re.match(r"class \w+\((DQN|NStep|gym\.Wrapper)\):", text)
        assert len(text.splitlines()) <= 14
