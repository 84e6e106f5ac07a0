"""Right and wrong answers to the exercises of notebook 03."""

SETUP = """
import numpy as np
from helpers.agents import constant
from helpers.updates import n_step_advantages, returns_to_go
STEP_SIZES = {"0.1": constant(0.1), "0.01": constant(0.01), "1/n": lambda n: 1 / n, "1/n²": lambda n: 1 / n**2, "10/(9+n)": lambda n: 10 / (9 + n)}

def G(reward, gamma):
    return returns_to_go(reward, np.zeros(len(reward)), gamma)

def firsts(obs, values):
    found = {}
    for place, value in zip(obs, values):
        found.setdefault(int(place), value)
    return found

def moved(target):
    def update(v, obs, reward, next_obs, terminated, alpha, gamma):
        v[obs] += alpha * (target(v, obs, reward, next_obs, terminated, gamma) - v[obs])
    return update

def n_target(r, v, n, g, value=True):
    steps = min(n, len(r))
    return r[:steps] @ g ** np.arange(steps) + (g**n * v[n] if value and n < len(r) else 0.0)
"""

VARIANTS = {
    "3.1": [
        """
def backwards(obs, reward, gamma):
    found, after = {}, 0.0
    for place, paid in zip(obs[::-1], reward[::-1]):
        after = paid + gamma * after
        found[place] = after
    return found
""",
        "lambda o, r, g: {int(s): sum(x * g**k for k, x in enumerate(r[list(o).index(s):])) for s in set(o.tolist())}",
        "lambda o, r, g: {s: np.array(x) for s, x in firsts(o, G(r, g)).items()}",
    ],
    "3.2": [
        """
def weighed(v, obs, reward, next_obs, terminated, alpha, gamma):
    target = reward if terminated else reward + gamma * v[next_obs]
    v[obs] = (1 - alpha) * v[obs] + alpha * target
    return v
""",
        "lambda v, o, r, n, end, a, g: v.__setitem__(o, v[o] + a * (r + g * (1 - end) * v[n] - v[o]))",
    ],
    "3.3": ["(1, 3 / 2)", "np.array([1.0, 1.5])"],
    "3.4": [
        """
def loop(reward, v, n, gamma):
    total, weight = 0.0, 1.0
    for k in range(n):
        if k == len(reward):
            return total
        total += weight * reward[k]
        weight *= gamma
    return total + weight * v[n] if n < len(v) else total
""",
        "lambda r, v, n, g: np.float64(sum(g**k * x for k, x in enumerate([*r[:n], *v[n:n + 1]])))",
    ],
    "3.5": [
        "lambda a: np.array([a[k] * np.prod([1 - x for x in a[k + 1:]]) for k in range(len(a))])",
        """
def one_by_one(alphas):
    weights = []
    for alpha in alphas:
        weights = [w * (1 - alpha) for w in weights] + [alpha]
    return weights
""",
    ],
    "3.6": [
        '{"1/n": 334.0, "0.1": np.int64(40), "10/(9+n)": 16}',
        '{"10/(9+n)": np.array(16), "0.1": 40, "1/n": 334}',
    ],
}

