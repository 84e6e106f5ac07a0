"""The checkers of notebook 15: a row of successes, a test by lot, an honest choice, the price of many questions."""

from itertools import combinations

import numpy as np

from helpers.checks.expect import array, close, number, recognise, require, whole
from helpers.checks.registry import exercise
from helpers.statistics import rates_power

TITLE = "Judge a result"


def in_a_row(rate: float, chance: float) -> int:
    """The fewest runs of which all succeed with at most this chance."""
    n = 1
    while rate**n > chance:
        n += 1
    return n


@exercise("15.1", "Predict how long luck lasts", kind="predict")
def luck_lasts(answer, rng):
    """The smallest n with 0.9 ** n <= 0.05."""
    given, wanted = whole(answer, "your prediction"), in_a_row(0.9, 0.05)
    hints = {
        in_a_row(0.9, 0.1): "That is where the chance falls to 1 in 10. Go on to 1 in 20.",
        in_a_row(0.9, 0.01): "That is where the chance falls to 1 in 100. You went too far.",
        in_a_row(0.95, 0.05): "That is for an agent that solves 95 of 100. This one solves 9 in 10.",
        wanted - 1: "One short: there the chance is still a little above 1 in 20. Round up.",
        10: "One failure in ten is what happens on average. That none happens in ten is quite common.",
        20: "You divided. A chance to see no failure is a product, one factor for each run.",
        1: "That is the chance of a failure in one run. Of how many runs do all succeed?",
    }
    require(given not in hints, hints.get(given, ""))
    require(given > 0, "A number of runs is 1 or more.")
    require(given <= wanted, "That is more than it takes. Look for the first such number.")
    require(given == wanted, "There an agent that fails once in ten would still look perfect more often than that.")
    return "Fewer perfect runs than that cannot rule out an agent that fails once in ten."


def deals(pool, size: int):
    """The values of the first group and of the others, for all ways to deal out the runs."""
    for chosen in combinations(range(len(pool)), size):
        yield pool[list(chosen)], np.delete(pool, chosen)


@exercise("15.2", "Deal the runs out by lot")
def p_by_lot(answer, rng):
    """Whole numbers in groups of 2, 3 and 4, so that no rounding decides whether two differences are equal."""
    for n, m in [(3, 3), (2, 4), (4, 2), (4, 4)]:
        a, b = np.split(rng.choice(60, n + m, replace=False) * 8.0 + np.repeat([200, 0], [n, m]), [n])
        seen, pool = a.mean() - b.mean(), np.concatenate([a, b])
        gaps = np.array([x.mean() - y.mean() for x, y in deals(pool, n)])
        by_sum = np.array([x.sum() - y.sum() for x, y in deals(pool, n)])
        one_side = min(np.mean(gaps >= seen), np.mean(gaps <= seen))
        wanted = np.mean(np.abs(gaps) >= abs(seen))
        given = number(answer(a, b), "p")
        mistakes = {
            "Compare means, not sums: a larger group has a larger sum by itself.": np.mean(
                np.abs(by_sum) >= abs(a.sum() - b.sum())
            ),
            "You look at one direction only. Would you not have been as surprised by the other agent's lead?": one_side,
            "Twice one side is right only where both groups are of one size.": 2 * one_side,
            "You leave out deals that are just as uneven, the one seen among them: they count too.": np.mean(
                np.abs(gaps) > abs(seen)
            ),
            "That is the share of the deals that are less uneven. Which ones does p count?": np.mean(
                np.abs(gaps) < abs(seen)
            ),
            "That is the number of deals. What share of all deals is it?": np.sum(np.abs(gaps) >= abs(seen)),
        }
        almost = abs(given - wanted) < 0.04
        recognise(
            given,
            wanted,
            mistakes,
            "Near, but not exact. Go through all deals, each once, instead of drawing some."
            if almost
            else "Try it by hand with three runs of each: how many deals are there?",
        )
    require(
        close(number(answer(np.array([5.0, 5.0]), np.array([5.0, 5.0])), "p"), 1),
        "Where all runs are equal, every deal is as uneven as the one seen.",
    )
    return "Played with ones and zeros this is Fisher's test: three runs of each are too few here as well."


