"""The checkers of notebook 09: what the wrong mask costs, a test that can fail, and one call for a whole batch."""

import numpy as np

from helpers.checks.expect import array, close, recognise, require
from helpers.checks.registry import exercise
from helpers.updates import q_learning_target

TITLE = "Repair a broken DQN"
GAMMA = 0.99


def with_clock(steps: int, gamma: float = GAMMA) -> float:
    """What a pole that always stands seems worth if one step in so many counts as a fall."""
    return 1 / (1 - gamma * (1 - 1 / steps))


@exercise("9.1", "Predict what the wrong mask costs", kind="predict")
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


@exercise("9.2", "Write a test that can fail")
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


class Counted:
    """A network of fixed weights, (B, O) -> (B, A), that counts its calls and refuses what is no batch."""

    def __init__(self, rng, size: int, num_actions: int):
        self.weights, self.num_calls = rng.normal(size=(size, num_actions)), 0

    def __call__(self, obs):
        self.num_calls += 1
        require(np.ndim(obs) == 2, f"A network takes a batch, (B, O); it was given something of shape {np.shape(obs)}.")
        self.last = np.asarray(obs) @ self.weights
        return self.last


@exercise("9.3", "Write one call for a whole batch")
def wanted_of_batch(answer, rng):
    """Two networks that count; rows with the same action, some of them terminated."""
    for size, num_actions, batch in [(4, 2, 6), (3, 3, 9), (2, 4, 1)]:
        network, other = Counted(rng, size, num_actions), Counted(rng, size, num_actions)
        obs, next_obs = rng.normal(size=(2, batch, size))
        action, reward = 1 + np.arange(batch) % (num_actions - 1), rng.normal(size=batch)
        terminated, gamma = (np.arange(batch) % 3 == 1).astype(float), rng.uniform(0.5, 0.95)
        given = answer(network, other, obs, action, reward, next_obs, terminated, gamma)
        got = array(given, (batch, num_actions), "what the network should say")
        calls = max(network.num_calls, other.num_calls)
        require(calls <= 1, f"A network was called {calls} times for {batch} rows. Once is enough.")
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
        require(close(network.last, q), "You wrote into the array that the network gave you. Make a copy.")
    return "Two calls for a batch of any size. To fit the other outputs too stays a fault: notebook 08 gathers the one."
