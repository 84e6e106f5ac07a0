"""The checkers of notebook 07: a gradient step by hand and with a tape, the semi-gradient, a batch, Baird's star."""

import numpy as np

from helpers.checks.expect import Wrong, array, number, recognise, require
from helpers.checks.registry import exercise

TITLE = "Replace the table by a network"
SINGLE = 1e-4  # TensorFlow computes in single precision


@exercise("7.1", "Write a gradient step by hand")
def step_by_hand(answer, rng):
    """One step on the mean squared error of a linear network, for batches of several sizes."""
    for size, num_obs in [(5, 3), (1, 2), (4, 4), (2, 1)]:
        w, x, target = rng.normal(size=num_obs), rng.normal(size=(size, num_obs)), rng.normal(size=size) + 2
        rate = float(rng.uniform(0.02, 0.08))
        got = array(answer(w, x, target, rate), w.shape, "the new weights", "f")
        value = x @ w
        gradient = -2 * x.T @ (target - value) / size
        one_by_one, last = w.copy(), x[-1] * 2 * rate * (target - value)[-1]
        for row, wanted in zip(x, target, strict=True):
            one_by_one += rate * 2 / size * (wanted - row @ one_by_one) * row
        recognise(
            got,
            w - rate * gradient,
            {
                "The weights have not moved.": w,
                "That is the gradient. What is done with it?": gradient,
                "That is the change of the weights alone. Add it to them.": -rate * gradient,
                "It steps up the loss: a step goes against the gradient.": w + rate * gradient,
                "Where is the 2 of the square?": w - rate * gradient / 2,
                "The loss is the mean over the batch; that is the step for the sum.": w - rate * size * gradient,
                "It is divided by the number of weights. The mean is over the samples.": w
                - rate * gradient * size / num_obs,
                "The learning rate is missing: that is the whole gradient.": w - gradient,
                "The error is missing the value: the target alone pulls.": w + 2 * rate / size * x.T @ target,
                "The error is missing the target: only the value is there.": w - 2 * rate / size * x.T @ value,
                "Every error counts alike, however large it is. Which power stands in the loss?": w
                + rate / size * x.T @ np.sign(target - value),
                "Each sample sees weights that the one before has changed. In a batch all see the same.": one_by_one,
                "Only the last sample pulls. What did the others do?": w + last,
                "The errors are averaged before they meet their observations. Each belongs to its own x.": w
                + 2 * rate * (target - value).mean() * x.mean(axis=0),
            },
            "Not right. Do the example of the text: w (0.5, -1), x (1, 2), target 1, learning rate 0.05.",
        )
    return "Value, target, error, gradient, apply: nothing else ever happens to a weight."


@exercise("7.2", "Write the same step with a tape", seconds=10)
def step_with_tape(answer, rng):
    """Networks with a hidden layer, plain gradient descent and Adam: the loss, and where the weights went."""
    import keras

    from helpers.network import make_network

    for make_optimizer, size, num_actions in [
        (lambda: keras.optimizers.SGD(0.1), 5, 3),
        (lambda: keras.optimizers.Adam(0.02), 4, 2),
    ]:
        network, ours = (make_network(2, (6,), num_actions, int(size)) for _ in range(2))
        x, target = rng.normal(size=(size, 2)).astype(np.float32), rng.normal(size=(size, num_actions)) + 1
        target = target.astype(np.float32)
        before = network.get_weights()
        got = number(answer(network, make_optimizer(), x, target), "the loss")
        error = target - ours(x).numpy()
        moved = _stepped(ours, make_optimizer(), x, target)
        after = _flat(network.get_weights())
        loss = float(np.mean(error**2))
        recognise(
            got,
            loss,
            {
                "That is the loss after the step. Give the one that the step was made for.": float(
                    np.mean((target - network(x).numpy()) ** 2)
                ),
                "The squares are added up. Take their mean.": float(np.sum(error**2)),
                "The squares of a row are added up, then averaged over rows. Take the mean over all entries.": float(
                    np.sum(error**2) / size
                ),
                "The error is not squared: its mean may be 0 though nothing is right.": float(np.mean(error)),
                "Those are distances. The loss is made of squares.": float(np.mean(np.abs(error))),
                "The sign of the loss is turned.": -loss,
                "That is the root of the loss.": float(np.sqrt(loss)),
                "Half of it is missing: the plain mean of the squares is asked for.": loss / 2,
            },
            "The loss is not right: the mean of the squares of target minus network(x).",
            SINGLE,
        )
        start, wanted = _flat(before), _flat(moved)
        require(
            not np.allclose(after, start),
            "The loss is right, but the weights have not moved. Who applies the gradient?",
        )
        part = np.isclose(after, start) & ~np.isclose(wanted, start)
        require(not part.any(), "Some of the weights have not moved. Give the optimiser all `trainable_variables`.")
        recognise(
            after,
            wanted,
            {
                "It goes up the loss: the weights move away from their targets.": 2 * start - wanted,
                "The step is taken twice.": _flat(_stepped(ours, make_optimizer(), x, target, 2, before)),
                "That is another optimiser's step. Use the one that is given.": _flat(
                    _stepped(ours, keras.optimizers.SGD(0.1), x, target, 1, before)
                ),
            },
            "The loss is right, and the weights went elsewhere. Which loss did the tape differentiate?",
            SINGLE,
        )
    return "The chain rule of every network to come, in one line."


