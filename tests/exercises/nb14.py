"""Right and wrong answers to the exercises of notebook 14."""

SETUP = """
import math
import gymnasium as gym
import numpy as np
ENV_ID, SEED = "CartPole-v1", 0
profile, times_as_fast = {"environment": 10, "act": 60, "learn": 25, "loop": 5}, 20
def lengths(gradients):
    return np.sqrt(sum((g**2).sum(axis=(1, 2)) for g in gradients))
def after(ended):
    return np.vstack([np.zeros((1, ended.shape[1]), bool), ended[:-1]])
def forward(layers, x, last=lambda x: x):
    for w, b in layers[:-1]:
        x = np.maximum(x @ w + b, 0)
    return last(x @ layers[-1][0] + layers[-1][1])
def stacked(weights, x, bend=lambda x: np.maximum(x, 0), last=lambda x: x, own=lambda b: b[:, None]):
    for i in range(0, len(weights), 2):
        x = x @ weights[i] + own(weights[i + 1])
        x = last(x) if i == len(weights) - 2 else bend(x)
    return x
def wall_seconds(num_seeds, num_jobs, seconds, start_up):
    return start_up + math.ceil(num_seeds / num_jobs) * seconds
"""

VARIANTS = {
    "14.1": [
        "lambda layers, scale, obs: forward(layers, obs / scale)",
        """
def with_loops(layers, scale, obs):
    x = np.asarray(obs, np.float32) / np.asarray(scale, np.float32)
    for place, (w, b) in enumerate(layers):
        x = np.matmul(x, w.astype(np.float32)) + b.astype(np.float32)
        if place + 1 < len(layers):
            x = x * (x > 0)
    return x
""",
    ],
    "14.2": [
        "lambda weights, x: stacked(weights, x)",
        """
def one_by_one(weights, x):
    found = []
    for n in range(len(x)):
        found.append(forward([(w[n], b[n]) for w, b in zip(weights[::2], weights[1::2])], x[n]))
    return np.stack(found)
""",
        """
def by_einsum(weights, x):
    for place in range(0, len(weights), 2):
        w, b = weights[place], weights[place + 1]
        x = np.einsum("nbi,nio->nbo", x, w) + b.reshape(len(b), 1, -1)
        x = x if place == len(weights) - 2 else x.clip(min=0)
    return x
""",
    ],
    "14.3": ["100 / 43", "2.33", "np.float32(2.326)"],
    "14.4": [
        "lambda gs, most: [g * np.minimum(1, most / lengths(gs))[:, None, None] for g in gs]",
        "lambda gradients, most: [g * (np.minimum(1, most / np.maximum(lengths(gradients), 1e-12)))[:, None, None] for g in gradients]",
        """
def seed_by_seed(gradients, most):
    clipped = [g.copy() for g in gradients]
    for n in range(len(gradients[0])):
        length = math.sqrt(sum(float((g[n] ** 2).sum()) for g in gradients))
        if length > most:
            for g in clipped:
                g[n] *= most / length
    return tuple(clipped)
""",
    ],
    "14.5": [
        """
def one_by_one(terminated, truncated):
    real = []
    for t in range(len(terminated)):
        real.append([t == 0 or not (terminated[t - 1, e] or truncated[t - 1, e]) for e in range(terminated.shape[1])])
    return real
""",
        """
def by_slices(terminated, truncated):
    real = np.full(terminated.shape, True)
    real[1:] = (terminated + truncated)[:-1] == 0
    return real
""",
    ],
    "14.6": ['{"stack": np.int64(13), "seconds": 200}', '{"seconds": 200.0, "stack": 13}'],
}

