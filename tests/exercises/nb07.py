"""Right and wrong answers to the exercises of notebook 07."""

SETUP = """
from helpers.network import make_network
import keras
import numpy as np
import tensorflow as tf
features = np.zeros((7, 8))
features[range(6), range(6)], features[:6, 7] = 2, 1
features[6, 6], features[6, 7] = 1, 2

def growth(p):
    often = np.append(np.full(6, (1 - p) / 6), p)
    change = features @ features.T @ np.diag(often) @ (0.98 * np.eye(7)[np.full(7, 6)] - np.eye(7))
    return np.linalg.eigvals(change).real.max()
"""

BY_HAND = """
def by_hand(w, x, target, learning_rate):
    error = target - x @ w
    gradient = -2 * x.T @ error / len(x)
    return w - learning_rate * gradient
"""
TAPE = """
def with_tape(network, optimizer, x, target):
    with tf.GradientTape() as tape:
        error = target - network(x)
        loss = tf.reduce_mean(tf.square(error))
    weights = network.trainable_variables
    optimizer.apply(tape.gradient(loss, weights), weights)
    return loss
"""
SEMI = """
def semi(w, x, reward, next_x, gamma):
    target = reward + gamma * tf.reduce_sum(next_x * w, axis=1)
    with tf.GradientTape() as tape:
        error = target - tf.reduce_sum(x * w, axis=1)
        loss = tf.reduce_mean(tf.square(error))
    return tape.gradient(loss, w)
"""
STEP = """
def step(w, obs, action, reward, next_obs, terminated, learning_rate, gamma):
    target = reward + gamma * (1 - terminated) * (next_obs @ w).max(axis=1)
    taken = np.eye(w.shape[1])[action]
    error = (target - (obs @ w * taken).sum(axis=1))[:, None] * taken
    return w + learning_rate * 2 / len(obs) * obs.T @ error
"""
GRADIENT = """
def gradient(x, kernel, bias, out, target):
    before = x @ kernel + bias
    error = target - np.maximum(before, 0) @ out
    return -2 * error * np.outer(x, out * (before > 0))
"""


def by_hand(old: str, new: str) -> str:
    """The step by hand with one thing changed."""
    assert old in BY_HAND
    return BY_HAND.replace(old, new)


def tape(old: str, new: str) -> str:
    """The step with a tape with one thing changed."""
    assert old in TAPE
    return TAPE.replace(old, new)


def semi(old: str, new: str) -> str:
    """The semi-gradient with one thing changed."""
    assert old in SEMI
    return SEMI.replace(old, new)


def step(old: str, new: str) -> str:
    """The step with one thing changed."""
    assert old in STEP
    return STEP.replace(old, new)


def gradient(old: str, new: str) -> str:
    """The gradient with one thing changed."""
    assert old in GRADIENT
    return GRADIENT.replace(old, new)


