"""The checkers of notebook 14: a network and many of them in NumPy, a whole and its parts, stacks, a plan for seeds."""

import math
from itertools import pairwise

import numpy as np

from helpers.checks.expect import array, close, named, number, recognise, require, whole
from helpers.checks.registry import exercise

TITLE = "Make it fast"
SINGLE = 1e-4  # an answer in single precision is right


@exercise("14.1", "Act in NumPy")
def act_in_numpy(answer, rng):
    """Networks of one to three layers; many observations, then one."""
    for sizes, batch in [((4, 8, 8, 2), 5), ((3, 6, 4), 4), ((2, 3), 3)]:
        layers = [(rng.normal(size=pair), rng.normal(size=pair[1])) for pair in pairwise(sizes)]
        scale, obs = rng.uniform(2, 4, size=sizes[0]), rng.normal(size=(batch, sizes[0])) * 3
        for x in (obs, obs[0]):
            wanted, mistakes = _forward_and_its_mistakes(layers, scale, x)
            got = array(answer(layers, scale, x), wanted.shape, "Q", "f")
            hint = "Try it with one layer, weights of 1 and a bias of 0: Q is then the sum of what the sensors say."
            recognise(got, wanted, mistakes, hint, tolerance=SINGLE)
    return "The same numbers, without a call: that is all this rung consists of."


def _forward_and_its_mistakes(layers, scale, obs):
    """Q, and {hint: what that mistake gives}."""

    def forward(obs=obs / scale, bend=lambda x: np.maximum(x, 0), last=lambda x: x, bias=1.0, layers=layers):
        x = obs
        for i, (w, b) in enumerate(layers):
            x = (last if i == len(layers) - 1 else bend)(x @ w + bias * b)
        return x

    def bent_before_the_bias(x=obs / scale):
        for w, b in layers[:-1]:
            x = np.maximum(x @ w, 0) + b
        return x @ layers[-1][0] + layers[-1][1]

    return forward(), {
        "No ReLU after the last layer: a value may well be below 0.": forward(last=lambda x: np.maximum(x, 0)),
        "Where is the ReLU? Without it, layers upon layers are one layer.": forward(bend=lambda x: x),
        "The biases are missing.": forward(bias=0.0),
        "The observations are not scaled.": forward(obs=obs),
        "The observations are multiplied by their scale. Divide.": forward(obs=obs * scale),
        "The ReLU comes before the first layer too, and cuts off what the sensors say below 0.": forward(
            obs=np.maximum(obs, 0) / scale
        ),
        "A ReLU keeps what is above 0. You keep what is below.": forward(bend=lambda x: np.minimum(x, 0)),
        "A ReLU cuts off what is below 0. You turn it round.": forward(bend=np.abs),
        "The bias is added before the ReLU, not after it.": bent_before_the_bias(),
    }


@exercise("14.2", "Stack the networks")
def stack_the_networks(answer, rng):
    """First as many observations as networks, where a bias along the wrong axis raises no error."""
    for n, batch, sizes in [(3, 3, (2, 4, 3)), (2, 5, (4, 6, 6, 2)), (4, 1, (3, 2))]:
        weights = []
        for fan_in, fan_out in pairwise(sizes):
            weights += [rng.normal(size=(n, fan_in, fan_out)), rng.normal(size=(n, fan_out))]
        x = rng.normal(size=(n, batch, sizes[0])) * 2
        wanted, mistakes = _stack_and_its_mistakes(weights, x)
        got = array(answer(weights, x), wanted.shape, "Q", "f")
        hint = "Compare one network with what you wrote in exercise 14.1: its weights are `w[0]`, its biases `b[0]`."
        recognise(got, wanted, mistakes, hint, tolerance=SINGLE)
    return "One product for all of them, and nothing passes from one to another."


def _stack_and_its_mistakes(weights, x):
    """Q (N, B, A), and {hint: what that mistake gives}."""
    layers = list(zip(weights[::2], weights[1::2], strict=True))

    def forward(x=x, bend=lambda x: np.maximum(x, 0), last=lambda x: x, own=lambda b: b[:, None], layers=layers):
        for i, (w, b) in enumerate(layers):
            x = (last if i == len(layers) - 1 else bend)(x @ w + own(b))
        return x

    found = {
        "No ReLU after the last layer: a value may well be below 0.": forward(last=lambda x: np.maximum(x, 0)),
        "Where is the ReLU? Without it, layers upon layers are one layer.": forward(bend=lambda x: x),
        "The biases are missing.": forward(own=lambda b: 0 * b[:, None]),
        "All networks look at the observations of the first one.": forward(x=np.broadcast_to(x[:1], x.shape)),
        "The weights of the first network serve all of them.": forward(layers=[(w[:1], b[:1]) for w, b in layers]),
        "All networks get the biases of the first one.": forward(own=lambda b: b[:1, None]),
        "The seeds are mixed: each sees the mean of all observations.": forward(
            x=np.broadcast_to(x.mean(axis=0), x.shape)
        ),
        "A ReLU cuts off what is below 0. You turn it round.": forward(bend=np.abs),
    }
    if len(x) == x.shape[1]:  # elsewhere NumPy refuses
        told = "Each row of the batch gets another network's bias: a bias (N, out) needs an axis for the batch."
        found[told] = forward(own=lambda b: b)
    return forward(), found


