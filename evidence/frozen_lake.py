"""Record Q-learning on FrozenLake 4x4 (slippery) for notebook 04.

python -m evidence.frozen_lake --jobs 2
"""

from dataclasses import replace

import gymnasium as gym
import numpy as np

from evidence import record_runs, stacked
from helpers.agents import QLearning, TableConfig, constant
from helpers.envs import as_arrays
from helpers.evaluation import evaluate, run_seeds
from helpers.exact import expected_return
from helpers.loop import train
from helpers.policies import epsilon_greedy

PATH = "notebooks/data/frozen_lake.npz"
ENV_ID = "FrozenLake-v1"
SEEDS = range(10)  # the numbers below were chosen on other seeds
NUM_STEPS = 200_000  # env steps
MEASURE_EVERY = 5_000  # env steps
EPISODES = 10_000  # greedy episodes at the end
EVALUATION_SEED = 10_000


def half_random(q, counts, step, rng) -> int:
    """Epsilon-greedy with epsilon 0.5."""
    return epsilon_greedy(q, 0.5, rng)


CHOSEN = "10/(9+n)"
STEP_SIZES = {CHOSEN: lambda n: 10 / (9 + n), "1/n": lambda n: 1 / n, "0.1": constant(0.1)}  # at the n-th visit
CONFIG = TableConfig(gamma=0.99, policy=half_random)


def record_seed(seed: int) -> dict[str, np.ndarray]:
    """One run with each step size: the exact success rate of the greedy policy as it learns.

    Of the chosen one also the table at the end, and a simulation.
    """
    env = gym.make(ENV_ID)
    P, R = as_arrays(env)

    def measure(agent) -> dict:
        return {"success": expected_return(P, R, agent.q.argmax(axis=1), env.spec.max_episode_steps)[0]}

    record = {}
    for name, alpha in STEP_SIZES.items():
        agent = QLearning(env.observation_space, env.action_space, replace(CONFIG, alpha=alpha), seed)
        history = train(env, agent, NUM_STEPS, seed, measure=measure, measure_every=MEASURE_EVERY)
        record |= {"measured_at": history.measured_at, f"success/{name}": history.measured["success"]}
        if name == CHOSEN:
            returns = evaluate(agent, gym.make(ENV_ID), EPISODES, EVALUATION_SEED + seed)
            record |= {"q": agent.q, "simulated_successes": np.array(int(returns.sum()))}
    return record


def main() -> None:
    config = {"env": ENV_ID, "num_steps": NUM_STEPS, "measure_every": MEASURE_EVERY, "episodes": EPISODES}
    config |= {"gamma": CONFIG.gamma, "alpha": list(STEP_SIZES), "epsilon": 0.5}
    arrays = record_runs(
        PATH,
        lambda jobs: stacked(run_seeds(record_seed, SEEDS, jobs), once=("measured_at",)),
        config=config,
        seeds=SEEDS,
    )
    print(f"exact success rates {np.round(arrays[f'success/{CHOSEN}'][:, -1], 4)}")


if __name__ == "__main__":
    main()
