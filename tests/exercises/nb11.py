"""Right and wrong answers to the exercises of notebook 11."""

SETUP = """
import numpy as np
from helpers.checks.nb11 import _by_episodes
from helpers.evaluation import rate_interval
from helpers.records import load_record
from tools.course import NOTEBOOKS
SEED = 0
LOSSES = {"squared": np.square, "Huber": lambda e: np.where(abs(e) < 1, e**2 / 2, abs(e) - 0.5)}
weights = load_record(NOTEBOOKS / "data" / "plain_dqn.npz")[0]
wilson = rate_interval

def values_in_numpy(layers, x):  # as in helpers.network, which would load TensorFlow
    for kernel, bias in layers[:-1]:
        x = np.maximum(x @ kernel + bias, 0)
    return x @ layers[-1][0] + layers[-1][1]

def kept(lengths, fell, capacity, slack=0, room=None, window=None):
    last = np.cumsum(lengths)
    inside = (last > last[:, None] - (window or capacity) - slack) & (last <= last[:, None])
    return (inside & np.asarray(fell)).sum(axis=1) / (np.minimum(last, capacity) if room is None else room)

def ends_of(terminated, truncated, k, most=None):
    over = np.flatnonzero(terminated | truncated)
    began = np.append(0, over[:-1] + 1)
    return over, over[terminated[over] & (over - began >= k)]

def as_far_as_it_goes(q, obs, action, terminated, truncated, k):
    said, first, found = q(obs)[np.arange(len(obs)), action], 0, [[] for _ in range(k + 1)]
    for t in range(len(obs)):
        for j in range(min(k, t - first) + 1) if terminated[t] else ():
            found[j].append(said[t - j])
        first = t + 1 if terminated[t] or truncated[t] else first
    return np.array([np.mean(values) for values in found])

def way(q, obs, action, terminated, truncated, k, ends=None, shift=0, said=None):
    said = q(obs)[np.arange(len(obs)), action] if said is None else said
    ends = ends_of(terminated, truncated, k)[1] if ends is None else ends
    return said[(ends[:, None] + shift - np.arange(k + 1)) % len(said)].mean(axis=0)
"""

VARIANTS = {
    "11.1": [
        "way",
        """
def episode_by_episode(q_values, obs, action, terminated, truncated, k):
    rows, first = [], 0
    q = q_values(obs)
    for t in range(len(obs)):
        if terminated[t] and t - first >= k:
            rows.append([q[t - j, action[t - j]] for j in range(k + 1)])
        if terminated[t] or truncated[t]:
            first = t + 1
    return np.mean(rows, axis=0).tolist()
""",
        "lambda q, o, a, t, c, k: way(q, o, a, t, c, k).astype(float)",
    ],
    "11.2": ["(98.89, 90.1)", "[98.9, 90.10]", "np.array([98.8889, 90.1])"],
    "11.3": [
        "kept",
        """
def step_by_step(lengths, fell, capacity):
    from collections import deque
    buffer, shares = deque(maxlen=capacity), []
    for length, down in zip(lengths, fell):
        for step in range(length):
            buffer.append(bool(down) and step == length - 1)
        shares.append(sum(buffer) / len(buffer))
    return shares
""",
    ],
    "11.4": [
        "lambda q, obs: float(np.abs(q(obs) - q(-obs)[:, ::-1]).mean())",
        """
def one_batch(q_values, obs):
    both = q_values(np.concatenate([obs, -obs]))
    q, mirrored = both[: len(obs)], both[len(obs) :]
    return (abs(q[:, 0] - mirrored[:, 1]) + abs(q[:, 1] - mirrored[:, 0])).mean() / 2
""",
        """
def action_by_action(q_values, obs):
    left = np.abs(q_values(obs)[:, 0] - q_values(-obs)[:, 1])
    right = np.abs(q_values(obs)[:, 1] - q_values(-obs)[:, 0])
    return (left.mean() + right.mean()) / 2
""",
    ],
    "11.5": ["{0: 35, 1: 53, 2: 69}", "{2: np.int64(69), 1: 53, 0: 35}"],
}

