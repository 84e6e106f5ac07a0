"""The checkers of notebook 02: sweeps by hand, the sweep of a policy, one look ahead, and a meadow worth nothing."""

import numpy as np

from helpers.checks.expect import array, close, number, recognise, require
from helpers.checks.registry import exercise
from helpers.envs import MEADOW, MEADOW_RULES, GridWorld
from helpers.exact import value_iteration

TITLE = "Solve a gridworld exactly"


@exercise("2.1", "Predict three sweeps", kind="predict")
def three_sweeps(answer, rng):
    """A, B, goal in a row; a step costs 1, the goal pays 8, gamma 0.5: Q(A, right) after one, two and three sweeps."""
    gamma, cost, pay = 0.5, -1.0, 8.0
    given = array(answer, (3,), "your prediction")
    right = [cost, cost + gamma * pay, cost + gamma * pay]
    recognise(
        given,
        right,
        {
            "A sweep puts in the values of the sweep before: after the first, B's news has not come yet.": [right[1]]
            * 3,
            "What comes after is discounted once for each step.": [cost, cost + pay, cost + pay],
            "A is one step further: it hears of the goal earlier than you think.": [cost, cost, right[1]],
            "The step from A costs something too.": [0, gamma * pay, gamma * pay],
            "A's guess is replaced in each sweep; it is not added to.": [
                cost,
                2 * cost + gamma * pay,
                3 * cost + 2 * gamma * pay,
            ],
            "The news of the goal does not arrive at all. What does B say after the first sweep?": [
                cost,
                1.5 * cost,
                1.75 * cost,
            ],
            "You gave the values of B.": [pay, pay, pay],
        },
        "Write down both states for each sweep. B goes first: what does it say after sweep 1?",
    )
    return "The news travels one cell with each sweep; then nothing changes any more."


def _world(rng, num_states, num_actions):
    """A random world (P, R)."""
    P = rng.dirichlet(np.ones(num_states), size=(num_states, num_actions))
    return P, rng.normal(size=(num_states, num_actions))


@exercise("2.2", "Write the sweep of a policy")
def policy_sweep(answer, rng):
    """One sweep of the Bellman equation of a policy with chances, for Q."""
    for num_states, num_actions in [(5, 3), (4, 2), (6, 6)]:
        P, R = _world(rng, num_states, num_actions)
        q, gamma = rng.normal(size=R.shape), 0.8
        policy = rng.dirichlet(np.ones(num_actions), size=num_states)
        got = array(answer(q, P, R, policy, gamma), R.shape, "the new guess", "f")
        value = (policy * q).sum(axis=1)
        right = R + gamma * P @ value
        recognise(
            got,
            right,
            {
                "That takes the best next action. The policy may take another.": R + gamma * P @ q.max(axis=1),
                "All next actions count alike here. How likely does the policy make each?": R
                + gamma * P @ q.mean(axis=1),
                "The future counts in full: where is the discount?": R + P @ value,
                "The reward of this step is not there.": gamma * P @ value,
                "The future has the wrong sign.": R - gamma * P @ value,
                "The reward is discounted too. It comes at once.": gamma * (R + P @ value),
                "The policy chooses in the *next* cell; you weighted the first action.": policy
                * (R + gamma * P @ q.sum(axis=1)),
                "You used the value of the cell itself. Where does the action lead?": R + gamma * value[:, None],
            },
            "Try it with two states: the value of a state is its row of Q, weighted by the policy.",
        )
    return "With all weight on the best action it becomes the sweep of value iteration."


@exercise("2.3", "Write one look ahead")
def look_ahead(answer, rng):
    """The best action of each state, from values V alone."""
    for num_states, num_actions in [(30, 3), (4, 4), (9, 2)]:
        P, R = _world(rng, num_states, num_actions)
        value, gamma = num_states * rng.normal(size=num_states) / 5, 0.6
        got = answer(value, P, R, gamma)
        q = R + gamma * P @ value
        require(
            np.shape(got) != q.shape, "Those are the values of all actions. Which action is the best of each state?"
        )
        if np.shape(got) == (num_states,):
            require(
                not close(got, q.max(axis=1)), "Those are the values of the best actions. Give the actions' numbers."
            )
        got = array(got, (num_states,), "the row of actions", "iu")
        recognise(
            got,
            q.argmax(axis=1),
            {
                "That is the worst action of each state.": q.argmin(axis=1),
                "You look at the next reward only. What comes after it?": R.argmax(axis=1),
                "The rewards on the way are missing.": (P @ value).argmax(axis=1),
                "The future counts in full: where is the discount?": (R + P @ value).argmax(axis=1),
                "The future has the wrong sign.": (R - gamma * P @ value).argmax(axis=1),
                "You count the actions from 1. The first has the number 0.": q.argmax(axis=1) + 1,
            },
            "For each state and action: the reward, and the discounted value of where it leads. Then compare.",
        )
    return "With the rules of the world at hand, values are enough to act. Without them one needs Q."


@exercise("2.4", "Explore: how wet may the grass be?", kind="explore")
def slip_worth_nothing(answer, rng):
    """The slip at which the start of the meadow is worth 0, to two decimals."""
    slip = number(answer, "the slip")
    require(0 <= slip <= 1, "A slip is a probability, from 0 to 1. (0.25 and not 25.)")
    worth = start_worth(slip)
    edge = zero_slip()
    require(abs(slip - edge / 2) > 0.006, "`slip` is the chance to slip at all, to both sides together.")
    require(abs(slip - MEADOW_RULES["slip"]) > 1e-9, f"That is the meadow as it was: the start is worth {worth:+.3f}.")
    require(worth < 0.05, f"There the start is still worth {worth:+.3f}. It may be wetter.")
    require(worth > -0.05, f"There the start is worth {worth:+.3f} already. That is too wet.")
    require(abs(slip - edge) <= 0.0101, f"Close: there it is worth {worth:+.3f}. Go on to two decimals.")
    return "Beyond it, the best thing would be not to be there at all."


def start_worth(slip: float) -> float:
    """What the start of the meadow is worth to the best policy, at gamma 0.95."""
    world = GridWorld(MEADOW, **MEADOW_RULES | {"slip": slip})
    return float(value_iteration(world.P, world.R, 0.95)[world.starts[0]].max())


def zero_slip() -> float:
    """Where it crosses 0, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if start_worth(middle) > 0 else (low, middle)
    return low
