"""Right and wrong answers to the exercises of notebook 02."""

SETUP = """
import numpy as np
from helpers.envs import MEADOW, MEADOW_RULES, GridWorld
from helpers.envs.arrays import arrays_from
from helpers.exact import bellman_optimality, value_iteration
start = GridWorld(MEADOW, **MEADOW_RULES).starts[0]
gamma = 0.95

def ways(outcomes, num_states, num_actions, weight=lambda p: p, keep=1, ends=True, stays=True, home=None):
    P, R = np.zeros((num_states, num_actions, num_states)), np.zeros((num_states, num_actions))
    for (s, a), rows in outcomes.items():
        for p, to, r, end in rows:
            if ends or not end:
                P[s, a, to] = keep * P[s, a, to] + weight(p)
                R[s, a] = keep * R[s, a] + weight(p) * r
        if not rows and stays:
            P[s, a, s if home is None else home] = 1
    return P, R
"""

VARIANTS = {
    "2.1": [
        """
def loops(outcomes, num_states, num_actions):
    P, R = [], []
    for s in range(num_states):
        P.append([])
        R.append([])
        for a in range(num_actions):
            row = [0.0] * num_states
            for p, to, r, _ in outcomes[s, a] or [(1.0, s, 0.0, True)]:
                row[to] += p
            P[-1].append(row)
            R[-1].append(float(sum(p * r for p, _, r, _ in outcomes[s, a])))
    return P, R
""",
        """
def at_once(outcomes, num_states, num_actions):
    flat = [(s, a, to, p, r) for (s, a), rows in outcomes.items() for p, to, r, _ in rows or [(1, s, 0, True)]]
    s, a, to, p, r = map(np.array, zip(*flat))
    P, R = np.zeros((num_states, num_actions, num_states)), np.zeros((num_states, num_actions))
    np.add.at(P, (s, a, to), p)
    np.add.at(R, (s, a), p * r)
    return [P, R]
""",
    ],
    "2.2": [
        "lambda q, P, R, gamma: R + gamma * np.einsum('sat,t->sa', P, q.max(axis=1))",
        """
def loops(q, P, R, gamma):
    new = []
    for s in range(len(R)):
        new.append([R[s, a] + gamma * sum(P[s, a, n] * max(q[n]) for n in range(len(R))) for a in range(R.shape[1])])
    return new
""",
    ],
    "2.4": ["[-1, 3, 3]", "np.array([-1.0, 3.0, 3.0])", "(-1, 6 / 2, 3)"],
    "2.5": [
        "lambda q, P, R, policy, gamma: R + gamma * np.einsum('ijk,kl,kl->ij', P, policy, q)",
        """
def loops(q, P, R, policy, gamma):
    new = R.astype(float).copy()
    for s in range(R.shape[0]):
        for a in range(R.shape[1]):
            for n in range(R.shape[0]):
                new[s, a] += gamma * P[s, a, n] * sum(policy[n][b] * q[n][b] for b in range(R.shape[1]))
    return new.tolist()
""",
    ],
    "2.3": [
        "lambda v, P, R, gamma: [int(np.argmax([R[s, a] + gamma * P[s, a] @ v for a in range(R.shape[1])])) for s in range(len(v))]",
        "lambda v, P, R, gamma: np.argsort(R + gamma * np.tensordot(P, v, 1), axis=1)[:, -1].astype(np.int32)",
    ],
    "2.6": ["0.27", "0.265", "np.float64(0.2672)"],
}

