"""Damage recorded runs at random, and see that each is refused in words or loads as it was.

python tools/fuzz_records.py --changes 5000 --seed 0

Each change is drawn from (seed, number), so that one can be made again: --first 4711 --changes 1.
"""

import argparse
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

from helpers.records import load_record, save_record

ANSWERS = (ValueError, FileNotFoundError)  # those that `load_record` promises
DIGITS = b"0123456789"


def example(folder: Path) -> Path:
    """A small record with arrays of every kind that the course records."""
    rng = np.random.default_rng(0)
    arrays = {
        "returns": rng.normal(size=(3, 5)),
        "steps": np.arange(12).reshape(3, 4),
        "solved": np.array([True, False, True]),
        "names/long": np.array(["plain", "no mask"]),
        "weights/0": rng.normal(size=(4, 2)).astype(np.float32),
        "in_columns": np.asfortranarray(rng.normal(size=(2, 3))),
        "seconds": np.array(12.5),
        "nothing": np.zeros((0, 4)),
    }
    config = {
        "gamma": 0.99,
        "hidden": [64, 64],
        "double": False,
        "n": None,
        "env": "CartPole-v1",
        "deep": {"tau": 5e-3},
    }
    path = folder / "example.npz"
    save_record(path, arrays, config=config, seeds=range(30), seconds=1234.5, command="python -m evidence.example")
    return path


def changed(content: bytes, rng: np.random.Generator) -> bytes:
    """The file with one change: a byte, a bit, a digit, a byte more or fewer, two bytes swapped, or its end cut off."""
    at = int(rng.integers(len(content)))
    byte = int(rng.integers(256))
    digits = [place for place, value in enumerate(content) if value in DIGITS]
    match rng.choice(["byte", "bit", "digit", "more", "fewer", "swap", "cut", "twice"], p=[0.2] * 3 + [0.08] * 5):
        case "byte":
            return content[:at] + bytes([byte]) + content[at + 1 :]
        case "bit":
            return content[:at] + bytes([content[at] ^ 1 << byte % 8]) + content[at + 1 :]
        case "digit" if digits:
            at = int(rng.choice(digits))
            return content[:at] + bytes([DIGITS[byte % 10]]) + content[at + 1 :]
        case "more":
            return content[:at] + bytes([byte]) + content[at:]
        case "swap":
            return content[:at] + content[at : at + 2][::-1] + content[at + 2 :]
        case "cut":
            return content[:at]
        case "twice":
            return content[:at] + content[at - byte :]
    return content[:at] + content[at + 1 :]


def same(one: tuple, other: tuple) -> bool:
    """Whether two records are the same to the bit, types included."""
    (arrays, provenance), (other_arrays, other_provenance) = one, other
    return (
        arrays.keys() == other_arrays.keys()
        and all(_bits(arrays[name]) == _bits(other_arrays[name]) for name in arrays)
        and _typed(provenance) == _typed(other_provenance)
    )


def _bits(values: np.ndarray) -> tuple:
    return values.dtype, values.shape, values.tobytes()


def _typed(thing):
    """A thing from a .json in which 1, 1.0 and true differ, and the order of names does not count."""
    if isinstance(thing, dict):
        return {name: _typed(value) for name, value in thing.items()}
    if isinstance(thing, list):
        return [_typed(value) for value in thing]
    return type(thing), thing


def answer(path: Path, original: tuple) -> tuple[str, str]:
    """What happens when the record is loaded: "refused", "harmless", "raw" or "silent", and the words of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a warning is not in the reader's words
        try:
            loaded = load_record(path)
        except ANSWERS as error:
            named = path.stem in str(error) and type(error) in ANSWERS
            return ("refused" if named else "raw"), f"{type(error).__name__}: {error}"
        except BaseException as error:
            return "raw", f"{type(error).__name__}: {error}"
    return ("harmless", "") if same(loaded, original) else ("silent", "it loads, and is not what was recorded")


def many(num_changes: int, seed: int, first: int = 0) -> tuple[Counter, list[str]]:
    """Make `num_changes` changes, one at a time, in turn to the .npz and the .json.

    Returns how often each answer came, as (ending, answer), and a line for each that must not be: raw or silent.
    """
    answers, faults = Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        path = example(Path(folder))
        original = load_record(path)
        for number in range(first, first + num_changes):
            victim = path if number % 2 else path.with_suffix(".json")
            content = victim.read_bytes()
            victim.write_bytes(changed(content, np.random.default_rng([seed, number])))
            kind, words = answer(path, original)
            victim.write_bytes(content)
            answers[victim.suffix, kind] += 1
            if kind in ("raw", "silent"):
                faults.append(f"seed {seed}, change {number}, {victim.name}: {kind}: {words}")
    return answers, faults


def fuzz(rng: np.random.Generator) -> str:
    """Ten changes, as `tools.fuzz` asks for them; AssertionError for one that was not answered."""
    _, faults = many(10, int(rng.integers(2**31)))
    assert not faults, faults
    return "ten changes refused, or harmless"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=None, help="without one, chance decides")
    parser.add_argument("--first", type=int, default=0, help="number of the first change")
    given = parser.parse_args()
    seed = int(np.random.default_rng().integers(2**31)) if given.seed is None else given.seed
    print(f"records: {given.changes} changes with seed {seed}")
    answers, faults = many(given.changes, seed, given.first)
    for (ending, kind), count in sorted(answers.items()):
        print(f"{ending:>6} {kind:9} {count:7,}")
    print("\n".join(faults[:50]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
