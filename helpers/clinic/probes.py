"""The probe suite: run it on your own agent, and read in words what is probably broken.

    print(run_probes(make_agent))

`make_agent(observation_space, action_space, seed)` returns an agent with the two verbs `act` and `learn`.
"""

import time
from collections.abc import Callable
from functools import partial

import numpy as np

from helpers.clinic.behaviour import ACTING, ASKING, GREEDY, TWINS, behaviour_checks, values_of
from helpers.clinic.findings import GUESS, Finding, Report
from helpers.envs.probe_worlds import FIRST_PROBES, LATER_PROBES, PROBES, Probe, ProbeWorld
from helpers.loop import train

GAMMA = 0.8  # so small that a value is known after a few dozen sweeps
NUM_STEPS = 1_000  # env steps in each probe
TOLERANCE = 0.1  # of the largest |Q*| in a probe
CHANGE_AT = 2 / 3  # of the steps: where a world with something new changes
FIRST_NAMES = (*(probe.name for probe in FIRST_PROBES), GREEDY, TWINS)  # the nine checks that there were first
LATER_NAMES = (*(probe.name for probe in LATER_PROBES), ACTING, ASKING)
NAMES = (*(probe.name for probe in PROBES), GREEDY, TWINS, ACTING, ASKING)


def run_probes(
    make_agent: Callable,
    *,
    gamma: float = GAMMA,
    num_steps: int = NUM_STEPS,
    seed: int = 0,
    seconds: float = 60.0,
    only: tuple[str, ...] = NAMES,
    to_the_first: bool = False,
) -> Report:
    """Let fresh agents learn in the probe environments, watch how they behave, and say what is broken.

    make_agent(observation_space, action_space, seed): an agent that discounts by `gamma` and explores by itself. Its
        Q is read from `agent.q_values(obs)`, (O,) -> (A,); without that method only its greedy actions are judged.
        Where the numbers of an observation are of different sizes, `observation_space.high` says of which. If
        `make_agent.with_memory(size)` gives a maker of agents whose memory holds that many transitions, one probe
        makes the memory smaller than the run.
    gamma: with a discount near 1 a value travels one step a copy of the target and grows for long. At 0.99 the
        default thousand steps are too few even for a right agent in `truncated`: use 0.8, or give more steps.
    num_steps: env steps in each probe. Give a slow learner more.
    seconds: no step begins in a probe that has lasted longer; it then counts as failed.
    only: names, of helpers.clinic.probes.NAMES, where not all are wanted.
    to_the_first: whether to stop at the first that fails, which is the one to mend.
    An agent that raises an error fails that probe; the error is part of the report.
    """
    if not 0 <= gamma < 1:
        raise ValueError(f"The known answers need 0 <= gamma < 1, the discount of your agent; `gamma` was {gamma}.")
    if unknown := set(only) - set(NAMES):
        raise ValueError(f"`only` takes names of probes, {', '.join(NAMES)}; it had {sorted(unknown)}.")
    pupils = {}  # name of a probe -> the agent that learnt in it
    checks: dict[str, Callable[[], Finding]] = {
        probe.name: partial(_examine, probe, make_agent, gamma, num_steps, seed, seconds, pupils) for probe in PROBES
    }
    checks |= behaviour_checks(make_agent, seed, pupils)
    findings = []
    for name in (name for name in checks if name in only):
        findings.append(_careful(name, checks[name]))
        if to_the_first and findings[-1].passed is False:
            break
    return Report(tuple(findings))


def _careful(name: str, check: Callable[[], Finding]) -> Finding:
    """What `check` finds; an error of the agent is a finding too."""
    try:
        return check()
    except Exception as error:
        return Finding(name, False, f"the agent raised {type(error).__name__}: {error}")


def _examine(probe: Probe, make_agent, gamma, num_steps, seed, seconds, pupils) -> Finding:
    """Train a fresh agent in one probe environment, and compare its Q with Q*."""
    env = probe.make()
    env.change_at = round(CHANGE_AT * num_steps)
    if probe.fills_memory and hasattr(make_agent, "with_memory"):
        make_agent = make_agent.with_memory(env.change_at)
    agent = make_agent(env.observation_space, env.action_space, seed)
    before = values_of(agent, env.observations)
    _train(env, agent, num_steps, seed, seconds)
    pupils[probe.name] = agent
    known, measured = env.known_q(gamma), values_of(agent, env.observations)  # (S, A) each
    if before is None or measured is None:
        return _judge_actions(probe, agent, env, known)
    if measured.shape != known.shape or not np.all(np.isfinite(measured)):
        words = f"q_values must give {known.shape[1]} finite numbers for one observation; it gave {measured[0]}"
        return Finding(probe.name, False, words, known)
    if np.abs(measured - known).max() <= TOLERANCE * np.abs(known).max():
        return Finding(probe.name, True, f"Q is right to within {TOLERANCE:.0%} of the largest", known, measured)
    words = f"Q is {_row(measured)}, and should be {_row(known)}. {_suspicion(probe, before, measured, known, gamma)}"
    return Finding(probe.name, False, words, known, measured)


def _train(env: ProbeWorld, agent, num_steps: int, seed: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds

    def watch(agent) -> dict:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{num_steps:,} env steps were not done in {seconds:.0f} s")
        return {}

    history = train(env, agent, num_steps, seed, measure=watch, measure_every=20, progress=False)
    if history.env_steps < num_steps:  # the stop button: `train` ends quietly, and so must the whole suite
        raise KeyboardInterrupt


def _suspicion(probe: Probe, before, measured, known, gamma: float) -> str:
    """The fault that would give these values, or else the part that this probe isolates. All arrays (S, A)."""
    if np.array_equal(before, measured):
        return "It is what it was before the first step: nothing is learnt, or the weights that act are never renewed."
    for of_fault, name in probe.signs:
        faulty = np.asarray(of_fault(gamma), float)
        if np.abs(measured - faulty).max() <= TOLERANCE / 2 * max(1, np.abs(faulty).max()):
            return f"These are also the values of one fault: {name}."
    if len(known) > 1 and np.ptp(measured, axis=0).max() < TOLERANCE * np.ptp(known, axis=0).max():
        return "All observations get the same value: they do not arrive (whole numbers?), or the rows are mixed."
    return f"{GUESS}{probe.broken}."


def _row(values) -> str:
    return " ".join(f"{value:.2f}" for value in np.ravel(values))


def _judge_actions(probe: Probe, agent, env: ProbeWorld, known) -> Finding:
    """Without q_values: is the best action chosen, where there is a best one?"""
    if known.shape[1] == 1:
        return Finding(
            probe.name, None, "the agent has no q_values, and there is no choice here by which to judge it", known
        )
    chosen = [agent.act(obs, explore=False) for obs in env.observations]
    if chosen == known.argmax(axis=1).tolist():
        return Finding(
            probe.name, True, "the best action is chosen for each observation (no q_values to look at)", known
        )
    words = f"actions {chosen} are chosen, best were {known.argmax(axis=1).tolist()}. {GUESS}{probe.broken}."
    return Finding(probe.name, False, words, known)
