"""The checkers of notebook 09: five mends of the program, a test that can fail, and two questions about targets."""

from types import SimpleNamespace

import numpy as np

from helpers.checks.expect import Wrong, array, close, named, number, recognise, require, same_again, whole
from helpers.checks.registry import exercise
from helpers.updates import q_learning_target

TITLE = "Repair a broken DQN"
GAMMA = 0.99
CHANCE, SOLVED = 22.1, 475.0  # mean returns on CartPole


# --- the mends --------------------------------------------------------------------------------------------------------


class OneStep:
    """An environment of a single kind of step; it notes what it was asked for."""

    def __init__(self, rng, terminated: bool, truncated: bool):
        self.obs, self.reward, self.taken = rng.normal(size=4), float(rng.normal()), []
        self.flags = terminated, truncated

    def step(self, action):
        self.taken.append(action)
        return self.obs, self.reward, *self.flags, {}


@exercise("9.1", "Mend `step`")
def mended_step(answer, rng):
    """All four pairs of flags."""
    over = []
    for flags in [(False, False), (True, False), (False, True), (True, True)]:
        env, action = OneStep(rng, *flags), int(rng.integers(2))
        given = answer(SimpleNamespace(env=env), action)
        require(env.taken, "`program.env` was never asked for a step.")
        require(len(env.taken) == 1, f"One call of `step` makes {len(env.taken)} steps of the environment.")
        require(env.taken == [action], "The environment was given another action than yours.")
        require(
            isinstance(given, tuple | list) and len(given) == 3,
            f"The loops unpack three values; you return {named(given)}.",
        )
        require(np.shape(given[0]) == (4,) and close(given[0], env.obs), "First of the three: what is seen next.")
        require(close(number(given[1], "the second"), env.reward), "The second of the three is not the reward.")
        require(isinstance(given[2], bool | np.bool_), f"`over` should be True or False; it is {named(given[2])}.")
        over.append(int(given[2]))
    recognise(
        over,
        [0, 1, 1, 1],
        {
            "Where the clock alone has spoken, your loop goes on, and nothing else will ever stop it.": [0, 1, 0, 1],
            "A pole that has fallen goes on falling: you look at the clock alone.": [0, 0, 1, 1],
            "Your loop stops only where both flags are set. Each of them ends the episode by itself.": [0, 0, 0, 1],
            "Your loop never stops.": [0, 0, 0, 0],
            "Your loop stops after every step.": [1, 1, 1, 1],
            "The episode is over just where you say that it goes on.": [1, 0, 0, 0],
        },
        "Write down the four pairs of flags, and beside each whether the episode goes on.",
    )
    return "The loop is right. Keep an eye on the `or` in it all the same."


@exercise("9.2", "Write a check that can fail", seconds=3)
def check_that_can_fail(answer, rng):
    """Ten seeds that have learnt, or not, or one of them by luck; and how many are said to solve the task."""

    def accepts(*means, spread: float = 1.0, episodes: int = 100):
        """What it returns for seeds of these means; None where it fails."""
        noise = rng.normal(size=(len(means), episodes))
        noise = (noise - noise.mean(axis=1, keepdims=True)) / noise.std(axis=1, keepdims=True)
        try:
            return answer(np.array(means)[:, None] + spread * noise, CHANCE)
        except AssertionError:
            return None

    dead, lucky = [9.0 + 0.1 * place for place in range(9)], 300.0
    refused = "It fails although "
    told = accepts(*dead, 9.3)
    overlooked = "It returns True or False, which is easily overlooked. Raise an error where nothing was learnt."
    require(not isinstance(told, bool | np.bool_), overlooked)
    require(told is None, "It accepts ten seeds that are all far below chance.")
    require(
        accepts(*dead, 120.0) is None,
        "It accepts a mean that is below chance: the upper end of an interval promises nothing.",
    )
    require(
        accepts(*[30.0] * 6, *[9.0] * 4) is None,
        "It accepts ten seeds whose mean is below chance, because most of them are above it. Take the interval of the "
        "mean.",
    )
    unsure = accepts(18.0, 21.0, 24.0, 29.0, spread=15.0, episodes=5) is None
    if accepts(*dead, lucky) is not None:
        require(
            not unsure,
            "It counts each episode as if it were a run of its own. Those of one seed come from the same agent.",
        )
        raise Wrong("It accepts nine dead seeds and a lucky one. How sure is the mean of ten?")
    require(accepts(*[300.0] * 9, 9.0) is not None, refused + "nine of ten seeds are far above chance.")
    require(
        accepts(*[60.0 + place for place in range(10)]) is not None,
        refused + "every seed beats chance.",
    )
    scattered = (4.0, 8.0, 25.0, 35.0, 50.0, 75.0, 90.0, 97.0, 103.0, 113.0)  # mean 60; two below chance
    require(
        accepts(*scattered) is not None,
        refused + "the mean of ten seeds is 60, and its interval begins above 30. Two of them are below chance: "
        "ask how sure the mean is, not how far the seeds are scattered.",
    )
    solved = whole(accepts(480.0, 490.0, SOLVED + 0.001, 474.0, *[300.0] * 6, spread=40.0), "what it returns", 0, 1_000)
    require(solved <= 10, "You count episodes. Asked for is the number of seeds.")
    recognise(
        solved,
        3,
        {
            "You count the seeds that do not solve the task.": 7,
            "You count all seeds.": 10,
            "A mean of 474 does not solve the task.": 4,
        },
        "Which seeds have a mean of 475 or more? Three of the ten that the check has tried.",
    )
    return "A check that failed today: now it may be believed when it doesn't."


