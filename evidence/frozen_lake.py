"""Record Q-learning on FrozenLake 4x4 (slippery) with three step sizes for notebook 04: many tables side by side.

python -m evidence.frozen_lake
"""

import gymnasium as gym
import numpy as np

from evidence import record_runs
from helpers.envs import as_arrays
from helpers.exact import expected_return
from helpers.tables import Tables

PATH = "notebooks/data/frozen_lake.npz"
ENV_ID = "FrozenLake-v1"
SEED = 0  # of all walkers; the schedule and epsilon were chosen on others
NUM_WALKS = 20  # for each step size
NUM_STEPS = 200_000  # env steps of each walker
LOOK_EVERY = 5_000  # env steps
MAX_STEPS = 100  # the clock of the environment
GAMMA, EPSILON = 0.99, 0.5
STEP_SIZES = {  # at the n-th visit of an entry, n (N,)
    "10/(9+n)": lambda n: 10 / (9 + n),
    "0.03": lambda n: np.full(len(n), 0.03),
    "0.1": lambda n: np.full(len(n), 0.1),
}


def each_its_own(visits) -> np.ndarray:
    """The step sizes of all walkers, NUM_WALKS for each kind."""
    parts = zip(STEP_SIZES.values(), np.split(visits, len(STEP_SIZES)), strict=True)
    return np.concatenate([size(n) for size, n in parts])


def record(num_steps: int = NUM_STEPS) -> dict[str, np.ndarray]:
    """The exact rate of success of each greedy policy at each look, (V, N) for each step size."""
    P, R = as_arrays(gym.make(ENV_ID))
    goal = np.eye(len(R))[-1]  # it alone pays
    rule = each_its_own, lambda visits: np.full(len(visits), EPSILON), np.random.default_rng(SEED)
    tables = np.zeros((len(STEP_SIZES) * NUM_WALKS, *R.shape))
    walkers, rates = Tables(tables, P, goal, 0, GAMMA, *rule, max_steps=MAX_STEPS), []
    for step in range(1, num_steps + 1):
        walkers.step()
        if step % LOOK_EVERY == 0:
            rates.append([expected_return(P, R, q.argmax(axis=1), MAX_STEPS)[0] for q in walkers.q])
    split = np.array(rates).reshape(-1, len(STEP_SIZES), NUM_WALKS)  # (V, K, N)
    looks = {"measured_at": LOOK_EVERY * np.arange(1, len(split) + 1)}
    return looks | {f"success/{name}": split[:, k] for k, name in enumerate(STEP_SIZES)}


def main() -> None:
    config = {"env": ENV_ID, "num_walks": NUM_WALKS, "num_steps": NUM_STEPS, "look_every": LOOK_EVERY}
    config |= {"gamma": GAMMA, "epsilon": EPSILON, "alpha": list(STEP_SIZES)}
    arrays = record_runs(PATH, lambda jobs: record(), config=config, seeds=[SEED])
    for name in STEP_SIZES:
        print(f"{name:>9}: mean rate at the end {arrays[f'success/{name}'][-1].mean():.3f}")


if __name__ == "__main__":
    main()
