"""Right and wrong answers to the exercises of notebook 09."""

SETUP = """
import numpy as np
from helpers.updates import q_learning_target

def tried(target, reward=(1.0, 2.0, 3.0, 4.0), next_q=((5.0, 9.0), (8.0, 3.0), (7.0, 6.0), (4.0, -2.0)),
          ends=(False, True, False, True), cut=(False, False, True, True), gamma=0.5, room=1e-4):
    reward, next_q, ends, cut = map(np.array, (reward, next_q, ends, cut))
    wanted = reward + gamma * (1 - ends) * next_q.max(axis=1)
    return bool(np.allclose(target(reward, next_q, ends, cut, gamma), wanted, rtol=0, atol=room))

def wanted(network, other, obs, action, reward, next_obs, terminated, gamma, next_q=None):
    answer = network(obs).copy()
    next_q = other(next_obs) if next_q is None else next_q
    answer[np.arange(len(obs)), action] = q_learning_target(reward, next_q, terminated, gamma)
    return answer
"""

VARIANTS = {
    "9.1": ["(83.5, 16.8)", "[1 / (1 - 0.99 * 0.998), 1 / (1 - 0.99 * 0.95)]", "np.array([83.47, 16.81])"],
    "9.2": [
        "tried",
        """
def drawn(target):
    rng = np.random.default_rng(3)
    for _ in range(20):
        r, q, (end, cut) = rng.normal(size=6), rng.normal(size=(6, 3)), rng.random((2, 6)) < 0.5
        said = target(r, q, end, cut, 0.7)
        for b in range(6):
            if abs(said[b] - (r[b] if end[b] else r[b] + 0.7 * max(q[b]))) > 1e-3:
                return False
    return True
""",
    ],
    "9.3": [
        """
def where(network, other, obs, action, reward, next_obs, terminated, gamma):
    q, best = network(obs), other(next_obs).max(axis=1)
    target = reward + gamma * (1 - terminated) * best
    return np.where(np.arange(q.shape[1]) == action[:, None], target[:, None], q)
""",
        """
def row_by_row(network, other, obs, action, reward, next_obs, terminated, gamma):
    q, next_q = network(obs).tolist(), other(next_obs)
    for b in range(len(obs)):
        q[b][action[b]] = reward[b] + (0 if terminated[b] else gamma * next_q[b].max())
    return q
""",
    ],
}

MUTANTS = {
    "9.1": {
        "(100, 100)": "the right mask",
        "(1, 1)": "last step alone",
        "(99.34, 18.21)": "have to see the clock",
        "(16.81, 83.47)": "exchanged",
        "(500, 20)": "Those are the returns",
        "(99.8, 95)": "shrink the value once",
        "(90, 16.8)": "The long clock: write",
        "(83.5, 20)": "The long clock is right",
        "83.5": "should have shape (2,)",
        "('83', '16')": "should be an array",
    },
    "9.2": {
        "lambda target: True": "cannot fail",
        "lambda target: False": "It rejects a right target.",
        "lambda target: tried(target, reward=(0.1, 0.2, 0.3, 0.7), room=0)": "Leave room for rounding",
        "def f(target):\n    assert tried(target)": "returns `None`",
        "lambda target: 'good'": "Return True or False",
        "lambda target: tried(target, ends=(False,) * 4)": "has no mask",
        "lambda target: tried(target, cut=(False,) * 4)": "lets the clock end the world",
        "lambda target: tried(target, gamma=1.0)": "forgets gamma",
        "lambda target: tried(target, gamma=0.0)": "has no mask",
        "lambda target: tried(target, reward=(0.0,) * 4)": "masks the reward too",
        "lambda target: tried(target, reward=(1.0,) * 4)": "rewards of the batch in reverse",
        "lambda target: tried(target, next_q=((9.0, 9.0),) * 4)": "mean over the actions",
        "lambda target: tried(target, next_q=((5.0, 9.0), (3.0, 8.0), (6.0, 7.0), (-2.0, 4.0)))": "takes the last action",
        "lambda target: tried(target, (1.0,), ((5.0, 9.0),), (False,), (True,))": "has no mask",
    },
    "9.3": {
        "lambda n, o, obs, *x: n(obs).copy()": "answers as they are",
        "def f(n, o, obs, a, r, nx, t, g):\n    q = n(obs).copy()\n    q[:, a] = q_learning_target(r, o(nx), t, g)[:, None]\n    return q": "in *every* row",
        "lambda n, o, obs, a, r, nx, t, g: np.tile(q_learning_target(r, o(nx), t, g)[:, None], n(obs).shape[1])": "Every action gets",
        "lambda n, o, obs, a, r, nx, t, g: np.where(np.arange(n(obs).shape[1]) == a[:, None], q_learning_target(r, o(nx), t, g)[:, None], 0)": "you say 0",
        "lambda n, o, obs, a, r, nx, t, g: wanted(n, o, obs, a, r, nx, 0 * t, g)": "No mask",
        "lambda n, o, obs, a, r, nx, t, g: wanted(n, o, obs, a, r, nx, t, g, nx @ n.weights)": "target network was to make",
        "lambda n, o, obs, a, r, nx, t, g: wanted(n, o, obs, a, r, nx, t, g, np.full((len(obs), 1), o(nx).max()))": "whole batch",
        "def f(n, o, obs, a, r, nx, t, g):\n    q = n(obs).copy()\n    q[np.arange(len(q)), a] += q_learning_target(r, o(nx), t, g)\n    return q": "Replace the number",
        "def f(n, o, obs, a, r, nx, t, g):\n    q = n(obs)\n    q[np.arange(len(q)), a] = q_learning_target(r, o(nx), t, g)\n    return q": "Make a copy",
        "lambda *x: [wanted(x[0], x[1], *(part[b : b + 1] for part in x[2:7]), x[7])[0] for b in range(len(x[2]))]": "called 6 times",
        "lambda n, o, obs, *x: [n(row) for row in obs]": "takes a batch",
        "lambda n, o, obs, a, r, nx, t, g: q_learning_target(r, o(nx), t, g)": "should have shape (6, 2)",
        "lambda *x: wanted(*x) + 1": "Compare one row",
    },
}