@exercise("14.3", "Predict what a faster part is worth", kind="predict")
def faster_part(answer, rng):
    """10 + 60 + 25 + 5 µs, of which the 60 become 3; right to 0.01."""
    given, before, act, times = number(answer, "your prediction"), 100, 60, 20
    after = before - act + act / times
    mistakes = {
        "Only acting is so much faster. The other parts take as long as before.": times,
        "So it would be if acting took no time at all. It still takes a little.": before / (before - act),
        "That is the share of the time that is left. How many times as fast is that?": after / before,
        "That is the share of the time that is saved. How many times as fast is that?": 1 - after / before,
        "That is the new time in µs. How many times as fast is that?": after,
        "That is the time saved in µs. How many times as fast is that?": before - after,
        "You averaged the speeds. Times add up, speeds do not.": act / before * times + 1 - act / before,
        "You added what is saved to 1. Compare the old time with the new one.": 2 - after / before,
    }
    right = abs(given - before / after) < 0.01
    for hint, value in mistakes.items():
        require(right or abs(given - value) >= 0.01, hint)
    require(right, "Write down the time of each part, before and after, and add them up.")
    return "Were acting free, it would be 2.5 times: that is why you look first where the time goes."


@exercise("14.4", "Clip the gradients of a stack")
def clip_each_seed(answer, rng):
    """Seeds with long and short gradients side by side; then one whose gradient is zero."""
    for n, most in [(3, 10.0), (4, 0.5), (1, 2.0)]:
        shapes = [(n, 4, 3), (n, 1, 3), (n, 3, 2), (n, 1, 2)]
        sizes = np.resize([3.0, 0.3, 1.5, 0.5], n).reshape(n, 1, 1) * most / 4
        gradients = [rng.normal(size=shape) * sizes for shape in shapes]
        flat, own = by_seed(gradients), [np.sqrt((g**2).sum(axis=(1, 2), keepdims=True)) for g in gradients]
        length = np.sqrt((flat**2).sum(axis=1, keepdims=True))  # (N, 1)
        everything = np.sqrt((flat**2).sum())
        recognise(
            by_seed(arrays_of(answer(gradients, most), shapes)),
            flat * np.minimum(1, most / length),
            {
                "One length for all seeds: a seed with a large gradient shrinks those of the others.": flat
                * min(1, most / everything),
                "Each array is clipped by itself. A seed has one length, over all of its arrays together.": by_seed(
                    [g * np.minimum(1, most / o) for g, o in zip(gradients, own, strict=True)]
                ),
                "Short gradients are stretched. Those that are not too long should stay.": flat * most / length,
                "They are as long as before.": flat,
                "Each number is cut off by itself, which turns the gradient. Keep its direction.": np.clip(
                    flat, -most, most
                ),
                "You compare the square of the length. Is a root missing?": flat * np.minimum(1, most / length**2),
                "Longer ones are kept and shorter ones stretched: minimum and maximum are exchanged.": flat
                * np.maximum(1, most / length),
            },
            "Compute the length of each seed before and after. At most `most`, and what was shorter as before?",
        )
    still = [np.zeros((2, 1, 2)), np.array([[[3.0, 4.0]], [[0.0, 0.0]]])]
    told = "A seed whose gradient is zero should keep it. Do you divide by its length?"
    values = answer(still, 1.0)
    require(all(np.all(np.isfinite(value)) for value in values), told)
    require(close(by_seed(arrays_of(values, [(2, 1, 2)] * 2)), [[0, 0, 0.6, 0.8], [0, 0, 0, 0]]), told)
    return "Now seeds are strangers to each other again, clipped or not."


def by_seed(arrays) -> np.ndarray:
    """All gradients of a seed in a row: (N, number of weights)."""
    return np.concatenate([np.asarray(one).reshape(len(one), -1) for one in arrays], axis=1)


def arrays_of(values, shapes) -> list:
    """The gradients that were given back, of the shapes that went in."""
    require(isinstance(values, list | tuple), f"Give back a list of arrays, as it came in; it was {named(values)}.")
    require(len(values) == len(shapes), f"{len(shapes)} arrays went in, and {len(values)} came back.")
    return [array(one, shape, f"array {i}", "f") for i, (one, shape) in enumerate(zip(values, shapes, strict=True))]


