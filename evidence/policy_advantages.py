"""Record how far advantage estimates on CartPole are off, and how much they swing, against lambda (notebook 16).

python -m evidence.policy_advantages
"""

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.policy_ladder import ENV_ID, FEATURES, QUADRATIC
from helpers.distributions import Categorical
from helpers.episodes import plays
from helpers.policy_gradient import least_squares
from helpers.updates import returns_to_go

PATH = "notebooks/data/policy_advantages.npz"
SEED = 0
RIGHT = (0.2, 0.8, -0.95, -0.95, 0.0)  # from early in training: half the logit of "left" for each feature and the 1
GAMMA, LAMBDAS = 0.99, (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 1.0)
CRITIC_EPISODES = 8  # the critic has seen about as much as one batch of training
NUM_PLACES, NUM_ROLLOUTS, MOST_STEPS = 100, 100, 3_000  # observations; from each, with each action; env steps of one


def policy(obs) -> Categorical:
    """Fixed; it is the same in the notebook."""
    return Categorical(FEATURES(obs) @ np.outer(RIGHT, [1, -1]))


def environments(num_envs: int, most_steps: int = 500):
    """CartPoles that are stepped together."""
    options = {"vectorization_mode": "vector_entry_point", "max_episode_steps": most_steps}
    return gym.make_vec(ENV_ID, num_envs=num_envs, **options)


def gather(num_places: int = NUM_PLACES) -> dict[str, np.ndarray]:
    """Of the first so many places, estimates for each lambda from the same rollouts, which no time limit cuts."""
    episodes = plays(policy, environments(CRITIC_EPISODES), SEED)
    seen = episodes.alive
    critic = least_squares(QUADRATIC(episodes.obs[seen]), returns_to_go(episodes.reward, episodes.ended, GAMMA)[seen])
    others = plays(policy, environments(200), SEED + 1)
    rng = np.random.default_rng(SEED)
    steps, columns = np.nonzero(others.alive)
    chosen = rng.choice(len(steps), NUM_PLACES, replace=False)[:num_places]
    places = others.obs[steps[chosen], columns[chosen]]  # (places, O)
    estimates = np.stack([estimates_from(place, critic, rng) for place in places], axis=1)
    return {"lambdas": np.array(LAMBDAS), "critic": critic, **summary(estimates)}


def summary(estimates) -> dict[str, np.ndarray]:
    """From estimates (lambdas, places, actions, rollouts): of right against left the truth, and the bias squared.

    At lambda = 1 the mean is the truth: what is wrong with the value of a place is the same for both actions. From the
    square of a mean the part that chance makes of nothing is taken off, so that it may fall below 0.
    """
    right_over_left = estimates[:, :, 1] - estimates[:, :, 0]  # (lambdas, places, rollouts)
    apart = right_over_left - right_over_left[-1]
    return {
        "truth": right_over_left[-1].mean(axis=-1),  # (places,)
        "squared_bias": apart.mean(axis=-1) ** 2 - apart.var(axis=-1, ddof=1) / NUM_ROLLOUTS,  # (lambdas, places)
        "variance": estimates.var(axis=-1, ddof=1).mean(axis=-1),  # (lambdas, places) of one estimate
    }


def estimates_from(place, critic, rng) -> np.ndarray:
    """Rollouts from one observation, half with each first action: (lambdas, actions, rollouts)."""
    num_envs = 2 * NUM_ROLLOUTS
    envs = environments(num_envs, MOST_STEPS + 1)
    envs.reset(seed=0)
    envs.unwrapped.state = np.repeat(place[:, None].astype(float), num_envs, axis=1)  # (O, E)
    obs, action = np.repeat(place[None], num_envs, axis=0), np.repeat([0, 1], NUM_ROLLOUTS)
    found, alive, weight = np.zeros((len(LAMBDAS), num_envs)), np.ones(num_envs, bool), np.ones((len(LAMBDAS), 1))
    for _ in range(MOST_STEPS):
        next_obs, reward, terminated, _, _ = envs.step(action)
        delta = reward + GAMMA * ~terminated * (QUADRATIC(next_obs) @ critic) - QUADRATIC(obs) @ critic
        found += weight * alive * delta
        weight, alive, obs = weight * GAMMA * np.array(LAMBDAS)[:, None], alive & ~terminated, next_obs
        if not alive.any():
            break
        action = policy(obs).sample(rng)
    return found.reshape(len(LAMBDAS), 2, NUM_ROLLOUTS)


def main() -> None:
    config = {"env": ENV_ID, "right": RIGHT, "gamma": GAMMA, "critic_episodes": CRITIC_EPISODES}
    record_runs(PATH, lambda jobs: gather(), config=config, seeds=[SEED])


if __name__ == "__main__":
    main()