MUTANTS = {
    "3.1": {
        "lambda o, r, g: {int(s): x for s, x in zip(o, G(r, g))}": "after the *last* visits",
        "lambda o, r, g: {int(s): G(r, g)[o == s].mean() for s in o}": "means over all visits",
        "lambda o, r, g: {int(s): G(r, g)[o == s].sum() for s in o}": "sums over all visits",
        "lambda o, r, g: firsts(o, G(r, 1.0))": "count in full",
        "lambda o, r, g: firsts(o, g * G(r, g))": "first reward is discounted too",
        "lambda o, r, g: firsts(o, np.append(G(r, g)[1:], 0))": "reward of the step itself is missing",
        "lambda o, r, g: firsts(o, np.full(len(o), G(r, g)[0]))": "return of the whole episode",
        "lambda o, r, g: firsts(o, g ** np.arange(len(o)) * G(r, g))": "from the start of the episode",
        "lambda o, r, g: firsts(o, [r[t:][::-1] @ g ** np.arange(len(r) - t) for t in range(len(r))])": "from the wrong end",
        "lambda o, r, g: firsts(o, r)": "reward of one step",
        "lambda o, r, g: firsts(o, np.cumsum(r))": "came *before*",
        "lambda o, r, g: firsts(o, -G(r, g))": "work backwards",
        "lambda o, r, g: G(r, g)": "Give back a dict",
        "lambda o, r, g: {str(s): x for s, x in firsts(o, G(r, g)).items()} | {'B': 1.0}": "keys of the dict",
        "lambda o, r, g: {s: x for s, x in firsts(o, G(r, g)).items() if s != 1}": "has no entry for 1",
        "lambda o, r, g: firsts(o, G(r, g)) | {77: 0.0}": "other states too",
        "def f(o, r, g):\n    r *= g\n    return firsts(o, r)": "changes its argument `r`",
    },
    "3.2": {
        "moved(lambda v, o, r, n, end, g: r + g * v[n])": "After the end nothing comes",
        "lambda v, o, r, n, end, a, g: None if end else moved(lambda v, o, r, n, end, g: r + g * v[n])(v, o, r, n, end, a, g)": "still teaches its reward",
        "moved(lambda v, o, r, n, end, g: (r + g * v[n]) * (1 - end))": "The last reward is lost",
        "moved(lambda v, o, r, n, end, g: r + (not end) * v[n])": "counts in full",
        "moved(lambda v, o, r, n, end, g: g * (r + (not end) * v[n]))": "reward is discounted too",
        "lambda v, o, r, n, end, a, g: moved(lambda v, o, r, n, end, g: r + g * (not end) * v[n])(v, o, r, n, end, -a, g)": "away from the target",
        "def f(v, o, r, n, end, a, g):\n    v[o] = r + g * (not end) * v[n]": "That is the target",
        "def f(v, o, r, n, end, a, g):\n    v[o] = a * (r + g * (not end) * v[n] - v[o])": "the step alone",
        "def f(v, o, r, n, end, a, g):\n    v[o] += a * (r + g * (not end) * v[n])": "a part of the *error*",
        "def f(v, o, r, n, end, a, g):\n    v[o] = a * v[o] + (1 - a) * (r + g * (not end) * v[n])": "are swapped",
        "moved(lambda v, o, r, n, end, g: r + g * (not end) * v[o])": "Where did the step lead",
        "moved(lambda v, o, r, n, end, g: r)": "the reward alone",
        "lambda v, o, r, n, end, a, g: moved(lambda v, o, r, n, end, g: r + g * (not end) * v[n])(v, o, r, n, end, a * g, g)": "TD error is discounted",
        "def f(v, o, r, n, end, a, g):\n    v[n] += a * (r + g * (not end) * v[n] - v[o])": "moved another state",
        "def f(v, o, r, n, end, a, g):\n    v += a * (r + g * (not end) * v[n] - v[o])": "Only `v[obs]` may change",
        "def f(v, o, r, n, end, a, g):\n    value = v[o] + a * (r + g * (not end) * v[n] - v[o])\n    return value": "is as it was",
        "moved(lambda v, o, r, n, end, g: 7.0)": "the target first",
    },
    "3.3": {
        "[1.5, 1]": "are swapped",
        "[1, 1]": "after A it paid nothing",
        "[1, 0.75]": "The second is V(B)",
        "[1, 0.5]": "lacks the reward of 3",
        "[1, 1.75]": "One step in three ends at A",
        "[3, 1.5]": "added the three returns",
        "[3, 3]": "earned nothing after A",
        "[1, 5 / 3]": "all eight visits",
        "[0, 0]": "First V(B)",
        "1.5": "should have shape (2,)",
    },
    "3.4": {
        "lambda r, v, n, g: r[:n] @ g ** np.arange(len(r[:n])) + g**n * v[min(n, len(r) - 1)]": "nothing is worth anything",
        "lambda r, v, n, g: r[:n] @ g ** np.arange(len(r[:n])) + g**min(n, len(r)) * v[min(n, len(r) - 1)] * (n < len(r) or n > len(r))": "fewer rewards than n",
        "lambda r, v, n, g: n_target(r, v, n, g, False) + (v[n] if n < len(r) else 0)": "at the end counts in full",
        "lambda r, v, n, g: n_target(r, v, n, g, False) + (g**(n - 1) * v[n] if n < len(r) else 0)": "once less than it should",
        "lambda r, v, n, g: n_target(r, v, n, g, False) + (g**(n + 1) * v[n] if n < len(r) else 0)": "once too often",
        "lambda r, v, n, g: n_target(r, v, n, g, False) + (g**n * v[n - 1] if n <= len(r) else 0)": "one step too early",
        "lambda r, v, n, g: n_target(r, v, n - 1, g)": "one step less",
        "lambda r, v, n, g: n_target(r, v, n + 1, g)": "one step more",
        "lambda r, v, n, g: n_target(r, v, n, g, False)": "rewards alone",
        "lambda r, v, n, g: r[:n].sum() + (g**n * v[n] if n < len(r) else 0)": "The rewards count in full",
        "lambda r, v, n, g: n_target(r, v, n, g) if n < len(r) else r.sum()": "so with n = 4 in an episode of 4 steps",
        "lambda r, v, n, g: g * n_target(r, v, n, g, False) + (g**n * v[n] if n < len(r) else 0)": "first reward is discounted too",
        "lambda r, v, n, g: n_target(r, v, 99, g)": "the whole return",
        "lambda r, v, n, g: v[0]": "two rewards and one value",
        "lambda r, v, n, g: sum(g**k * r[k] for k in range(n)) + g**n * v[n]": "IndexError",
        "lambda r, v, n, g: r[:n] * g": "should be one number",
    },
    "3.5": {
        "lambda a: a * 1.0": "Those are the step sizes",
        "lambda a: (a * np.append(np.cumprod((1 - a)[::-1])[::-1][1:], 1))[::-1]": "order is reversed",
        "lambda a: a * np.cumprod((1 - a)[::-1])[::-1]": "Off by one",
        "lambda a: a * np.append(1, np.cumprod(1 - a)[:-1])": "steps before a target",
        "lambda a: (w := a * np.append(np.cumprod((1 - a)[::-1])[::-1][1:], 1)) / w.sum()": "need not sum to 1",
        "lambda a: np.prod(1 - a)": "should have shape (8,)",
        "lambda a: np.ones(len(a))": "Try it by hand",
        "def f(a):\n    a *= 0.5\n    return a": "changes its argument `a`",
        "lambda a: (x for x in a)": "generator",
    },
    "3.6": {
        "[334, 40, 16]": "Give a dictionary",
        '{"1/n": 334, "0.1": 40}': 'The entry "10/(9+n)" is missing',
        '{"1/n": 333.4, "0.1": 40, "10/(9+n)": 16}': "visits are counted",
        '{"1/n": 34, "0.1": 40, "10/(9+n)": 16}': '"1/n": that is for the first target alone',
        '{"1/n": 334, "0.1": 13, "10/(9+n)": 16}': '"0.1": that is for the first target alone',
        '{"1/n": 324, "0.1": 40, "10/(9+n)": 16}': '"1/n": count all visits',
        '{"1/n": 1500, "0.1": 40, "10/(9+n)": 16}': '"1/n": that is more than it takes',
        '{"1/n": 334, "0.1": 3, "10/(9+n)": 16}': "ten visits at least",
        '{"1/n": 300, "0.1": 40, "10/(9+n)": 16}': '"1/n": there they still weigh more',
        '{"1/n": 333, "0.1": 40, "10/(9+n)": 16}': "after that visit they still",
        '{"1/n": 335, "0.1": 40, "10/(9+n)": 16}': "a visit earlier already",
    },
}
