"""The checkers of notebook 03: first visits, TD(0), two batch answers, n steps, and what a step size remembers."""

import numpy as np

from helpers.checks.expect import Wrong, array, close, number, recognise, require
from helpers.checks.registry import exercise

TITLE = "Predict from experience"


@exercise("3.1", "Write the returns after first visits")
def first_visits(answer, rng):
    """Episodes in which states come again, one in which none does, and one of a single step."""
    for obs, gamma in [([3, 1, 3, 2, 1, 4], 0.7), ([0, 2, 1], 0.9), ([5], 0.5), ([2, 2, 0, 2], 0.8)]:
        obs, reward = np.array(obs), rng.normal(size=len(obs)) + 2
        got = _values_of(answer(obs, reward, gamma), obs)
        after = _returns(reward, gamma)
        at = {place: np.flatnonzero(obs == place) for place in dict.fromkeys(obs.tolist())}
        discounts, steps = gamma ** np.arange(len(obs)), np.arange(len(obs))

        def first(values, at=at):
            return [values[times[0]] for times in at.values()]

        recognise(
            got,
            first(after),
            {
                "Those are the returns after the *last* visits. A later visit must not overwrite the first.": [
                    after[times[-1]] for times in at.values()
                ],
                "Those are means over all visits. Only the first one counts here.": [
                    after[times].mean() for times in at.values()
                ],
                "Those are sums over all visits. Only the first one counts here.": [
                    after[times].sum() for times in at.values()
                ],
                "The rewards count in full. Each later one is discounted once more.": first(_returns(reward, 1.0)),
                "The first reward is discounted too. It comes at once.": first(gamma * after),
                "The reward of the step itself is missing: it comes after the visit.": first(np.append(after[1:], 0)),
                "Every state has the return of the whole episode. Only what comes after its visit counts.": first(
                    np.full(len(obs), after[0])
                ),
                "The discount counts from the start of the episode. It should count from the visit.": first(
                    discounts * after
                ),
                "The discount runs from the wrong end: the last reward is the one that comes latest.": first(
                    [reward[t:][::-1] @ discounts[: len(obs) - t] for t in steps]
                ),
                "That is the reward of one step. A return is all that still comes.": first(reward),
                "That is what came *before*, up to the visit. A return looks ahead.": first(np.cumsum(reward)),
            },
            "Write down an episode of three steps, and work backwards from its end.",
        )
    return "A mean of these is a Monte Carlo estimate: no model, no guess, only patience."


def _values_of(found, obs) -> np.ndarray:
    """The values of the reader's dict, in the order in which the states were first visited."""
    require(isinstance(found, dict), "Give back a dict: {state: return}.")
    try:
        found = {int(key): value for key, value in found.items()}
    except (TypeError, ValueError):
        raise Wrong("The keys of the dict should be states, which are whole numbers.") from None
    seen = list(dict.fromkeys(obs.tolist()))
    for place in seen:
        require(place in found, f"An episode visits {obs.tolist()}, and your dict has no entry for {place}.")
    require(len(found) == len(seen), f"An episode visits {obs.tolist()}, and your dict has other states too.")
    return np.array([number(found[place], f"the return after state {place}") for place in seen])


def _returns(reward, gamma: float) -> np.ndarray:
    """The return that follows each step."""
    after = np.append(reward, 0.0)
    for t in reversed(range(len(reward))):
        after[t] += gamma * after[t + 1]
    return after[:-1]


