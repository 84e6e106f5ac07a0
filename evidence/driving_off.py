"""Record, for notebook 13, an agent that drives off the track: its weights, and greedy episodes of it.

python -m evidence.driving_off

The failure of one seed belongs to one type of processor: on another, the same seed is another run. So the recipe that
fails most often there, CANDIDATE with RELIABLE's budget, is trained on the seeds of `evidence.equal_budgets` that fail.
"""

import json
from dataclasses import asdict

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.report import ENV_ID, FINAL_SEED
from evidence.runs import run_recipe, watched_rollouts
from helpers.dqn.recipes import CANDIDATE

PATH = "notebooks/data/driving_off.npz"
SEED = 95  # the worst of CANDIDATE on the processor of its record
EPISODES = 20  # greedy


def gather(jobs: int) -> dict[str, np.ndarray]:
    """The weights at the end, and what was seen (T, E, O) and how long each episode was (E,)."""
    agent = run_recipe(CANDIDATE, SEED).agent
    envs = gym.make_vec(ENV_ID, num_envs=EPISODES)
    played, seen = watched_rollouts(agent, envs, FINAL_SEED + SEED)
    weights = {f"weights/{i}": values for i, values in enumerate(agent.network.get_weights())}
    return weights | {"obs": seen.astype(np.float32), "lengths": played.lengths}


def describe() -> dict:
    """What produced the numbers, for the provenance."""
    about = {"env": ENV_ID, "num_steps": CANDIDATE.num_steps, "episodes": EPISODES}
    return json.loads(json.dumps(asdict(CANDIDATE.config) | about))


def main() -> None:
    arrays = record_runs(PATH, gather, config=describe(), seeds=[SEED])
    print(f"seed {SEED}: episodes of {np.sort(arrays['lengths'])} steps")


if __name__ == "__main__":
    main()