MUTANTS = {
    "14.1": {
        "lambda ls, s, o: forward(ls, o / s, last=lambda x: np.maximum(x, 0))": "No ReLU after the last layer",
        "def f(ls, s, o):\n    x = o / s\n    for w, b in ls:\n        x = x @ w + b\n    return x": "Where is the ReLU",
        "lambda ls, s, o: forward([(w, 0 * b) for w, b in ls], o / s)": "biases are missing",
        "lambda ls, s, o: forward(ls, o)": "not scaled",
        "lambda ls, s, o: forward(ls, o * s)": "multiplied by their scale",
        "lambda ls, s, o: forward(ls, np.maximum(o / s, 0))": "before the first layer too",
        "def f(ls, s, o):\n    x = o / s\n    for w, b in ls[:-1]:\n        x = np.minimum(x @ w + b, 0)\n    return x @ ls[-1][0] + ls[-1][1]": "keep what is below",
        "def f(ls, s, o):\n    x = o / s\n    for w, b in ls[:-1]:\n        x = np.abs(x @ w + b)\n    return x @ ls[-1][0] + ls[-1][1]": "turn it round",
        "def f(ls, s, o):\n    x = o / s\n    for w, b in ls[:-1]:\n        x = np.maximum(x @ w, 0) + b\n    return x @ ls[-1][0] + ls[-1][1]": "not after it",
        "lambda ls, s, o: 2 * forward(ls, o / s)": "one layer, weights of 1",
        "lambda ls, s, o: forward(ls, o / s).argmax(axis=-1)": "should have shape (5, 2)",
        "lambda ls, s, o: forward(ls, np.atleast_2d(o / s))": "its shape is (1, 2)",
        "def f(ls, s, o):\n    o /= s\n    return forward(ls, o)": "changes its argument `o`",
        "def f(ls, s, o):\n    forward(ls, o / s)": "Is a `return` missing?",
    },
    "14.2": {
        "lambda ws, x: stacked(ws, x, last=lambda x: np.maximum(x, 0))": "No ReLU after the last layer",
        "lambda ws, x: stacked(ws, x, bend=lambda x: x)": "Where is the ReLU",
        "lambda ws, x: stacked(ws, x, own=lambda b: 0)": "biases are missing",
        "lambda ws, x: stacked(ws, x, own=lambda b: b)": "an axis for the batch",
        "lambda ws, x: stacked(ws, x, own=lambda b: b[0])": "the biases of the first one",
        "lambda ws, x: stacked([w[:1] for w in ws], x)": "serve all of them",
        "lambda ws, x: stacked(ws, x[:1])": "the observations of the first one",
        "lambda ws, x: stacked(ws, x.mean(axis=0))": "the seeds are mixed".capitalize(),
        "lambda ws, x: stacked(ws, x, bend=np.abs)": "turn it round",
        "lambda ws, x: -stacked(ws, x)": "exercise 14.1",
        "lambda ws, x: stacked(ws, x).swapaxes(1, 2)[:, :2]": "should have shape (3, 3, 3)",
        "def f(ws, x):\n    x *= 1\n    x += 1\n    return stacked(ws, x)": "changes its argument `x`",
        "lambda ws, x: None": "Is a `return` missing?",
    },
    "14.3": {
        "20": "Only acting is so much faster",
        "2.5": "no time at all",
        "0.43": "share of the time that is left",
        "0.57": "share of the time that is saved",
        "43": "the new time",
        "57": "That is the time saved",
        "12.4": "averaged the speeds",
        "1.57": "added what is saved",
        "4": "each part, before and after",
        "'2.3'": "should be a number, but it is str",
        "None": "is `None`",
    },
    "14.4": {
        "lambda gs, most: [g * min(1, most / np.sqrt((lengths(gs) ** 2).sum())) for g in gs]": "One length for all seeds",
        "lambda gs, most: [g * np.minimum(1, most / np.sqrt((g**2).sum(axis=(1, 2), keepdims=True))) for g in gs]": "by itself. A seed has one length",
        "lambda gs, most: [g * (most / lengths(gs))[:, None, None] for g in gs]": "Short gradients are stretched",
        "lambda gs, most: [g.copy() for g in gs]": "as long as before",
        "lambda gs, most: [np.clip(g, -most, most) for g in gs]": "Each number is cut off",
        "lambda gs, most: [g * np.minimum(1, most / lengths(gs) ** 2)[:, None, None] for g in gs]": "Is a root missing",
        "lambda gs, most: [g * np.maximum(1, most / lengths(gs))[:, None, None] for g in gs]": "are exchanged",
        "lambda gs, most: [g * 0.5 for g in gs]": "before and after",
        "lambda gs, most: [g / lengths(gs)[:, None, None] * np.minimum(most, lengths(gs))[:, None, None] for g in gs]": "gradient is zero",
        "lambda gs, most: gs[0]": "Give back a list of arrays",
        "lambda gs, most: gs[:2]": "4 arrays went in, and 2 came back",
        "lambda gs, most: [g[0] for g in gs]": "Array 0 should have shape",
        "lambda gs, most: [g * np.minimum(1, most / lengths(gs)) for g in gs]": "It raises ValueError",
        "def f(gs, most):\n    for g in gs:\n        g *= np.minimum(1, most / lengths(gs))[:, None, None]\n    return gs": "changes its argument `gs`",
        "def f(gs, most):\n    [g * np.minimum(1, most / lengths(gs))[:, None, None] for g in gs]": "Is a `return` missing?",
    },
    "14.5": {
        "lambda t, u: ~(t | u)": "a real one",
        "lambda t, u: after(t | u)": "turned round",
        "lambda t, u: np.full(t.shape, True)": "All steps are kept",
        "lambda t, u: ~after(t)": "forget the clock",
        "lambda t, u: ~after(u)": "forget the falls",
        "lambda t, u: np.vstack([~(t | u)[1:], np.ones((1, t.shape[1]), bool)])": "the step before an end",
        "lambda t, u: ~np.roll(t | u, 1, axis=0)": "np.roll",
        "lambda t, u: ~np.roll(t | u, 1, axis=1)": "neighbour's end",
        "lambda t, u: np.repeat(~after(t | u).any(axis=1, keepdims=True), t.shape[1], axis=1)": "drop the step of all",
        "lambda t, u: ~after(np.logical_or.accumulate(t | u))": "never comes back",
        "lambda t, u: np.full(t.shape, False)": "by hand",
        "lambda t, u: ~(t | u)[:-1]": "should have shape (12, 3), but its shape is (11, 3)",
        "lambda t, u: (~after(t | u)).astype(int)": "dtype is int64",
        "def f(t, u):\n    t |= u\n    return ~after(t)": "changes its argument `t`",
        "lambda t, u: None": "returns `None`",
    },
    "14.6": {
        "(13, 200)": "Give a dictionary",
        '{"stack": 13}': 'The entry "seconds" is missing',
        '{"stack": 25, "seconds": 174}': "does not fit into memory",
        '{"stack": 0, "seconds": 4}': "one seed or more",
        '{"stack": 1, "seconds": 654}': "Share them",
        '{"stack": 16, "seconds": 236}': "largest stack is not the best",
        '{"stack": 14, "seconds": 212}': "The same number of rounds",
        '{"stack": 9, "seconds": 226}': "There is a better one",
        '{"stack": 13, "seconds": 196}': "forget the start-up",
        '{"stack": 13, "seconds": 204}': "in each round",
        '{"stack": 13, "seconds": 102}': "That is one round",
        '{"stack": 13, "seconds": 788}': "one core",
        '{"stack": 13, "seconds": 222}': "seconds are not",
        '{"stack": 13.0, "seconds": 200}': "whole number of type int",
    },
}
