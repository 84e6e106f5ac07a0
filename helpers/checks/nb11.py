"""The checkers of notebook 11: an instrument, a loss with units, what a buffer keeps, a free truth, runs to count."""

import numpy as np

from helpers.checks.expect import Wrong, array, number, recognise, require, whole
from helpers.checks.registry import exercise
from helpers.evaluation import rate_interval

TITLE = "Take the parts away"


@exercise("11.1", "Write an instrument")
def before_the_end(answer, rng):
    """Rows of episodes, short and long, that terminate or are cut; the last one may be unfinished."""
    for lengths, ends, k in [
        ((6, 2, 9, 5, 4, 7, 3), "TTCTTTT", 3),
        ((3, 4, 5, 3), "CTTT", 2),
        ((5, 4, 2, 6, 3), "TCTT-", 3),
        ((2, 1, 3), "TTT", 0),
    ]:
        steps, over = sum(lengths), np.cumsum(lengths) - 1
        terminated, truncated = np.zeros(steps, bool), np.zeros(steps, bool)
        terminated[over[[end == "T" for end in ends]]] = True
        truncated[over[[end == "C" for end in ends]]] = True
        obs, action = rng.normal(size=(steps, 3)), rng.integers(2, size=steps)
        kernel = rng.normal(size=(3, 2))

        def q_values(obs, kernel=kernel):
            require(np.ndim(obs) == 2, "`q_values` takes a batch, (B, O); give it all observations at once.")
            return np.sin(np.asarray(obs) @ kernel) + np.array([2.0, 3.0])

        got = array(answer(q_values, obs, action, terminated, truncated, k), (k + 1,), "the reading")
        said = np.take_along_axis(q_values(obs), action[:, None], axis=1)[:, 0]
        wanted, mistakes = _on_the_way(q_values(obs), said, terminated, truncated, k)
        hint = "Try it by hand with two episodes of three steps, k = 1, and the values 1 to 6."
        recognise(got, wanted, mistakes, hint)
    return "It asks every agent about the same ends, whatever that agent has lived through."


def _on_the_way(q, said, terminated, truncated, k: int):
    """The reading (k + 1,), and {hint: what that mistake gives}; a place before the row is read from its end."""
    over = np.flatnonzero(terminated | truncated)
    began = np.append(0, over[:-1] + 1)
    long = over - began >= k

    def read(ends, said=said, shift=0):
        return (
            said[(ends[:, None] + shift - np.arange(k + 1)) % len(said)].mean(axis=0) if len(ends) else np.zeros(k + 1)
        )

    ends = over[terminated[over] & long]
    place, all_ends = np.arange(k + 1), over[terminated[over]]
    reached = (over - began)[terminated[over]][:, None] >= place  # (ends, k + 1)
    as_far_as_it_goes = (said[all_ends[:, None] - place] * reached).sum(axis=0) / reached.sum(axis=0)
    fell = np.flatnonzero(terminated)
    since_fall = fell - np.append(0, fell[:-1] + 1) >= k
    return read(ends), {
        "The order is turned round: the last steps come first.": read(ends)[::-1],
        "The clock's ends are asked about too. Nothing is known of what they are worth.": read(over[long]),
        "You read the clock's ends, not the others.": read(over[truncated[over] & long]),
        "That is the largest Q. What the agent did need not be the best action.": read(ends, q.max(axis=1)),
        "That is the mean over the actions. Ask for the action that was taken.": read(ends, q.mean(axis=1)),
        "That is the Q of the action that was not taken.": read(ends, q.sum(axis=1) - said),
        "An episode begins after a cut too: steps of two episodes are mixed.": read(fell[since_fall]),
        "An end with fewer than k steps before it is left out altogether.": as_far_as_it_goes,
        "Short episodes are mixed with what came before them. Leave them out.": read(fell),
        "Short episodes are mixed with what came before them, except for the first.": read(fell[fell >= k]),
        "An end with exactly k steps before it is long enough.": read(over[terminated[over] & (over - began > k)]),
        "An end with only k - 1 steps before it is too short.": read(over[terminated[over] & (over - began >= k - 1)]),
        "You begin one step too early: place 0 is the last step itself.": read(ends, shift=-1),
        "You begin one step too late: place 0 is the last step of the episode, not the first of the next.": read(
            ends, shift=1
        ),
        "You add over the ends. The mean should not grow with their number.": read(ends) * len(ends),
        "That is the mean over all steps. Only those on the way to an end are asked about.": np.full(
            k + 1, said.mean()
        ),
        "One number for each place is asked for; they are not averaged.": np.full(k + 1, read(ends).mean()),
    }


