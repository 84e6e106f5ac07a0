"""The checkers of notebook 15: two intervals, a test over several studies, luck, lots, an honest choice, a price."""

from itertools import combinations

import numpy as np
from scipy import stats

from helpers.checks.expect import array, close, number, recognise, require, whole
from helpers.checks.registry import exercise
from helpers.statistics import difference_interval, rate_interval, rates_power

TITLE = "Judge a result"
ENDS = 1e-3  # of an interval: 1.96 or 1.959964, both are right


@exercise("15.1", "Write Wilson's interval")
def wilson_interval(answer, rng):
    """Small and large samples, no failure and no success, and other levels than 95 %."""
    for k, n, z in [(3, 5, 1.96), (35, 40, 1.96), (10, 10, 1.96), (0, 7, 1.96), (9, 12, 1.0), (11, 30, 2.576)]:
        wanted, mistakes = _wilson_and_its_mistakes(k, n, z)
        got = array(answer(k, n, z), (2,), "the interval (low, high)")
        hint = "Put your two ends into the inequality, one after the other: both sides should be equal there."
        recognise(got, wanted, mistakes, hint, tolerance=ENDS)
    return "Four pages of 1927, and still the interval to report: ten of ten may well be a rate of 0.72."


def _wilson_and_its_mistakes(k: int, n: int, z: float):
    """(low, high), and {hint: what that mistake gives}."""
    share, both = k / n, np.array([-1.0, 1.0])
    spread = np.sqrt(share * (1 - share) / n)
    middle, apart = k + z**2 / 2, z * np.sqrt(k * (n - k) / n + z**2 / 4)
    wanted = (middle + both * apart) / (n + z**2)
    exact = [
        0.0 if k == 0 else stats.beta.ppf(0.025, k, n - k + 1),
        1.0 if k == n else stats.beta.ppf(0.975, k + 1, n - k),
    ]
    return wanted, {
        "The spread under the root is that of the rate p that is asked for, not of the share that was seen.": share
        + both * z * spread,
        "The spread is that of the share that was seen, cut off at 0 and 1. Ask for the spread under p.": np.clip(
            share + both * z * spread, 0, 1
        ),
        "The first end should be the lower one.": wanted[::-1],
        "Something is missing under the root: look at k of n with k = n. Has your interval a width there?": (
            middle + both * z * np.sqrt(k * (n - k) / n)
        )
        / (n + z**2),
        "The middle isn't the share that was seen. Solve the whole quadratic equation.": share
        + both * apart / (n + z**2),
        "The middle isn't the share that was seen: is the 2 of 2k + z² in the right place?": (k + both * apart)
        / (n + z**2),
        "In the quadratic equation p² is multiplied by n + z², not by n alone.": (middle + both * apart) / n,
        "Those are successes. Divide by the number of trials: a rate lies between 0 and 1.": n * wanted,
        "Those are per cent. A rate lies between 0 and 1.": 100 * wanted,
        "Those are the middle and the half width. Give the two ends.": np.array([middle, apart]) / (n + z**2),
        "That is Clopper and Pearson's interval, with exact chances. It is wider; write Wilson's.": (np.array(exact)),
        "You leave z out of the inequality: that is one standard deviation.": np.array(_wilson(k, n, 1.0)),
        "You use z = 1.96 always. It is an argument.": np.array(_wilson(k, n, 1.96)),
    }


def _wilson(k: int, n: int, z: float) -> tuple[float, float]:
    middle, apart = k + z**2 / 2, z * np.sqrt(k * (n - k) / n + z**2 / 4)
    return (middle - apart) / (n + z**2), (middle + apart) / (n + z**2)


