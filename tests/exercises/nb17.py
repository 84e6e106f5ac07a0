"""Right and wrong answers to the exercises of notebook 17."""

SETUP = """
import numpy as np

def least(ratio, A, c):
    return np.minimum(ratio * A, np.clip(ratio, 1 - c, 1 + c) * A)

def put(ended, cut, v, last, end, stop, following=None):
    following = np.append(v[1:], last) if following is None else following
    return np.where(end, ended, np.where(stop, cut, following))
"""

VARIANTS = {
    "17.1": [
        """
def cases(new, old, A, c):
    found = []
    for n, o, a in zip(new, old, A):
        ratio = np.exp(n) / np.exp(o)
        found.append(a * (min(ratio, 1 + c) if a > 0 else max(ratio, 1 - c)))
    return found
""",
        "lambda new, old, A, c: np.where(A > 0, np.minimum(np.exp(new - old), 1 + c), np.maximum(np.exp(new - old), 1 - c)) * A",
    ],
    "17.2": [
        "lambda n, b, e, rng: np.concatenate([rng.permutation(n).reshape(-1, b) for _ in range(e)])",
        """
def lists(n, b, e, rng):
    rows = []
    for _ in range(e):
        order = np.arange(n)
        rng.shuffle(order)
        rows += [order[k:k + b].tolist() for k in range(0, n, b)]
    return rows
""",
    ],
    "17.3": ["(0, -2.0, 3.0, 0)", "np.array([0.0, -2.0, 3.0, 0.0])"],
    "17.4": [
        """
def rows(v, last, final, end, stop):
    out = []
    for t in range(len(v)):
        if end[t]:
            out.append(0.0)
        elif stop[t]:
            out.append(final[t])
        else:
            out.append(v[t + 1] if t + 1 < len(v) else last)
    return out
""",
        "lambda v, last, final, end, stop: ~end * (stop * final + ~stop * np.append(v[1:], last))",
    ],
    "17.5": [
        "lambda new, old: np.mean(np.exp(new - old) - 1 - (new - old))",
        "lambda new, old: sum(np.exp(n) / np.exp(o) - 1 - n + o for n, o in zip(new, old)) / len(new)",
    ],
}

