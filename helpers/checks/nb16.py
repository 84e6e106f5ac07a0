"""The checkers of notebook 16: REINFORCE, two estimates by hand, the best constant, GAE with both flags, a discount."""

import numpy as np

from helpers.checks.expect import Wrong, array, number, recognise, require
from helpers.checks.registry import exercise
from helpers.distributions import Categorical
from helpers.envs import MEADOW, MEADOW_RULES, GridWorld
from helpers.exact import value_iteration
from helpers.exact_policy import advantages, visits
from helpers.updates import discounted_sums

TITLE = "Learn the policy directly"
SINGLE = 1e-4  # an answer of single precision, as TensorFlow gives it, is right


@exercise("16.1", "Write REINFORCE")
def write_reinforce(answer, rng):
    """Episodes of several lengths; the parameters, and which actions were drawn, are arbitrary."""
    for num_steps, num_features, num_actions in [(6, 3, 2), (1, 2, 3), (9, 4, 4)]:
        theta = rng.normal(size=(num_features, num_actions))
        x, reward = rng.normal(size=(num_steps, num_features)), rng.normal(size=num_steps) + 1
        action, gamma = rng.integers(num_actions, size=num_steps), 0.8
        wanted, mistakes = _reinforce_and_its_mistakes(theta, x, action, reward, gamma)
        got = array(answer(theta, x, action, reward, gamma), theta.shape, "the estimate g", "f")
        hint = "Try it with one step and two actions: the return, times the feature, times the score."
        recognise(got, wanted, mistakes, hint, tolerance=SINGLE)
    return "Everything in this chapter is this function with another number in place of the return."


def _reinforce_and_its_mistakes(theta, x, action, reward, gamma):
    """The estimate (D, A), and {hint: what that mistake gives}."""
    num_steps, policy = len(reward), Categorical(x @ theta)
    score, chosen = policy.log_prob_gradient(action), np.eye(theta.shape[1])[action]  # (T, A)
    discounts = gamma ** np.arange(num_steps)
    G = reward @ discounts
    from_here = (discounts * reward)[::-1].cumsum()[::-1]  # (T,) discounted from the beginning of the episode

    def summed(weight, slope=score, x=x):
        return x.T @ (np.broadcast_to(weight, len(x))[:, None] * slope)

    return summed(G), {
        "The direction is turned round: this makes bad episodes likelier.": -summed(G),
        "The episode's return is missing: every action is encouraged alike.": summed(1.0),
        "The rewards count in full. Each later one is discounted once more.": summed(reward.sum()),
        "The discount runs from the wrong end: the first reward counts most.": summed(reward @ discounts[::-1]),
        "The first reward is discounted too. It comes at once.": summed(gamma * G),
        "Each step is paid its own reward only. It should be paid what the whole episode brought.": summed(reward),
        "Each step is paid what came after it: a good idea, which comes later in the chapter. Here the whole return "
        "pays every step.": summed(from_here / discounts),
        "Each step is paid the discounted rewards from there on. That is right on average, and it comes later in the "
        "chapter; here the whole return pays every step.": summed(from_here),
        "Each step is paid its own part of the return. An action is paid for all that the episode brought.": summed(
            discounts * reward
        ),
        "The return is discounted once more at each step: one number pays all steps alike.": summed(discounts * G),
        "The steps are averaged. In the derivation they are added.": summed(G / num_steps),
        "Rewards are averaged. A return is their sum.": summed(reward.mean()),
        "You summed features and scores apart. Each score belongs to the features of its own step.": G
        * np.outer(x.sum(axis=0), score.sum(axis=0)),
        "That is theta after the step. Only the estimate g is asked for.": theta + summed(G),
        "The score is more than the action that was taken: what has the policy to lose?": summed(G, chosen),
        "That is the gradient of the probability. Where is the logarithm?": summed(
            G, policy.probs[np.arange(num_steps), action][:, None] * score
        ),
        "Those are the logarithms themselves. Which way do they change with the logits?": summed(G, policy.log_probs),
        "Those are the scores of the most probable actions. Which ones were drawn?": summed(
            G, np.eye(theta.shape[1])[policy.mode()] - policy.probs
        ),
    }


