"""The runs of notebook 12: of today's configuration, the same when run again, and refused when one digit is changed."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from gymnasium import spec

from evidence.reliability import ENV_ID, MEASURE_EVERY, NUM_STEPS, PATH, SEEDS, VARIANTS, describe, record
from helpers.dqn import DQN
from helpers.dqn.recipes import CANDIDATE
from helpers.dqn.variants import NStepConfig
from helpers.evaluation import rate_interval
from helpers.files import read_npz, write_npz
from helpers.records import checksum, load_record, recorded_like_here

THRESHOLD = spec(ENV_ID).reward_threshold
BEGINNING = 25_000  # env steps
CLOCKS = {"measured_at", "cpu_seconds"}


@pytest.fixture(scope="module")
def recorded():
    return load_record(PATH)


def differing(arrays, variant: str, seed: int, run: dict) -> list[str]:
    """The names of a run's arrays that are not, to the bit, what was recorded for this variant and seed.

    Of a run that was stopped early only its measurements are compared, with the recorded ones up to there.
    """
    measured, whole = len(run["measured_at"]), len(run["measured_at"]) == len(arrays["measured_at"])
    names = run.keys() - CLOCKS - (set() if whole else {"final_returns"})
    kept = {name: arrays[f"{variant}/{name}"][list(SEEDS).index(seed)] for name in names}
    kept = kept if whole else {name: values[:measured] for name, values in kept.items()}
    return sorted(name for name in names if not np.array_equal(kept[name], run[name], equal_nan=True))


def test_the_record_belongs_to_the_configuration_of_today(recorded):
    arrays, provenance = recorded
    assert provenance["config"] == json.loads(json.dumps(describe())), "record again: python -m evidence.reliability"
    assert provenance["seeds"] == list(SEEDS)
    for variant in VARIANTS:
        assert arrays[f"{variant}/final_returns"].shape == (len(SEEDS), 100)
        assert arrays[f"{variant}/greedy_returns"].shape == (len(SEEDS), len(arrays["measured_at"]))
        assert np.isfinite(arrays[f"{variant}/q_at_start"]).all()


def test_what_is_compared_is_what_it_is_called():
    plain, candidate, everything = (VARIANTS[name] for name in ("plain", "candidate", "all_seven"))
    assert plain.agent_class is DQN
    assert candidate.agent_class is CANDIDATE.agent_class
    assert VARIANTS["candidate/n=3"].config.n == 3
    assert candidate.config.n == NStepConfig().n == 5
    for name, recipe in VARIANTS.items():
        assert recipe.num_steps == 100_000
        if name.endswith("no_decay"):
            assert recipe.config.learning_rate_steps is None
        else:  # the numbers that all agents have
            shared = plain.config if name.startswith("plain") else replace(plain.config, target_every=128)
            assert {field: getattr(recipe.config, field) for field in vars(shared)} == vars(shared)
        if name.startswith("plain/") and "decay" not in name:
            (part,) = recipe.agent_class.__bases__[:-1]
            assert issubclass(everything.agent_class, part)
    assert everything.config.learning_rate_steps == 25_000


def test_runs_chosen_at_random_give_the_same_numbers_live(recorded):
    """One whole run and the beginning of another: exactly, on the versions and the CPU of the record.

    Elsewhere as often solved as the record leads to expect.
    """
    arrays, provenance = recorded
    rng = np.random.default_rng()
    if recorded_like_here(provenance):
        whole, other = rng.choice(list(VARIANTS), size=2, replace=False)
        for variant, num_steps in [(whole, NUM_STEPS), (other, BEGINNING)]:
            seed = int(rng.choice(SEEDS))
            run = record(variant, seed, num_steps)
            assert len(run["measured_at"]) == num_steps // MEASURE_EVERY
            assert differing(arrays, variant, seed, run) == [], f"{variant}, seed {seed}"
            assert_one_digit_is_noticed(arrays, variant, seed, run)
    else:
        solved = [record("candidate", int(seed))["final_returns"].mean() >= THRESHOLD for seed in rng.choice(SEEDS, 3)]
        low, high = rate_interval((arrays["candidate/final_returns"].mean(axis=1) >= THRESHOLD).sum(), len(SEEDS))
        own_low, own_high = rate_interval(sum(solved), len(solved))
        assert own_low <= high and low <= own_high, f"{sum(solved)} of {len(solved)} solved here"


def assert_one_digit_is_noticed(arrays, variant, seed, run):
    """Even where somebody has taken care of the checksum: the live run says something else."""
    measured = len(run["measured_at"])
    for name in ("final_returns", "overestimation") if measured == len(arrays["measured_at"]) else ("overestimation",):
        changed = {key: values.copy() for key, values in arrays.items()}
        values = changed[f"{variant}/{name}"][list(SEEDS).index(seed)]
        last = -1 if name == "final_returns" else measured - 1
        values[last] = values[last] - 1 if name == "final_returns" else np.nextafter(values[last], 0)
        assert differing(changed, variant, seed, run) == [name]


@pytest.mark.parametrize("name", ["candidate/final_returns", "plain/q_at_start", "all_seven/cpu_seconds"])
def test_one_digit_changed_in_the_file_is_refused(recorded, name, tmp_path):
    path = tmp_path / "reliability.npz"
    shutil.copy(PATH, path)
    shutil.copy(PATH.replace(".npz", ".json"), path.with_suffix(".json"))
    load_record(path)
    arrays = read_npz(path)
    last = tuple(size - 1 for size in arrays[name].shape)
    arrays[name][last] += 1 if arrays[name].dtype.kind == "i" else 0.001
    write_npz(path, arrays)
    with pytest.raises(ValueError, match=r"not what was recorded.*python -m evidence\.reliability"):
        load_record(path)
    assert checksum(arrays, recorded[1]) != recorded[1]["checksum"]
