"""Record Q-learning and SARSA on CliffWalking for notebook 04 (Sutton & Barto, example 6.6).

python -m evidence.cliff_walking --jobs 2
"""

import gymnasium as gym
import numpy as np

from evidence import record_runs, stacked
from helpers.agents import QLearning, Sarsa, TableConfig, constant
from helpers.envs import as_arrays
from helpers.evaluation import run_seeds
from helpers.exact import expected_return
from helpers.loop import train

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
    config = {"env": ENV_ID, "num_steps": NUM_STEPS, "gamma": 1.0, "alpha": "constant 0.5", "epsilon": 0.1}
    record_runs(PATH, lambda jobs: stacked(run_seeds(record_seed, SEEDS, jobs)), config=config, seeds=SEEDS)


if __name__ == "__main__":
    main()
