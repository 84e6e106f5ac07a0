"""Right and wrong answers to the exercises of notebook 05."""

SETUP = """
import math
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
def one_of_the_best(values, rng):
    best = np.flatnonzero(values == np.max(values))
    return int(best[rng.integers(len(best))])
def soft(x):
    weights = np.exp(x - x.max())
    return weights / weights.sum()
def first(n, bounds):
    return np.where(n == 0, np.inf, np.nan_to_num(bounds, nan=0, posinf=9))
"""

VARIANTS = {
    "5.1": [
        """
def with_shares(q, epsilon, rng):
    best = q == q.max()
    return rng.choice(len(q), p=(1 - epsilon) * best / best.sum() + epsilon / len(q))
""",
        """
def coin_last(q, epsilon, rng):
    best = [a for a in range(len(q)) if q[a] == max(q)]
    action = best[int(rng.random() * len(best))]
    return int(rng.random() * len(q)) if rng.random() <= epsilon and epsilon > 0 else action
""",
        "lambda q, epsilon, rng: rng.integers(len(q)) if rng.random() < epsilon else rng.choice(np.flatnonzero(q == q.max()))",
    ],
    "5.2": [
        "lambda q, t, rng: int((q / t + rng.gumbel(size=len(q))).argmax())",
        """
def by_hand(q, temperature, rng):
    weights = [math.exp((x - max(q)) / temperature) for x in q]
    u = rng.random() * sum(weights)
    for action, weight in enumerate(weights):
        u -= weight
        if u < 0:
            return action
    return len(q) - 1
""",
        "lambda q, t, rng: rng.choice(len(q), p=np.exp(q / t - np.logaddexp.reduce(q / t)))",
    ],
    "5.3": [
        """
def loop(q, counts, c, rng):
    best, action = -math.inf, 0
    for a, (value, n) in enumerate(zip(q, counts)):
        bound = math.inf if n == 0 else value + c * (math.log(sum(counts)) / n) ** 0.5
        if bound > best:
            best, action = bound, a
    return action
""",
        """
def untried_at_random(q, n, c, rng):
    if (n == 0).any():
        return rng.choice(np.flatnonzero(n == 0))
    return np.argmax(q + np.sqrt(c**2 * np.log(n.sum()) / n))
""",
        """
def one_line(q, n, c, rng):
    return np.argmax(np.where(n > 0, q + c * np.sqrt(np.log(n.sum() + (n.sum() == 0)) / np.maximum(n, 1)), np.inf))
""",
    ],
    "5.4": ["{3: 2, 0.6: 2, 0.3: 1, 0.1: 0}", "{0.1: np.int64(0), 0.3: 1, 0.6: 2, 3.0: 2, 'note': 'on paper'}"],
    "5.5": [
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
    "5.6": [
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
    "5.7": ["{100: 9, 1000: 21, 10000: 33}", "{10_000: 33, 1_000: np.int64(21), 100: 9}"],
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


SOFT = "lambda q, t, rng: int(rng.choice(len(q), p=soft({})))"
UCB = "lambda q, n, c, rng: int(first(n, {}).argmax())"

MUTANTS = {
    "5.1": {
        "lambda q, e, rng: int(q.argmax()) if rng.random() < e else int(rng.integers(len(q)))": "coin is the wrong way round",
        "lambda q, e, rng: int(q.argmax())": "always greedy",
        "lambda q, e, rng: int(rng.integers(len(q)))": "equally often",
        "lambda q, e, rng: int(rng.integers(len(q) - 1)) if rng.random() < e else int(q.argmax())": "never the last one",
        "lambda q, e, rng: int(rng.integers(len(q))) if rng.random() < e else int(q.argmin())": "prefers the lowest",
        "lambda q, e, rng: int(rng.integers(len(q))) if rng.random() < e else int(q.argmax())": "equally good here",
        """
def last_of_the_best(q, e, rng):
    return int(rng.integers(len(q))) if rng.random() < e else len(q) - 1 - int(q[::-1].argmax())
""": "It is the last of them",
        """
def others(q, e, rng):
    best = rng.choice(np.flatnonzero(q == q.max()))
    rest = np.flatnonzero(q < q.max())
    return int(rng.choice(rest)) if rng.random() < e else int(best)
""": "may be the greedy one too",
        "lambda q, e, rng: q.max()": "should be a whole number",
        "lambda q, e, rng: 1 + int(rng.integers(len(q))) if rng.random() < e else int(q.argmax())": "lie in 0..2",
        "lambda q, e, rng: int(np.random.randint(len(q))) if rng.random() < e else int(q.argmax())": "global random",
        "lambda q, e, rng: int(np.random.default_rng().choice(len(q), p=(1 - e) * (q == q.max()) + e / len(q)))": "another",
        "lambda q, e, rng: int(rng.integers(len(q))) if rng.random() < e / 2 else int(q.argmax())": "with the shares",
        "def f(q, e, rng):\n    q += rng.normal(size=len(q))\n    return int(q.argmax())": "changes its argument `q`",
    },
    "5.2": {
        SOFT.format("q * t"): "Yours multiplies",
        SOFT.format("q"): "Nothing depends on the temperature",
        SOFT.format("-q / t"): "low values come more often",
        "lambda q, t, rng: int(soft(q / t).argmax())": "Nothing is drawn",
        "lambda q, t, rng: int(rng.integers(len(q)))": "equally often",
        "lambda q, t, rng: int(rng.choice(len(q), p=(q - min(q.min(), 0)) / (q - min(q.min(), 0)).sum()))": "Where is the exp",
        SOFT.format("np.log(2) * q / t"): "powers of 2",
        "lambda q, t, rng: int(rng.choice(len(q), p=np.exp(q / t) / np.exp(q / t).sum()))": "may you take off",
        "lambda q, t, rng: soft(q / t)": "should be one number",
        "lambda q, t, rng: int(rng.choice(len(q), p=soft(np.clip(q, -9, 9) / t)))": "no longer right",
        SOFT.format("4 * q / t"): "the shares should be",
        "lambda q, t, rng: int(np.random.choice(len(q), p=soft(q / t)))": "global random generator",
        "lambda q, t, rng: int(np.random.default_rng().choice(len(q), p=soft(q / t)))": "another result each",
        "def f(q, t, rng):\n    q -= q.max()\n    return int(rng.choice(len(q), p=soft(q / t)))": "changes its argument",
    },
    "5.3": {
        UCB.format("q"): "differ from action to action",
        UCB.format("q + np.sqrt(np.log(n.sum()) / n)"): "not weighted",
        UCB.format("q + c * np.sqrt(n.sum() / n)"): "no logarithm in it",
        UCB.format("q + c * np.log(n.sum()) / n"): "square root is missing",
        UCB.format("q + c * np.sqrt(np.log(n.sum())) / n"): "logarithm only",
        UCB.format("q + np.sqrt(c * np.log(n.sum()) / n)"): "stands outside",
        UCB.format("q - c * np.sqrt(np.log(n.sum()) / n)"): "lower bound",
        UCB.format("q + c * np.sqrt(np.log10(n.sum()) / n)"): "natural one",
        UCB.format("q + c * np.sqrt(np.log(n) / n)"): "not those of one action",
        UCB.format("-n"): "tried least",
        UCB.format("q + c * np.sqrt(np.log(n.sum() + 1) / n)"): "no more",
        UCB.format("-(q + c * np.sqrt(np.log(n.sum()) / n))"): "lowest bound",
        UCB.format("q + 2 * c * np.sqrt(np.log(n.sum()) / n)"): "Work the bounds by hand",
        "lambda q, n, c, rng: int((q + c * np.sqrt(np.log(max(n.sum(), 1)) / np.maximum(n, 1))).argmax())": "comes first, what",
        "lambda q, n, c, rng: int(np.argmax([x + c * math.sqrt(math.log(sum(n)) / int(k)) for x, k in zip(q, n)]))": "raises ZeroDivisionError. An action was never taken",
        "def f(q, n, c, rng):\n"
        "    bounds = q + c * np.sqrt(np.log(n.sum()) / n)\n"
        "    best = np.flatnonzero(bounds == np.max(bounds))\n"
        "    return int(best[rng.integers(len(best))])": "raises ValueError. An action was never taken",
        "lambda q, n, c, rng: q + c * np.sqrt(np.log(n.sum()) / n)": "should be one number",
    },
    "5.4": {
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
    "5.5": {
        "lambda q, n, rng: int(q.argmax())": "Nothing is drawn",
        "lambda q, n, rng: int(rng.integers(len(q)))": "Every lever comes equally often",
        BETA + "1 + n - q * n, 1 + q * n).argmax())": "prefers levers that did not pay",
        BETA + "1 + q, 2 - q).argmax())": "How many euros were paid",
        BETA + "1 + q * n, 1 + n).argmax())": "not all of them",
        BETA + "q * n, n - q * n).argmax())": "a lever never pulled can be drawn too",
        BETA + "0.5 + q * n, 0.5 + n - q * n).argmax())": "those near 0 and 1 are the likeliest",
        BETA + "2 + q * n, 2 + n - q * n).argmax())": "those in the middle are the likeliest",
        """
def of_normals(q, n, rng):
    a, b = 1 + q * n, 1 + n - q * n
    return int(rng.normal(a / (a + b), np.sqrt(a * b / (a + b + 1)) / (a + b)).argmax())
""": "normally distributed",
        "lambda q, n, rng: rng.beta(1 + q * n, 1 + n - q * n)": "should be one number",
        "lambda q, n, rng: int(np.random.beta(1 + q * n, 1 + n - q * n).argmax())": "global random generator",
        "lambda q, n, rng: int(np.random.default_rng().beta(1 + q * n, 1 + n - q * n).argmax())": "another result each",
        BETA + "1 + q * n, 1 + n - q * n).argmax()) + 1": "should lie in 0..2",
        "def f(q, n, rng):\n    n += 1\n    return int(rng.beta(1 + q * n, 1 + n - q * n).argmax())": "changes its argument",
        "def f(q, n, rng):\n    k = (q * n).astype(int)\n    return int(rng.beta(1 + k, 1 + n - k).argmax())": "cuts it off",
        "lambda q, n, rng: int((q + 0.25 * rng.normal(size=len(q))).argmax())": "should be taken with the chances",
    },
    "5.6": {
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
    "5.7": {
        "[9, 21, 33]": "Give a dictionary",
        "{100: 9, 1000: 21}": "The entry for 10,000 pulls is missing",
        "{100: 91, 1000: 979, 10000: 9967}": "the better lever",
        "{100: 10, 1000: 21, 10000: 33}": "100 pulls: off by one",
        "{100: 9, 1000: 20, 10000: 33}": "1,000 pulls: off by one",
        "{100: 9, 1000: 21, 10000: 34}": "10,000 pulls: off by one",
        "{100: 9, 1000: 12, 10000: 12}": "count all pulls from the first",
        "{100: 50, 1000: 500, 10000: 5000}": "both equally often?",
        "{100: 4, 1000: 6, 10000: 9}": "that is too few",
        "{100: 16, 1000: 40, 10000: 60}": "that is too many",
        "{100: 9.0, 1000: 21, 10000: 33}": "whole number of type int",
        "{100: -9, 1000: 21, 10000: 33}": "it is a number of pulls",
    },
}
