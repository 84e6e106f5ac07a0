"""Right and wrong answers to the exercises of notebook 08."""

SETUP = """
from helpers.dqn import DQN as Whole
import numpy as np
import tensorflow as tf
from helpers.buffer import ReplayBuffer as Ring, Transition
from helpers.updates import q_learning_target
SEED = 0

class ReplayBuffer(Ring):
    pass

class DQN(Whole):
    pass

def right(q, obs, action, reward, next_obs, terminated, alpha, gamma, every, first=0, which=0):
    tables = [q.copy(), q.copy()]
    for k in range(len(obs)):
        cell = obs[k], action[k]
        target = reward[k] + gamma * (1 - terminated[k]) * tables[1][next_obs[k]].max()
        tables[0][cell] += alpha * (target - tables[0][cell])
        if first + k + 1 > 0 and (first + k + 1) % every == 0:
            tables[1] = tables[0].copy()
    return tables[which]
"""

DRAW = """
def draw(buffer, *shape):
    rows = buffer.rng.integers(len(buffer), size=shape)
    return buffer.obs[rows], buffer.action[rows], buffer.reward[rows], buffer.next_obs[rows], buffer.terminated[rows]
"""
TARGET = """
def target(agent, reward, next_obs, terminated):
    best = tf.reduce_max(agent.target_network(next_obs), axis=1)
    return reward + agent.discount * (1 - terminated) * best
"""
STEP = """
def step(agent, obs, action, reward, next_obs, terminated):
    best = tf.reduce_max(agent.target_network(next_obs), axis=1)
    target = reward + agent.discount * (1 - terminated) * best
    with tf.GradientTape() as tape:
        q = tf.gather(agent.network(obs), action, batch_dims=1)
        error = target - q
        loss = tf.reduce_mean(tf.square(error))
    weights = agent.network.trainable_variables
    agent.optimizer.apply(tape.gradient(loss, weights), weights)
    return loss, error
"""
LEARN = """
def learn(agent, transition):
    config = agent.config
    agent._remember(transition)
    agent.num_steps += 1
    if agent.num_steps >= config.learning_starts and agent.num_steps % config.learn_every == 0:
        agent._check_loss(agent._learn_from_buffer())
        agent.num_gradient_steps += config.gradient_steps
        if agent.num_gradient_steps % config.target_every == 0:
            agent._copy_to_target()
        agent._copy_to_numpy()
"""


def changed(whole: str, *pairs: str) -> str:
    """An answer with one thing changed, or several: old, new, old, new, ..."""
    for old, new in zip(pairs[::2], pairs[1::2], strict=True):
        assert old in whole, old
        whole = whole.replace(old, new)
    return whole


BURST = "        agent._check_loss(agent._learn_from_buffer())\n"

