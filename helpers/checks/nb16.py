"""The checkers of notebook 16: REINFORCE, two estimates by hand, the best constant, GAE with both flags, a discount."""

import numpy as np

from helpers.checks.expect import array, number, recognise, require
from helpers.checks.registry import exercise
from helpers.distributions import Categorical
from helpers.envs import MEADOW, MEADOW_RULES, GridWorld
from helpers.exact import value_iteration
from helpers.exact_policy import advantages, visits
from helpers.updates import gae

TITLE = "Learn the policy directly"


@exercise("16.1", "Write REINFORCE")
def write_reinforce(answer, rng):
    """Episodes of several lengths; the parameters, and which actions were drawn, are arbitrary."""
    for num_steps, num_features, num_actions in [(6, 3, 2), (1, 2, 3), (9, 4, 4)]:
        theta = rng.normal(size=(num_features, num_actions))
        x, reward = rng.normal(size=(num_steps, num_features)), rng.normal(size=num_steps) + 1
        action, gamma = rng.integers(num_actions, size=num_steps), 0.8
        policy = Categorical(x @ theta)
        score, chosen = policy.log_prob_gradient(action), np.eye(num_actions)[action]  # (T, A)
        discounts = gamma ** np.arange(num_steps)
        G = reward @ discounts
        to_go = np.array([reward[t:] @ discounts[: num_steps - t] for t in range(num_steps)])

        def summed(weight, slope=score, x=x):
            return x.T @ (np.broadcast_to(weight, len(x))[:, None] * slope)

        got = array(answer(theta, x, action, reward, gamma), theta.shape, "the estimate g", "f")
        best = np.eye(num_actions)[policy.mode()] - policy.probs
        recognise(
            got,
            summed(G),
            {
                "The direction is turned round: this makes bad episodes likelier.": -summed(G),
                "The episode's return is missing: every action is encouraged alike.": summed(1.0),
                "The rewards count in full. Each later one is discounted once more.": summed(reward.sum()),
                "The discount runs from the wrong end: the first reward counts most.": summed(reward @ discounts[::-1]),
                "The first reward is discounted too. It comes at once.": summed(gamma * G),
                "Each step is paid its own reward only. It should be paid what the whole episode brought.": summed(
                    reward
                ),
                "Each step is paid what came after it: a good idea, which comes later in the chapter. Here the whole "
                "return pays every step.": summed(to_go),
                "The steps are averaged. In the derivation they are added.": summed(G / num_steps),
                "The score is more than the action that was taken: what has the policy to lose?": summed(G, chosen),
                "That is the gradient of the probability. Where is the logarithm?": summed(
                    G, policy.probs[np.arange(num_steps), action][:, None] * score
                ),
                "Those are the scores of the most probable actions. Which ones were drawn?": summed(G, best),
            },
            "Try it with one step and two actions: the return, times the feature, times the score.",
        )
    return "Everything in this chapter is this function with another number in place of the return."


@exercise("16.2", "Predict two estimates", kind="predict")
def two_estimates(answer, rng):
    """Probabilities 0.2 and 0.8, payments 10 and 2; the logit of the first action."""
    pi, pay = (0.2, 0.8), (10.0, 2.0)
    first, second = pay[0] * (1 - pi[0]), -pay[1] * pi[0]
    slope = pi[0] * first + pi[1] * second
    given = array(answer, (3,), "your prediction")
    recognise(
        given,
        [first, second, slope],
        {
            "Drawing the second action makes the first less likely: mind the sign.": [
                first,
                -second,
                pi[0] * first - pi[1] * second,
            ],
            "The slope is the mean of the estimates by how often each is drawn, not half and half.": [
                first,
                second,
                (first + second) / 2,
            ],
            "The third number is the sum of the two. How often does each of them come?": [
                first,
                second,
                first + second,
            ],
            "Those are the scores. What do they pay?": [1 - pi[0], -pi[0], 0.0],
            "You gave the expected payment as the slope.": [first, second, pi[0] * pay[0] + pi[1] * pay[1]],
            "The baseline is already in it. Plain REINFORCE has none.": [
                (pay[0] - 3.6) * (1 - pi[0]),
                -(pay[1] - 3.6) * pi[0],
                slope,
            ],
            "You looked at the logit of the second action.": [-pay[0] * pi[1], pay[1] * pi[0], -slope],
            "The estimates are weighted with their probabilities already. That happens only in their mean.": [
                pi[0] * first,
                pi[1] * second,
                slope,
            ],
        },
        "The score of a logit: 1 where the action is its own, else 0; minus its probability. Then times the payment.",
    )
    return "One estimate points the wrong way, and still their mean is right."


@exercise("16.3", "Write the best constant")
def best_constant(answer, rng):
    """Episodes whose returns are large, small, and unlike their scores."""
    for num_episodes, size in [(40, 5), (7, 2), (300, 10)]:
        Y = rng.normal(size=(num_episodes, size)) * rng.uniform(0.2, 2, size=(num_episodes, 1))
        X = Y * rng.normal(30, 8, size=(num_episodes, 1)) + rng.normal(size=(num_episodes, size))
        got = number(answer(X, Y), "the constant")
        squares = (Y**2).sum(axis=1)
        recognise(
            got,
            (X * Y).sum() / squares.sum(),
            {
                "The sign is turned: the noise is least on the other side of 0.": -(X * Y).sum() / squares.sum(),
                "Numerator and denominator are exchanged.": squares.sum() / (X * Y).sum(),
                "Every episode counts alike here. In the derivation those with a large score count more.": np.mean(
                    (X * Y).sum(axis=1) / squares
                ),
                "What is divided by is X with itself. Which vector does b stand at?": (X * Y).sum() / (X**2).sum(),
                "That is a ratio of lengths. It does not know how X and Y point.": np.sqrt(
                    (X**2).sum() / squares.sum()
                ),
                "Divided by the number of episodes once, not twice: a mean above needs a mean below.": (X * Y).sum()
                / num_episodes
                / squares.sum(),
                "The numerator is a sum, the denominator a mean over the episodes.": (X * Y).sum() / squares.mean(),
                "The derivative of the square brings a 2 on both sides: it cancels.": 2 * (X * Y).sum() / squares.sum(),
                "The plain ratio of the sums: where is the product of X and Y?": X.sum() / Y.sum(),
                "The mean ratio of the entries is thrown about by those whose score is near 0.": np.mean(X / Y),
            },
            "Write the mean squared length of X - bY as a parabola in b: where is its lowest point?",
        )
    return "It is the slope of the straight line through the origin that predicts X from Y best."


