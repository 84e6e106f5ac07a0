"""This course's DQN beside Stable-Baselines3's on CartPole-v1: alternating, one process at a time, one core each.

make bench                     five pairs, about ten minutes
make bench ARGS="--pairs 10"   more
Prints one JSON object for each run while it goes on, then the table and the ratios of medians.
"""

import argparse
import json
import os
import subprocess
import sys
from statistics import mean, median

PEER = os.path.join(".venv-peer", "Scripts" if sys.platform == "win32" else "bin", "python")
COMMANDS = {
    "plain": [sys.executable, "-m", "benchmarks.cartpole", "--config", "plain", "--seeds"],
    "reliable": [sys.executable, "-m", "benchmarks.cartpole", "--config", "reliable", "--seeds"],
    "Stable-Baselines3": [PEER, "-m", "benchmarks.peer", "--seed"],
}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
COLUMNS = ("env steps/s", "s to first >= 475", "mean return", "solved", "peak MB")


def run_once(name: str, seed: int, evaluate_every: int) -> dict:
    """One run in a process of its own, on one core where the system can say so."""
    command = [*COMMANDS[name], str(seed), "--evaluate-every", str(evaluate_every)]
    if hasattr(os, "sched_setaffinity"):
        core = str(max(os.sched_getaffinity(0)))
        pin = f"import os, sys; os.sched_setaffinity(0, {{{core}}}); os.execv(sys.argv[1], sys.argv[1:])"
        command = [sys.executable, "-c", pin, *command]
    finished = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **ONE_THREAD})
    if finished.returncode:
        raise RuntimeError(f"{name}, seed {seed}, did not finish:\n{finished.stderr}")
    return {"agent": name, **json.loads(finished.stdout)}


def alternate(seeds, names, evaluate_every: int) -> list[dict]:
    """Every agent once for each seed; who begins changes, so that nobody always has the warm machine."""
    results = []
    for turn, seed in enumerate(seeds):
        first = turn % len(names)
        for name in [*names[first:], *names[:first]]:
            results.append(run_once(name, seed, evaluate_every))
            print(json.dumps(results[-1]), flush=True)
    return results


def summary(results: list[dict]) -> dict[str, float]:
    """Medians of one agent's runs. A run that never reached the threshold counts as all the seconds it took."""
    firsts = [r["train_seconds"] if r["first_solved_seconds"] is None else r["first_solved_seconds"] for r in results]
    return {
        "speed": median(r["env_steps_per_second"] for r in results),
        "first": median(firsts),
        "mean_return": mean(r["mean_return"] for r in results),
        "solved": sum(r["solved"] for r in results),
        "runs": len(results),
        "memory": max(r["peak_memory_mb"] for r in results),
    }


def table(results: list[dict], names) -> str:
    """One line for each agent, then this course's against the last one's."""
    summaries = {name: summary([r for r in results if r["agent"] == name]) for name in names}
    lines = ["{:<18}".format("agent") + "".join(f"{column:>19}" for column in COLUMNS)]
    for name, s in summaries.items():
        cells = (f"{s['speed']:,.0f}", f"{s['first']:.2f}", f"{s['mean_return']:.1f}", f"{s['solved']} of {s['runs']}")
        lines.append(f"{name:<18}" + "".join(f"{cell:>19}" for cell in (*cells, f"{s['memory']}")))
    *ours, peer = names
    for name in ours:
        own, theirs = summaries[name], summaries[peer]
        faster, sooner = own["speed"] / theirs["speed"], theirs["first"] / own["first"]
        lines.append(f"{name} against {peer}: {faster:.1f} times the env steps/s, solved {sooner:.1f} times sooner")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5, help="seeds for each agent (medians are taken over them)")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--evaluate-every", type=int, default=1_000, help="env steps between two evaluations")
    given = parser.parse_args()
    if not os.path.exists(PEER):
        sys.exit(f"The peer's environment is missing ({PEER}): run `make bench`, which makes it.")
    seeds = range(given.first_seed, given.first_seed + given.pairs)
    names = list(COMMANDS)
    print("\n" + table(alternate(seeds, names, given.evaluate_every), names))


if __name__ == "__main__":
    main()
