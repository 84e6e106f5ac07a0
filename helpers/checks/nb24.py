"""The checkers of notebook 24: a count of trainings, a controller's step, a regret curve, a mutation, a report."""

import math

import numpy as np

from helpers.checks.expect import array, number, recognise, require, same_again
from helpers.checks.registry import exercise
from helpers.distributions import Categorical

TITLE = "Search for a network"
SINGLE = 1e-4  # an answer of single precision, as TensorFlow gives it, is right


@exercise("24.1", "Predict how long chance needs", kind="predict")
def how_long_chance_needs(answer, rng):
    """The smallest n for which 1 - 0.99^n is at least 0.95."""
    given = number(answer, "your prediction")
    enough = math.ceil(math.log(0.05) / math.log(0.99))
    recognise(
        given,
        float(enough),
        {
            "That is how long you wait on average. With it the chance is 63 %.": 100.0,
            "With so many the chance is one half.": 69.0,
            "That is the last one with which the chance is still below 95 %.": enough - 1.0,
            "Very near: you took 0.01 for -log(0.99). Do not round on the way.": 300.0,
            "That would be for a chance of 99 %.": 459.0,
            "That would be for the best 5 %.": 59.0,
            "That is how many cells belong to the best 1 %. Does the size of the space matter at all?": 156.0,
            "That is 95 % of the space. You need not see it all.": 14844.0,
            "Each training misses with probability 0.99, and the misses multiply: they do not add up to 95.": 95.0,
            "You asked for a miss with probability 95 %. That happens much sooner.": 6.0,
            "You asked for a miss with probability 95 %. That happens much sooner, and then not quite.": 5.0,
            "That is the logarithm to base 10 with one of base e. Take both to the same.": 130.0,
        },
        "All n trainings miss the best 1 % with probability 0.99 to the power n. When is that at most 0.05?",
    )
    return "Chance alone is no bad searcher, and the number of cells does not enter."


@exercise("24.2", "Write the controller's step")
def controllers_step(answer, rng):
    """Spaces of several shapes; rewards above and below the baseline; architectures drawn and not the likeliest."""
    for slots, choices in [(6, 5), (2, 3), (5, 4)]:
        logits = rng.normal(size=(slots, choices))
        architecture = rng.integers(choices, size=slots)
        architecture[0] = logits[0].argmin()
        reward, baseline, alpha = rng.uniform(0.2, 0.9), rng.uniform(0.3, 0.6), rng.uniform(0.5, 3)
        got = array(answer(logits, architecture, reward, baseline, alpha), logits.shape, "the logits", "f")
        wanted, mistakes = _step_and_its_mistakes(logits, architecture, reward, baseline, alpha)
        hint = "Try it with one slot and two choices: alpha, times how much better than usual, times the score."
        recognise(got, wanted, mistakes, hint, tolerance=SINGLE)
    return "Six small lessons from one number: every edge of the cell is paid the same."


def _step_and_its_mistakes(logits, architecture, reward, baseline, alpha):
    """The new logits (slots, choices), and {hint: what that mistake gives}."""
    slots, choices = logits.shape
    policy, chosen = Categorical(logits), np.eye(choices)[architecture]  # (slots, choices)
    score = chosen - policy.probs
    gain = alpha * (reward - baseline)
    likeliest = np.eye(choices)[policy.mode()] - policy.probs
    across = chosen - Categorical(logits.T).probs.T
    together = chosen - Categorical(logits.ravel()).probs.reshape(logits.shape)
    probability = (policy.probs * chosen).sum(axis=1, keepdims=True)
    last_only = score * (np.arange(slots) == slots - 1)[:, None]
    return logits + gain * score, {
        "The direction is turned round: a good network becomes less likely.": logits - gain * score,
        "The baseline is missing, so every network is encouraged, a bad one too.": logits + alpha * reward * score,
        "The baseline is added to the reward. It is what one would have expected anyway.": logits
        + alpha * (reward + baseline) * score,
        "Where is the step size alpha?": logits + (reward - baseline) * score,
        "A score has two parts. What do the choices lose that were not taken, and the taken one by its own "
        "probability?": logits + gain * chosen,
        "The probabilities of a slot must sum to 1 over its choices: along which axis is your softmax?": logits
        + gain * across,
        "One softmax runs over all slots together. Each slot has one of its own.": logits + gain * together,
        "That is the score of the likeliest choices. Which ones were drawn?": logits + gain * likeliest,
        "That is the gradient of the probability. Where is the logarithm?": logits + gain * probability * score,
        "The slots share the step here. Each of them is paid in full: their scores are added, not averaged.": logits
        + gain * score / slots,
        "Only the last slot learns. The reward comes last, but every choice has earned it.": logits + gain * last_only,
        "That is the step alone. Asked for are the logits after it.": gain * score,
        "Those are the logarithms themselves. Which way do they change with the logits?": logits
        + gain * policy.log_probs,
        "Those are probabilities after the step. Asked for are the logits.": Categorical(logits + gain * score).probs,
        "Probabilities are moved instead of logits.": policy.probs + gain * score,
        "The score is taken from the choice with the wrong sign: one minus the other, not their sum.": logits
        + gain * (chosen + policy.probs),
        "The baseline is left over: reward minus baseline comes first, then the product with the score.": logits
        + alpha * (reward * score - baseline),
    }


