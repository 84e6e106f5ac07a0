"""The probe suite for agents that learn a policy: run it on your own, and read in words what is probably broken.

    print(run_policy_probes(make_agent))

`make_agent(observation_space, action_space, seed)` returns an agent with the verbs `act_many` and `learn_many`.
"""

import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from helpers.clinic.policy_audit import AUDITS, audit
from helpers.clinic.probes import GAMMA, GUESS, Finding, Report
from helpers.envs.policy_probe_worlds import (
    AUDITED,
    BY_NAME,
    ONE_UPDATE,
    POLICY_PROBES,
    TIE,
    PolicyProbe,
    values_and_visits,
)
from helpers.loop import train
from helpers.parts import restorer, state_of

NUM_ENVS = 16  # environments side by side
NUM_STEPS = 1_280  # env steps in each probe, of all environments together
TOLERANCE = 0.1  # of the largest |V| in a probe
SURE = 0.8  # the probability with which the better action must be taken, and none where both are equally good
SLACK = 2.0  # times the clip beyond 1: how far the first update may take a probability
OFTEN = 0.1  # visits in an episode from which a place counts
ASKED = 2_000  # times for one observation
AS_IT_SAYS, ONE_SEED = "acts as it says", "one seed"  # how an agent behaves
NAMES = (AS_IT_SAYS, ONE_SEED, *AUDITS, *BY_NAME)
LIFE = 40  # steps of each environment in which two agents of one seed are compared


def run_policy_probes(
    make_agent: Callable,
    *,
    gamma: float = GAMMA,
    num_envs: int = NUM_ENVS,
    num_steps: int = NUM_STEPS,
    seed: int = 0,
    seconds: float = 60.0,
    only: tuple[str, ...] = NAMES,
) -> Report:
    """Watch how an untrained agent behaves, look into its first updates, let it learn in the probes; say what is broken.

    make_agent(observation_space, action_space, seed): an agent that discounts by `gamma` and learns from `num_envs`
        environments. Its probabilities are read from `agent.policy(obs).probs`, (B, O) -> (B, A), and V from
        `agent.values(obs)`, (B, O) -> (B,). Without `policy` its best actions are judged, without `values` no value.
        What the clip and the entropy should do is read from `agent.config.clip` and `agent.config.entropy`.
    num_steps: env steps in each probe. Give a slow learner more.
    seconds: no step begins in a probe that has lasted longer; it then counts as failed.
    only: names, of helpers.clinic.policy_probes.NAMES, where not all are wanted.
    One agent serves for all probes where it names what learning changes (`saved`): it is put back to its first state.
    An agent that raises an error fails that probe; the error is part of the report.
    """
    if not 0 <= gamma < 1:
        raise ValueError(f"The known answers need 0 <= gamma < 1, the discount of your agent; `gamma` was {gamma}.")
    if unknown := set(only) - set(NAMES):
        raise ValueError(f"`only` takes names of probes, {', '.join(NAMES)}; it had {sorted(unknown)}.")
    pupils = Pupils(make_agent, num_envs, seed)
    checks: dict[str, Callable] = {AS_IT_SAYS: partial(_as_it_says, pupils), ONE_SEED: partial(_one_seed, pupils)}
    findings = [finding for name, check in checks.items() if name in only for finding in _careful((name,), check)]
    if set(only) & set(AUDITS):
        audited = _careful(AUDITS, lambda: audit(pupils.fresh(), num_envs, seed))
        findings += [finding for finding in audited if finding.name in only]
    for probe in POLICY_PROBES:
        if probe.name in only:
            findings += _careful((probe.name,), partial(_examine, probe, pupils, gamma, num_steps, seconds))
    return Report(tuple(findings))


class Pupils:
    """Untrained agents of one seed; one and the same, put back to its first state, where its parts are known."""

    def __init__(self, make_agent: Callable, num_envs: int, seed: int):
        envs = AUDITED.make_many(num_envs)
        self.make = partial(make_agent, envs.single_observation_space, envs.single_action_space)
        self.num_envs, self.seed = num_envs, seed
        self.agent: Any = None
        self.first: dict[str, np.ndarray] = {}

    def fresh(self):
        """An agent that has learnt nothing."""
        if self.agent is None or not self.first:
            self.agent = self.make(self.seed)
            self.first = state_of(self.agent) if hasattr(self.agent, "saved") else {}
        else:
            restorer(self.agent, self.first)()
        return self.agent


