"""Right and wrong answers to the exercises of notebook 24."""

SETUP = """
import numpy as np
from helpers.distributions import Categorical

def score(h, a):
    return Categorical(h).log_prob_gradient(np.asarray(a))

def right(h, a, r, b, alpha):
    return h + alpha * (r - b) * score(h, a)

def chosen(h, a):
    return np.eye(h.shape[1])[np.asarray(a)]

def picks(index, shown):
    return np.array([index[shown[:n + 1].argmax()] for n in range(len(index))])
"""

VARIANTS = {
    "24.2": [
        """
def loops(logits, architecture, reward, baseline, alpha):
    new = logits.copy()
    for slot, choice in enumerate(architecture):
        weights = np.exp(logits[slot])
        probs = weights / weights.sum()
        for c in range(len(probs)):
            new[slot, c] += alpha * (reward - baseline) * ((c == choice) - probs[c])
    return new.tolist()
""",
        "lambda h, a, r, b, alpha: right(h, a, r, b, alpha).astype(np.float32)",
        "lambda h, a, r, b, alpha: h - alpha * (b - r) * (chosen(h, a) - Categorical(h).probs)",
    ],
    "24.1": ["299", "299.0", "np.ceil(np.log(0.05) / np.log(0.99))"],
    "24.3": [
        "lambda index, shown, truth: truth.max() - truth[picks(index, shown)]",
        """
def one_by_one(index, shown, truth):
    highest, pick, regrets = -np.inf, None, []
    for row, number in zip(index, shown):
        if number > highest:
            highest, pick = number, row
        regrets.append(max(truth) - truth[pick])
    return regrets
""",
    ],
    "24.4": [
        """
def with_a_list(architecture, num_choices, rng):
    slot = rng.integers(len(architecture))
    others = [c for c in range(num_choices) if c != architecture[slot]]
    child = list(architecture)
    child[slot] = int(rng.choice(others))
    return tuple(child)
""",
        """
def until_it_differs(architecture, num_choices, rng):
    child = np.array(architecture)
    slot = rng.integers(len(child))
    while child[slot] == architecture[slot]:
        child[slot] = rng.integers(num_choices)
    return child
""",
        """
def by_a_shift(architecture, num_choices, rng):
    shift = np.zeros(len(architecture), int)
    shift[rng.integers(len(architecture))] = rng.integers(1, num_choices)
    return (np.array(architecture) + shift) % num_choices
""",
    ],
    "24.5": [
        "lambda looks: looks[looks[:, 0].argmax(), 1:].mean()",
        "lambda looks: float(np.mean(max(looks.tolist(), key=lambda row: row[0])[1:]))",
    ],
}