MUTANTS = {
    "2.1": {
        "lambda o, S, A: ways(o, S, A, weight=lambda p: 1.0)": "where is the probability",
        "lambda o, S, A: (ways(o, S, A)[0], ways(o, S, A, keep=0)[1])": "only the last of the rewards",
        "lambda o, S, A: ways(o, S, A, ends=False)": "belongs to the action that leads there",
        "lambda o, S, A: (ways(o, S, A, keep=0)[0], ways(o, S, A)[1])": "Their probabilities add up",
        "lambda o, S, A: ways(o, S, A, stays=False)": "row of zeros",
        "lambda o, S, A: (ways(o, S, A, ends=False)[0], ways(o, S, A)[1])": "Entering a goal is a transition too",
        "lambda o, S, A: (ways(o, S, A, weight=lambda p: 1.0)[0], ways(o, S, A)[1])": "You count the ways",
        "lambda o, S, A: (ways(o, S, A)[0].T, ways(o, S, A)[1])": "wrong way round",
        "lambda o, S, A: ways(o, S, A, home=0)": "not to the first state",
        "lambda o, S, A: (ways(o, S, A)[0], -ways(o, S, A)[1])": "sign of a cost",
        "lambda o, S, A: (ways(o, S, A)[0], ways(o, S, A)[1] + 0.5)": "Try one cell by hand",
        "lambda o, S, A: (ways(o, S, A)[0] + 0.5, ways(o, S, A)[1])": "sum of the probabilities of all the ways",
        "lambda o, S, A: ways(o, S, A)[0]": "Give back both",
        "lambda o, S, A: (ways(o, S, A)[0], ways(o, S, A)[1].sum(1))": "R should have shape (5, 3)",
        "lambda o, S, A: (ways(o, S, A)[0].sum(1), ways(o, S, A)[1])": "P should have shape (5, 3, 5)",
        "def f(o, S, A):\n    out = ways(o, S, A)\n    o.clear()\n    return out": "changes its argument `o`",
    },
    "2.2": {
        "lambda q, P, R, g: R + g * P @ q.mean(1)": "count alike here. It takes the best",
        "lambda q, P, R, g: R + g * P @ q.min(1)": "the worst action",
        "lambda q, P, R, g: R + g * P @ q.sum(1)": "added up",
        "lambda q, P, R, g: R + g * q.max()": "largest value anywhere",
        "lambda q, P, R, g: R + P @ q.max(1)": "where is the discount",
        "lambda q, P, R, g: g * P @ q.max(1)": "reward of this step is not there",
        "lambda q, P, R, g: R - g * P @ q.max(1)": "wrong sign",
        "lambda q, P, R, g: g * (R + P @ q.max(1))": "comes at once",
        "lambda q, P, R, g: R + g**2 * P @ q.max(1)": "discounted twice",
        "lambda q, P, R, g: q + R + g * P @ q.max(1)": "mixes in the old guess",
        "lambda q, P, R, g: R + g * P @ q.max(1) - q": "difference from the old guess",
        "lambda q, P, R, g: R + g * q.max(1)[:, None]": "value of the state itself",
        "lambda q, P, R, g: R + g * q.max(1).mean()": "next states count alike",
        "lambda q, P, R, g: R + g * np.einsum('tas,t->sa', P, q.max(1))": "read backwards",
        "lambda q, P, R, g: R + g * P @ q[:, 0]": "first action of the next state",
        "lambda q, P, R, g: (R + g * P @ q.max(1)).max(1)": "should have shape (5, 3), but its shape is (5,)",
        "lambda q, P, R, g: R + g * P @ q.max(0)": "The shapes do not fit. `P` (5, 3, 5)",
        "lambda q, P, R, g: R + g * np.max(P @ q, axis=2)": "first the best of each state, then the average",
        "lambda q, P, R, g: R + g * P @ q.argmax(1)": "`argmax` gives the place",
        "lambda q, P, R, g: q + 0.5 * (R + g * P @ q.max(1) - q)": "only a part of the way",
        "lambda q, P, R, g: R + np.ones(4) * q": "ValueError: operands",
        "lambda q, P, R, g: R + g * P @ q.max(1) + 0.1": "With two states on paper",
        "def f(q, P, R, g):\n    q[:] = R + g * P @ q.max(1)\n    return q": "changes its argument `q`",
        "def f(q, P, R, g):\n    R += g * P @ q.max(1)\n    return R": "changes its argument `R`",
    },
    "2.4": {
        "[3, 3, 3]": "has not come yet",
        "[-1, 7, 7]": "discounted once for each step",
        "[-1, -1, 3]": "A hears it in sweep 2",
        "[0, 4, 4]": "costs something too",
        "[-1, 2, 5]": "not added to",
        "[-1, -1.5, -1.75]": "not arrive at all",
        "[8, 8, 8]": "the values of B",
        "[1, 2, 3]": "uses only the row above",
        "3": "should have shape (3,), but its shape is ()",
        "'-1, 3, 3'": "should be an array, but it is str",
    },
    "2.5": {
        "lambda q, P, R, p, g: R + g * P @ q.max(1)": "The policy may take another",
        "lambda q, P, R, p, g: R + g * P @ q.mean(1)": "count alike",
        "lambda q, P, R, p, g: R + P @ (p * q).sum(1)": "where is the discount",
        "lambda q, P, R, p, g: g * P @ (p * q).sum(1)": "reward of this step is not there",
        "lambda q, P, R, p, g: R - g * P @ (p * q).sum(1)": "wrong sign",
        "lambda q, P, R, p, g: g * (R + P @ (p * q).sum(1))": "reward is discounted too",
        "lambda q, P, R, p, g: p * (R + g * P @ q.sum(1))": "you weighted the first action",
        "lambda q, P, R, p, g: R + g * (p * q).sum(1)[:, None]": "value of the cell itself",
        "lambda q, P, R, p, g: p * R + g * P @ (p * q).sum(1)": "reward is weighted too",
        "lambda q, P, R, p, g: (p * R).sum(1)[:, None] + g * P @ (p * q).sum(1)": "R is averaged",
        "lambda q, P, R, p, g: R + g * P @ (p * q).max(1)": "largest of the weighted values",
        "lambda q, P, R, p, g: R + g * P @ (p * q).mean(1)": "divided by nothing",
        "lambda q, P, R, p, g: R + g * P @ (p * q).sum(0)": "Which axis of `q` (5, 3) goes",
        "lambda q, P, R, p, g: (R + g * P @ (p * q).sum(1)).sum(1)": "should have shape (5, 3), but its shape is (5,)",
        "def f(q, P, R, p, g):\n    R += g * P @ (p * q).sum(1)\n    return R": "changes its argument `R`",
        "def f(q, P, R, p, g):\n    q[:] = R + g * P @ (p * q).sum(1)\n    return q": "changes its argument `q`",
    },
    "2.3": {
        "lambda v, P, R, g: R + g * P @ v": "values of all actions",
        "lambda v, P, R, g: (R + g * P @ v).max(1)": "values of the best actions",
        "lambda v, P, R, g: (R + g * P @ v).argmin(1)": "worst action",
        "lambda v, P, R, g: R.argmax(1)": "next reward only",
        "lambda v, P, R, g: (R + g * v[:, None]).argmax(1)": "the same for all its actions",
        "lambda v, P, R, g: (P @ v).argmax(1)": "rewards on the way",
        "lambda v, P, R, g: (R + P @ v).argmax(1)": "where is the discount",
        "lambda v, P, R, g: (R - g * P @ v).argmax(1)": "wrong sign",
        "lambda v, P, R, g: (R + g * P @ v).argmax(1) + 1": "count the actions from 1",
        "lambda v, P, R, g: (R + g * P @ v).argmax(0)": "should have shape (30,), but its shape is (3,)",
        "lambda v, P, R, g: (R + g * P @ v).argmax(1).astype(float)": "should hold whole numbers",
        "lambda v, P, R, g: np.random.randint(R.shape[1], size=len(R))": "global random generator",
    },
    "2.6": {
        "27": "0.25 and not 25",
        "0.2": "as it was",
        "0.13": "both sides together",
        "0.22": "It may be wetter",
        "0.5": "That is too wet",
        "0.256": "worth +0.028",
        "0.26": "worth +0.020",
        "0.275": "worth -0.011",
        "None": "`None`",
    },
}
