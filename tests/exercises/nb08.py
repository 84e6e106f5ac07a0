"""Right and wrong answers to the exercises of notebook 08."""

SETUP = """
import numpy as np
from helpers.updates import q_learning_target
SEED = 0

def right(q, obs, action, reward, next_obs, terminated, alpha, gamma, every, first=0, which=0):
    tables = [q.copy(), q.copy()]
    for k in range(len(obs)):
        cell = obs[k], action[k]
        target = reward[k] + gamma * (1 - terminated[k]) * tables[1][next_obs[k]].max()
        tables[0][cell] += alpha * (target - tables[0][cell])
        if first + k + 1 > 0 and (first + k + 1) % every == 0:
            tables[1] = tables[0].copy()
    return tables[which]
"""

VARIANTS = {
    "8.1": ["[4550, 22, 9_700]", "np.array([4550, 22, 9700])"],
    "8.2": [
        """
def by_hand(num_added, capacity, n):
    return [row % capacity for row in range(max(0, num_added - min(n, capacity)), num_added)]
""",
        "lambda added, room, n: np.array([(added - 1 - k) % room for k in range(min(n, room, added))][::-1])",
    ],
    "8.3": [
        """
def before_each(q, s, a, r, n, t, alpha, gamma, every):
    new = q.astype(float)
    for k in range(len(s)):
        if k % every == 0:
            target_q = np.array(new)
        future = 0.0 if t[k] else gamma * max(target_q[n[k]])
        new[s[k]][a[k]] = (1 - alpha) * new[s[k]][a[k]] + alpha * (r[k] + future)
    return new
""",
        """
def in_periods(q, s, a, r, n, t, alpha, gamma, every):
    new = q.tolist()
    for start in range(0, len(s), every):
        part = slice(start, start + every)
        targets = q_learning_target(r[part], np.array(new)[n[part]], t[part], gamma)
        for i, j, target in zip(s[part], a[part], targets):
            new[i][j] += alpha * (target - new[i][j])
    return new
""",
    ],
    "8.4": ['{"by 1": 4, "by 1.5": 10, "estimates": 31}', '{"by 1.5": np.int64(10), "by 1": 4, "estimates": 33}'],
}

MUTANTS = {
    "8.1": {
        "(4500, 22, 9700)": "Off by one burst",
        "(5000, 25, 10000)": "from the first step on",
        "(91, 22, 9700)": "number of bursts",
        "(9000, 45, 10000)": "for every env step",
        "(4555, 22, 9700)": "how many env steps",
        "(4550, 50, 9700)": "not in env steps",
        "(4550, 91, 9700)": "not copy after every burst",
        "(4550, 23, 9700)": "One too many",
        "(4550, 21, 9700)": "does 200 go into",
        "(4550, 22, 10000)": "is a copy due there",
        "(4550, 22, 9800)": "One burst too late",
        "(4550, 22, 8800)": "which burst brings it",
        "(4550, 22)": "should have shape (3,)",
        "(4550, 22.75, 9700)": "whole numbers",
    },
    "8.2": {
        "lambda a, c, n: np.arange(max(0, a - min(n, c)), a)": "there is no row",
        "lambda a, c, n: np.arange(max(0, a - min(n, c)), a)[::-1] % c": "wrong order",
        "lambda a, c, n: np.arange(max(0, a - min(n, c)) + 1, a + 1) % c": "off by one",
        "lambda a, c, n: np.arange(c - min(n, c, a), c)": "last rows of the arrays",
        "lambda a, c, n: np.sort(np.arange(max(0, a - min(n, c)), a) % c)": "sorted by row",
        "lambda a, c, n: np.arange(a - n, a) % c": "holds fewer transitions",
        "lambda a, c, n: np.arange(a - min(n, c, a), a) % c - c": "negative numbers",
        "lambda a, c, n: np.arange(min(n, c, a))": "others than the newest",
        "lambda a, c, n: np.arange(a - min(n, c, a), a)[1:] % c": "could give another number",
        "lambda a, c, n: (a - 1) % c": "one row number for each",
        "lambda a, c, n: (np.arange(a - min(n, c, a), a) % c).astype(float)": "whole numbers",
        "lambda a, c, n: None": "returns `None`",
    },
    "8.3": {
        "lambda q, *x: q * 1.0": "has not moved",
        "lambda *x: right(*x[:-1], 1)": "a second name for the table",
        "lambda *x: right(*x[:-1], 10_000)": "never renewed",
        "lambda *x: right(*x, which=1)": "That is the target table",
        "lambda *x: right(*x, first=-1)": "one update too late",
        "lambda *x: right(*x, first=x[-1] - 1)": "after the very first update",
        "lambda q, s, a, r, n, t, *x: right(q, s, a, r, n, 0 * t, *x)": "has no next value",
        "lambda q, s, a, r, n, t, al, *x: right(q, s, a, r, n, t, -al, *x)": "runs away from its target",
        "lambda q, s, a, r, n, t, al, *x: right(q, s, a, r, n, t, 1.0, *x)": "the whole of its target",
        "lambda q, s, a, r, n, t, al, g, k: right(q, s, a, r, n, t, al, 1.0, k)": "counts in full",
        "lambda q, s, a, r, n, t, *x: right(q, s, a, r, n, ~t, *x)": "are exchanged",
        "lambda *x: right(*x) + 0.1": "Take three transitions",
        "def f(q, *x):\n    q[:] = right(q, *x)\n    return q": "changes its argument `q`",
        "lambda *x: right(*x).max(axis=1)": "should have shape (4, 2)",
        "def f(*x):\n    right(*x)": "Is a `return` missing?",
    },
    "8.4": {
        "[4, 10, 32]": "Give a dictionary",
        '{"by 1": 4, "by 1.5": 10}': 'The entry "estimates" is missing',
        '{"by 1": 4.0, "by 1.5": 10, "estimates": 32}': "whole number of type int",
        '{"by 1": 1, "by 1.5": 10, "estimates": 32}': "Begin with two actions",
        '{"by 1": 3, "by 1.5": 10, "estimates": 32}': "it is less than that",
        '{"by 1": 4, "by 1.5": 11, "estimates": 32}': '"by 1.5": that is more than it takes',
        '{"by 1": 4, "by 1.5": 100_000, "estimates": 32}': "far fewer will do",
        '{"by 1": 4, "by 1.5": 10, "estimates": 6}': "root of n",
        '{"by 1": 4, "by 1.5": 10, "estimates": 100}': "the *spread* to 0.1",
        '{"by 1": 4, "by 1.5": 10, "estimates": 20}': "still too high by more",
        '{"by 1": 4, "by 1.5": 10, "estimates": 50}': '"estimates": that is more than it takes',
    },
}
