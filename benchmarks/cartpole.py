"""Train a configuration of the DQN on CartPole-v1 over a range of seeds; one JSON object on each line.

python -m benchmarks.cartpole --config plain --seeds 0:10 --jobs 2
"""

import argparse
import json
import sys

from joblib import Parallel, delayed

from benchmarks.runs import CONFIGS, parse_seeds, run_cartpole


def report(config_name: str, seed: int) -> dict:
    """One run, as the numbers to print."""
    run = run_cartpole(CONFIGS[config_name], seed)
    train_seconds = run.history.seconds + run.compile_seconds
    return {
        "seed": seed,
        "env_steps": run.history.env_steps,
        "gradient_steps": run.agent.num_gradient_steps,
        "train_seconds": round(train_seconds, 3),
        "compile_seconds": round(run.compile_seconds, 3),
        "env_steps_per_second": round(run.history.env_steps / train_seconds),
        "mean_return": round(float(run.final_returns.mean()), 2),
        "returns_std": round(float(run.final_returns.std(ddof=1)), 2),
        "solved": run.solved,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", choices=sorted(CONFIGS), default="plain")
    parser.add_argument("--seeds", type=parse_seeds, default="0:10", help="0:10 (0 to 9), 3, or 1,4,7")
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    given = parser.parse_args()
    tasks = (delayed(report)(given.config, seed) for seed in given.seeds)
    solved = 0
    for result in Parallel(n_jobs=given.jobs, return_as="generator")(tasks):
        print(json.dumps(result), flush=True)
        solved += result["solved"]
    print(f"{solved} of {len(given.seeds)} solved", file=sys.stderr)


if __name__ == "__main__":
    main()
