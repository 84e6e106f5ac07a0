"""The checkers of notebook 17: the clipped gain, minibatches, four slopes, the values that follow, the divergence."""

import numpy as np

from helpers.checks.expect import array, number, recognise, require, same_again
from helpers.checks.registry import exercise

TITLE = "Take careful steps"


@exercise("17.1", "Write the clipped gain")
def write_clipped_gain(answer, rng):
    """Ratios inside and on both sides outside of the clip, for good actions and for bad ones."""
    for size, clip in [(12, 0.2), (7, 0.1), (30, 0.4)]:
        old = np.log(rng.uniform(0.05, 0.5, size=size))
        log_ratio = rng.permutation(np.linspace(-1.2, 1.2, size))
        advantage = np.where(np.arange(size) % 2, 1, -1) * rng.uniform(0.5, 3, size=size)
        new, ratio = old + log_ratio, np.exp(log_ratio)

        def least(ratio, low=1 - clip, high=1 + clip, A=advantage):
            return np.minimum(ratio * A, np.clip(ratio, low, high) * A)

        got = array(answer(new, old, advantage, clip), (size,), "what the samples add", "f")
        clipped = np.clip(ratio, 1 - clip, 1 + clip)
        recognise(
            got,
            least(ratio),
            {
                "Nothing is clipped: however far the ratio goes, it earns more.": ratio * advantage,
                "The clipped term stands alone. A sample that went the wrong way must keep its slope: what does the "
                "`min` choose there?": clipped * advantage,
                "You took the larger of the two. The objective is the cautious guess.": np.maximum(
                    ratio * advantage, clipped * advantage
                ),
                "The smaller *ratio* is multiplied by the advantage. The minimum is of the two products.": np.minimum(
                    ratio, clipped
                )
                * advantage,
                "The ratio is upside down: which policy stands above the line?": least(1 / ratio),
                "That is the difference of the logarithms. The ratio is one of probabilities.": least(log_ratio),
                "That is the difference of the probabilities. The ratio divides them.": least(
                    np.exp(new) - np.exp(old)
                ),
                "The logarithms are divided. What are they the logarithms of?": least(new / old),
                "The ratio is clipped to between -clip and clip. It begins at 1.": least(ratio, -clip, clip),
                "The ratio is clipped to between 0 and 1 + clip; it has a floor above 0.": least(ratio, 0.0),
                "The product is clipped. It is the ratio that must stay near 1.": np.minimum(
                    ratio * advantage, np.clip(ratio * advantage, 1 - clip, 1 + clip)
                ),
                "The sign is turned: that is the loss. The gain is what is climbed.": -least(ratio),
                "The advantages are centred and scaled here already. That comes later, in each minibatch.": least(
                    ratio, A=(advantage - advantage.mean()) / advantage.std()
                ),
                "The advantage is missing: that is the ratio alone.": clipped,
            },
            "Try it with one sample: advantage 2, ratio 1.5, clip 0.2. Which two products are compared?",
        )
    return "That `min` is the whole difference between last chapter's step and PPO's."


