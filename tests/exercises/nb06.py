"""Right and wrong answers to the exercises of notebook 06."""

SETUP = """
import math
import numpy as np
LIMITS = (2.4, 2.0, 0.2095, 2.0)
TILINGS, TILES = 8, 8
def tiles_of(angle):
    place = (np.clip(angle / LIMITS[2], -1, 1) + 1) / 2 * (TILES - 1)
    return (place + np.arange(TILINGS) / TILINGS).astype(int)
"""

AGENT = """
class Agent:
    def __init__(self, num_actions, alpha, gamma):
        self.q, self.alpha, self.gamma = np.zeros((8, 8, num_actions)), alpha, gamma
    def values(self, angle):
        return self.q[range(8), tiles_of(angle)].sum(axis=0)
    def act(self, angle):
        return int(self.values(angle).argmax())
    def learn(self, transition):
        obs, action, reward, next_obs, terminated, truncated = transition
        follows = self.values(next_obs).max()
        error = reward + self.gamma * (1 - terminated) * follows - self.values(obs)[action]
        self.q[range(8), tiles_of(obs), action] += self.alpha / 8 * error
"""


def agent(old: str, new: str) -> str:
    """The agent with one thing changed."""
    assert old in AGENT
    return AGENT.replace(old, new)


SEARCH = """
class Search:
    def __init__(self, num_sensors, seed):
        self.rng = np.random.default_rng(seed)
        self.weights = self.rng.normal(size=num_sensors)
        self.best, self.lived, self.longest = self.weights, 0, 0
    def act(self, obs, explore=True):
        weights = self.weights if explore else self.best
        return int(weights @ obs > 0)
    def learn(self, transition):
        self.lived += 1
        if self.lived > self.longest:
            self.best, self.longest = self.weights, self.lived
        if transition.terminated:
            self.weights, self.lived = self.rng.normal(size=len(self.weights)), 0
"""

ROW = """
def row(obs, limits, bins):
    row = 0
    for x, limit, b in zip(obs, limits, bins):
        k = math.floor(b * (x + limit) / (2 * limit))
        row = row * b + min(max(k, 0), b - 1)
    return row
"""


def search(old: str, new: str) -> str:
    """The search with one thing changed."""
    assert old in SEARCH
    return SEARCH.replace(old, new)


def row(old: str, new: str) -> str:
    """The row with one thing changed."""
    assert old in ROW
    return ROW.replace(old, new)