@exercise("14.5", "Sort out the steps that are none")
def real_steps(answer, rng):
    """Flags as Gymnasium's vector environments give them: after an end comes a step that only begins anew."""
    for num_steps, num_envs in [(12, 3), (20, 2), (9, 5)]:
        terminated, truncated = flags(rng, num_steps, num_envs)
        ended = terminated | truncated
        before = np.vstack([np.zeros((1, num_envs), bool), ended[:-1]])
        after = np.vstack([ended[1:], np.zeros((1, num_envs), bool)])
        since = np.vstack([np.zeros((1, num_envs), bool), np.logical_or.accumulate(ended)[:-1]])
        got = array(answer(terminated, truncated), ended.shape, "the result", "b")
        recognise(
            got,
            ~before,
            {
                "The step that ends an episode is a real one: without it nobody learns what a fall is.": ~ended,
                "It is turned round: True should stand where the step is a real one.": before,
                "All steps are kept, those too that lead from one episode into the next.": np.ones_like(ended),
                "You forget the clock: after a truncated step, too, the next one only begins anew.": ~np.vstack(
                    [np.zeros((1, num_envs), bool), terminated[:-1]]
                ),
                "You forget the falls: after a terminated step, too, the next one only begins anew.": ~np.vstack(
                    [np.zeros((1, num_envs), bool), truncated[:-1]]
                ),
                "You drop the step before an end. Which one comes after it?": ~after,
                "The first step looks back at the last one, as `np.roll` does. Before it was a reset.": ~np.roll(
                    ended, 1, axis=0
                ),
                "You look at the neighbour's end. Time runs along the first axis.": ~np.roll(ended, 1, axis=1),
                "When one environment begins anew, you drop the step of all of them.": ~before
                & ~before.any(axis=1, keepdims=True),
                "After its first end an environment never comes back. Only one step is lost each time.": ~since,
            },
            "Write down one environment by hand, four steps, the second an end. Which one is no real step?",
        )
    return "One step in each episode is lost, and no end."


def flags(rng, num_steps: int, num_envs: int):
    """terminated and truncated (T, E): each kind occurs, also in the last step, and never in two steps in a row."""
    terminated, truncated = np.zeros((2, num_steps, num_envs), bool)
    for env in range(num_envs):
        step = int(rng.integers(1, 3))
        while step < num_steps:
            (terminated if rng.random() < 0.5 else truncated)[step, env] = True
            step += int(rng.integers(2, 5))
    terminated[1:3, 0], truncated[1:5, 0] = [False, True], [False, False, False, True]
    terminated[3:6, 0] = truncated[5:7, 0] = False
    terminated[-2:, 0], truncated[-2:, 0] = [False, True], False
    return terminated, truncated


SEEDS, CORES, LARGEST, START_UP = 100, 4, 16, 4


def rounds(stack: int) -> int:
    """How often all cores start a stack."""
    return math.ceil(math.ceil(SEEDS / stack) / CORES)


def clock(stack: int) -> int:
    """Seconds on the wall for all seeds, in stacks of so many."""
    return START_UP + rounds(stack) * (20 + 6 * stack)


@exercise("14.6", "Explore how to divide a hundred seeds", kind="explore")
def divide_seeds(answer, rng):
    """The size of a stack for which the clock shows least, and what it shows."""
    require(isinstance(answer, dict), "Give a dictionary with the two names as keys, as in the cell.")
    for name in ("stack", "seconds"):
        require(name in answer, f'The entry "{name}" is missing.')
    stack, best = whole(answer["stack"], "the size of a stack"), min(range(1, LARGEST + 1), key=clock)
    require(stack <= LARGEST, "So large a stack does not fit into memory.")
    require(stack >= 1, "A stack holds one seed or more.")
    require(stack != 1, "One by one, each seed pays the fixed 20 seconds alone. Share them.")
    full = "The largest stack is not the best: what do the cores do in the last round?"
    require(stack != LARGEST, full)
    require(rounds(stack) >= rounds(best) and stack <= best, "The same number of rounds can be had with less in each.")
    require(stack == best, "There is a better one. Let a loop try all sizes.")
    seconds = number(answer["seconds"], "the seconds")
    one_round = 20 + 6 * stack
    recognise(
        seconds,
        clock(stack),
        {
            "You forget the start-up of the processes.": clock(stack) - START_UP,
            "You pay for the start-up in each round. The processes stay.": clock(stack)
            + START_UP * (rounds(stack) - 1),
            "That is one round. How many are there?": START_UP + one_round,
            "That is what one core would need for all stacks.": START_UP + math.ceil(SEEDS / stack) * one_round,
        },
        "The size is right, the seconds are not. Compare with the formula above.",
    )
    return "Stacks that fill the last round beat stacks that fill the memory."
