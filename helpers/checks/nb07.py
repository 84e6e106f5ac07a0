"""The checkers of notebook 07: a semi-gradient step by hand and for a batch, a hidden layer, and Baird's star."""

import numpy as np

from helpers.checks.expect import array, number, recognise, require
from helpers.checks.registry import exercise

TITLE = "Replace the table by a network"


@exercise("7.1", "Predict a step that moves its own target", kind="predict")
def moving_target(answer, rng):
    """w (1, -1), x (2, 1), reward 3, next x (0, 2), gamma 0.5, learning rate 0.05: the new weights, the new target."""
    given = array(answer, (3,), "your prediction")
    w, x, next_x = np.array([1.0, -1.0]), np.array([2.0, 1.0]), np.array([0.0, 2.0])

    def after(step, gamma=0.5, end=False):
        moved = w + step
        return [*moved, 3 + gamma * (not end) * (moved @ next_x)]

    error, right = 2.0 - 1.0, after(2 * 0.05 * x)
    recognise(
        given,
        right,
        {
            "Where is the 2 of the square?": after(0.05 * x),
            "A step goes against the gradient: towards the target.": after(-2 * 0.05 * x),
            "That is the full gradient. The semi-gradient treats the target as a number that is given.": after(
                2 * 0.05 * error * (x - 0.5 * next_x)
            ),
            "The weights are right. The target is made of them: make it again.": [*right[:2], 2.0],
            "The weights are right. The third number should be the new target, not the new value.": [*right[:2], 1.5],
            "The episode goes on: what follows counts too.": after(2 * 0.05 * 2 * x, end=True),
            "What follows is discounted.": after(0 * x, gamma=1.0),
            "That is the step. Add it to the weights.": [0.2, 0.1, 3 + 0.5 * (0.1 * 2)],
        },
        "In this order: value, target, error, gradient, apply. Then the target once more.",
    )
    return "The value came half of the way, and the target went on a little: they share the weights."


@exercise("7.2", "Write the step for a batch, without a tape")
def linear_step(answer, rng):
    """One semi-gradient step of Q-learning for w (O, A); actions occur more than once in the batch."""
    rate, gamma = 0.05, 0.8
    for num_obs, num_actions, ends in [(3, 2, "none"), (5, 3, "all"), (3, 2, "some"), (4, 4, "none")]:
        action = np.tile(np.arange(num_actions), 3)[: 2 * num_actions + 1]  # the first one three times
        size = len(action)
        w, reward = rng.normal(size=(num_obs, num_actions)), rng.normal(size=size)
        obs, next_obs = rng.normal(size=(2, size, num_obs))
        terminated = {"none": np.zeros(size, bool), "all": np.ones(size, bool), "some": np.arange(size) % 2 == 0}[ends]
        got = array(answer(w, obs, action, reward, next_obs, terminated, rate, gamma), w.shape, "the new weights", "f")
        future = gamma * (next_obs @ w).max(axis=1)
        taken = np.eye(num_actions)[action]  # (B, A)

        def moved(target, w=w, obs=obs, taken=taken, factor=2 * rate / size):
            return w + factor * obs.T @ ((target - (obs @ w * taken).sum(axis=1))[:, None] * taken)

        right = moved(reward + ~terminated * future)
        error = reward + ~terminated * future - (obs @ w * taken).sum(axis=1)
        lost = w.copy()
        lost[:, action] += 2 * rate / size * obs.T * error
        best = np.eye(num_actions)[(next_obs @ w).argmax(axis=1)] * ~terminated[:, None]
        recognise(
            got,
            right,
            {
                "The weights have not moved.": w,
                "That is the change of the weights alone. Add it to them.": right - w,
                "It steps away from the target: mind the sign.": 2 * w - right,
                "Where is the 2 of the square?": (w + right) / 2,
                "The loss is the mean over the batch; that is the step for the sum.": w + size * (right - w),
                "Of an action that occurs more than once, only the last row is learnt from. `+=` with a list of "
                "places keeps one change for each place.": lost,
                "All actions move. Only the one that was taken should.": w
                + 2 * rate / size * obs.T @ np.tile(error[:, None], num_actions),
                "Something follows after the end here: look at `terminated`.": moved(reward + future),
                "What follows does not count at all.": moved(reward),
                "What follows counts in full. Where is gamma?": moved(reward + ~terminated * future / gamma),
                "The target should look at `next_obs`.": moved(reward + ~terminated * gamma * (obs @ w).max(axis=1)),
                "That follows the full gradient: the target is a number here, it does not bend.": right
                - 2 * rate / size * gamma * next_obs.T @ (error[:, None] * best),
            },
            "Not right. Try a batch of one, by hand, then a batch of two with the same action.",
        )
    return "Notebook 08 does this with a network, and lets the tape find the gradient."


