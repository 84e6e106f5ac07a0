"""The probe worlds that came later: each was built because a bug that harms CartPole had passed all that were there.

They ask for what the first seven leave out: signs and sizes of observations, a choice that has a future, what is rare,
and what comes late.
"""

from helpers.envs.probe_world import END, Outcome, Probe, ProbeWorld

ON = not END  # the episode goes on
BELOW_ZERO = "a next value below 0 counts as 0"
GOOD, BAD = (0, 1, -1), (-2, -1, -1.5)  # what the actions of the two later places of `choice` pay
# What the third action of its first place pays: so much that the tolerance, a tenth of it, has room for n-step targets,
# whose rewards are those of an agent that explores (up to 0.6 here), and not for the mean of the next values (0.8).
AT_ONCE = 7


def _mirrored() -> ProbeWorld:
    pays = (0, 1, 2, 0, -2)
    moves = [[[Outcome(reward, place)]] for place, reward in enumerate(pays)]
    rows = [[x, 0.5] for x in (-1.0, -0.5, 0.0, 0.5, 1.0)]  # a network of one input alone may die on one side of 0
    return ProbeWorld(moves, starts=range(5), observations=rows)


def _scaled() -> ProbeWorld:
    moves = [[[Outcome(0, 1, ON)]], [[Outcome(-1, 1)]], [[Outcome(1, 2)]]]
    rows = [[20.0, 0.2], [20.0, -0.2], [-20.0, 0.2]]
    return ProbeWorld(moves, starts=(0, 2), observations=rows, high=(20.0, 0.2))


def _choice() -> ProbeWorld:
    first = [[Outcome(0, 1, ON)], [Outcome(0, 2, ON)], [Outcome(AT_ONCE, 0)]]
    good = [[Outcome(reward, 1)] for reward in GOOD]
    bad = [[Outcome(reward, 2)] for reward in BAD]
    return ProbeWorld([first, good, bad], starts=(0, 1, 2))


def _rare() -> ProbeWorld:
    lots = [Outcome(reward, 0) for reward in (0, 0, 0, 8)]
    return ProbeWorld([[lots], [[Outcome(10, 1)]]], starts=(0, 1))


def _something_new() -> ProbeWorld:
    return ProbeWorld([[[Outcome(1, 0)]], [[Outcome(-1, 1)]]], starts=(0,), later=(1,))


def _after(value):
    """Q (S, A) in `choice` of an agent that takes `value(q)`, (A,) -> number, for what a next place is worth."""
    return lambda gamma: [[gamma * value(GOOD), gamma * value(BAD), AT_ONCE], GOOD, BAD]


def _same_action(gamma: float):
    """Action 0 leads to the first of the two places and action 1 to the second: each finds its own number there."""
    return [[gamma * GOOD[0], gamma * BAD[1], AT_ONCE], GOOD, BAD]


LATER_PROBES = (
    Probe(
        "mirrored",
        "Five places on a line, from -1 to 1. Q is 2 in the middle, and falls on the right twice as fast.",
        "the sign or the size of the observation, on its way into the memory or to the network",
        _mirrored,
        ((lambda gamma: [[-1], [0.5], [2], [0.5], [-1]], "observations have lost their sign"),),
    ),
    Probe(
        "scaled",
        "A number in the tens beside one in the tenths, and the small one tells places apart. Q = -gamma, -1 and 1.",
        "the scale of the observations: is it the same for acting, for learning, and for next_obs?",
        _scaled,
        ((lambda gamma: [[0], [-1], [1]], BELOW_ZERO),),
    ),
    Probe(
        "choice",
        "Three actions, then a place with three more. The best there is neither the first nor the last; once below 0.",
        "the value of the next observation where there is a choice: the maximum, and of which network",
        _choice,
        (
            (_after(lambda q: sum(q) / 3), "the mean of the next values is taken, not their maximum"),
            (_after(min), "the smallest of the next values is taken, not their maximum"),
            (_after(lambda q: max(*q, 0)), BELOW_ZERO),
            (_same_action, "the next value is that of the action just taken"),
        ),
    ),
    Probe(
        "rare",
        "One place pays 8 once in four times, else nothing; another pays 10. Q = 2 and 10: the mean, not the usual.",
        "how errors count: large ones are made small, or some rows are drawn more often than others",
        _rare,
        ((lambda gamma: [[1 / 3], [10]], "large errors count too little (a Huber loss, a clipped error)"),),
    ),
    Probe(
        "something new",
        "For two thirds of the run there is one place only, and then another one only. Q = 1 and -1.",
        "the memory: what comes when it is full is not stored, or what is new is not drawn",
        _something_new,
        fills_memory=True,
    ),
)