def _careful(names: tuple[str, ...], check: Callable) -> tuple[Finding, ...]:
    """What `check` finds; an error of the agent is a finding too."""
    try:
        found = check()
        return (found,) if isinstance(found, Finding) else found
    except Exception as error:
        return tuple(Finding(name, False, f"the agent raised {type(error).__name__}: {error}") for name in names)


# --- how it behaves ---------------------------------------------------------------------------------------------------


def _as_it_says(pupils: Pupils) -> Finding:
    """What is drawn against `policy`; and explore=False: one answer, the most probable one, and nothing changed."""
    agent, world = pupils.fresh(), AUDITED.make()
    train(AUDITED.make_many(pupils.num_envs), agent, LIFE * pupils.num_envs, pupils.seed, progress=False)
    obs = world.observations[np.arange(ASKED) % len(world.observations)]  # (B, O)
    before = state_of(agent) if hasattr(agent, "saved") else {}
    best = np.asarray(agent.act_many(obs, explore=False))
    after = state_of(agent) if hasattr(agent, "saved") else {}
    if any(len(np.unique(best[place :: len(world.observations)])) > 1 for place in range(len(world.observations))):
        return Finding(
            AS_IT_SAYS, False, "act_many(obs, explore=False) gives several actions for one obs: chance is left on"
        )
    if changed := [name for name in before if not np.array_equal(before[name], after[name])]:
        return Finding(AS_IT_SAYS, False, f"act_many(obs, explore=False) changed the agent: {', '.join(changed)}")
    if not hasattr(agent, "policy"):
        return Finding(AS_IT_SAYS, None, "the agent has no `policy(obs)` that its actions could be compared with")
    probs = np.asarray(agent.policy(world.observations).probs)  # (S, A)
    drawn = np.asarray(agent.act_many(obs))
    for place, said in enumerate(probs):
        of_place = drawn[place :: len(probs)]
        share = np.bincount(of_place, minlength=len(said)) / len(of_place)
        if np.abs(share - said).max() > 5 * np.sqrt(said.max() * (1 - said.max()) / len(of_place)) + 1e-3:
            words = f"it says {_row(said)} and takes actions with shares {_row(share)}: what acts is not what learns"
            return Finding(AS_IT_SAYS, False, words)
        if said[best[place]] < said.max():
            return Finding(AS_IT_SAYS, False, "act_many(obs, explore=False) is not the most probable action")
    return Finding(AS_IT_SAYS, True, "actions come as often as it says, and explore=False takes the most probable one")


def _one_seed(pupils: Pupils) -> Finding:
    """The same life twice, the second time beside another agent."""
    alone = _life(pupils, None)
    beside = _life(pupils, pupils.make(pupils.seed + 1))
    if alone == beside:
        return Finding(ONE_SEED, True, "one seed, one run, also beside another agent")
    words = (
        "one seed gave two runs: something is drawn from a generator that the seed does not set, or others use it too"
    )
    return Finding(ONE_SEED, False, words)


def _life(pupils: Pupils, other) -> tuple[bytes, ...]:
    """What an agent does, and what it says in the end."""
    agent, envs, taken = pupils.fresh(), AUDITED.make_many(pupils.num_envs), []

    def beside(agent) -> dict:
        taken.append(bytes(np.asarray(agent.act_many(obs))))
        if other is not None:
            other.act_many(obs)
        return {}

    obs = np.resize(AUDITED.make().observations, (pupils.num_envs, *envs.single_observation_space.shape))
    train(
        envs, agent, LIFE * pupils.num_envs, pupils.seed, measure=beside, measure_every=pupils.num_envs, progress=False
    )
    return tuple(taken)


# --- what it learns ---------------------------------------------------------------------------------------------------