@exercise("16.2", "Predict two estimates", kind="predict")
def two_estimates(answer, rng):
    """Probabilities 0.2 and 0.8, payments 10 and 2; the logit of the first action. One number after the other."""
    pi, pay = (0.2, 0.8), (10.0, 2.0)
    first, second = pay[0] * (1 - pi[0]), -pay[1] * pi[0]
    slope, expected = pi[0] * first + pi[1] * second, pi[0] * pay[0] + pi[1] * pay[1]
    given = array(answer, (3,), "your prediction")
    score = "A logit's score: 1 where the action is its own, else 0; minus its probability. Then times the payment."
    recognise(
        given[0],
        first,
        {
            "Those are the scores. What do they pay?": 1 - pi[0],
            "The baseline is already in it. Plain REINFORCE has none.": (pay[0] - expected) * (1 - pi[0]),
            "You looked at the logit of the second action.": -pay[0] * pi[1],
            "The estimates are weighted with their probabilities already. That happens only in their mean.": pi[0]
            * first,
            "That is the payment times the probability. The score has more to it.": pay[0] * pi[0],
            "That is what the first action pays. By which score is it multiplied?": pay[0],
        },
        f"The first number is not right yet. {score}",
    )
    recognise(
        given[1],
        second,
        {
            "Drawing the second action makes the first less likely: mind the sign.": -second,
            "For the second estimate you took the second action's probability. Whose logit do we look at?": -pay[1]
            * pi[1],
            "When the second action is drawn, the first one's logit does change: its probability falls.": 0.0,
        },
        f"The second number is not right yet. {score}",
    )
    recognise(
        given[2],
        slope,
        {
            "The slope is the mean of the estimates by how often each is drawn, not half and half.": (first + second)
            / 2,
            "The third number is the sum of the two. How often does each of them come?": first + second,
            "You gave the expected payment as the slope.": expected,
            "That is the slope along the probability. How fast does the probability change with its logit?": pay[0]
            - pay[1],
            "The slope has the wrong sign: the first action pays more.": -slope,
        },
        "The first two numbers are right. Their mean, by how often each of them comes, is the slope.",
    )
    return "One estimate points the wrong way, and still their mean is right."


@exercise("16.3", "Write the best constant")
def best_constant(answer, rng):
    """Episodes whose returns are large, small, and unlike their scores, whose mean is not quite 0."""
    for num_episodes, size in [(40, 5), (7, 2), (300, 10)]:
        Y = rng.normal(0.3, 1, size=(num_episodes, size)) * rng.uniform(0.2, 2, size=(num_episodes, 1))
        X = Y * rng.normal(30, 8, size=(num_episodes, 1)) + rng.normal(size=(num_episodes, size))
        got = number(answer(X, Y), "the constant")
        together, squares = (X * Y).sum(axis=1), (Y**2).sum(axis=1)  # (E,)
        right, apart = together.sum() / squares.sum(), Y - Y.mean(axis=0)
        recognise(
            got,
            right,
            {
                "The sign is turned: the noise is least on the other side of 0.": -right,
                "Numerator and denominator are exchanged.": 1 / right,
                "Every episode counts alike here. In the derivation those with a large score count more.": np.mean(
                    together / squares
                ),
                "What is divided by is X with itself. Which vector does b stand at?": together.sum() / (X**2).sum(),
                "That is a ratio of lengths. It does not know how X and Y point.": np.sqrt(
                    (X**2).sum() / squares.sum()
                ),
                "Divided by the number of episodes once, not twice: a mean above needs a mean below.": right
                / num_episodes,
                "The numerator is a sum, the denominator a mean over the episodes.": right * num_episodes,
                "The derivative of the square brings a 2 on both sides: it cancels.": 2 * right,
                "The derivative of the square brings a 2 on both sides, so no half is left.": right / 2,
                "The plain ratio of the sums: where is the product of X and Y?": X.sum() / Y.sum(),
                "The mean ratio of the entries is thrown about by those whose score is near 0.": np.mean(X / Y),
                "Each component has a constant of its own here, and you average them. One b serves all.": np.mean(
                    (X * Y).sum(axis=0) / (Y**2).sum(axis=0)
                ),
                "You took the means of X and Y off first. What is to be least is the mean square, as it stands.": (
                    X * apart
                ).sum()
                / (apart**2).sum(),
            },
            "Write the mean squared length of X - bY as a parabola in b: where is its lowest point?",
            tolerance=SINGLE,
        )
    return "It is the slope of the straight line through the origin that predicts X from Y best."


