"""The checkers of notebook 05: how high optimism must start, an explorer without a number, luck, and UCB's patience."""

import numpy as np

from helpers.checks.expect import number, recognise, require, same_again, whole
from helpers.checks.registry import exercise

TITLE = "Explore enough"
STEADY = (0.2, 0.5, 0.8)  # what the three levers of exercise 5.1 pay, always


@exercise("5.1", "Predict how high optimism must start", kind="predict")
def last_lever(answer, rng):
    """Three levers that always pay the same, alpha 0.5, greedy, ties to the lower number: which lever in the end?"""
    require(isinstance(answer, dict), "Give a dictionary with the four starts as keys, as in the cell.")
    for start in (0.1, 0.3, 0.6, 3.0):
        require(start in answer, f"The start {start} is missing.")
        given = whole(answer[start], f"the lever for the start {start}", 0, 2)
        wanted = settles_on(start)
        if given == wanted:
            continue
        require(start > STEADY[0] or given == 0, f"Start {start}: does the first pull disappoint, or please?")
        require(start > STEADY[1] or given != 2, f"Start {start}: what does lever 1 pay, compared with the start?")
        require(
            start > STEADY[1] or given != 0, f"Start {start}: the first pull lowers its entry. Which is higher now?"
        )
        require(start < STEADY[2] or given == 2, f"Start {start}: every entry sinks. Which sinks the least far?")
        require(given != 1, f"Start {start}: after one pull of lever 1, is its entry still the highest?")
        require(False, f"Start {start}: its first pull lowers the entry of lever 0. Nothing ever raises it again.")
    return "It need not start above the best lever. It must start above all the others."


def settles_on(start: float) -> int:
    """The lever that the greedy learner of 5.1 pulls in the end."""
    q = np.full(3, start)
    for _ in range(200):
        lever = int(q.argmax())
        q[lever] += 0.5 * (STEADY[lever] - q[lever])
    return int(q.argmax())


@exercise("5.2", "Write an explorer that has no number to choose")
def thompson(answer, rng):
    """How often each lever is chosen, against the chance that its draw is the largest."""
    for wins, losses in [((0, 6, 2), (0, 4, 9)), ((3, 1), (2, 3)), ((40, 10, 1, 0), (30, 12, 4, 5))]:
        wins, counts = np.array(wins), np.add(wins, losses)
        q = np.where(counts > 0, wins / np.maximum(counts, 1), 0.0)
        whole(answer(q, counts, rng), "the action", 0, len(q) - 1)
        same_again(lambda q=q, counts=counts: [answer(q, counts, np.random.default_rng(1)) for _ in range(20)])
        chosen = [answer(q, counts, rng) for _ in range(1_200)]
        for extreme in (min(chosen), max(chosen)):
            whole(extreme, "the action", 0, len(q) - 1)
        given = np.bincount(chosen, minlength=len(q)) / len(chosen)  # (A,) shares
        coins, blanks = 1 + wins, 1 + counts - wins
        right = best_of_draws(coins, blanks)
        if np.abs(given - right).max() < 0.06:
            continue
        mistakes = {
            "It always takes the lever that looks best. Nothing is drawn.": np.eye(len(q))[q.argmax()],
            "Every lever comes equally often. Does the draw depend on `q` and `counts`?": np.full(len(q), 1 / len(q)),
            "It likes levers that did not pay: the smallest guess, or coins and blanks exchanged?": best_of_draws(
                blanks, coins
            ),
            "`q` is a share, not a number of coins. How many coins were paid in n pulls?": best_of_draws(1 + q, 2 - q),
            "The second number counts the pulls that did not pay, not all of them.": best_of_draws(coins, 1 + counts),
        }
        for hint, shares in mistakes.items():
            require(np.abs(given - shares).max() > 0.05, hint)
        require(
            False,
            f"With {wins.tolist()} coins in {counts.tolist()} pulls the levers should be taken with the chances "
            f"{right.round(2).tolist()}, about; yours came with {given.round(2).tolist()}.",
        )
    return "A lever is taken as often as it is likely to be the best one, by what is known so far."