@exercise("24.3", "Write the regret curve")
def regret_curve(answer, rng):
    """Searches in which the largest number shown is not the best architecture; numbers that are shown twice."""
    for rows, length in [(30, 12), (8, 5), (50, 40)]:
        truth = rng.uniform(60, 73, size=rows)
        index = rng.integers(rows, size=length)
        index[index == truth.argmax()] = truth.argmin()  # the best of the space is never trained
        shown = (truth[index] + rng.normal(0, 4, size=length)).round()
        got = array(answer(index, shown, truth), (length,), "the regrets")
        wanted, mistakes = _regrets_and_their_mistakes(index, shown, truth)
        hint = "Take three trainings: after each, which architecture has shown the highest number? What is it worth?"
        recognise(got, wanted, mistakes, hint, tolerance=SINGLE)
    return "The pick may become worse when a lucky number comes along: such a curve can rise."


def _regrets_and_their_mistakes(index, shown, truth):
    """The regret after each training, and {hint: what that mistake gives}."""
    places = np.arange(len(index))
    leader = np.array([shown[: n + 1].argmax() for n in places])
    latest = np.array([n - shown[: n + 1][::-1].argmax() for n in places])
    worth, best = truth[index[leader]], truth.max()
    highest = np.maximum.accumulate(shown)
    return best - worth, {
        "You chose by what the architectures are worth. The search has seen only the numbers shown.": best
        - np.maximum.accumulate(truth[index]),
        "That is the number shown, not what the pick is worth: it is flattered by its own luck.": best - highest,
        "That is the regret of each architecture trained. What would you hand in after each training?": best
        - truth[index],
        "Regret is measured from the best of the whole space, not of those that were trained.": truth[index].max()
        - worth,
        "Regret is measured from what the best is worth, not from the highest number shown.": highest - worth,
        "That is what the pick is worth. How far is it from the best?": worth,
        "The sign is turned round: a regret is never below 0.": worth - best,
        "That is the sum of all regrets so far.": (best - worth).cumsum(),
        "After equal numbers you take the latest. Keep the first that has shown it.": best - truth[index[latest]],
        "That is one pick for all times: the one at the end.": np.full(len(index), best - truth[index[shown.argmax()]]),
        "The place in the search is not the row of the architecture: look it up in `index`.": best
        - truth[leader % len(truth)],
        "That is the mean regret so far.": (best - worth).cumsum() / (places + 1),
        "You pick the lowest number shown.": best - truth[index[np.array([shown[: n + 1].argmin() for n in places])]],
    }


@exercise("24.4", "Write the mutation")
def mutation(answer, rng):
    """Many children of several parents: one slot changes, to another choice, each slot and choice equally often."""
    for slots, choices in [(6, 5), (5, 4), (3, 2)]:
        parent = tuple(rng.integers(choices, size=slots).tolist())
        children, own = [], np.random.default_rng(rng.integers(2**31))
        for _ in range(300):
            child = answer(parent, choices, own)
            children.append(array(child, (slots,), "the child", "iu"))
        _judge_children(np.array(children), np.array(parent), choices)
    same_again(lambda: [answer((0, 1, 2), 4, g) for g in [np.random.default_rng(5)] for _ in range(20)])
    return "Small steps from what is good: the whole of evolution's advice."


