"""The checkers of notebook 04: an update by hand, a target in between, and what a step size remembers."""

import numpy as np

from helpers.checks.expect import array, close, number, recognise, require, whole
from helpers.checks.registry import exercise
from helpers.updates import q_learning_target

TITLE = "Learn with a Q-table"


@exercise("4.1", "Predict an update", kind="predict")
def update_by_hand(answer, rng):
    """gamma 0.9, alpha 0.5, Q(s, a) = 2, reward 1, Q(s', ·) = (1, 4), and the clock stops the episode."""
    given, q, alpha, gamma = number(answer, "your prediction"), 2.0, 0.5, 0.9
    target = float(q_learning_target(1, [1, 4], False, gamma))
    recognise(
        given,
        q + alpha * (target - q),
        {
            "You cut off the future. The clock stopped the episode: is that `terminated`?": q + alpha * (1 - q),
            "That is the target. The entry moves only a part of the way towards it.": target,
            "That is the TD error. What does the update do with it?": target - q,
            "That is the step. The entry was not 0 before it.": alpha * (target - q),
            "You moved away from the target. Look at the sign of the TD error.": q - alpha * (target - q),
            "You took the next value in full. It comes one step later.": q + alpha * (1 + 4 - q),
            "You took the smaller entry of the next row. Which does Q-learning ask for?": q + alpha * (1 + gamma - q),
        },
        "Write down the target first, then the TD error, then the step.",
    )
    return "The clock ended the episode, and the world would have gone on: the next value counts."


@exercise("4.2", "Write the target between SARSA and Q-learning")
def expected_sarsa_target(answer, rng):
    """Batches with distinct entries in each row, so that the best action is one."""
    for num_actions, batch in [(2, 6), (4, 5), (3, 1)]:
        reward, next_q = rng.normal(size=batch), rng.normal(size=(batch, num_actions))
        epsilon, gamma, ends = rng.uniform(0.2, 0.8), rng.uniform(0.5, 0.95), np.arange(batch) % 2 == 1

        def ask(ends, epsilon=epsilon, gamma=gamma, reward=reward, next_q=next_q):
            return array(answer(reward, next_q, ends, epsilon, gamma), reward.shape, "the target", "f")

        best, mean = next_q.max(axis=1), next_q.mean(axis=1)
        others = (next_q.sum(axis=1) - best) / (num_actions - 1)
        future = gamma * ((1 - epsilon) * best + epsilon * mean)
        recognise(
            ask(np.zeros(batch, bool)),
            reward + future,
            {
                "The future has the wrong sign: a good next state should help.": reward - future,
                "The future counts in full. It comes one step later.": reward + future / gamma,
                "The reward of this step is discounted too. Is it late?": gamma * reward + future,
                "That is Q-learning's target: as if the agent never explored.": reward + gamma * best,
                "That is the target of an agent that always acts at random.": reward + gamma * mean,
                "You let the random action be any but the best. An ε-greedy agent may draw the best one too.": reward
                + gamma * ((1 - epsilon) * best + epsilon * others),
                "How often does it explore? ε and the rest are exchanged.": reward
                + gamma * (epsilon * best + (1 - epsilon) * mean),
            },
            "The target of a step that goes on is not right. Try it by hand with two actions.",
        )
        require(close(ask(np.ones(batch, bool)), reward), "What comes after a terminated step? It should not count.")
        require(close(ask(ends), np.where(ends, reward, reward + future)), "Each row has its own `terminated`.")
    return "With ε = 0 it is Q-learning's; on average over the next action it is SARSA's."


@exercise("4.3", "Weigh what an entry remembers")
def weights_of_targets(answer, rng):
    """The weight of each target in the entry after the last one, for any step sizes."""
    for alphas in (rng.uniform(0.1, 0.9, size=8), 1 / np.arange(1, 7), np.full(30, 0.1), np.array([0.5])):
        got = array(answer(alphas), (len(alphas),), "the weights", "f")
        kept = np.cumprod((1 - alphas)[::-1])[::-1]  # what each step and all after it leave of what was there
        wanted = alphas * np.append(kept[1:], 1.0)
        earlier = np.append(1.0, np.cumprod(1 - alphas)[:-1])
        recognise(
            got,
            wanted,
            {
                "Those are the step sizes. Each later step shrinks what was there before.": alphas,
                "The order is turned round: the first weight belongs to the first target.": wanted[::-1],
                "Off by one: a target is not shrunk by its own step, only by later ones.": alphas * kept,
                "You shrink by the steps before a target. Which steps come after it?": alphas * earlier,
                "They need not sum to 1: what is missing is the weight of the first guess.": wanted / wanted.sum(),
            },
            "Try it by hand with two targets and α = 0.5: what is left of the first after the second?",
        )
    return "With 1/n all weights are equal; with a constant step size they fade like a geometric series."


VISITS = {"1/n": lambda n: 1 / n, "0.1": lambda n: np.full(len(n), 0.1), "10/(9+n)": lambda n: 10 / (9 + n)}


@exercise("4.4", "Explore how long a bad beginning lasts", kind="explore")
def visits_to_forget(answer, rng):
    """How many visits until the first ten targets together weigh at most 1 %; one more or less is rounding."""
    require(isinstance(answer, dict), "Give a dictionary with the three names as keys, as in the cell.")
    for name, alpha in VISITS.items():
        require(name in answer, f'The entry "{name}" is missing.')
        given = whole(answer[name], f'the number for "{name}"')
        wanted = first_below(alpha, 0.01)
        early, single = first_below(alpha, 0.1), first_below(alpha, 0.01, first=1)
        require(given >= 10, f'"{name}": ten targets need ten visits at least.')
        require(abs(given - early) > 1, f'"{name}": there they still weigh 10 %. Go on to 1 %.')
        require(
            abs(given - single) > 1, f'"{name}": that is for the first target alone. Add the weights of the first ten.'
        )
        require(abs(given + 10 - wanted) > 1, f'"{name}": count all visits, the first ten too.')
        require(given < wanted + 2, f'"{name}": that is more than it takes. Look for the first such number.')
        require(given > wanted - 2, f'"{name}": there they still weigh more than 1 %.')
    return "That is why 1/n creeps: its first targets, made from an empty table, count for a long time."


def first_below(alpha, share: float, first: int = 10, most: int = 3_000) -> int:
    """The number of visits after which the first targets together weigh at most `share`."""
    sizes = alpha(np.arange(1, most + 1))
    shrunk = np.cumprod(1 - sizes[first:])  # the weight of what was there after the first visits
    start = 1 - np.prod(1 - sizes[:first])
    return first + 1 + int(np.argmax(start * shrunk <= share + 1e-9))