VARIANTS = {
    "6.1": [
        """
def with_numpy(obs, limits, bins):
    obs, limits, bins = np.array(obs), np.array(limits), np.array(bins)
    k = np.clip(np.floor(bins * (obs + limits) / (2 * limits)), 0, bins - 1).astype(int)
    return np.ravel_multi_index(k, bins)
""",
        """
def by_edges(obs, limits, bins):
    row = 0
    for x, limit, b in zip(obs, limits, bins):
        row = row * b + int(np.searchsorted(np.linspace(-limit, limit, b + 1)[1:-1], x, side="right"))
    return row
""",
        """
def from_the_right(obs, limits, bins):
    row, weight = 0, 1
    for x, limit, b in reversed(list(zip(obs, limits, bins))):
        row += weight * sum(x >= edge for edge in np.linspace(-limit, limit, b + 1)[1:-1])
        weight *= b
    return int(row)
""",
    ],
    "6.2": [
        """
class WithAList:
    def __init__(self, num_sensors, seed):
        self.rng, self.all, self.steps = np.random.default_rng(seed), [], []
        self.draw(num_sensors)
    def draw(self, n):
        self.weights = self.rng.standard_normal(n)
        self.all.append(self.weights)
        self.steps.append(0)
    def act(self, obs, explore=True):
        w = self.all[-1 if explore else int(np.argmax(self.steps))]
        return 1 if np.dot(w, obs) > 0 else 0
    def learn(self, transition):
        self.steps[-1] += transition.reward
        if transition.terminated:
            self.draw(len(self.weights))
""",
        """
class OnlyAtAFall:
    def __init__(self, num_sensors, seed):
        self.rng = np.random.default_rng([seed, 5])
        self.weights = self.rng.normal(0, 1, num_sensors)
        self.kept, self.record, self.now = None, -1, 0
    def act(self, obs, explore=True):
        use = self.weights if explore or self.now >= self.record else self.kept
        return np.int64((use * obs).sum() > 0)
    def learn(self, t):
        self.now += 1
        if not t.terminated:
            return
        if self.now > self.record:
            self.kept, self.record = self.weights.copy(), self.now
        self.weights = self.rng.normal(0, 1, len(self.weights))
        self.now = 0
""",
    ],
    "6.3": ["(23 / 8, 3 / 2)", "np.array([2.875, 1.5], np.float32)"],
    "6.4": [
        """
def by_sorting(seen, num_bins):
    ordered = np.sort(seen)
    places = [round(k * len(seen) / num_bins) for k in range(1, num_bins)]
    return [(ordered[i - 1] + ordered[i]) / 2 for i in places]
""",
        "lambda seen, b: np.percentile(seen, np.linspace(0, 100, b + 1))[1:-1]",
        "lambda seen, b: np.sort(seen)[np.arange(1, b) * len(seen) // b]",
        "lambda seen, b: [part[-1] for part in np.array_split(np.sort(seen), b)[:-1]]",
        "lambda seen, b: [part[0] for part in np.array_split(np.sort(seen), b)[1:]]",
        'lambda seen, b: np.quantile(seen, np.arange(1, b) / b, method="inverted_cdf")',
        "lambda seen, b: np.sort(seen)[-(-np.arange(1, b) * len(seen) // b) - 1]",
    ],
    "6.5": [
        """
class WithADictionary:
    def __init__(self, num_actions, alpha, gamma):
        self.table, self.num_actions, self.alpha, self.gamma = {}, num_actions, alpha, gamma
    def value(self, angle, action):
        return sum(self.table.get((t, int(k), int(action)), 0.0) for t, k in enumerate(tiles_of(angle)))
    def values(self, angle):
        return [self.value(angle, action) for action in range(self.num_actions)]
    def act(self, angle, explore=True):
        values = self.values(angle)
        return values.index(max(values))
    def learn(self, transition):
        target = transition.reward
        if not transition.terminated:
            target += self.gamma * max(self.values(transition.next_obs))
        error = target - self.value(transition.obs, transition.action)
        for t, k in enumerate(tiles_of(transition.obs)):
            key = t, int(k), int(transition.action)
            self.table[key] = self.table.get(key, 0.0) + self.alpha * error / TILINGS
""",
        """
class OneLongRow:
    def __init__(self, num_actions, alpha, gamma):
        self.w, self.alpha, self.gamma = np.zeros((num_actions, 64)), alpha, gamma
    def values(self, angle):
        return self.w[:, np.arange(8) * 8 + tiles_of(angle)].sum(1)
    def act(self, angle):
        return np.argmax(self.values(angle))
    def learn(self, transition):
        obs, a, r, next_obs, end, _ = transition
        delta = r + (0 if end else self.gamma * self.values(next_obs).max()) - self.values(obs)[a]
        self.w[a, np.arange(8) * 8 + tiles_of(obs)] += self.alpha * delta / 8
        return delta
""",
    ],
    "6.6": [
        '{"edges": [[], [], [0.02], [0.5]], "actions": [0, 1, 1, 1]}',
        '{"edges": ([], [], np.array([0.0]), (-0.2, 0.2)), "actions": np.array([0, 0, 1, 0, 1, 1])}',
    ],
}