@exercise("3.2", "Write TD(0)", changes=True)
def td_zero(answer, rng):
    """Steps that go on, a step into the same state, and steps that end."""
    for obs, next_obs, ends in [(1, 3, False), (4, 0, False), (2, 2, False), (3, 0, True)]:
        before, reward = rng.normal(size=5) + 3, float(rng.normal() + 1)
        alpha, gamma, v = 0.3, 0.8, before.copy()
        answer(v, obs, reward, next_obs, ends, alpha, gamma)
        after = array(v, (5,), "`v`", "f")
        old, new = before[obs], gamma * before[next_obs]
        target = reward + new * (not ends)
        others = np.arange(5) != obs
        require(
            not (np.any(after[others] != before[others]) and after[obs] == before[obs]),
            "You moved another state. The one that was left, `obs`, is the one that learns.",
        )
        require(close(after[others], before[others]), "Only `v[obs]` may change.")
        require(after[obs] != before[obs] or not ends, "A step that ends the episode still teaches its reward.")
        require(
            after[obs] != before[obs],
            "`v` is as it was. Change the array itself, `v[obs] = ...`; a new name for a new number is lost.",
        )
        recognise(
            after[obs],
            old + alpha * (target - old),
            {
                "After the end nothing comes: what stands in `v` for the last state must not count.": old
                + alpha * (reward + new - old),
                "The last reward is lost. It was paid before the end; only what would follow is not.": old
                + alpha * ((reward + new) * (not ends) - old),
                "The next state counts in full. It comes one step later.": old
                + alpha * (target + (before[next_obs] - new) * (not ends) - old),
                "The reward is discounted too. It comes at once.": old
                + alpha * (gamma * reward + new * (not ends) - old),
                "You moved away from the target. Look at the sign of the TD error.": old - alpha * (target - old),
                "That is the target. The estimate moves only a part of the way towards it.": target,
                "That is the step alone. The estimate was not 0 before it.": alpha * (target - old),
                "You added a part of the target. The estimate moves by a part of the *error*.": old + alpha * target,
                "How much is kept, and how much is new? Alpha and the rest are swapped.": alpha * old
                + (1 - alpha) * target,
                "The target has `v[obs]` in it. Where did the step lead?": old
                + alpha * (reward + gamma * old * (not ends) - old),
                "The target is the reward alone, although the episode goes on. What is the next state worth?": old
                + alpha * (reward - old),
                "The TD error is discounted. Only the next value is.": old + alpha * gamma * (target - old),
                "You took the whole step. Where is alpha?": old + (target - old),
            },
            "Write down the target first, then the TD error, then the step.",
        )
    return "One line, and the heart of this course: a guess that learns from the next guess."


@exercise("3.3", "Predict what two methods say", kind="predict")
def two_batch_answers(answer, rng):
    """Two episodes A0 B0, one A3, six B1: V(A) by batch Monte Carlo, and by batch TD."""
    given = array(answer, (2,), "your prediction")
    at_b = 6 / 8
    monte_carlo, td = 3 / 3, 3 / 3 + 2 / 3 * at_b
    recognise(
        given,
        [monte_carlo, td],
        {
            "The two are swapped. Which one averages what was seen after A?": [td, monte_carlo],
            "Both would say the same only if B had paid as much after A as it did elsewhere; after A it paid nothing, "
            "twice.": [monte_carlo] * 2,
            "The second is V(B). From A, one step in three ends with a reward of 3.": [monte_carlo, at_b],
            "The second lacks the reward of 3 that one step in three brings.": [monte_carlo, 2 / 3 * at_b],
            "One step in three ends at A: only the other two go on to B.": [monte_carlo, 1 + at_b],
            "You added the three returns after A. What is their mean?": [3.0, td],
            "You left out the episodes that earned nothing after A. They count in the mean.": [3.0, 3.0],
            "V(B) is a mean over all eight visits of B, those that came from A too.": [monte_carlo, 1 + 2 / 3],
        },
        "First V(B) from all visits of B. Then A: what follows it, and how often?",
    )
    return "Monte Carlo believes the returns it saw; TD believes the world that they describe."


