"""The recorded ablation of notebook 11: its runs come out again, and one changed digit is noticed."""

import json
import os
from contextlib import nullcontext
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest

from evidence import ablation
from evidence.runs import make_agent
from helpers.agents import GreedyAgent
from helpers.buffer import Transition
from helpers.dqn import DQNConfig
from helpers.files import read_npz, write_npz
from helpers.history import History
from helpers.records import load_record, recorded_like_here, save_record
from tools.course import ROOT

PATH = ROOT / ablation.PATH
SMALL = DQNConfig(learning_starts=4, learn_every=4, gradient_steps=2, target_every=2, batch_size=4, hidden=(8,))
# Sums over hundreds of rows: TensorFlow and NumPy split them among threads, and their last bits depend on how many.
LAST_BITS = ("action_gap", "td_error", "gradient_norm", "q_at_terminal", "q_at_falls", "q_at_exits")
LAST_BITS += ("q_before_falls", "q_before_exits")
BANDED = ("greedy_returns", "q_at_start", "action_gap", "td_error", "q_at_falls", "q_at_exits", "cells", "episodes")
BEGINNING = 25_000  # env steps
INSIDE = 0.45  # of a run's measurements must lie between the least and the greatest of the other seeds


# --- the spot check ---------------------------------------------------------------------------------------------------


def spot_check(path, sample, again=ablation.run) -> None:
    """Run the (variant, row) pairs of `sample` again and hold them against the record.

    With the same libraries on the same type of processor every number must come out again, to the bit but for
    LAST_BITS. Elsewhere TensorFlow's last bits differ from the first gradient step on and learning magnifies them:
    there each run must keep to the range of the recorded seeds. Of a run that `again` stops early only its
    measurements are compared, with the recorded ones up to there.
    """
    whole, provenance = load_record(path)
    assert provenance["config"] == json.loads(json.dumps(ablation.configuration())), "recorded with other settings"
    assert provenance["seeds"] == list(ablation.SEEDS), "recorded with other seeds"
    for name, row in sample:
        live = again(name, ablation.VARIANTS[name].first_seed + row)
        arrays = beginning(whole, len(live["greedy_returns"]))
        if recorded_like_here(provenance):
            assert not changed(row_of(arrays, name, row), live), f"{name}, row {row}"
        share = inside(arrays, name, row, live)
        assert share >= INSIDE, f"{name}, row {row}: only {share:.0%} within the range of the other seeds"


def beginning(arrays, num_measurements: int) -> dict[str, np.ndarray]:
    """The record as it would be, had every run been stopped after so many of its measurements."""
    if num_measurements == len(arrays["measured_at"]):
        return arrays
    along = {key for key in arrays if not key.split("/")[-1].startswith(("final_", "q_before_", "seconds"))}
    return {key: arrays[key][..., :num_measurements] for key in along}


def row_of(arrays, name: str, row: int) -> dict[str, np.ndarray]:
    """What the record holds of one run; its seconds are a clock's, and never come again."""
    of_variant = {key.split("/")[1]: values[row] for key, values in arrays.items() if key.startswith(f"{name}/")}
    return {key: values for key, values in of_variant.items() if key != "seconds"}


def changed(recorded: dict, live: dict) -> list[str]:
    """The names of the arrays that are not the same."""
    return [key for key, values in recorded.items() if not same(key, values, live[key])]


def same(key: str, recorded, live) -> bool:
    """To the bit; for LAST_BITS to five digits, and as many of the largest number where they nearly cancel."""
    if key in LAST_BITS:
        return np.allclose(recorded, live, rtol=1e-5, atol=1e-5 * np.nanmax(np.abs(recorded)), equal_nan=True)
    return np.array_equal(recorded, live, equal_nan=True)


def inside(arrays, name: str, row: int, live: dict) -> float:
    """The part of the run's measurements that lie between the least and the greatest of the other recorded seeds."""
    held = []
    for key in BANDED:
        others = np.delete(arrays[f"{name}/{key}"], row, axis=0)  # (N - 1, V)
        held.append((others.min(axis=0) <= live[key]) & (live[key] <= others.max(axis=0)))
    return float(np.mean(held))


@pytest.fixture(scope="module")
def record():
    return load_record(PATH)


def beginning_again(name, seed):
    return ablation.run(name, seed, BEGINNING)


def test_a_recorded_run_and_the_beginning_of_another_come_out_again():
    """Two of the 240, other ones each time; where every change is checked, always the same two."""
    rng = np.random.default_rng(0 if "CI" in os.environ else None)
    names = rng.choice(list(ablation.VARIANTS), size=2, replace=False)
    whole, other = [(str(name), int(rng.integers(len(ablation.SEEDS)))) for name in names]
    spot_check(PATH, [whole])
    spot_check(PATH, [other], beginning_again)


