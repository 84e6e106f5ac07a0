"""The checkers of notebook 12: Double, the window of n steps, priorities, and what follows from them."""

import copy

import numpy as np

from helpers.buffer import Transition
from helpers.checks.expect import Wrong, array, number, recognise, require, same_again, whole
from helpers.checks.registry import exercise

TITLE = "Improve the parts"
SINGLE = 1e-5  # an answer of single precision is right
copy.copy(Transition(0, 0, 0.0, 0, terminated=False, truncated=False))  # at the first copy Python marks the class


@exercise("12.1", "Write the target of Double DQN")
def double_target(answer, rng):
    """Batches of several sizes; the two networks agree on the best action now and then."""
    for batch, actions in [(12, 2), (9, 4), (1, 3)]:
        q, q_target = rng.normal(5, 2, size=(batch, actions)), rng.normal(5, 2, size=(batch, actions))
        reward, gamma = rng.normal(size=batch), float(rng.uniform(0.5, 0.95))
        terminated = rng.random(batch) < (0.35 if batch > 1 else 0)
        if batch > 1:
            terminated[:2] = True, False
        got = array(answer(reward, terminated, q, q_target, gamma), (batch,), "the targets", "f")

        def target(value, mask=None, gamma=gamma, reward=reward, terminated=terminated):
            return reward + gamma * (~terminated if mask is None else mask) * value

        def of(values, best):
            return np.take_along_axis(values, best[:, None], axis=1)[:, 0]

        right = of(q_target, q.argmax(axis=1))
        recognise(
            got,
            target(right),
            {
                "That is the plain DQN: the target network chooses and judges. The other one should choose.": target(
                    q_target.max(axis=1)
                ),
                "The two are exchanged: the network that learns chooses, the target network judges.": target(
                    of(q, q_target.argmax(axis=1))
                ),
                "The network that learns judges its own choice. The target network should.": target(q.max(axis=1)),
                "That is the smaller of the two maxima, another idea (TD3). One chooses, the other judges.": target(
                    np.minimum(q.max(axis=1), q_target.max(axis=1))
                ),
                "That is the mean of both networks. One chooses, the other judges.": target(
                    ((q + q_target) / 2).max(axis=1)
                ),
                "The mask is missing: after an end nothing follows.": target(right, True),
                "The mask is turned round: values count where the episode did *not* terminate.": target(
                    right, terminated
                ),
                "The mask takes the reward away too. It belongs to the future alone.": ~terminated
                * (reward + gamma * right),
                "Where is the discount?": target(right, gamma=1.0),
                "The reward is missing.": target(right) - reward,
                "The reward is discounted too. It comes at once.": gamma * (reward + ~terminated * right),
                "The choice is that of the worst action.": target(of(q_target, q.argmin(axis=1))),
                "One action is chosen for the whole batch. Each row chooses for itself.": target(
                    q_target[:, q.mean(axis=0).argmax()]
                ),
            },
            "Try it by hand: one row, q = (1, 2), q_target = (3, 1). Who chooses, and who says what it is worth?",
            tolerance=SINGLE,
        )
    return "Two networks were there all the time. Only their jobs have changed."


@exercise("12.2", "Write the window of n steps", changes=True)
def remember(answer, rng):
    """Episodes one after the other through one window: falls and cuts, of both also one before the window is full."""
    for n in (3, 1, 2):
        gamma = float(rng.uniform(0.5, 0.9))
        steps = [
            step
            for length, fell in [(5, True), (6, False), (2, True), (2, False), (4, True)]
            for step in _played(rng, length, fell)
        ]
        window, found = [], []
        for step in steps:
            got = answer(window, step, n, gamma)
            require(got is not None, "It returns `None`. Return a list, an empty one where nothing is ready.")
            require(isinstance(got, list), f"Return a list of transitions; it gave {type(got).__name__}.")
            for one in got:
                require(isinstance(one, Transition), "Each entry of the list is a `Transition`.")
            found.append([_as_numbers(one) for one in got])
            require(isinstance(window, list), "The window stays the list that it was.")
        wanted = _stored(steps, n, gamma)
        if _equal_lists(found, wanted):
            continue
        for hint, mistake in _window_mistakes().items():
            require(not _equal_lists(found, _stored(steps, n, gamma, **mistake)), hint)
        counts, right = [len(one) for one in found], [len(one) for one in wanted]
        place = next((t for t, pair in enumerate(zip(counts, right, strict=True)) if pair[0] != pair[1]), None)
        if place is not None:
            played = "5 (a fall), 6 (a cut), 2 (a fall), 2 (a cut) and 4 steps (a fall)"
            at = f"step {place + 1} of episodes of {played}, n = {n}"
            raise Wrong(f"At {at}, another number of transitions is ready: {right[place]}, not {counts[place]}.")
        raise Wrong("The number of transitions is right, what stands in them is not. Try n = 2 and two steps by hand.")
    return "All that is left is to put what it returns into the buffer, and to discount by gamma to the power of n."


