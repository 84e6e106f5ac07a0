"""The checkers of notebook 05: five ways to explore, how high optimism must start, a draw instead of a number, luck."""

import numpy as np

from helpers.checks.expect import Wrong, number, recognise, require, same_again, whole
from helpers.checks.registry import exercise

TITLE = "Explore enough"
STEADY = (0.2, 0.5, 0.8)  # what the three levers of exercise 5.4 pay, always
HARDLY_KNOWN = (0, 3, 18), (0, 0, 2)  # euros and blanks of three levers of exercise 5.5, where first beliefs show


# --- the three that draw or count -----------------------------------------------------------------------------------


def shares_of(act, num_actions: int, draws: int) -> np.ndarray:
    """(A,) how often each action came in so many draws of `act()`; each of them must be an action."""
    for _ in range(3):
        whole(act(), "the action", 0, num_actions - 1)
    chosen = [act() for _ in range(draws)]
    for extreme in (min(chosen), max(chosen)):
        whole(extreme, "the action", 0, num_actions - 1)
    return np.bincount(chosen, minlength=num_actions) / draws


def recognise_shares(given, right, mistakes: dict, otherwise: str) -> None:
    """As `recognise`, for shares that were counted: 0.055 is more than four standard errors of 1,500 draws."""
    if np.abs(given - right).max() < 0.055:
        return
    near = {hint: np.abs(given - shares).max() for hint, shares in mistakes.items()}
    hint = min(near, key=near.__getitem__)
    raise Wrong(hint if near[hint] < 0.055 else otherwise)


@exercise("5.1", "Write epsilon-greedy")
def epsilon_greedy_choice(answer, rng):
    """How often each action comes: one clear best, negative values, no chance at all, nothing but chance, and a tie."""
    cases = [((0.1, 0.9, 0.4), 0.5), ((-1.0, -3.0, -2.0), 0.6), ((0.0, 2.0), 0.0), ((0.5, 0.5, 0.2), 0.3)]
    for q, epsilon in cases:
        q = np.array(q)
        same_again(lambda q=q, e=epsilon: [answer(q, e, np.random.default_rng(1)) for _ in range(20)])
        given = shares_of(lambda q=q, e=epsilon: answer(q, e, rng), len(q), 1_300)
        best, every = (q == q.max()) / (q == q.max()).sum(), np.full(len(q), 1 / len(q))
        first, last = np.eye(len(q))[q.argmax()], np.eye(len(q))[len(q) - 1 - q[::-1].argmax()]
        others, worst = (q < q.max()) / max((q < q.max()).sum(), 1), np.eye(len(q))[q.argmin()]
        all_but_last = np.append(np.full(len(q) - 1, 1 / (len(q) - 1)), 0)
        tie = "Several actions are equally good here. One of them is taken every time, and the rest are never tried."
        recognise_shares(
            given,
            (1 - epsilon) * best + epsilon * every,
            {
                "The coin is the wrong way round: `epsilon` is the chance of a random action.": epsilon * best
                + (1 - epsilon) * every,
                "A random action is any action. It may be the greedy one too.": (1 - epsilon) * best + epsilon * others,
                "It is always greedy. When is the coin tossed?": first,
                "Every action comes equally often. What does it do when the coin says greedy?": every,
                "A random action is never the last one.": (1 - epsilon) * best + epsilon * all_but_last,
                "It prefers the lowest value.": (1 - epsilon) * worst + epsilon * every,
                tie: (1 - epsilon) * first + epsilon * every,
                tie + " (It is the last of them.)": (1 - epsilon) * last + epsilon * every,
            },
            f"With the values {q.tolist()} and epsilon {epsilon} the actions should come with the shares "
            f"{((1 - epsilon) * best + epsilon * every).round(2).tolist()}; yours came with {given.round(2).tolist()}.",
        )
    return "One coin and one look at the table: more than enough to surprise you further down."


def exponentials(q, temperature: float) -> np.ndarray:
    """(A,) the shares of softmax."""
    weights = np.exp((q - q.max()) / temperature)
    return weights / weights.sum()