VARIANTS = {
    "7.1": [
        """
def sample_by_sample(w, x, target, learning_rate):
    new = np.array(w, float)
    for row, y in zip(x, target):
        new += learning_rate * 2 * (y - row @ w) * row / len(x)
    return new
""",
        "lambda w, x, y, rate: w + 2 * rate * np.mean((y - x @ w)[:, None] * x, axis=0)",
    ],
    "7.2": [
        """
def by_keras(network, optimizer, x, target):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.mean_squared_error(target, network(x)))
    optimizer.apply_gradients(zip(tape.gradient(loss, network.trainable_variables), network.trainable_variables))
    return float(loss)
""",
        """
def by_sums(network, optimizer, x, target):
    weights = network.trainable_weights
    with tf.GradientTape() as tape:
        difference = network(tf.constant(x), training=True) - target
        loss = tf.reduce_sum(difference * difference) / tf.size(difference, out_type=tf.float32)
    optimizer.apply(tape.gradient(loss, weights), weights)
    return loss.numpy()
""",
    ],
    "7.3": [
        """
def stopped(w, x, reward, next_x, gamma):
    with tf.GradientTape() as tape:
        target = tf.stop_gradient(reward + gamma * tf.reduce_sum(next_x * w, axis=1))
        loss = tf.reduce_mean((tf.reduce_sum(x * w, axis=1) - target) ** 2)
    return tape.gradient(loss, w)
""",
        """
def without_a_tape(w, x, reward, next_x, gamma):
    error = reward + gamma * next_x @ w.numpy() - x @ w.numpy()
    return -2 * x.T @ error / len(x)
""",
    ],
    "7.4": ["(1.2, -0.9, 2.1)", "np.array([1.2, -0.9, 2.1], np.float32)"],
    "7.5": [
        """
def row_by_row(w, obs, action, reward, next_obs, terminated, learning_rate, gamma):
    new = w.copy()
    for x, a, r, next_x, end in zip(obs, action, reward, next_obs, terminated):
        target = r if end else r + gamma * max(next_x @ w)
        new[:, a] += 2 * learning_rate * (target - x @ w[:, a]) * x / len(obs)
    return new
""",
        """
def with_add_at(w, obs, action, reward, next_obs, terminated, learning_rate, gamma):
    error = reward + np.where(terminated, 0, gamma * (next_obs @ w).max(-1)) - (obs @ w)[range(len(obs)), action]
    gradient = np.zeros_like(w.T)
    np.add.at(gradient, action, -2 * error[:, None] * obs / len(obs))
    return w - learning_rate * gradient.T
""",
    ],
    "7.6": [
        """
def by_differences(x, kernel, bias, out, target):
    def loss(kernel):
        return (target - np.maximum(x @ kernel + bias, 0) @ out) ** 2
    found = np.zeros_like(kernel)
    for place in np.ndindex(*kernel.shape):
        moved = np.zeros_like(kernel)
        moved[place] = 1e-4
        found[place] = (loss(kernel + moved) - loss(kernel - moved)) / 2e-4
    return found
""",
        """
def unit_by_unit(x, kernel, bias, out, target):
    hidden = np.maximum(bias + x @ kernel, 0)
    slope = 2 * (hidden @ out - target)
    return np.stack([slope * out[j] * x if hidden[j] > 0 else 0 * x for j in range(len(out))], axis=1)
""",
    ],
    "7.7": ["0.75", "np.float64(0.747)", "3 / 4"],
}

