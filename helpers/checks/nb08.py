"""The checkers of notebook 08: the parts of a DQN, when it learns, the ring, a target table, the maximum's error."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from helpers.buffer import ReplayBuffer, Transition
from helpers.checks.expect import array, number, recognise, require, same_again, whole
from helpers.checks.registry import exercise
from helpers.updates import q_learning_target

TITLE = "Train a DQN"
SINGLE = 1e-4  # TensorFlow computes in single precision
FIELDS = ("obs", "action", "reward", "next_obs", "terminated")


@exercise("8.1", "Draw from the memory")
def draw(answer, rng):
    """Buffers half full, full, and overwritten; one batch and several. A row says in every field which it is."""
    for added, capacity, shape in [(7, 10, (200,)), (23, 10, (4, 60)), (1, 5, (3,)), (10, 10, (2, 300))]:
        seed, held = int(rng.integers(1_000_000)), min(added, capacity)
        got = answer(_numbered(added, capacity, seed), *shape)
        told = isinstance(got, list | tuple) and len(got) == len(FIELDS)
        require(told, f"Give the five parts of a batch, in this order: {', '.join(FIELDS)}.")
        found = {}
        for name, part, own in zip(FIELDS, got, _shapes(shape), strict=True):
            found[name] = array(part, own, f"`{name}`")
        rows = found["obs"][..., 0].astype(int)
        there = f"With {held} of {capacity} rows filled"
        require(rows.min() > 0, f"{there}: it draws rows in which nothing is stored yet.")
        mixed = [name for name in FIELDS[1:4] if not np.array_equal(_number_in(found[name], name), rows)]
        mixed += [] if np.array_equal(found["terminated"], rows % 2) else ["terminated"]
        require(
            not mixed, f"The parts are of different transitions: `{'`, `'.join(mixed)}` and `obs` do not go together."
        )
        _fair(rows, added, held, shape)
    same_again(
        lambda: answer(_numbered(9, 9, 5), 20)[0],
        "From buffers that are the same in all it draws different batches. Draw from `buffer.rng`.",
    )
    buffer = _numbered(9, 9, 5)
    one, two = answer(buffer, 20)[0], answer(buffer, 20)[0]
    require(
        not np.array_equal(one, two), "Every call draws the same batch. The generator is the buffer's, and goes on."
    )
    return "One line of chance, and neighbours in time are strangers in a batch."


def _numbered(added: int, capacity: int, seed: int) -> ReplayBuffer:
    """A buffer whose transitions are numbered from 1: the number stands in each of the five fields."""
    buffer = ReplayBuffer(capacity, (2,), seed)
    for k in range(1, added + 1):
        buffer.add(Transition([k, -k], k, 10.0 * k, [100.0 * k, k], terminated=k % 2, truncated=False))
    return buffer


def _shapes(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [(*shape, 2), shape, shape, (*shape, 2), shape]


def _number_in(part: np.ndarray, name: str) -> np.ndarray:
    """Which transition a field belongs to."""
    if name == "next_obs":
        return (part[..., 0] / 100).astype(int)
    return (part / (10 if name == "reward" else 1)).astype(int)


def _fair(rows, added: int, held: int, shape) -> None:
    """Whether the transitions that are held came about equally often."""
    first, drawn = added - held + 1, np.unique(rows)
    if held == 1:
        return
    require(len(shape) == 1 or not all(np.array_equal(rows[0], batch) for batch in rows), "All K batches are the same.")
    in_a_row = len(drawn) < held and np.array_equal(drawn, np.arange(drawn[0], drawn[-1] + 1))
    require(not (in_a_row and drawn[0] == first and len(drawn) == held - 1), "The newest transition is never drawn.")
    require(not (in_a_row and drawn[-1] == added and len(drawn) == held - 1), "The oldest transition is never drawn.")
    require(
        len(drawn) == held, f"Of {held} transitions that are held it draws only {len(drawn)}, however often it draws."
    )
    counts = np.bincount(rows.ravel() - first, minlength=held)
    in_turn = np.ptp(counts) <= 1 and rows.size > held
    require(
        not in_turn, "Every transition comes equally often, to one: they are dealt out in turn. Draw each by chance."
    )
    even = rows.size / held
    require(
        np.sum((counts - even) ** 2 / even) < held + 8 * np.sqrt(2 * held),
        "Some transitions are drawn more often than others.",
    )


class _Fake:
    """An agent for one batch: two linear networks (O, A), which say how often they were asked."""

    discount = 0.8

    def __init__(self, own, target):
        self.own, self.of_target, self.asked = own, target, []

    def network(self, obs):
        """Q of the network that learns."""
        import tensorflow as tf

        self.asked.append("network")
        return tf.constant(np.asarray(obs) @ self.own)

    def target_network(self, obs):
        """Q of its copy."""
        import tensorflow as tf

        self.asked.append("target_network")
        return tf.constant(np.asarray(obs) @ self.of_target)

    def _next_value(self, next_obs):
        return np.max(self.target_network(next_obs), axis=1)


@exercise("8.2", "Write the target", seconds=10)
def target(answer, rng):
    """Batches in which some transitions end, none does, and all do; the two networks say different things."""
    for size, num_actions, ends in [(6, 3, "some"), (4, 2, "none"), (3, 3, "all")]:
        own, copied = rng.normal(size=(2, 2, num_actions)).astype(np.float32)
        reward = rng.normal(size=size).astype(np.float32) + 1
        next_obs = rng.normal(size=(size, 2)).astype(np.float32)
        over = {"some": np.arange(size) % 2, "none": np.zeros(size), "all": np.ones(size)}[ends].astype(np.float32)
        agent = _Fake(own, copied)
        got = array(answer(agent, reward, next_obs, over), (size,), "the target", "f")
        next_q, learning, g = next_obs @ copied, next_obs @ own, _Fake.discount
        future = g * (1 - over) * next_q.max(axis=1)
        rows = np.arange(size)
        recognise(
            got,
            reward + future,
            {
                "The network that learns made it. Ask the one that stands still.": reward
                + g * (1 - over) * learning.max(axis=1),
                "Something follows after the end: look at `terminated`.": reward + g * next_q.max(axis=1),
                "What is terminated and what goes on are exchanged.": reward + g * over * next_q.max(axis=1),
                "What follows does not count at all.": reward,
                "What follows counts in full. Where is the discount?": reward + future / g,
                "The reward is lost where the episode ends. It was paid before the end.": (1 - over)
                * (reward + g * next_q.max(axis=1)),
                "The reward is discounted too. It comes at once.": g * reward + future,
                "That is the mean over the next actions. Q-learning asks for the best.": reward
                + g * (1 - over) * next_q.mean(axis=1),
                "That is the worst of the next actions.": reward + g * (1 - over) * next_q.min(axis=1),
                "That is the number of the best action. What is it worth?": reward
                + g * (1 - over) * next_q.argmax(axis=1),
                "The learning network chooses and the other judges: that is Double DQN, and comes later.": reward
                + g * (1 - over) * next_q[rows, learning.argmax(axis=1)],
                "The reward is missing.": future,
            },
            "Not right. Take one transition by hand: reward, discount, and the largest entry of one row.",
            SINGLE,
        )
    return "The equation of notebook 04 has not changed; only who is asked for the last term has."


@exercise("8.3", "Write the gradient step", seconds=15)
def gradient_step(answer, rng):
    """Small networks: the errors, the loss, where the weights went, and that the target network stayed."""
    from helpers.network import make_network

    for size, num_actions in [(5, 3), (4, 2)]:
        agent = _small_agent(make_network, size, num_actions)
        obs, next_obs = rng.normal(size=(2, size, 2)).astype(np.float32)
        action = (np.arange(size) % num_actions).astype(np.int32)
        reward, over = 3 * rng.normal(size=size).astype(np.float32), (np.arange(size) % 2).astype(np.float32)
        q, next_q = agent.network(obs).numpy(), agent.target_network(next_obs).numpy()
        start, still = agent.network.get_weights(), agent.target_network.get_weights()
        aim = reward + agent.discount * (1 - over) * next_q.max(axis=1)
        rows = np.arange(size)
        error = aim - q[rows, action]
        given = answer(agent, obs, action, reward, next_obs, over)
        require(isinstance(given, tuple | list) and len(given) == 2, "Give two things: the loss, and the errors (B,).")
        _judge_errors(given[1], error, q, aim, rows, action)
        loss = number(given[0], "the loss")
        recognise(
            loss,
            float(np.mean(error**2)),
            {
                "The loss is the sum of the squares. Take their mean.": float(np.sum(error**2)),
                "The errors are not squared: large ones of both signs cancel.": float(np.mean(error)),
                "The loss is made of distances. Which power stands in it?": float(np.mean(np.abs(error))),
                "The loss is of (B, B): every target minus every value. Look at the shapes.": float(
                    np.mean((aim[:, None] - q[rows, action]) ** 2)
                ),
            },
            "The errors are right, the loss is not: the mean of their squares.",
            SINGLE,
        )
        same = all(map(np.array_equal, still, agent.target_network.get_weights()))
        require(same, "The target network has moved. It stands still until it is copied.")
        after = _all_of(agent.network)
        before = np.concatenate([part.ravel() for part in start])
        require(not np.allclose(after, before), "Loss and errors are right, but the network has not moved.")
        ours = _small_agent(make_network, size, num_actions)
        wanted = _descended(ours.network, start, obs, action, aim)
        recognise(
            after,
            wanted,
            {
                "It goes up the loss: Q moves away from its target.": 2 * before - wanted,
                "The step is taken twice.": _descended(ours.network, start, obs, action, aim, 2),
            },
            "Loss and errors are right, and the network went elsewhere. What did the tape see?",
            SINGLE,
        )
    return "Target outside, values inside: a regression whose answers are guesses."


def _small_agent(make_network, size: int, num_actions: int) -> Any:
    """What a gradient step needs of an agent."""
    import keras
    import tensorflow as tf

    agent: Any = SimpleNamespace(discount=0.8, optimizer=keras.optimizers.SGD(0.05))
    agent.network, agent.target_network = (make_network(2, (5,), num_actions, size + k) for k in range(2))
    agent._next_value = lambda next_obs: tf.reduce_max(agent.target_network(next_obs), axis=1)
    agent._loss = lambda error: tf.reduce_mean(tf.square(error))
    return agent


def _judge_errors(given, error, q, aim, rows, action) -> None:
    recognise(
        array(given, error.shape, "the errors", "f"),
        error,
        {
            "The errors have the wrong sign: target minus value.": -error,
            "Those are the squares of the errors. Give the errors themselves too.": error**2,
            "The value is that of the best action. The transition tells us about the action taken.": aim
            - q.max(axis=1),
            "The value is that of the first action, whatever was taken.": aim - q[:, 0],
            "Those are the targets. The error is what is missing to them.": aim,
            "Those are the values of the actions taken. How far are they from their targets?": q[rows, action],
        },
        "The errors are not right. Is the target that of the exercise before, and the value that of the action taken?",
        SINGLE,
    )


def _all_of(network) -> np.ndarray:
    return np.concatenate([part.ravel() for part in network.get_weights()])


def _descended(network, start, obs, action, aim, times: int = 1) -> np.ndarray:
    """All weights after plain gradient descent towards fixed targets."""
    import keras
    import tensorflow as tf

    network.set_weights(start)
    descent = keras.optimizers.SGD(0.05)
    for _ in range(times):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(aim - tf.gather(network(obs), action, batch_dims=1)))
        descent.apply(tape.gradient(loss, network.trainable_variables), network.trainable_variables)
    return _all_of(network)


NUMBERS = {"learning_starts": 10, "learn_every": 4, "gradient_steps": 2, "target_every": 4}


class _Watched:
    """An agent that only notes what `learn` asks of it, and when."""

    def __init__(self, loss: float, **numbers: int):
        self.config = SimpleNamespace(**NUMBERS | numbers)
        self.num_steps = self.num_gradient_steps = 0
        self.loss, self.seen = loss, []

    def _note(self, what: str) -> None:
        self.seen.append((len([one for one in self.seen if one[1] == "remember"]) + (what == "remember"), what))

    def _remember(self, transition) -> None:
        self._note("remember")

    def _learn_from_buffer(self) -> float:
        self._note("learn")
        return self.loss

    def _check_loss(self, loss) -> None:
        self._note("check" if loss == self.loss else "check another number")

    def _copy_to_target(self) -> None:
        self._note("target")

    def _copy_to_numpy(self) -> None:
        self._note("numpy")

    def at(self, what: str) -> list[int]:
        """The env steps, counted from 1, at which it was asked for this."""
        return [step for step, one in self.seen if one == what]


@exercise("8.4", "Write `learn`", changes=True)
def learn(answer, rng):
    """Forty env steps with small numbers: which of its methods the agent calls, and at which steps."""
    agent, num_steps = _Watched(float(rng.uniform(1, 2))), 40
    for step in range(num_steps):
        answer(agent, Transition([step], 0, 1.0, [step + 1], False, False))
    bursts = [12, 16, 20, 24, 28, 32, 36, 40]
    kept = agent.at("remember")
    require(kept, "It remembers nothing: where does the transition go?")
    lost = "Before learning starts it remembers nothing. What would it learn from later?"
    require(len(kept) != num_steps - NUMBERS["learning_starts"] + 1, lost)
    require(len(kept) > len(bursts), "It remembers only the transitions at which it learns.")
    require(len(kept) == num_steps, f"In {num_steps} steps it remembers {len(kept)} transitions.")
    require(agent.num_steps != 0, "It does not count its env steps: `num_steps` is still 0.")
    require(agent.num_steps == num_steps, f"After {num_steps} transitions `num_steps` is {agent.num_steps}.")
    learnt = agent.at("learn")
    require(learnt, "It never learns from its buffer.")
    require(len(learnt) < num_steps - 9, "It learns at every step. How many env steps lie between two bursts?")
    require(learnt[0] >= NUMBERS["learning_starts"], "It learns before `learning_starts`.")
    require(
        learnt != list(range(10, num_steps + 1, 4)), "It counts the bursts from `learning_starts` on. Count env steps."
    )
    require(
        learnt != [step + 1 for step in bursts[:-1]], "One step late: count the step before you look at the number."
    )
    require(learnt == bursts, f"It learns at the env steps {learnt[:4]}...; look at both conditions again.")
    require(
        agent.at("check") == learnt,
        "The loss is not handed to `_check_loss`: a loss that is no number would go unseen.",
    )
    require(agent.num_gradient_steps != 0, "It does not count its gradient steps.")
    require(agent.num_gradient_steps != len(bursts), "It counts the bursts. How many gradient steps are in each?")
    require(
        agent.num_gradient_steps == 2 * len(bursts),
        f"It counts {agent.num_gradient_steps} gradient steps in 40 env steps.",
    )
    copied = agent.at("target")
    require(copied, "The target network is never renewed.")
    require(copied != learnt, "The target network is renewed after every burst. `target_every` counts gradient steps.")
    require(
        copied != learnt[::2], "One burst too early: count the gradient steps before you ask whether a copy is due."
    )
    require(set(copied) <= set(learnt), "It copies to the target network at steps at which nothing was learnt.")
    require(copied == learnt[1::2], f"It copies to the target network at the env steps {copied[:3]}...")
    acting = agent.at("numpy")
    require(acting, "What acts is never renewed: it goes on with the first weights.")
    require(len(acting) < num_steps, "It copies to NumPy at every env step, though the weights have not changed.")
    require(acting != copied, "What acts is renewed only with the target network. It should be as new as can be.")
    require(acting == learnt, "After each burst the weights that act must be renewed, once.")
    order = [what for step, what in agent.seen if step == bursts[1]]
    require(order.index("learn") < min(order.index("target"), order.index("numpy")), "It copies before it learns.")
    _begins_in_time(answer)
    return "It only conducts: remember, count, learn when it is time, copy when it is due."


def _begins_in_time(answer) -> None:
    """Where the step at which learning starts is one that `learn_every` divides, it is the first at which it learns."""
    agent = _Watched(1.0, learning_starts=16)
    for step in range(24):
        answer(agent, Transition([step], 0, 1.0, [step + 1], False, False))
    learnt = agent.at("learn")
    require(
        learnt != [20, 24],
        "Where `learning_starts` is 16, a step that `learn_every` divides, it first learns at step 20. "
        "It should learn *from* that step on.",
    )
    require(learnt == [16, 20, 24], "With another `learning_starts` it goes wrong. Take the numbers of `agent.config`.")


@exercise("8.5", "Predict when it learns", kind="predict")
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


@exercise("8.6", "Write which rows are the newest")
def newest_rows(answer, rng):
    """Rings of several sizes, each also filled by hand: what stands in the rows must be the last that was added."""
    for added, capacity, n in [
        (4, 10, 3),
        (14, 10, 3),
        (23, 10, 6),
        (20, 10, 4),
        (3, 10, 5),
        (37, 8, 20),
        (0, 5, 2),
        (6, 10, 0),
    ]:
        ring = np.full(capacity, -1)
        for one in range(added):
            ring[one % capacity] = one
        count = min(n, added, capacity)
        there = f"With {added} added, room for {capacity} and n = {n}"
        got = np.asarray(answer(added, capacity, n))
        require(got.ndim == 1, f"{there}: give one row number for each transition, an array of one axis.")
        require(n or not len(got), f"{there}: none are asked for. (A slice that begins at -0 begins at the start.)")
        require(len(got) <= min(added, capacity), f"{there}: the buffer holds fewer transitions than you give rows.")
        require(len(got) == count, f"{there}: you give {len(got)} rows; the buffer could give another number.")
        got = array(got, (count,), "the rows", "iu" if count else "iuf")
        if not count:
            continue
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


@exercise("8.7", "Write Q-learning with a target table")
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
                "The target moves at every update: either the table that learns is asked for it, or the target table "
                "is a second name for that one.": learnt(every=1)[0],
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


@exercise("8.8", "Explore how the maximum errs", kind="explore")
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
