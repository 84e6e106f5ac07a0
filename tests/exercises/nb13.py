"""Right and wrong answers to the exercises of notebook 13."""

SETUP = """
import numpy as np
from helpers.buffer import Transition
SEED, SMALL, SMALL_SPACES, NStepConfig = 0, {}, (None, None), dict
class NStep:  # its window alone, as a test without TensorFlow is quicker; the notebook runs the agent itself
    n = 5
    def __init__(self, *spaces_and_config, seed):
        self.window, self.buffer = [], []
    def _remember(self, transition):
        self.window.append(transition)
        while self.window and (transition.terminated or len(self.window) == self.n):
            self.buffer.append(self.window.pop(0))
        if transition.truncated:
            self.window.clear()
def targets(reward, value, n, gamma, terminated=False, power=lambda m: m, falls=lambda t, m, T: t + m == T):
    T, found = len(reward), []
    for t in range(T):
        m = min(n, T - t)
        future = 0 if terminated and falls(t, m, T) else gamma ** power(m) * value[t + m - 1]
        found.append(sum(gamma**k * reward[t + k] for k in range(m)) + future)
    return np.array(found)
def darts(priority, u):
    edges = priority.cumsum()
    return np.searchsorted(edges, edges[-1] * u, side="right")
"""

VARIANTS = {
    "13.1": [
        '{"fall after 10": np.int64(10), "clock after 10": 6, "clock after 3": 0}',
        '{"clock after 3": 0, "clock after 10": 10 - 5 + 1, "fall after 10": 10}',
    ],
    "13.2": [
        "lambda r, v, end, n, g: targets(r, v, n, g, end)",
        """
def backwards(reward, next_value, terminated, n, gamma):
    T = len(reward)
    found = [0.0] * T
    for t in range(T):
        last = min(t + n, T) - 1
        x = 0.0 if terminated and last == T - 1 else float(next_value[last])
        for k in range(last, t - 1, -1):
            x = reward[k] + gamma * x
        found[t] = x
    return found
""",
    ],
    "13.3": [
        "lambda p, k, rng: darts(p, (np.arange(k) + rng.random(k)) / k)",
        """
def one_by_one(priority, num_darts, rng):
    total, rows = sum(priority), []
    for j in range(num_darts):
        dart, row = rng.uniform(j * total / num_darts, (j + 1) * total / num_darts), 0
        while dart >= priority[row]:
            dart -= priority[row]
            row += 1
        rows.append(row)
    return rows
""",
    ],
    "13.4": ["0.0157", "1 / 64", "(1 - 0.99 ** (1 / 64)) / 0.01"],
}

