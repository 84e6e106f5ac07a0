"""Right and wrong answers to the exercises of notebook 02."""

SETUP = """
import numpy as np
from helpers.envs import MEADOW, MEADOW_RULES, GridWorld
from helpers.exact import bellman_optimality, value_iteration
start = GridWorld(MEADOW, **MEADOW_RULES).starts[0]
gamma = 0.95
"""

VARIANTS = {
    "2.1": ["[-1, 3, 3]", "np.array([-1.0, 3.0, 3.0])", "(-1, 6 / 2, 3)"],
    "2.2": [
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
    "2.4": ["0.27", "0.265", "np.float64(0.2672)"],
}

MUTANTS = {
    "2.1": {
        "[3, 3, 3]": "has not come yet",
        "[-1, 7, 7]": "discounted once for each step",
        "[-1, -1, 3]": "earlier than you think",
        "[0, 4, 4]": "costs something too",
        "[-1, 2, 5]": "not added to",
        "[-1, -1.5, -1.75]": "not arrive at all",
        "[8, 8, 8]": "the values of B",
        "[1, 2, 3]": "B goes first",
        "3": "should have shape (3,), but its shape is ()",
        "'-1, 3, 3'": "should be an array, but it is str",
    },
    "2.2": {
        "lambda q, P, R, p, g: R + g * P @ q.max(1)": "The policy may take another",
        "lambda q, P, R, p, g: R + g * P @ q.mean(1)": "count alike",
        "lambda q, P, R, p, g: R + P @ (p * q).sum(1)": "where is the discount",
        "lambda q, P, R, p, g: g * P @ (p * q).sum(1)": "reward of this step is not there",
        "lambda q, P, R, p, g: R - g * P @ (p * q).sum(1)": "wrong sign",
        "lambda q, P, R, p, g: g * (R + P @ (p * q).sum(1))": "reward is discounted too",
        "lambda q, P, R, p, g: p * (R + g * P @ q.sum(1))": "you weighted the first action",
        "lambda q, P, R, p, g: R + g * (p * q).sum(1)[:, None]": "value of the cell itself",
        "lambda q, P, R, p, g: R + g * P @ (p * q).sum(0)": "ValueError",
        "lambda q, P, R, p, g: (R + g * P @ (p * q).sum(1)).sum(1)": "should have shape (5, 3), but its shape is (5,)",
        "def f(q, P, R, p, g):\n    R += g * P @ (p * q).sum(1)\n    return R": "changes its argument `R`",
        "def f(q, P, R, p, g):\n    q[:] = R + g * P @ (p * q).sum(1)\n    return q": "changes its argument `q`",
    },
    "2.3": {
        "lambda v, P, R, g: R + g * P @ v": "values of all actions",
        "lambda v, P, R, g: (R + g * P @ v).max(1)": "values of the best actions",
        "lambda v, P, R, g: (R + g * P @ v).argmin(1)": "worst action",
        "lambda v, P, R, g: R.argmax(1)": "next reward only",
        "lambda v, P, R, g: (P @ v).argmax(1)": "rewards on the way",
        "lambda v, P, R, g: (R + P @ v).argmax(1)": "where is the discount",
        "lambda v, P, R, g: (R - g * P @ v).argmax(1)": "wrong sign",
        "lambda v, P, R, g: (R + g * P @ v).argmax(1) + 1": "count the actions from 1",
        "lambda v, P, R, g: (R + g * P @ v).argmax(0)": "should have shape (30,), but its shape is (3,)",
        "lambda v, P, R, g: (R + g * P @ v).argmax(1).astype(float)": "should hold whole numbers",
        "lambda v, P, R, g: np.random.randint(R.shape[1], size=len(R))": "global random generator",
    },
    "2.4": {
        "27": "0.25 and not 25",
        "0.2": "as it was",
        "0.13": "both sides together",
        "0.22": "It may be wetter",
        "0.5": "That is too wet",
        "0.256": "Go on to two decimals",
        "None": "`None`",
    },
}
