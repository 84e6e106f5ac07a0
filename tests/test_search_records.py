"""The records of notebook 24: the table against what was published, and a piece of each made again."""

from pathlib import Path

import numpy as np
import pytest

from evidence import digit_networks, digit_search, nas_bench_201, network_search
from evidence.wheels import PlainUnpickler, plain_values
from helpers.evaluation import mean_interval
from helpers.files import write_npz
from helpers.records import load_record, recorded_like_here
from helpers.search import CELLS, DIGITS, load_cells, load_digit_networks, load_digits
from helpers.search.table import DATA_SETS

RNG = np.random.default_rng()


@pytest.mark.parametrize("data_set", DATA_SETS)
def test_the_best_cell_is_the_published_one(data_set):
    table = load_cells(nas_bench_201.PATH, data_set)
    assert table.best == pytest.approx(nas_bench_201.PUBLISHED[data_set], abs=0.05)


def test_the_numbers_of_a_cell_mean_what_we_think_they_mean():
    table = load_cells(nas_bench_201.PATH)
    worth = table.truth.reshape((5,) * 6)  # edges 0→1, 0→2, 1→2, 0→3, 1→3, 2→3
    assert worth[..., 0, 0, 0].max() < 1.5  # nothing reaches the last node: 1 of 100 classes by chance
    assert worth[0, 0, :, 0].max() < 1.5  # nothing leaves the first one
    convolution = [worth[(k,) * 6] for k in range(5)]
    assert np.argmax(convolution) == 3 and convolution[3] > 70
    seconds = table.seconds.reshape((5,) * 6)
    assert seconds[(3,) * 6] > 2 * seconds[(1,) * 6]  # 3×3 convolutions take longer than skips


def test_the_table_is_small_and_has_its_licence():
    size = Path(nas_bench_201.PATH).stat().st_size
    _, provenance = load_record(nas_bench_201.PATH)
    assert size <= 700_000 and "Apache-2.0" in provenance["config"]["licence"]


def test_a_changed_table_is_refused(tmp_path):
    arrays, _ = load_record(nas_bench_201.PATH)
    path = tmp_path / "nas_bench_201.npz"
    path.with_suffix(".json").write_bytes(Path(nas_bench_201.PATH).with_suffix(".json").read_bytes())
    arrays["cifar100/correct"][7, 0] += 1
    write_npz(path, arrays)
    with pytest.raises(ValueError, match="is not what was recorded"):
        load_cells(path)


def test_a_pickle_may_hold_plain_values_only():
    import pickle

    assert plain_values(pickle.dumps({"a": [1.5, 2]})) == {"a": [1.5, 2]}
    with pytest.raises(pickle.UnpicklingError, match=r"asks for pathlib"):
        plain_values(pickle.dumps(Path("x")))
    assert issubclass(PlainUnpickler, pickle.Unpickler)


@pytest.mark.parametrize("name", network_search.METHODS)
def test_a_search_drawn_by_chance_is_made_again_to_the_bit(name):
    arrays, _ = load_record(network_search.PATH)
    seed = int(RNG.choice(network_search.SEEDS))
    found = network_search.record_seed(name, load_cells(network_search.TABLE_PATH), seed)
    for what, values in found.items():
        recorded = arrays[f"{name}/{what}"][seed]
        assert np.array_equal(np.float32(values), recorded, equal_nan=True), f"{what}, seed {seed}"


def test_a_search_of_the_digits_is_made_again_to_the_bit():
    arrays, _ = load_record(digit_search.PATH)
    table = load_digit_networks(digit_networks.PATH)
    seed = int(RNG.choice(digit_search.SEEDS))
    for name, method in digit_search.METHODS.items():
        trials = network_search.search(method, table, seed, digit_search.BUDGET)
        again = np.float32(table.best - table.truth[trials.picks()])
        assert np.array_equal(again, arrays[f"{name}/regret"][seed]), f"{name}, seed {seed}"


def test_networks_drawn_by_chance_are_trained_again():
    arrays, provenance = load_record(digit_networks.PATH)
    digits = load_digits(digit_networks.IMAGES_PATH)
    for index in RNG.integers(len(DIGITS), size=3).tolist():
        seed = int(RNG.choice(digit_networks.SEEDS))
        found = digit_networks.train_row(index, seed, digits)
        recorded = arrays["validation"][index, seed], arrays["test"][index, seed]
        tolerance = 0 if recorded_like_here(provenance) else 8  # points; last bits differ between processors
        assert np.abs(np.float32(found.validation) - recorded[0]).max() <= tolerance, f"row {index}, seed {seed}"
        assert abs(np.float32(found.test) - recorded[1]) <= tolerance, f"row {index}, seed {seed}"


@pytest.mark.parametrize("name", ["reinforce", "q_learning"])
def test_what_learns_is_near_the_best_and_beats_chance(name):
    """At 300 better than random search, with an interval; the controller within half a point after 1,000 on average."""
    arrays, _ = load_record(network_search.PATH)
    at_300 = arrays["marks"].tolist().index(300)
    assert arrays[f"{name}/regret"][:, -1].mean() < {"reinforce": 0.5, "q_learning": 0.8}[name]
    gain = arrays["random/regret"][:, at_300] - arrays[f"{name}/regret"][:, at_300]
    assert mean_interval(gain)[0] > 0


def test_the_space_of_the_record_is_the_space():
    _, provenance = load_record(digit_networks.PATH)
    assert provenance["config"]["slots"] == list(DIGITS.slots)
    assert [tuple(names) for names in provenance["config"]["choices"]] == list(DIGITS.choices)
    assert len(CELLS) == 15_625