MUTANTS = {
    "13.1": {
        "[10, 6, 0]": "Give a dictionary",
        '{"fall after 10": 10, "clock after 10": 6}': "is missing",
        '{"fall after 10": 6, "clock after 10": 6, "clock after 3": 0}': "only the full windows",
        '{"fall after 10": 2, "clock after 10": 6, "clock after 3": 0}': "once the oldest",
        '{"fall after 10": 10, "clock after 10": 10, "clock after 3": 0}': "need for its estimate",
        '{"fall after 10": 10, "clock after 10": 5, "clock after 3": 0}': "off by one",
        '{"fall after 10": 10, "clock after 10": 2, "clock after 3": 0}': "windows overlap",
        '{"fall after 10": 10, "clock after 10": 7, "clock after 3": 0}': "do ten steps hold",
        '{"fall after 10": 10, "clock after 10": 6, "clock after 3": 3}': "is full",
        '{"fall after 10": 10, "clock after 10": 6, "clock after 3": 1}': "before it is ever full",
        '{"fall after 10": 10, "clock after 10": 6, "clock after 3": -1}': "0 or more",
        '{"fall after 10": 10, "clock after 10": 6.0, "clock after 3": 0}': "whole number of type int",
    },
    "13.2": {
        "lambda r, v, end, n, g: targets(r, v, n, g, end, lambda m: n)": "fewer than n steps",
        "lambda r, v, end, n, g: targets(r, v, n, g, end, lambda m: 0)": "estimate is not discounted",
        "lambda r, v, end, n, g: targets(r, v, n, g, end, lambda m: m - 1)": "one step too little",
        "lambda r, v, end, n, g: targets(r, v, n, g, end, lambda m: m + 1)": "one step too much",
        "lambda r, v, end, n, g: np.array([r[t : t + n].sum() + g ** min(n, len(r) - t) * v[min(t + n, len(r)) - 1] for t in range(len(r))])": "rewards are not discounted",
        "lambda r, v, end, n, g: targets(r, v, n + 1, g, end)": "one reward too many",
        "lambda r, v, end, n, g: targets(r, v, max(n - 1, 1), g, end)": "one reward too few",
        "lambda r, v, end, n, g: np.array([targets(r[t:], v[t:], n, g, True, falls=lambda *a: True)[0] + g ** min(n, len(r) - t) * v[t] for t in range(len(r))])": "beginning of the window",
        "lambda r, v, end, n, g: targets(r, v, n, g, True)": "like a fall",
        "lambda r, v, end, n, g: targets(r, v, n, g, True, falls=lambda *a: True)": "Where is the estimate",
        "lambda r, v, end, n, g: targets(r, v, n, g)": "After a fall nothing follows",
        "lambda r, v, end, n, g: targets(r, v, n, g, end, falls=lambda t, m, T: t == T - 1)": "very last window",
        "lambda r, v, end, n, g: targets(r, v, n, g, end, falls=lambda *a: True)": "end before the fall",
        "lambda r, v, end, n, g: targets(r, v, n, g, end, falls=lambda t, m, T: t == 0)": "the fall is not yet",
        "lambda r, v, end, n, g: r * 0.0": "three rewards",
        "lambda r, v, end, n, g: targets(r, v, n, g, end)[: len(r) - n + 1]": "should have shape (6,)",
        "def f(r, v, end, n, g):\n    r += g * v\n    return r": "changes its argument `r`",
    },
    "13.3": {
        "lambda p, k, rng: darts(p, rng.random(k))": "hit twice",
        "lambda p, k, rng: darts(p, np.sort(rng.random(k)))": "misses its part",
        "lambda p, k, rng: darts(p, (np.arange(k)[::-1] + rng.random(k)) / k)": "order of the parts",
        "lambda p, k, rng: darts(p, (np.arange(k) + 0.5) / k)": "the same rows for each `rng`",
        "lambda p, k, rng: darts(p, (np.arange(k) + rng.random(k) ** 3) / k)": "not evenly",
        "lambda p, k, rng: darts(p, (np.arange(k) + rng.random(k)) / k) + 1": "one too large",
        "lambda p, k, rng: darts(p, (np.arange(k) + rng.random(k)) / k) - 1": "one too small",
        "lambda p, k, rng: np.floor((np.arange(k) + rng.random(k)) / k * len(p)).astype(int)": "not of the list of rows",
        "lambda p, k, rng: darts(p, rng.random(k) / k)": "into the first part",
        "lambda p, k, rng: ((np.arange(k) + rng.random(k)) / k * p.sum())": "whole numbers",
        "lambda p, k, rng: darts(np.maximum(p, 2), (np.arange(k) + rng.random(k)) / k)": "priority 0",
        "lambda p, k, rng: darts(p, (np.arange(k) + rng.random(k)) / k) - 30": "below 0",
        "lambda p, k, rng: darts(p, (np.arange(k) + 1 + rng.random(k)) / k)": "end of the line",
        "lambda p, k, rng: darts(p, (np.arange(k + 1) + rng.random(k + 1)) / (k + 1))": "should have shape (8,)",
        "lambda p, k, rng: darts(p, (np.arange(k) + np.random.default_rng().random(k)) / k)": "same seed",
        "lambda p, k, rng: darts(p, (np.arange(k) + np.random.random(k)) / k)": "global random generator",
        "def f(p, k, rng):\n    p /= p.sum()\n    return darts(p, (np.arange(k) + rng.random(k)) / k)": "changes its argument `p`",
    },
    "13.4": {
        "0.005": "lags behind",
        "1 / 64**2": "64th of a 64th",
        "0.01077": "half of an old distance",
        "0.0694": "nearly all of an",
        "1.0": "a copy in each step",
        "64": "lies between 0 and 1",
        "0.03": "ahead of the copies",
        "0.012": "still behind",
        "'1/64'": "should be a number",
        "None": "is `None`",
    },
}
