"""Probe environments: worlds so small that Q* is known exactly, each of which needs one part of an agent more.

The idea of worlds that isolate one part each: Andy Jones, "Debugging reinforcement learning systems" (2021).
Read the results from the top: the first probe that fails names the part to look at.
"""

from helpers.envs.later_probe_worlds import LATER_PROBES
from helpers.envs.probe_world import END, Outcome, Probe, ProbeWorld

NOT_MASKED = "the value after the end is added: the target is not multiplied by (1 - terminated)"


def _constant() -> ProbeWorld:
    return ProbeWorld([[[Outcome(1, 0)]]])


def _observation() -> ProbeWorld:
    return ProbeWorld([[[Outcome(-1, 0)]], [[Outcome(2, 1)]]], starts=(0, 1))


def _two_steps() -> ProbeWorld:
    toss = [Outcome(0, 1, not END), Outcome(0, 2, not END)]
    return ProbeWorld([[toss], [[Outcome(2, 0)]], [[Outcome(0, 0)]]])


def _action() -> ProbeWorld:
    return ProbeWorld([[[Outcome(0, 0)], [Outcome(1, 0)], [Outcome(-1, 0)]]])


def _observation_and_action() -> ProbeWorld:
    return ProbeWorld([[[Outcome(1, 0)], [Outcome(-1, 0)]], [[Outcome(-1, 1)], [Outcome(1, 1)]]], starts=(0, 1))


def _truncated() -> ProbeWorld:
    return ProbeWorld([[[Outcome(-5, 1, not END)]], [[Outcome(1, 1, not END)]]], time_limit=TIME_LIMIT)


def _terminal_in_the_middle() -> ProbeWorld:
    return ProbeWorld([[[Outcome(0, 1, not END)]], [[Outcome(1, 0)]]], starts=(0, 1))


TIME_LIMIT = 8  # env steps of an episode of `truncated`: one in place 0, seven in place 1, the last of them cut off


def _cut_as_end(gamma: float):
    """A cut taken for an end: one in seven steps of place 1 then bootstraps nothing. With q1 = 1 + gamma * 6/7 * q1."""
    q1 = 1 / (1 - gamma * 6 / 7)
    return [[-5 + gamma * q1], [q1]]


def _cut_to_reset(gamma: float):
    """After a cut the next observation is that of the reset: q1 = 1 + gamma * (6/7 * q1 + 1/7 * (-5 + gamma * q1))."""
    q1 = (1 - gamma * 5 / 7) / (1 - gamma * 6 / 7 - gamma**2 / 7)
    return [[-5 + gamma * q1], [q1]]


def _wrong_power(n: int):
    """n rewards, then gamma instead of gamma**n: with q1 = 1 + gamma + ... + gamma**(n - 1) + gamma * q1."""

    def values(gamma: float):
        rewards = (1 - gamma**n) / (1 - gamma)
        q1 = rewards / (1 - gamma)
        return [[-6 + rewards + gamma * q1], [q1]]  # -5 stands where the first 1 would

    return values


def _average_of_batch(gamma: float):
    """Each row gets the mean value of all next observations; two rows of three lead from place 1 to place 0."""
    q0 = gamma / 3 / (1 - 2 * gamma / 3)
    return [[q0], [1]]


def _residual(gamma: float):
    """The gradient also flows through the target (Baird 1995): the least squares then pull both sides of the coin
    together, to 1 + d and 1 - d, where d minimises gamma^2 * d^2 + (d - 1)^2."""
    d = 1 / (1 + gamma**2)
    return [[gamma], [1 + d], [1 - d]]


FIRST_PROBES = (
    Probe(
        "constant",
        "One observation, one action, reward 1, the end. Q = 1.",
        "the reward, the loss, the optimiser, or the observation on its way into the memory (its type)",
        _constant,
        ((lambda gamma: [[1 / (1 - gamma)]], NOT_MASKED),),
    ),
    Probe(
        "observation",
        "Two observations, one pays -1, the other 2. Q is what each pays.",
        "the observation or its reward: what is stored, in which type, in which row",
        _observation,
        (
            (lambda gamma: [[-1 / (1 - gamma)], [2 / (1 - gamma)]], NOT_MASKED),
            (lambda gamma: [[-1], [1]], "rewards are clipped to between -1 and 1"),
            (lambda gamma: [[1.25], [-0.25]], "the reward stored is that of the step before"),
        ),
    ),
    Probe(
        "two steps",
        "A step without reward, then a coin: heads pays 2, tails 0. Q of the first step is gamma.",
        "the value of the next observation: next_obs, the target network, the discount, or the maximum",
        _two_steps,
        (
            (
                lambda gamma: [[0], [2], [0]],
                "no value comes back: next_obs is that of the step before, a target never copied, or gamma 0",
            ),
            (lambda gamma: [[1], [2], [0]], "nothing is discounted"),
            (lambda gamma: [[gamma**2], [2], [0]], "it is discounted twice"),
            (lambda gamma: [[2 * gamma], [2], [0]], "the maximum is taken over the whole batch, not for each row"),
            (_residual, "the gradient flows through the target"),
        ),
    ),
    Probe(
        "action",
        "One observation, three actions that pay 0, 1 and -1. Q is what each pays, and the middle one is chosen.",
        "the action: which one is stored, which Q is updated, which is the greedy one",
        _action,
        ((lambda gamma: [[0, 0, 0]], "every action gets the same: the action stored is not the one that was paid"),),
    ),
    Probe(
        "observation and action",
        "Two observations, two actions; the one that pays 1 is another in each, the other pays -1.",
        "observation and action together: the network is too small, or rows of one batch do not belong together",
        _observation_and_action,
    ),
    Probe(
        "truncated",
        f"A first step pays -5, each later one 1; cut after {TIME_LIMIT} steps. Q of a later one is 1 / (1 - gamma).",
        "the cut by the time limit, or a chain of several steps (the power of gamma in n-step targets)",
        _truncated,
        (
            (_cut_as_end, "a truncated episode is taken for one that terminated"),
            (_cut_to_reset, "after a cut, next_obs is the first observation of the next episode"),
            *((_wrong_power(n), f"{n} rewards, but gamma instead of gamma**{n} for what follows") for n in range(2, 8)),
        ),
    ),
    Probe(
        "terminal in the middle",
        "0, then 1 and the end, whose next_obs is the start. Q = gamma and 1: ends and other steps share a batch.",
        "the terminal mask, row by row",
        _terminal_in_the_middle,
        (
            (lambda gamma: [[gamma / (1 - gamma**2)], [1 / (1 - gamma**2)]], NOT_MASKED),
            (_average_of_batch, "every row gets the average of all next values: (B,) against (B, 1)"),
        ),
    ),
)

PROBES = (*FIRST_PROBES, *LATER_PROBES)
BY_NAME = {probe.name: probe for probe in PROBES}