@exercise("11.2", "Predict what units do to the Huber loss", kind="predict")
def units_of_huber(answer, rng):
    """Nine targets of 100 and one of 1, divided by 10 and by 100; the best Q, in the old units."""
    tenth, hundredth = array(answer, (2,), "your prediction")
    wanted = [10 * (10 - 1 / 9), 90.1]  # far apart: nine pulls of (10 - Q) against 1; near: all quadratic, the mean

    def hint(words: str, *values: float, room: float = 0.011) -> None:
        require(not np.allclose([tenth, hundredth], values, rtol=0, atol=room), words)

    hint("You gave the new units. Multiply by 10 and by 100 again, to compare.", 10 - 1 / 9, 0.901)
    hint("They are exchanged.", *wanted[::-1])
    hint("That is the answer for the old rewards. The errors are smaller now, and the bend of the loss is at 1 still.",
         99.89, 99.89)  # fmt: skip
    hint(
        "The median is best where each error pulls alike, whatever its size. Small ones do not, here.",
        100,
        100,
        room=0.001,
    )
    hint("You multiplied the rewards. Divide them.", 99.989, 99.999)
    hint("That is the squared error, which knows no units. Is each error still below 1?", 90.1, 90.1)
    require(
        np.isclose(tenth, wanted[0], atol=0.051),
        "Rewards divided by 10: nine targets of 10, one of 0.1. Nine small errors pull with their size, "
        "the large one with 1. Where do the pulls balance? Then back to the old units.",
    )
    require(
        not np.isclose(hundredth, 100 * (1 - 1 / 9), atol=0.051),
        "Rewards divided by 100: you let the one error pull with 1. How large is it?",
    )
    require(
        np.isclose(hundredth, wanted[1], atol=0.051),
        "Rewards divided by 100: how large can an error be, when all targets lie between 0 and 1?",
    )
    return "The bend of Huber's loss is at an error of 1, so the size of the rewards decides which loss it is."


@exercise("11.3", "Write what a buffer keeps of the falls")
def ends_kept(answer, rng):
    """Episodes of drawn lengths; the buffer is smaller than all steps, equal, larger, smaller than one episode."""
    for num_episodes, capacity in [(20, 7), (12, 60), (6, 10_000), (8, 41), (1, 5)]:
        lengths, fell = rng.integers(1, 25, size=num_episodes), rng.random(num_episodes) < 0.6
        lengths[-1], fell[-1] = 10, num_episodes != 8
        if num_episodes == 12:  # a fall stands exactly one step outside of the buffer at the end
            lengths[-7:], fell[-7:] = 10, [True, False, True, True, False, True, True]
        if num_episodes == 8:  # and here one step inside
            lengths[-4:], fell[-5] = 10, True
        got = array(answer(lengths, fell, capacity), (num_episodes,), "the shares")
        last = np.cumsum(lengths)  # (E,) the number of each last step, counted from 1

        def shares(slack=0, counted=fell, room=None, window=None, last=last, capacity=capacity):
            kept = (last[None, :] > last[:, None] - (window or capacity) - slack) & (last[None, :] <= last[:, None])
            size = np.minimum(last, capacity) if room is None else room
            return (kept & counted).sum(axis=1) / size

        recognise(
            got,
            shares(),
            {
                "An end by the clock does not count here: only falls and exits terminate.": shares(
                    counted=np.ones_like(fell)
                ),
                "You count the cuts, not the falls.": shares(counted=~fell),
                "Off by one: the step that was overwritten last is still counted.": shares(slack=1),
                "Off by one: the oldest step that is still there is not counted.": shares(slack=-1),
                "A buffer that is not full yet holds fewer than `capacity` steps.": shares(room=capacity),
                "You keep all the falls for ever. The oldest steps are overwritten.": shares(window=10**9),
                "You keep all the falls for ever, and divide by all the steps.": shares(window=10**9, room=last),
                "The falls that are kept are right, but the share is that of the steps in the buffer.": shares(
                    room=last
                ),
                "A share is asked for, not a number of falls.": shares(room=1),
                "That is the share of the episodes. The buffer holds steps.": shares(
                    room=shares(counted=np.ones_like(fell), room=1).clip(1)
                ),
                "`capacity` counts steps, not episodes.": _by_episodes(lengths, fell, capacity),
            },
            "Try it by hand: episodes of 3, 4 and 2 steps, all falls, and a buffer of 5.",
        )
    return "The capacity is in steps. The longer the episodes, the fewer of them it holds, and the fewer falls."


