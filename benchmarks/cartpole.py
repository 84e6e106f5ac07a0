"""Train a recipe of the course on CartPole-v1 over a range of seeds; one JSON object on each line.

python -m benchmarks.cartpole --config reliable --seeds 0:100 --jobs 2
python -m benchmarks.cartpole --config ppo --seeds 0:20
python -m benchmarks.cartpole --config ppo --env LunarLander-v3 --seeds 0:10      (needs Box2D: uv sync --group lander)
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial

from loky import ProcessPoolExecutor

from evidence.evaluations import Evaluations
from evidence.other_tasks import TASKS, recipe_for
from evidence.report import ENV_ID, EVALUATE_EVERY, along_the_way, outcome, peak_memory_mb
from evidence.runs import RECIPES, Run, parse_seeds, run_ppo, run_recipe
from helpers.fleet import ONE_THREAD
from helpers.ppo import ACROBOT, CARTPOLE, LUNAR

PPO_RECIPES = {recipe.env_id: recipe for recipe in (CARTPOLE, ACROBOT, LUNAR)}
ENVS = {  # which recipes there are for a task
    "ppo": tuple(PPO_RECIPES),
    "reliable": (ENV_ID, *TASKS),
    **{name: (ENV_ID,) for name in RECIPES if name != "reliable"},
}


def report(config_name: str, seed: int, evaluate_every: int = EVALUATE_EVERY, env_id: str = ENV_ID) -> dict:
    """One run, as the numbers to print."""
    run = train_one(config_name, seed, evaluate_every, env_id)
    measured, gradient_steps = run.history.measured, run.agent.num_gradient_steps
    means = measured["greedy_returns"].mean(axis=1)
    return {
        **outcome(seed, run.history.env_steps, run.train_seconds, run.final_returns, run.threshold),
        **along_the_way(run.history.measured_at, means, measured["seconds"], measured["cpu_seconds"], run.threshold),
        "gradient_steps": gradient_steps,
        "compile_seconds": round(run.compile_seconds, 3),
        "cpu_seconds": round(run.cpu_seconds, 3),
        "peak_memory_mb": peak_memory_mb(),
    }


def train_one(config_name: str, seed: int, evaluate_every: int, env_id: str) -> Run:
    """One run of the recipe of that name for that task, looked at on the way."""
    watch = {"measure": Evaluations(seed, env_id), "measure_every": evaluate_every}
    if config_name == "ppo":
        return run_ppo(PPO_RECIPES[env_id], seed, **watch)
    recipe = RECIPES[config_name] if env_id == ENV_ID else recipe_for(env_id)
    return run_recipe(recipe, seed, env_id, **watch)


def side_by_side(one_seed: Callable[[int], dict], seeds: list[int], jobs: int) -> Iterator[dict]:
    """What each seed gave, in their order and as soon as it is there; stdout is left to the results."""
    if jobs == 1:
        yield from map(one_seed, seeds)
        return
    with ProcessPoolExecutor(jobs, env=ONE_THREAD) as workers:
        yield from workers.map(one_seed, seeds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", choices=sorted(ENVS), default="plain")
    parser.add_argument("--env", default=ENV_ID, help="another task, for which the config has a recipe")
    parser.add_argument("--seeds", type=parse_seeds, default="0:10", help="0:10 (0 to 9), 3, or 1,4,7")
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    parser.add_argument("--evaluate-every", type=int, help="env steps between evaluations")
    given = parser.parse_args()
    if given.env not in ENVS[given.config]:
        parser.error(
            f"there is no recipe {given.config!r} for {given.env}; there is one for {', '.join(ENVS[given.config])}"
        )
    every = given.evaluate_every or (EVALUATE_EVERY if given.env == ENV_ID else 10 * EVALUATE_EVERY)
    one_seed = partial(report, given.config, evaluate_every=every, env_id=given.env)
    solved = 0
    for result in side_by_side(one_seed, given.seeds, given.jobs):
        print(json.dumps(result), flush=True)
        solved += result["solved"]
    print(f"{solved} of {len(given.seeds)} solved", file=sys.stderr)


if __name__ == "__main__":
    main()
