"""Record which explorers of notebook 05 find the far reward of a corridor, by its length.

python -m evidence.exploration --jobs 2
"""

import gymnasium as gym
import numpy as np

from evidence import record_runs
from helpers.agents import QLearning, TableConfig, constant
from helpers.envs import Corridor
from helpers.evaluation import run_seeds
from helpers.loop import train
from helpers.policies import epsilon_greedy, greedy, linear_decay, softmax, ucb

PATH = "notebooks/data/exploration.npz"
SEEDS = range(50)
LENGTHS = (3, 4, 5, 6, 7, 9, 12)  # cells
NUM_STEPS = 2_000  # env steps in a run
GAMMA = 0.95
EXPLORERS = {  # policy (q, counts, step, rng) -> action, and what the table says at first
    "greedy": (lambda q, counts, step, rng: greedy(q, rng), 0.0),
    "epsilon 0.1": (lambda q, counts, step, rng: epsilon_greedy(q, 0.1, rng), 0.0),
    "epsilon 0.3": (lambda q, counts, step, rng: epsilon_greedy(q, 0.3, rng), 0.0),
    "epsilon decaying": (lambda q, counts, step, rng: epsilon_greedy(q, linear_decay(step, 1.0, 0.0, 1_000), rng), 0.0),
    "softmax 0.1": (lambda q, counts, step, rng: softmax(q, 0.1, rng), 0.0),
    "UCB 0.5": (lambda q, counts, step, rng: ucb(q, counts, 0.5, rng), 0.0),
    "optimistic": (lambda q, counts, step, rng: greedy(q, rng), 1.0),
}


def heads_for_far(name: str, length: int, seed: int) -> bool:
    """Whether the greedy action at the start, after training, leads to the far reward."""
    policy, initial_q = EXPLORERS[name]
    env = gym.wrappers.TimeLimit(Corridor(length), 200)
    config = TableConfig(gamma=GAMMA, alpha=constant(0.5), policy=policy, initial_q=initial_q)
    agent = QLearning(env.observation_space, env.action_space, config, seed)
    train(env, agent, NUM_STEPS, seed, progress=False)
    obs, _ = env.reset()
    return bool(agent.q[obs, 1] > agent.q[obs, 0])


def record_seed(seed: int) -> np.ndarray:
    """(explorers, lengths) of bool."""
    return np.array([[heads_for_far(name, length, seed) for length in LENGTHS] for name in EXPLORERS])


def gather(jobs: int) -> dict[str, np.ndarray]:
    """Who found the far reward: (N, explorers, lengths)."""
    found = np.array(run_seeds(record_seed, SEEDS, jobs))
    return {"found": found, "lengths": np.array(LENGTHS), "explorers": np.array(list(EXPLORERS))}


def main() -> None:
    config = {"num_steps": NUM_STEPS, "gamma": GAMMA, "alpha": 0.5, "env": "Corridor, time limit 200"}
    record_runs(PATH, gather, config=config, seeds=SEEDS)


if __name__ == "__main__":
    main()
