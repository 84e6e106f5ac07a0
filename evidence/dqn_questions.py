"""Record, for notebook 08, runs that answer what its curves ask: the dip, the scale. Goes on where it was stopped.

python -m evidence.dqn_questions --jobs 2
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import NamedTuple

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.ablation import play
from evidence.pieces import folder_of, in_pieces
from evidence.runs import CONFIGS, ENV_ID, EVALUATION_SEED, NUM_STEPS, run_recipe
from helpers.dqn import DQN, DQNConfig
from helpers.dqn.own_scale import OwnScale
from helpers.dqn.recipes import Recipe

PATH = "notebooks/data/dqn_questions.npz"
SEEDS = range(10)
TUNING_SEEDS = range(
    1_000, 1_004
)  # on which it was chosen what `OwnScale` measures: the largest, or mean and deviation
MEASURE_EVERY = 5_000  # env steps
STARTS = 20  # start positions at which max Q is read
PLAIN = CONFIGS["plain"]
BEGINNING = 15_000  # env steps: down to the bottom of the dip
FEWER = range(8)  # seeds of the short runs
PACES = (64, 256, 512)  # env steps from one copy to the target network to the next; 256 is PLAIN's own
OFTEN = {"learn_every": 64, "gradient_steps": 16}  # as many gradient steps as PLAIN takes, in smaller bursts


class Question(NamedTuple):
    """What is trained, in words, for how many env steps, and with which seeds."""

    what: str
    config: DQNConfig
    agent_class: type[DQN] = DQN
    num_steps: int = NUM_STEPS
    seeds: range = SEEDS


def copied_every(env_steps: int) -> Question:
    """The plain agent with another pace of the target network; 256 is its own."""
    config = replace(PLAIN, **OFTEN, target_every=env_steps // 4)
    return Question(f"a copy every {env_steps} env steps", config, num_steps=BEGINNING, seeds=FEWER)


QUESTIONS = {
    "own_scale": Question("OwnScale", replace(PLAIN, obs_scale=None), OwnScale),
    **{f"copied_every_{pace}": copied_every(pace) for pace in PACES},
}


def watch(seed: int) -> Callable[[DQN], dict]:
    """A `measure` for `train`: 100 greedy episodes, how many of them ended beside the track, and max Q at starts."""
    env = gym.make(ENV_ID)
    start_obs = np.array([env.reset(seed=EVALUATION_SEED + seed + k)[0] for k in range(STARTS)])  # (STARTS, O)

    def measure(agent: DQN) -> dict:
        returns, _, left = play(agent, EVALUATION_SEED + seed)
        values = agent.q_values(start_obs).max(axis=1)
        return {name: np.float32(np.mean(value)) for name, value in
                {"greedy_returns": returns, "left": left, "max_q_at_start": values}.items()}  # fmt: skip

    return measure


def record(name: str, seed: int, num_steps: int | None = None) -> dict[str, np.ndarray]:
    """One run, as arrays. num_steps: where to stop it; fewer give the beginning of the same run."""
    question = QUESTIONS[name]
    recipe = Recipe(question.agent_class, question.config, num_steps or question.num_steps)
    run = run_recipe(recipe, seed, measure=watch(seed), measure_every=MEASURE_EVERY)
    return run.history.measured | {
        "measured_at": run.history.measured_at,
        "final_returns": run.final_returns.astype(np.float32),  # (100,)
        "cpu_seconds": np.array(run.cpu_seconds),
    }


def numbers_of(name: str) -> dict:
    """All that the runs of a name depend on."""
    question = QUESTIONS[name]
    about = {"what": question.what, "num_steps": question.num_steps, "measure_every": MEASURE_EVERY}
    return asdict(question.config) | about | {"env": ENV_ID}


def gather(jobs: int) -> dict[str, np.ndarray]:
    """Arrays (N, ...) of every question, named question/array."""
    tasks = [(name, seed) for name, question in QUESTIONS.items() for seed in question.seeds]
    found = in_pieces(record, tasks, numbers_of, jobs, folder_of("dqn_questions"))
    return {f"{name}/{array}": values for name, arrays in found.items() for array, values in arrays.items()}


def describe() -> dict:
    """What produced the numbers, for the provenance."""
    about = {"tuning_seeds": [min(TUNING_SEEDS), max(TUNING_SEEDS)]}
    return asdict(PLAIN) | about | {"questions": {name: numbers_of(name) for name in QUESTIONS}}


def main() -> None:
    arrays = record_runs(PATH, gather, config=describe(), seeds=SEEDS)
    threshold = gym.spec(ENV_ID).reward_threshold
    for name, question in QUESTIONS.items():
        means = arrays[f"{name}/final_returns"].mean(axis=1)
        solved, seconds = (means >= threshold).sum(), np.median(arrays[f"{name}/cpu_seconds"])
        print(f"{name:>17}: {question.what}, {question.num_steps:,} env steps: {solved} of {len(means)} solved, "
              f"mean {means.mean():.0f}, {seconds:.1f} CPU s")  # fmt: skip


if __name__ == "__main__":
    main()