@exercise("7.3", "Write what the tape does for a hidden layer")
def hidden_gradient(answer, rng):
    """d(target - Q)^2 / d kernel for Q = max(x kernel + bias, 0) . out, checked where no unit is near its kink."""
    for num_obs, units in [(3, 5), (2, 8), (4, 4), (6, 1)]:
        x, out = rng.normal(size=num_obs), rng.normal(size=units)
        signs = np.where(np.arange(units) % 2, -1.0, 1.0)  # every other unit is off, the first one is on
        kernel, target = rng.normal(size=(num_obs, units)), rng.normal() + 3
        bias = signs * rng.uniform(0.5, 1.5, units) - x @ kernel
        got = array(answer(x, kernel, bias, out, target), kernel.shape, "the gradient", "f")
        before = x @ kernel + bias
        error = target - np.maximum(before, 0) @ out
        right = -2 * error * np.outer(x, out * (before > 0))
        recognise(
            got,
            right,
            {
                "Units that are off get a gradient too. What does the maximum do to a small change there?": -2
                * error
                * np.outer(x, out),
                "The sign is turned: when Q rises, does the error rise?": -right,
                "Where is the 2 of the square?": right / 2,
                "The weights behind the hidden layer are missing from the chain.": -2 * error * np.outer(x, before > 0),
                "The error is missing from the chain.": -np.outer(x, out * (before > 0)),
                "That is the gradient of Q. The chain begins at the loss.": np.outer(x, out * (before > 0)),
                "The input is missing from the chain.": np.tile(-2 * error * out * (before > 0), (num_obs, 1)),
                "The error should be made with the maximum, as the network computes Q.": -2
                * (target - before @ out)
                * np.outer(x, out * (before > 0)),
                "Rows and columns are exchanged: one row for each input.": right.T,
                "It lets through the units that are off, not those that are on.": -2
                * error
                * np.outer(x, out * (before <= 0)),
            },
            "Not right. Compare it with finite differences: move one entry of the kernel a little.",
        )
    return "A unit that is off learns nothing from this sample. One that is off for all samples never will."


@exercise("7.4", "Explore how far behaviour may be from the policy", kind="explore")
def how_far_off(answer, rng):
    """The smallest chance of the solid action, to two decimals, at which Baird's star no longer grows."""
    chance = number(answer, "the chance")
    require(0 < chance < 1, "It is a chance, between 0 and 1. (0.25 and not 25.)")
    edge = edge_of_growth(0.98)
    require(abs(chance - 1 / 7) > 0.005, "That is Baird's own star, and it grows.")
    require(abs(chance - (1 - edge)) > 0.011, "Is that the chance of *dashed*?")
    require(abs(chance - edge_of_growth(0.95)) > 0.011, "The star has its own discount, 0.98; `gamma` is another one.")
    require(growth(chance, 0.98) < 0, f"There it still grows: the largest real part is {growth(chance, 0.98):+.4f}.")
    real = growth(chance, 0.98)
    require(chance <= edge + 0.0101, f"There it shrinks ({real:+.4f}), but a smaller chance would do too.")
    return "Even a behaviour that does mostly what the policy would do may not be near enough."


def growth(solid: float, gamma: float) -> float:
    """The largest real part of the eigenvalues of K D (gamma P - I), where `solid` is taken with this chance."""
    features = np.zeros((7, 8))  # (S, weights)
    features[range(6), range(6)], features[:6, 7] = 2, 1
    features[6, 6:] = 1, 2
    often = np.append(np.full(6, (1 - solid) / 6), solid)  # (S,) D's diagonal
    follows = np.eye(7)[np.full(7, 6)]
    return float(np.linalg.eigvals(features @ features.T * often @ (gamma * follows - np.eye(7))).real.max())


def edge_of_growth(gamma: float) -> float:
    """The chance at which growth ends, by bisection."""
    low, high = 0.2, 0.9
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if growth(middle, gamma) > 0 else (low, middle)
    return high
