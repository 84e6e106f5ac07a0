"""Record Q-learning and SARSA on CliffWalking for notebook 03 (Sutton & Barto, example 6.6).

python -m evidence.cliff_walking --jobs 2
"""

import argparse
import time

import gymnasium as gym
import numpy as np

from helpers.agents import QLearning, Sarsa, TableConfig, constant
from helpers.envs import as_arrays
from helpers.evaluation import run_seeds
from helpers.exact import expected_return
from helpers.loop import train
from helpers.records import save_record

PATH = "notebooks/data/cliff_walking.npz"
ENV_ID = "CliffWalking-v1"
SEEDS = range(100)
EPISODES = 500  # kept of each run
NUM_STEPS = 20_000  # env steps of a run: more than the 500 episodes need
START = 36  # the observation at which every episode begins
CUT = 1_000  # env steps after which a greedy walk that never arrives is cut
AGENTS = {"Q-learning": QLearning, "SARSA": Sarsa}
CONFIG = TableConfig(gamma=1.0, alpha=constant(0.5))  # epsilon-greedy with 0.1, the policy of TableConfig


def record_seed(seed: int) -> dict[str, np.ndarray]:
    """One run of each agent: its training returns, and the exact return of the greedy policy at the end."""
    arrays = {}
    for name, make in AGENTS.items():
        env = gym.make(ENV_ID)
        agent = make(env.observation_space, env.action_space, CONFIG, seed)
        returns = train(env, agent, NUM_STEPS, seed).returns
        if len(returns) < EPISODES:
            raise RuntimeError(f"{name}, seed {seed}: {len(returns)} of {EPISODES} episodes; raise NUM_STEPS.")
        greedy = expected_return(*as_arrays(env), agent.q.argmax(axis=1), CUT)[START]
        arrays |= {f"returns/{name}": returns[:EPISODES].astype(np.int16), f"greedy/{name}": np.array(greedy)}
    return arrays


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    jobs = parser.parse_args().jobs
    began = time.perf_counter()
    records = run_seeds(record_seed, SEEDS, jobs)
    arrays = {name: np.array([record[name] for record in records]) for name in records[0]}  # (N, ...)
    config = {"env": ENV_ID, "num_steps": NUM_STEPS, "gamma": 1.0, "alpha": "constant 0.5", "epsilon": 0.1}
    seconds, command = time.perf_counter() - began, f"python -m evidence.cliff_walking --jobs {jobs}"
    save_record(PATH, arrays, config=config, seeds=SEEDS, seconds=seconds, command=command)
    print(f"{len(SEEDS)} seeds of {list(AGENTS)} in {seconds:.0f} s; written to {PATH}")


if __name__ == "__main__":
    main()
