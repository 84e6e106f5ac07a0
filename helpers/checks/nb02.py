"""The checkers of notebook 02: the world as arrays, the backup, one look ahead, sweeps, and a meadow worth nothing."""

import numpy as np

from helpers.checks.expect import Wrong, array, close, named, number, recognise, require
from helpers.checks.guard import reader_line
from helpers.checks.registry import exercise
from helpers.envs import MEADOW, MEADOW_RULES, GridWorld
from helpers.envs.arrays import arrays_from
from helpers.exact import value_iteration

TITLE = "Solve a gridworld exactly"


@exercise("2.1", "Write the world as arrays")
def write_arrays(answer, rng):
    """P and R from lists of what may follow; some next states stand in a list twice, some states are terminal."""
    for num_states, num_actions, terminal in [(5, 3, [4]), (4, 2, [0, 2]), (7, 4, [])]:
        outcomes = _outcomes(rng, num_states, num_actions, terminal)
        got = answer(outcomes, num_states, num_actions)
        require(isinstance(got, tuple | list) and len(got) == 2, f"Give back both, `P, R`; it gave {named(got)}.")
        P, R = arrays_from(outcomes, num_states, num_actions)
        recognise(
            array(got[1], R.shape, "R", "f"),
            R,
            {
                "Rewards count in R by how likely they are: where is the probability?": _filled(outcomes, R, 1.0)[1],
                "R keeps only the last of the rewards. They add up, each weighted with its probability.": _filled(
                    outcomes, R, last=True
                )[1],
                "What is paid at the end, for entering a goal, belongs to the action that leads there.": _filled(
                    outcomes, R, ends=False
                )[1],
                "A reward to expect is a weighted sum; divided by the number of ways it is too small.": np.where(
                    P.argmax(axis=2) >= 0,
                    R / np.array([[max(1, len(outcomes[s, a])) for a in range(R.shape[1])] for s in range(R.shape[0])]),
                    0,
                ),
                "R has the sign of a cost. Rewards keep their own sign.": -R,
            },
            "For each way in which a move can go, R grows by probability times reward. Try one cell by hand.",
        )
        recognise(
            array(got[0], P.shape, "P", "f"),
            P,
            {
                "Two ways may lead to one state, as two slips against an edge do. Their probabilities add up.": _filled(
                    outcomes, R, last=True
                )[0],
                "A terminal state has a row of zeros. It should lead to itself for ever.": _filled(
                    outcomes, R, stays=False
                )[0],
                "Entering a goal is a transition too: its probability is missing in P.": _filled(
                    outcomes, R, ends=False
                )[0],
                "You count the ways. How likely is each?": _filled(outcomes, R, 1.0)[0],
                "P is the wrong way round: first the state you leave, last the state you reach.": P.T,
                "A terminal state leads to itself, not to the first state.": _filled(outcomes, R, home=0)[0],
                "P holds rewards in the place of probabilities.": _filled(outcomes, R, rewards=True)[0],
            },
            "P[s, a, s'] is the sum of the probabilities of all the ways that lead from s to s' under a.",
        )
    return "Two arrays, and a whole world is in them."


def _outcomes(rng, num_states, num_actions, terminal) -> dict:
    """What may follow in a random world: three ways each, the last two of which lead to the same state."""
    found = {}
    for place in np.ndindex(num_states, num_actions):
        chances, (first, second) = rng.dirichlet([4, 2, 1]), rng.choice(num_states, 2, replace=False)
        ways = [
            (float(chance), int(to), float(rng.normal() + 1), int(to) in terminal)
            for chance, to in zip(chances, (first, second, second), strict=True)
        ]
        found[place] = [] if place[0] in terminal else ways
    return found


def _filled(outcomes, R, weight=None, last=False, ends=True, stays=True, home=None, rewards=False):
    """P and R with one mistake: no weights, only the last of several, ends left out, ends that lead nowhere or home."""
    P, R = np.zeros((*R.shape, len(R))), np.zeros_like(R)
    for (obs, action), ways in outcomes.items():
        for chance, to, reward, terminated in ways:
            if terminated and not ends:
                continue
            share = chance if weight is None else weight
            paid = share * reward
            P[obs, action, to] = (0 if last else P[obs, action, to]) + (paid if rewards else share)
            R[obs, action] = (0 if last else R[obs, action]) + paid
        if not ways and stays:
            P[obs, action, obs if home is None else home] = 1.0
    return P, R