MUTANTS = {
    "7.1": {
        "lambda w, *others: w + 0.0": "have not moved",
        by_hand("return w - learning_rate * gradient", "return gradient"): "That is the gradient",
        by_hand("return w - learning_rate", "return -learning_rate"): "change of the weights alone",
        by_hand("w - learning", "w + learning"): "up the loss",
        by_hand("-2 * x.T", "-x.T"): "the 2 of the square",
        by_hand(" / len(x)", ""): "step for the sum",
        by_hand("len(x)", "len(w)"): "number of weights",
        by_hand("w - learning_rate * gradient", "w - gradient"): "learning rate is missing",
        by_hand("target - x @ w", "target"): "missing the value",
        by_hand("target - x @ w", "-(x @ w)"): "missing the target",
        by_hand("-2 * x.T @ error", "-x.T @ np.sign(error)"): "Which power",
        """
def in_turn(w, x, target, learning_rate):
    w = w.copy()
    for row, y in zip(x, target):
        w += learning_rate * 2 / len(x) * (y - row @ w) * row
    return w
""": "the one before has changed",
        """
def last_only(w, x, target, learning_rate):
    for row, y in zip(x, target):
        new = w + learning_rate * 2 * (y - row @ w) * row
    return new
""": "Only the last sample",
        by_hand("-2 * x.T @ error / len(x)", "-2 * x.mean(axis=0) * error.mean()"): "belongs to its own x",
        by_hand("return w - learning_rate * gradient", "w -= learning_rate * gradient\n    return w"): "argument `w`",
        by_hand(
            "return w - learning_rate * gradient", "return (w - learning_rate * gradient)[None]"
        ): "should have shape (3,)",
        by_hand("x @ w", "w @ x"): "It raises ValueError",
        by_hand("-2 * x.T @ error", "-3 * x.T @ error"): "Do the example of the text",
    },
    "7.2": {
        tape("    optimizer.apply(tape.gradient(loss, weights), weights)\n", ""): "weights have not moved",
        tape("return loss", "return tf.reduce_mean(tf.square(target - network(x)))"): "loss after the step",
        tape("tf.reduce_mean(", "tf.reduce_sum("): "squares are added up. Take",
        tape("tf.reduce_mean(tf.square(error))", "tf.reduce_mean(tf.reduce_sum(tf.square(error), axis=1))"): (
            "squares of a row"
        ),
        tape("tf.square(error)", "error"): "not squared",
        tape("tf.square(error)", "tf.abs(error)"): "made of squares",
        tape("loss = tf", "loss = -tf"): "sign of the loss",
        tape("tf.reduce_mean(tf.square(error))", "tf.sqrt(tf.reduce_mean(tf.square(error)))"): "root of the loss",
        tape("tf.reduce_mean(tf.square(error))", "tf.reduce_mean(tf.square(error)) / 2"): "Half of it",
        tape("network.trainable_variables", "network.trainable_variables[-2:]"): "all `trainable_variables`",
        tape("tape.gradient(loss, weights), weights)", "[-g for g in tape.gradient(loss, weights)], weights)"): (
            "away from their targets"
        ),
        """
def twice(network, optimizer, x, target):
    losses = []
    for _ in range(2):
        with tf.GradientTape() as tape:
            losses.append(tf.reduce_mean(tf.square(target - network(x))))
        weights = network.trainable_variables
        optimizer.apply(tape.gradient(losses[-1], weights), weights)
    return losses[0]
""": "taken twice",
        tape("optimizer.apply(", "keras.optimizers.SGD(0.1).apply("): "another optimiser's step",
        tape("tape.gradient(loss, weights), weights)", "[3 * g for g in tape.gradient(loss, weights)], weights)"): (
            "Which loss did the tape"
        ),
        tape("    return loss\n", ""): "Is a `return` missing?",
        tape("network(x)", "network(x)[:, 0]"): "It raises InvalidArgumentError",
        tape("tape.gradient(loss, weights)", "tape.gradient(loss, network.get_weights())"): (
            "not of arrays. See line 7 of"
        ),
    },
    "7.3": {
        """
def all_inside(w, x, reward, next_x, gamma):
    with tf.GradientTape() as tape:
        target = reward + gamma * tf.reduce_sum(next_x * w, axis=1)
        loss = tf.reduce_mean(tf.square(target - tf.reduce_sum(x * w, axis=1)))
    return tape.gradient(loss, w)
""": "full gradient",
        """
def guess_held(w, x, reward, next_x, gamma):
    value = tf.reduce_sum(x * w, axis=1)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(reward + gamma * tf.reduce_sum(next_x * w, axis=1) - value))
    return tape.gradient(loss, w)
""": "holds the guess still",
        """
def nothing_seen(w, x, reward, next_x, gamma):
    target = reward + gamma * tf.reduce_sum(next_x * w, axis=1)
    loss = tf.reduce_mean(tf.square(target - tf.reduce_sum(x * w, axis=1)))
    with tf.GradientTape() as tape:
        pass
    return tape.gradient(loss, w)
""": "did the tape not see",
        semi("tf.reduce_mean", "tf.reduce_sum"): "gradient for the sum",
        semi("tf.square(error)", "tf.square(error) / 2"): "the 2 of the square",
        semi("return tape", "return -tape"): "The sign is turned",
        semi("gamma * tf", "tf"): "Where is gamma?",
        semi(" + gamma * tf.reduce_sum(next_x * w, axis=1)", ""): "does not count at all",
        semi("reward + gamma", "gamma"): "reward is missing",
        semi("error = target - tf", "error = -tf"): "The target is missing",
        semi(
            "tf.reduce_mean(tf.square(error))", "tf.reduce_mean(tf.reduce_sum(x * w, axis=1))"
        ): "gradient of the values",
        semi("next_x * w", "x * w"): "Where did they lead?",
        semi("tape.gradient(loss, w)", "tape.gradient(loss, [w])"): "of `w`, not of `[w]`",
        semi("return tape", "w.assign_sub(tape.gradient(loss, w))\n    return w + 0.0\n    tape"): "moves the weights",
        semi("return tape.gradient(loss, w)", "return loss"): "should have shape (3,)",
        semi("tf.square(error)", "tf.abs(error)"): "as in the text",
        semi("tape.gradient(loss, w)", "tape.gradient(loss, w.numpy())"): "knows only TensorFlow's tensors",
    },
    "7.4": {
        "[1.1, -0.95, 2.05]": "the 2 of the square",
        "[0.8, -1.1, 1.9]": "against the gradient",
        "[1.2, -1, 2]": "That is the full gradient",
        "[1.2, -0.9, 2]": "make it again",
        "[1.2, -0.9, 1.5]": "not the new value",
        "[1.4, -0.8, 3]": "what follows counts too",
        "[1, -1, 1]": "is discounted",
        "[0.2, 0.1, 3.1]": "That is the step",
        "[1, 2, 3]": "value, target, error",
        "[1.2, -0.9]": "should have shape (3,)",
    },
    "7.5": {
        "lambda w, *others: w": "have not moved",
        step("return w + learning", "return learning"): "change of the weights alone",
        step("w + learning", "w - learning"): "mind the sign",
        step("* 2 / len", "/ len"): "the 2 of the square",
        step("2 / len(obs)", "2"): "mean over the batch",
        """
def lost(w, obs, action, reward, next_obs, terminated, learning_rate, gamma):
    error = reward + gamma * (1 - terminated) * (next_obs @ w).max(1) - (obs @ w)[range(len(obs)), action]
    new = w.copy()
    new[:, action] += learning_rate * 2 / len(obs) * obs.T * error
    return new
""": "only the last row",
        """
def in_turn(w, obs, action, reward, next_obs, terminated, learning_rate, gamma):
    w = w.copy()
    for x, a, r, next_x, end in zip(obs, action, reward, next_obs, terminated):
        target = r if end else r + gamma * max(next_x @ w)
        w[:, a] += 2 * learning_rate * (target - x @ w[:, a]) * x / len(obs)
    return w
""": "rows before it have changed",
        step("len(obs)", "taken.size"): "Each row has one error",
        step("[:, None] * taken\n", "[:, None] * np.ones_like(taken)\n"): "All actions move",
        step("(1 - terminated) * ", ""): "after the end",
        step("gamma * (1 - terminated) * (next_obs", "0 * (next_obs"): "does not count at all",
        step("gamma * (1", "1 * (1"): "Where is gamma?",
        step("(next_obs @ w)", "(obs @ w)"): "look at `next_obs`",
        """
def full(w, obs, action, reward, next_obs, terminated, learning_rate, gamma):
    q, rows = next_obs @ w, range(len(obs))
    error = reward + gamma * (1 - terminated) * q.max(1) - (obs @ w)[rows, action]
    taken, best = np.eye(w.shape[1])[action], np.eye(w.shape[1])[q.argmax(1)]
    slope = obs.T @ (error[:, None] * taken) - gamma * next_obs.T @ ((error * (1 - terminated))[:, None] * best)
    return w + 2 * learning_rate / len(obs) * slope
""": "full gradient",
        step("(next_obs @ w).max(axis=1)", "(next_obs @ w).mean(axis=1)"): "Try a batch of one",
        step("    return w + learning_rate * 2", "    w += learning_rate * 2").replace(
            "@ error\n", "@ error\n    return w\n"
        ): ("changes its argument `w`"),
        step("w + learning_rate * 2 / len(obs) * obs.T @ error", "(w + learning_rate * obs.T @ error).T"): (
            "should have shape (5, 3), but its shape is (3, 5)"
        ),
        step("(next_obs @ w).max(axis=1)", "(next_obs @ w).max(axis=0)"): "broadcast",
    },
    "7.6": {
        gradient("out * (before > 0)", "out"): "Units that are off get",
        gradient("-2 * error", "2 * error"): "The sign is turned",
        gradient("-2 * error", "-error"): "the 2 of the square",
        gradient("out * (before > 0)", "before > 0"): "behind the hidden layer",
        gradient("-2 * error", "-1"): "The error is missing",
        gradient("-2 * error *", ""): "gradient of Q",
        gradient("np.outer(x, ", "np.outer(np.ones_like(x), "): "The input is missing",
        gradient("np.maximum(before, 0)", "before"): "made with the maximum",
        gradient("np.outer(x, out * (before > 0))", "np.outer(out * (before > 0), x)"): "but its shape is (5, 3)",
        gradient("(before > 0))", "(before <= 0))"): "not those that are on",
        gradient("np.outer(x, out * (before > 0))", "np.outer(x, out * before)"): "finite differences",
        gradient("return -2", "-2"): "Is a `return` missing?",
        gradient(
            "    before = x @ kernel + bias", "    bias += x @ kernel\n    before = bias"
        ): "changes its argument `bias`",
    },
    "7.7": {
        "75": "between 0 and 1",
        "1 / 7": "Baird's own star",
        "0.25": "chance of *dashed*",
        "0.48": "its own discount",
        "0.6": "it still grows",
        "0.8": "a smaller chance would do",
        "'0.75'": "should be a number",
        "[0.74, 0.75]": "should be one number",
    },
}
