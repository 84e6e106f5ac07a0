"""Record what a bonus for entropy does where a small reward lies near and a large one far (notebook 16).

python -m evidence.policy_entropy --jobs 2
"""

import numpy as np
from gymnasium.wrappers import TimeLimit

from evidence import record_runs, stacked
from helpers.envs import Corridor
from helpers.evaluation import run_seeds
from helpers.exact_policy import state_values
from helpers.loop import train
from helpers.policy_gradient import PolicyGradient, PolicyGradientConfig, advantage

PATH = "notebooks/data/policy_entropy.npz"
SEEDS = range(40)
WORLD = {"length": 12, "near_reward": 0.4, "far_reward": 1.0}
TIME_LIMIT, NUM_STEPS = 200, 15_000  # env steps of an episode, of a run
BONUSES = (0.0, 0.01, 0.03, 0.1, 0.2)  # weight of the entropy
NUMBERS = {"gamma": 0.97, "learning_rate": 0.2, "batch_steps": 100}


def one_hot(obs) -> np.ndarray:
    """Observations (T,) -> (T, S): a logit for each cell and action, a value for each cell."""
    return np.eye(WORLD["length"] + 2)[np.asarray(obs)]


def record_seed(seed: int, bonuses=BONUSES) -> dict[str, np.ndarray]:
    """What the policy learnt from one seed is worth from the start, exactly: as it is, and without chance."""
    found = {"sampled": [], "greedy": [], "entropy": []}
    for bonus in bonuses:
        world = Corridor(**WORLD)
        config = PolicyGradientConfig(
            advantage(1.0), features=one_hot, value_features=one_hot, entropy=bonus, **NUMBERS
        )
        agent = PolicyGradient(world.observation_space, world.action_space, config, seed)
        train(TimeLimit(world, TIME_LIMIT), agent, NUM_STEPS, seed, progress=False)
        policy = agent.policy(np.arange(WORLD["length"] + 2))
        greedy = np.eye(2)[policy.mode()]
        start = world.start + 1
        found["sampled"].append(state_values(world.P, world.R, policy.probs, NUMBERS["gamma"])[start])
        found["greedy"].append(state_values(world.P, world.R, greedy, NUMBERS["gamma"])[start])
        found["entropy"].append(policy.entropy()[1:-1].mean())
    return {name: np.array(values) for name, values in found.items()}  # (bonuses,)


def main() -> None:
    config = NUMBERS | WORLD | {"bonuses": BONUSES, "time_limit": TIME_LIMIT, "num_steps": NUM_STEPS}
    arrays = record_runs(PATH, lambda jobs: stacked(run_seeds(record_seed, SEEDS, jobs)), config=config, seeds=SEEDS)
    for place, bonus in enumerate(BONUSES):
        far = (arrays["greedy"][:, place] > WORLD["near_reward"]).sum()
        print(f"entropy {bonus}: {far} of {len(SEEDS)} to the far end, worth {arrays['sampled'][:, place].mean():.3f}")


if __name__ == "__main__":
    main()
