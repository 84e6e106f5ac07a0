"""Right and wrong answers to the exercises of notebook 01."""

SETUP = """
import numpy as np
from helpers.updates import discounted_return
"""

LOOP = """
def f(reward, terminated, truncated):
    returns, total = [], 0.0
    for r, end, cut in zip(reward, terminated, truncated):
        total += r
        if end or cut:
            returns.append(total)
            total = 0.0
    return returns
"""

VARIANTS = {
    "1.1": ["2 + 8 / 8", "np.float32(3)", "3"],
    "1.2": [
        "lambda r, g: [sum(g**k * x for k, x in enumerate(r[t:])) for t in range(len(r))]",
        "lambda r, g: np.triu(g ** np.maximum(np.arange(len(r))[None] - np.arange(len(r))[:, None], 0.0)) @ r",
    ],
    "1.3": [
        LOOP,
        "lambda r, e, c: np.diff(np.append(0, np.cumsum(r)[e | c]))",
        "lambda r, e, c: tuple(p.sum() for p in np.split(r, np.flatnonzero(e | c) + 1)[:-1])",
    ],
    "1.4": ["[0.1, 0.2, 1, 1]", "np.array([0.05, 0.1, 1.0, 1.0])", "(0, 0.2, 1, 1)"],
}

MUTANTS = {
    "1.1": {
        "10": "plain sum",
        "1.5": "comes at once",
        "8.25": "from the wrong end",
        "2.5": "discounted once too often|That is a mean",
        "4": "not discounted often enough",
        "7": "four rewards in a row",
        "'3'": "should be a number, but it is str",
    },
    "1.2": {
        "lambda r, g: np.cumsum(r)": "what came before",
        "lambda r, g: np.cumsum(r[::-1])[::-1]": "Nothing is discounted",
        "lambda r, g: [discounted_return(r[t:], g) for t in range(len(r))][::-1]": "turned round",
        "lambda r, g: [discounted_return(r[t + 1:], g) for t in range(len(r))]": "Off by one",
        "lambda r, g: np.cumsum((g ** np.arange(len(r)) * r)[::-1])[::-1]": "at its own step",
        "lambda r, g: [g * discounted_return(r[t:], g) for t in range(len(r))]": "itself is discounted",
        "lambda r, g: r * 1.0": "each by itself",
        "lambda r, g: discounted_return(r, g)": "should have shape (6,), but its shape is ()",
        "def f(r, g):\n    out = np.zeros_like(r)\n    for t in range(len(r)):\n        out[t] = discounted_return(r[t:], g)\n    return out": "cuts off the decimals",
        "def f(r, g):\n    for t in range(len(r) - 2, -1, -1):\n        r[t] += g * r[t + 1]\n    return r": "changes its argument `r`",
        "def f(r, g):\n    while True: pass": "does not come back",
        "lambda r, g: [r[t] + g * r[t + 1] for t in range(len(r))]": "IndexError",
    },
    "1.3": {
        LOOP.replace("end or cut", "end"): "the clock stopped",
        LOOP.replace("end or cut", "cut"): "that terminated is over too",
        LOOP.replace("return returns", "return returns + [total]"): "no return",
        LOOP.replace("total = 0.0\n    return", "pass\n    return"): "begins at 0",
        "lambda r, e, c: [p.sum() for p in np.split(r, np.flatnonzero(e | c))[:-1]]": "not to the next",
        "lambda r, e, c: r[e | c]": "last rewards",
        "lambda r, e, c: r.sum()": "Give back a list",
        LOOP.replace("end or cut", "end and cut"): "step by step",
        LOOP.replace("return returns", "returns"): "Is a `return` missing?",
        LOOP.replace("returns, total", "reward[0], returns, total").replace(
            "[], 0.0\n    for", "0.0, [], 0.0\n    for"
        ): "changes its argument `reward`",
    },
    "1.4": {
        "[0, 0, 0, 0]": "always pushes to the left",
        "[0, 0, 1, 1]": "does not look at the cart",
        "[0.1, 0.2, -1, 1]": "last ones, should be positive",
        "[-0.1, -0.2, 1, 1]": "wrong way",
        "[1, 1, 1, 1]": "Are the new weights small?",
        "[0.02, 0.1, 1, 1]": "Its worst episode of 60",
        "[0.1, 0.2, 1]": "should have shape (4,)",
        "lambda obs: 1": "should be an array",
    },
}
MUTANTS["1.1"].pop("2.5")
MUTANTS["1.1"]["2 + 8 * 0.5**4"] = "That is a mean"