def _judge_children(children, parent, choices: int) -> None:
    """A hint for what is wrong with 300 children (300, slots)."""
    require(children.min() >= 0, "A child has a choice below 0.")
    require(children.max() < choices, f"A child has a choice outside the space: they are counted 0 to {choices - 1}.")
    changed = children != parent
    counts = changed.sum(axis=1)
    require(counts.max() > 0, "No child differs from its parent. What is to change?")
    require(
        not (counts == 0).any() or counts.max() > 1,
        "Some children equal their parent: the new choice of the slot must be another one.",
    )
    require(counts.max() == 1 or counts.min() > 0, "In some children several slots changed, in others none.")
    require(counts.max() == 1, "In some children more than one slot changed. Draw one slot, then its new choice.")
    by_slot = changed.sum(axis=0)
    require((by_slot > 0).sum() > 1, "It is always the same slot that changes. Draw it anew for each child.")
    require(by_slot[-1] > 0, "The last slot never changes. Mind that `rng.integers` leaves its end out.")
    require(by_slot[0] > 0, "The first slot never changes.")
    expected = len(children) / len(parent)
    require(by_slot.min() > 0, "Some slots never change. Each should be drawn equally often.")
    far = 5 * math.sqrt(expected)
    require(np.abs(by_slot - expected).max() < far, "Some slots change more often than others.")
    steps = (children - parent)[changed] % choices
    seen = np.bincount(steps, minlength=choices)[1:]
    if choices > 2:
        require(seen.min() > 0, "Some other choices never come up. A neighbour in number is no nearer than the rest.")
        expected = len(children) / (choices - 1)
        require(
            np.abs(seen - expected).max() < 5 * math.sqrt(expected),
            "Some other choices come up more often than the rest. Each should be equally likely.",
        )


@exercise("24.5", "Write the honest report")
def honest_report(answer, rng):
    """Candidates with several looks each; the pick is made by the first, and reported by the others."""
    for candidates, looks in [(20, 4), (6, 3), (60, 6)]:
        accuracy = rng.uniform(60, 70, size=(candidates, 1)) + rng.normal(0, 5, size=(candidates, looks))
        first, steady, lucky = rng.permutation(candidates)[:3]  # three rows that three rules would pick
        accuracy[first, 0], accuracy[first, -1] = accuracy[:, 0].max() + 1, accuracy[first].min() - 1
        accuracy[steady, 1:] = accuracy[:, 1:].max(axis=0) + 2
        accuracy[lucky, -1], accuracy[lucky, 1] = accuracy.max() + 10, accuracy.min() - 30
        got = number(answer(accuracy), "the report")
        others = accuracy[:, 1:].mean(axis=1)
        pick_by_mean, pick_by_best = accuracy.mean(axis=1).argmax(), accuracy.max(axis=1).argmax()
        recognise(
            got,
            others[first],
            {
                "That is the number by which you chose. It is flattered by its own luck.": accuracy[first, 0],
                "The look by which you chose is still in the mean.": accuracy[first].mean(),
                "You chose by the later looks, and report them too.": others.max(),
                "You chose by the mean of all looks: then no look is left that did not choose.": accuracy[
                    pick_by_mean
                ].mean(),
                "You chose by all looks. The first alone may choose.": others[pick_by_mean],
                "You chose by the highest look of all. The first column alone may choose.": others[pick_by_best],
                "That is the highest number anywhere.": accuracy.max(),
                "That is the mean over all candidates. Which one did you pick?": others.mean(),
                "That is the best of the pick's later looks. Report their mean.": accuracy[first, 1:].max(),
                "That is which one you pick. How good is it?": float(first),
                "That is the pick's last look alone. There are more that did not choose.": accuracy[first, -1],
                "You picked the lowest.": others[accuracy[:, 0].argmin()],
            },
            "Which row is highest in the first column? The mean of its other columns is the report.",
        )
    return "On average it is neither too high nor too low: those looks did not know that they would be shown."
