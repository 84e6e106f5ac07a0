"""The checkers of notebook 13: one change undone at a time, silences, and seeds enough."""

import numpy as np

from helpers.checks.expect import Wrong, array, require, whole
from helpers.checks.registry import exercise
from helpers.statistics import rates_power

TITLE = "Make it reliable"


@exercise("13.1", "Write a leave-one-out")
def leave_one_out(answer, rng):
    """Two configurations with some numbers in common; what differs is put back one at a time."""
    for size, differ in [(6, 3), (4, 1), (5, 5)]:
        names = [f"number_{chr(97 + place)}" for place in rng.permutation(26)[:size]]
        old = {name: int(value) for name, value in zip(names, rng.permutation(50)[:size], strict=True)}
        upwards = (-1) ** np.arange(size)  # some numbers grow, others shrink
        steps = {name: 100 * int(sign) for name, sign in zip(names[:differ], upwards, strict=False)}
        new = {name: value + steps.get(name, 0) for name, value in old.items()}
        got = answer(dict(old), dict(new))
        require(isinstance(got, dict), "Return a dictionary: {the name of what is put back: a whole configuration}.")
        changed = names[:differ]
        right = {name: new | {name: old[name]} for name in changed}
        if got == right:
            continue
        for hint, wrong in _undone_wrongly(old, new, changed).items():
            require(got != wrong, hint)
        larger = {name for name in changed if new[name] > old[name]}
        require(
            set(got) != larger or larger == set(changed), "Only numbers that grew are among the names. Some shrank."
        )
        require(not got or set(got) != set(changed) - larger, "Only numbers that shrank are among the names.")
        missing = [name for name in changed if name not in got]
        require(not missing, "A number that differs is not among the names.")
        require(set(got) == set(changed), "A name is among them that is no number that differs.")
        raise Wrong("The names are right. Each configuration is the new one, with its one number as in the old.")
    return "Whatever is left out one at a time is judged in the company of all the others."


def _undone_wrongly(old: dict, new: dict, changed: list[str]) -> dict[str, dict]:
    """{hint: what that mistake gives}"""
    so_far, cumulative = dict(new), {}
    for name in changed:
        so_far = so_far | {name: old[name]}
        cumulative[name] = so_far
    return {
        "You begin with the old one and add one change. Begin with the new one, and take one away.": {
            name: old | {name: new[name]} for name in changed
        },
        "What is the same in both needs no run of its own: only numbers that differ.": {
            name: new | {name: old[name]} for name in new
        },
        "Each of yours undoes one change more than the one before. One at a time.": cumulative,
        "Nothing is undone: each is the new configuration.": {name: dict(new) for name in changed},
        "Everything is undone at once: each is the old configuration.": {name: dict(old) for name in changed},
        "A whole configuration each, not only the number that is put back.": {
            name: {name: old[name]} for name in changed
        },
        "Leave out means put back as it was. Here the number is gone.": {
            name: {key: value for key, value in new.items() if key != name} for name in changed
        },
        "The number that is put back is that of the new one. The old one's is asked for.": {
            name: {name: new[name]} for name in changed
        },
        "Give the numbers back, too: {name: configuration}, not {name: number}.": {name: old[name] for name in changed},
    }


@exercise("13.2", "Predict three silences", kind="predict")
def silences(answer, rng):
    """A recipe that fails in 1 run of 50: the chance that 12, 50 and 200 runs show no failure."""
    given = array(answer, (3,), "your prediction")
    runs, rate = np.array([12, 50, 200]), 0.98
    wanted = rate**runs
    if np.allclose(given, wanted, rtol=0, atol=0.006):
        return "Two hundred runs would most likely have shown it. Twelve would not, and fifty only perhaps."
    hints = {
        "Percentages are asked for as shares: 0.5 for one half.": 100 * wanted,
        "Those are the chances of at least one failure.": 1 - wanted,
        "The order is turned round: 12 runs first.": wanted[::-1],
        "Those are the numbers of failures to expect. How probable is none?": (1 - rate) * runs,
        "Chances of several runs multiply; you have subtracted them.": 1 - (1 - rate) * runs,
        "That is the chance that one run succeeds. All of them must.": np.full(3, rate),
        "That is the chance that all runs fail.": (1 - rate) ** runs,
    }
    for hint, value in hints.items():
        require(not np.allclose(given, value, rtol=0.01, atol=0.006), hint)
    for name, one, right in zip(runs, given, wanted, strict=True):
        require(abs(one - right) <= 0.006, f"After {name} runs: each succeeds with probability 0.98. All of them?")
    raise Wrong("Each run succeeds with probability 0.98, and one knows nothing of the other.")


LOW, HIGH = 0.95, 0.99  # two rates of success that seem far apart


@exercise("13.3", "Explore how many seeds it takes", kind="explore", seconds=6)
def seeds_enough(answer, rng):
    """The smallest n, to 10, for which Fisher's test tells 95 % from 99 % with a power of 80 %."""
    given = whole(answer, "the number of seeds")
    require(given >= 2, "A number of seeds is 2 or more.")
    require(given <= 2_000, "That many are not needed; none of the numbers to try is above 600.")
    power = rates_power(LOW, HIGH, given)
    require(power >= 0.78, f"With {given} seeds each the power is below 80 %.")
    require(rates_power(LOW, HIGH, max(given - 25, 2)) < 0.8, f"{given} are enough, and more than enough.")
    return "Between 95 % and 99 % lie five times as many failures, and hundreds of runs until one may say so."
