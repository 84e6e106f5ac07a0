"""This course's agents beside others' on CartPole-v1: alternating, one process at a time, one core each.

make bench                                       five pairs of each, about twenty minutes
make bench ARGS="--algorithm ppo --pairs 10"     more, of one
Prints one JSON object for each run while it goes on, then a table for each algorithm, and the ratios of medians. What
is compared is processor time, which other programs disturb least; importing libraries is not counted, compiling is.
"""

import argparse
import json
import os
import subprocess
import sys
from statistics import mean, median
from typing import NamedTuple

ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
COLUMNS = ("CPU s to >= 475", "CPU s", "s", "steps per CPU s", "mean return", "solved", "MB")


class Entrant(NamedTuple):
    """Who is compared: the Python that runs it, and what that is told."""

    python: str
    module: str
    arguments: tuple[str, ...]

    @property
    def is_peer(self) -> bool:
        """Whether somebody else wrote it."""
        return self.python != sys.executable


def of_environment(name: str) -> str:
    """The Python of a peer's environment."""
    return os.path.join(f".venv-{name}", "Scripts" if sys.platform == "win32" else "bin", "python")


def ours(config: str) -> Entrant:
    """An agent of this course."""
    return Entrant(sys.executable, "benchmarks.cartpole", ("--config", config))


def peer(name: str, algorithm: str) -> Entrant:
    """An agent of a library of that name, in an environment of its own."""
    return Entrant(of_environment(name), f"benchmarks.{name}", (algorithm,))


ENTRANTS = {
    "dqn": {
        "plain": ours("plain"),
        "reliable": ours("reliable"),
        "Stable-Baselines3": peer("stable_baselines", "dqn"),
    },
    "ppo": {
        "ours": ours("ppo"),
        "Stable-Baselines3": peer("stable_baselines", "ppo"),
        "rejax": peer("rejax_ppo", "ppo"),
    },
}


def run_once(entrant: Entrant, seed: int, evaluate_every: int) -> dict:
    """One run in a process of its own, on one core where the system can say so."""
    numbers = ("--seeds", str(seed), "--evaluate-every", str(evaluate_every))
    command = [entrant.python, "-m", entrant.module, *entrant.arguments, *numbers]
    if hasattr(os, "sched_setaffinity"):
        core = str(max(os.sched_getaffinity(0)))
        pin = f"import os, sys; os.sched_setaffinity(0, {{{core}}}); os.execv(sys.argv[1], sys.argv[1:])"
        command = [sys.executable, "-c", pin, *command]
    finished = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **ONE_THREAD})
    if finished.returncode:
        raise RuntimeError(f"{entrant.module}, seed {seed}, did not finish:\n{finished.stderr}")
    return json.loads(finished.stdout)


def alternate(seeds, entrants: dict[str, Entrant], evaluate_every: int) -> dict[str, list[dict]]:
    """Every one once for each seed; who begins changes, so that nobody always has the warm machine."""
    names, results = list(entrants), {name: [] for name in entrants}
    for turn, seed in enumerate(seeds):
        first = turn % len(names)
        for name in [*names[first:], *names[:first]]:
            results[name].append(run_once(entrants[name], seed, evaluate_every))
            print(json.dumps({"agent": name, **results[name][-1]}), flush=True)
    return results


def summary(results: list[dict]) -> dict[str, float]:
    """Medians of one agent's runs. A run that never reached the threshold counts as all the seconds it took."""
    reached = [result["first_solved_cpu_seconds"] for result in results]
    firsts = [result["cpu_seconds"] if first is None else first for result, first in zip(results, reached, strict=True)]
    return {
        "first": median(firsts),
        "whole": median(result["cpu_seconds"] for result in results),
        "wall": median(result["train_seconds"] for result in results),
        "speed": median(result["env_steps"] / result["cpu_seconds"] for result in results),
        "mean_return": mean(result["mean_return"] for result in results),
        "solved": sum(result["solved"] for result in results),
        "runs": len(results),
        "memory": max(result["peak_memory_mb"] for result in results),
    }


def table(results: dict[str, list[dict]], peers: list[str]) -> str:
    """One line for each agent; then each of this course's against each peer's."""
    summaries = {name: summary(runs) for name, runs in results.items()}
    lines = ["{:<18}".format("agent") + "".join(f"{column:>16}" for column in COLUMNS)]
    for name, s in summaries.items():
        seconds = (f"{s[part]:.2f}" for part in ("first", "whole", "wall"))
        counts = (f"{s['speed']:,.0f}", f"{s['mean_return']:.1f}", f"{s['solved']} of {s['runs']}", f"{s['memory']}")
        lines.append(f"{name:<18}" + "".join(f"{cell:>16}" for cell in (*seconds, *counts)))
    for name in [name for name in summaries if name not in peers]:
        for other in peers:
            first, whole = (summaries[other][part] / summaries[name][part] for part in ("first", "whole"))
            lines.append(f"{name}: {other} takes {first:.1f} times its CPU s to >= 475, {whole:.1f} times in all")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--algorithm", choices=sorted(ENTRANTS), help="this one only")
    parser.add_argument("--pairs", type=int, default=5, help="seeds for each agent (medians are taken over them)")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--evaluate-every", type=int, default=1_000, help="env steps between two evaluations")
    given = parser.parse_args()
    chosen = [given.algorithm] if given.algorithm else list(ENTRANTS)
    pythons = {entrant.python for algorithm in chosen for entrant in ENTRANTS[algorithm].values()}
    if missing := sorted(python for python in pythons if not os.path.exists(python)):
        sys.exit(f"A peer's environment is missing ({', '.join(missing)}): run `make bench`, which makes it.")
    seeds = range(given.first_seed, given.first_seed + given.pairs)
    for algorithm in chosen:
        entrants = ENTRANTS[algorithm]
        peers = [name for name, entrant in entrants.items() if entrant.is_peer]
        print(f"\n{table(alternate(seeds, entrants, given.evaluate_every), peers)}\n", flush=True)


if __name__ == "__main__":
    main()
