"""Record for notebook 05 what exploring costs on five levers: each way tuned, with a constant step size and with means.

python -m evidence.levers --jobs 2
"""

from collections.abc import Callable
from itertools import product

import gymnasium as gym
import numpy as np

from evidence import record_runs
from helpers.agents import QLearning, TableConfig, constant
from helpers.evaluation import mean_intervals, run_seeds
from helpers.loop import train
from helpers.policies import epsilon_greedy, greedy, linear_decay, softmax, ucb

PATH = "notebooks/data/levers.npz"
PAYS = (0.2, 0.4, 0.5, 0.6, 0.75)  # the chance that each lever pays 1
NUM_PULLS = 500
SEEDS = range(100)
TUNING_SEEDS = range(1_000, 1_025)  # none of them is reported


def sample_mean(visits: int) -> float:
    """The step size that makes an entry the mean of its targets."""
    return 1 / visits


STEP_SIZES = {"constant": constant(0.1), "mean": sample_mean}
NUMBERS = {  # what was tried for each method
    "greedy": [0.0],
    "epsilon": [0.01, 0.03, 0.1, 0.3, 1.0],
    "decaying epsilon": [10, 30, 100, 300, 1_000],
    "optimistic": [0.1, 0.3, 0.5, 1, 3],
    "softmax": [0.01, 0.03, 0.1, 0.3, 1.0],
    "UCB": [0.03, 0.1, 0.3, 1, 3],
    "Thompson": [0.0],
}


class Levers(gym.Env):
    """One state; lever `a` pays 1 with probability pays[a], else 0, and the episode ends."""

    def __init__(self, pays):
        self.pays = np.asarray(pays)  # (A,)
        self.observation_space = gym.spaces.Discrete(1)
        self.action_space = gym.spaces.Discrete(len(pays))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return 0, {}

    def step(self, action):
        return 0, float(self.np_random.random() < self.pays[action]), True, False, {}


def thompson(q, counts, rng) -> int:
    """The lever whose draw from what is known of it is the largest (Thompson 1933); q holds means."""
    coins = q * counts
    return int(rng.beta(1 + coins, 1 + counts - coins).argmax())


def make_policy(method: str, number: float) -> Callable[..., int]:
    """The policy (q, counts, step, rng) -> action of a method with its number."""
    return {
        "greedy": lambda q, counts, step, rng: greedy(q, rng),
        "epsilon": lambda q, counts, step, rng: epsilon_greedy(q, number, rng),
        "decaying epsilon": lambda q, counts, step, rng: epsilon_greedy(q, linear_decay(step, 1.0, 0.0, number), rng),
        "optimistic": lambda q, counts, step, rng: greedy(q, rng),
        "softmax": lambda q, counts, step, rng: softmax(q, number, rng),
        "UCB": lambda q, counts, step, rng: ucb(q, counts, number, rng),
        "Thompson": lambda q, counts, step, rng: thompson(q, counts, rng),
    }[method]


def regret(method: str, number: float, step_size: str, seed: int) -> np.ndarray:
    """Regret after each pull, (NUM_PULLS,)."""
    env = Levers(PAYS)
    initial_q = float(number) if method == "optimistic" else 0.0
    config = TableConfig(0.0, STEP_SIZES[step_size], make_policy(method, number), initial_q)
    agent = QLearning(env.observation_space, env.action_space, config, seed)
    returns = train(env, agent, NUM_PULLS, seed, progress=False).returns
    return np.cumsum(max(PAYS) - returns)


def of_step_size(step_size: str, jobs: int) -> dict[str, np.ndarray]:
    """Tune every method, then run it: tuning regrets (methods, 5, N), numbers, final regrets (methods, N), curves."""
    methods = [method for method in NUMBERS if step_size == "mean" or method != "Thompson"]
    trials = [(m, n) for m in methods for n in NUMBERS[m] if len(NUMBERS[m]) > 1]
    runs = list(product(trials, TUNING_SEEDS))
    tried = run_seeds(lambda i: regret(*runs[i][0], step_size, runs[i][1])[-1], range(len(runs)), jobs)
    tried = np.array(tried).reshape(-1, 5, len(TUNING_SEEDS))
    tuned = {m: NUMBERS[m][0] for m in methods}
    for name, losses in zip([m for m in methods if len(NUMBERS[m]) > 1], tried, strict=True):
        tuned[name] = NUMBERS[name][int(losses.mean(axis=1).argmin())]
    runs = list(product(tuned.items(), SEEDS))
    curves = run_seeds(lambda i: regret(*runs[i][0], step_size, runs[i][1]), range(len(runs)), jobs)
    curves = np.array(curves).reshape(len(methods), len(SEEDS), NUM_PULLS)
    bands = np.array([(c.mean(axis=0), *mean_intervals(c)) for c in curves])  # (methods, 3, NUM_PULLS)
    return {
        "methods": np.array(methods),
        "tuning": tried,
        "numbers": np.array(list(tuned.values()), float),
        "regret": curves[:, :, -1],
        "curves": bands.astype(np.float32),
    }


def gather(jobs: int) -> dict[str, np.ndarray]:
    """Both step sizes."""
    found = {step_size: of_step_size(step_size, jobs) for step_size in STEP_SIZES}
    return {f"{step_size}/{name}": values for step_size, one in found.items() for name, values in one.items()}


def main() -> None:
    config = {"pays": PAYS, "num_pulls": NUM_PULLS, "step_sizes": {"constant": 0.1, "mean": "1/n"}, "tried": NUMBERS}
    config |= {"tuning_seeds": list(TUNING_SEEDS)}
    arrays = record_runs(PATH, gather, config=config, seeds=SEEDS)
    for step_size in STEP_SIZES:
        names, numbers = arrays[f"{step_size}/methods"], arrays[f"{step_size}/numbers"]
        for name, number, lost in zip(names, numbers, arrays[f"{step_size}/regret"], strict=True):
            print(f"{step_size:<9}{name:<17}{number:g}: regret {lost.mean():.1f}")


if __name__ == "__main__":
    main()