VARIANTS = {
    "8.1": [
        """
def by_uniform(buffer, *shape):
    rows = (buffer.rng.random(shape) * len(buffer)).astype(int)
    return tuple(getattr(buffer, name)[rows] for name in ("obs", "action", "reward", "next_obs", "terminated"))
""",
        """
def by_choice(buffer, *shape):
    rows = buffer.rng.choice(len(buffer), size=shape)
    return [np.take(part, rows, axis=0) for part in
            (buffer.obs, buffer.action, buffer.reward, buffer.next_obs, buffer.terminated)]
""",
    ],
    "8.2": [
        """
def in_numpy(agent, reward, next_obs, terminated):
    best = np.asarray(agent.target_network(next_obs)).max(axis=1)
    return np.where(terminated == 1, reward, reward + agent.discount * best)
""",
        "lambda agent, reward, next_obs, over: reward + agent.discount * (1 - over) * agent._next_value(next_obs)",
    ],
    "8.3": [
        """
def inside_but_stopped(agent, obs, action, reward, next_obs, terminated):
    with tf.GradientTape() as tape:
        best = tf.reduce_max(agent.target_network(next_obs), axis=1)
        target = tf.stop_gradient(reward + agent.discount * (1 - terminated) * best)
        chosen = tf.one_hot(action, agent.network.output_shape[1])
        error = target - tf.reduce_sum(agent.network(obs) * chosen, axis=1)
        loss = tf.reduce_mean(error**2)
    weights = agent.network.trainable_weights
    agent.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
    return float(loss), error.numpy()
""",
        changed(STEP, "tf.reduce_max(agent.target_network(next_obs), axis=1)", "agent._next_value(next_obs)"),
    ],
    "8.4": [
        """
def returns_early(agent, transition):
    numbers = agent.config
    agent.num_steps = agent.num_steps + 1
    agent._remember(transition)
    if agent.num_steps < numbers.learning_starts or agent.num_steps % numbers.learn_every:
        return
    loss = agent._learn_from_buffer()
    agent._check_loss(loss)
    agent.num_gradient_steps += numbers.gradient_steps
    agent._copy_to_numpy()
    if not agent.num_gradient_steps % numbers.target_every:
        agent._copy_to_target()
""",
        changed(LEARN, "    agent.num_steps += 1\n", "", "    config =", "    agent.num_steps += 1\n    config ="),
    ],
    "8.5": ["[4550, 22, 9_700]", "np.array([4550, 22, 9700])"],
    "8.6": [
        """
def by_hand(num_added, capacity, n):
    return [row % capacity for row in range(max(0, num_added - min(n, capacity)), num_added)]
""",
        "lambda added, room, n: np.array([(added - 1 - k) % room for k in range(min(n, room, added))][::-1])",
    ],
    "8.7": [
        """
def before_each(q, s, a, r, n, t, alpha, gamma, every):
    new = q.astype(float)
    for k in range(len(s)):
        if k % every == 0:
            target_q = np.array(new)
        future = 0.0 if t[k] else gamma * max(target_q[n[k]])
        new[s[k]][a[k]] = (1 - alpha) * new[s[k]][a[k]] + alpha * (r[k] + future)
    return new
""",
        """
def in_periods(q, s, a, r, n, t, alpha, gamma, every):
    new = q.tolist()
    for start in range(0, len(s), every):
        part = slice(start, start + every)
        targets = q_learning_target(r[part], np.array(new)[n[part]], t[part], gamma)
        for i, j, target in zip(s[part], a[part], targets):
            new[i][j] += alpha * (target - new[i][j])
    return new
""",
    ],
    "8.8": ['{"by 1": 4, "by 1.5": 10, "estimates": 31}', '{"by 1.5": np.int64(10), "by 1": 4, "estimates": 33}'],
}

