"""Record REINFORCE and what makes it better, rung by rung, on CartPole-v1 (notebook 16).

python -m evidence.policy_ladder
"""

from dataclasses import replace

import gymnasium as gym
import numpy as np

from evidence import record_runs
from helpers.buffer import Transition
from helpers.distributions import Categorical
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
ENV_ID, NUM_STEPS, KEEP_EVERY, EPISODES, LAST_EPISODES = "CartPole-v1", 50_000, 2_500, 20, 100
SEEDS = range(20)
EVALUATION_SEED = 1_000_000  # far from those of training

FEATURES = scaled_and_one((2.4, 3.0, 0.21, 3.0))  # m, m/s, rad, rad/s: the scale of the plain DQN
QUADRATIC = products_of(FEATURES)
CONFIG = PolicyGradientConfig(features=FEATURES)
RUNGS = {
    "total": replace(CONFIG, weigh=total_return),
    "to_go": replace(CONFIG, weigh=return_to_go),
    "constant": replace(CONFIG, weigh=advantage(1.0), value_features=one_number),
    "value": replace(CONFIG, weigh=advantage(1.0), value_features=QUADRATIC),
    "actor_critic": replace(CONFIG, weigh=advantage(0.0), value_features=QUADRATIC),
    "gae": replace(CONFIG, weigh=advantage(0.95), value_features=QUADRATIC),
}
# Chosen for each rung on seeds 1600 to 1603 out of 0.05 and 0.1, by the mean greedy return over the whole run.
LEARNING_RATES = {"total": 0.05, "to_go": 0.05, "constant": 0.1, "value": 0.1, "actor_critic": 0.1, "gae": 0.1}
TUNING_SEEDS, TRIED = range(1600, 1604), (0.05, 0.1)


def train_together(config: PolicyGradientConfig, seeds, num_steps: int = NUM_STEPS) -> np.ndarray:
    """One agent for each seed, each in an environment of its own, stepped together; nothing passes between them.

    Returns their parameters after each KEEP_EVERY env steps of their own, (N, V, D, A). Acting is in one call for all,
    with each agent's own generator; a seed gives the same run again only in the same company.
    """
    envs = gym.make_vec(ENV_ID, num_envs=len(seeds), vectorization_mode="vector_entry_point")
    spaces = envs.single_observation_space, envs.single_action_space
    agents = [PolicyGradient(*spaces, config, seed) for seed in seeds]
    steps, kept = np.zeros(len(agents), int), [[] for _ in agents]
    obs, _ = envs.reset(seed=int(seeds[0]))
    began = np.zeros(len(agents), bool)  # its last step ended an episode: the next one only begins another
    while (steps < num_steps).any():
        logits = np.einsum("ij,ija->ia", FEATURES(obs), np.stack([agent.theta for agent in agents]))
        chance = np.array([agent.rng.random() for agent in agents])
        action = (Categorical(logits).probs.cumsum(axis=1) <= chance[:, None]).sum(axis=1).clip(max=1)
        next_obs, reward, terminated, truncated, _ = envs.step(action)
        for n in np.flatnonzero(~began & (steps < num_steps)):
            flags = bool(terminated[n]), bool(truncated[n] and not terminated[n])
            agents[n].learn(Transition(obs[n], action[n], reward[n], next_obs[n], *flags))
            steps[n] += 1
            if steps[n] % KEEP_EVERY == 0:
                kept[n].append(agents[n].theta.copy())
        obs, began = next_obs, terminated | truncated
    return np.array(kept)


def returns_of(theta, num_episodes: int, seed: int, explore: bool) -> np.ndarray:
    """Returns (..., num_episodes) of policies (..., D, A), all played side by side."""
    many = np.repeat(theta.reshape(-1, *theta.shape[-2:]), num_episodes, axis=0)  # (E, D, A)
    envs = gym.make_vec(ENV_ID, num_envs=len(many), vectorization_mode="vector_entry_point")
    alive, returns, rng = np.ones(len(many), bool), np.zeros(len(many)), np.random.default_rng(seed)
    obs, _ = envs.reset(seed=seed)
    while alive.any():
        policy = Categorical(np.einsum("ed,eda->ea", FEATURES(obs), many))
        obs, reward, terminated, truncated, _ = envs.step(policy.sample(rng) if explore else policy.mode())
        returns += alive * reward
        alive &= ~(terminated | truncated)
    return returns.reshape(*theta.shape[:-2], num_episodes)


def examine(theta) -> dict[str, np.ndarray]:
    """What parameters (N, V, D, A) play: on the way without chance, at the end also as they learnt."""
    return {
        "greedy_returns": returns_of(theta, EPISODES, EVALUATION_SEED, explore=False),  # (N, V, EPISODES)
        "final_returns": returns_of(theta[:, -1], LAST_EPISODES, 2 * EVALUATION_SEED, explore=False),  # (N, 100)
        "final_sampled_returns": returns_of(theta[:, -1], LAST_EPISODES, 2 * EVALUATION_SEED, explore=True),
    }


def tune() -> None:
    """Print what each step size reaches on the tuning seeds: the mean over the whole curve decides."""
    for rung, config in RUNGS.items():
        for learning_rate in TRIED:
            theta = train_together(replace(config, learning_rate=learning_rate), TUNING_SEEDS)
            reached = returns_of(theta, EPISODES, EVALUATION_SEED, explore=False).mean()
            print(f"{rung:>12} {learning_rate:5}: {reached:.0f}", flush=True)


def gather(jobs: int) -> dict[str, np.ndarray]:
    """Every rung from every seed; one process is enough."""
    arrays = {"measured_at": np.arange(KEEP_EVERY, NUM_STEPS + 1, KEEP_EVERY)}
    for rung, config in RUNGS.items():
        theta = train_together(replace(config, learning_rate=LEARNING_RATES[rung]), SEEDS)
        arrays |= {f"{rung}/{name}": values for name, values in examine(theta).items()}
        arrays[f"{rung}/theta"] = theta
    return arrays


def main() -> None:
    numbers = {"env": ENV_ID, "num_steps": NUM_STEPS, "batch_steps": CONFIG.batch_steps, "gamma": CONFIG.gamma}
    config = numbers | {"learning_rates": LEARNING_RATES, "tuning_seeds": list(TUNING_SEEDS), "tried": TRIED}
    arrays = record_runs(PATH, gather, config=config, seeds=SEEDS)
    for rung in RUNGS:
        final = arrays[f"{rung}/final_returns"].mean(axis=1)
        solved = (final >= gym.spec(ENV_ID).reward_threshold).sum()
        print(f"{rung:>12}: {solved} of {len(SEEDS)} solved, mean return {final.mean():.0f}")


if __name__ == "__main__":
    main()
