"""Right and wrong answers to the exercises of notebook 06."""

SETUP = """
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


VARIANTS = {
    "6.1": ["(23 / 8, 3 / 2)", "np.array([2.875, 1.5], np.float32)"],
    "6.2": [
        """
def by_sorting(seen, num_bins):
    ordered = np.sort(seen)
    places = [round(k * len(seen) / num_bins) for k in range(1, num_bins)]
    return [(ordered[i - 1] + ordered[i]) / 2 for i in places]
""",
        "lambda seen, b: np.percentile(seen, np.linspace(0, 100, b + 1))[1:-1]",
        "lambda seen, b: np.sort(seen)[np.arange(1, b) * len(seen) // b]",
    ],
    "6.3": [
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
    "6.4": [
        '{"edges": [[], [], [0.02], [0.5]], "actions": [0, 1, 1, 1]}',
        '{"edges": ([], [], np.array([0.0]), (-0.2, 0.2)), "actions": np.array([0, 0, 1, 0, 1, 1])}',
    ],
}

MUTANTS = {
    "6.1": {
        "[1.5, 2.875]": "exchanged",
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
    "6.2": {
        "lambda seen, b: np.linspace(seen.min(), seen.max(), b + 1)[1:-1]": "equally wide",
        "lambda seen, b: np.quantile(seen, np.linspace(0, 1, b + 1))": "no inner edges",
        "lambda seen, b: np.quantile(seen, np.arange(b) / b)": "should have shape (4,), but its shape is (5,)",
        "lambda seen, b: np.quantile(seen, np.arange(1, b) / b)[::-1]": "must increase",
        "lambda seen, b: np.sort(seen[np.arange(1, b) * len(seen) // b])": "that of time",
        "lambda seen, b: np.quantile(seen, np.arange(1, b) / (b + 1))": "That is not alike",
        "lambda seen, b: seen.mean() + seen.std() * np.linspace(-1, 1, b - 1)": "observations fall into your 5 bins",
        "def f(seen, b):\n    seen.sort()\n    return seen[np.arange(1, b) * len(seen) // b]": "changes its argument `seen`",
        "def f(seen, b):\n    edges = np.quantile(seen, np.arange(1, b) / b)": "Is a `return` missing?",
    },
    "6.3": {
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
    "6.4": {
        "[[], [], [0.0], [0.0]]": "Give a dictionary",
        '{"edges": [[0.0], [0.0]], "actions": [0, 1, 0, 1]}': "four lists",
        '{"edges": [[], [], [0.0], [0.3, -0.3]], "actions": [0, 0, 1, 0, 1, 1]}': "must increase",
        '{"edges": [[], [0.0], [0.0], [-0.3, 0.3]], "actions": [0, 1] * 6}': "table of 12 rows",
        '{"edges": [[], [], [0.0], [-0.3, 0.3]], "actions": [0, 1]}': "should have shape (6,)",
        '{"edges": [[], [], [0.0], [-0.3, 0.3]], "actions": [-1, -1, 1, -1, 1, 1]}': "0 (left) or 1 (right)",
        '{"edges": [[], [], [0.0], [-0.3, 0.3]], "actions": [1] * 6}': "the same way",
        '{"edges": [[], [], [0.0], [-0.3, 0.3]], "actions": [1, 1, 0, 1, 0, 0]}': "other way round",
        '{"edges": [[], [], [0.0], [0.0]], "actions": [0, 1, 0, 1]}': "sensors disagree",
        '{"edges": [[], [], [0.0], []], "actions": [0, 1]}': "In which rows does it push wrongly?",
        '{"edges": [[], [], ["a"], []], "actions": [0, 1]}': "should be an array",
    },
}
