"""Right and wrong answers to the exercises of notebook 09."""

SETUP = """
import numpy as np
from helpers.evaluation import mean_interval
from helpers.updates import q_learning_target
CHANCE, THRESHOLD = 22.1, 475

def step_with(over):
    def step(self, action):
        next_obs, reward, terminated, truncated, _ = self.env.step(action)
        return next_obs, reward, over(terminated, truncated)
    return step

def judged(returns, chance, low=lambda means: mean_interval(means)[0], count=lambda means: (means >= 475).sum()):
    means = returns.mean(axis=1)
    assert low(means) > chance
    return int(count(means))

def target_with(rule):
    def target(self, reward, next_obs, over):
        return float(rule(self, reward, self.values(self.target_network, next_obs), over))
    return target

def tries(q, step, rng, epsilon=lambda step: max(0.05, 1 - 0.95 * step / 10_000)):
    if rng.random() < epsilon(step):
        return int(rng.integers(len(q)))
    return int(np.argmax(q))

def copy_at(when):
    def copy(network, target_network, step, every):
        if when(step, every):
            target_network.set_weights(network.get_weights())
        return bool(when(step, every))
    return copy

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
    "9.1": [
        "step_with(lambda end, cut: end or cut)",
        "step_with(lambda end, cut: np.bool_(end + cut))",
        "def step(self, action):\n    result = self.env.step(action)\n    return [*result[:2], any(result[2:4])]",
    ],
    "9.2": [
        "judged",
        "def f(returns, chance):\n    means = returns.mean(1)\n    if mean_interval(means)[0] <= chance:\n        raise AssertionError('nothing learnt')\n    return np.sum(means >= 475)",
        "lambda returns, chance: judged(returns, chance, low=lambda m: m.mean() - 2.3 * m.std(ddof=1) / len(m) ** 0.5)",
    ],
    "9.3": [
        "target_with(lambda a, r, q, over: r + a.gamma * (1 - over) * q.max())",
        "target_with(lambda a, r, q, over: r if over else r + a.gamma * q[0].max())",
    ],
    "9.4": [
        "tries",
        "def f(q, step, rng):\n    left = max(0, 10_000 - step) / 10_000\n    greedy = rng.random() >= 0.05 + 0.95 * left\n    return q.argmax() if greedy else rng.integers(q.size)",
    ],
    "9.5": [
        "copy_at(lambda step, every: step % every == 0)",
        "def f(network, target_network, step, every):\n    if step % every:\n        return False\n    target_network.set_weights([w.copy() for w in network.get_weights()])\n    return True",
    ],
    "9.7": ["(83.5, 16.8)", "[1 / (1 - 0.99 * 0.998), 1 / (1 - 0.99 * 0.95)]", "np.array([83.47, 16.81])"],
    "9.6": [
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
    "9.8": [
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

ALIKE = {  # more of those that get a hint which a mutant gets, too
    "9.2": {
        "def f(returns, chance):\n    means = returns.mean(axis=1)\n    assert (means > chance).mean() > 0.5\n    return (means >= 475).sum()": "most of them are above it",
        "lambda returns, chance: judged(returns, chance, low=lambda m: np.percentile(m, 2.5))": "how sure the mean is",
        "lambda returns, chance: judged(returns, chance, low=lambda m: m.mean() - 2 * m.std())": "how sure the mean is",
        "lambda returns, chance: judged(returns, chance, low=lambda m: m.mean() - m.std())": "how sure the mean is",
    },
    "9.5": {
        "def f(network, target_network, step, every):\n    if step % every == 0:\n        target_network = network\n    return step % every == 0": "A new name for `network`",
    },
}

MUTANTS = {
    "9.1": {
        "step_with(lambda end, cut: end)": "clock alone has spoken",
        "step_with(lambda end, cut: cut)": "look at the clock alone",
        "step_with(lambda end, cut: end and cut)": "only where both flags",
        "step_with(lambda end, cut: False)": "never stops",
        "step_with(lambda end, cut: True)": "after every step",
        "step_with(lambda end, cut: not (end or cut))": "where you say that it goes on",
        "step_with(lambda end, cut: end != cut)": "Write down the four pairs",
        "step_with(lambda end, cut: {})": "should be True or False",
        "lambda self, action: self.env.step(action)": "unpack three values",
        "lambda self, action: (np.zeros(4), 1.0, False)": "never asked",
        "def f(self, action):\n    self.env.step(action)\n    return (*self.env.step(action)[:2], False)": "makes 2 steps",
        "def f(self, action):\n    o, r, end, cut, _ = self.env.step(1 - action)\n    return o, r, end or cut": "another action",
        "def f(self, action):\n    o, r, end, cut, _ = self.env.step(action)\n    return o, r + 1, end or cut": "is not the reward",
        "def f(self, action):\n    o, r, end, cut, _ = self.env.step(action)\n    return r, o, end or cut": "what is seen next",
    },
    "9.2": {
        "lambda returns, chance: judged(returns, chance, low=np.min)": "nine of ten seeds",
        "lambda returns, chance: judged(returns, chance, low=lambda m: chance + 1)": "far below chance",
        "lambda returns, chance: judged(returns, chance, low=lambda m: mean_interval(m)[1])": "upper end",
        "lambda returns, chance: judged(returns, chance, low=np.mean)": "a lucky one",
        "lambda returns, chance: judged(returns, chance, low=np.median)": "most of them are above it",
        "lambda returns, chance: judged(returns, chance, low=lambda m: np.sort(m)[1])": "how sure the mean is",
        "lambda returns, chance: judged(returns, chance, low=lambda m: mean_interval(returns.ravel())[0])": "as if it were a run",
        "lambda returns, chance: judged(returns, chance, low=lambda m: mean_interval(m)[0] - 100)": "every seed beats chance",
        "lambda returns, chance: judged(returns, chance, count=lambda m: (returns >= 475).sum())": "You count episodes",
        "lambda returns, chance: judged(returns, chance, count=lambda m: (m < 475).sum())": "do not solve",
        "lambda returns, chance: judged(returns, chance, count=len)": "count all seeds",
        "lambda returns, chance: judged(returns, chance, count=lambda m: (m > 470).sum())": "A mean of 474",
        "lambda returns, chance: judged(returns, chance, count=lambda m: (m >= 485).sum())": "Three of the ten",
        "lambda returns, chance: mean_interval(returns.mean(axis=1))[0] > chance": "easily overlooked",
        "def f(returns, chance):\n    judged(returns, chance)": "Is a `return` missing?",
    },
    "9.3": {
        "target_with(lambda a, r, q, over: r + a.gamma * q.max())": "still a future",
        "target_with(lambda a, r, q, over: (r + a.gamma * q.max()) * (1 - over))": "taken the reward too",
        "target_with(lambda a, r, q, over: r + a.gamma * over * q.max())": "where nothing follows",
        "target_with(lambda a, r, q, over: r)": "no future at all",
        "lambda self, r, obs, over: r + self.gamma * (1 - over) * self.values(self.network, obs).max()": "network that learns",
        "target_with(lambda a, r, q, over: r + (1 - over) * q.max())": "where is the discount",
        "target_with(lambda a, r, q, over: r + a.gamma * (1 - over) * q.mean())": "mean of the next values",
        "target_with(lambda a, r, q, over: a.gamma * (r + (1 - over) * q.max()))": "discounted as well",
        "target_with(lambda a, r, q, over: r - a.gamma * (1 - over) * q.max())": "pays 1 and ends",
        "lambda self, r, obs, over: r + self.gamma * (1 - over) * self.values(self.target_network, obs)": "should be one number",
        "lambda self, r, obs, over: r + self.gamma * (1 - over) * self.values(self.target_network, 0 * obs).max()": "something else",
    },
    "9.4": {
        "lambda q, step, rng: tries(q, step, rng, lambda step: 0)": "never tries anything",
        "lambda q, step, rng: tries(q, step, rng, lambda step: 1)": "never falls",
        "lambda q, step, rng: tries(q, step, rng, lambda step: 0.05)": "begins as it should end",
        "lambda q, step, rng: tries(q, step, rng, lambda step: 1 - max(0.05, 1 - 0.95 * step / 10_000))": "tries where it should not",
        "lambda q, step, rng: tries(q, step, rng, lambda step: 1 - 0.95 * step / 10_000)": "goes on falling",
        "lambda q, step, rng: tries(q, step, rng, lambda step: max(0, 1 - step / 10_000))": "A little of it should stay",
        "lambda q, step, rng: tries(q[:2], step, rng) if tries(np.ones(2), step, rng) else tries(q, step, rng)": "should be tried alike",
        "def f(q, step, rng):\n    a = tries(q, step, rng)\n    return (int(q.argmax()) + 1 + int(rng.integers(2))) % 3 if rng.random() < max(0.05, 1 - 0.95 * step / 10_000) else int(q.argmax())": "leaves the best action out",
        "lambda q, step, rng: tries(-q, step, rng)": "not the best",
        "lambda q, step, rng: tries(q, step, rng, lambda step: max(0.05, 1 - 0.95 * step / 20_000))": "as if epsilon were",
        "lambda q, step, rng: tries(q, step, rng, lambda step: max(0.05, 1 - step / 10_000))": "aims at 0, not at 0.05",
        "lambda q, step, rng: tries(q, step, rng, lambda step: max(0.1, 1 - 0.9 * step / 10_000))": "At step 9,000",
        "lambda q, step, rng: tries(q, step, rng, lambda step: max(0.01, 1 - 0.99 * step / 10_000))": "At step 9,000",
        "lambda q, step, rng: tries(q, step, rng, lambda step: max(0.1, 1 - 0.95 * step / 10_000))": "At step 10,000",
        "lambda q, step, rng: tries(q, step, rng, lambda step: max(0.05, 0.95 - 0.9 * step / 10_000))": "At step 0",
        "lambda q, step, rng: tries(q, step, rng, lambda step: max(0.05, 1 - 0.95 * step / 9_000))": "At step 9,000",
        "lambda q, step, rng: tries(q, step, np.random.default_rng())": "With the same seed it gives another",
        "lambda q, step, rng: tries(q, step, rng) + 1": "should lie in 0..2",
        "lambda q, step, rng: float(tries(q, step, rng))": "a whole number",
    },
    "9.5": {
        "copy_at(lambda step, every: True)": "the fault itself",
        "copy_at(lambda step, every: False)": "never copies",
        "copy_at(lambda step, every: step % every == 1)": "one gradient step too late",
        "copy_at(lambda step, every: step % every)": "all steps but the right ones",
        "copy_at(lambda step, every: step == every)": "once, and then no more",
        "copy_at(lambda step, every: step >= every)": "from the first copy on",
        "copy_at(lambda step, every: step % (2 * every) == 0)": "held the weights of steps",
        "def f(network, target_network, step, every):\n    if step % every == 0:\n        network.set_weights(target_network.get_weights())\n    return step % every == 0": "the other way",
        "def f(network, target_network, step, every):\n    if step % every == 0:\n        target_network.set_weights(network.get_weights()[:1])\n    return step % every == 0": "wants all arrays",
        "def f(network, target_network, step, every):\n    copy_at(lambda s, e: s % e == 0)(network, target_network, step, every)": "was it time",
        "def f(network, target_network, step, every):\n    return not copy_at(lambda s, e: s % e == 0)(network, target_network, step, every)": "says otherwise",
    },
    "9.7": {
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
    "9.6": {
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
    "9.8": {
        "lambda n, o, obs, *x: n(obs).copy()": "answers as they are",
        "def f(n, o, obs, a, r, nx, t, g):\n    q = n(obs).copy()\n    q[:, a] = q_learning_target(r, o(nx), t, g)[:, None]\n    return q": "in *every* row",
        "lambda n, o, obs, a, r, nx, t, g: np.tile(q_learning_target(r, o(nx), t, g)[:, None], n(obs).shape[1])": "Every action gets",
        "lambda n, o, obs, a, r, nx, t, g: np.where(np.arange(n(obs).shape[1]) == a[:, None], q_learning_target(r, o(nx), t, g)[:, None], 0)": "you say 0",
        "lambda n, o, obs, a, r, nx, t, g: wanted(n, o, obs, a, r, nx, 0 * t, g)": "No mask",
        "lambda n, o, obs, a, r, nx, t, g: wanted(n, o, obs, a, r, nx, t, g, np.full((len(obs), 1), o(nx).max()))": "whole batch",
        "def f(n, o, obs, a, r, nx, t, g):\n    q = n(obs).copy()\n    q[np.arange(len(q)), a] += q_learning_target(r, o(nx), t, g)\n    return q": "Replace the number",
        "def f(n, o, obs, a, r, nx, t, g):\n    q = n(obs)\n    q[np.arange(len(q)), a] = q_learning_target(r, o(nx), t, g)\n    return q": "Make a copy",
        "lambda *x: [wanted(x[0], x[1], *(part[b : b + 1] for part in x[2:7]), x[7])[0] for b in range(len(x[2]))]": "called 6 times for 6 rows: row by row",
        "lambda n, o, obs, *x: [n(row) for row in obs]": "takes a batch",
        "lambda n, o, obs, a, r, nx, t, g: q_learning_target(r, o(nx), t, g)": "should have shape (6, 2)",
        "lambda *x: wanted(*x) + 1": "Compare one row",
        "lambda n, o, obs, a, r, nx, t, g: wanted(n, n, obs, a, r, nx, t, g)": "target network was to make",
        "lambda n, o, obs, *x: wanted(n, o, obs, *x) + 0 * n(obs)": "`network` was called 2 times for 6 rows: keep its first",
        "lambda n, o, obs, a, r, nx, *x: wanted(n, o, obs, a, r, nx, *x) + 0 * o(nx)": "`target_network` was called 2 times",
    },
}