@exercise("5.2", "Write softmax")
def softmax_choice(answer, rng):
    """How often each action comes, for small values, a low temperature, and values whose exponential is too large."""
    for q, temperature in [((0.2, 1.0, 0.5), 1.5), ((0.1, 0.5, 0.3), 0.25), ((-1.0, 0.5, 0.0), 0.6)]:
        q = np.array(q)
        same_again(lambda q=q, t=temperature: [answer(q, t, np.random.default_rng(1)) for _ in range(20)])
        given, every = shares_of(lambda q=q, t=temperature: answer(q, t, rng), len(q), 1_500), np.full(len(q), 1)
        positive = q - min(q.min(), 0)
        recognise_shares(
            given,
            exponentials(q, temperature),
            {
                "The temperature divides the values. Yours multiplies them.": exponentials(q, 1 / temperature),
                "Nothing depends on the temperature.": exponentials(q, 1.0),
                "The sign is reversed: low values come more often.": exponentials(-q, temperature),
                "It always takes the most probable action. Nothing is drawn.": np.eye(len(q))[q.argmax()],
                "Every action comes equally often.": every / len(q),
                "The shares are in proportion to the values themselves. Where is the exponential?": positive
                / positive.sum(),
                "Those are powers of 2. The formula has e.": exponentials(np.log(2) * q, temperature),
                "Each exponential is divided by the temperature. It belongs inside.": exponentials(q, 1.0),
            },
            f"With the values {q.tolist()} and temperature {temperature} the shares should be "
            f"{exponentials(q, temperature).round(2).tolist()}; yours are {given.round(2).tolist()}.",
        )
    ask_large_values(answer, rng)
    return "It prefers what looks good, and never quite rules anything out."


def ask_large_values(answer, rng) -> None:
    """Returns of 1,000 are common, and e to the thousand is larger than any float."""
    for q, temperature in [((1_000.0, 1_001.0), 1.0), ((-2_000.0, -2_001.0), 1.0), ((0.0, 1.0), 0.001)]:
        q = np.array(q)
        try:
            given = shares_of(lambda q=q, t=temperature: answer(q, t, rng), len(q), 400)
        except (ValueError, ArithmeticError) as error:
            raise Wrong(
                f"Values {q.tolist()}, temperature {temperature}: the exponential is too large or too small for a "
                f"float, and the shares are no numbers ({type(error).__name__}). What may you take off every value "
                "without changing a share?"
            ) from None
        wrong = np.abs(given - exponentials(q, temperature)).max() > 0.11
        require(not wrong, f"Values {q.tolist()}: as large as that, the shares are no longer right. See the docstring.")


@exercise("5.3", "Write the upper confidence bound")
def ucb_choice(answer, rng):
    """Which action it takes, on many tables; actions that were never tried come first."""
    tables = [close_bounds(rng, high) for high in [4, 8, 60] * 30]
    given = np.array([whole(answer(q, n, c, rng), "the action", 0, 2) for q, n, c in tables])
    mistakes = {
        "It takes the best value. What is added should differ from action to action.": lambda q, n, c: q,
        "What is added is not weighted with `c`.": lambda q, n, c: q + np.sqrt(np.log(n.sum()) / n),
        "There is no logarithm in it: the time counts in full.": lambda q, n, c: q + c * np.sqrt(n.sum() / n),
        "The square root is missing.": lambda q, n, c: q + c * np.log(n.sum()) / n,
        "The root is taken of the logarithm only.": lambda q, n, c: q + c * np.sqrt(np.log(n.sum())) / n,
        "`c` stands outside the root.": lambda q, n, c: q + np.sqrt(c * np.log(n.sum()) / n),
        "The bonus is subtracted. That is the lower bound.": lambda q, n, c: q - c * np.sqrt(np.log(n.sum()) / n),
        "The logarithm is the natural one, not that of base 10.": lambda q, n, c: (
            q + c * np.sqrt(np.log10(n.sum()) / n)
        ),
        "Under the logarithm stand all the pulls so far, not those of one action.": (
            lambda q, n, c: q + c * np.sqrt(np.log(n) / n)
        ),
        "It takes what was tried least, whatever it paid.": lambda q, n, c: -n,
        "t is the sum of the counts, no more.": lambda q, n, c: q + c * np.sqrt(np.log(n.sum() + 1) / n),
        "It takes the action of the lowest bound.": lambda q, n, c: -(q + c * np.sqrt(np.log(n.sum()) / n)),
    }
    right = np.array([(q + c * np.sqrt(np.log(n.sum()) / n)).argmax() for q, n, c in tables])
    if not np.array_equal(given, right):
        for hint, score in mistakes.items():
            wrong = np.array([score(q, n, c).argmax() for q, n, c in tables])
            require(not np.array_equal(given, wrong), hint)
        q, n, c = next(table for table, one, two in zip(tables, given, right, strict=True) if one != two)
        raise Wrong(f"Not right for q {q.round(2).tolist()}, counts {n.tolist()}, c {c:.2f}. Work the bounds by hand.")
    ask_untried(answer, rng)
    return "What it adds shrinks as it learns. It is curious only as long as it does not know."


