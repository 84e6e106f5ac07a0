"""Right and wrong answers to the exercises of notebook 12."""

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
def double(r, end, q, qt, g, best=None, values=None, mask=None):
    best = q.argmax(axis=1) if best is None else best
    value = np.take_along_axis(qt if values is None else values, best[:, None], axis=1)[:, 0]
    return r + g * (~end if mask is None else mask) * value
def window_of(window, step, n, gamma, fall=True, cut=False, clear=True, slide=True, fade=None, order=None, flags=-1, looks=-1, begins=0, acts=0):
    # our answer in another form; the options are mistakes
    window.append(step)
    ready, fade = [], gamma if fade is None else fade
    while window and (len(window) >= n or (step.terminated and fall) or (step.truncated and cut)):
        rewards = [one.reward for one in window][::order]
        ready.append(Transition(window[begins].obs, window[acts].action, sum(fade**k * r for k, r in enumerate(rewards)),
            window[looks].next_obs, window[flags].terminated, window[flags].truncated))
        window.pop(0)
        if not slide and not step.terminated:
            window.clear()
    if (step.truncated and clear) or (step.terminated and not fall):
        window.clear()
    return ready
def surprised(error, alpha, beta, p=None, P=None, w=None):
    p = (np.abs(error) + 0.001) ** alpha if p is None else p
    P = p / p.sum() if P is None else P
    w = P ** -beta if w is None else w
    return P, w / w.max()
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
    "12.1": [
        "double",
        "lambda r, end, q, qt, g: r + g * (1 - end) * qt[np.arange(len(r)), q.argmax(1)]",
        """
def row_by_row(reward, terminated, q, q_target, gamma):
    found = []
    for r, end, own, other in zip(reward, terminated, q, q_target):
        best = max(range(len(own)), key=lambda a: own[a])
        found.append(r if end else r + gamma * other[best])
    return np.float32(found)
""",
    ],
    "12.2": [
        "window_of",
        """
def as_in_the_agent(window, step, n, gamma):
    window.append(step)
    ready = []
    def store():
        reward = 0.0
        for one in reversed(window):
            reward = one.reward + gamma * reward
        newest, oldest = window[-1], window.pop(0)
        ready.append(newest._replace(obs=oldest.obs, action=oldest.action, reward=reward))
    if step.terminated:
        while window:
            store()
    elif len(window) == n:
        store()
    if step.truncated:
        window.clear()
    return ready
""",
    ],
    "12.3": [
        "surprised",
        """
def with_n(error, alpha, beta):
    p = [(abs(e) + 0.001) ** alpha for e in error]
    P = np.array(p) / sum(p)
    w = (1 / (len(p) * P)) ** beta
    return [P, (w / max(w)).astype(np.float32)]
""",
    ],
    "12.4": [
        '{"fall after 10": np.int64(10), "clock after 10": 6, "clock after 3": 0}',
        '{"clock after 3": 0, "clock after 10": 10 - 5 + 1, "fall after 10": 10}',
    ],
    "12.5": [
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
    "12.6": [
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
    "12.7": ["0.0157", "1 / 64", "(1 - 0.99 ** (1 / 64)) / 0.01"],
}

MUTANTS = {
    "12.1": {
        "lambda r, end, q, qt, g: double(r, end, qt, qt, g)": "plain DQN",
        "lambda r, end, q, qt, g: double(r, end, qt, q, g)": "exchanged",
        "lambda r, end, q, qt, g: double(r, end, q, q, g)": "judges its own choice",
        "lambda r, end, q, qt, g: r + g * ~end * np.minimum(q.max(1), qt.max(1))": "TD3",
        "lambda r, end, q, qt, g: r + g * ~end * ((q + qt) / 2).max(1)": "mean of both",
        "lambda r, end, q, qt, g: double(r, end, q, qt, g, mask=True)": "The mask is missing",
        "lambda r, end, q, qt, g: double(r, end, q, qt, g, mask=end)": "turned round",
        "lambda r, end, q, qt, g: ~end * double(r, end, q, qt, g)": "takes the reward away",
        "lambda r, end, q, qt, g: double(r, end, q, qt, 1.0)": "Where is the discount",
        "lambda r, end, q, qt, g: double(r * 0, end, q, qt, g)": "reward is missing",
        "lambda r, end, q, qt, g: double(g * r, end, q, qt, g)": "comes at once",
        "lambda r, end, q, qt, g: double(r, end, -q, qt, g)": "worst action",
        "lambda r, end, q, qt, g: r + g * ~end * qt[:, q.mean(0).argmax()]": "whole batch",
        "lambda r, end, q, qt, g: double(r, end, q, qt, g)[:, None]": "should have shape (12,)",
        "lambda r, end, q, qt, g: r + g * ~end * qt.mean(1)": "Who chooses",
        "def f(r, end, q, qt, g):\n    r += g * ~end * qt[np.arange(len(r)), q.argmax(1)]\n    return r": "changes its argument `r`",
    },
    "12.2": {
        "lambda w, s, n, g: window_of(w, s, n, g, fall=False)": "whole truth: store them too",
        "lambda w, s, n, g: window_of(w, s, n, g, cut=True)": "another discount: drop them",
        "lambda w, s, n, g: window_of(w, s, n, g, clear=False)": "steps of two episodes",
        "lambda w, s, n, g: window_of(w, s, n, g, clear=len(w) + 1 >= n)": "before the window is full",
        "lambda w, s, n, g: window_of(w, s, n, g, slide=False)": "Windows overlap",
        "lambda w, s, n, g: window_of(w, s, n + 1, g)": "one step too many",
        "lambda w, s, n, g: window_of(w, s, n - 1, g)": "one step too few",
        "lambda w, s, n, g: window_of(w, s, n, g, fade=1.0)": "not discounted",
        "lambda w, s, n, g: window_of(w, s, n, g, fade=0.0)": "Only the first reward",
        "lambda w, s, n, g: window_of(w, s, n, g, order=-1)": "wrong end",
        "lambda w, s, n, g: window_of(w, s, n, g, flags=0)": "decided at the newest",
        "lambda w, s, n, g: window_of(w, s, n, g, looks=0)": "made after the newest",
        "lambda w, s, n, g: window_of(w, s, n, g, begins=-1)": "begins at the oldest",
        "lambda w, s, n, g: window_of(w, s, n, g, acts=-1)": "oldest one's",
        "lambda w, s, n, g: window_of(w, s, n, g) or None": "an empty one where nothing is ready",
        "lambda w, s, n, g: tuple(window_of(w, s, n, g))": "Return a list of transitions",
        "lambda w, s, n, g: [tuple(one) for one in window_of(w, s, n, g)]": "Each entry of the list",
        "lambda w, s, n, g: []": "another number of transitions",
        "lambda w, s, n, g: [one._replace(reward=7.0) for one in window_of(w, s, n, g)]": "what stands in them is not",
    },
    "12.3": {
        "lambda e, a, b: surprised(e, a, b)[::-1]": "exchanged",
        "lambda e, a, b: surprised(e, a, b, p=np.maximum(e + 0.001, 0) ** a)": "sign of an error",
        "lambda e, a, b: ((abs(e) + 0.001) ** a, surprised(e, a, b)[1])": "add up to 1",
        "lambda e, a, b: (abs(e) ** a / (abs(e) ** a).sum(), surprised(e, a, b)[1])": "must not mean never",
        "lambda e, a, b: surprised(e, 1.0, b)": "power alpha",
        "lambda e, a, b: (((abs(e) + 0.001) / (abs(e) + 0.001).sum()) ** a, surprised(e, a, b)[1])": "power first",
        "lambda e, a, b: ((abs(e) + 0.001) ** a / ((abs(e) + 0.001) ** a).max(), surprised(e, a, b)[1])": "not by the largest",
        "lambda e, a, b: surprised(e, a, b, p=abs(e) ** a + 0.001)": "after the power",
        "lambda e, a, b: (np.full(len(e), 1 / len(e)), np.ones(len(e)))": "uniform drawing",
        "lambda e, a, b: surprised(e, a, b, w=surprised(e, a, b)[0] ** b)": "drawn more often counts less",
        "lambda e, a, b: (surprised(e, a, b)[0], (len(e) * surprised(e, a, b)[0]) ** -b)": "none is above 1",
        "lambda e, a, b: (surprised(e, a, b)[0], surprised(e, a, b)[1] / surprised(e, a, b)[1].sum())": "not by their sum",
        "lambda e, a, b: (surprised(e, a, b)[0], surprised(e, a, 1.0)[1])": "power beta",
        "lambda e, a, b: surprised(e, a, b, w=(abs(e) + 0.001) ** -b)": "use P",
        "lambda e, a, b: (surprised(e, a, b)[0], surprised(e, a, b)[1] / surprised(e, a, b)[1].min())": "smallest weight is 1",
        "lambda e, a, b: surprised(e, a, b)[0]": "Return two arrays",
        "lambda e, a, b: (surprised(e, a, b)[0] ** 2, surprised(e, a, b)[1])": "try two errors",
        "lambda e, a, b: (surprised(e, a, b)[0], surprised(e, a, b)[1] ** 2)": "chance times weight",
    },
    "12.4": {
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
    "12.5": {
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
    "12.6": {
        "lambda p, k, rng: darts(p, rng.random(k))": "hit twice",
        "lambda p, k, rng: darts(p, (np.arange(k) + rng.random()) / k)": "one of its own",
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
    "12.7": {
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
