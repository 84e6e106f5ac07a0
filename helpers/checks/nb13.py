"""The checkers of notebook 13: windows at the end of an episode, their targets, one dart in each part, a fair tau."""

import numpy as np

from helpers.checks.expect import Wrong, array, number, recognise, require, same_again, whole
from helpers.checks.registry import exercise

TITLE = "Make it reliable"


@exercise("13.1", "Predict what reaches the buffer", kind="predict")
def windows(answer, rng):
    """n = 5; a fall after 10 steps, the clock after 10, the clock after 3."""
    require(isinstance(answer, dict), "Give a dictionary with the three names as keys, as in the cell.")
    n, given = 5, {}
    for name in ("fall after 10", "clock after 10", "clock after 3"):
        require(name in answer, f'The entry "{name}" is missing.')
        given[name] = whole(answer[name], f'the number for "{name}"')
        require(given[name] >= 0, f'"{name}": a number of transitions is 0 or more.')
    fall, clock, short = given.values()
    full = 10 - n + 1  # windows of n steps in ten
    require(
        fall != full, '"fall after 10": only the full windows? After a fall the shorter ones are the whole truth, too.'
    )
    require(fall == 10, '"fall after 10": each step is once the oldest of a window.')
    require(clock != 10, '"clock after 10": what would a shorter window need for its estimate?')
    require(clock != 10 - n, '"clock after 10": off by one. The last full window ends with the last step.')
    require(clock != 10 // n, '"clock after 10": the windows overlap. Each step begins one.')
    require(clock == full, '"clock after 10": how many full windows do ten steps hold?')
    require(short != 3, '"clock after 3": none of these windows is full.')
    require(short == 0, '"clock after 3": the window is cleared before it is ever full.')
    return "The clock costs the last n - 1 steps of an episode, a fall none."


@exercise("13.2", "Write the target that wastes nothing")
def every_window(answer, rng):
    """Episodes longer and shorter than n, with both endings; all values distinct."""
    for steps, n in [(6, 3), (5, 1), (4, 4), (3, 5)]:
        reward, value = rng.normal(size=steps), rng.normal(2, 1, size=steps)
        gamma = float(rng.uniform(0.6, 0.9))

        def ask(terminated, reward=reward, value=value, n=n, gamma=gamma):
            return array(answer(reward, value, terminated, n, gamma), reward.shape, "the targets", "f")

        def made(length, power=None, read=None, fade=gamma, reward=reward, value=value, gamma=gamma):
            """Targets of windows of `length` steps, where they fit."""
            found = []
            for t in range(len(reward)):
                m = min(length, len(reward) - t)
                sums = sum(fade**k * reward[t + k] for k in range(m))
                found.append(sums + gamma ** (m if power is None else power(m)) * value[t if read else t + m - 1])
            return np.array(found)

        cut = made(n)
        end = np.arange(steps) + n >= steps  # the windows that reach the last step
        real = np.array([sum(gamma**k * r for k, r in enumerate(reward[t:])) for t in range(steps)])
        fallen = np.where(end, real, cut)
        recognise(
            ask(False),
            cut,
            {
                "The shorter windows at the end: their estimate comes after fewer than n steps.": made(
                    n, lambda m, n=n: n
                ),
                "The estimate is not discounted. It comes after all rewards of the window.": made(n, lambda m: 0),
                "The estimate is discounted one step too little: it comes after the last reward.": made(
                    n, lambda m: m - 1
                ),
                "The estimate is discounted one step too much.": made(n, lambda m: m + 1),
                "The rewards are not discounted.": made(n, fade=1.0),
                "Each window has one reward too many.": made(n + 1),
                "Each window has one reward too few.": made(n - 1) if n > 1 else made(n),
                "The estimate is read at the beginning of the window. It belongs to its end.": made(n, read=True),
                "That treats the cut like a fall: after the clock, rewards would have followed.": fallen,
                "Where is the estimate of what comes after the window?": made(n) - made(n, fade=0) + reward,
            },
            "Try it by hand with three rewards, n = 2 and γ = 0.5, cut by the clock.",
        )
        recognise(
            ask(True),
            fallen,
            {
                "After a fall nothing follows. Which windows reach the fall?": cut,
                "Only the very last window is without an estimate. More of them reach the fall.": np.where(
                    np.arange(steps) == steps - 1, real, cut
                ),
                "The first windows end before the fall; they need their estimate.": made(n)
                - np.array([gamma ** min(n, steps - t) * value[min(t + n, steps) - 1] for t in range(steps)]),
            },
            "The clock's cut is right, the fall is not yet. Try it by hand with two steps.",
        )
    return "So nothing needs to be dropped, if each window brings the discount of its own estimate."


@exercise("13.3", "Throw one dart at each part of the line")
def one_in_each_part(answer, rng):
    """Dart j must hit a row that lies in part j; over many calls each row is hit as often as it should."""
    mixed = np.concatenate([rng.uniform(0.1, 1, size=20), rng.uniform(2, 4, size=10)])
    mixed[[*range(4, 14), 25, 29]] = 0  # the last one too: then rows that are one too large are still rows
    for priority in (mixed, mixed[::-1].copy(), np.array([1.0, 3.0, 4.0]), np.array([2.0, 0.0, 0.0, 5.0])):
        for darts in (8, 5):
            check_parts(answer, priority, darts)
    long = rng.uniform(0.1, 2, size=60)
    same_again(lambda: answer(long, 40, np.random.default_rng(3)))
    priority, seeds = np.array([1.0, 3.0, 4.0]), np.random.default_rng(7)
    many = np.array([answer(priority, 5, np.random.default_rng(seed)) for seed in seeds.integers(10**6, size=600)])
    require(np.ptp(many, axis=0).any(), "It gives the same rows for each `rng`. A dart falls anywhere in its part.")
    counts = np.bincount(many.ravel(), minlength=3) / many.size
    require(
        np.abs(counts - priority / 8).max() < 0.03,
        "Each dart lies in its part, but not evenly: some places of a part are hit more often than others.",
    )
    return "Each row is hit as often as with free darts, on average, and the number of hits varies less."


def check_parts(answer, priority, darts: int) -> None:
    """The exact part of the question, for one set of priorities."""
    got = array(answer(priority, darts, np.random.default_rng(1)), (darts,), "the rows", "iu")
    require(got.min() >= 0, "A row is below 0. Rows are counted from 0.")
    require(got.max() < len(priority), "A row is too large: is a dart beyond the end of the line?")
    part, edges = priority.sum() / darts, priority.cumsum()

    def fit(rows, j):
        """Whether rows overlap the parts j of the line: row i lies from edges[i] - priority[i] to edges[i]."""
        return np.all((edges[rows] > j * part - 1e-9) & (edges[rows] - priority[rows] < (j + 1) * part + 1e-9))

    j = np.arange(darts)
    found = fit(got, j)
    require(found or not fit(np.minimum(got + 1, len(priority) - 1), j), "Each row is one too small: off by one?")
    require(found or not fit(np.maximum(got - 1, 0), j), "Each row is one too large: off by one?")
    first, last = np.floor(j * len(priority) / darts), np.ceil((j + 1) * len(priority) / darts) - 1
    require(
        found or np.any((got < first) | (got > last)),
        "The parts are equal pieces of the line, not of the list of rows: rows of high priority are longer.",
    )
    require(np.all(priority[got] > 0), "A row of priority 0 has been hit. It has no length on the line.")
    if found:
        return
    require(not fit(got, 0), "All darts fall into the first part. Each part gets a dart of its own.")
    require(not fit(np.sort(got), j), "The order of the parts is another: the first dart falls into the first part.")
    require(np.all(np.diff(got) >= 0), "One part is hit twice, another one not at all: aim each dart at its own part.")
    raise Wrong("Some dart misses its part. Where does part j of the line begin, and how long is it?")


GAMMA, COPY_EVERY = 0.99, 64


@exercise("13.4", "Explore a fair speed for a soft target", kind="explore")
def fair_tau(answer, rng):
    """(1 - tau (1 - gamma)) ** 64 = gamma: as far after 64 gradient steps as one copy brings it."""
    given = number(answer, "tau")
    wanted = (1 - GAMMA ** (1 / COPY_EVERY)) / (1 - GAMMA)
    require(0 < given <= 1, "`tau` is a part of a distance: it lies between 0 and 1.")
    hints = {
        0.005: "That is the value of this notebook, and it lags behind. Go on.",
        left_after_64(0.01): "So nearly all of an *old distance* is gone after 64 steps. Compare the values instead.",
        left_after_64(0.5): "So half of an old distance is gone after 64 steps. Compare the values instead.",
        1 / COPY_EVERY**2: "That is a 64th of a 64th. How far does it get in 64 steps?",
        1.0: "With 1 the target network is the network itself: there is a copy in each step.",
    }
    for value, hint in hints.items():
        require(abs(given - value) > 1e-4, hint)
    require(given < 1.02 * wanted, "So it is ahead of the copies. Take a smaller one.")
    require(given > 0.98 * wanted, "So it is still behind the copies. Take a larger one.")
    return "About 1 in 64: whoever exchanges copies for a soft target should first give both the same speed."


def left_after_64(share: float) -> float:
    """The tau that leaves this share of an old distance after 64 steps."""
    return 1 - share ** (1 / COPY_EVERY)