@exercise("3.4", "Write the n-step target")
def n_steps(answer, rng):
    """Whole episodes, with n below, at and above their length."""
    for length, n in [(6, 2), (6, 1), (4, 4), (3, 5), (6, 5), (1, 1)]:
        reward, v, gamma = rng.normal(size=length) + 1, rng.normal(size=length) + 4, 0.7
        got = number(answer(reward, v, n, gamma), "the target")
        powers = gamma ** np.arange(length + n + 1)

        def target(steps, behind, weight, reward=reward, v=v, length=length, powers=powers):
            """`steps` rewards, then the value of state `behind` with its weight; none beyond the end."""
            steps = min(steps, length)
            worth = v[behind] if behind < length else 0.0
            return float(reward[:steps] @ powers[:steps] + weight * worth)

        mistakes = {
            "The episode is over by then: beyond its end nothing is worth anything.": target(
                n, min(n, length - 1), powers[n]
            ),
            "The episode is over by then, and there are fewer rewards than n.": target(
                n, min(n, length - 1), powers[min(n, length)]
            ),
            "The value at the end counts in full. It comes n steps later.": target(n, n, 1.0),
            "The value is discounted once less than it should be: n rewards come before it.": target(
                n, n, powers[n - 1]
            ),
            "The value is discounted once too often.": target(n, n, powers[n + 1]),
            "That is the value one step too early: which state is reached after n steps?": target(n, n - 1, powers[n]),
            "That is one step less: n - 1 rewards and the value after them.": target(n - 1, n - 1, powers[n - 1]),
            "That is one step more: n + 1 rewards and the value after them.": target(n + 1, n + 1, powers[n + 1]),
            "The rewards alone: what comes after n steps is missing.": target(n, length, 0.0),
            "The rewards count in full. Each later one is discounted once more.": float(reward[:n].sum())
            + target(0, n, powers[n]),
            "The first reward is discounted too. It comes at once.": target(0, n, powers[n])
            + gamma * target(n, length, 0.0),
            "That is the whole return, up to the end of the episode. Stop after n rewards.": target(
                length, length, 0.0
            ),
        }
        here = f" (That is so with n = {n} in an episode of {length} step{'s' * (length > 1)}.)"
        recognise(
            got,
            target(n, n, powers[n]),
            {hint + here: wrong for hint, wrong in mistakes.items()},
            "Write it down for two steps: two rewards and one value.",
        )
    return "With n = 1 it is TD's target; from the length of the episode on it is Monte Carlo's."


@exercise("3.5", "Weigh what an estimate remembers")
def weights_of_targets(answer, rng):
    """The weight of each target in the estimate after the last one, for any step sizes."""
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
                "The order is reversed: the first weight belongs to the first target.": wanted[::-1],
                "Off by one: a target is not shrunk by its own step, only by later ones.": alphas * kept,
                "You shrink by the steps before a target. Which steps come after it?": alphas * earlier,
                "They need not sum to 1: what is missing is the weight of the first guess.": wanted / wanted.sum(),
            },
            "Try it by hand with two targets and α = 0.5: what is left of the first after the second?",
        )
    return "With 1/n all weights are equal; with a constant step size they fade like a geometric series."


VISITS = {"1/n": lambda n: 1 / n, "0.1": lambda n: np.full(len(n), 0.1), "10/(9+n)": lambda n: 10 / (9 + n)}


@exercise("3.6", "Explore how long a bad beginning lasts", kind="explore")
def visits_to_forget(answer, rng):
    """The first number of visits after which the first ten targets together weigh less than 3 %."""
    require(isinstance(answer, dict), "Give a dictionary with the three names as keys, as in the cell.")
    for name, alpha in VISITS.items():
        require(name in answer, f'The entry "{name}" is missing.')
        given = number(answer[name], f'the number for "{name}"')
        require(given == round(given), f'"{name}": visits are counted, so this is a whole number.')
        wanted = first_below(alpha, 0.03)
        require(given >= 10, f'"{name}": ten targets need ten visits at least.')
        require(
            given != first_below(alpha, 0.03, first=1),
            f'"{name}": that is for the first target alone. Add the weights of the first ten.',
        )
        require(given + 10 != wanted, f'"{name}": count all visits, the first ten too.')
        require(given != wanted - 1, f'"{name}": off by one: after that visit they still weigh more than 3 %.')
        require(given != wanted + 1, f'"{name}": off by one: they weigh less than 3 % a visit earlier already.')
        require(given <= wanted, f'"{name}": that is more than it takes. Look for the first such number.')
        require(given >= wanted, f'"{name}": there they still weigh more than 3 %.')
    return (
        "That is why 1/n creeps: its first targets, made from tables that were empty or still noisy, count for a long "
        "time."
    )


def first_below(alpha, share: float, first: int = 10, most: int = 3_000) -> int:
    """The number of visits after which the first targets together weigh less than `share`."""
    sizes = alpha(np.arange(1, most + 1))
    shrunk = np.cumprod(1 - sizes[first:])  # the weight of what was there after the first visits
    start = 1 - np.prod(1 - sizes[:first])
    return first + 1 + int(np.argmax(start * shrunk < share))
