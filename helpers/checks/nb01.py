"""The checkers of notebook 01: the loop, what a return is, where an episode ends, a rule that keeps to the track."""

import gymnasium as gym
import numpy as np

from helpers.agents import HandMadeAgent
from helpers.checks.expect import Wrong, array, named, number, recognise, require
from helpers.checks.registry import exercise
from helpers.evaluation import evaluate
from helpers.updates import discounted_return

TITLE = "Meet the loop"


class _Script:
    """A world that writes down what is done to it. Every observation is another number; episodes have these ends."""

    def __init__(self, lengths, ends):
        self.lengths, self.ends = lengths, ends  # steps of each episode; (terminated, truncated) of its last one
        self.resets, self.acted, self.learnt, self.steps = [], [], [], []
        self.episode, self.step_of_episode, self.obs, self.over = -1, 0, 100, True

    def reset(self, *places, seed=None, options=None):
        require(not places, "`reset` takes its seed by name: Gymnasium refuses a bare number between the brackets.")
        require(
            self.over, "It resets in the middle of an episode. `reset` is for the start of the run and after each end."
        )
        self.resets.append(seed)
        self.episode, self.step_of_episode, self.over = self.episode + 1, 0, False
        self.obs += 7
        return self.obs, {}

    def step(self, action):
        require(not self.over, "It goes on stepping after an episode has ended, in one of the two ways. Reset first.")
        require(len(self.acted) > len(self.steps), "It steps without asking the agent: each action comes from `act`.")
        require(action == self.acted[-1][1], "The environment gets another action than the one that the agent chose.")
        before, place = self.obs, self.episode % len(self.lengths)
        self.step_of_episode += 1
        self.obs += 1
        flags = self.ends[place] if self.step_of_episode == self.lengths[place] else (False, False)
        self.over = any(flags)
        self.steps.append((before, action, 0.5 * len(self.steps) + 1, self.obs, *flags))
        return self.obs, self.steps[-1][2], *flags, {}

    def act(self, obs, explore=True):
        if isinstance(obs, tuple):
            gives = {2: "`reset` gives two things, obs and info", 5: "`step` gives five things, the observation first"}
            raise Wrong(f"{gives.get(len(obs), 'An observation is one number here')}. `act` was shown {named(obs)}.")
        self.acted.append((obs, 10 * len(self.acted) + 3))
        return self.acted[-1][1]

    def learn(self, transition):
        self.learnt.append(tuple(transition))


@exercise("1.1", "Write the loop", changes=True)
def write_the_loop(answer, rng):
    """Scripted episodes that end in either way and in both at once; everything that is done is written down."""
    for lengths, num_steps in [((3, 2, 4, 3), 17), ((2, 1), 9), ((5,), 5)]:
        ends = [(True, False), (False, True), (True, True), (False, True)][: len(lengths)]
        world = _Script(lengths, ends)
        returns = answer(world, world, num_steps, 42)
        _judge_steps(world, num_steps)
        _judge_learning(world)
        require(isinstance(returns, list | tuple | np.ndarray), "Give back a list, one return for each episode.")
        reward = np.array([step[2] for step in world.steps])
        terminated, truncated = np.array([step[4:] for step in world.steps]).T
        stops = np.flatnonzero(terminated | truncated)
        recognise(
            array(returns, (len(returns),), "the list of returns"),
            _sums(reward, stops + 1),
            {
                "Each return begins at 0: the sum is not set back after an episode.": np.cumsum(reward)[stops],
                "The episode that is not over yet has no return.": _sums(reward, np.append(stops + 1, len(reward))),
                "An episode that the clock stopped has a return too.": _sums(reward, stops + 1)[terminated[stops]],
                "You count steps. A return is the sum of the rewards.": np.diff(np.append(-1, stops)),
                "The reward of the last step belongs to the episode that it ends.": _sums(reward, stops),
                "Those are the last rewards. Add up all of the episode.": reward[stops],
            },
            "Add each reward to a sum; when the episode has ended, write the sum down and begin at 0 again.",
        )
    return "From notebook 04 on, nearly every agent goes through it."


def _judge_steps(world, num_steps: int) -> None:
    """Resets, and what the agent was shown."""
    seen, shown = [step[0] for step in world.steps], [obs for obs, _ in world.acted]
    require(world.resets and world.resets[0] is not None, "The first reset needs the seed, or no run can be repeated.")
    require(world.resets[0] == 42, "The first reset gets another seed than the one that was given.")
    require(
        not [seed for seed in world.resets[1:] if seed is not None],
        "A later reset gets a seed too: then every episode begins in the same place. One seed is enough for a run.",
    )
    if shown[: len(seen)] != seen:
        ends = [100, *(step[3] for step in world.steps)]  # what was seen next, one step before
        starts = [place for place, (now, before) in enumerate(zip(seen, ends, strict=False)) if now != before]
        for_ever = [seen[max(start for start in starts if start <= place)] for place in range(len(seen))]
        stale = [end if place in starts[1:] else now for place, (now, end) in enumerate(zip(seen, ends, strict=False))]
        require(
            shown[: len(seen)] != for_ever and len({*shown}) > 1,
            "The agent sees the same observation for ever. What was seen next is what is seen now.",
        )
        require(
            shown[: len(seen)] != stale,
            "After a reset the agent still sees the end of the old episode. `reset` gives the new observation.",
        )
        require(False, "The agent is not shown what is seen now. Follow `obs` through one turn of the loop.")
    require(
        len(world.steps) == num_steps,
        f"It should take {num_steps} steps in all, however many episodes that makes; it took {len(world.steps)}.",
    )


