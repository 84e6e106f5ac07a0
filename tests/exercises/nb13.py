"""Right and wrong answers to the exercises of notebook 13."""

SETUP = """
import numpy as np
from helpers.statistics import rates_power
def undo(old, new, base=None, value=None, names=None):
    names = [name for name in new if new[name] != old[name]] if names is None else names
    return {name: (new if base is None else base) | {name: (old if value is None else value)[name]} for name in names}
"""

VARIANTS = {
    "13.1": [
        "undo",
        """
def with_a_loop(old, new):
    found = {}
    for name, value in new.items():
        if old[name] != value:
            found[name] = dict(new)
            found[name][name] = old[name]
    return found
""",
    ],
    "13.2": ["(0.78, 0.36, 0.02)", "[0.785, 0.364, 0.0176]", "0.98 ** np.array([12, 50, 200])"],
    "13.3": ["310", "next(n for n in range(200, 600, 10) if rates_power(0.95, 0.99, n) >= 0.8)"],
}

MUTANTS = {
    "13.1": {
        "lambda old, new: undo(old, new, base=old, value=new)": "Begin with the new one",
        "lambda old, new: undo(old, new, names=list(new))": "needs no run of its own",
        """
def one_more_each_time(old, new):
    found, current = {}, dict(new)
    for name in new:
        if new[name] != old[name]:
            current[name] = old[name]
            found[name] = dict(current)
    return found
""": "undoes one change more",
        "lambda old, new: {name: dict(new) for name in undo(old, new)}": "Nothing is undone",
        "lambda old, new: {name: dict(old) for name in undo(old, new)}": "Everything is undone",
        "lambda old, new: {name: {name: old[name]} for name in undo(old, new)}": "A whole configuration each",
        "lambda old, new: {name: {k: v for k, v in new.items() if k != name} for name in undo(old, new)}": "the number is gone",
        "lambda old, new: {name: old[name] for name in undo(old, new)}": "{name: configuration}",
        "lambda old, new: list(undo(old, new).values())": "Return a dictionary",
        "lambda old, new: dict(list(undo(old, new).items())[1:])": "A number that differs is not among",
        "lambda old, new: undo(old, new, names=[name for name in new if new[name] > old[name]])": "that grew",
        "lambda old, new: undo(old, new, names=[name for name in new if new[name] < old[name]])": "that shrank",
        "lambda old, new: undo(old, new) | {'all': new}": "no number that differs",
        "lambda old, new: {name: config | {name: 7} for name, config in undo(old, new).items()}": "The names are right",
        "def f(old, new):\n    for name in new:\n        new[name] = old[name]\n    return {}": "changes its argument `new`",
    },
    "13.2": {
        "(78.5, 36.4, 1.76)": "0.5 for one half",
        "(0.215, 0.636, 0.982)": "at least one failure",
        "(0.0176, 0.364, 0.785)": "turned round",
        "(0.24, 1.0, 4.0)": "numbers of failures to expect",
        "(0.76, 0.0, -3.0)": "multiply",
        "(0.98, 0.98, 0.98)": "All of them must",
        "(0.785, 0.5, 0.02)": "After 50 runs",
        "(0.79, 0.37, 0.01)": "After 200 runs",
        "(0.785, 0.364)": "should have shape (3,)",
    },
    "13.3": {
        "20": "power is below",
        "280.0": "whole number of type int",
        "1": "2 or more",
        "5000": "none of the numbers to try",
        "500": "more than enough",
        "'many'": "should be a number",
    },
}
