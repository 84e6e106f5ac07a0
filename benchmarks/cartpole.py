"""Train a recipe of the course on CartPole-v1 over a range of seeds; one JSON object on each line.

python -m benchmarks.cartpole --config reliable --seeds 0:100 --jobs 2
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial

from loky import ProcessPoolExecutor

from evidence.report import EVALUATE_EVERY, along_the_way, outcome, peak_memory_mb
from evidence.runs import RECIPES, Evaluations, parse_seeds, run_recipe
from helpers.fleet import ONE_THREAD


def report(config_name: str, seed: int, evaluate_every: int = EVALUATE_EVERY) -> dict:
    """One run, as the numbers to print."""
    run = run_recipe(RECIPES[config_name], seed, measure=Evaluations(seed), measure_every=evaluate_every)
    measured = run.history.measured
    return {
        **outcome(seed, run.history.env_steps, run.train_seconds, run.final_returns),
        **along_the_way(run.history.measured_at, measured["seconds"], measured["greedy_returns"].mean(axis=1)),
        "gradient_steps": run.agent.num_gradient_steps,
        "compile_seconds": round(run.compile_seconds, 3),
        "peak_memory_mb": peak_memory_mb(),
    }


def side_by_side(one_seed: Callable[[int], dict], seeds: list[int], jobs: int) -> Iterator[dict]:
    """What each seed gave, in their order and as soon as it is there; stdout is left to the results."""
    if jobs == 1:
        yield from map(one_seed, seeds)
        return
    with ProcessPoolExecutor(jobs, env=ONE_THREAD) as workers:
        yield from workers.map(one_seed, seeds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", choices=sorted(RECIPES), default="plain")
    parser.add_argument("--seeds", type=parse_seeds, default="0:10", help="0:10 (0 to 9), 3, or 1,4,7")
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    parser.add_argument("--evaluate-every", type=int, default=EVALUATE_EVERY, help="env steps between evaluations")
    given = parser.parse_args()
    one_seed = partial(report, given.config, evaluate_every=given.evaluate_every)
    solved = 0
    for result in side_by_side(one_seed, given.seeds, given.jobs):
        print(json.dumps(result), flush=True)
        solved += result["solved"]
    print(f"{solved} of {len(given.seeds)} solved", file=sys.stderr)


if __name__ == "__main__":
    main()
