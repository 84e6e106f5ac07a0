"""Right and wrong answers to the exercises of notebook 16."""

SETUP = """
import numpy as np
from helpers import exact_policy
from helpers.distributions import Categorical
from helpers.envs import MEADOW, MEADOW_RULES, GridWorld
from helpers.exact import value_iteration
from helpers.updates import discounted_sums, gae
meadow, discount = GridWorld(MEADOW, **MEADOW_RULES), 0.95
meadow_policy = Categorical(8 * value_iteration(meadow.P, meadow.R, discount)).probs
at_start, world = np.eye(24)[meadow.starts[0]], (meadow.P, meadow.R, meadow_policy)

def right(theta, x, a, r, g, weight=None, sign=1):
    G = r @ g ** np.arange(len(r))
    weight = np.full(len(r), G) if weight is None else weight
    return sign * x.T @ (weight[:, None] * Categorical(x @ theta).log_prob_gradient(a))

def summed(delta, ended, decay):
    return discounted_sums(delta, ended, decay)
"""

VARIANTS = {
    "16.1": [
        """
def loops(theta, x, action, reward, gamma):
    G, g = 0.0, np.zeros(theta.shape)
    for r in reversed(reward):
        G = r + gamma * G
    for t in range(len(reward)):
        weights = np.exp(x[t] @ theta)
        score = -weights / weights.sum()
        score[action[t]] += 1
        g += np.outer(x[t], score)
    return (G * g).tolist()
""",
        "lambda th, x, a, r, g: np.einsum('td,ta->da', x, Categorical(x @ th).log_prob_gradient(a)) * np.polyval(r[::-1], g)",
    ],
    "16.2": ["[8, -0.4, 1.28]", "np.array([8.0, -0.4, 1.28])"],
    "16.3": [
        "lambda X, Y: np.mean(np.sum(X * Y, axis=1)) / np.mean(np.sum(Y * Y, axis=1))",
        "lambda X, Y: np.linalg.lstsq(Y.reshape(-1, 1), X.ravel(), rcond=None)[0][0]",
    ],
    "16.4": [
        "lambda r, v, n, end, cut, g, l: gae(r, v, n, end, cut, g, l)",
        """
def from_behind(r, v, n, end, cut, g, l):
    out, after = [], 0.0
    for t in range(len(r) - 1, -1, -1):
        delta = r[t] - v[t] + (0.0 if end[t] else g * n[t])
        after = delta + (0.0 if end[t] or cut[t] else g * l * after)
        out.insert(0, after)
    return out
""",
    ],
    "16.5": ["0.96", "0.964", "np.float64(0.9639)"],
}

