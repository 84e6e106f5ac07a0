"""Hand nasty answers to the checkers, in kernels that are watched, and say what became of each.

    python -m tests.fuzz_checkers                      twelve exercises, drawn with seed 0
    python -m tests.fuzz_checkers --exercises 3 --seed 7 --only "hang:" --here

What can become of one: `answered` by a line; `interrupt`, the answer raised what the stop button raises; `raw`, an
error came out of `check`; `fooled`, a wrong answer was called right; `damage`, something was left behind;
`announced`, it hangs and the reader is told so; `hang`, it hangs without a word; `death` of the kernel.
--here: in the kernel's own process, as on systems that cannot copy a process.
"""

import argparse
import collections
import random
import sys

from helpers.checks import registry
from tests.watched_kernel import BAD, OUTCOMES, Kernel, kinds_for


def exercises(count: int, seed: int) -> list:
    """Drawn from all, two thirds of them functions to be written."""
    found = [one for notebook in registry.notebooks() for one in registry.exercises_of(notebook)]
    rng = random.Random(seed)
    write = [one for one in found if one.kind == "write"]
    other = [one for one in found if one.kind != "write"]
    return rng.sample(write, -(-2 * count // 3)) + rng.sample(other, count // 3)


def main() -> int:
    """Print the table, then a line for whatever is not answered; 1 where something bad became of one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exercises", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="answers whose name holds this")
    parser.add_argument("--here", action="store_true")
    options = parser.parse_args()
    chosen = exercises(options.exercises, options.seed)
    print(f"seed {options.seed}\n{'exercise':<10}{'kind':<9}" + "".join(f"{outcome:>10}" for outcome in OUTCOMES))
    total, notes, watched = collections.Counter(), [], Kernel(options.here)
    for one in chosen:
        counts = collections.Counter()
        for name in kinds_for(one):
            if options.only in name:
                outcome, words = watched.ask(one.number, name)
                counts[outcome] += 1
                if outcome in (*BAD, "announced"):
                    notes.append(f"{one.number:>5}  {outcome:<9}  {name:<40}  {words[:80]!r}")
        print(f"{one.number:<10}{one.kind:<9}" + row(counts), flush=True)
        total += counts
    watched.stop()
    print(f"{sum(total.values()):<19}" + row(total), *notes, sep="\n")
    return int(any(total[outcome] for outcome in BAD))


def row(counts) -> str:
    return "".join(f"{counts[outcome]:>10}" for outcome in OUTCOMES)


if __name__ == "__main__":
    sys.exit(main())