def _examine(probe: PolicyProbe, pupils: Pupils, gamma: float, num_steps: int, seconds: float) -> Finding:
    """Let a fresh agent learn in one probe, and compare what it does, and what it says of it, with what is right."""
    agent, world = pupils.fresh(), probe.make()
    config = getattr(agent, "config", None)
    said = [_probabilities(agent, world)]  # (S, A) each, after every step of the environments
    deadline = time.monotonic() + seconds

    def watch(agent) -> dict:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{num_steps:,} env steps were not done in {seconds:.0f} s")
        if probe.name == ONE_UPDATE and np.array_equal(said[-1], said[0]):
            said.append(_probabilities(agent, world))
        return {}

    options = {"measure": watch, "measure_every": pupils.num_envs, "progress": False}
    history = train(probe.make_many(pupils.num_envs), agent, num_steps, pupils.seed, **options)
    if history.env_steps < num_steps:  # the stop button: `train` ends quietly, and so must the whole suite
        raise KeyboardInterrupt
    policy = _probabilities(agent, world)  # (S, A)
    if not np.all(np.isfinite(policy)) or policy.shape != (len(world.moves), 2):
        return Finding(probe.name, False, f"its probabilities are no probabilities: {policy.tolist()}")
    has_policy = hasattr(agent, "policy")
    if probe.name == TIE and not (has_policy and getattr(config, "entropy", 0) > 0):
        return Finding(probe.name, None, "nothing is paid for entropy in its config, so there is nothing to see")
    if probe.name == ONE_UPDATE:
        clip = getattr(config, "clip", math.inf)
        if not (has_policy and math.isfinite(clip)):
            return Finding(probe.name, None, "the agent has no `config.clip`, or no `policy` that it could be seen in")
        return _judge_update(probe, said, clip)
    judged = (_judge_policy(probe, policy), _judge_values(probe, agent, world, policy, gamma))
    if wrong := [words for passed, words in judged if not passed]:
        return Finding(probe.name, False, " ".join(wrong))
    return Finding(probe.name, True, "; ".join(words for _, words in judged if words))


def _probabilities(agent, world) -> np.ndarray:
    """(S, A) of a policy; without one, 1 for the action that it takes for the best."""
    if hasattr(agent, "policy"):
        return np.array(agent.policy(world.observations).probs, float)
    return np.eye(2)[np.asarray(agent.act_many(world.observations, explore=False))]


def _judge_policy(probe: PolicyProbe, policy) -> tuple[bool, str]:
    """Whether the better action is the usual one; of two that are alike neither."""
    if probe.name == TIE:
        if policy.max() <= SURE:
            return True, "it keeps both actions"
        return (
            False,
            f"one of two equal actions has the probability {policy.max():.2f}. One fault has this: {probe.policy_sign}.",
        )
    for place, best in enumerate(probe.best):
        if policy[place, best] < SURE:
            words = f"the better action of place {place} has the probability {policy[place, best]:.2f}."
            if probe.policy_sign and policy[place, best] < 1 - SURE:
                return False, f"{words} One fault does this: {probe.policy_sign}."
            return False, f"{words} {GUESS}{probe.broken}."
    return True, "the better action is taken" if probe.best else ""


def _judge_values(probe: PolicyProbe, agent, world, policy, gamma: float) -> tuple[bool, str]:
    """Whether V is that of the policy which the agent has, where it comes often enough."""
    if not probe.values or not hasattr(agent, "values"):
        return True, ""
    known, visits = values_and_visits(world, policy, gamma)  # (S,) each
    measured = np.array(agent.values(world.observations), float)  # (S,)
    if measured.shape != known.shape or not np.all(np.isfinite(measured)):
        return False, f"`values` must give a finite number for each of {len(known)} observations; it gave {measured}."
    often = visits >= OFTEN
    known, measured = known[often], measured[often]
    tolerance = TOLERANCE * max(np.abs(known).max(), 0.1)
    if np.abs(measured - known).max() <= tolerance:
        return True, f"V is right to within {TOLERANCE:.0%} of the largest"
    words = f"V is {_row(measured)}, and should be {_row(known)}."
    for of_fault, name in probe.value_signs:
        wrong = np.array(of_fault(gamma), float)[often]
        if np.abs(measured - wrong).max() <= TOLERANCE * max(np.abs(wrong).max(), 0.1):
            return False, f"{words} One fault has these values: {name}."
    return False, f"{words} {GUESS}{probe.broken}."


def _judge_update(probe: PolicyProbe, said: list[np.ndarray], clip: float) -> Finding:
    """How far the first update took a probability."""
    if len(said) < 2 or np.array_equal(said[0], said[-1]):
        return Finding(probe.name, False, "it is what it was before the first step: nothing is learnt")
    times = float((said[-1] / said[0]).max())
    words = f"one update made a probability {times:.2f} times as large, and the clip is {clip}"
    if times <= 1 + SLACK * clip:
        return Finding(probe.name, True, words)
    return Finding(probe.name, False, f"{words}. {GUESS}{probe.broken}.")


def _row(values) -> str:
    return " ".join(f"{value:.2f}" for value in np.ravel(values))