def _rollout(rng, num_steps: int):
    """A rollout with ends and cuts in the middle, never both at once."""
    reward, value, next_value = rng.normal(size=(3, num_steps)) * 3
    ends = rng.permutation(num_steps)[: max(2, num_steps // 3)]
    terminated, truncated = np.zeros((2, num_steps), bool)
    terminated[ends[::2]], truncated[ends[1::2]] = True, True
    return reward, value, next_value, terminated, truncated


@exercise("16.4", "Write the advantages of an actor-critic")
def actor_critic_advantages(answer, rng):
    """Rollouts with several episodes in them, at several lambdas."""
    for num_steps, lambda_ in [(12, 0.6), (9, 0.9), (7, 0.3)]:
        gamma = 0.8
        rollout = reward, value, next_value, terminated, truncated = _rollout(rng, num_steps)
        never = np.zeros(num_steps, bool)
        delta = reward + gamma * ~terminated * next_value - value

        def summed(x, ends, decay=gamma * lambda_):
            total, after = np.zeros(len(x)), 0.0
            for t in reversed(range(len(x))):
                after = total[t] = x[t] + decay * (not ends[t]) * after
            return total

        either = terminated | truncated
        shifted = np.append(value[1:], next_value[-1])
        got = array(answer(*rollout, gamma, lambda_), (num_steps,), "the advantages", "f")
        recognise(
            got,
            gae(*rollout, gamma, lambda_),
            {
                "A cut is taken for an end: the world would have gone on, and its last observation has a value.": (
                    summed(reward + gamma * ~either * next_value - value, either)
                ),
                "The sum runs over a cut into the next episode.": summed(delta, terminated),
                "The sum runs over the ends of episodes.": summed(delta, never),
                "After a termination nothing comes: whose value do you add there?": summed(
                    reward + gamma * next_value - value, either
                ),
                "Those are the TD errors alone. Where does lambda come in?": delta,
                "The sum forgets gamma: two steps on counts the square of gamma times lambda.": summed(
                    delta, either, lambda_
                ),
                "The sum forgets lambda.": summed(delta, either, gamma),
                "What the critic said of the observation itself is not taken off.": summed(
                    reward + gamma * ~terminated * next_value, either
                ),
                "The value of the next row is used. At the end of an episode that is another episode's.": summed(
                    reward + gamma * ~terminated * shifted - value, either
                ),
                "The next value counts in full. It comes one step later.": summed(
                    reward + ~terminated * next_value - value, either
                ),
                "That is the advantage and the value: the target of the critic. What pays the actor?": gae(
                    *rollout, gamma, lambda_
                )
                + value,
                "The TD errors have the wrong sign.": summed(-delta, either),
                "The two flags are exchanged.": summed(reward + gamma * ~truncated * next_value - value, either),
                "The sum runs from the front: an advantage is made of what comes later.": summed(
                    delta[::-1], either[::-1]
                )[::-1],
            },
            "Write down three steps with a cut after the second: the three TD errors, then the sums, from behind.",
        )
    return "The flags have two jobs: `terminated` removes a value, and either of them ends the sum."


@exercise("16.5", "Explore what a forgotten discount does", kind="explore")
def forgotten_discount(answer, rng):
    """The cosine between the gradient and the one whose visits are not discounted, in the meadow."""
    given = number(answer, "the cosine")
    require(-1 <= given <= 1, "A cosine lies between -1 and 1.")
    right, squared, angle, other = _cosines()
    require(abs(given - 1) > 1e-9, "They do not point in quite the same direction. Did you discount both?")
    require(abs(given - squared) > 0.004, "A cosine divides by both lengths, once each.")
    require(abs(given - angle) > 0.004, "That is the angle itself, in radians. What is its cosine?")
    require(abs(given - other) > 0.004, "The advantages keep their discount of 0.95 in both; only the visits change.")
    require(abs(given - round(right, 1)) > 1e-9, "To one decimal. Give it to two.")
    require(given < right + 0.006, "They point in less similar directions than that.")
    require(given > right - 0.006, "They point in more similar directions than that.")
    return "Not the same direction, but near enough that most people live with it."


def _cosines() -> tuple[float, float, float, float]:
    """The cosine, and three mistakes: its square, the angle, and no discount at all in the second gradient."""
    world, discount = GridWorld(MEADOW, **MEADOW_RULES), 0.95
    policy = Categorical(8 * value_iteration(world.P, world.R, discount)).probs
    start = np.eye(len(world.R))[world.starts[0]]

    def gradient(visited: float, paid: float) -> np.ndarray:
        worth = policy * advantages(world.P, world.R, policy, paid)
        found = visits(world.P, world.R, policy, start, visited)[:, None] * worth
        return found / np.linalg.norm(found)

    right = float((gradient(discount, discount) * gradient(1.0, discount)).sum())
    other = float((gradient(discount, discount) * gradient(1.0, 1.0)).sum())
    return right, right**2, float(np.arccos(right)), other