@exercise("2.2", "Write the Bellman backup")
def write_backup(answer, rng):
    """One sweep of the optimality equation in random worlds, from random guesses."""
    for num_states, num_actions, gamma in [(5, 3, 0.8), (3, 4, 0.5), (6, 6, 0.9), (4, 2, 0.0)]:
        P, R = _world(rng, num_states, num_actions)
        q = rng.normal(size=R.shape)
        value = q.max(axis=1)  # (S,)
        future = P @ value
        got = array(_fitting(answer, q, P, R, gamma), R.shape, "the new guess", "f")
        right = R + gamma * future
        moved = np.clip(np.sum((got - q) * (right - q)) / np.sum((right - q) ** 2), 0.01, 0.99)
        recognise(
            got,
            right,
            {
                "All actions of the next state count alike here. It takes the best of them.": R
                + gamma * P @ q.mean(axis=1),
                "That takes the worst action of the next state.": R + gamma * P @ q.min(axis=1),
                "The values of all actions are added up. The agent can take one of them only.": R
                + gamma * P @ q.sum(axis=1),
                "That is the largest value anywhere. The best action *of the state* where the move leads counts.": R
                + gamma * q.max(),
                "The future counts in full: where is the discount?": R + future,
                "The reward of this step is not there.": gamma * future,
                "The future has the wrong sign.": R - gamma * future,
                "The reward is discounted too. It comes at once.": gamma * (R + future),
                "The future is discounted twice.": R + gamma**2 * future,
                "That mixes in the old guess. A sweep puts the new one in its place.": q + R + gamma * future,
                "That is the difference from the old guess. Give the new guess itself.": right - q,
                "That goes only a part of the way from the old guess to the new one. A sweep goes all of it.": q
                + moved * (right - q),
                "You averaged first and took the best afterwards: first the best of each state, then the average.": R
                + gamma * (P @ q).max(axis=2),
                "The place of the largest entry is not its value: `argmax` gives the place.": R
                + gamma * P @ q.argmax(axis=1),
                "You used the value of the state itself. Where does the action lead?": R + gamma * value[:, None],
                "The next states count alike here. How likely is each?": R + gamma * value.mean(),
                "The probabilities are read backwards: from s, under a, to s'.": R
                + gamma * np.einsum("tas,t->sa", P, value),
                "The first action of the next state is taken, whatever it is worth.": R + gamma * P @ q[:, 0],
            },
            "With two states on paper: the best of each row of q, weighted with P, discounted, plus the reward.",
        )
    return "Q-learning, and later the DQN, will imitate this line from samples."


def _fitting(answer, q, P, R, *more):
    """The answer; NumPy's words about a product whose shapes do not fit, in the reader's."""
    try:
        return answer(q, P, R, *more)
    except ValueError as error:
        if "core dimension" not in str(error) and "not aligned" not in str(error):
            raise
        raise Wrong(
            f"The shapes do not fit. `P` {P.shape} weighs one value for each of the {len(R)} next states. "
            f"Which axis of `q` {q.shape} goes, and which stays? {reader_line(error)}".strip()
        ) from error


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
        if close(got, R.argmax(axis=1)) and not close(got, q.argmax(axis=1)):
            huge = np.full(num_states, 1e20)  # beside these a reward is lost in rounding, if they are looked at
            require(
                close(answer(huge, P, R, gamma), got),
                "A state's own value is the same for all its actions; where does each lead?",
            )
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
    return "With the rules of the world at hand, values are enough to act. Without them you need Q."


@exercise("2.4", "Predict three sweeps", kind="predict")
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
            "B says 8 after sweep 1, so A hears it in sweep 2.": [cost, cost, right[1]],
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
        "Write both cells side by side; each new row uses only the row above.",
    )
    return "The news travels one cell per sweep; after that nothing changes any more."


def _world(rng, num_states, num_actions):
    """A random world (P, R)."""
    P = rng.dirichlet(np.ones(num_states), size=(num_states, num_actions))
    return P, rng.normal(size=(num_states, num_actions))


@exercise("2.5", "Write the sweep of a policy")
def policy_sweep(answer, rng):
    """One sweep of the Bellman equation of a policy with chances, for Q."""
    for num_states, num_actions in [(5, 3), (4, 2), (6, 6)]:
        P, R = _world(rng, num_states, num_actions)
        q, gamma = rng.normal(size=R.shape), 0.8
        policy = rng.dirichlet(np.ones(num_actions), size=num_states)
        got = array(_fitting(answer, q, P, R, policy, gamma), R.shape, "the new guess", "f")
        value = (policy * q).sum(axis=1)
        right = R + gamma * P @ value
        taken = "The action a is taken already: the policy only chooses the next one."
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
                f"The reward is weighted too. {taken}": policy * R + gamma * P @ value,
                f"R is averaged over the actions. {taken}": (policy * R).sum(axis=1)[:, None] + gamma * P @ value,
                "You took the largest of the weighted values. What the policy expects is their sum.": R
                + gamma * P @ (policy * q).max(axis=1),
                "The probabilities sum to 1 already: the weighted values are added up, and divided by nothing.": R
                + gamma * P @ (policy * q).mean(axis=1),
                "The policy chooses in the *next* cell; you weighted the first action.": policy
                * (R + gamma * P @ q.sum(axis=1)),
                "You used the value of the cell itself. Where does the action lead?": R + gamma * value[:, None],
            },
            "Try it with two states: the value of a state is its row of Q, weighted by the policy.",
        )
    return "With all weight on the best action it becomes the sweep of value iteration."


@exercise("2.6", "Explore: how wet may the grass be?", kind="explore")
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
    require(abs(slip - edge) <= 0.005, f"Close: there it is worth {worth:+.3f}. Go on to two decimals.")
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