@exercise("9.3", "Mend the target")
def mended_target(answer, rng):
    """A step that goes on and one that ends, in turn; networks that may be told apart."""
    for kind in (bool, np.bool_):
        q = {"network": rng.normal(size=(1, 3)), "target_network": rng.normal(size=(1, 3)) + 5}
        asked = []

        def values(network, obs, q=q, asked=asked):
            asked.append(obs)
            return q[network]

        gamma, reward, next_obs = rng.uniform(0.5, 0.95), float(rng.normal()), rng.normal(size=4)
        agent = SimpleNamespace(gamma=gamma, network="network", target_network="target_network", values=values)
        got = [number(answer(agent, reward, next_obs, kind(over)), "the target") for over in (False, True)]
        best, on = q["target_network"].max(), np.array([1, 0])  # on: whether the episode goes on
        recognise(
            got,
            reward + gamma * on * best,
            {
                "There's still a future behind a fall.": reward + gamma * best * np.ones(2),
                "The mask has taken the reward too. That was paid.": (reward + gamma * best) * on,
                "There is a future where nothing follows, and none where something does.": reward
                + gamma * (1 - on) * best,
                "There is no future at all in it.": reward * np.ones(2),
                "The network that learns made this target.": reward + gamma * on * q["network"].max(),
                "The future counts in full: where is the discount?": reward + on * best,
                "That is the mean of the next values.": reward + gamma * on * q["target_network"].mean(),
                "The reward is discounted as well.": gamma * (reward + on * best),
            },
            "Take a step that pays 1 and ends: what should the target be? And one that does not end?",
        )
        require(all(np.array_equal(obs, next_obs) for obs in asked), "The network was asked about something else.")
    return "One factor. Without it the equation has no solution that knows one action from another."


STEPS = (0, 5_000, 9_000, 9_500, 10_000, 50_000)
TRIES = (20_000, 2_000, 10_000, 10_000, 10_000, 1_000)  # at each: an epsilon 0.05 off is told from the right one
ROOM = 0.015  # of the share of the best action, at the steps with the most tries