def close_bounds(rng, high: int):
    """q, counts and c whose three bounds differ by little, so that no other formula finds the highest by luck."""
    counts, c = rng.integers(1, high, 3), rng.uniform(0.2, 2)
    bonus = c * np.sqrt(np.log(counts.sum()) / counts)
    return 2 - bonus + rng.normal(0, 0.03, 3), counts, c


def ask_untried(answer, rng) -> None:
    """An action that was never taken has no bound, and comes first."""
    untried = "An action that was never tried comes first, whatever the others have paid."
    for q, n, c in [((0.9, 0.0, 0.8), (50, 0, 40), 0.1), ((0.0, 0.0), (0, 0), 1.0), ((5.0, -9.0), (3, 0), 0.0)]:
        q, n = np.array(q), np.array(n)
        try:
            action = whole(answer(q, n, c, rng), "the action", 0, len(q) - 1)
        except (ArithmeticError, ValueError) as error:
            raise Wrong(
                f"With counts {n.tolist()} it raises {type(error).__name__}. An action was never taken: its n is 0. "
                "Such an action comes first."
            ) from None
        require(n[action] == 0, untried)


@exercise("5.4", "Predict how high optimism must start", kind="predict")
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
    return "Four starts, and one sentence that covers them all. Can you say it?"


def settles_on(start: float) -> int:
    """The lever that the greedy learner of 5.4 pulls in the end."""
    q = np.full(3, start)
    for _ in range(200):
        lever = int(q.argmax())
        q[lever] += 0.5 * (STEADY[lever] - q[lever])
    return int(q.argmax())


@exercise("5.5", "Write an explorer with nothing to tune", seconds=3)  # some 9,000 draws, one by one
def thompson(answer, rng):
    """How often each lever is chosen, against the chance that its draw is the largest."""
    for wins, losses in [
        ((0, 6, 2), (0, 4, 9)),
        ((3, 1), (2, 3)),
        ((40, 10, 1, 0), (30, 12, 4, 5)),
        ((1, 1), (48, 39)),
    ]:
        wins, counts = np.array(wins), np.add(wins, losses)
        q = np.where(counts > 0, wins / np.maximum(counts, 1), 0.0)
        ask_never_pulled(answer, q, counts, rng)
        same_again(lambda q=q, counts=counts: [answer(q, counts, np.random.default_rng(1)) for _ in range(20)])
        chosen = [answer(q, counts, rng) for _ in range(1_200)]
        for extreme in (min(chosen), max(chosen)):
            whole(extreme, "the action", 0, len(q) - 1)
        given = np.bincount(chosen, minlength=len(q)) / len(chosen)  # (A,) shares
        paid, blanks = 1 + wins, 1 + counts - wins
        right = best_of_draws(paid, blanks)
        if np.abs(given - right).max() < 0.06:
            continue
        mistakes = {
            "It always takes the lever that looks best. Nothing is drawn.": np.eye(len(q))[q.argmax()],
            "Every lever comes equally often. Does the draw depend on `q` and `counts`?": np.full(len(q), 1 / len(q)),
            "It prefers levers that did not pay: the smallest guess, or euros and blanks swapped?": best_of_draws(
                blanks, paid
            ),
            "`q` is a share, not a number of euros. How many euros were paid in n pulls?": best_of_draws(1 + q, 2 - q),
            "The second number counts the pulls that did not pay, not all of them.": best_of_draws(paid, 1 + counts),
            "0.9999999 of a euro is one euro, and something cuts it off to none.": best_of_draws(
                1 + (q * counts).astype(int), 1 + counts - (q * counts).astype(int)
            ),
        }
        for hint, shares in mistakes.items():
            require(np.abs(given - shares).max() > 0.05, hint)
        raise Wrong(other_chances(wins, counts, right, given))
    ask_what_was_thought_at_first(answer, rng)
    return "A lever is taken as often as it is likely to be the best one, by what is known so far."


def other_chances(wins, counts, right, given) -> str:
    """What a wrong draw is told where no mistake is recognised."""
    return (
        f"With {wins.tolist()} euros in {counts.tolist()} pulls the levers should be taken with the chances "
        f"{right.round(2).tolist()}, about; yours came with {given.round(2).tolist()}."
    )


