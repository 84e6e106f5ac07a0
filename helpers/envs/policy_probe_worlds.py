"""Probe environments for agents that learn a policy, so small that the best action and any policy's values are known.

Every observation has O = 6 numbers and there are always two actions, so that one agent fits all of these worlds.
`PolicyProbe.make_many` makes many at once. Read the results from the top, as in `helpers.envs.probe_worlds`.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from helpers.envs.probe_worlds import END, NOT_MASKED, Outcome, ProbeWorld

OBS_SIZE = 6  # O of every world here
ON = not END  # the episode goes on
ONE_UPDATE, TIE = "one update", "nothing to choose"  # two probes that are judged in their own ways


class PolicyProbe(NamedTuple):
    """One world, what it isolates, and what to think where an agent fails it."""

    name: str
    isolates: str
    broken: str  # what is probably broken if this is the first probe to fail
    make: Callable[[], ProbeWorld]
    best: Sequence[int] = ()  # the better action of the first places
    values: bool = True  # whether V can be learnt: it cannot where two places look alike
    value_signs: Sequence[tuple[Callable[[float], Sequence], str]] = ()  # gamma -> V (S,) of a known fault, its name
    policy_sign: str = ""  # the fault that makes the other action look better

    def make_many(self, num_envs: int) -> SyncVectorEnv:
        """`num_envs` copies of this world; none begins a new episode until it is asked to."""
        return SyncVectorEnv([self.make] * num_envs, autoreset_mode=AutoresetMode.DISABLED)


def _world(*moves, rows=None, **options) -> ProbeWorld:
    """A world of two actions. A place given as a single outcome has it for both; `rows` says how each place is seen."""
    both = [[[place], [place]] if isinstance(place, Outcome) else place for place in moves]
    rows = range(len(moves)) if rows is None else rows
    return ProbeWorld(both, observations=0.5 * np.eye(OBS_SIZE)[list(rows)], **options)


def _value() -> ProbeWorld:
    return _world(Outcome(1, 0))


def _observation() -> ProbeWorld:
    return _world(Outcome(-1, 0), Outcome(2, 1), starts=(0, 1))


def _two_steps() -> ProbeWorld:
    toss = [Outcome(0, 1, ON), Outcome(0, 2, ON)]
    return _world([toss, toss], Outcome(2, 0), Outcome(0, 0))


def _action() -> ProbeWorld:
    return _world([[Outcome(-1, 0)], [Outcome(1, 0)]])


def _observation_and_action() -> ProbeWorld:
    good, bad = [Outcome(1, 0)], [Outcome(-1, 0)]
    return _world([good, bad], [bad, good], starts=(0, 1))


def _scale() -> ProbeWorld:
    world = _observation_and_action()
    return ProbeWorld(world.moves, world.starts, observations=10 + 0.2 * world.observations)


def _nothing_to_choose() -> ProbeWorld:
    return _world(Outcome(0.5, 0))


def _later() -> ProbeWorld:
    fork = [[Outcome(0, 1, ON)], [Outcome(0, 2, ON)]]
    return _world(fork, Outcome(0, 3, ON), Outcome(0, 4, ON), Outcome(-1, 0), Outcome(1, 0))


def _end() -> ProbeWorld:
    return _world([[Outcome(1, 0)], [Outcome(0.5, 1, ON)]], Outcome(1, 1))


def _cut() -> ProbeWorld:
    return _world([[Outcome(1, 0)], [Outcome(-2, 1, ON)]], Outcome(1, 1, ON), time_limit=TIME_LIMIT)


def _next_episode() -> ProbeWorld:
    """Places 3 and 4 look alike and pay 1 and -1, so V is 0 in both. After every episode that begins in place 0 comes
    one that pays 1: an agent that counts that reward as its own will want to end its episode too soon."""
    question = [[Outcome(0, 0)], [Outcome(0, 1, ON)]]
    chain = Outcome(0, 2, ON), Outcome(0.3, 2)
    alike = Outcome(1, 3), Outcome(-1, 4)
    return _world(question, *chain, *alike, rows=(0, 1, 2, 3, 3), starts=(0, 3, 3, 4, 4), in_turn=True)


TIME_LIMIT = 4  # env steps of an episode of `cut`

POLICY_PROBES = (
    PolicyProbe(
        "value",
        "One observation, reward 1, the end. V = 1.",
        "the reward, the critic's loss and target, or the optimiser",
        _value,
        value_signs=(
            (lambda gamma: [1 / (1 - gamma)], NOT_MASKED),
            (
                lambda gamma: [0],
                "the critic's target is the advantage without the value, or is made of normalised advantages",
            ),
        ),
    ),
    PolicyProbe(
        "observation",
        "Two observations, one pays -1, the other 2. V is what each pays.",
        "the observation, or rows of one batch that do not belong together",
        _observation,
        value_signs=(
            (lambda gamma: [-1 / (1 - gamma), 2 / (1 - gamma)], NOT_MASKED),
            (lambda gamma: [-1, 1], "rewards are clipped to between -1 and 1"),
            (lambda gamma: [0.5, 0.5], "every row learns the average of all targets: (B,) against (B, 1)"),
        ),
    ),
    PolicyProbe(
        "two steps",
        "A step without reward, then a coin: heads pays 2, tails 0. V of the first step is gamma.",
        "the value of the next observation: next_obs, or the discount",
        _two_steps,
        value_signs=(
            (lambda gamma: [0, 2, 0], "no value comes back from the next step"),
            (lambda gamma: [1, 2, 0], "nothing is discounted"),
            (lambda gamma: [gamma**2, 2, 0], "it is discounted twice"),
            (lambda gamma: [gamma] * 3, "every row learns the average of all targets: (B,) against (B, 1)"),
        ),
    ),
    PolicyProbe(
        "action",
        "One observation, two actions that pay -1 and 1.",
        "the action or its log-probability: which one is stored, and the sign of the loss",
        _action,
        best=(1,),
        policy_sign="the sign of the gain, or of the advantage, is wrong",
    ),
    PolicyProbe(
        ONE_UPDATE,
        "The same as `action`. One update may multiply a probability by 1 + clip, and by little more.",
        "the clip: the ratio, the smaller of the two products, or the log-probabilities of before",
        _action,
        best=(1,),
    ),
    PolicyProbe(
        "observation and action",
        "Two observations, two actions: in each observation a different one pays 1, and the other pays -1.",
        "observation and action together: rows of one batch do not belong together",
        _observation_and_action,
        best=(0, 1),
    ),
    PolicyProbe(
        "scale",
        "The same once more, but the two observations are 10 and 10.1: far from 0 and close together.",
        "the scale of observations, which must be the same for acting and for learning",
        _scale,
        best=(0, 1),
    ),
    PolicyProbe(
        TIE,
        "One observation, and both actions pay 0.5. The bonus for entropy keeps both alive.",
        "the entropy",
        _nothing_to_choose,
        policy_sign="the sign of the entropy: certainty is rewarded",
    ),
    PolicyProbe(
        "later",
        "The first of three steps decides what the last one pays, 1 or -1.",
        "what comes back from later steps: the sum of TD errors, or its direction in time",
        _later,
        best=(1,),
    ),
    PolicyProbe(
        "end",
        "Take 1 and end, or take 0.5 and go on to a step that pays 1, which is better.",
        "the end: what is bootstrapped there",
        _end,
        best=(1,),
        value_signs=((lambda gamma: [1 / (1 - gamma), 1 / (1 - gamma)], NOT_MASKED),),
        policy_sign=NOT_MASKED,
    ),
    PolicyProbe(
        "cut",
        f"Take 1 and end, or pay 2 once for 1 at every step after, which is better. Cut after {TIME_LIMIT} steps.",
        "the cut by the time limit: whether, and with which observation, it is bootstrapped",
        _cut,
        best=(1,),
        policy_sign="a cut is taken for an end, or its next observation is the first one of the next episode",
    ),
    PolicyProbe(
        "next episode",
        "Take 0 and end, or go on for two steps and take 0.3, which is better whatever the next episode pays.",
        "the sum of TD errors, which must stop where an episode ends",
        _next_episode,
        best=(1,),
        values=False,
        policy_sign="the sum of TD errors runs on into the next episode",
    ),
)

AUDITED = PolicyProbe(  # not a probe: it is watched step by step, and nobody asks what is best in it
    "audited",
    "Episodes that end or are cut at different times, and random rewards.",
    "",
    lambda: _world(
        [[Outcome(1, 0), Outcome(-1, 0)], [Outcome(0.5, 1, ON)]],
        [[Outcome(1, 2, ON)], [Outcome(-1, 2, ON), Outcome(2, 1)]],
        [[Outcome(0, 2), Outcome(0, 1, ON)], [Outcome(1, 0, ON)]],
        starts=(0, 1),
        time_limit=TIME_LIMIT,
    ),
)
BY_NAME = {probe.name: probe for probe in POLICY_PROBES}
