"""The checkers of notebook 08: when it learns and copies, the ring, a target table, and the error of the maximum."""

import numpy as np

from helpers.checks.expect import array, recognise, require, whole
from helpers.checks.registry import exercise
from helpers.updates import q_learning_target

TITLE = "Train a DQN"


@exercise("8.1", "Predict when it learns", kind="predict")
def learning_by_the_clock(answer, rng):
    """10,000 steps; learning starts at 1,000, every 100 steps 50 gradient steps, a copy after every 200 of those."""
    given = array(answer, (3,), "your prediction", "iu")
    bursts = np.arange(1_000, 10_001, 100)  # the env steps at which it learns
    steps = 50 * len(bursts)
    require(given[0] != 50 * (len(bursts) - 1), "Off by one burst: does it learn at step 1,000 or not? Read `learn`.")
    require(given[0] != 50 * 100, "That is as if it learnt from the first step on.")
    require(given[0] != len(bursts), "That is the number of bursts. How many gradient steps are in each?")
    require(given[0] != 9_000, "That is a gradient step for every env step. How many are there for a hundred?")
    require(given[0] == steps, "The gradient steps: at how many env steps does `learn` go on to the buffer?")
    require(given[1] != 10_000 // 200, "The copies are counted in gradient steps, not in env steps.")
    require(given[1] != len(bursts), "It does not copy after every burst. Between two copies lie 200 gradient steps.")
    require(given[1] != steps // 200 + 1, "One too many: the copy is due only when all 200 steps have been taken.")
    require(given[1] == steps // 200, "The copies: how many times does 200 go into the gradient steps?")
    last = bursts[4 * (steps // 200) - 1]
    require(given[2] != bursts[-1], "At the end it learns, but is a copy due there?")
    require(given[2] != last + 100, "One burst too late: the first burst is at step 1,000 itself.")
    require(given[2] < 10_001, "The third number is an env step; there are 10,000 of them.")
    require(given[2] == last, "The env step of the last copy: which burst brings it, and when is that burst?")
    return "For the last 300 steps the targets came from older weights."


@exercise("8.2", "Write which rows are the newest")
def newest_rows(answer, rng):
    """Rings of several sizes, each also filled by hand: what stands in the rows must be the last that was added."""
    for added, capacity, n in [(4, 10, 3), (14, 10, 3), (23, 10, 6), (20, 10, 4), (3, 10, 5), (37, 8, 20), (0, 5, 2)]:
        ring = np.full(capacity, -1)
        for one in range(added):
            ring[one % capacity] = one
        count = min(n, added, capacity)
        there = f"With {added} added, room for {capacity} and n = {n}"
        got = np.asarray(answer(added, capacity, n))
        require(got.ndim == 1, f"{there}: give one row number for each transition, an array of one axis.")
        require(len(got) <= min(added, capacity), f"{there}: the buffer holds fewer transitions than you give rows.")
        require(len(got) == count, f"{there}: you give {len(got)} rows; the buffer could give another number.")
        got = array(got, (count,), "the rows", "iu" if count else "iuf")
        require(np.all(got < capacity), f"{there}: there is no row {got.max(initial=0)}. What did `add` do about that?")
        require(np.all(got >= 0), f"{there}: count the rows from 0; negative numbers count from the end.")
        found, wanted = ring[got.astype(int)], np.arange(added - count, added)
        require(
            list(found) != list(wanted[::-1]) or count < 2, f"{there}: right rows, wrong order. The newest is last."
        )
        next_too = (wanted + 1) % capacity
        require(
            list(got) != list(next_too) or count == min(added, capacity),
            f"{there}: off by one. `num_added` says where the *next* one will go.",
        )
        at_the_end = np.arange(capacity - count, capacity)
        require(
            list(got) != list(at_the_end) or list(found) == list(wanted),
            f"{there}: those are the last rows of the arrays. Is the newest there?",
        )
        in_order = list(got) == sorted(got) and sorted(found) == list(wanted)
        require(not in_order or list(found) == list(wanted), f"{there}: sorted by row, and not by age.")
        require(list(found) == list(wanted), f"{there}: those rows hold others than the newest. Draw the ring.")
    return "This is all that an agent without replay needs: the newest 256 instead of 256 drawn."


@exercise("8.3", "Write Q-learning with a target table")
def target_table(answer, rng):
    """Short and long periods on random transitions, some of them terminated; the first entries are random too."""
    for num_obs, num_actions, size, period in [(4, 2, 40, 7), (3, 3, 30, 10), (5, 2, 30, 1), (2, 2, 12, 50)]:
        q = rng.normal(size=(num_obs, num_actions))
        obs, next_obs = rng.integers(num_obs, size=(2, size))
        action, reward = rng.integers(num_actions, size=size), rng.normal(size=size)
        q[obs[0], action[0]] += 4  # the entry that is learnt first matters soon: how old it is shows
        next_obs[2:5] = obs[0]
        terminated = np.arange(size) % 4 == 1
        alpha, gamma = rng.uniform(0.3, 0.6), rng.uniform(0.8, 0.95)

        def learnt(
            ends=terminated, every=period, first=0, data=(q, obs, action, reward, next_obs), step=alpha, g=gamma
        ):
            return updated(*data, ends, step, g, every, first)  # pyright: ignore[reportCallIssue]

        got = array(answer(q, obs, action, reward, next_obs, terminated, alpha, gamma, period), q.shape)
        recognise(
            got,
            learnt()[0],
            {
                "The table has not moved.": q,
                "The target moves at every update. Is it a copy, or a second name for the table that learns?": learnt(
                    every=1
                )[0],
                "The copy of the beginning is never renewed.": learnt(every=size + 1)[0],
                "That is the target table. Return the one that learns.": learnt()[1],
                "It copies one update too late. Count the updates that were made.": learnt(first=-1)[0],
                "It copies after the very first update. Count from 1, or copy before an update.": learnt(
                    first=period - 1
                )[0],
                "A terminated transition has no next value.": learnt(ends=np.zeros(size, bool))[0],
                "The sign of the step is turned: the entry runs away from its target.": learnt(step=-alpha)[0],
                "The entry takes the whole of its target. It should move a part of the way.": learnt(step=1.0)[0],
                "The next value counts in full. It comes one step later.": learnt(g=1.0)[0],
                "What is terminated and what goes on are exchanged.": learnt(ends=~terminated)[0],
            },
            "Take three transitions and a period of 2, and write down both tables after each update.",
        )
    return "With a period of 1 it is the Q-learning of notebook 04: the two tables differ only within an update."


def updated(q, obs, action, reward, next_obs, terminated, alpha, gamma, every, first) -> tuple[np.ndarray, np.ndarray]:
    """The table after one update for each transition, and its target table; `first` updates count as made before."""
    q, old = q.copy(), q.copy()
    for k in range(len(obs)):
        target = q_learning_target(reward[k], old[next_obs[k]], terminated[k], gamma)
        q[obs[k], action[k]] += alpha * (target - q[obs[k], action[k]])
        if (first + k + 1) % every == 0 and first + k + 1 > 0:
            old = q.copy()
    return q, old


def expected_maximum(n: int) -> float:
    """The mean of the largest of n independent standard normal numbers: the integral of x times its density."""
    x, width = np.linspace(-8, 8, 8_001, retstep=True)
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    below = np.cumsum(density) * width - density * width / 2
    return float(np.sum(x * n * density * below ** (n - 1)) * width)


@exercise("8.4", "Explore how the maximum errs", kind="explore")
def error_of_the_maximum(answer, rng):
    """From how many actions on it is too high by 1 and by 1.5; how many estimates bring two down to 0.1."""
    require(isinstance(answer, dict), "Give a dictionary with the three names as keys, as in the cell.")
    for name in ("by 1", "by 1.5", "estimates"):
        require(name in answer, f'The entry "{name}" is missing.')
    for name, least in [("by 1", 1.0), ("by 1.5", 1.5)]:
        given = whole(answer[name], f'the number for "{name}"')
        require(given >= 2, f'"{name}": one estimate alone has no maximum to err. Begin with two actions.')
        require(given <= 1_000, f'"{name}": far fewer will do.')
        require(expected_maximum(given) > least, f'"{name}": with {given} actions it is less than that. Go on.')
        require(given == 2 or expected_maximum(given - 1) < least, f'"{name}": that is more than it takes. Try fewer.')
    given = whole(answer["estimates"], 'the number of "estimates"', 1, 1_000_000)
    require(given not in (5, 6), "The error of a mean of n falls with the root of n, not with n.")
    require(given not in (99, 100, 101), "That brings the *spread* to 0.1. How large must the spread be for the error?")
    require(given >= 31, '"estimates": the maximum of the two means is still too high by more.')
    require(given <= 33, '"estimates": that is more than it takes. Try fewer.')
    return "More actions make it worse, and slowly; averaging helps, and slowly too."
