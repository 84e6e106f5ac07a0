"""The probe suite for agents that learn a policy: run it on your own, and read in words what is probably broken.

    print(run_policy_probes(make_agent))

`make_agent(observation_space, action_space, seed)` returns an agent with the verbs `act_many` and `learn_many`.
"""

import time
from collections.abc import Callable
from functools import partial

import numpy as np

from helpers.clinic.findings import Finding, Report
from helpers.clinic.policy_audit import AUDITS, audit
from helpers.clinic.policy_behaviour import (
    AS_IT_SAYS,
    BEHAVIOURS,
    ONE_SEED,
    Pupils,
    acts_as_it_says,
    follows_from_its_seed,
)
from helpers.clinic.policy_verdicts import probabilities, verdict
from helpers.clinic.probes import GAMMA
from helpers.envs.policy_probe_worlds import BY_NAME, POLICY_PROBES, PolicyProbe
from helpers.loop import train

NUM_ENVS = 16  # environments side by side
NUM_STEPS = 1_280  # env steps in each probe, of all environments together
NAMES = (*BEHAVIOURS, *AUDITS, *BY_NAME)


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
    """Watch how an agent behaves, look into its first updates, let it learn in twelve probes, and say what is broken.

    make_agent(observation_space, action_space, seed): an agent that discounts by `gamma` and learns from `num_envs`
        environments. Its probabilities are read from `agent.policy(obs).probs`, (B, O) -> (B, A), and V from
        `agent.values(obs)`, (B, O) -> (B,). Without `policy` its best actions are judged, without `values` no value.
        What the clip and the entropy should do is read from `agent.config.clip` and `agent.config.entropy`. The numbers
        of `helpers.clinic.policy_zoo.PROBE_CONFIG` fit the probes; with others a right agent may need more steps.
    num_steps: env steps in each probe. Give a slow learner more.
    seconds: of the processor. No step begins in a probe that has taken more; it then counts as failed.
    only: names, of helpers.clinic.policy_probes.NAMES, where not all are wanted.
    One agent serves for all probes where it names what learning changes (`saved`): it is put back to its first state.
    An agent that raises an error fails that probe; the error is part of the report.
    """
    if not 0 <= gamma < 1:
        raise ValueError(f"The known answers need 0 <= gamma < 1, the discount of your agent; `gamma` was {gamma}.")
    if unknown := set(only) - set(NAMES):
        raise ValueError(f"`only` takes names of probes, {', '.join(NAMES)}; it had {sorted(unknown)}.")
    pupils = Pupils(make_agent, num_envs, seed)
    _check_numbers(pupils.fresh(), gamma=gamma, num_envs=num_envs)
    checks: dict[tuple[str, ...], Callable] = {
        (AS_IT_SAYS,): partial(acts_as_it_says, pupils),
        (ONE_SEED,): partial(follows_from_its_seed, pupils),
        AUDITS: lambda: audit(pupils.fresh(), num_envs, seed),
    }
    checks |= {(probe.name,): partial(_examine, probe, pupils, gamma, num_steps, seconds) for probe in POLICY_PROBES}
    wanted = [(names, check) for names, check in checks.items() if set(names) & set(only)]
    findings = [finding for names, check in wanted for finding in _careful(names, check)]
    return Report(tuple(finding for finding in findings if finding.name in only))


def _check_numbers(agent, **numbers) -> None:
    """ValueError where the agent's config says something else."""
    for name, number in numbers.items():
        own = getattr(getattr(agent, "config", None), name, number)
        if own != number:
            raise ValueError(
                f"The agent's config says {name}={own}, and the probes were asked for {name}={number}: "
                f"they must be the same."
            )


def _careful(names: tuple[str, ...], check: Callable) -> tuple[Finding, ...]:
    """What `check` finds; an error of the agent is a finding too."""
    try:
        found = check()
        return (found,) if isinstance(found, Finding) else found
    except Exception as error:
        return tuple(Finding(name, False, f"the agent raised {type(error).__name__}: {error}") for name in names)


def _examine(probe: PolicyProbe, pupils: Pupils, gamma: float, num_steps: int, seconds: float) -> Finding:
    """Let a fresh agent learn in one probe, and judge it."""
    agent, world = pupils.fresh(), probe.make()
    before = probabilities(agent, world)  # (S, A)
    first = [before]  # then what the first update made of it
    deadline = time.process_time() + seconds

    def watch(agent) -> dict:
        if time.process_time() > deadline:
            raise TimeoutError(f"{num_steps:,} env steps were not done in {seconds:.0f} s of the processor")
        if np.array_equal(first[-1], before):
            first.append(probabilities(agent, world))
        return {}

    options = {"measure": watch, "measure_every": pupils.num_envs, "progress": False}
    history = train(probe.make_many(pupils.num_envs), agent, num_steps, pupils.seed, **options)
    if history.env_steps < num_steps:  # the stop button: `train` ends quietly, and so must the whole suite
        raise KeyboardInterrupt
    return Finding(probe.name, *verdict(probe, agent, [before, first[-1], probabilities(agent, world)], gamma))