def _rollout(rng, num_steps: int):
    """A rollout with ends and cuts in its middle; it stops within an episode, whose values follow one another."""
    reward, value, next_value = rng.normal(size=(3, num_steps)) * 3
    ends = rng.permutation(num_steps - 1)[: max(3, num_steps // 3)]
    terminated, truncated = np.zeros((2, num_steps), bool)
    terminated[ends[::2]], truncated[ends[1::2]] = True, True
    goes_on = ~(terminated | truncated)[:-1]
    next_value[:-1][goes_on] = value[1:][goes_on]
    return reward, value, next_value, terminated, truncated


@exercise("16.4", "Write the advantages of an actor-critic")
def actor_critic_advantages(answer, rng):
    """Rollouts with several episodes in them, at several lambdas; in the last one both flags come at once."""
    for num_steps, lambda_ in [(12, 0.6), (9, 0.9), (7, 0.3)]:
        rollout, gamma = _rollout(rng, num_steps), 0.8
        if num_steps == 7:
            rollout[4][rollout[3].argmax()] = True
        wanted, mistakes = _advantages_and_their_mistakes(*rollout, gamma, lambda_)
        got = array(answer(*rollout, gamma, lambda_), (num_steps,), "the advantages", "f")
        hint = "Write down three steps with a cut after the second: the three TD errors, then the sums, from behind."
        recognise(got, wanted, mistakes, hint, tolerance=SINGLE)
    return "The flags have two jobs: `terminated` removes a value, and either of them ends the sum."


def _advantages_and_their_mistakes(reward, value, next_value, terminated, truncated, gamma, lambda_):
    """The advantages (T,), and {hint: what that mistake gives}."""
    either, never = terminated | truncated, np.zeros(len(reward), bool)
    last = np.arange(len(reward)) == len(reward) - 1
    delta = reward + gamma * ~terminated * next_value - value
    shifted, right = np.append(value[1:], next_value[-1]), discounted_sums(delta, either, gamma * lambda_)

    def bootstrapped(where, value_after=next_value, discount=gamma):
        return discounted_sums(reward + discount * where * value_after - value, either, gamma * lambda_)

    return right, {
        "A cut is taken for an end: the world would have gone on, and its last observation has a value.": bootstrapped(
            ~either
        ),
        "The sum runs over a cut into the next episode.": discounted_sums(delta, terminated, gamma * lambda_),
        "The sum runs over the ends of episodes.": discounted_sums(delta, never, gamma * lambda_),
        "The sum runs over a termination into the next episode.": discounted_sums(delta, truncated, gamma * lambda_),
        "The sum ends one step too soon: the step that ends an episode still belongs to it.": discounted_sums(
            delta, np.append(either[1:], False), gamma * lambda_
        ),
        "The sum ends one step too late: the flag of a step speaks of what follows that step.": discounted_sums(
            delta, np.append(False, either[:-1]), gamma * lambda_
        ),
        "After a termination nothing comes: whose value do you add there?": bootstrapped(~never),
        "Both flags may come at once. Then the world has ended, whatever the clock says.": bootstrapped(
            truncated | ~terminated
        ),
        "The rollout stops in the middle of an episode: its last step has a next value too.": bootstrapped(
            ~terminated & ~last
        ),
        "Those are the TD errors alone. Where does lambda come in?": delta,
        "The sum forgets gamma: two steps on counts the square of gamma times lambda.": discounted_sums(
            delta, either, lambda_
        ),
        "The sum forgets lambda.": discounted_sums(delta, either, gamma),
        "Those are the whole sums times 1 - lambda. The weights of the TD errors need none.": (1 - lambda_) * right,
        "What the critic said of the observation itself is not taken off.": discounted_sums(
            delta + value, either, gamma * lambda_
        ),
        "The value of the next row is used. At the end of an episode that is another episode's.": bootstrapped(
            ~terminated, shifted
        ),
        "The value of the next row is used, and behind the last row none.": bootstrapped(~terminated & ~last, shifted),
        "The next value counts in full. It comes one step later.": bootstrapped(~terminated, discount=1.0),
        "That is the advantage and the value: the target of the critic. What pays the actor?": right + value,
        "The TD errors have the wrong sign.": -right,
        "The two flags are exchanged.": bootstrapped(~truncated),
        "The sum runs from the front: an advantage is made of what comes later.": discounted_sums(
            delta[::-1], either[::-1], gamma * lambda_
        )[::-1],
    }


@exercise("16.5", "Explore what a forgotten discount does", kind="explore")
def forgotten_discount(answer, rng):
    """The cosine between the gradient and the one whose visits are not discounted, in the meadow."""
    given = number(answer, "the cosine")
    require(-1 <= given <= 1, "A cosine lies between -1 and 1.")
    right, mistakes = _cosines()
    if abs(given - round(right, 2)) < 1e-9 or abs(given - right) < 0.001:
        return "Not the same direction, but near enough that most people live with it."
    for hint, value in mistakes.items():
        require(min(abs(given - value), abs(given - round(value, 2))) > 0.001, hint)
    raise Wrong(f"They point in {'less' if given > right else 'more'} similar directions than that.")


def _cosines() -> tuple[float, dict[str, float]]:
    """The cosine, and {hint: what that mistake gives}."""
    world, discount = GridWorld(MEADOW, **MEADOW_RULES), 0.95
    policy = Categorical(8 * value_iteration(world.P, world.R, discount)).probs
    start = np.eye(len(world.R))[world.starts[0]]

    def visited(gamma: float) -> np.ndarray:
        return visits(world.P, world.R, policy, start, gamma)[:, None]  # (S, 1)

    def paid(gamma: float) -> np.ndarray:
        return advantages(world.P, world.R, policy, gamma)  # (S, A)

    def cosine(one, other) -> float:
        return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))

    exact, forgetful = visited(discount) * policy * paid(discount), visited(1.0) * policy * paid(discount)
    right = cosine(exact, forgetful)
    return right, {
        "They do not point in quite the same direction. Did you discount both?": 1.0,
        "A cosine divides by both lengths, once each.": right**2,
        "That is the angle itself, in radians. What is its cosine?": float(np.arccos(right)),
        "The advantages keep their discount of 0.95 in both; only the visits change.": cosine(
            exact, visited(1.0) * policy * paid(1.0)
        ),
        "The advantages keep their discount in both, and it is the visits that change.": cosine(
            exact, visited(discount) * policy * paid(1.0)
        ),
        "The probabilities of the policy are missing: visits times policy times advantage.": cosine(
            visited(discount) * paid(discount), visited(1.0) * paid(discount)
        ),
        "Those are the visits alone. The gradient has two more factors.": cosine(visited(discount), visited(1.0)),
        "That is 1 minus the cosine.": 1 - right,
        "That is the dot product. A cosine divides it by the lengths of both.": float((exact * forgetful).sum()),
    }