def _played(rng, length: int, fell: bool) -> list[Transition]:
    """One episode, every number in it different."""
    obs, reward = rng.normal(size=(length + 1, 2)), rng.normal(2, 1, size=length)
    action = rng.integers(2, size=length)
    return [
        Transition(
            obs[t], int(action[t]), float(reward[t]), obs[t + 1],
            terminated=fell and t == length - 1, truncated=not fell and t == length - 1,
        )
        for t in range(length)
    ]  # fmt: skip


def _as_numbers(one: Transition) -> np.ndarray:
    parts = [np.ravel(np.asarray(part, float)) for part in one]
    return np.concatenate(parts)


def _equal_lists(found, wanted) -> bool:
    return [len(one) for one in found] == [len(one) for one in wanted] and all(
        np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=SINGLE, atol=SINGLE)
        for ours, theirs in zip(found, wanted, strict=True)
        for a, b in zip(ours, theirs, strict=True)
    )


def _stored(
    steps, n, gamma, more=0, after_fall=True, after_cut=False, clear=True, slide=True, discount=None, turned=False,
    flags="newest", looks="newest", begins="oldest", acts="oldest", late=False,
):  # fmt: skip
    """What each step lets into the buffer, as numbers; the options are mistakes."""
    window, found = [], []
    for step in steps:
        window.append(step)
        ready = []

        def full(window=window, ready=ready):
            fade = gamma if discount is None else discount
            ordered = window[::-1] if turned else window
            reward = sum(fade**k * one.reward for k, one in enumerate(ordered))
            at = {"oldest": window[0], "newest": window[-1]}
            ready.append(
                _as_numbers(
                    Transition(
                        at[begins].obs, at[acts].action, reward, at[looks].next_obs,
                        terminated=at[flags].terminated, truncated=at[flags].truncated,
                    )
                )
            )  # fmt: skip
            del window[0]

        if (step.terminated and after_fall) or (step.truncated and after_cut):
            while window:
                full()
        elif len(window) >= n + more:
            full()
            if not slide:
                window.clear()
        if (step.truncated or (step.terminated and not after_fall)) and (ready or not late) and clear:
            window.clear()
        found.append(ready)
    return found


def _window_mistakes() -> dict[str, dict]:
    """{hint: the options of `_stored` that make this mistake}"""
    return {
        "After a fall the shorter windows are the whole truth: store them too, until the window is empty.": {
            "after_fall": False
        },
        "After a cut the shorter windows would need an estimate with another discount: drop them.": {"after_cut": True},
        "After a cut the window must be empty: steps of two episodes are in it together.": {"clear": False},
        "A cut may come before the window is full. Empty it then too, or two episodes are in it together.": {
            "late": True
        },
        "Windows overlap: after a full one only its oldest step leaves.": {"slide": False},
        "The window has one step too many.": {"more": 1},
        "The window has one step too few.": {"more": -1},
        "The rewards are not discounted.": {"discount": 1.0},
        "Only the first reward counts. Add the others, each discounted once more.": {"discount": 0.0},
        "The discount runs from the wrong end: the oldest reward counts in full.": {"turned": True},
        "The flags are those of the oldest step. Whether something follows is decided at the newest.": {
            "flags": "oldest"
        },
        "The next observation is that of the oldest step. The estimate is made after the newest.": {"looks": "oldest"},
        "The observation is that of the newest step. The transition begins at the oldest.": {"begins": "newest"},
        "The action is that of the newest step. What is judged is the oldest one's.": {"acts": "newest"},
    }