@exercise("9.4", "Let it explore, and then less", seconds=8)
def exploring(answer, rng):
    """How often the best of three actions is taken, at six moments."""
    q = np.array([0.1, -0.4, 0.7])
    best, steps = int(q.argmax()), np.array(STEPS)
    epsilon = np.maximum(0.05, 1 - 0.95 * steps / 10_000)
    same_again(lambda: [answer(q, 5_000, np.random.default_rng(1)) for _ in range(20)])
    for step in STEPS:
        whole(answer(q, step, rng), "the action", 0, 2)
    bare = getattr(answer, "function", answer)  # watched closely, so many tries would take ten times as long
    taken = [np.array([bare(q, step, rng) for _ in range(n)]) for step, n in zip(STEPS, TRIES, strict=True)]
    for of_step in taken:
        if of_step.dtype.kind not in "iu" or of_step.min() < 0 or of_step.max() > 2:
            _ = [whole(action, "the action", 0, 2) for action in of_step.tolist()]
    shares = np.array([np.mean(of_step == best) for of_step in taken])
    first = np.bincount(taken[0], minlength=3) / TRIES[0]

    def by(epsilon, explored=1 / 3, exploited=1.0):
        return epsilon * explored + (1 - epsilon) * exploited

    for hint, mistaken in {
        "It never tries anything: every action is the best one.": by(0 * epsilon),
        "Epsilon never falls: at step 50,000 it still tries as much as at first.": by(1 + 0 * epsilon),
        "It begins as it should end: already at step 0 it hardly tries anything.": by(0.05 + 0 * epsilon),
        "It does the best action where it should try, and tries where it should not.": by(1 - epsilon),
        "When it tries, it leaves the best action out. Any action means any.": by(epsilon, 0.0),
        "When it does not try, it takes an action that is not the best.": by(epsilon, 1 / 3, 0.0),
    }.items():
        require(np.abs(shares - mistaken).max() > 0.06 or shares.max() < 1 == mistaken.max(), hint)
    require(shares[4] < 1, "Epsilon falls to 0. A little of it should stay.")
    require(shares[5] < 1, "Epsilon goes on falling after step 10,000, until nothing is tried.")
    require(
        first.min() > 0.2, f"At step 0 all three actions should be tried alike; they came in {first.round(2).tolist()}."
    )
    aims_at_0 = by(np.maximum(0.05, 1 - steps / 10_000))
    require(
        np.abs(shares - aims_at_0)[[0, 2, 3, 4]].max() > ROOM,
        "Your line aims at 0, not at 0.05, and is cut when it gets there. How much may it fall in all?",
    )
    for step, share, right in zip(STEPS, shares, epsilon, strict=True):
        room = ROOM if step in (0, 9_000, 9_500, 10_000) else 0.05
        require(
            abs(share - by(right)) < room,
            f"At step {step:,} the best action comes in {share:.1%} of the cases, as if epsilon were "
            f"{(1 - share) * 1.5:.2f} there. On the straight line it is {right:.3g}.",
        )
    return "It tries everything at first, and one action in twenty for ever."


class Weights:
    """A network that is two arrays, with the two methods of Keras."""

    def __init__(self, value: float):
        self.weights = [np.full(2, value), np.full(3, value)]

    def get_weights(self):
        return [part.copy() for part in self.weights]

    def set_weights(self, weights):
        given = list(weights)
        require(len(given) == 2, f"`set_weights` wants all arrays of the network, 2 here; it got {len(given)}.")
        self.weights = [np.array(part) for part in given]

    @property
    def value(self) -> float:
        return float(self.weights[0][0])