MUTANTS = {
    "24.2": {
        "lambda h, a, r, b, alpha: right(h, a, r, b, -alpha)": "direction is turned round",
        "lambda h, a, r, b, alpha: right(h, a, r, 0, alpha)": "baseline is missing",
        "lambda h, a, r, b, alpha: right(h, a, r, -b, alpha)": "baseline is added",
        "lambda h, a, r, b, alpha: right(h, a, r, b, 1)": "Where is the step size",
        "lambda h, a, r, b, alpha: h + alpha * (r - b) * chosen(h, a)": "A score has two parts",
        "lambda h, a, r, b, alpha: h + alpha * (r - b) * (chosen(h, a) - np.exp(h) / np.exp(h).sum(axis=0))": "along which axis",
        "lambda h, a, r, b, alpha: h + alpha * (r - b) * (chosen(h, a) - np.exp(h) / np.exp(h).sum())": "over all slots together",
        "lambda h, a, r, b, alpha: right(h, h.argmax(axis=1), r, b, alpha)": "Which ones were drawn",
        "lambda h, a, r, b, alpha: h + alpha * (r - b) * np.exp(Categorical(h).log_prob(a))[:, None] * score(h, a)": "Where is the logarithm",
        "lambda h, a, r, b, alpha: right(h, a, r, b, alpha / len(h))": "added, not averaged",
        "lambda h, a, r, b, alpha: np.vstack([h[:-1], right(h, a, r, b, alpha)[-1:]])": "Only the last slot learns",
        "lambda h, a, r, b, alpha: right(h, a, r, b, alpha) - h": "step alone",
        "lambda h, a, r, b, alpha: h + alpha * (r - b) * Categorical(h).log_probs": "logarithms themselves",
        "lambda h, a, r, b, alpha: Categorical(right(h, a, r, b, alpha)).probs": "probabilities after the step",
        "lambda h, a, r, b, alpha: Categorical(h).probs + alpha * (r - b) * score(h, a)": "instead of logits",
        "lambda h, a, r, b, alpha: h + alpha * (r - b) * (chosen(h, a) + Categorical(h).probs)": "wrong sign",
        "lambda h, a, r, b, alpha: h + alpha * (r * score(h, a) - b)": "baseline is left over",
        "lambda h, a, r, b, alpha: right(h, a, r, b, alpha) + 0.1": "one slot and two choices",
        "lambda h, a, r, b, alpha: right(h, a, r, b, alpha).T": "should have shape (6, 5)",
        "def f(h, a, r, b, alpha):\n    h += alpha * (r - b) * score(h, a)\n    return h": "changes its argument `h`",
    },
    "24.1": {
        "100": "on average",
        "69": "one half",
        "298": "still below 95 %",
        "300": "Do not round on the way",
        "459": "chance of 99 %",
        "59": "best 5 %",
        "156": "size of the space",
        "14844": "need not see it all",
        "95": "misses multiply",
        "6": "miss with probability 95 %",
        "130": "Take both to the same",
        "1000": "to the power n",
        "[299]": "should be one number",
    },
    "24.3": {
        "lambda index, shown, truth: truth.max() - np.maximum.accumulate(truth[index])": "seen only the numbers shown",
        "lambda index, shown, truth: truth.max() - np.maximum.accumulate(shown)": "flattered by its own luck",
        "lambda index, shown, truth: truth.max() - truth[index]": "would you hand in",
        "lambda index, shown, truth: truth[index].max() - truth[picks(index, shown)]": "best of the whole space",
        "lambda index, shown, truth: np.maximum.accumulate(shown) - truth[picks(index, shown)]": "highest number shown",
        "lambda index, shown, truth: truth[picks(index, shown)]": "How far is it",
        "lambda index, shown, truth: truth[picks(index, shown)] - truth.max()": "never below 0",
        "lambda index, shown, truth: (truth.max() - truth[picks(index, shown)]).cumsum()": "sum of all regrets",
        "lambda index, shown, truth: np.full(len(index), truth.max() - truth[index[shown.argmax()]])": "one pick for all times",
        "lambda index, shown, truth: truth.max() - truth[picks(index, -shown)]": "lowest number shown",
        "lambda index, shown, truth: (truth.max() - truth[picks(index, shown)]).cumsum() / np.arange(1, len(index) + 1)": "mean regret so far",
        "lambda index, shown, truth: truth.max() - truth[index[shown.argmax()]]": "should have shape (12,)",
        "lambda index, shown, truth: truth.max() - truth[picks(index, shown)] + 1": "Take three trainings",
    },
    "24.4": {
        "def f(a, n, rng):\n    child = list(a)\n    child[rng.integers(len(a))] = int(rng.integers(n))\n    return child": "equal their parent",
        "lambda a, n, rng: rng.integers(n, size=len(a))": "more than one slot",
        "def f(a, n, rng):\n    child = list(a)\n    child[0] = (child[0] + int(rng.integers(1, n))) % n\n    return child": "always the same slot",
        "def f(a, n, rng):\n    child = list(a)\n    k = rng.integers(len(a) - 1)\n    child[k] = (child[k] + int(rng.integers(1, n))) % n\n    return child": "last slot never changes",
        "def f(a, n, rng):\n    child = list(a)\n    k = rng.integers(1, len(a))\n    child[k] = (child[k] + int(rng.integers(1, n))) % n\n    return child": "first slot never changes",
        "def f(a, n, rng):\n    child = list(a)\n    k = rng.integers(len(a))\n    child[k] = (child[k] + 1) % n\n    return child": "Some other choices never come up",
        "def f(a, n, rng):\n    child = list(a)\n    k = rng.integers(len(a))\n    child[k] = child[k] + int(rng.integers(1, n))\n    return child": "outside the space",
        "def f(a, n, rng):\n    child = list(a)\n    k = rng.integers(len(a))\n    child[k] = child[k] - int(rng.integers(1, n))\n    return child": "below 0",
        "lambda a, n, rng: a": "No child differs",
        "def f(a, n, rng):\n    child = list(a)\n    k = int(len(a) * rng.random() ** 2)\n    child[k] = (child[k] + int(rng.integers(1, n))) % n\n    return child": "more often than others",
        "def f(a, n, rng):\n    child = list(a)\n    k = rng.integers(len(a))\n    child[k] = (child[k] + 1 + int((n - 1) * rng.random() ** 2)) % n\n    return child": "come up more often than the rest",
        "lambda a, n, rng: a[:-1]": "should have shape (6,)",
    },
    "24.5": {
        "lambda looks: looks[:, 0].max()": "by which you chose",
        "lambda looks: looks[looks[:, 0].argmax()].mean()": "still in the mean",
        "lambda looks: looks[:, 1:].mean(axis=1).max()": "chose by the later looks",
        "lambda looks: looks.mean(axis=1).max()": "chose by the mean of all looks",
        "lambda looks: looks[looks.max(axis=1).argmax(), 1:].mean()": "highest look of all",
        "lambda looks: looks.max()": "highest number anywhere",
        "lambda looks: looks[:, 1:].mean()": "Which one did you pick",
        "lambda looks: looks[looks[:, 0].argmax(), 1:].max()": "Report their mean",
        "lambda looks: looks[:, 0].argmax()": "How good is it",
        "lambda looks: looks[looks[:, 0].argmax(), -1]": "last look alone",
        "lambda looks: looks[looks[:, 0].argmin(), 1:].mean()": "picked the lowest",
        "lambda looks: looks[looks[:, 0].argmax(), 1:]": "should be one number",
    },
}
