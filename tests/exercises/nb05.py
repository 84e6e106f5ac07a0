"""Right and wrong answers to the exercises of notebook 05."""

SETUP = """
import gymnasium as gym
import numpy as np
from helpers.agents import QLearning, TableConfig, constant
from helpers.evaluation import mean_interval
from helpers.loop import train
from helpers.policies import ucb
SEEDS, PAYS, NUM_PULLS, rng = range(2), [0.2, 0.4, 0.5, 0.6, 0.75], 50, np.random.default_rng(0)
class Levers(gym.Env):
    def __init__(self, pays):
        self.pays = np.asarray(pays)
        self.observation_space, self.action_space = gym.spaces.Discrete(1), gym.spaces.Discrete(len(pays))
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return 0, {}
    def step(self, action):
        return 0, float(self.np_random.random() < self.pays[action]), True, False, {}
def regret(returns, best):
    return np.cumsum(best - np.asarray(returns))
"""

VARIANTS = {
    "5.1": ["{3: 2, 0.6: 2, 0.3: 1, 0.1: 0}", "{0.1: np.int64(0), 0.3: 1, 0.6: 2, 3.0: 2, 'note': 'on paper'}"],
    "5.2": [
        """
def one_by_one(q, counts, rng):
    guesses = []
    for mean, pulls in zip(q, counts):
        coins = round(mean * pulls)
        guesses.append(rng.beta(coins + 1, pulls - coins + 1))
    return max(range(len(guesses)), key=guesses.__getitem__)
""",
        "lambda q, n, rng: np.argmax(rng.beta(q * n + 1, (1 - q) * n + 1))",
        """
def of_two_gammas(q, counts, rng):
    good, bad = rng.gamma(1 + q * counts), rng.gamma(1 + (1 - q) * counts)
    return np.argmax(good / (good + bad))
""",
    ],
    "5.3": [
        """
def formula(length, epsilon):
    p = epsilon / 2
    if p == 0.5:
        return 2 / (length + 1)
    r = (1 - p) / p
    return (r**2 - 1) / (r ** (length + 1) - 1)
""",
        """
def by_steps(length, epsilon):
    chances = np.zeros(length + 2)
    chances[-1] = 1
    for _ in range(2_000):
        chances[1:-1] = epsilon / 2 * chances[2:] + (1 - epsilon / 2) * chances[:-2]
    return chances[2]
""",
        """
def two_ways(length, epsilon):
    from helpers.envs import Corridor
    P = Corridor(length).P
    follow = (1 - epsilon / 2) * P[:, 0] + epsilon / 2 * P[:, 1]
    inside = slice(1, length + 1)
    return np.linalg.solve(np.eye(length) - follow[inside, inside], follow[inside, -1])[1]
""",
    ],
    "5.4": ["{100: 9, 1000: 21, 10000: 33}", "{10_000: 34, 1_000: np.int64(21), 100: 10}"],
}

BETA = "lambda q, n, rng: int(rng.beta("
CHANCE = """
def wrong(length, epsilon):
    p, start, total = {p}, {start}, length + {more}
    r = (1 - p) / p
    return {result}
"""


def chance(p="epsilon / 2", start=2, more=1, result="start / total if p == 0.5 else (r**start - 1) / (r**total - 1)"):
    """The formula, with one thing changed."""
    return CHANCE.format(p=p, start=start, more=more, result=result)


MUTANTS = {
    "5.1": {
        "[0, 1, 2, 2]": "Give a dictionary",
        "{0.1: 0, 0.3: 1, 0.6: 2}": "The start 3.0 is missing",
        "{0.1: 1, 0.3: 2, 0.6: 3, 3.0: 3}": "Start 0.1: does the first pull disappoint",
        "{0.1: 0, 0.3: 0, 0.6: 2, 3.0: 2}": "Which is higher now?",
        "{0.1: 0, 0.3: 2, 0.6: 2, 3.0: 2}": "what does lever 1 pay",
        "{0.1: 0, 0.3: 1, 0.6: 1, 3.0: 2}": "is its entry still the highest?",
        "{0.1: 0, 0.3: 1, 0.6: 0, 3.0: 2}": "Nothing ever raises it again",
        "{0.1: 0, 0.3: 1, 0.6: 2, 3.0: 0}": "Which sinks the least far?",
        "{0.1: 0, 0.3: 1, 0.6: 2, 3.0: 3}": "should lie in 0..2, but it is 3",
        "{0.1: 0, 0.3: 1, 0.6: 0.8, 3.0: 2}": "whole number of type int",
    },
    "5.2": {
        "lambda q, n, rng: int(q.argmax())": "Nothing is drawn",
        "lambda q, n, rng: int(rng.integers(len(q)))": "Every lever comes equally often",
        BETA + "1 + n - q * n, 1 + q * n).argmax())": "likes levers that did not pay",
        BETA + "1 + q, 2 - q).argmax())": "How many coins were paid",
        BETA + "1 + q * n, 1 + n).argmax())": "not all of them",
        BETA + "q * n, n - q * n).argmax())": "ValueError",
        "lambda q, n, rng: rng.beta(1 + q * n, 1 + n - q * n)": "should be one number",
        "lambda q, n, rng: int(np.random.beta(1 + q * n, 1 + n - q * n).argmax())": "global random generator",
        "lambda q, n, rng: int(np.random.default_rng().beta(1 + q * n, 1 + n - q * n).argmax())": "another result each",
        BETA + "1 + q * n, 1 + n - q * n).argmax()) + 1": "should lie in 0..2",
        "def f(q, n, rng):\n    n += 1\n    return int(rng.beta(1 + q * n, 1 + n - q * n).argmax())": "changes its argument",
        "lambda q, n, rng: int((q + 0.25 * rng.normal(size=len(q))).argmax())": "should be taken with the chances",
    },
    "5.3": {
        chance(p="epsilon"): "go left as well",
        "lambda length, epsilon: (epsilon / 2) ** (length - 1)": "without one step back",
        chance(result="1 - (r**2 - 1) / (r**total - 1)"): "of the near end",
        chance(more=0): "one cell too few",
        chance(more=2): "one cell too many",
        chance(start=1): "not in the first",
        chance(result="(r**total - 1) / (r**2 - 1)"): "number of episodes",
        "lambda length, epsilon: float('nan')": "no finite number",
        chance(result="(r**2 - 1) / (r**total - 1)"): "ZeroDivisionError",
        "lambda length, epsilon: np.ones(length)": "should be one number",
        "lambda length, epsilon: 1 / length": "weighted mean",
    },
    "5.4": {
        "[9, 21, 33]": "Give a dictionary",
        "{100: 9, 1000: 21}": "The entry for 10,000 pulls is missing",
        "{100: 91, 1000: 979, 10000: 9967}": "the better lever",
        "{100: 9, 1000: 12, 10000: 12}": "count all pulls from the first",
        "{100: 50, 1000: 500, 10000: 5000}": "both equally often?",
        "{100: 4, 1000: 6, 10000: 9}": "that is too few",
        "{100: 16, 1000: 40, 10000: 60}": "that is too many",
        "{100: 9.0, 1000: 21, 10000: 33}": "whole number of type int",
        "{100: -9, 1000: 21, 10000: 33}": "it is a number of pulls",
    },
}