@exercise("12.3", "Write what a surprise is worth")
def surprise(answer, rng):
    """Errors of both signs, one of them 0; several alphas and betas."""
    for size, alpha, beta in [(7, 0.6, 0.4), (5, 1.0, 1.0), (9, 0.3, 0.7), (1, 0.6, 0.5)]:
        error = rng.normal(size=size)
        if size > 1:
            error[1] = 0.0
        got = answer(error, alpha, beta)
        require(isinstance(got, list | tuple) and len(got) == 2, "Return two arrays: the chances, and the weights.")
        chance = array(got[0], (size,), "the chances")
        p = (np.abs(error) + 0.001) ** alpha
        P = p / p.sum()
        with np.errstate(all="ignore"):
            signed = np.nan_to_num(np.maximum(error + 0.001, 0) ** alpha)
            recognise(
                chance,
                P,
                {
                    "The chances and the weights are exchanged.": (size * P) ** -beta / ((size * P) ** -beta).max(),
                    "The sign of an error does not matter: a surprise downwards is one, too.": signed / signed.sum(),
                    "Those are the priorities. Chances add up to 1.": p,
                    "An error of 0 must not mean never: where is the 0.001?": np.abs(error) ** alpha
                    / (np.abs(error) ** alpha).sum(),
                    "Where is the power alpha?": (np.abs(error) + 0.001) / (np.abs(error) + 0.001).sum(),
                    "alpha multiplies. It should be the power.": alpha * (np.abs(error) + 0.001),
                    "Take the power first, and make them add up to 1 afterwards.": (
                        (np.abs(error) + 0.001) / (np.abs(error) + 0.001).sum()
                    )
                    ** alpha,
                    "Divide by the sum, not by the largest.": p / p.max(),
                    "0.001 is added after the power. It belongs to the size of the error.": (
                        np.abs(error) ** alpha + 0.001
                    )
                    / (np.abs(error) ** alpha + 0.001).sum(),
                    "That is uniform drawing.": np.full(size, 1 / size),
                },
                "The chances: try two errors, 1 and -3, with alpha = 1.",
                tolerance=SINGLE,
            )
        w, weight = (size * P) ** -beta, array(got[1], (size,), "the weights")
        recognise(
            weight,
            w / w.max(),
            {
                "The weights must undo the chances: what is drawn more often counts less.": 1 / w / (1 / w).max(),
                "Divide the weights by the largest, so that none is above 1.": w,
                "Divide the weights by the largest, not by their sum.": w / w.sum(),
                "Where is the power beta?": (1 / P) / (1 / P).max(),
                "beta multiplies. It should be the power.": beta / P / (1 / P).max(),
                "The power belongs to the chances, not to the errors: use P.": (np.abs(error) + 0.001) ** -beta
                / ((np.abs(error) + 0.001) ** -beta).max(),
                "The smallest weight is 1 now. Divide by the largest.": w / w.min(),
                "Those are the priorities once more.": p,
            },
            "The chances are right. The weights: at beta = 1, chance times weight is the same for all rows.",
            tolerance=SINGLE,
        )
    return "At beta = 1 chance times weight is one number: the mean is that of even drawing, only the noise differs."


@exercise("12.4", "Predict what reaches the buffer", kind="predict")
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


@exercise("12.5", "Write the target that wastes nothing")
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


@exercise("12.6", "Throw one dart at each part of the line")
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
    even, seeds = np.ones(1_000), np.random.default_rng(11).integers(10**6, size=200)
    places = np.array([answer(even, 5, np.random.default_rng(seed)) for seed in seeds]) - 200 * np.arange(5)
    alike = np.asarray(np.corrcoef(places.T))[np.triu_indices(5, 1)]
    require(
        np.abs(alike).max() < 0.5,
        "One random number moves several darts: they fall at the same place of their parts. Each needs one of its own.",
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


@exercise("12.7", "Explore a fair speed for a soft target", kind="explore")
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
