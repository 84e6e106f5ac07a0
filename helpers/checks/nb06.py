"""The checkers of notebook 06: rows, random search, what tiles share, equally full bins, a tile agent, six rows."""

from typing import Any

import gymnasium as gym
import numpy as np

from helpers.agents import HandMadeAgent
from helpers.buffer import Transition
from helpers.checks.expect import ToDo, array, close, recognise, require, same_again, whole
from helpers.checks.guard import Answer
from helpers.checks.registry import exercise
from helpers.envs import Discretise
from helpers.evaluation import evaluate

TITLE = "Push the table onto CartPole"
TILES, LIMIT = 8, 0.2095  # of the angle: shifted tables, tiles of each, and the limit (rad)
MOST_ROWS, SOLVED = 6, 475


@exercise("6.1", "Write the row")
def row_of_an_observation(answer, rng):
    """Observations in and beyond the limits, on edges, with bins that differ from sensor to sensor."""
    for limits, bins in [((2.4, 2.0, 0.2095, 2.0), (5, 5, 5, 5)), ((1.0, 0.5, 3.0), (4, 1, 7)), ((2.0, 1.0), (3, 6))]:
        limits = np.array(limits)
        inside = rng.uniform(-0.98, 0.98, (25, len(bins))) * limits
        beyond = inside * rng.choice((1.0, 3.0), inside.shape)
        for what, seen in [("inside the limits", inside), ("beyond the limits", beyond)]:
            given = [answer(obs, tuple(limits), bins) for obs in seen]
            require(
                all(np.shape(row) == () for row in given), "One number is wanted: the digits put together, not a list."
            )
            given = [whole(row, "the row") for row in given]
            right = [row_by(obs, limits, bins) for obs in seen]
            for hint, options in ROW_MISTAKES.items():
                wrong = [row_by(obs, limits, bins, **options) for obs in seen]
                require(given != wrong or wrong == right, hint)
            name = f"For {seen[0].round(2).tolist()} with limits {limits.tolist()} and bins {list(bins)}"
            require(given == right, f"Not right for observations {what}. {name}, work the digits by hand.")
    edge = whole(answer((0.0, 1.0), (1.0, 1.0), (2, 4)), "the row")
    require(edge == 7, "An observation just on an inner edge belongs to the bin on its right, as the formula says.")
    return "Four real numbers have become one whole number, and a table can begin."


def row_by(
    obs, limits, bins, low=True, half=False, shift=0, rounded=False, order=1, base=None, clip=True, span=0, over=0
) -> int:
    """The row as the formula has it; each option is a mistake."""
    row, digits = 0, list(zip(obs, limits, bins, strict=True))[::order]
    bases = {"first": [bins[0]] * len(bins), "before": [1, *bins[:-1]], "sum": [1] * len(bins)}
    bases = bases[base] if base else [b for _, _, b in digits]
    for (x, limit, b), weight in zip(digits, bases, strict=True):
        place = (b + span) * ((x + limit * low) / ((1 if half else 2) * limit))
        k = int(np.round(place) if rounded else np.floor(place)) + shift
        row = row * weight + (min(max(k, shift), b - 1 + shift + over) if clip else k)
    return row


ROW_MISTAKES = {
    "What lies beyond the limits goes into the outermost bin.": {"clip": False},
    "On the upper limit and beyond it comes the last bin, b - 1. There is none after it.": {"over": 1},
    "The digits stand in the wrong order: the last sensor counts fastest.": {"order": -1},
    "The bin is rounded down, not to the nearest.": {"rounded": True},
    "The range goes from minus the limit to plus the limit. Yours begins at 0.": {"low": False},
    "The range is twice the limit long.": {"half": True},
    "Bins are numbered from 0.": {"shift": 1},
    "Every sensor has its own number of bins; yours takes that of the first.": {"base": "first"},
    "Before a digit is added, the row is multiplied by the number of bins of that digit's own sensor.": {
        "base": "before"
    },
    "The bins are only added up, so that many observations get one row.": {"base": "sum"},
    "b bins have b - 1 inner edges, but the range is cut into b pieces.": {"span": -1},
}


