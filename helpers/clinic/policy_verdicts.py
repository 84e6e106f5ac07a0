"""What an agent has learnt in a probe against what is right: its probabilities, its values, and its first update."""

import math

import numpy as np

from helpers.clinic.findings import GUESS
from helpers.clinic.policy_behaviour import in_a_row
from helpers.envs.policy_probe_worlds import ONE_UPDATE, TIE, PolicyProbe
from helpers.envs.probe_worlds import ProbeWorld
from helpers.exact_policy import state_values, visits

TOLERANCE = 0.1  # of the largest |V| in a probe
SURE = 0.8  # the probability that the better action must reach, and no action may pass where both are equally good
SLACK = 2.0  # the first update may multiply a probability by 1 + SLACK * clip
OFTEN = 0.1  # visits in an episode from which a place counts

Verdict = tuple[bool | None, str]  # whether it passes (None: there is nothing to see), and why


def verdict(probe: PolicyProbe, agent, said: list[np.ndarray], gamma: float) -> Verdict:
    """All that a probe asks. said: the probabilities (S, A) before, after the first update, and at the end."""
    config, has_policy = getattr(agent, "config", None), hasattr(agent, "policy")
    policy = said[-1]
    if not np.all(np.isfinite(policy)):
        return False, f"its probabilities are not finite: {policy.tolist()}"
    if probe.name == TIE and not (has_policy and getattr(config, "entropy", 0) > 0):
        return None, "nothing is paid for entropy in its config, so there is nothing to see"
    if probe.name == ONE_UPDATE:
        clip = getattr(config, "clip", math.inf)
        if not (has_policy and math.isfinite(clip)):
            return None, "the agent has no `config.clip`, or no `policy` in which it could be seen"
        return _of_update(probe, said, clip)
    judged = (_of_policy(probe, policy), _of_values(probe, agent, probe.make(), policy, gamma))
    wrong = " ".join(words for passed, words in judged if not passed)
    if wrong and probe.best and np.array_equal(said[0], policy):
        return (
            False,
            "It is what it was before the first step: nothing is learnt, or the weights that act stay as they were.",
        )
    return not wrong, wrong or "; ".join(words for _, words in judged if words)


def probabilities(agent, world: ProbeWorld) -> np.ndarray:
    """(S, A) of a policy; without one, 1 for the action that the agent takes for the best."""
    if hasattr(agent, "policy"):
        return np.array(agent.policy(world.observations).probs, float)
    return np.eye(2)[np.asarray(agent.act_many(world.observations, explore=False))]


def values_and_visits(world: ProbeWorld, policy, gamma: float) -> tuple[np.ndarray, np.ndarray]:
    """V of a policy (S, A), and how often an episode comes to each place, (S,) each. No time limit is counted."""
    at_the_end = np.full((1, policy.shape[1]), 1 / policy.shape[1])
    policy = np.vstack([policy, at_the_end])
    start = np.bincount(world.starts, minlength=len(policy)) / len(world.starts)
    came = visits(world.P, world.R, policy, start, gamma)
    return state_values(world.P, world.R, policy, gamma)[:-1], came[:-1]


def _of_policy(probe: PolicyProbe, policy) -> tuple[bool, str]:
    """Whether the better action is the usual one; of two that are equally good, neither."""
    if probe.name == TIE:
        words = f"one of two equal actions has the probability {policy.max():.2f}"
        return (True, "it keeps both actions") if policy.max() <= SURE else (False, f"{words}: {probe.policy_sign}.")
    for place, best in enumerate(probe.best):
        if policy[place, best] < SURE:
            words = f"in place {place} the better action has the probability {policy[place, best]:.2f}."
            if probe.policy_sign and policy[place, best] < 1 - SURE:
                return False, f"{words} A fault that does this: {probe.policy_sign}."
            return False, f"{words} {GUESS}{probe.broken}."
    return True, "the better action is taken" if probe.best else ""


def _of_values(probe: PolicyProbe, agent, world: ProbeWorld, policy, gamma: float) -> tuple[bool, str]:
    """Whether V is that of the policy which the agent has, where it comes often enough."""
    if not probe.values or not hasattr(agent, "values"):
        return True, ""
    known, came = values_and_visits(world, policy, gamma)  # (S,) each
    unit = getattr(getattr(agent, "config", None), "reward_scale", 1.0)
    measured = unit * np.array(agent.values(world.observations), float)  # (S,)
    if measured.shape != known.shape or not np.all(np.isfinite(measured)):
        return False, f"`values` must give a finite number for each of {len(known)} observations; it gave {measured}."
    often = came >= OFTEN
    if _near(measured[often], known[often]):
        return True, f"V is right to within {TOLERANCE:.0%} of the largest"
    words = f"V is {in_a_row(measured[often])}, and should be {in_a_row(known[often])}."
    for of_fault, name in probe.value_signs:
        if _near(measured[often], np.array(of_fault(gamma), float)[often]):
            return False, f"{words} A fault that gives these values: {name}."
    return False, f"{words} {GUESS}{probe.broken}."


def _near(measured, wanted) -> bool:
    return np.abs(measured - wanted).max() <= TOLERANCE * max(np.abs(wanted).max(), 0.1)


def _of_update(probe: PolicyProbe, said: list[np.ndarray], clip: float) -> tuple[bool, str]:
    """How far the first update took a probability."""
    before, after = said[:2]
    if np.array_equal(before, after):
        return (
            False,
            "It is what it was before the first step: nothing is learnt, or the weights that act stay as they were.",
        )
    times = float((after / before).max())
    words = f"one update made a probability {times:.2f} times as large, and the clip is {clip}"
    return (True, words) if times <= 1 + SLACK * clip else (False, f"{words}. {GUESS}{probe.broken}.")