MUTANTS = {
    "17.1": {
        "lambda new, old, A, c: np.exp(new - old) * A": "Nothing is clipped",
        "lambda new, old, A, c: np.clip(np.exp(new - old), 1 - c, 1 + c) * A": "must keep its slope",
        "lambda n, o, A, c: np.maximum(np.exp(n - o) * A, np.clip(np.exp(n - o), 1 - c, 1 + c) * A)": "cautious guess",
        "lambda n, o, A, c: np.minimum(np.exp(n - o), np.clip(np.exp(n - o), 1 - c, 1 + c)) * A": "of the two products",
        "lambda new, old, A, c: least(np.exp(old - new), A, c)": "upside down",
        "lambda new, old, A, c: least(new - old, A, c)": "difference of the logarithms",
        "lambda new, old, A, c: least(np.exp(new) - np.exp(old), A, c)": "difference of the probabilities",
        "lambda new, old, A, c: least(new / old, A, c)": "logarithms are divided",
        "lambda n, o, A, c: np.minimum(np.exp(n - o) * A, np.clip(np.exp(n - o), -c, c) * A)": "It begins at 1",
        "lambda n, o, A, c: np.minimum(np.exp(n - o) * A, np.clip(np.exp(n - o), 0, 1 + c) * A)": "a floor above 0",
        "lambda n, o, A, c: np.minimum(np.exp(n - o) * A, np.clip(np.exp(n - o) * A, 1 - c, 1 + c))": "product is clipped",
        "lambda new, old, A, c: -least(np.exp(new - old), A, c)": "that is the loss",
        "lambda new, old, A, c: least(np.exp(new - old), (A - A.mean()) / A.std(), c)": "comes later",
        "lambda new, old, A, c: np.clip(np.exp(new - old), 1 - c, 1 + c)": "advantage is missing",
        "lambda new, old, A, c: least(np.exp(new - old), A, c) + 1": "advantage 2, ratio 1.5",
        "lambda new, old, A, c: least(np.exp(new - old), A, c).mean()": "should have shape (12,)",
        "lambda new, old, A, c: least(np.exp(new[:, None] - old), A, c)": "should have shape (12,)",
    },
    "17.2": {
        "lambda n, b, e, rng: np.tile(np.arange(n), e).reshape(-1, b)": "Nothing is shuffled",
        "lambda n, b, e, rng: np.tile(rng.permutation(n), e).reshape(-1, b)": "same order",
        "lambda n, b, e, rng: rng.integers(n, size=(e * n // b, b))": "draw without putting back",
        "lambda n, b, e, rng: rng.permutation(np.tile(np.arange(n), e)).reshape(-1, b)": "Shuffle within each epoch",
        "lambda n, b, e, rng: np.concatenate([rng.permutation(np.arange(n).reshape(-1, b)) for _ in range(e)])": (
            "Shuffle before you cut"
        ),
        "lambda n, b, e, rng: 1 + np.reshape([rng.permutation(n) for _ in range(e)], (-1, b))": "counted from 1",
        "lambda n, b, e, rng: np.reshape([np.random.default_rng().permutation(n) for _ in range(e)], (-1, b))": (
            "draw from the `rng` given"
        ),
        "lambda n, b, e, rng: np.reshape([rng.permutation(n) for _ in range(e)], (e, n))": "should have shape (16, 6)",
        "lambda n, b, e, rng: rng.permutation(n).reshape(-1, b)": "should have shape (16, 6)",
        "lambda n, b, e, rng: np.array([rng.permutation(b) for _ in range(e * n // b)])": "Where are the others",
        "lambda n, b, e, rng: np.reshape([rng.permutation(n) for _ in range(e)], (-1, b)) / 1": "whole numbers",
        "lambda n, b, e, rng: np.concatenate([np.arange(n).reshape(b, -1).T for _ in range(e)])": "evenly spaced",
        "lambda n, b, e, rng: np.reshape([np.arange(n)] + [rng.permutation(n) for _ in range(e - 1)], (-1, b))": (
            "first epoch is not shuffled"
        ),
        "lambda n, b, e, rng: np.reshape([rng.permutation(n) - 1 for _ in range(e)], (-1, b))": "lies in 0..23",
    },
    "17.3": {
        "[0, 0, 0, 0]": "does not always stop",
        "[3, -2, 3, -2]": "Nothing is clipped",
        "[3, 0, 0, -2]": "other way round",
        "[0, 0, 3, -2]": "the other one",
        "[3.6, -2.6, 2.1, -1.6]": "Those are the gains",
        "[0, 2, 3, 0]": "Mind the sign",
        "[0, -2.6, 2.1, 0]": "the advantage alone",
        "[0, -1, 1, 0]": "How steep",
        "[0, 0, 3, 0]": "flat piece is on the left",
        "[1, 2, 3, 4]": "write down both products",
        "[0, -2, 3]": "should have shape (4,)",
    },
    "17.4": {
        "lambda v, l, f, end, stop: put(0, np.append(v[1:], l), v, l, end, stop)": "where another episode begins",
        "lambda v, l, f, end, stop: put(0.0, 0.0, v, l, end, stop)": "would have gone on",
        "lambda v, l, f, end, stop: put(f, f, v, l, end, stop)": "nothing follows",
        "lambda v, l, f, end, stop: np.append(v[1:], l)": "not used at all",
        "lambda v, l, f, end, stop: put(0, f, v, l, stop, end)": "flags are exchanged",
        "lambda v, l, f, end, stop: put(0, f, v, l, end, stop, v)": "values of the rows themselves",
        "lambda v, l, f, end, stop: put(0, v, v, l, end, stop)": "*before* the last step",
        "lambda v, l, f, end, stop: put(0, f, v, 0.0, end, stop)": "is forgotten",
        "lambda v, l, f, end, stop: put(0, f, v, l, end, stop, np.append(l, v[:-1]))": "shifted the wrong way",
        "lambda v, l, f, end, stop: put(0, f, v, v[0], end, stop)": "values go round",
        "lambda v, l, f, end, stop: put(0, f, v, v[-1], end, stop)": "repeated",
        "lambda v, l, f, end, stop: np.where(end, 0.0, f)": "used in every row",
        "lambda v, l, f, end, stop: np.append(put(0, f, v, l, end, stop)[:-1], l)": "always gets",
        "lambda v, l, f, end, stop: put(0, f, v, l, end, stop) + 1": "what follows each of them",
        "lambda v, l, f, end, stop: v[1:]": "should have shape (10,)",
    },
    "17.5": {
        "lambda new, old: np.mean(old - new)": "plain mean",
        "lambda new, old: np.mean(np.exp(new - old) - 1 + new - old)": "sign of the logarithm",
        "lambda new, old: -np.mean(np.exp(new - old) - 1 - new + old)": "below 0 everywhere",
        "lambda new, old: np.mean(np.exp(old - new) - 1 - old + new)": "upside down",
        "lambda new, old: np.mean((new - old) ** 2) / 2": "small steps only",
        "lambda new, old: np.sum(np.exp(new - old) - 1 - new + old)": "twice as large",
        "lambda new, old: np.mean(np.exp(new - old) - new + old)": "The 1 is missing",
        "lambda new, old: np.mean(np.exp(new - old) - 1)": "logarithm is missing",
        "lambda new, old: np.exp(new - old).mean() - 1 - np.log(np.exp(new - old).mean())": "term of its own",
        "lambda new, old: np.mean(np.exp(new - old) * (np.exp(new - old) - 1 - new + old))": "weighed with its ratio too",
        "lambda new, old: np.mean(np.exp(old) * (np.exp(new - old) - 1 - new + old))": "Being drawn",
        "lambda new, old: np.mean(np.abs(np.exp(new - old) - 1))": "mean distance",
        "lambda new, old: 1.0": "0.307",
        "lambda new, old: np.exp(new - old) - 1 - new + old": "should be one number",
    },
}
