"""Break things by chance for some minutes, and say which seed did what was not answered well.

    python tools/fuzz.py                                        every fuzzer, ten minutes in all        (or `make fuzz`)
    python tools/fuzz.py --minutes 30 --only records            one of them, longer
    python tools/fuzz.py --only records --seed 812 --minutes 0  one example again: that of this seed

A fuzzer is a module `tools.fuzz_NAME` with a function `fuzz(rng)`: it breaks one thing, chosen by the generator that it
is given, and returns in a word or two how that was answered ("refused", "harmless"). What must not happen (a wrong
result without a word, an error that does not speak to the reader) it raises, as AssertionError with the details.
"""

import argparse
import importlib
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable

import numpy as np

NAMES = ("records", "checkpoints", "answers", "kills")
SLOW = {"kills"}  # an example takes ten seconds: only where it is asked for
Fuzz = Callable[[np.random.Generator], str]


def find(names: list[str]) -> dict[str, Fuzz]:
    """The fuzzers that are there; of each of the others a line that says what is missing."""
    found = {}
    for name in names:
        module = f"tools.fuzz_{name}"
        try:
            found[name] = importlib.import_module(module).fuzz
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            print(f"{name}: there is no {module.replace('.', '/')}.py, so nothing is tried there.")
    return found


def one(name: str, fuzz: Fuzz, seed: int) -> str:
    """How the example of a seed was answered; "NOT ANSWERED" where it was not, told with all that is needed."""
    try:
        return fuzz(np.random.default_rng(seed))
    except Exception:
        print(f"\n{name}, seed {seed}:\n{traceback.format_exc()}", flush=True)
        print(f"Again: python tools/fuzz.py --only {name} --seed {seed} --minutes 0", flush=True)
        return "NOT ANSWERED"


def run(fuzzers: dict[str, Fuzz], minutes: float, first_seed: int) -> Counter:
    """Examples of all fuzzers in turn, each with a seed of its own, until the minutes are over or Ctrl-C."""
    counts, seed, end = Counter(), first_seed, time.monotonic() + 60 * minutes
    try:
        while fuzzers:
            for name, fuzz in fuzzers.items():
                counts[name, one(name, fuzz, seed)] += 1
            seed += 1
            if time.monotonic() >= end:
                break
    except KeyboardInterrupt:
        print("\nStopped.")
    print(f"seeds {first_seed} to {max(first_seed, seed - 1)}")
    return counts


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, help="of the first example (default: a new one each time)")
    parser.add_argument("--only", choices=NAMES, action="append")
    options = parser.parse_args(arguments)
    seed = int(np.random.default_rng().integers(2**31)) if options.seed is None else options.seed
    counts = run(find(options.only or [name for name in NAMES if name not in SLOW]), options.minutes, seed)
    for (name, answer), count in sorted(counts.items()):
        print(f"{name}: {count:,} {answer}")
    return 1 if not counts or any(answer == "NOT ANSWERED" for _, answer in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