MUTANTS = {
    "16.1": {
        "lambda *x: right(*x, sign=-1)": "direction is turned round",
        "lambda th, x, a, r, g: right(th, x, a, r, g, np.ones(len(r)))": "return is missing",
        "lambda th, x, a, r, g: right(th, x, a, r, 1.0)": "count in full",
        "lambda th, x, a, r, g: right(th, x, a, r[::-1], g)": "from the wrong end",
        "lambda th, x, a, r, g: right(th, x, a, g * r, g)": "first reward is discounted too",
        "lambda th, x, a, r, g: right(th, x, a, r, g, r)": "its own reward only",
        "lambda th, x, a, r, g: right(th, x, a, r, g, summed(r, 0 * r, g))": "comes later in the chapter",
        "lambda th, x, a, r, g: right(th, x, a, r, g) / len(r)": "steps are averaged",
        "lambda th, x, a, r, g: (r @ g ** np.arange(len(r))) * x.T @ np.eye(th.shape[1])[a]": "what has the policy to lose",
        "lambda th, x, a, r, g: right(th, x, Categorical(x @ th).mode(), r, g)": "Which ones were drawn",
        """
def probability(th, x, a, r, g):
    p = Categorical(x @ th)
    return (r @ g ** np.arange(len(r))) * x.T @ (np.exp(p.log_prob(a))[:, None] * p.log_prob_gradient(a))
""": "Where is the logarithm",
        "lambda th, x, a, r, g: right(th, x, a, r, g) + 0.1": "Try it with one step",
        "lambda th, x, a, r, g: right(th, x, a, r, g).T": "should have shape (3, 2)",
        "def f(theta, x, a, r, g):\n    theta += right(theta, x, a, r, g)\n    return theta": "changes its argument `theta`",
    },
    "16.2": {
        "[8, 0.4, 1.92]": "mind the sign",
        "[8, -0.4, 3.8]": "not half and half",
        "[8, -0.4, 7.6]": "How often does each of them come",
        "[0.8, -0.2, 0]": "What do they pay",
        "[8, -0.4, 3.6]": "expected payment",
        "[5.12, 0.32, 1.28]": "baseline is already in it",
        "[-8, 0.4, -1.28]": "logit of the second",
        "[1.6, -0.32, 1.28]": "weighted with their probabilities already",
        "[1, 2, 3]": "Then times the payment",
        "[8, -0.4]": "should have shape (3,)",
    },
    "16.3": {
        "lambda X, Y: -(X * Y).sum() / (Y * Y).sum()": "sign is turned",
        "lambda X, Y: (Y * Y).sum() / (X * Y).sum()": "are exchanged",
        "lambda X, Y: np.mean((X * Y).sum(axis=1) / (Y * Y).sum(axis=1))": "counts alike",
        "lambda X, Y: (X * Y).sum() / (X * X).sum()": "does b stand at",
        "lambda X, Y: np.linalg.norm(X) / np.linalg.norm(Y)": "ratio of lengths",
        "lambda X, Y: (X * Y).sum() / len(X) / (Y * Y).sum()": "once, not twice",
        "lambda X, Y: (X * Y).sum() / (Y * Y).sum(axis=1).mean()": "the denominator a mean",
        "lambda X, Y: 2 * (X * Y).sum() / (Y * Y).sum()": "brings a 2 on both sides",
        "lambda X, Y: X.sum() / Y.sum()": "where is the product",
        "lambda X, Y: np.mean(X / Y)": "thrown about",
        "lambda X, Y: X.mean()": "lowest point",
        "lambda X, Y: (X * Y).sum(axis=1) / (Y * Y).sum(axis=1)": "should be one number",
    },
    "16.4": {
        "lambda r, v, n, end, cut, g, l: gae(r, v, n, end | cut, 0 * cut, g, l)": "cut is taken for an end",
        "lambda r, v, n, end, cut, g, l: gae(r, v, n, end, 0 * cut, g, l)": "over a cut",
        "lambda r, v, n, end, cut, g, l: summed(r + g * ~end * n - v, 0 * r, g * l)": "over the ends of episodes",
        "lambda r, v, n, end, cut, g, l: gae(r, v, n, 0 * end, end | cut, g, l)": "whose value do you add",
        "lambda r, v, n, end, cut, g, l: gae(r, v, n, end, cut, g, 0)": "TD errors alone",
        "lambda r, v, n, end, cut, g, l: summed(r + g * ~end * n - v, end | cut, l)": "forgets gamma",
        "lambda r, v, n, end, cut, g, l: summed(r + g * ~end * n - v, end | cut, g)": "forgets lambda",
        "lambda r, v, n, end, cut, g, l: gae(r, 0 * v, n, end, cut, g, l)": "is not taken off",
        "lambda r, v, n, end, cut, g, l: gae(r, v, np.append(v[1:], n[-1]), end, cut, g, l)": "value of the next row",
        "lambda r, v, n, end, cut, g, l: summed(r + ~end * n - v, end | cut, g * l)": "counts in full",
        "lambda r, v, n, end, cut, g, l: v + gae(r, v, n, end, cut, g, l)": "target of the critic",
        "lambda r, v, n, end, cut, g, l: -gae(r, v, n, end, cut, g, l)": "wrong sign",
        "lambda r, v, n, end, cut, g, l: gae(r, v, n, cut, end, g, l)": "flags are exchanged",
        "lambda r, v, n, end, cut, g, l: summed((r + g * ~end * n - v)[::-1], (end | cut)[::-1], g * l)[::-1]": "from the front",
        "lambda r, v, n, end, cut, g, l: gae(r, v, n, end, cut, g, l) + 1": "cut after the second",
        "lambda r, v, n, end, cut, g, l: gae(r, v, n, end, cut, g, l)[:, None]": "should have shape (12,)",
    },
    "16.5": {
        "96": "between -1 and 1",
        "1.0": "Did you discount both",
        "0.93": "both lengths, once each",
        "0.27": "the angle itself",
        "0.99": "keep their discount",
        "[0.96]": "should be one number",
        "0.5": "more similar directions",
        "0.98": "less similar directions",
    },
}
