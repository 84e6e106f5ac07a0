"""Right and wrong answers to the exercises of notebook 04."""

SETUP = """
import numpy as np
from helpers.updates import q_learning_target
from helpers.agents import constant
STEP_SIZES = {"0.1": constant(0.1), "1/n": lambda n: 1 / n, "1/n²": lambda n: 1 / n**2, "10/(9+n)": lambda n: 10 / (9 + n)}
"""

VARIANTS = {
    "4.1": ["33 / 10", "np.float32(3.3)", "np.array(3.3)"],
    "4.2": [
        """
def loops(reward, next_q, terminated, epsilon, gamma):
    targets = []
    for r, q, end in zip(reward, next_q, terminated):
        chances = [epsilon / len(q)] * len(q)
        chances[int(np.argmax(q))] += 1 - epsilon
        targets.append(float(r) if end else float(r + gamma * sum(c * v for c, v in zip(chances, q))))
    return targets
""",
        "lambda r, q, t, e, g: np.where(t, r, r + g * (e * q.mean(-1) + (1 - e) * np.sort(q)[:, -1]))",
    ],
    "4.3": [
        "lambda a: np.array([a[k] * np.prod([1 - x for x in a[k + 1:]]) for k in range(len(a))])",
        """
def one_by_one(alphas):
    weights = []
    for alpha in alphas:
        weights = [w * (1 - alpha) for w in weights] + [alpha]
    return weights
""",
    ],
    "4.4": ['{"1/n": 1001, "0.1": np.int64(50), "10/(9+n)": 20}', '{"10/(9+n)": 19, "0.1": 50, "1/n": 1000}'],
}

MUTANTS = {
    "4.1": {
        "1.5": "You cut off the future",
        "4.6": "That is the target",
        "2.6": "That is the TD error",
        "1.3": "That is the step",
        "0.7": "away from the target",
        "3.5": "next value in full",
        "1.95": "smaller entry",
        "7": "Write down the target first",
        "'3.3'": "should be a number, but it is str",
        "None": "is `None`",
        "float('nan')": "no finite number",
    },
    "4.2": {
        "lambda r, q, t, e, g: r - g * (1 - t) * ((1 - e) * q.max(1) + e * q.mean(1))": "wrong sign",
        "lambda r, q, t, e, g: r + (1 - t) * ((1 - e) * q.max(1) + e * q.mean(1))": "counts in full",
        "lambda r, q, t, e, g: g * (r + (1 - t) * ((1 - e) * q.max(1) + e * q.mean(1)))": "discounted too",
        "lambda r, q, t, e, g: r + g * (1 - t) * q.max(1)": "Q-learning's target",
        "lambda r, q, t, e, g: r + g * (1 - t) * q.mean(1)": "always acts at random",
        "lambda r, q, t, e, g: r + g * (1 - t) * ((1 - e) * q.max(1) + e * (q.sum(1) - q.max(1)) / (q.shape[1] - 1))": "any but the best",
        "lambda r, q, t, e, g: r + g * (1 - t) * (e * q.max(1) + (1 - e) * q.mean(1))": "exchanged",
        "lambda r, q, t, e, g: r + g * ((1 - e) * q.max(1) + e * q.mean(1))": "comes after a terminated",
        "lambda r, q, t, e, g: r + g * (1 - t.any()) * ((1 - e) * q.max(1) + e * q.mean(1))": "its own `terminated`",
        "lambda r, q, t, e, g: r + g * (1 - t) * ((1 - e) * q.max(0) + e * q.mean(0))": "broadcast",
        "lambda r, q, t, e, g: r[:, None] + g * (1 - t[:, None]) * q": "should have shape (6,), but its shape is (6, 2)",
        "lambda r, q, t, e, g: np.round(r).astype(int)": "dtype is int64",
        "lambda r, q, t, e, g: r + g * (1 - t) * q[np.arange(len(r)), np.random.randint(q.shape[1], size=len(r))]": "global random generator",
        "def f(r, q, t, e, g):\n    r += g * (1 - t) * ((1 - e) * q.max(1) + e * q.mean(1))\n    return r": "changes its argument `r`",
        "def f(r, q, t, e, g):\n    r + g * q.max(1)": "Is a `return` missing?",
    },
    "4.3": {
        "lambda a: a * 1.0": "Those are the step sizes",
        "lambda a: (a * np.append(np.cumprod((1 - a)[::-1])[::-1][1:], 1))[::-1]": "turned round",
        "lambda a: a * np.cumprod((1 - a)[::-1])[::-1]": "Off by one",
        "lambda a: a * np.append(1, np.cumprod(1 - a)[:-1])": "steps before a target",
        "lambda a: (w := a * np.append(np.cumprod((1 - a)[::-1])[::-1][1:], 1)) / w.sum()": "need not sum to 1",
        "lambda a: np.prod(1 - a)": "should have shape (8,)",
        "lambda a: np.ones(len(a))": "Try it by hand",
        "def f(a):\n    a *= 0.5\n    return a": "changes its argument `a`",
        "lambda a: (x for x in a)": "generator",
    },
    "4.4": {
        "[1000, 50, 19]": "Give a dictionary",
        '{"1/n": 1000, "0.1": 50}': 'The entry "10/(9+n)" is missing',
        '{"1/n": 1000.0, "0.1": 50, "10/(9+n)": 19}': "whole number of type int",
        '{"1/n": 100, "0.1": 50, "10/(9+n)": 19}': '"1/n": there they still weigh 10 %',
        '{"1/n": 1000, "0.1": 23, "10/(9+n)": 19}': '"0.1": that is for the first target alone',
        '{"1/n": 990, "0.1": 50, "10/(9+n)": 19}': '"1/n": count all visits',
        '{"1/n": 1500, "0.1": 50, "10/(9+n)": 19}': '"1/n": that is more than it takes',
        '{"1/n": 1000, "0.1": 3, "10/(9+n)": 19}': "ten visits at least",
        '{"1/n": 1000, "0.1": 50, "10/(9+n)": 16}': '"10/(9+n)": there they still weigh more',
    },
}