@exercise("9.5", "Copy in time", changes=True)
def copying(answer, rng):
    """Twelve gradient steps, after each of which the network is another."""
    for every in (4, 3, 1):
        network, target = Weights(0.0), Weights(0.0)
        held, said = [], []
        for step in range(1, 13):
            network.set_weights([np.full(2, float(step)), np.full(3, float(step))])
            result = answer(network, target, step, every)
            require(network.value == step, "The network that learns was overwritten: the copy goes the other way.")
            require(
                np.array_equal(target.weights[0][:1], target.weights[1][:1]), "Only some of the arrays were copied."
            )
            held.append(target.value)
            said.append(result)
        steps = np.arange(1, 13)
        wanted = steps // every * every
        recognise(
            held,
            wanted,
            {
                "It copies after every gradient step: that is the fault itself.": steps,
                "It never copies. (A new name for `network` inside the function changes no weights.)": 0 * steps,
                "It copies one gradient step too late.": np.maximum((steps - 1) // every * every + 1, 1) * (steps > 0),
                "It copies in all steps but the right ones.": np.where(steps % every, steps, np.maximum(steps - 1, 0)),
                "It copies once, and then no more.": np.where(steps < every, 0, every),
                "It copies at every step from the first copy on.": np.where(steps < every, 0, steps),
            },
            f"With a copy every {every} steps the target network held the weights of steps "
            f"{np.array(held, int).tolist()} after steps 1 to 12.",
        )
        require(all(isinstance(one, bool | np.bool_) for one in said), "Return True or False: was it time?")
        require([bool(one) for one in said] == (steps % every == 0).tolist(), "It copies in time, and says otherwise.")
    return "Two lines, and the target stands still between two copies."


# --- a test of targets ------------------------------------------------------------------------------------------------


def _next(next_q):
    return np.asarray(next_q).max(axis=1)


RIGHT = {
    "a right target": lambda r, q, end, cut, g: r + g * (1 - end) * _next(q),
    "a right target that rounds to single precision": lambda r, q, end, cut, g: np.where(
        end, r, r + g * _next(q)
    ).astype(np.float32),
}
FAULTY = {
    "has no mask": lambda r, q, end, cut, g: r + g * _next(q),
    "lets the clock end the world": lambda r, q, end, cut, g: r + g * (1 - (end | cut)) * _next(q),
    "masks with `truncated` instead": lambda r, q, end, cut, g: r + g * (1 - cut) * _next(q),
    "masks only where both flags are set": lambda r, q, end, cut, g: r + g * (1 - (end & cut)) * _next(q),
    "masks the whole batch if one row is terminated": lambda r, q, end, cut, g: r + g * (1 - end.any()) * _next(q),
    "masks the reward too": lambda r, q, end, cut, g: (r + g * _next(q)) * (1 - end),
    "never looks ahead": lambda r, q, end, cut, g: r * 1.0,
    "forgets gamma": lambda r, q, end, cut, g: r + (1 - end) * _next(q),
    "subtracts the future": lambda r, q, end, cut, g: r - g * (1 - end) * _next(q),
    "discounts the reward": lambda r, q, end, cut, g: g * (r + (1 - end) * _next(q)),
    "takes the mean over the actions": lambda r, q, end, cut, g: r + g * (1 - end) * q.mean(axis=1),
    "takes the first action": lambda r, q, end, cut, g: r + g * (1 - end) * q[:, 0],
    "takes the last action": lambda r, q, end, cut, g: r + g * (1 - end) * q[:, -1],
    "takes the maximum of the whole batch": lambda r, q, end, cut, g: r + g * (1 - end) * q.max(),
    "gives the rewards of the batch in reverse": lambda r, q, end, cut, g: r[::-1] + g * (1 - end) * _next(q),
}


@exercise("9.6", "Write a test that can fail")
def test_that_can_fail(answer, rng):
    """The reader's test must accept both right targets, and reject each faulty one."""

    def says(target) -> bool:
        verdict = answer(target)
        require(isinstance(verdict, bool | np.bool_), "Return True or False, and let no `assert` stop the test.")
        return bool(verdict)

    for name, target in RIGHT.items():
        words = f"It rejects {name}." + (" Leave room for rounding." if "single" in name else "")
        require(says(target), words)
    passed = [name for name, target in FAULTY.items() if says(target)]
    require(len(passed) < len(FAULTY), "It accepts every target, whatever it says. That test cannot fail.")
    first = passed[0] if passed else ""
    require(not passed, f"It accepts {len(passed)} of {len(FAULTY)} faulty targets, such as one that {first}.")
    return f"It accepts what is right, and rejects all {len(FAULTY)} that are not. Write such a test before the agent."


# --- on your own ------------------------------------------------------------------------------------------------------


def with_clock(steps: int, gamma: float = GAMMA) -> float:
    """What a pole that always stands seems worth if one step in so many counts as a fall."""
    return 1 / (1 - gamma * (1 - 1 / steps))


@exercise("9.7", "Predict what the wrong mask costs", kind="predict")
def wrong_mask(answer, rng):
    """Clocks of 500 and of 20 steps; no clock in the observation, so one average value for every step."""
    given = array(answer, (2,), "your prediction")
    wanted = np.array([with_clock(500), with_clock(20)])
    near = np.where(np.abs(given - wanted) < 0.06, wanted, given)  # rounded to one digit is good enough
    sums = [(1 - GAMMA**steps) / (1 - GAMMA) for steps in (500, 20)]
    for mistake, hint in [
        ([100, 100], "That is the right mask. Here a step in 500, or in 20, promises nothing more."),
        ([1, 1], "That is the target of the last step alone. The other steps have a future."),
        (sums, "That is what one episode collects. For it the agent would have to see the clock."),
        (wanted[::-1], "First the long clock, then the short one: they are exchanged."),
        ([500, 20], "Those are the returns, without a discount. Gamma still counts in every step."),
        (
            [100 * 499 / 500, 100 * 19 / 20],
            "You shrink the value once. The next value, in the target, is the shrunken one again.",
        ),
    ]:
        require(np.max(np.abs(given - mistake)) > 0.06, hint)
    recognise(
        near[0], wanted[0], {}, "The long clock: write Q = 1 + ..., where the future is there in 499 of 500 steps."
    )
    recognise(near[1], wanted[1], {}, "The long clock is right. The short one has the same equation.")
    return "A wrong mask is a smaller gamma in disguise: with 20 steps, one of about 0.94."


class Counted:
    """A network of fixed weights, (B, O) -> (B, A), that counts its calls and refuses what is no batch."""

    def __init__(self, rng, size: int, num_actions: int):
        self.weights, self.num_calls = rng.normal(size=(size, num_actions)), 0

    def __call__(self, obs):
        self.num_calls += 1
        require(np.ndim(obs) == 2, f"A network takes a batch, (B, O); it was given something of shape {np.shape(obs)}.")
        self.last = np.asarray(obs) @ self.weights
        return self.last


@exercise("9.8", "Write one call for a whole batch")
def wanted_of_batch(answer, rng):
    """Two networks that count; rows with the same action, some of them terminated."""
    for size, num_actions, batch in [(4, 2, 6), (3, 3, 9), (2, 4, 1)]:
        network, other = Counted(rng, size, num_actions), Counted(rng, size, num_actions)
        obs, next_obs = rng.normal(size=(2, batch, size))
        action, reward = 1 + np.arange(batch) % (num_actions - 1), rng.normal(size=batch)
        terminated, gamma = (np.arange(batch) % 3 == 1).astype(float), rng.uniform(0.5, 0.95)
        given = answer(network, other, obs, action, reward, next_obs, terminated, gamma)
        got = array(given, (batch, num_actions), "what the network should say")
        q, rows = obs @ network.weights, np.arange(batch)
        next_q = next_obs @ other.weights

        def put(target, action=action, rows=rows, q=q):
            wanted = q.copy()
            wanted[rows, action] = target
            return wanted

        right = q_learning_target(reward, next_q, terminated, gamma)
        everywhere, own = q.copy(), next_obs @ network.weights
        everywhere[:, action] = right[:, None]
        zeros = np.zeros_like(q)
        zeros[rows, action] = right
        recognise(
            got,
            put(right),
            {
                "Those are the answers as they are. Where are the targets?": q,
                "`wanted[:, action]` means these columns in *every* row. One place in each row is meant.": everywhere,
                "Every action gets the target. Only the one taken has one.": np.tile(right[:, None], num_actions),
                "The other actions should keep what the network says of them; you say 0.": zeros,
                "No mask: something comes after the terminated rows.": put(reward + gamma * next_q.max(axis=1)),
                "The target network was to make the targets.": put(q_learning_target(reward, own, terminated, gamma)),
                "The best of the whole batch is no row's own next value.": put(
                    reward + gamma * (1 - terminated) * next_q.max()
                ),
                "You add the target to the answer of the network. Replace the number.": q + zeros,
            },
            "Compare one row with what `learn` of the program does to its one transition.",
        )
        for name, of in (("network", network), ("target_network", other)):
            words = f"The numbers are right, but `{name}` was called {of.num_calls} times for {batch} rows"
            again = "row by row" if of.num_calls >= batch > 1 else "keep its first answer"
            require(of.num_calls <= 1, f"{words}: {again}. One call has room for the whole batch.")
        require(close(network.last, q), "You wrote into the array that the network gave you. Make a copy.")
    return "Two calls for a batch of any size. To fit the other outputs too stays a fault: notebook 08 gathers the one."