@exercise("6.2", "Write random search")
def random_search(answer, rng):
    """Weights that live for some steps and fall; the clock; what it keeps; and how the weights are spread."""
    agent = searcher(answer, 4, 0)
    require(
        not np.array_equal(agent.weights, searcher(answer, 4, 1).weights), "Another seed should give other weights."
    )
    same_again(lambda: searcher(answer, 4, 2).weights)
    seen = rng.normal(size=(40, 4))
    actions = np.array([whole(Answer(agent.act)(obs), "the action", 0, 1) for obs in seen])
    right = (seen @ agent.weights > 0).astype(int)
    require(not np.array_equal(actions, 1 - right), "Left and right are swapped: 1 where the sum is above 0.")
    require(np.array_equal(actions, right), "The action should be 1 where weights @ obs is above 0, else 0.")
    ask_what_it_keeps(answer)
    drawn = []
    for seed in range(4):
        agent = searcher(answer, 4, seed)
        for _ in range(60):
            teach(agent, 1, falls=True)
            drawn.append(np.array(agent.weights))
    drawn = np.array(drawn)
    require(np.abs(drawn).mean() < 3, "The weights wander off: draw new ones, and do not add to the old.")
    require(drawn.min() < 0, "No weight is ever below 0. Which way would such a policy push?")
    spread = f"their mean is {drawn.mean():.2f} and their standard deviation {drawn.std():.2f}"
    good = abs(drawn.mean()) < 0.15 and abs(drawn.std() - 1) < 0.15
    require(good, f"The weights should be standard normal, with mean 0 and standard deviation 1; {spread}.")
    return "No table, no target, no look inside the episode. Now see how far that goes."


def searcher(answer, num_sensors: int, seed: int):
    """A fresh agent, with its methods and its weights looked at."""
    agent = answer(num_sensors, seed)
    for name in ("act", "learn"):
        require(callable(getattr(agent, name, None)), f"The agent has no method `{name}`.")
    weights = getattr(agent, "weights", None)
    if weights is ...:
        raise ToDo
    array(weights, (num_sensors,), "`weights`")
    return agent


def teach(agent, num_steps: int, falls: bool, clock: bool = False) -> None:
    """So many steps, the last of which is a fall, the end of the clock, or neither."""
    for step in range(num_steps):
        last = step == num_steps - 1
        lesson = Transition(np.ones(4), 0, 1.0, np.ones(4), falls and last, clock and last)
        Answer(agent.learn, changes=True)(lesson)


def ask_what_it_keeps(answer) -> None:
    """Weights change at a fall and only then; the best are those that lived longest until their first fall."""
    agent, tried = searcher(answer, 4, 3), []
    before = np.array(agent.weights)
    teach(agent, 1, falls=False)
    require(np.array_equal(agent.weights, before), "The weights change in mid-episode. Wait for a fall.")
    for steps, clock, more in [(2, False, 0), (6, True, 5), (8, False, 0)]:
        tried.append(np.array(agent.weights))
        teach(agent, steps, falls=not clock, clock=clock)
        if clock:
            same = np.array_equal(agent.weights, tried[-1])
            require(same, "The clock ran out, and the pole still stood. Only a fall is a reason for new weights.")
            teach(agent, more, falls=True)
        again = "Each fall brings the same weights. Draw from the one `self.rng`, which goes on from draw to draw."
        same = np.array_equal(agent.weights, tried[-1])
        require(not same, again if len(tried) > 1 else "After a fall the weights are still the same.")
    agent_tried = np.array(agent.weights)
    ask_best(agent, tried[1], tried)
    teach(agent, 20, falls=False)
    best = "They have lived longest, though they have not fallen yet."
    require(says(agent, agent_tried), f"Without exploring it should use the weights it is trying now. {best}")


def ask_best(agent, best, tried) -> None:
    """With explore=False the weights that lived for eleven steps, with the clock in between."""
    require(not says(agent, agent.weights), "With explore=False it should use the best weights so far, not the newest.")
    counts = "Count the steps until the first fall, over as many episodes as that takes."
    require(not says(agent, tried[2]), f"It keeps weights that lived for 8 steps rather than 11. {counts}")
    require(not says(agent, tried[0]), "It keeps the weights that lived shortest, or those that it had at first.")
    require(says(agent, best), "With explore=False it uses weights that it has never tried, or the wrong ones.")


def says(agent, weights) -> bool:
    """Whether the agent, not exploring, acts as these weights do."""
    seen = np.random.default_rng(0).normal(size=(60, 4))
    return [int(Answer(agent.act)(obs, explore=False)) for obs in seen] == [int(weights @ obs > 0) for obs in seen]


@exercise("6.3", "Predict what neighbours do to each other", kind="predict")
def two_updates(answer, rng):
    """Four shifted tables, alpha 0.5; x learns 8, then y, which shares three tiles with it, learns 0."""
    given = array(answer, (2,), "your prediction")
    recognise(
        given,
        after_two(0.5 / 4),
        {
            "First Q(x), then Q(y): they are swapped.": after_two(0.5 / 4)[::-1],
            "That is a table, whose rows share nothing. Here three of four tiles are the same.": [4.0, 0.0],
            "That is after the first update only.": [4.0, 3.0],
            "The second update moves tiles that x uses too. What does that do to Q(x)?": [4.0, 1.5],
            "Not all tiles of y are tiles of x: Q(x) falls by less than Q(y).": [2.5, 1.5],
            "Each tile takes its part of the step, one of four.": after_two(0.5),
            "The step size is a half: Q goes half of the way to its target.": after_two(1.0 / 4),
            "At the second update Q(y) is above its target. Which way does it go?": [4.0 + 3 * 0.375, 4.5],
        },
        "Write down the entry of each tile after the first update, and add up those of y.",
    )
    return "What one learns, the other unlearns a little. Sharing takes as well as it gives."