@exercise("15.2", "Write the interval of a difference")
def difference_of_rates(answer, rng):
    """Groups of one size and of two, A ahead and B ahead, and nobody failing."""
    for k_a, n_a, k_b, n_b in [(35, 40, 28, 40), (6, 20, 11, 15), (10, 10, 9, 10), (50, 60, 3, 8)]:
        a, b = k_a / n_a, k_b / n_b
        (low_a, high_a), (low_b, high_b) = rate_interval(k_a, n_a), rate_interval(k_b, n_b)
        wanted = np.array(difference_interval((k_a, n_a), (k_b, n_b)))
        half = 1.96 * np.sqrt(a * (1 - a) / n_a + b * (1 - b) / n_b)
        down, up = np.hypot(a - low_a, high_b - b), np.hypot(high_a - a, b - low_b)
        mistakes = {
            "You take both worst cases at once, as if one brought the other. Add the squares, then the root.": [
                low_a - high_b,
                high_a - low_b,
            ],
            "You subtract low from low and high from high. When is the difference least?": [
                low_a - low_b,
                high_a - high_b,
            ],
            "At the lower end A is worse than it looks, and B? You let it be worse too.": a
            - b
            + np.array([-np.hypot(a - low_a, b - low_b), np.hypot(high_a - a, high_b - b)]),
            "Downwards and upwards are exchanged: which way may A be worse?": [a - b - up, a - b + down],
            "That is B minus A.": [b - a - up, b - a + down],
            "The first end should be the lower one.": wanted[::-1],
            "Those are the distances from the difference. Where is the difference itself?": [-down, up],
            "The widths are those of A alone. B varies too.": [low_a - b, high_a - b],
            "The squares are added, and the root is missing.": [a - b - down**2, a - b + up**2],
            "You used the plain spread of a share, p (1 - p) / n, which fails where nobody fails. Use Wilson's ends.": [
                a - b - half,
                a - b + half,
            ],
            "Those are points of 100. Give the difference as a share, from -1 to 1.": 100 * wanted,
        }
        got = array(answer(k_a, n_a, k_b, n_b), (2,), "the interval (low, high)", "f")
        hint = "Compute the four distances first, from each rate to the ends of its own interval."
        recognise(got, wanted, {told: np.array(ends) for told, ends in mistakes.items()}, hint, tolerance=ENDS)
    return "From now on a difference comes with its interval, and overlap is no test."


@exercise("15.3", "Write the combined test")
def combined_test(answer, rng):
    """One study, two that are alike to the last bit, studies of unlike sizes, and three of them."""
    drawn = [
        [(int(rng.integers(1, 5)), 5, int(rng.integers(3, 9)), 9), (7, 8, 2, 6)],
        [(2, 6, 1, 6), (5, 6, 3, 5), (4, 4, 2, 7)],
    ]
    for studies in [
        [(3, 9, 1, 7), (6, 7, 2, 8), (4, 6, 3, 7)],
        [(3, 3, 0, 3), (3, 3, 0, 3)],
        [(9, 10, 36, 40), (12, 40, 4, 10)],
        [(1, 6, 2, 6), (1, 5, 1, 5)],  # two sums are as likely as one another, but for the last bits
        [(3, 3, 1, 3), (0, 9, 2, 3)],  # sums as far from their mean are not as likely
        *drawn,
        [(6, 7, 2, 8)],
    ]:
        wanted, mistakes = _combined_and_its_mistakes(studies)
        got = number(answer([*studies]), "p")
        hint = "Begin with one study: it should give Fisher's p. Then convolve."
        recognise(got, wanted, mistakes, hint)
    return "Two studies that could show nothing alone may show something together, and equal agents stay equal."


def _combined_and_its_mistakes(studies: list) -> tuple[float, dict]:
    """p, and {hint: what that mistake gives}."""
    chances, seen, own = np.ones(1), 0, []
    for k_a, n_a, k_b, n_b in studies:
        of_a = stats.hypergeom.pmf(np.arange(n_a + 1), n_a + n_b, k_a + k_b, n_a)
        chances, seen = np.convolve(chances, of_a), seen + k_a
        own.append(of_a[of_a <= of_a[k_a] * (1 + 1e-7)].sum())
    rare = chances <= chances[seen] * (1 + 1e-7)
    away = np.abs(np.arange(len(chances)) - chances @ np.arange(len(chances)))  # from the mean
    wanted, upper, lower = chances[rare].sum(), chances[seen:].sum(), chances[: seen + 1].sum()
    k_a, n_a, k_b, n_b = np.sum(studies, axis=0).tolist()
    added = stats.fisher_exact([[k_a, n_a - k_a], [k_b, n_b - k_b]]).pvalue
    return wanted, {
        "You add the columns first. Deal within each study: it matters who ran where.": added,
        "You multiply the p-values. Two studies with p = 0.5 would then make 0.25 out of nothing.": np.prod(own),
        "That is the smallest p of the studies: the best of several, as in the tricks above.": min(own),
        "That is the mean of the p-values. Many weak hints in one direction should count for more than one.": np.mean(
            own
        ),
        "That combines the p-values themselves, and forgets which agent was ahead in each study.": stats.chi2.sf(
            -2 * np.log(own).sum(), 2 * len(own)
        ),
        "You look at one direction only. Would you not have been as surprised by the other agent's lead?": upper,
        "You look at the direction in which A solves fewer, and only there.": lower,
        "Twice one side is another test. Add all sums that are no likelier than the one seen.": 2 * min(upper, lower),
        "You leave out the sum that was seen: it counts too.": chances[chances < chances[seen] * (1 - 1e-7)].sum(),
        "That is the chance of the sum that was seen. Add those that are no likelier.": chances[seen],
        "That is 1 minus p: the chance of less than what was seen.": 1 - wanted,
        "Only the first study counts. What of the others?": own[0],
        "Only the last study counts. What of the others?": own[-1],
        "Of two chances that are equal but for rounding you count one. Allow for the last bits.": chances[
            chances <= chances[seen]
        ].sum(),
        "You add sums that are as far from the mean. What counts is how likely a sum is, not how far it is.": chances[
            away >= away[seen] - 1e-9
        ].sum(),
    }


