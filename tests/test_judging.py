"""No recorded number is taken on trust: a changed digit is noticed, and recorded runs are made again and compared."""

import json
from dataclasses import asdict

import gymnasium as gym
import numpy as np
import pytest

from evidence import judging
from evidence.report import ENV_ID
from evidence.runs import CONFIGS
from helpers.buffer import Transition
from helpers.evaluation import rollouts
from helpers.files import read_npz, write_npz
from helpers.network import scale_of
from helpers.records import checksum, load_record, recorded_like_here
from tools.course import NOTEBOOKS

RECORDED = sorted((NOTEBOOKS / "data").glob("*.npz"))
BEGINNING = 10_000  # env steps of a run that is made again: two measurements


@pytest.fixture(scope="module")
def record():
    return load_record(judging.PATH)


def one_digit_more(values: np.ndarray) -> np.ndarray:
    """A copy with its first number changed by as little as its type allows, or its first letter by another."""
    changed = values.copy()
    first = changed.reshape(-1)[:1]
    if values.dtype.kind == "f":
        first[:] = np.where(np.isnan(first), 0, np.nextafter(first, np.inf))
    elif values.dtype.kind == "b":
        first[:] = ~first
    elif values.dtype.kind in "iu":
        first[:] = first + 1
    else:
        first[:] = "x" if first[0] != "x" else "y"
    return changed


# --- a changed digit in a file --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_each_recorded_file_holds_what_was_recorded(path):
    load_record(path)


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_one_digit_changed_in_any_array_of_any_recorded_file_is_noticed(path, tmp_path):
    arrays = read_npz(path)
    original = checksum(arrays, {})
    for name, values in arrays.items():
        if values.size:
            assert checksum(arrays | {name: one_digit_more(values)}, {}) != original, name
    name = max(arrays, key=lambda name: arrays[name].size)
    copy = tmp_path / path.name
    copy.with_suffix(".json").write_text(path.with_suffix(".json").read_text())
    write_npz(copy, arrays)
    load_record(copy)
    write_npz(copy, arrays | {name: one_digit_more(arrays[name])})
    with pytest.raises(ValueError, match="not what was recorded"):
        load_record(copy)


# --- runs made again ------------------------------------------------------------------------------------------------


def differences(arrays: dict, kind: str, seed: int, live: dict) -> list[str]:
    """What of the beginning of a live run is not what was recorded: the names of the arrays."""
    row = judging.SEEDS[kind].index(seed)
    different = []
    for name, values in live.items():
        if name.startswith("weights/"):
            continue  # of the end of the run, which this one has not reached
        shared = name in arrays  # not stacked: the training episodes of this seed, the moments of measuring
        recorded = (arrays[name] if shared else arrays[f"{kind}/{name}"][row])[: len(values)]
        if not np.array_equal(values, recorded):
            different.append(name)
    return different


@pytest.fixture(scope="module", params=judging.SEEDS)
def beginning(request):
    """The first steps of one run of each kind, live; which one, chance decides anew each time."""
    kind = request.param
    seed = int(np.random.default_rng().choice(judging.SEEDS[kind]))
    return kind, seed, judging.record_seed(kind, seed, BEGINNING)


def test_a_recorded_run_begins_with_the_same_numbers_live(record, beginning):
    """Exactly, on the versions and the CPU of the record; elsewhere the run must have the same form."""
    arrays, provenance = record
    kind, seed, live = beginning
    assert live["fresh_returns"].shape == (BEGINNING // judging.MEASURE_EVERY, judging.FRESH_EPISODES)
    assert 8 <= live["fresh_returns"].min() <= live["fresh_returns"].max() <= 500
    if recorded_like_here(provenance):
        assert differences(arrays, kind, seed, live) == [], f"{kind}, seed {seed}"


def test_one_digit_changed_is_noticed_even_where_the_checksum_was_renewed(record, beginning):
    """Whoever changes a number and its checksum together is found out by the run itself."""
    arrays, provenance = record
    kind, seed, live = beginning
    if not recorded_like_here(provenance):
        pytest.skip("runs repeat to the bit only where they were recorded")
    row = judging.SEEDS[kind].index(seed)
    for name in (f"{kind}/fresh_returns", f"{kind}/greedy_returns", f"training_returns/{seed}", "measured_at"):
        changed = arrays[name].copy()
        of_run = changed[row] if "/" in name and name.startswith(kind) else changed
        of_run[:1] = one_digit_more(of_run[:1])
        assert differences(arrays | {name: changed}, kind, seed, live) == [name.removeprefix(f"{kind}/")]


@pytest.mark.parametrize("seed", judging.WEIGHTS_OF)
def test_recorded_weights_play_the_recorded_episodes(record, seed):
    """On another processor a last bit may turn an action and so an episode, but few of a hundred."""
    arrays, provenance = record
    scale = scale_of(CONFIGS["plain"].obs_scale, (4,))
    fresh = gym.make_vec(ENV_ID, num_envs=judging.FRESH_EPISODES)
    for name, returns in [("end", "fresh"), ("first_best", "first_best"), ("last_best", "last_best")]:
        weights = [arrays[f"weights/{name}/{seed}/{i}"] for i in range(6)]
        frozen = judging.greedy_with(list(zip(weights[::2], weights[1::2], strict=True)), scale)
        played = rollouts(frozen, fresh, judging.fresh_seed(seed, 100_000, name)).returns
        recorded = arrays[f"plain/{returns}_returns"][judging.SEEDS["plain"].index(seed), -1]
        least = 100 if recorded_like_here(provenance) else 90
        assert (played == recorded).sum() >= least, f"{name}, seed {seed}"


def test_the_record_belongs_to_the_configuration_of_today(record):
    _, provenance = record
    config = json.loads(json.dumps(asdict(CONFIGS["plain"])))
    assert config.items() <= provenance["config"].items(), "record again: python -m evidence.judging"
    assert provenance["seeds"] == [seed for seeds in judging.SEEDS.values() for seed in seeds]


def test_no_two_tests_share_their_start_positions():
    seeds = [
        judging.fresh_seed(seed, steps, name)
        for all_seeds in judging.SEEDS.values()
        for seed in all_seeds
        for steps in range(judging.MEASURE_EVERY, 100_001, judging.MEASURE_EVERY)
        for name in judging.TESTED
    ]
    assert len(set(seeds)) == len(seeds)


# --- the parts ------------------------------------------------------------------------------------------------------


def test_the_keeper_keeps_the_first_and_the_last_of_the_best_episodes(monkeypatch):
    """Returns 1, 3, 2, 3, 1, with weights named after the episode: the first best is episode 1, the last 3."""

    class Learner:
        def learn(self, transition):
            self.network = transition.obs

    class Keeper(judging.BestEpisodeKeeper, Learner):
        pass

    monkeypatch.setattr(judging, "layers_in_numpy", lambda network: network)
    keeper = Keeper()
    for episode, length in enumerate([1, 3, 2, 3, 1]):
        for step in range(length):
            ends = step == length - 1
            keeper.learn(Transition(episode, 0, 1.0, episode, terminated=ends and episode != 3, truncated=ends))
    assert keeper.kept == {"first_best": 1, "last_best": 3}
    assert keeper.best_return == 3