def _by_episodes(lengths, fell, capacity: int):
    """As if the newest `capacity` episodes were kept."""
    first = np.maximum(np.arange(len(fell)) - capacity + 1, 0)
    pairs = [(fell[a : e + 1].sum(), lengths[a : e + 1].sum()) for e, a in enumerate(first)]
    return np.array([falls / steps for falls, steps in pairs])


class _Asked:
    """Q of fixed weights (4 numbers, 2 actions): an even and an odd part, and the shapes that it was asked for."""

    def __init__(self, rng, even: float, odd: float):
        self.even, self.odd, self.calls = even * rng.normal(size=(4, 2)), odd * rng.normal(size=4), 0

    def __call__(self, obs):
        self.calls += 1
        require(
            np.ndim(obs) == 2 and np.shape(obs)[1] == 4,
            f"`q_values` takes a batch, (B, 4); it was given something of shape {np.shape(obs)}.",
        )
        obs = np.asarray(obs, float)
        same = np.cos(obs).sum(axis=1, keepdims=True) + obs @ self.odd[:, None] * [1, -1]  # right under the mirror
        return same + np.sin(obs) @ self.even + self.even[0]


@exercise("11.4", "Write an instrument whose truth is free")
def mirror(answer, rng):
    """A Q that keeps the symmetry must read 0; one that does not is compared with the definition."""

    def read(network, obs) -> float:
        network.calls = 0
        got = number(answer(network, obs), "the reading")
        require(network.calls <= 4, f"It calls `q_values` {network.calls} times. Two batches are enough.")
        return got

    obs = rng.normal(size=(30, 4))
    for even, odd, size in [(1.0, 1.0, 30), (0.0, 1.0, 30), (2.0, 0.3, 7), (1.0, 0.0, 1)]:
        network, some = _Asked(rng, even, odd), obs[:size]
        got, q, mirrored = read(network, some), network(some), network(-some)
        apart = q - mirrored[:, ::-1]
        recognise(
            got,
            np.abs(apart).mean(),
            {
                "A push to the left becomes one to the right in the mirror: the actions change places.": np.abs(
                    q - mirrored
                ).mean(),
                "You compare the two actions in one observation. Where is the mirrored one?": np.abs(
                    q - q[:, ::-1]
                ).mean(),
                "Errors of different sign cancel in your mean.": apart.mean(),
                "A mean, not a sum: it should not grow with the number of observations.": np.abs(apart).sum(),
                "You sum over the actions. The mean runs over all B times 2 pairs.": np.abs(apart).sum(axis=1).mean(),
                "You square the distances. The mean of their sizes is in units of return.": np.square(apart).mean(),
                "That is the root of the mean square. The mean of the sizes is asked for.": np.sqrt(
                    np.square(apart).mean()
                ),
                "You compare the largest Q only. Each action has its mirror.": np.abs(
                    q.max(axis=1) - mirrored.max(axis=1)
                ).mean(),
                "The largest distance is that of one observation. The mean is asked for.": np.abs(apart).max(),
                "You reversed the order of the observations, not that of the actions.": np.abs(
                    q - mirrored[::-1]
                ).mean(),
            },
            "An agent that keeps the symmetry should read 0. What becomes of the four numbers, and of the two actions?",
        )
    return "Nobody had to solve anything for this truth. Look for such a symmetry in every task."


@exercise("11.5", "Explore what a failure costs", kind="explore")
def runs_for_a_claim(answer, rng):
    """The smallest number of runs for which the low end of Wilson's interval is above 90 %."""
    require(isinstance(answer, dict), "Give a dictionary with the keys 0, 1 and 2, as in the cell.")
    for failures in (0, 1, 2):
        require(failures in answer, f"The entry {failures} is missing.")
        failed = f"{failures} failure" if failures == 1 else f"{failures} failures"
        given = whole(answer[failures], f"the number for {failed}")
        wanted = _fewest(failures, 0.9)
        where = f"{failed}: "
        require(given != wanted - failures or failures == 0, f"{where}count all runs, the failed ones too.")
        require(
            given != 10 * failures + 1,
            f"{where}that is where the *rate* passes 90 %. The low end of its interval should.",
        )
        require(given != _fewest(failures, 0.95), f"{where}that many are needed for 95 %; 90 % is asked for.")
        if given < wanted:
            raise Wrong(f"{where}after so few runs the interval still reaches down to 90 % or lower.")
        require(given == wanted, f"{where}that is enough, and more than enough. Look for the smallest number.")
    return (
        "The first failure costs 18 runs more, the next 16. And you may not stop as soon as it suits: fix n beforehand."
    )


def _fewest(failures: int, rate: float) -> int:
    return next(n for n in range(failures + 1, 2_000) if rate_interval(n - failures, n)[0] > rate)
