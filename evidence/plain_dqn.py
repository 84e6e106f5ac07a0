"""Record the plain DQN of notebook 08 on CartPole-v1.

python -m evidence.plain_dqn --jobs 2
"""

from dataclasses import asdict

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.report import ENV_ID, EVALUATION_SEED
from evidence.runs import CONFIGS, NUM_STEPS, make_agent, run_cartpole
from helpers.evaluation import evaluate, run_seeds

PATH = "notebooks/data/plain_dqn.npz"
SEEDS = range(10)
MEASURE_EVERY = 5_000  # env steps
EPISODES = 20  # greedy episodes in one measurement
WEIGHTS_AT = (10_000, 20_000, 50_000, 100_000)  # env steps at which seed 0's weights are kept, besides 0


def instruments(seed: int, env_id: str = ENV_ID):
    """A `measure` for `train`: greedy returns on a fresh environment, and max Q at its start positions."""
    env = gym.make(env_id)
    start_obs = np.array([env.reset(seed=EVALUATION_SEED + seed + k)[0] for k in range(EPISODES)])  # (EPISODES, O)

    def measure(agent) -> dict:
        returns = evaluate(agent, gym.make(env_id), EPISODES, EVALUATION_SEED + seed)
        return {"greedy_returns": returns, "max_q_at_start": agent.q_values(start_obs).max(axis=1)}

    return measure


def weights_of(agent) -> dict[str, np.ndarray]:
    """The agent's weights, named by its age in env steps: kernel and bias of each layer in turn."""
    return {f"weights_{agent.num_steps}/{i}": weights for i, weights in enumerate(agent.network.get_weights())}


def record_seed(seed: int) -> dict[str, np.ndarray]:
    """One run, as arrays whose shapes do not depend on the seed but for the training episodes."""
    measure = instruments(seed)
    kept = weights_of(make_agent(CONFIGS["plain"], seed)) if seed == 0 else {}

    def measure_and_keep(agent) -> dict:
        if seed == 0 and agent.num_steps in WEIGHTS_AT:
            kept.update(weights_of(agent))
        return measure(agent)

    run = run_cartpole(CONFIGS["plain"], seed, measure=measure_and_keep, measure_every=MEASURE_EVERY)
    history = run.history
    return {
        f"training_returns/{seed}": history.returns,
        f"training_lengths/{seed}": history.lengths,
        "measured_at": history.measured_at,
        "greedy_returns": history.measured["greedy_returns"],  # (V, EPISODES)
        "max_q_at_start": history.measured["max_q_at_start"],  # (V, EPISODES)
        "final_returns": run.final_returns,
        "train_seconds": np.array(history.seconds + run.compile_seconds),
        "compile_seconds": np.array(run.compile_seconds),
        **kept,
    }


def merge(records: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Stack what every seed has along a first axis (N, ...); keep the rest by name."""
    shared = set.intersection(*(set(record) for record in records)) - {"measured_at"}
    merged = {name: np.array([record[name] for record in records]) for name in sorted(shared)}
    merged["measured_at"] = records[0]["measured_at"]
    for record in records:
        merged |= {name: value for name, value in record.items() if name not in merged}
    return merged


def main() -> None:
    config = asdict(CONFIGS["plain"]) | {"env": ENV_ID, "num_steps": NUM_STEPS, "measure_every": MEASURE_EVERY}
    arrays = record_runs(PATH, lambda jobs: merge(run_seeds(record_seed, SEEDS, jobs)), config=config, seeds=SEEDS)
    solved = (arrays["final_returns"].mean(axis=1) >= gym.spec(ENV_ID).reward_threshold).sum()
    print(f"{solved} of {len(SEEDS)} solved")


if __name__ == "__main__":
    main()
