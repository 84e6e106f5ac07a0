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
# Chosen for each rung by `tune`: what reaches the highest mean greedy return over the whole run.
LEARNING_RATES = {"total": 0.1, "to_go": 0.4, "constant": 0.4, "value": 0.4, "actor_critic": 0.8, "gae": 0.4}
TUNING_SEEDS, TRIED = range(1600, 1604), (0.025, 0.05, 0.1, 0.2, 0.4, 0.8)


def train_together(config, seeds, num_steps: int = NUM_STEPS) -> np.ndarray:
    """One agent for each seed, each in an environment of its own, stepped together; nothing passes between them.

    config: one for all, or a list with one for each seed.

    Returns their parameters after each KEEP_EVERY env steps of their own, (N, V, D, A). Acting is in one call for all,
    with each agent's own generator; a seed gives the same run again only in the same company.
    """
    envs = gym.make_vec(ENV_ID, num_envs=len(seeds), vectorization_mode="vector_entry_point")
    spaces = envs.single_observation_space, envs.single_action_space
    configs = [config] * len(seeds) if isinstance(config, PolicyGradientConfig) else config
    agents = [PolicyGradient(*spaces, one, seed) for one, seed in zip(configs, seeds, strict=True)]
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
    """Print what each step size reaches on the tuning seeds; all of them are trained side by side."""
    choices = [(rung, rate) for rung in RUNGS for rate in TRIED]
    configs = [replace(RUNGS[rung], learning_rate=rate) for rung, rate in choices for _ in TUNING_SEEDS]
    theta = train_together(configs, list(TUNING_SEEDS) * len(choices))  # (choices * seeds, V, D, A)
    reached = returns_of(theta, EPISODES, EVALUATION_SEED, explore=False).mean(axis=(1, 2))
    for (rung, rate), found in zip(choices, reached.reshape(len(choices), -1), strict=True):
        print(f"{rung:>12} {rate:5}: {found.mean():.0f}, one by one {found.round()}", flush=True)


def climb(num_steps: int = NUM_STEPS) -> np.ndarray:
    """Every rung from every seed, all of them side by side: parameters (rungs, seeds, V, D, A)."""
    configs = [replace(RUNGS[rung], learning_rate=LEARNING_RATES[rung]) for rung in RUNGS for _ in SEEDS]
    theta = train_together(configs, list(SEEDS) * len(RUNGS), num_steps)
    return theta.reshape(len(RUNGS), len(SEEDS), *theta.shape[1:])


def gather(jobs: int) -> dict[str, np.ndarray]:
    """What is recorded; one process is enough."""
    arrays = {"measured_at": np.arange(KEEP_EVERY, NUM_STEPS + 1, KEEP_EVERY)}
    for rung, theta in zip(RUNGS, climb(), strict=True):
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