MUTANTS = {
    "11.1": {
        "lambda q, o, a, t, c, k: way(q, o, a, t, c, k)[::-1]": "order is turned round",
        "lambda q, o, a, t, c, k: way(q, o, a, t | c, c & False, k)": "clock's ends are asked about too",
        "lambda q, o, a, t, c, k: way(q, o, a, t, c, k, said=q(o).max(axis=1))": "largest Q",
        "lambda q, o, a, t, c, k: way(q, o, a, t, c, k, said=q(o).mean(axis=1))": "mean over the actions",
        "lambda q, o, a, t, c, k: way(q, o, 1 - a, t, c, k)": "not taken",
        "as_far_as_it_goes": "left out altogether",
        "lambda q, o, a, t, c, k: way(q, o, a, t, c, k, ends=np.flatnonzero(t))": "Leave them out",
        "lambda q, o, a, t, c, k: way(q, o, a, t, c & False, k)": "begins after a cut too",
        "lambda q, o, a, t, c, k: way(q, o, a, t, c, k, ends=ends_of(t, c, k + 1)[1])": "exactly k steps",
        "lambda q, o, a, t, c, k: way(q, o, a, t, c, k, ends=ends_of(t, c, k - 1)[1])": "only k - 1 steps",
        "lambda q, o, a, t, c, k: way(q, o, a, t, c, k, shift=-1)": "one step too early",
        "lambda q, o, a, t, c, k: way(q, o, a, t, c, k, shift=1)": "one step too late",
        "lambda q, o, a, t, c, k: way(q, o, a, t, c, k) * len(ends_of(t, c, k)[1])": "add over the ends",
        "lambda q, o, a, t, c, k: np.full(k + 1, way(q, o, a, t, c, k).mean())": "they are not averaged",
        "lambda q, o, a, t, c, k: way(q, o, a, t, c, k)[:-1]": "should have shape (4,)",
        "lambda q, o, a, t, c, k: way(lambda x: np.array([q(row)[0] for row in x]), o, a, t, c, k)": "takes a batch",
        "lambda q, o, a, t, c, k: 2 * way(q, o, a, t, c, k)": "by hand with two episodes",
    },
    "11.2": {
        "(9.889, 0.901)": "new units",
        "(90.1, 98.89)": "exchanged",
        "(99.89, 99.89)": "old rewards",
        "(99.989, 99.999)": "You multiplied",
        "(90.1, 90.1)": "squared error, which knows no units",
        "(100, 100)": "The median is best",
        "(98.89, 88.89)": "you let the one error pull with 1",
        "(98.89, 99)": "how large can an error be",
        "(95, 90.1)": "divided by 10: nine targets of 10",
        "98.89": "should have shape (2,)",
        "('a', 'b')": "should be an array",
    },
    "11.3": {
        "lambda n, f, c: kept(n, np.ones_like(f), c)": "end by the clock does not count",
        "lambda n, f, c: kept(n, ~f, c)": "count the cuts",
        "lambda n, f, c: kept(n, f, c, slack=1)": "overwritten last",
        "lambda n, f, c: kept(n, f, c, slack=-1)": "oldest step that is still there",
        "lambda n, f, c: kept(n, f, c, room=c)": "not full yet",
        "lambda n, f, c: kept(n, f, c, window=10**9)": "for ever. The oldest",
        "lambda n, f, c: np.cumsum(f) / np.cumsum(n)": "divide by all the steps",
        "lambda n, f, c: kept(n, f, c, room=np.cumsum(n))": "share is that of the steps in the buffer",
        "lambda n, f, c: kept(n, f, c, room=1)": "not a number of falls",
        "lambda n, f, c: kept(n, f, c) / np.maximum(kept(n, np.ones_like(f), c), 1e-9)": "share of the episodes",
        "_by_episodes": "counts steps, not episodes",
        "lambda n, f, c: kept(n, f, c)[::-1]": "Try it by hand",
        "lambda n, f, c: kept(n, f, c)[-1]": "should have shape (20,)",
        "def f(n, f, c):\n    n[:] = np.cumsum(n)\n    return n * 1.0": "changes its argument `n`",
        "def f(n, f, c):\n    kept(n, f, c)": "Is a `return` missing?",
    },
    "11.4": {
        "lambda q, o: np.abs(q(o) - q(-o)).mean()": "actions change places",
        "lambda q, o: np.abs(q(o) - q(o)[:, ::-1]).mean()": "two actions in one observation",
        "lambda q, o: (q(o) - q(-o)[:, ::-1]).mean()": "cancel",
        "lambda q, o: np.abs(q(o) - q(-o)[:, ::-1]).sum()": "not a sum",
        "lambda q, o: np.abs(q(o) - q(-o)[:, ::-1]).sum(axis=1).mean()": "sum over the actions",
        "lambda q, o: ((q(o) - q(-o)[:, ::-1]) ** 2).mean()": "You square",
        "lambda q, o: np.sqrt(((q(o) - q(-o)[:, ::-1]) ** 2).mean())": "root of the mean square",
        "lambda q, o: np.abs(q(o).max(axis=1) - q(-o).max(axis=1)).mean()": "largest Q only",
        "lambda q, o: np.abs(q(o) - q(-o)[:, ::-1]).max()": "largest distance",
        "lambda q, o: np.abs(q(o) - q(-o)[::-1]).mean()": "order of the observations",
        "lambda q, o: np.abs(q(o) - q(o * [-1, 1, -1, 1])[:, ::-1]).mean()": "keeps the symmetry should read 0",
        "lambda q, o: np.mean([np.abs(q(x) - q(-x)[::-1]).mean() for x in o])": "takes a batch",
        "lambda q, o: np.mean([np.abs(q(x[None]) - q(-x[None])[:, ::-1]).mean() for x in o])": "60 times",
        "lambda q, o: np.abs(q(o) - q(-o)[:, ::-1]).mean(axis=1)": "should be one number",
        "def f(q, o):\n    first = q(o)\n    o *= -1\n    return np.abs(first - q(o)[:, ::-1]).mean()": "changes its argument `o`",
        "def f(q, o):\n    np.abs(q(o) - q(-o)[:, ::-1]).mean()": "Is a `return` missing?",
    },
    "11.5": {
        "[35, 53, 69]": "Give a dictionary",
        "{0: 35, 1: 53}": "The entry 2 is missing",
        "{0: 35, 1: 53.0, 2: 69}": "whole number of type int",
        "{0: 1, 1: 53, 2: 69}": "0 failures: that is where the *rate*",
        "{0: 35, 1: 11, 2: 69}": "1 failure: that is where the *rate*",
        "{0: 73, 1: 53, 2: 69}": "needed for 95 %",
        "{0: 34, 1: 53, 2: 69}": "reaches down to 90 %",
        "{0: 35, 1: 52, 2: 69}": "1 failure: count all runs",
        "{0: 35, 1: 53, 2: 67}": "2 failures: count all runs",
        "{0: 35, 1: 60, 2: 69}": "more than enough",
    },
}
