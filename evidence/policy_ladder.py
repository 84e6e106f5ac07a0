"""Record REINFORCE and what makes it better, rung by rung, on CartPole-v1 (notebook 16).

python -m evidence.policy_ladder --jobs 2
"""

from dataclasses import replace

import gymnasium as gym
import numpy as np

from evidence import record_runs, stacked
from helpers.episodes import play
from helpers.evaluation import run_seeds
from helpers.loop import train
from helpers.policy_gradient import (
    PolicyGradient,
    PolicyGradientConfig,
    advantage,
    one_number,
    products_of,
    return_to_go,
    scaled_and_one,
    total_return,
)

PATH = "notebooks/data/policy_ladder.npz"
ENV_ID, NUM_STEPS, MEASURE_EVERY, EPISODES = "CartPole-v1", 50_000, 2_500, 20
SEEDS = range(20)
EVALUATION_SEED = 1_000_000  # far from those of training

FEATURES = scaled_and_one((2.4, 3.0, 0.21, 3.0))  # m, m/s, rad, rad/s: the scale of the plain DQN
QUADRATIC = products_of(FEATURES)
CONFIG = PolicyGradientConfig(features=FEATURES)
# The step size of each rung was chosen on seeds 1600 to 1603, out of 0.05 and 0.1.
RUNGS = {
    "total": replace(CONFIG, weigh=total_return, learning_rate=0.05),
    "to_go": replace(CONFIG, weigh=return_to_go, learning_rate=0.05),
    "constant": replace(CONFIG, weigh=advantage(1.0), value_features=one_number, learning_rate=0.1),
    "value": replace(CONFIG, weigh=advantage(1.0), value_features=QUADRATIC, learning_rate=0.1),
    "actor_critic": replace(CONFIG, weigh=advantage(0.0), value_features=QUADRATIC, learning_rate=0.1),
    "gae": replace(CONFIG, weigh=advantage(0.95), value_features=QUADRATIC, learning_rate=0.1),
}


def returns_of(agent: PolicyGradient, num_episodes: int, seed: int, explore: bool) -> np.ndarray:
    """(num_episodes,) on fresh environments."""
    envs = gym.make_vec(ENV_ID, num_envs=num_episodes, vectorization_mode="vector_entry_point")
    return play(agent.policy, envs, seed, explore).reward.sum(axis=0)


def record_run(rung: str, seed: int) -> dict[str, np.ndarray]:
    """One agent, examined every MEASURE_EVERY env steps without chance, and at the end as it acts too."""
    env = gym.make(ENV_ID)
    agent = PolicyGradient(env.observation_space, env.action_space, RUNGS[rung], seed)

    def measure(agent) -> dict:
        return {"greedy_returns": returns_of(agent, EPISODES, EVALUATION_SEED + seed, explore=False)}

    history = train(env, agent, NUM_STEPS, seed, measure=measure, measure_every=MEASURE_EVERY, progress=False)
    return {
        "measured_at": history.measured_at,
        f"{rung}/greedy_returns": history.measured["greedy_returns"],  # (V, EPISODES)
        f"{rung}/final_returns": returns_of(agent, 100, 2 * EVALUATION_SEED + seed, explore=False),
        f"{rung}/final_sampled_returns": returns_of(agent, 100, 2 * EVALUATION_SEED + seed, explore=True),
        f"{rung}/theta": agent.theta,
    }


def record_seed(seed: int) -> dict[str, np.ndarray]:
    """Every rung from one seed."""
    return {name: values for rung in RUNGS for name, values in record_run(rung, seed).items()}


def main() -> None:
    config = {
        "env": ENV_ID,
        "num_steps": NUM_STEPS,
        "batch_steps": CONFIG.batch_steps,
        "gamma": CONFIG.gamma,
        "learning_rates": {rung: config.learning_rate for rung, config in RUNGS.items()},
    }
    arrays = record_runs(
        PATH, lambda jobs: stacked(run_seeds(record_seed, SEEDS, jobs), ("measured_at",)), config=config, seeds=SEEDS
    )
    for rung in RUNGS:
        final = arrays[f"{rung}/final_returns"].mean(axis=1)
        solved = (final >= gym.spec(ENV_ID).reward_threshold).sum()
        print(f"{rung:>12}: {solved} of {len(SEEDS)} solved, mean return {final.mean():.0f}")


if __name__ == "__main__":
    main()
