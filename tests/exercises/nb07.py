"""Right and wrong answers to the exercises of notebook 07."""

SETUP = """
import numpy as np
features = np.zeros((7, 8))
features[range(6), range(6)], features[:6, 7] = 2, 1
features[6, 6], features[6, 7] = 1, 2
always_solid = np.eye(7)[np.full(7, 6)]
"""

STEP = """
def step(w, obs, action, reward, next_obs, terminated, learning_rate, gamma):
    target = reward + gamma * (1 - terminated) * (next_obs @ w).max(axis=1)
    taken = np.eye(w.shape[1])[action]
    error = (target - (obs @ w * taken).sum(axis=1))[:, None] * taken
    return w + learning_rate * 2 / len(obs) * obs.T @ error
"""
GRADIENT = """
def gradient(x, kernel, bias, out, target):
    before = x @ kernel + bias
    error = target - np.maximum(before, 0) @ out
    return -2 * error * np.outer(x, out * (before > 0))
"""


def step(old: str, new: str) -> str:
    """The step with one thing changed."""
    assert old in STEP
    return STEP.replace(old, new)


def gradient(old: str, new: str) -> str:
    """The gradient with one thing changed."""
    assert old in GRADIENT
    return GRADIENT.replace(old, new)


VARIANTS = {
    "7.1": ["(1.2, -0.9, 2.1)", "np.array([1.2, -0.9, 2.1], np.float32)"],
    "7.2": [
        """
def row_by_row(w, obs, action, reward, next_obs, terminated, learning_rate, gamma):
    new = w.copy()
    for x, a, r, next_x, end in zip(obs, action, reward, next_obs, terminated):
        target = r if end else r + gamma * max(next_x @ w)
        new[:, a] += 2 * learning_rate * (target - x @ w[:, a]) * x / len(obs)
    return new
""",
        """
def with_add_at(w, obs, action, reward, next_obs, terminated, learning_rate, gamma):
    error = reward + np.where(terminated, 0, gamma * (next_obs @ w).max(-1)) - (obs @ w)[range(len(obs)), action]
    gradient = np.zeros_like(w.T)
    np.add.at(gradient, action, -2 * error[:, None] * obs / len(obs))
    return w - learning_rate * gradient.T
""",
    ],
    "7.3": [
        """
def by_differences(x, kernel, bias, out, target):
    def loss(kernel):
        return (target - np.maximum(x @ kernel + bias, 0) @ out) ** 2
    found = np.zeros_like(kernel)
    for place in np.ndindex(*kernel.shape):
        moved = np.zeros_like(kernel)
        moved[place] = 1e-4
        found[place] = (loss(kernel + moved) - loss(kernel - moved)) / 2e-4
    return found
""",
        """
def unit_by_unit(x, kernel, bias, out, target):
    hidden = np.maximum(bias + x @ kernel, 0)
    slope = 2 * (hidden @ out - target)
    return np.stack([slope * out[j] * x if hidden[j] > 0 else 0 * x for j in range(len(out))], axis=1)
""",
    ],
    "7.4": ["0.75", "np.float64(0.747)", "3 / 4"],
}

MUTANTS = {
    "7.1": {
        "[1.1, -0.95, 2.05]": "the 2 of the square",
        "[0.8, -1.1, 1.9]": "against the gradient",
        "[1.2, -1, 2]": "That is the full gradient",
        "[1.2, -0.9, 2]": "make it again",
        "[1.2, -0.9, 1.5]": "not the new value",
        "[1.4, -0.8, 3]": "what follows counts too",
        "[1, -1, 1]": "is discounted",
        "[0.2, 0.1, 3.1]": "That is the step",
        "[1, 2, 3]": "value, target, error",
        "[1.2, -0.9]": "should have shape (3,)",
    },
    "7.2": {
        "lambda w, *others: w": "have not moved",
        step("return w + learning", "return learning"): "change of the weights alone",
        step("w + learning", "w - learning"): "mind the sign",
        step("* 2 / len", "/ len"): "the 2 of the square",
        step("2 / len(obs)", "2"): "mean over the batch",
        """
def lost(w, obs, action, reward, next_obs, terminated, learning_rate, gamma):
    error = reward + gamma * (1 - terminated) * (next_obs @ w).max(1) - (obs @ w)[range(len(obs)), action]
    new = w.copy()
    new[:, action] += learning_rate * 2 / len(obs) * obs.T * error
    return new
""": "only the last row",
        step("[:, None] * taken\n", "[:, None] * np.ones_like(taken)\n"): "All actions move",
        step("(1 - terminated) * ", ""): "after the end",
        step("gamma * (1 - terminated) * (next_obs", "0 * (next_obs"): "does not count at all",
        step("gamma * (1", "1 * (1"): "Where is gamma?",
        step("(next_obs @ w)", "(obs @ w)"): "look at `next_obs`",
        """
def full(w, obs, action, reward, next_obs, terminated, learning_rate, gamma):
    q, rows = next_obs @ w, range(len(obs))
    error = reward + gamma * (1 - terminated) * q.max(1) - (obs @ w)[rows, action]
    taken, best = np.eye(w.shape[1])[action], np.eye(w.shape[1])[q.argmax(1)]
    slope = obs.T @ (error[:, None] * taken) - gamma * next_obs.T @ ((error * (1 - terminated))[:, None] * best)
    return w + 2 * learning_rate / len(obs) * slope
""": "full gradient",
        step("(next_obs @ w).max(axis=1)", "(next_obs @ w).mean(axis=1)"): "Try a batch of one",
        step("    return w + learning_rate * 2", "    w += learning_rate * 2").replace(
            "@ error\n", "@ error\n    return w\n"
        ): ("changes its argument `w`"),
        step("w + learning_rate * 2 / len(obs) * obs.T @ error", "(w + learning_rate * obs.T @ error).T"): (
            "should have shape (3, 2), but its shape is (2, 3)"
        ),
        step("(next_obs @ w).max(axis=1)", "(next_obs @ w).max(axis=0)"): "broadcast",
    },
    "7.3": {
        gradient("out * (before > 0)", "out"): "Units that are off get",
        gradient("-2 * error", "2 * error"): "The sign is turned",
        gradient("-2 * error", "-error"): "the 2 of the square",
        gradient("out * (before > 0)", "before > 0"): "behind the hidden layer",
        gradient("-2 * error", "-1"): "The error is missing",
        gradient("-2 * error *", ""): "gradient of Q",
        gradient("np.outer(x, ", "np.outer(np.ones_like(x), "): "The input is missing",
        gradient("np.maximum(before, 0)", "before"): "made with the maximum",
        gradient("np.outer(x, out * (before > 0))", "np.outer(out * (before > 0), x)"): "but its shape is (5, 3)",
        gradient("(before > 0))", "(before <= 0))"): "not those that are on",
        gradient("np.outer(x, out * (before > 0))", "np.outer(x, out * before)"): "finite differences",
        gradient("return -2", "-2"): "Is a `return` missing?",
        gradient(
            "    before = x @ kernel + bias", "    bias += x @ kernel\n    before = bias"
        ): "changes its argument `bias`",
    },
    "7.4": {
        "75": "between 0 and 1",
        "1 / 7": "Baird's own star",
        "0.25": "chance of *dashed*",
        "0.48": "its own discount",
        "0.6": "it still grows",
        "0.8": "a smaller chance would do",
        "'0.75'": "should be a number",
        "[0.74, 0.75]": "should be one number",
    },
}