def ask_what_was_thought_at_first(answer, rng) -> None:
    """No pulls, or a few that always paid: other first beliefs, or a normal distribution, choose otherwise there.

    A share of 4,000 draws may be off by 4.5 standard errors: 0.02 of 0.1, for the lever that was never pulled.
    """
    wins, losses = map(np.array, HARDLY_KNOWN)
    counts = wins + losses
    q = wins / np.maximum(counts, 1)
    given = np.bincount([answer(q, counts, rng) for _ in range(4_000)], minlength=len(q)) / 4_000
    right = best_of_draws(1 + wins, 1 + losses, 100_000)
    if np.all(np.abs(given - right) < 4.5 * np.sqrt(right * (1 - right) / 4_000)):
        return
    mistakes = {
        "Before the first pull every probability should be equally likely. With yours, those near 0 and 1 are the "
        "likeliest.": best_of_draws(0.5 + wins, 0.5 + losses),
        "Before the first pull every probability should be equally likely. With yours, those in the middle are the "
        "likeliest.": best_of_draws(2 + wins, 2 + losses),
        "The guesses look normally distributed, as far above their mean as below it. A lever that always paid can "
        "be much worse than it looks, and hardly any better.": best_of_normals(1 + wins, 1 + losses),
    }
    near = {hint: np.abs(given - shares).max() for hint, shares in mistakes.items()}
    hint = min(near, key=near.__getitem__)
    raise Wrong(hint if near[hint] < 0.035 else other_chances(wins, counts, right, given))


def best_of_normals(first, second) -> np.ndarray:
    """As `best_of_draws`, with normal distributions of the same means and variances."""
    total = first + second
    mean, deviation = first / total, np.sqrt(first * second / (total + 1)) / total
    draws = np.random.default_rng(7).normal(mean, deviation, size=(100_000, len(first)))
    return np.bincount(draws.argmax(axis=1), minlength=len(first)) / len(draws)


def ask_never_pulled(answer, q, counts, rng) -> None:
    """One draw; a beta distribution has no parameter that is 0."""
    try:
        whole(answer(q, counts, rng), "the action", 0, len(q) - 1)
    except ValueError as error:
        if str(error) not in ("a <= 0", "b <= 0"):
            raise
        raise Wrong(
            f"With counts {counts.tolist()} it raises ValueError, `{error}`. The parameters are 1 + k and 1 + n - k, "
            "so that a lever never pulled can be drawn too."
        ) from None


def best_of_draws(first, second, rounds: int = 20_000) -> np.ndarray:
    """(A,) in what share of the rounds each lever's draw from Beta(first, second) is the largest."""
    draws = np.random.default_rng(7).beta(first, second, size=(rounds, len(first)))
    return np.bincount(draws.argmax(axis=1), minlength=len(first)) / len(draws)


@exercise("5.6", "Write how much luck dithering needs")
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
    return "Each further cell makes it rarer by nearly the same factor. You can now say which."


def leaves_right(length: int, p: float, start: int = 1) -> float:
    """The gambler's ruin: p is the chance of each step to go right, and cells are numbered from 0."""
    steps, total = start + 1, length + 1
    if abs(p - 0.5) < 1e-12:
        return steps / total
    if p >= 1:
        return 1.0
    ratio = (1 - p) / p
    return (ratio**steps - 1) / (ratio**total - 1)


@exercise("5.7", "Explore how often UCB looks back", kind="explore")
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
        off_by_one = (
            "off by one. Are the first two pulls counted, one of each lever, and is it read after just so many?"
        )
        require(abs(given - wanted) != 1, name + off_by_one)
        require(
            given == wanted,
            name + ("that is too many" if given > wanted else "that is too few") + ". Is c equal to 1, and does each "
            "lever always pay the same?",
        )
        before = wanted
    return "It never stops looking, and it looks ever more rarely. By what does the number grow each time?"


def worse_pulls(c: float, at: tuple) -> list[int]:
    """How often the lever of 0.25 was pulled, beside one of 0.75, after so many pulls."""
    values, counts, found = (0.75, 0.25), [1, 1], []
    for t in range(2, max(at) + 1):
        if t in at:
            found.append(counts[1])
        bounds = [values[a] + c * np.sqrt(np.log(t) / counts[a]) for a in (0, 1)]
        counts[int(bounds[1] > bounds[0])] += 1
    return found