def _stepped(network, optimizer, x, target, times: int = 1, weights=None) -> list[np.ndarray]:
    """The weights of `network` after so many steps, from `weights` where they are given."""
    import tensorflow as tf

    if weights is not None:
        network.set_weights(weights)
    for _ in range(times):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(target - network(x)))
        optimizer.apply(tape.gradient(loss, network.trainable_variables), network.trainable_variables)
    return network.get_weights()


def _flat(weights) -> np.ndarray:
    return np.concatenate([np.ravel(part) for part in weights])


@exercise("7.3", "Hold the target still", seconds=10, changes=True)
def semi_gradient(answer, rng):
    """Transitions that go on, one that stays where it is, and one that ends."""
    import tensorflow as tf

    for size, features, gamma in [(4, 3, 0.8), (1, 3, 1.0), (6, 2, 0.5)]:
        x, next_x = rng.normal(size=(2, size, features)).astype(np.float32)
        if size > 1:
            next_x[-1], next_x[0] = 0, x[0]
        reward, start = rng.normal(size=size).astype(np.float32) + 1, rng.normal(size=features).astype(np.float32)
        w = tf.Variable(start)
        got = answer(w, x, reward, next_x, gamma)
        require(
            got is not None,
            "It gives back `None`. Is a `return` missing? Or did the tape not see how the loss comes from `w`?",
        )
        require(np.array_equal(w.numpy(), start), "It moves the weights. Only the gradient is asked for.")
        if isinstance(got, list | tuple) and len(got) == 1:
            raise Wrong("It gives back a list. Ask the tape for the gradient of `w`, not of `[w]`.")
        got = array(got, (features,), "the gradient", "f")
        value, after = x @ start, next_x @ start
        error = reward + gamma * after - value
        semi = -2 * x.T @ error / size
        of_target = 2 * gamma * next_x.T @ error / size
        recognise(
            got,
            semi,
            {
                "That is the full gradient: the target bends too. Make it outside the tape.": semi + of_target,
                "It holds the guess still and bends the target. The other way round.": of_target,
                "The loss is the mean over the batch, and that is the gradient for the sum.": size * semi,
                "Where is the 2 of the square?": semi / 2,
                "The sign is turned: is that the step, or the gradient?": -semi,
                "What follows counts in full. Where is gamma?": -2 * x.T @ (reward + after - value) / size,
                "What follows does not count at all.": -2 * x.T @ (reward - value) / size,
                "The reward is missing from the target.": -2 * x.T @ (gamma * after - value) / size,
                "The target is missing: that makes all values smaller.": 2 * x.T @ value / size,
                "That is the gradient of the values. The chain begins at the loss.": x.mean(axis=0),
                "The target is made of the observations before the step. Where did they lead?": -2
                * x.T
                @ (reward + gamma * value - value)
                / size,
            },
            "Not right. Try it with A to B and V = (0.5, 0.1, 0.9), as in the text.",
            SINGLE,
        )
    return "Inside or outside of the tape: no error message tells the two apart."


@exercise("7.4", "Predict a step that moves its own target", kind="predict")
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


@exercise("7.5", "Write the step for a batch, without a tape")
def linear_step(answer, rng):
    """One semi-gradient step of Q-learning for w (O, A); actions occur more than once in the batch."""
    rate, gamma = 0.05, 0.8
    for num_obs, num_actions, ends in [(5, 3, "none"), (3, 2, "all"), (4, 3, "some"), (3, 2, "none")]:
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
        in_turn = w.copy()
        for x, a, r, next_x, end in zip(obs, action, reward, next_obs, terminated, strict=True):
            target = r + gamma * (not end) * (next_x @ in_turn).max()
            in_turn[:, a] += 2 * rate / size * (target - x @ in_turn[:, a]) * x
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
                "Of an action that occurs more than once, only the last row is learnt from: it overwrites the others. "
                "(`+=` with a list of places does that too.)": lost,
                "Each row sees the weights that the rows before it have changed. In a batch all see the same.": in_turn,
                "It is the mean over rows and actions. Each row has one error.": w + (right - w) / num_actions,
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


@exercise("7.6", "Write what the tape does for a hidden layer")
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


@exercise("7.7", "Explore how far behaviour may be from the policy", kind="explore")
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