MUTANTS = {
    "8.1": {
        changed(DRAW, "len(buffer)", "buffer.capacity"): "nothing is stored yet",
        changed(DRAW, "buffer.next_obs[rows], ", ""): "the five parts of a batch",
        changed(DRAW, "buffer.reward[rows], buffer.next_obs[rows]", "buffer.next_obs[rows], buffer.reward[rows]"): (
            "`reward` should have shape"
        ),
        changed(DRAW, "buffer.action[rows]", "buffer.action[buffer.rng.integers(len(buffer), size=shape)]"): (
            "`action` and `obs` do not go together"
        ),
        changed(
            DRAW, "buffer.next_obs[rows]", "buffer.obs[(rows + 1) % len(buffer)]"
        ): "`next_obs` and `obs` do not go",
        changed(DRAW, "integers(len(buffer)", "integers(max(1, len(buffer) - 1)"): "newest transition is never",
        changed(
            DRAW, "integers(len(buffer)", "integers(min(1, len(buffer) - 1), len(buffer)"
        ): "oldest transition is never",
        changed(DRAW, "integers(len(buffer)", "integers(3 * len(buffer) // 4, len(buffer)"): "draws only",
        """
def one_batch(buffer, *shape):
    rows = np.broadcast_to(buffer.rng.integers(len(buffer), size=shape[-1]), shape)
    return buffer.obs[rows], buffer.action[rows], buffer.reward[rows], buffer.next_obs[rows], buffer.terminated[rows]
""": "All K batches are the same",
        changed(DRAW, "size=shape)", "size=np.prod(shape))"): "should have shape (4, 60, 2)",
        changed(DRAW, "buffer.rng.integers(", "np.random.default_rng().integers("): "Draw from `buffer.rng`",
        changed(DRAW, "buffer.rng.integers(", "np.random.default_rng(0).integers("): "draws the same batch",
        changed(DRAW, "buffer.rng.integers(", "np.random.randint("): "global random generator",
        changed(
            DRAW,
            "buffer.rng.integers(len(buffer), size=shape)",
            "(buffer.rng.integers(10**6) + np.arange(np.prod(shape)).reshape(shape)) % len(buffer)",
        ): "dealt out in turn",
        changed(
            DRAW,
            "buffer.rng.integers(len(buffer), size=shape)",
            "(buffer.rng.random(shape) ** 2 * len(buffer)).astype(int)",
        ): "more often than others",
        changed(
            DRAW,
            "buffer.rng.integers(len(buffer), size=shape)",
            "buffer.rng.choice(len(buffer), size=shape, replace=False)",
        ): "It raises ValueError",
    },
    "8.2": {
        changed(TARGET, "agent.target_network", "agent.network"): "The network that learns made it",
        changed(TARGET, "(1 - terminated) * ", ""): "Something follows after the end",
        changed(TARGET, "(1 - terminated)", "terminated"): "are exchanged",
        changed(
            TARGET, "reward + agent.discount * (1 - terminated) * best", "reward + 0 * best"
        ): "does not count at all",
        changed(TARGET, "agent.discount * ", ""): "Where is the discount?",
        changed(
            TARGET,
            "reward + agent.discount * (1 - terminated) * best",
            "(1 - terminated) * (reward + agent.discount * best)",
        ): "lost where the episode ends",
        changed(TARGET, "reward + agent", "agent.discount * reward + agent"): "It comes at once",
        changed(TARGET, "reduce_max", "reduce_mean"): "mean over the next actions",
        changed(TARGET, "reduce_max", "reduce_min"): "worst of the next",
        changed(
            TARGET,
            "tf.reduce_max(agent.target_network(next_obs), axis=1)",
            "tf.cast(tf.argmax(agent.target_network(next_obs), axis=1), tf.float32)",
        ): "number of the best action",
        changed(
            TARGET,
            "tf.reduce_max(agent.target_network(next_obs), axis=1)",
            "tf.gather(agent.target_network(next_obs), tf.argmax(agent.network(next_obs), axis=1), batch_dims=1)",
        ): ("Double DQN"),
        changed(TARGET, "reward + agent", "agent"): "The reward is missing",
        changed(TARGET, "axis=1", "axis=0"): "It raises InvalidArgumentError",
        changed(TARGET, "axis=1)", "axis=1)[:, None]"): "should have shape (6,)",
        changed(TARGET, "reward + agent", "reward + 0.5 * agent"): "Take one transition by hand",
    },
    "8.3": {
        changed(STEP, "return loss, error", "return loss"): "Give two things",
        changed(STEP, "target - q", "q - target"): "wrong sign",
        changed(STEP, "return loss, error", "return loss, tf.square(error)"): "squares of the errors",
        changed(
            STEP, "tf.gather(agent.network(obs), action, batch_dims=1)", "tf.reduce_max(agent.network(obs), axis=1)"
        ): ("that of the best action"),
        changed(STEP, "tf.gather(agent.network(obs), action, batch_dims=1)", "agent.network(obs)[:, 0]"): (
            "that of the first action"
        ),
        changed(STEP, "return loss, error", "return loss, target"): "Those are the targets",
        changed(STEP, "return loss, error", "return loss, q"): "values of the actions taken",
        changed(STEP, "(1 - terminated) * ", ""): "exercise before",
        changed(STEP, "reduce_mean(tf", "reduce_sum(tf"): "sum of the squares",
        changed(STEP, "tf.square(error)", "error"): "not squared",
        changed(STEP, "tf.square(error)", "tf.abs(error)"): "made of distances",
        changed(STEP, "tf.square(error)", "tf.square(target[:, None] - q)"): "every target minus every value",
        changed(
            STEP, "    agent.optimizer.apply(tape.gradient(loss, weights), weights)\n", ""
        ): "network has not moved",
        changed(
            STEP, "tape.gradient(loss, weights), weights)", "[-g for g in tape.gradient(loss, weights)], weights)"
        ): ("goes up the loss"),
        changed(
            STEP,
            "    weights = agent.network.trainable_variables\n",
            "    weights = agent.network.trainable_variables\n"
            "    agent.target_network.set_weights([w + 1 for w in agent.target_network.get_weights()])\n",
        ): ("The target network has moved"),
        changed(
            STEP, "tape.gradient(loss, weights), weights)", "[3 * g for g in tape.gradient(loss, weights)], weights)"
        ): ("What did the tape see?"),
        changed(STEP, "tf.square(error)", "tf.square(error) / 2"): "the mean of their squares",
        changed(STEP, "tf.reduce_mean(tf.square(error))", "np.mean(np.square(error))"): "inside it use `tf.…`",
        changed(STEP, "error = target - q", "error = target - q[:, None]"): "should have shape (5,)",
    },
    "8.4": {
        changed(LEARN, "    agent._remember(transition)\n", ""): "It remembers nothing",
        changed(
            LEARN,
            "    agent._remember(transition)\n",
            "",
            "learn_every == 0:\n",
            "learn_every == 0:\n        agent._remember(transition)\n",
        ): ("only the transitions at which it learns"),
        changed(
            LEARN,
            "    agent._remember(transition)\n    agent.num_steps += 1\n",
            "    agent.num_steps += 1\n    if agent.num_steps < config.learning_starts:\n        return\n"
            "    agent._remember(transition)\n",
        ): "Before learning starts",
        changed(LEARN, "    agent.num_steps += 1\n", ""): "does not count its env steps",
        changed(LEARN, "    agent.num_steps += 1\n", "    agent.num_steps += 2\n"): "`num_steps` is 80",
        changed(LEARN, BURST, ""): "never learns from its buffer",
        changed(LEARN, " and agent.num_steps % config.learn_every == 0", ""): "learns at every step",
        changed(LEARN, "agent.num_steps >= config.learning_starts and ", ""): "before `learning_starts`",
        changed(
            LEARN,
            "agent.num_steps % config.learn_every",
            "(agent.num_steps - config.learning_starts) % config.learn_every",
        ): ("Count env steps"),
        changed(
            LEARN,
            "    agent.num_steps += 1\n",
            "",
            "agent._copy_to_numpy()\n",
            "agent._copy_to_numpy()\n    agent.num_steps += 1\n",
        ): ("One step late"),
        changed(LEARN, "config.learning_starts", "2 * config.learning_starts"): "look at both conditions",
        changed(LEARN, ">= config.learning_starts", "> config.learning_starts"): "is 16, a step that",
        changed(LEARN, ">= config.learning_starts", ">= 10"): "With another `learning_starts`",
        changed(LEARN, "agent._check_loss(agent._learn_from_buffer())", "agent._learn_from_buffer()"): "not handed to",
        changed(
            LEARN, "        agent.num_gradient_steps += config.gradient_steps\n", ""
        ): "not count its gradient steps",
        changed(LEARN, "+= config.gradient_steps", "+= 1"): "counts the bursts",
        changed(LEARN, "            agent._copy_to_target()\n", "            pass\n"): "never renewed",
        changed(
            LEARN,
            "        if agent.num_gradient_steps % config.target_every == 0:\n            agent._copy",
            "        agent._copy",
        ): ("renewed after every burst"),
        changed(
            LEARN,
            "        agent.num_gradient_steps += config.gradient_steps\n",
            "",
            "        agent._copy_to_numpy()\n",
            "        agent.num_gradient_steps += config.gradient_steps\n        agent._copy_to_numpy()\n",
        ): ("One burst too early"),
        changed(LEARN, "        agent._copy_to_numpy()\n", ""): "goes on with the first weights",
        changed(LEARN, "        agent._copy_to_numpy()\n", "    agent._copy_to_numpy()\n"): "at every env step",
        changed(
            LEARN, "        agent._copy_to_numpy()\n", "            agent._copy_to_numpy()\n"
        ): "only with the target",
        "def f(agent, transition):\n    return 1 / 0": "ZeroDivisionError",
    },
    "8.5": {
        "(4500, 22, 9700)": "Off by one burst",
        "(5000, 25, 10000)": "from the first step on",
        "(91, 22, 9700)": "number of bursts",
        "(9000, 45, 10000)": "for every env step",
        "(4555, 22, 9700)": "how many env steps",
        "(4550, 50, 9700)": "not in env steps",
        "(4550, 91, 9700)": "not copy after every burst",
        "(4550, 23, 9700)": "One too many",
        "(4550, 21, 9700)": "does 200 go into",
        "(4550, 22, 10000)": "is a copy due there",
        "(4550, 22, 9800)": "One burst too late",
        "(4550, 22, 8800)": "which burst brings it",
        "(4550, 22)": "should have shape (3,)",
        "(4550, 22.75, 9700)": "whole numbers",
    },
    "8.6": {
        "lambda a, c, n: np.arange(max(0, a - min(n, c)), a)": "there is no row",
        "lambda a, c, n: np.arange(max(0, a - min(n, c)), a)[::-1] % c": "wrong order",
        "lambda a, c, n: np.arange(max(0, a - min(n, c)) + 1, a + 1) % c": "off by one",
        "lambda a, c, n: np.arange(c - min(n, c, a), c)": "last rows of the arrays",
        "lambda a, c, n: np.sort(np.arange(max(0, a - min(n, c)), a) % c)": "sorted by row",
        "lambda a, c, n: np.arange(a - n, a) % c": "holds fewer transitions",
        "lambda a, c, n: np.arange(a - min(n, c, a), a) % c - c": "negative numbers",
        "lambda a, c, n: np.arange(min(n, c, a))": "others than the newest",
        "lambda a, c, n: np.arange(a - min(n, c, a), a)[1:] % c": "could give another number",
        "lambda a, c, n: (a - 1) % c": "one row number for each",
        "lambda a, c, n: (np.arange(a - min(n, c, a), a) % c).astype(float)": "whole numbers",
        "lambda a, c, n: None": "returns `None`",
        "lambda a, c, n: (np.arange(max(0, a - c), a) % c)[-n:]": "none are asked for",
    },
    "8.7": {
        "lambda q, *x: q * 1.0": "has not moved",
        "lambda *x: right(*x[:-1], 1)": "the target table is a second name",
        "lambda *x: right(*x[:-1], 10_000)": "never renewed",
        "lambda *x: right(*x, which=1)": "That is the target table",
        "lambda *x: right(*x, first=-1)": "one update too late",
        "lambda *x: right(*x, first=x[-1] - 1)": "after the very first update",
        "lambda q, s, a, r, n, t, *x: right(q, s, a, r, n, 0 * t, *x)": "has no next value",
        "lambda q, s, a, r, n, t, al, *x: right(q, s, a, r, n, t, -al, *x)": "runs away from its target",
        "lambda q, s, a, r, n, t, al, *x: right(q, s, a, r, n, t, 1.0, *x)": "the whole of its target",
        "lambda q, s, a, r, n, t, al, g, k: right(q, s, a, r, n, t, al, 1.0, k)": "counts in full",
        "lambda q, s, a, r, n, t, *x: right(q, s, a, r, n, ~t, *x)": "are exchanged",
        "lambda *x: right(*x) + 0.1": "Take three transitions",
        "def f(q, *x):\n    q[:] = right(q, *x)\n    return q": "changes its argument `q`",
        "lambda *x: right(*x).max(axis=1)": "should have shape (4, 2)",
        "def f(*x):\n    right(*x)": "Is a `return` missing?",
    },
    "8.8": {
        "[4, 10, 32]": "Give a dictionary",
        '{"by 1": 4, "by 1.5": 10}': 'The entry "estimates" is missing',
        '{"by 1": 4.0, "by 1.5": 10, "estimates": 32}': "whole number of type int",
        '{"by 1": 1, "by 1.5": 10, "estimates": 32}': "Begin with two actions",
        '{"by 1": 3, "by 1.5": 10, "estimates": 32}': "it is less than that",
        '{"by 1": 4, "by 1.5": 11, "estimates": 32}': '"by 1.5": that is more than it takes',
        '{"by 1": 4, "by 1.5": 100_000, "estimates": 32}': "far fewer will do",
        '{"by 1": 4, "by 1.5": 10, "estimates": 6}': "root of n",
        '{"by 1": 4, "by 1.5": 10, "estimates": 100}': "the *spread* to 0.1",
        '{"by 1": 4, "by 1.5": 10, "estimates": 20}': "still too high by more",
        '{"by 1": 4, "by 1.5": 10, "estimates": 50}': '"estimates": that is more than it takes',
    },
}