def after_two(share: float) -> list[float]:
    """[Q(x), Q(y)] when each tile moves by `share` of the error: tiles 0..3 are those of x, and 1..4 those of y."""
    entries = np.zeros(5)
    for tiles, target in ((slice(0, 4), 8.0), (slice(1, 5), 0.0)):
        entries[tiles] += share * (target - entries[tiles].sum())
    return [entries[:4].sum(), entries[1:].sum()]


@exercise("6.4", "Write edges that fill every bin alike")
def equal_edges(answer, rng):
    """Each bin holds the same number of observations, give or take one; one on an edge may count on either side."""
    for seen, bins in [
        (rng.normal(size=1_000), 5),
        (rng.exponential(size=997) - 3, 4),
        (rng.normal(size=60), 1),
        (rng.normal(size=99), 20),
    ]:
        edges = answer(seen, bins)
        require(np.shape(edges) != (bins + 1,), "The outer ends are not inner edges: it takes one fewer than bins.")
        edges = array(edges, (bins - 1,), "the inner edges")
        require(np.all(np.diff(edges) > 0), "The edges must increase, each larger than the one before.")
        sides = [np.bincount(np.searchsorted(edges, seen, side), minlength=bins) for side in ("right", "left")]
        filled = min(sides, key=np.ptp)  # (bins,)
        even = np.linspace(seen.min(), seen.max(), bins + 1)[1:-1]
        require(bins == 1 or not close(edges, even), "Those bins are equally wide, not equally full.")
        unsorted = seen[np.arange(1, bins) * len(seen) // bins]
        require(bins == 1 or not close(np.sort(edges), np.sort(unsorted)), "`seen` is in order of time, not of size.")
        if np.ptp(filled) <= 1:
            continue
        floor, says = len(seen) // bins, f"{len(seen)} observations fall into your {bins} bins as"
        for one in sides:
            left_over = (one[:-1] == floor).all() and one[-1] > floor + 1
            require(not left_over, f"{says} {one.tolist()}: the last bin takes all that is left over. Spread it.")
        require(False, f"{says} {filled.tolist()}. Those are not equally full.")
    return "Narrow where the agent has often been, wide where it hardly ever was."


def tiles_of(angle: float) -> np.ndarray:
    """(T,) the tile of each shifted table, as in the notebook."""
    place = (np.clip(angle / LIMIT, -1, 1) + 1) / 2 * (TILES - 1)
    return (place + np.arange(TILES) / TILES).astype(int)


ALPHA, GAMMA, X, Y, TILE = 0.4, 0.9, -0.11, 0.09, 2 * LIMIT / (TILES - 1)  # two angles, and a tile's width (rad)


@exercise("6.5", "Write the agent with shifted tables")
def tile_agent(answer, rng):
    """Made with three actions; every question is put to a fresh agent, and the last one is a long walk."""
    values, act = taught(answer)
    require(close(values(X), np.zeros(3)), "Before anything is learnt all values should be 0.")
    whole(act(X), "the action", 0, 2)
    ask_one_lesson(answer)
    ask_targets(answer)
    walk = [(a, rng.integers(3), rng.normal(), b, False, False) for a, b in rng.uniform(-LIMIT, LIMIT, (30, 2))]
    (values, _), q = taught(answer, *walk), np.zeros((TILES, TILES, 3))
    for a, action, reward, b, *_ in walk:
        best = q[range(TILES), tiles_of(b)].sum(axis=0).max()
        error = reward + GAMMA * best - q[range(TILES), tiles_of(a), action].sum()
        q[range(TILES), tiles_of(a), action] += ALPHA / TILES * error
    right = [close(values(a), q[range(TILES), tiles_of(a)].sum(axis=0)) for a in np.linspace(-LIMIT, LIMIT, 15)]
    require(all(right), "After thirty steps its values are no longer right. Is the error taken before anything moves?")
    return "The target is the one of notebook 04. Only the memory has changed."


def taught(answer, *lessons):
    """A fresh agent that has learnt these transitions: its `values`, checked, and its `act`."""
    agent = answer(3, ALPHA, GAMMA)
    for name in ("values", "act", "learn"):
        require(callable(getattr(agent, name, None)), f"The agent has no method `{name}`.")
    for lesson in lessons:
        Answer(agent.learn, changes=True)(Transition(*lesson))
    return lambda angle: array(Answer(agent.values)(angle), (3,), "`values`"), Answer(agent.act)


def ask_one_lesson(answer) -> None:
    """What one update changes: there, near by, far away, and in another agent."""
    values, _ = taught(answer, (X, 1, 8.0, Y, True, False))
    wrong = {
        "Nothing has moved.": np.zeros(3),
        "Each table moved by the whole step, so their sum moved too far.": [0, 8 * ALPHA * TILES, 0],
        "All actions moved. Only one was taken.": np.full(3, 8 * ALPHA),
        "It moved away from the target.": [0, -8 * ALPHA, 0],
        "It went the whole way to the target. Where is alpha?": [0, 8.0, 0],
        "`values` should be the sum over the tables, not the mean.": [0, ALPHA, 0],
    }
    recognise(values(X), [0, 8 * ALPHA, 0], wrong, "After one update it should have moved by alpha times the error.")
    near = values(X + TILE / 4)[1] / (8 * ALPHA)
    require(
        close(near, 0.75), f"An angle two eighths of a tile away should move by 0.75 of that; it moved by {near:g}."
    )
    require(close(values(Y), np.zeros(3)), "Far away nothing should have moved.")
    fresh, _ = taught(answer)
    require(close(fresh(X), np.zeros(3)), "A new agent knows what another has learnt. Make the table in `__init__`.")


def ask_targets(answer) -> None:
    """Two actions have been learnt on two sides of Y; then a step leads from X to Y."""
    beside = [(Y - TILE / 4, 0, 5.0, X, True, False), (Y + TILE / 4, 2, 6.0, X, True, False)]
    _, act = taught(answer, *beside)
    require(whole(act(Y), "the action", 0, 2) == 2, "`act` should take the action of the highest value.")
    best, each = 0.75 * ALPHA * 6, 0.75 * ALPHA * 6 + 0.25 * ALPHA * 5  # the second: the best entry of each table
    mean = 0.75 * ALPHA * (5 + 6) / 3
    for terminated, truncated in ((False, False), (True, False), (False, True)):
        values, _ = taught(answer, *beside, (X, 1, 1.0, Y, terminated, truncated))
        clock = "The clock is no end of the world: only `terminated` cuts off what follows."
        wrong = {
            "It looks beyond the end of an episode that has terminated.": 1 + GAMMA * best,
            clock if truncated else "What follows does not count. Does the target look at `next_obs`?": 1.0,
            "The next value counts in full. It comes one step later.": 1 + best,
            "It takes the best entry of each table. Add the tables first, then choose.": 1 + GAMMA * each,
            "The target wants the best next action, not the mean.": 1 + GAMMA * mean,
        }
        target = 1 + GAMMA * best * (not terminated)
        recognise(values(X)[1] / ALPHA, target, wrong, "The target is not that of Q-learning.")


@exercise("6.6", "Explore: hold the pole with six rows", kind="explore")
def six_rows(answer, rng):
    """Edges for four sensors and an action for each row; played on ten starts."""
    good = isinstance(answer, dict) and {"edges", "actions"} <= set(answer)
    require(good, 'Give a dictionary with "edges" and "actions", as in the cell.')
    edges: Any = answer["edges"]
    actions = answer["actions"]
    require(
        np.iterable(edges) and len(list(edges)) == 4, "`edges` needs four lists, one for each sensor; empty ones too."
    )
    edges = [array(one, np.shape(one), "a list of edges") for one in edges]
    require(all(one.ndim == 1 and np.all(np.diff(one) > 0) for one in edges), "The edges of a sensor must increase.")
    rows = int(np.prod([len(one) + 1 for one in edges]))
    require(rows <= MOST_ROWS, f"That is a table of {rows} rows: the bins of the sensors are multiplied. Six at most.")
    actions = array(actions, (rows,), f"the list of actions ({rows} rows)", "iu").tolist()
    require(set(actions) <= {0, 1}, "An action is 0 (left) or 1 (right).")
    require(len(set(actions)) == 2, "It pushes the same way in every row.")
    lived = play(edges, actions)
    if lived < SOLVED:
        other = play(edges, [1 - action for action in actions])
        require(other < lived or other < 20, "With every push the other way round it would last longer.")
        disagree = "Look at the rows where the sensors disagree: at which turning speed does the lean stop mattering?"
        look = disagree if lived > 100 else "In which rows does it push wrongly?"
        require(False, f"It lasts {lived:.0f} steps on average. {look}")
    return f"It lasts {lived:.0f} steps, with {rows} rows. Where you cut matters more than how often."


def play(edges, actions) -> float:
    """Mean return of the fixed table on ten starts."""
    return float(evaluate(HandMadeAgent(actions.__getitem__), Discretise(gym.make("CartPole-v1"), edges), 10, 5).mean())
