"""The checkers of notebook 06: what tiles share, bins that are equally full, an agent with tiles, and six rows."""

from typing import Any

import gymnasium as gym
import numpy as np

from helpers.agents import HandMadeAgent
from helpers.buffer import Transition
from helpers.checks.expect import array, close, recognise, require, whole
from helpers.checks.guard import Answer
from helpers.checks.registry import exercise
from helpers.envs import Discretise
from helpers.evaluation import evaluate

TITLE = "Push the table onto CartPole"
TILES, LIMIT = 8, 0.2095  # of the angle: shifted tables, tiles of each, and the limit (rad)
MOST_ROWS, SOLVED = 6, 475


@exercise("6.1", "Predict what neighbours do to each other", kind="predict")
def two_updates(answer, rng):
    """Four shifted tables, alpha 0.5; x learns 8, then y, which shares three tiles with it, learns 0."""
    given = array(answer, (2,), "your prediction")
    recognise(
        given,
        after_two(0.5 / 4),
        {
            "First Q(x), then Q(y): they are exchanged.": after_two(0.5 / 4)[::-1],
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


@exercise("6.2", "Write edges that fill every bin alike")
def equal_edges(answer, rng):
    """Each bin holds the same number of observations, give or take one."""
    for seen, bins in [(rng.normal(size=1_000), 5), (rng.exponential(size=997) - 3, 4), (rng.normal(size=60), 1)]:
        edges = answer(seen, bins)
        require(np.shape(edges) != (bins + 1,), "The outer ends are no inner edges: there is one edge less than bins.")
        edges = array(edges, (bins - 1,), "the inner edges")
        require(np.all(np.diff(edges) > 0), "The edges must increase, each larger than the one before.")
        filled = np.bincount(np.searchsorted(edges, seen, side="right"), minlength=bins)  # (bins,)
        even = np.linspace(seen.min(), seen.max(), bins + 1)[1:-1]
        require(bins == 1 or not close(edges, even), "Those bins are equally wide, not equally full.")
        unsorted = seen[np.arange(1, bins) * len(seen) // bins]
        require(bins == 1 or not close(np.sort(edges), np.sort(unsorted)), "The order of `seen` is that of time.")
        require(
            filled.max() - filled.min() <= 2,
            f"{len(seen)} observations fall into your {bins} bins as {filled.tolist()}. That is not alike.",
        )
    return "Narrow where the agent has often been, wide where it hardly ever was."


def tiles_of(angle: float) -> np.ndarray:
    """(T,) the tile of each shifted table, as in the notebook."""
    place = (np.clip(angle / LIMIT, -1, 1) + 1) / 2 * (TILES - 1)
    return (place + np.arange(TILES) / TILES).astype(int)


ALPHA, GAMMA, X, Y, TILE = 0.4, 0.9, -0.11, 0.09, 2 * LIMIT / (TILES - 1)  # two angles, and a tile's width (rad)


@exercise("6.3", "Write the agent with shifted tables")
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


@exercise("6.4", "Explore: hold the pole with six rows", kind="explore")
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
        require(other < lived or other < 20, "With every push the other way round it would live longer.")
        look = "Look at the rows where the sensors disagree." if lived > 100 else "In which rows does it push wrongly?"
        require(False, f"It lives {lived:.0f} steps on average. {look}")
    return f"It lives {lived:.0f} steps, with {rows} rows. Where one cuts matters more than how often."


def play(edges, actions) -> float:
    """Mean return of the fixed table on ten starts."""
    return float(evaluate(HandMadeAgent(actions.__getitem__), Discretise(gym.make("CartPole-v1"), edges), 10, 5).mean())
