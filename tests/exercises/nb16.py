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
        "lambda th, x, a, r, g: right(th, x, a, r, g).astype(np.float32)",
        """
def by_moving_each_parameter(theta, x, action, reward, gamma):
    def log_probability(theta):
        return Categorical(x @ theta).log_prob(action).sum()
    g = np.zeros(theta.shape)
    for place in np.ndindex(*theta.shape):
        move = np.zeros(theta.shape)
        move[place] = 1e-5
        g[place] = (log_probability(theta + move) - log_probability(theta - move)) / 2e-5
    return g * sum(gamma**t * r for t, r in enumerate(reward))
""",
        """
def in_single_precision(theta, x, action, reward, gamma):
    theta, x, reward = theta.astype(np.float32), x.astype(np.float32), reward.astype(np.float32)
    weights = np.exp(x @ theta)
    score = np.eye(theta.shape[1], dtype=np.float32)[action] - weights / weights.sum(axis=1, keepdims=True)
    return x.T @ score * np.float32(np.polyval(reward[::-1], gamma))
""",
    ],
    "16.2": ["[8, -0.4, 1.28]", "np.array([8.0, -0.4, 1.28])", "(10 * 0.8, 2 * -0.2, 8 * 0.2 * 0.8)"],
    "16.3": [
        "lambda X, Y: np.mean(np.sum(X * Y, axis=1)) / np.mean(np.sum(Y * Y, axis=1))",
        "lambda X, Y: np.linalg.lstsq(Y.reshape(-1, 1), X.ravel(), rcond=None)[0][0]",
        "lambda X, Y: np.vdot(X, Y) / np.vdot(Y, Y)",
        "lambda X, Y: np.trace(X.T @ Y) / np.linalg.norm(Y) ** 2",
        """
def by_the_parabola(X, Y):
    at = np.array([-1.0, 0.0, 1.0])
    a, b, c = np.polyfit(at, [((X - b * Y) ** 2).sum() for b in at], 2)
    return -b / (2 * a)
""",
        """
def by_search(X, Y):
    low, high = -1e3, 1e3
    for _ in range(200):
        one, other = low + (high - low) / 3, high - (high - low) / 3
        if ((X - one * Y) ** 2).sum() < ((X - other * Y) ** 2).sum():
            high = other
        else:
            low = one
    return (low + high) / 2
""",
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
        """
def from_the_definition(r, v, n, end, cut, g, l):
    out = np.zeros(len(r))
    for t in range(len(r)):
        weight = 1.0
        for k in range(t, len(r)):
            out[t] += weight * (r[k] + (0.0 if end[k] else g * n[k]) - v[k])
            weight *= g * l
            if end[k] or cut[k]:
                break
    return out
""",
        """
def as_a_matrix(r, v, n, end, cut, g, l):
    delta = r + g * np.where(end, 0, n) - v
    onward = np.diag((g * l * ~(end | cut))[:-1], 1)
    return np.linalg.solve(np.eye(len(r)) - onward, delta)
""",
        """
def mean_of_n_step_returns(r, v, n, end, cut, g, l):
    out = []
    for t in range(len(r)):
        total, weight, advantage, k = 0.0, 1.0, 0.0, t
        while True:
            total += g ** (k - t) * r[k]
            there = total + (0.0 if end[k] else g ** (k - t + 1) * n[k]) - v[t]
            if end[k] or cut[k] or k == len(r) - 1:
                out.append(advantage + weight * there)
                break
            advantage, weight, k = advantage + weight * (1 - l) * there, weight * l, k + 1
    return out
""",
        "lambda r, v, n, end, cut, g, l: gae(r, v, n, end, cut, g, l).astype(np.float32)",
    ],
    "16.5": ["0.96", "0.964", "np.float64(0.9639)", "0.9639334"],
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
        "lambda th, x, a, r, g: right(th, x, a, r, g, g ** np.arange(len(r)) * summed(r, 0 * r, g))": "right on average",
        "lambda th, x, a, r, g: right(th, x, a, r, g, g ** np.arange(len(r)) * r)": "its own part of the return",
        "lambda th, x, a, r, g: right(th, x, a, r, g, g ** np.arange(len(r)) * (r @ g ** np.arange(len(r))))": "one number pays all",
        "lambda th, x, a, r, g: right(th, x, a, r, g, np.full(len(r), r.mean()))": "Rewards are averaged",
        "lambda th, x, a, r, g: (r @ g ** np.arange(len(r))) * np.outer(x.sum(axis=0), Categorical(x @ th).log_prob_gradient(a).sum(axis=0))": "features and scores apart",
        "lambda th, x, a, r, g: th + right(th, x, a, r, g)": "theta after the step",
        "lambda th, x, a, r, g: (r @ g ** np.arange(len(r))) * x.T @ Categorical(x @ th).log_probs": "logarithms themselves",
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
        "[8, -1.6, 1.28]": "Whose logit do we look at",
        "[8, 0, 1.6]": "its probability falls",
        "[8, -0.4, 3.8]": "not half and half",
        "[8, -0.4, 7.6]": "How often does each of them come",
        "[0.8, -0.2, 0]": "What do they pay",
        "[8, -0.4, 3.6]": "expected payment",
        "[8, -0.4, 8]": "slope along the probability",
        "[8, -0.4, -1.28]": "the first action pays more",
        "[8, -0.4, 1]": "The first two numbers are right",
        "[8, 5, 1.28]": "The second number is not right yet",
        "[5.12, 0.32, 1.28]": "baseline is already in it",
        "[-8, 0.4, -1.28]": "logit of the second",
        "[1.6, -0.32, 1.28]": "weighted with their probabilities already",
        "[2, 1.6, 3.6]": "payment times the probability",
        "[10, 2, 3.6]": "By which score",
        "[1, 2, 3]": "The first number is not right yet",
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
        "lambda X, Y: (X * Y).sum() / (2 * (Y * Y).sum())": "no half is left",
        "lambda X, Y: np.mean((X * Y).sum(axis=0) / (Y * Y).sum(axis=0))": "One b serves all",
        "lambda X, Y: ((X - X.mean(axis=0)) * (Y - Y.mean(axis=0))).sum() / ((Y - Y.mean(axis=0)) ** 2).sum()": "took the means",
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
        "lambda r, v, n, end, cut, g, l: summed(r + g * ~end * n - v, cut, g * l)": "over a termination",
        "lambda r, v, n, end, cut, g, l: summed(r + g * ~end * n - v, np.append((end | cut)[1:], False), g * l)": "too soon",
        "lambda r, v, n, end, cut, g, l: summed(r + g * ~end * n - v, np.append(False, (end | cut)[:-1]), g * l)": "too late",
        "lambda r, v, n, end, cut, g, l: summed(r + g * (cut | ~end) * n - v, end | cut, g * l)": "Both flags may come at once",
        "lambda r, v, n, end, cut, g, l: summed(r + g * ~end * np.append(n[:-1], 0) - v, end | cut, g * l)": "middle of an episode",
        "lambda r, v, n, end, cut, g, l: summed(r + g * ~end * np.append(v[1:], 0) - v, end | cut, g * l)": "behind the last row none",
        "lambda r, v, n, end, cut, g, l: (1 - l) * gae(r, v, n, end, cut, g, l)": "need none",
        "lambda r, v, n, end, cut, g, l: gae(r, v, n, end, cut, g, l) + 1": "cut after the second",
        "lambda r, v, n, end, cut, g, l: gae(r, v, n, end, cut, g, l)[:, None]": "should have shape (12,)",
    },
    "16.5": {
        "96": "between -1 and 1",
        "1.0": "Did you discount both",
        "0.93": "both lengths, once each",
        "0.27": "the angle itself",
        "0.99": "only the visits change",
        "0.9655": "it is the visits that change",
        "0.973": "probabilities of the policy are missing",
        "0.976": "visits alone",
        "0.036": "1 minus the cosine",
        "[0.96]": "should be one number",
        "0.5": "more similar directions",
        "0.985": "less similar directions",
    },
}