def in_a_row(rate: float, chance: float) -> int:
    """The fewest runs of which all succeed with at most this chance."""
    n = 1
    while rate**n > chance:
        n += 1
    return n


@exercise("15.4", "Predict how long luck lasts", kind="predict")
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


@exercise("15.5", "Deal the runs out by lot")
def p_by_lot(answer, rng):
    """Whole numbers in groups of 2, 3 and 4, so that no rounding decides whether two differences are equal."""
    for n, m in [(3, 3), (2, 4), (4, 2), (4, 4)]:
        a, b = np.split(rng.choice(60, n + m, replace=False) * 8.0 + np.repeat([204, 0], [n, m]), [n])
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
    for a, b in [([500, 500, 500, 96], [500, 120, 104, 500]), ([500, 500, 500], [500, 96])]:
        _deal_with_ties(answer, np.array(a, float), np.array(b, float))
    require(
        close(number(answer(np.array([5.0, 5.0]), np.array([5.0, 5.0])), "p"), 1),
        "Where all runs are equal, every deal is as uneven as the one seen.",
    )
    return "Played with ones and zeros this is Fisher's test: three runs of each are too few here as well."


def _deal_with_ties(answer, a, b) -> None:
    """Runs that are equal are still two runs: dealt out, each takes a place of its own."""
    seen, pool = abs(a.mean() - b.mean()), np.concatenate([a, b])
    gaps = {
        places: abs(pool[list(places)].mean() - np.delete(pool, places).mean())
        for places in combinations(range(len(pool)), len(a))
    }
    as_uneven = {places: gap >= seen - 1e-9 for places, gap in gaps.items()}
    merged = {tuple(sorted(pool[list(places)])): uneven for places, uneven in as_uneven.items()}  # alike: once
    told = "Equal runs are two runs, and two deals that look alike are two deals. Do you merge them, as a set does?"
    recognise(
        number(answer(a, b), "p"),
        np.mean(list(as_uneven.values())),
        {told: np.mean(list(merged.values()))},
        "Several runs have the same return here, as those at the wall of 500 do. Deal out places, not values.",
    )


@exercise("15.6", "Choose and report with different episodes")
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


@exercise("15.7", "Explore the price of ten questions", kind="explore")
def price_of_questions(answer, rng):
    """The fewest seeds for a power of 80 %, at 5 % and at 5 % / 10."""
    require(isinstance(answer, dict), "Give a dictionary with the two names as keys, as in the cell.")
    given = {}
    for name in ("one question", "ten questions"):
        require(name in answer, f'The entry "{name}" is missing.')
        given[name] = whole(answer[name], f'the number for "{name}"')
        require(given[name] > 0, f'"{name}": a number of seeds is 1 or more.')
    one, ten = given.values()
    right = fewest(0.05), fewest(0.05 / 10)
    require((ten, one) != right, "The two are exchanged. Which question asks for the smaller p?")
    require(one != 2 * right[0], '"one question": count the seeds of each agent, not of both together.')
    require(one >= right[0], '"one question": with so few seeds the power is still below 80 %.')
    require(one == right[0], '"one question": that is more than it takes. Look for the first such number.')
    require(ten != 10 * one, '"ten questions": ten times is a guess. Look what `alpha` does to the power.')
    require(ten != fewest(0.05 * 10), '"ten questions": a p of 0.5 is no finding. Divide the 5 %.')
    require(ten != one, '"ten questions": each is still tested at 5 %. Divide that by their number.')
    require(ten >= right[1], '"ten questions": with so few seeds the power is still below 80 %.')
    require(ten == right[1], '"ten questions": that is more than it takes. Look for the first such number.')
    return "Ten questions cost far less than ten times the seeds: the chance of a lucky p falls fast."


def fewest(alpha: float, wish: float = 0.8) -> int:
    """Seeds of each agent for 9 in 10 against 6 in 10."""
    n = 2
    while rates_power(0.9, 0.6, n, alpha) < wish:
        n += 1
    return n