# --- the spot check fails when it must --------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path):
    """A copy of the record that may be spoilt."""
    path = tmp_path / PATH.name
    path.write_bytes(PATH.read_bytes())
    path.with_suffix(".json").write_bytes(PATH.with_suffix(".json").read_bytes())
    return path


def as_recorded(name, seed):
    """In place of a run of ten seconds: what the true record holds of it."""
    return row_of(read_npz(PATH), name, seed - ablation.VARIANTS[name].first_seed)


@pytest.mark.parametrize("key", ["full/final_returns", "huber/q_at_terminal", "no_mask/seconds", "measured_at"])
def test_one_changed_digit_fails_it(copy, key):
    arrays = read_npz(copy)
    arrays[key].flat[-1] += 1
    write_npz(copy, arrays)
    with pytest.raises(ValueError, match="not what was recorded"):
        spot_check(copy, [])


@pytest.mark.parametrize("key", ["final_returns", "q_before_falls", "greedy_returns", "timeouts"])
def test_a_changed_digit_with_a_new_checksum_fails_it_too(copy, key):
    arrays, provenance = load_record(copy)
    said = {name: provenance[name] for name in ("config", "seeds", "seconds", "command")}
    save_record(copy, arrays, **said)  # as if it had been recorded here
    spot_check(copy, [("full", 3)], as_recorded)
    values = arrays[f"full/{key}"][3]
    values.flat[-1] = float(f"{values.flat[-1]:.5g}") + 1
    save_record(copy, arrays, **said)
    with pytest.raises(AssertionError, match=key):
        spot_check(copy, [("full", 3)], as_recorded)


@pytest.mark.parametrize("at", [0, 4, 5])
def test_a_changed_digit_in_the_beginning_fails_the_check_of_beginnings(copy, at):
    def stopped(name, seed):
        return row_of(beginning(read_npz(PATH), 5), name, seed)

    arrays, provenance = load_record(copy)
    said = {name: provenance[name] for name in ("config", "seeds", "seconds", "command")}
    arrays["full/greedy_returns"][3, at] += 1
    save_record(copy, arrays, **said)  # as if it had been recorded here
    with pytest.raises(AssertionError, match="greedy_returns") if at < 5 else nullcontext():
        spot_check(copy, [("full", 3)], stopped)


@pytest.mark.parametrize(
    ("before", "after"),
    [('"gamma": 0.99', '"gamma": 0.98'), ("buffer_size=5000", "buffer_size=6000"), ("    19\n", "    18\n")],
)
def test_a_changed_digit_beside_it_fails_it(copy, before, after):
    text = copy.with_suffix(".json").read_text()
    assert before in text
    copy.with_suffix(".json").write_text(text.replace(before, after))
    with pytest.raises(ValueError, match="not what was recorded"):
        spot_check(copy, [])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"config": ablation.configuration() | {"env": "CartPole-v0"}}, "other settings"),
        ({"seeds": [*ablation.SEEDS[:-1], 18]}, "other seeds"),
    ],
)
def test_other_settings_with_a_new_checksum_fail_it_too(copy, change, message):
    arrays, provenance = load_record(copy)
    said = {name: provenance[name] for name in ("config", "seeds", "seconds", "command")}
    save_record(copy, arrays, **said | change)  # as if it had been recorded so
    with pytest.raises(AssertionError, match=message):
        spot_check(copy, [])