@exercise("17.2", "Write the minibatches")
def write_minibatches(answer, rng):
    """Each epoch holds every sample once, in an order of its own that follows from the generator."""
    for num_steps, batch_size, epochs in [(24, 6, 4), (40, 8, 3), (12, 12, 2)]:
        seed = int(rng.integers(1_000_000))

        def draw(num_steps=num_steps, batch_size=batch_size, epochs=epochs, seed=seed):
            return answer(num_steps, batch_size, epochs, np.random.default_rng(seed))

        shape = (epochs * num_steps // batch_size, batch_size)
        rows = array(draw(), shape, "the minibatches", "iu")
        require(rows.max() != num_steps, "A sample is counted from 1. The last of them is num_steps - 1.")
        require(rows.min() >= 0 and rows.max() < num_steps, f"A sample lies in 0..{num_steps - 1}; some here do not.")
        by_epoch = rows.reshape(epochs, num_steps)
        whole = [np.array_equal(np.sort(order), np.arange(num_steps)) for order in by_epoch]
        if not all(whole):
            even = np.all(np.bincount(rows.ravel(), minlength=num_steps) == epochs)
            require(
                not even,
                "Every sample comes often enough in all, but some epoch has it twice and another not at all. "
                "Shuffle within each epoch.",
            )
            require(
                len(np.unique(rows)) > batch_size or num_steps == batch_size,
                "All gradient steps see the same few samples. Where are the others?",
            )
            require(False, "Some samples are drawn twice in an epoch and others never: draw without putting back.")
        in_order = [np.array_equal(order, np.arange(num_steps)) for order in by_epoch]
        require(not all(in_order), "Nothing is shuffled: a minibatch is a row of neighbours.")
        require(not in_order[0], "The first epoch is not shuffled.")
        ordered = np.all(np.diff(rows, axis=1) == 1)
        require(
            not (ordered and batch_size < num_steps),
            "The minibatches change places, but each is still a row of neighbours. Shuffle before you cut.",
        )
        strided = np.all(np.diff(rows, axis=1) == rows[0, 1] - rows[0, 0])
        require(not strided, "Each minibatch is evenly spaced. Where is chance?")
        require(
            not all(np.array_equal(by_epoch[0], order) for order in by_epoch),
            "Every epoch has the same order. Shuffle again for each.",
        )
        same_again(draw)
    return "Each sample counts once in each epoch, and chance chooses its company anew each time."


@exercise("17.3", "Predict four slopes", kind="predict")
def four_slopes(answer, rng):
    """Advantages 3, -2, 3, -2 at the ratios 1.3, 1.3, 0.7, 0.7, clip 0.2."""
    given = array(answer, (4,), "your prediction")
    recognise(
        given,
        [0, -2, 3, 0],
        {
            "A ratio outside the clip does not always stop the climb. Which way did each sample go?": [0, 0, 0, 0],
            "Nothing is clipped in that prediction.": [3, -2, 3, -2],
            "Those that went too far keep their slope, and those that went the wrong way lose it: just the other way "
            "round.": [3, 0, 0, -2],
            "That is so for good actions. With a negative advantage the smaller product is the other one.": [
                0,
                0,
                3,
                -2,
            ],
            "Those are the gains. How do they change when the ratio does?": [3.6, -2.6, 2.1, -1.6],
            "Mind the sign: where the advantage is negative, a larger ratio makes the gain smaller.": [0, 2, 3, 0],
            "The slope in the ratio is the advantage alone; the ratio comes in with the slope of log pi.": [
                0,
                -2.6,
                2.1,
                0,
            ],
            "Only the sign of the slope is given. How steep is it?": [0, -1, 1, 0],
            "For a bad action the flat piece is on the left, below 0.8.": [0, 0, 3, 0],
        },
        "For each sample write down both products, and see which is the smaller. Does it move with the ratio?",
    )
    return "The clip stops those who went far enough, never those who must come back."


@exercise("17.4", "Write the next values")
def write_next_values(answer, rng):
    """Rollouts with ends and cuts in the middle and in the last row."""
    for num_steps, at_the_end in [(10, "goes on"), (9, "cut"), (11, "ended")]:
        value, final_value = rng.normal(size=(2, num_steps)) * 5 + 10
        last_value = float(rng.normal() + 30)
        ends = rng.permutation(num_steps - 1)[:6]
        terminated, truncated = np.zeros((2, num_steps), bool)
        terminated[ends[::2]], truncated[ends[1::2]] = True, True
        truncated[-1], terminated[-1] = at_the_end == "cut", at_the_end == "ended"
        following = np.append(value[1:], last_value)
        either = terminated | truncated

        def put(ended, cut, following=following, final_value=final_value, truncated=truncated, terminated=terminated):
            return np.where(terminated, ended, np.where(truncated, cut, following))

        got = array(answer(value, last_value, final_value, terminated, truncated), (num_steps,), "the values", "f")
        recognise(
            got,
            put(0.0, final_value),
            {
                "At a cut stands the value of the next row: that is where another episode begins.": put(0.0, following),
                "A cut is taken for an end: the world would have gone on.": put(0.0, 0.0),
                "After a termination nothing follows, whatever the critic says of its last observation.": put(
                    final_value, final_value
                ),
                "The flags are not used at all.": following,
                "The two flags are exchanged.": np.where(truncated, 0.0, np.where(terminated, final_value, following)),
                "Those are the values of the rows themselves. What follows each of them?": put(0.0, final_value, value),
                "At a cut stands the value of the observation *before* the last step.": put(0.0, value),
                "What follows the last row is forgotten: it is not 0 where its episode goes on.": put(
                    0.0, final_value, np.append(value[1:], 0.0)
                ),
                "The values are shifted the wrong way: what follows a row stands below it.": put(
                    0.0, final_value, np.append(last_value, value[:-1])
                ),
                "Behind the last row stands the first: the values go round.": put(0.0, final_value, np.roll(value, -1)),
                "Behind the last row its own value is repeated. The critic was asked once more, for `last_value`.": put(
                    0.0, final_value, np.append(value[1:], value[-1])
                ),
                "The final value is used in every row. It means something only where an episode was cut.": np.where(
                    either & terminated, 0.0, final_value
                ),
                "The last row always gets `last_value`, even where its episode ended there or was cut.": np.append(
                    put(0.0, final_value)[:-1], last_value
                ),
            },
            "Write down three rows with a cut in the second: what follows each of them?",
        )
    return "One shift, and two exceptions: one flag for both of them could only get one right."


@exercise("17.5", "Write the thermometer")
def write_kl_estimate(answer, rng):
    """Samples of an old policy, near to a new one and far from it; small batches too, where -log rho is negative."""
    for size, far in [(6, 0.8), (300, 0.5), (5, 1.5), (40, 0.1)]:
        old = np.log(rng.uniform(0.05, 0.6, size=size))
        log_ratio = rng.normal(0.3 * far, far, size=size)
        new, ratio = old + log_ratio, np.exp(log_ratio)
        got = number(answer(new, old), "the estimate")
        terms = ratio - 1 - log_ratio
        recognise(
            got,
            terms.mean(),
            {
                "That is the plain mean of - log rho. What must be added?": -log_ratio.mean(),
                "The sign of the logarithm is turned.": (ratio - 1 + log_ratio).mean(),
                "That is turned upside down: it is below 0 everywhere.": -terms.mean(),
                "The ratio is upside down: the actions were drawn by the old policy, so rho has it below the line.": (
                    1 / ratio - 1 + log_ratio
                ).mean(),
                "Half the mean square is near it for small steps only.": 0.5 * (log_ratio**2).mean(),
                "The terms are added up. A batch twice as large is not twice as far.": terms.sum(),
                "The 1 is missing: where nothing has changed the divergence is 0.": (ratio - log_ratio).mean(),
                "The logarithm is missing: the mean of rho - 1 is 0 on average, however far you go.": (
                    ratio - 1
                ).mean(),
                "The mean is taken before the logarithm. Each sample has a term of its own.": ratio.mean()
                - 1
                - np.log(ratio.mean()),
                "Each sample is weighed with its ratio too. They were drawn by the old policy: a plain mean does.": (
                    ratio * terms
                ).mean(),
                "Each term is multiplied by its old probability. Being drawn is what that probability does.": (
                    np.exp(old) * terms
                ).mean(),
                "That is the mean distance of the ratios from 1.": np.abs(ratio - 1).mean(),
            },
            "Try it with one sample whose ratio is 2: 2 - 1 - log 2 = 0.307.",
        )
    return "0 where nothing has changed, above 0 everywhere else, and right on average."