def _judge_learning(world) -> None:
    """One transition for each step, as it was."""
    require(world.learnt, "The agent never learns: hand it each transition.")
    wanted = world.steps
    if world.learnt == wanted:
        return
    require(
        len(world.learnt) == len(wanted),
        f"The agent learns from {len(world.learnt)} of {len(wanted)} steps. It should learn from each, once.",
    )
    for got, (obs, action, reward, next_obs, *flags) in zip(world.learnt, wanted, strict=True):
        require(len(got) == 6, "A transition has six fields: obs, action, reward, next_obs, terminated, truncated.")
        require(got[0] != got[3], "`obs` has moved on before the agent learnt: both observations are the next one.")
        require(got[0] == obs, "`obs` of the transition is not what the agent saw when it chose.")
        require(got[3] == next_obs, "`next_obs` is the start of the next episode. Learn first, and reset afterwards.")
        require(got[1] == action, "The transition names another action than the one that was taken.")
        require(
            got[2] == reward,
            "The transition has another reward: that of this one step is wanted, not a sum of several.",
        )
        require(
            list(got[4:]) == flags,
            "The two flags are mixed up: `terminated` and `truncated` go into the transition as they came.",
        )


@exercise("1.2", "Predict a return", kind="predict")
def return_by_hand(answer, rng):
    """Rewards 4, 0, 0, 8 at gamma 0.5."""
    rewards, gamma = [4, 0, 0, 8], 0.5
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
    return "The later a reward comes, the less it counts."


@exercise("1.3", "Write the return from every step")
def returns_from_every_step(answer, rng):
    """G_t for every t of one episode, whole numbers among the rewards."""
    for rewards, gamma in [
        (rng.normal(size=6), 0.7),
        (np.array([1, 2, 3]), 0.5),
        (rng.normal(size=1), 0.9),
        (rng.normal(size=4), 1.0),
        (rng.normal(size=5), 0.0),
        (rng.normal(size=2_000), 0.5),
    ]:
        n = len(rewards)
        try:
            got = answer(rewards, gamma)
        except RecursionError:
            deep = f"It never stops calling itself, or goes too deep for an episode of {n:,} steps."
            raise Wrong(f"{deep} A loop goes as far as you need.") from None
        if np.shape(got) == (n,) and not np.all(np.isfinite(np.asarray(got, float))):
            at = "at gamma 0" if gamma == 0 else f"with {n:,} rewards"
            require(False, f"NaN or infinity {at}: a power of gamma is 0 there, and nothing can be divided by it.")
        got, right = array(got, (n,), "the returns"), _returns(rewards, gamma)
        powers = gamma ** np.arange(n)
        recognise(
            got,
            right,
            {
                "These are the sums of what came before. The return looks ahead.": np.cumsum(rewards),
                "Nothing is discounted here.": np.cumsum(rewards[::-1])[::-1],
                "The order is reversed: the first entry is the return from the first step.": right[::-1],
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


def _returns(rewards, gamma):
    """G_t for every t, from the end."""
    right, later = np.zeros(len(rewards)), 0.0
    for t in reversed(range(len(rewards))):
        right[t] = later = rewards[t] + gamma * later
    return right


@exercise("1.4", "Write down how episodes end")
def returns_of_episodes(answer, rng):
    """The returns of the episodes that ended, from the arrays of a run, in whichever way they ended."""
    for _ in range(6):
        reward, ends = rng.normal(size=14), rng.permutation(14) % 4
        terminated, truncated = ends % 2 == 1, ends >= 2  # in one step in four both, as the clock may stop a fall
        off = rng.permutation(13)[:5]
        terminated[off] = truncated[off] = False
        terminated[-1] = truncated[-1] = False  # the last episode is not over
        stops = np.flatnonzero(terminated | truncated)
        right = _sums(reward, stops + 1)
        one_flag = np.flatnonzero(terminated ^ truncated)
        twice = np.insert(right, np.flatnonzero((terminated & truncated)[stops]) + 1, 0)
        got = answer(reward, terminated, truncated)
        require(isinstance(got, list | tuple | np.ndarray), "Give back a list, one return for each episode that ended.")
        recognise(
            array(got, (len(got),), "the list of returns"),
            right,
            {
                "Both flags may be set in one step. The episode is over then too.": _sums(reward, one_flag + 1),
                "Where both flags are set the episode ends once, not twice.": twice,
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


@exercise("1.5", "Explore: keep the cart on the track", kind="explore", seconds=10)
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
    return (
        "Worst of 60 episodes: 500 steps. One of the two is enough: velocity alone passes, at 0.2, 0.3 and 0.5; "
        "position alone didn't at any weight that we tried, from 0.005 to 0.5."
    )