def best_of_draws(first, second) -> np.ndarray:
    """(A,) in what share of 20,000 rounds each lever's draw from Beta(first, second) is the largest."""
    draws = np.random.default_rng(7).beta(first, second, size=(20_000, len(first)))
    return np.bincount(draws.argmax(axis=1), minlength=len(first)) / len(draws)


@exercise("5.3", "Write how much luck dithering needs")
def chance_of_the_far_end(answer, rng):
    """The chance to leave a corridor on the right, for an agent that prefers left everywhere: exact, to six digits."""
    for length, epsilon in [(6, 0.3), (3, 0.5), (12, 0.8), (2, 0.1), (9, 1.0)]:
        given, p = number(answer(length, epsilon), "the chance"), epsilon / 2
        right, name = leaves_right(length, p), f"Length {length}, epsilon {epsilon}: "
        wrong = {
            "half of the random actions go left as well.": leaves_right(length, epsilon),
            "that is the whole way without one step back. It may turn round and still arrive.": p ** (length - 1),
            "that is the chance of the near end.": 1 - right,
            "that is one cell too few. How many steps is it to the far end?": leaves_right(length - 1, p),
            "that is one cell too many. How many steps is it to the far end?": leaves_right(length + 1, p),
            "it starts in the second cell from the left, not in the first.": leaves_right(length, p, start=0),
            "that is a number of episodes. Give the chance.": 1 / right,
        }
        recognise(  # as a multiple of what is right, for the chances are small
            given / right,
            1.0,
            {name + hint: value / right for hint, value in wrong.items()},
            name + "not right. The chance from a cell is a weighted mean of the chances from its two neighbours.",
        )
    return "Each further cell makes it rarer by nearly the same factor, (1 - p) / p, where p is the chance to go right."


def leaves_right(length: int, p: float, start: int = 1) -> float:
    """The gambler's ruin: p is the chance of each step to go right, and cells are numbered from 0."""
    steps, total = start + 1, length + 1
    if abs(p - 0.5) < 1e-12:
        return steps / total
    if p >= 1:
        return 1.0
    ratio = (1 - p) / p
    return (ratio**steps - 1) / (ratio**total - 1)


@exercise("5.4", "Explore how often UCB looks back", kind="explore")
def looks_back(answer, rng):
    """Two levers that always pay 0.75 and 0.25: how often UCB with c = 1 pulls the worse one."""
    require(isinstance(answer, dict), "Give a dictionary with the three numbers of pulls as keys, as in the cell.")
    pulls, before = (100, 1_000, 10_000), 0
    worse = worse_pulls(1.0, pulls)
    for n, wanted in zip(pulls, worse, strict=True):
        require(n in answer, f"The entry for {n:,} pulls is missing.")
        given, name = whole(answer[n], f"the number for {n:,} pulls"), f"{n:,} pulls: "
        require(0 <= given <= n, name + "it is a number of pulls.")
        require(abs(given - (n - wanted)) > 1, name + "that is how often the better lever was pulled.")
        require(before == 0 or abs(given - (wanted - before)) > 1, name + "count all pulls from the first one on.")
        require(abs(given - n // 2) > 1, name + "both equally often? Each lever has a count of its own.")
        require(
            abs(given - wanted) <= 1,
            name + ("that is too many" if given > wanted else "that is too few") + ". Is c equal to 1, and does each "
            "lever always pay the same?",
        )
        before = wanted
    return "Each time ten times longer adds only about a dozen: it grows as a logarithm, and epsilon-greedy's as n."


def worse_pulls(c: float, at: tuple) -> list[int]:
    """How often the lever of 0.25 was pulled, beside one of 0.75, after so many pulls."""
    values, counts, found = (0.75, 0.25), [1, 1], []
    for t in range(2, max(at) + 1):
        if t in at:
            found.append(counts[1])
        bounds = [values[a] + c * np.sqrt(np.log(t) / counts[a]) for a in (0, 1)]
        counts[int(bounds[1] > bounds[0])] += 1
    return found