MUTANTS = {
    "6.1": {
        row("min(max(k, 0), b - 1)", "k"): "goes into the outermost bin",
        row("zip(obs, limits, bins)", "list(zip(obs, limits, bins))[::-1]"): "wrong order",
        row("math.floor", "round"): "not to the nearest",
        row("(x + limit) / (2 * limit)", "x / (2 * limit)"): "Yours begins at 0",
        row("/ (2 * limit)", "/ limit"): "twice the limit",
        row("min(max(k, 0), b - 1)", "min(max(k, 0), b - 1) + 1"): "numbered from 0",
        row("row * b +", "row * bins[0] +"): "takes that of the first",
        "def before(obs, limits, bins):\n"
        "    k = [min(max(math.floor(b * (x + m) / (2 * m)), 0), b - 1) for x, m, b in zip(obs, limits, bins)]\n"
        "    row = 0\n"
        "    for digit, b in zip(k, [1, *bins[:-1]]):\n"
        "        row = row * b + digit\n"
        "    return row": "of that digit's own sensor",
        row("row * b +", "row +"): "only added up",
        row("math.floor(b *", "math.floor((b - 1) *"): "cut into b pieces",
        row("min(max(k, 0), b - 1)", "min(max(k, 0), b)"): "There is none after it",
        row(
            "math.floor(b * (x + limit) / (2 * limit))", "math.ceil(b * (x + limit) / (2 * limit)) - 1"
        ): "on its right",
        row("return row", "return float(row)"): "whole number of type int",
        "lambda obs, limits, bins: [min(max(math.floor(b * (x + m) / (2 * m)), 0), b - 1)"
        " for x, m, b in zip(obs, limits, bins)]": "not a list",
        row("row * b + min", "row * b + 2 * min"): "work the digits by hand",
    },
    "6.2": {
        search("weights @ obs > 0", "weights @ obs < 0"): "Left and right are swapped",
        search("weights @ obs > 0", "weights @ obs > 0.5"): "is above 0, else 0",
        search("if transition.terminated:", "if transition.terminated or transition.truncated:"): "clock ran out",
        search("if transition.terminated:", "if False:"): "still the same",
        search("if transition.terminated:", "if True:"): "mid-episode",
        search("self.weights if explore else self.best", "self.weights"): "not the newest",
        search("self.weights, self.lived = self", "self.weights, self.lived = self.weights + self"): "wander off",
        search(
            "= self.rng.normal(size=len(self.weights)), 0", "= np.random.default_rng(9).normal(size=4), 0"
        ): "brings the same",
        search("self.rng.normal(size=len(self.weights))", "self.rng.uniform(0, 1, len(self.weights))"): "ever below 0",
        search(
            "self.rng.normal(size=len(self.weights))", "self.rng.uniform(-1, 1, len(self.weights))"
        ): "standard normal",
        search("self.lived > self.longest", "self.lived < self.longest or not self.longest"): "lived shortest",
        search(
            "self.lived += 1", "self.lived = 1 if transition.truncated else self.lived + 1"
        ): "8 steps rather than 11",
        search("return int(weights @ obs > 0)", "return weights @ obs > 0"): "should be a number",
        search("default_rng(seed)", "default_rng(0)"): "Another seed",
        search("default_rng(seed)", "default_rng()"): "another result each time",
        search("    def learn(", "    def improve("): "no method `learn`",
        search("self.rng.normal(size=num_sensors)", "self.rng.normal(size=(num_sensors, 2))"): "should have shape (4,)",
        search(
            "if self.lived > self.longest:", "if self.lived > self.longest and transition.terminated:"
        ): "though they have not fallen yet",
    },
    "6.3": {
        "[1.5, 2.875]": "swapped",
        "[4, 0]": "rows share nothing",
        "[4, 3]": "first update only",
        "[4, 1.5]": "What does that do to Q(x)?",
        "[2.5, 1.5]": "Not all tiles of y",
        "[-2, -12]": "one of four",
        "[3.5, 0]": "half of the way",
        "[5.125, 4.5]": "above its target",
        "[1, 1]": "the entry of each tile",
        "2.875": "should have shape (2,)",
    },
    "6.4": {
        "lambda seen, b: np.linspace(seen.min(), seen.max(), b + 1)[1:-1]": "equally wide",
        "lambda seen, b: np.quantile(seen, np.linspace(0, 1, b + 1))": "not inner edges",
        "lambda seen, b: np.quantile(seen, np.arange(b) / b)": "should have shape (4,), but its shape is (5,)",
        "lambda seen, b: np.quantile(seen, np.arange(1, b) / b)[::-1]": "must increase",
        "lambda seen, b: np.sort(seen)[np.arange(1, b) * (len(seen) // b)]": "left over",
        "lambda seen, b: np.sort(seen[np.arange(1, b) * len(seen) // b])": "in order of time",
        "lambda seen, b: np.quantile(seen, np.arange(1, b) / (b + 1))": "not equally full",
        "lambda seen, b: seen.mean() + seen.std() * np.linspace(-1, 1, b - 1)": "observations fall into your 5 bins",
        "def f(seen, b):\n    seen.sort()\n    return seen[np.arange(1, b) * len(seen) // b]": "changes its argument `seen`",
        "def f(seen, b):\n    edges = np.quantile(seen, np.arange(1, b) / b)": "Is a `return` missing?",
    },
    "6.5": {
        agent("self.alpha / 8 * error", "0 * error"): "Nothing has moved",
        agent("self.alpha / 8", "self.alpha"): "moved by the whole step",
        agent("tiles_of(obs), action] +=", "tiles_of(obs)] +="): "All actions moved",
        agent("+= self.alpha", "-= self.alpha"): "away from the target",
        agent("self.alpha / 8 * error", "error / 8"): "Where is alpha?",
        agent("tiles_of(angle)].sum(axis=0)", "tiles_of(angle)].mean(axis=0)"): "not the mean",
        agent("range(8), tiles_of(angle)].sum(axis=0)", "0, tiles_of(angle)[0]] * 8"): "it moved by 1",
        agent("(8, 8, num_actions)), alpha", "(8, 8, num_actions)) + 1, alpha"): "all values should be 0",
        agent("reward + self.gamma * (1 - terminated) * follows", "reward + self.gamma * follows"): "beyond the end",
        agent("(1 - terminated)", "(1 - (terminated or truncated))"): "no end of the world",
        agent("self.values(next_obs).max()", "self.values(obs).max()"): "look at `next_obs`",
        agent("self.gamma * (1 -", "1.0 * (1 -"): "counts in full",
        agent(
            "self.values(next_obs).max()", "self.q[range(8), tiles_of(next_obs)].max(axis=1).sum()"
        ): "best entry of each table",
        agent("self.values(next_obs).max()", "self.values(next_obs).mean()"): "best next action, not the mean",
        agent("self.values(angle).argmax()", "self.values(angle).argmin()"): "highest value",
        agent("    def act(self, angle):", "    def choose(self, angle):"): "no method `act`",
        agent(
            "self.q, self.alpha, self.gamma = np.zeros((8, 8, num_actions)), alpha, gamma",
            "self.alpha, self.gamma = alpha, gamma\n    q = np.zeros((8, 8, 3))",
        ): "what another has learnt",
        agent("return int(self.values(angle).argmax())", "return self.values(angle)"): "should be one number",
    },
    "6.6": {
        "[[], [], [0.0], [0.0]]": "Give a dictionary",
        '{"edges": [[0.0], [0.0]], "actions": [0, 1, 0, 1]}': "four lists",
        '{"edges": [[], [], [0.0], [0.3, -0.3]], "actions": [0, 0, 1, 0, 1, 1]}': "must increase",
        '{"edges": [[], [0.0], [0.0], [-0.3, 0.3]], "actions": [0, 1] * 6}': "table of 12 rows",
        '{"edges": [[], [], [0.0], [-0.3, 0.3]], "actions": [0, 1]}': "should have shape (6,)",
        '{"edges": [[], [], [0.0], [-0.3, 0.3]], "actions": [-1, -1, 1, -1, 1, 1]}': "0 (left) or 1 (right)",
        '{"edges": [[], [], [0.0], [-0.3, 0.3]], "actions": [1] * 6}': "the same way",
        '{"edges": [[], [], [0.0], [-0.3, 0.3]], "actions": [1, 1, 0, 1, 0, 0]}': "other way round",
        '{"edges": [[], [], [0.0], [0.0]], "actions": [0, 1, 0, 1]}': "does the lean stop mattering?",
        '{"edges": [[], [], [0.0], []], "actions": [0, 1]}': "In which rows does it push wrongly?",
        '{"edges": [[], [], ["a"], []], "actions": [0, 1]}': "should be an array",
    },
}