@pytest.mark.parametrize("num_measurements", [BEGINNING // ablation.MEASURE_EVERY, 20])
def test_every_recorded_run_keeps_to_the_range_of_the_others(record, num_measurements):
    arrays = beginning(record[0], num_measurements)
    for name in ablation.VARIANTS:
        for row in range(len(ablation.SEEDS)):
            assert inside(arrays, name, row, row_of(arrays, name, row)) >= INSIDE, (name, row)


@pytest.mark.parametrize("name", ["no_replay", "no_target", "always_random", "no_mask"])
def test_a_run_of_another_variant_does_not(record, name):
    """On any machine: what the check of ranges can tell apart."""
    arrays, _ = record
    for row in range(len(ablation.SEEDS)):
        assert inside(arrays, "full", row, row_of(arrays, name, row)) < INSIDE


# --- what was recorded ------------------------------------------------------------------------------------------------


def test_tasks_count_through_the_variants_and_runs_land_with_their_own(monkeypatch):
    monkeypatch.setattr(ablation, "run", lambda name, seed: {"measured_at": 0, "who": f"{name} {seed}"})
    num_tasks = len(ablation.VARIANTS) * len(ablation.SEEDS)
    merged = ablation.merge([ablation.task(number) for number in range(num_tasks)])
    for name, variant in ablation.VARIANTS.items():
        expected = [f"{name} {variant.first_seed + row}" for row in ablation.SEEDS]
        assert merged[f"{name}/who"].tolist() == expected


# --- the variants -----------------------------------------------------------------------------------------------------


def agent_of(name: str):
    """The variant's class with a small configuration."""
    return make_agent(SMALL, 0, ablation.VARIANTS[name].agent_class)


def test_each_variant_differs_from_the_full_agent_in_one_thing():
    full = ablation.VARIANTS["full"]
    for name, variant in ablation.VARIANTS.items():
        fields = [getattr(variant.config, field) != value for field, value in vars(full.config).items()]
        others = [variant.agent_class is not full.agent_class, variant.wrap is not full.wrap, variant.first_seed != 0]
        assert sum(fields + others) == (name != "full"), name


# --- the instruments --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "number", "limit"), [("falls", 2, np.radians(12)), ("exits", 0, 2.4)])
def test_the_ends_that_all_are_asked_about_are_real_ones(kind, number, limit):
    obs, action = ablation.ends(kind)
    assert obs.shape == (ablation.NUM_ENDS, ablation.BEFORE + 1, 4)
    env = gym.make(ablation.ENV_ID).unwrapped
    for end in range(ablation.NUM_ENDS):
        for before in range(ablation.BEFORE + 1):
            env.reset(seed=0)
            env.state = obs[end, before]
            next_obs, _, terminated, _, _ = env.step(action[end, before])
            assert terminated == (before == 0)
            if before:
                np.testing.assert_allclose(next_obs, obs[end, before - 1], atol=1e-6)
            else:
                assert abs(next_obs[number]) > limit


def test_q_before_ends_is_that_of_the_actions_taken():
    agent, (obs, action) = agent_of("full"), ablation.ends("exits")
    by_hand = [agent.q_values(obs[end, 2])[action[end, 2]] for end in range(ablation.NUM_ENDS)]
    np.testing.assert_allclose(ablation.q_before("exits", agent)[2], np.mean(by_hand), rtol=1e-4)


def always_right(obs):
    """(B, A): the pole falls."""
    return np.tile([0.0, 1.0], (len(obs), 1))


def leaning(obs):
    """(B, A): holds the pole a little to one side, and so runs off the track."""
    return np.stack([np.zeros(len(obs)), obs[:, 2] + obs[:, 3] - 0.05], axis=1)


@pytest.mark.parametrize(
    ("agent", "kind"), [(GreedyAgent(always_right), "fell"), (GreedyAgent(leaning), "left")], ids=["fell", "left"]
)
def test_how_an_episode_ended_is_seen(agent, kind):
    returns, fell, left = ablation.play(agent, 0)
    over = returns < 500
    assert over.sum() > 50
    np.testing.assert_array_equal(fell, over & (kind == "fell"))
    np.testing.assert_array_equal(left, over & (kind == "left"))


def test_cells_are_counted_once():
    agent = agent_of("full")
    rows = [[0.1, 0.1, 0.01, 0.1], [0.1, 0.1, 0.02, 0.1]]  # in one cell
    rows += [[0.1, 0.1, -0.01, 0.1]]  # in its neighbour
    rows += [[0.1, 0.1, 5.0, 0.1], [0.1, 0.1, 6.0, 0.1]]  # outside: both in the outermost cell
    rows += [[1.1, 0.1, 0.01, 0.1], [0.1, 0.7, 0.01, 0.1]]  # two cells on in position, one in velocity
    for obs in rows:
        agent.buffer.add(Transition(obs, 0, 1.0, obs, False, False))
    assert ablation.cells_in_buffer(agent) == 5


def test_ends_are_counted_up_to_each_measurement():
    history = History(
        ended_at=np.array([3, 7, 12]), truncated=np.array([False, True, True]), measured_at=np.array([2, 3, 7, 11, 12])
    )
    counted = ablation.episodes_until(history)
    assert counted["episodes"].tolist() == [0, 1, 2, 2, 3]
    assert counted["timeouts"].tolist() == [0, 0, 1, 1, 2]


def test_measuring_changes_nothing():
    config = replace(SMALL, epsilon_steps=10)
    runs = []
    for measure in (None, ablation.watch(0)):
        agent = make_agent(config, 0)
        options = {"measure": measure, "measure_every": 16, "progress": False}
        ablation.train(gym.make(ablation.ENV_ID), agent, 64, 0, **options)
        runs.append(agent.network.get_weights())
    for without, with_instruments in zip(*runs, strict=True):
        np.testing.assert_array_equal(without, with_instruments)