@exercise("15.3", "Choose and report with different episodes")
def honest_choice(answer, rng):
    """Each seed's own moment, chosen by the first half of the episodes, reported by the second."""
    for n, v, e in [(4, 6, 8), (7, 5, 4), (1, 9, 2)]:
        returns = rng.uniform(0, 500, size=(n, v, e))
        first, second, whole_mean = returns[:, :, : e // 2].mean(2), returns[:, :, e // 2 :].mean(2), returns.mean(2)
        rows, moment = np.arange(n), first.argmax(1)
        recognise(
            array(answer(returns), (n,), "the report", "f"),
            second[rows, moment],
            {
                "You report the episodes that chose. Of noisy numbers the highest is high by luck.": first.max(1),
                "You choose by the half that you report. That is the luckiest moment again.": second.max(1),
                "You choose and report by all episodes. None is left that had no part in the choice.": whole_mean.max(
                    1
                ),
                "You choose well, but then report all episodes; half of them took part in the choice.": whole_mean[
                    rows, moment
                ],
                "The episodes that you report had a part in the choice: choose by the first half alone.": second[
                    rows, whole_mean.argmax(1)
                ],
                "The halves are exchanged: the first chooses, the second reports.": first[rows, second.argmax(1)],
                "You take one moment for all seeds. Each seed chooses its own.": second[:, first.mean(0).argmax()],
                "That is the end of training. Where is the choice?": second[:, -1],
                "You choose the worst moment.": second[rows, first.argmin(1)],
            },
            "Try it by hand with one seed, three moments and two episodes each.",
        )
    wall = np.full((2, 4, 4), 500.0)
    wall[:, :, 2:] = [[[10], [20], [30], [40]]] * 2
    require(
        close(array(answer(wall), (2,), "the report", "f"), [10, 10]),
        "Of moments that are equally good, take the first.",
    )
    return "Now the number reported is as likely to be too low as too high."


@exercise("15.4", "Explore the price of eleven questions", kind="explore")
def price_of_questions(answer, rng):
    """The fewest seeds for a power of 80 %, at 5 % and at 5 % / 11."""
    require(isinstance(answer, dict), "Give a dictionary with the two names as keys, as in the cell.")
    given = {}
    for name in ("one question", "eleven questions"):
        require(name in answer, f'The entry "{name}" is missing.')
        given[name] = whole(answer[name], f'the number for "{name}"')
        require(given[name] > 0, f'"{name}": a number of seeds is 1 or more.')
    one, eleven = given.values()
    right = fewest(0.05), fewest(0.05 / 11)
    require((eleven, one) != right, "The two are exchanged. Which question asks for the smaller p?")
    require(one != 2 * right[0], '"one question": count the seeds of each agent, not of both together.')
    require(one >= right[0], '"one question": with so few seeds the power is still below 80 %.')
    require(one == right[0], '"one question": that is more than it takes. Look for the first such number.')
    require(eleven != 11 * one, '"eleven questions": eleven times is a guess. Look what `alpha` does to the power.')
    require(eleven != fewest(0.05 * 11), '"eleven questions": a p of 0.55 is no finding. Divide the 5 %.')
    require(eleven != one, '"eleven questions": each is still tested at 5 %. Divide that by their number.')
    require(eleven >= right[1], '"eleven questions": with so few seeds the power is still below 80 %.')
    require(eleven == right[1], '"eleven questions": that is more than it takes. Look for the first such number.')
    return "Eleven questions cost far less than eleven times the seeds: the chance of a lucky p falls fast."


def fewest(alpha: float, wish: float = 0.8) -> int:
    """Seeds of each agent for 9 in 10 against 6 in 10."""
    n = 2
    while rates_power(0.9, 0.6, n, alpha) < wish:
        n += 1
    return n
