"""The checkers of notebook 01: what a return is, where an episode ends, and a rule that keeps to the track."""

import gymnasium as gym
import numpy as np

from helpers.agents import HandMadeAgent
from helpers.checks.expect import array, number, recognise, require
from helpers.checks.registry import exercise
from helpers.evaluation import evaluate
from helpers.updates import discounted_return

TITLE = "Meet the loop"


@exercise("1.1", "Predict a return", kind="predict")
def return_by_hand(answer, rng):
    """Rewards 2, 0, 0, 8 at gamma 0.5."""
    rewards, gamma = [2, 0, 0, 8], 0.5
    right = discounted_return(rewards, gamma)
    recognise(
        number(answer, "your prediction"),
        right,
        {
            "That is the plain sum. What is a reward worth that comes three steps later?": sum(rewards),
            "The first reward comes at once: it is not discounted.": gamma * right,
            "You counted from the wrong end: which reward comes first?": discounted_return(rewards[::-1], gamma),
            "That is a mean. A return is a sum.": sum(rewards) / len(rewards),
            "The last reward is discounted once too often.": rewards[0] + rewards[3] * gamma**4,
            "The last reward is not discounted often enough. How many steps after the first does it come?": rewards[0]
            + rewards[3] * gamma**2,
        },
        "Write the four rewards in a row, and below each what it is multiplied by.",
    )
    return "The 8 has lost most of its worth on the way."


@exercise("1.2", "Write the return from every step")
def returns_from_every_step(answer, rng):
    """G_t for every t of one episode, whole numbers among the rewards."""
    for rewards, gamma in [
        (rng.normal(size=6), 0.7),
        (np.array([1, 2, 3]), 0.5),
        (rng.normal(size=1), 0.9),
        (rng.normal(size=4), 1.0),
    ]:
        n = len(rewards)
        got = array(answer(rewards, gamma), (n,), "the returns")
        right = np.array([discounted_return(rewards[t:], gamma) for t in range(n)])
        powers = gamma ** np.arange(n)
        recognise(
            got,
            right,
            {
                "These are the sums of what came before. The return looks ahead.": np.cumsum(rewards),
                "Nothing is discounted here.": np.cumsum(rewards[::-1])[::-1],
                "The order is turned round: the first entry is the return from the first step.": right[::-1],
                "Off by one: the reward of step t itself belongs to the return from t.": np.append(right[1:], 0),
                "Each return starts to discount at its own step, not at the first of the episode.": np.cumsum(
                    (powers * rewards)[::-1]
                )[::-1],
                "The reward of step t itself is discounted. It comes at once.": gamma * right,
                "Those are the rewards, each by itself. What follows them?": rewards,
                "Your array cuts off the decimals: it holds whole numbers. Make it one of float.": right.astype(int),
            },
            "Try it by hand with the rewards 1, 2, 3 and γ = 0.5, and begin at the end.",
        )
    return "From the end, each return is one reward and the discounted next return."


@exercise("1.3", "Write down how episodes end")
def returns_of_episodes(answer, rng):
    """The returns of the episodes that ended, from the arrays of a run, in whichever way they ended."""
    for _ in range(6):
        reward, ends = rng.normal(size=14), rng.permutation(14) % 4
        terminated, truncated = ends == 1, ends == 2
        terminated[-1] = truncated[-1] = False  # the last episode is not over
        stops = np.flatnonzero(terminated | truncated)
        got = answer(reward, terminated, truncated)
        require(isinstance(got, list | tuple | np.ndarray), "Give back a list, one return for each episode that ended.")
        recognise(
            array(got, (len(got),), "the list of returns"),
            _sums(reward, stops + 1),
            {
                "An episode that the clock stopped is over too.": _sums(reward, np.flatnonzero(terminated) + 1),
                "An episode that terminated is over too.": _sums(reward, np.flatnonzero(truncated) + 1),
                "The last episode is not over yet, so it has no return.": _sums(reward, np.append(stops + 1, 14)),
                "Each return begins at 0: the sum is not set back after an episode.": np.cumsum(reward)[stops],
                "The reward of an episode's last step belongs to this episode, not to the next.": _sums(reward, stops),
                "Those are the last rewards. Add up all of the episode.": reward[stops],
            },
            "Go through the run step by step: add the reward, and when the episode is over, write down the sum.",
        )
    return "Both flags end an episode. Only for learning do they mean different things."


def _sums(reward, edges):
    """Sums of what lies between the edges, from 0 on."""
    return np.array([part.sum() for part in np.split(reward, edges)[:-1]])


@exercise("1.4", "Explore: keep the cart on the track", kind="explore", seconds=10)
def weights_that_never_fall(answer, rng):
    """Four weights that stand 500 steps in each of 60 episodes."""
    weights = array(answer, (4,), "the row of weights")
    require(np.any(weights != 0), "With all weights 0 it always pushes to the left.")
    require(weights[2] > 0 and weights[3] > 0, "The pole's own two weights, the last ones, should be positive. Why?")
    require(
        min(weights[0], weights[1]) >= 0,
        "With a negative weight it pushes the wrong way. To come back to the middle, the pole must first lean there.",
    )
    require(np.any(weights[:2] != 0), "It still does not look at the cart: the first two weights are 0.")
    agent = HandMadeAgent(lambda obs: int(weights @ obs > 0))
    returns = evaluate(agent, gym.make("CartPole-v1"), 60, seed=10)
    worst = int(returns.min())
    require(
        returns.mean() > 475,
        f"Its mean over 60 episodes is {returns.mean():.0f}: worse than without the cart. Are the new weights small?",
    )
    require(worst == 500, f"Its worst episode of 60 has {worst} steps. Which of the two new weights needs more?")
    return "Worst of 60 episodes: 500 steps. The speed of the cart warns before its position does."
