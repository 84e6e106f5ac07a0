"""The probe suite: run it on your own agent, and read in words what is probably broken.

    print(run_probes(make_agent))

`make_agent(observation_space, action_space, seed)` returns an agent with the two verbs `act` and `learn`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from helpers.buffer import Transition
from helpers.envs.probe_worlds import BY_NAME, PROBES, Probe, ProbeWorld
from helpers.loop import train

GAMMA = 0.8  # so small that a value is known after a few dozen sweeps
NUM_STEPS = 1_000  # env steps in each probe
TOLERANCE = 0.1  # of the largest |Q*| in a probe
ASKED = 500  # times for one observation: with epsilon = 0.05 and three actions all agree with chance 4e-8
TWIN_STEPS = 200  # env steps side by side: long enough for gradient steps (PROBE_CONFIG learns from step 64 on)
GREEDY, TWINS = "greedy", "side by side"  # the two checks of how an agent behaves, which need no known answer
GUESS = "Probably broken: "
NAMES = (*(probe.name for probe in PROBES), GREEDY, TWINS)


@dataclass(frozen=True)
class Finding:
    """What one probe, or one of the two checks, says. `passed` is None where it could not look."""

    name: str
    passed: bool | None
    words: str
    known: np.ndarray | None = None  # (S, A)
    measured: np.ndarray | None = None  # (S, A)


@dataclass(frozen=True)
class Report:
    """All findings, in the order of the probes; as text, the page to read."""

    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether no probe failed, and at least one could look."""
        return not self.failed and any(finding.passed for finding in self.findings)

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the probes that failed."""
        return tuple(finding.name for finding in self.findings if finding.passed is False)

    def __str__(self) -> str:
        marks = {True: "passed", False: "FAILED", None: "not seen"}
        lines = []
        for finding in self.findings:  # a guess is worth reading at the first failure only: the others follow from it
            first = not self.failed or finding.name == self.failed[0]
            words = finding.words if first else finding.words.partition(GUESS)[0].strip()
            lines.append(f"{marks[finding.passed]:>8}  {finding.name}: {words}")
        if not self.failed:
            return "\n".join([*lines, "Nothing that these probes look at is broken."])
        return "\n".join([*lines, f"Begin with the first that failed ({self.failed[0]}), mend it, and probe again."])


def run_probes(
    make_agent: Callable,
    *,
    gamma: float = GAMMA,
    num_steps: int = NUM_STEPS,
    seed: int = 0,
    seconds: float = 60.0,
    only: tuple[str, ...] = NAMES,
) -> Report:
    """Let fresh agents learn in the seven probe environments, watch how they behave, and say what is broken.

    make_agent(observation_space, action_space, seed): an agent that discounts by `gamma` and explores by itself. Its
        Q is read from `agent.q_values(obs)`, (O,) -> (A,); without that method only its greedy actions are judged.
    gamma: with a discount near 1 a value travels one step a copy of the target and grows for long. At 0.99 the
        default thousand steps are too few even for a right agent in `truncated`: use 0.8, or give more steps.
    num_steps: env steps in each probe. Give a slow learner more.
    seconds: no step begins in a probe that has lasted longer; it then counts as failed.
    only: names, of helpers.clinic.probes.NAMES, where not all nine are wanted.
    An agent that raises an error fails that probe; the error is part of the report.
    """
    if not 0 <= gamma < 1:
        raise ValueError(f"The known answers need 0 <= gamma < 1, the discount of your agent; `gamma` was {gamma}.")
    if unknown := set(only) - set(NAMES):
        raise ValueError(f"`only` takes names of probes, {', '.join(NAMES)}; it had {sorted(unknown)}.")
    pupils = {}  # name of a probe -> the agent that learnt in it
    checks = {
        probe.name: partial(_examine, probe, make_agent, gamma, num_steps, seed, seconds, pupils) for probe in PROBES
    }
    checks |= {GREEDY: partial(_greedy, pupils), TWINS: partial(_side_by_side, make_agent, seed)}
    return Report(tuple(_careful(name, check) for name, check in checks.items() if name in only))


def _careful(name: str, check: Callable[[], Finding]) -> Finding:
    """What `check` finds; an error of the agent is a finding too."""
    try:
        return check()
    except Exception as error:
        return Finding(name, False, f"the agent raised {type(error).__name__}: {error}")


def _examine(probe: Probe, make_agent, gamma, num_steps, seed, seconds, pupils) -> Finding:
    """Train a fresh agent in one probe environment, and compare its Q with Q*."""
    env = probe.make()
    agent = make_agent(env.observation_space, env.action_space, seed)
    before = _values(agent, env)
    _train(env, agent, num_steps, seed, seconds)
    pupils[probe.name] = agent
    known, measured = env.known_q(gamma), _values(agent, env)  # (S, A) each
    if before is None or measured is None:
        return _judge_actions(probe, agent, env, known)
    if measured.shape != known.shape or not np.all(np.isfinite(measured)):
        words = f"q_values must give {known.shape[1]} finite numbers for one observation; it gave {measured[0]}"
        return Finding(probe.name, False, words, known)
    if np.abs(measured - known).max() <= TOLERANCE * np.abs(known).max():
        return Finding(probe.name, True, f"Q is right to within {TOLERANCE:.0%} of the largest", known, measured)
    words = f"Q is {_row(measured)}, and should be {_row(known)}. {_suspicion(probe, before, measured, known, gamma)}"
    return Finding(probe.name, False, words, known, measured)


def _values(agent, env: ProbeWorld) -> np.ndarray | None:
    """(S, A) the agent's Q in every place, or None where it has no `q_values`."""
    if not hasattr(agent, "q_values"):
        return None
    return np.array([np.asarray(agent.q_values(obs), float) for obs in env.observations])


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
            return f"One fault has these values: {name}."
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


def _greedy(pupils: dict) -> Finding:
    """Asked 500 times with explore=False, an agent must give one answer, and the one of its own Q."""
    agent = pupils.get("action")
    if agent is None:
        return Finding(GREEDY, None, "there is no agent that could be asked")
    obs = BY_NAME["action"].make().observations[0]
    chosen = {int(agent.act(obs, explore=False)) for _ in range(ASKED)}
    if len(chosen) > 1:
        return Finding(
            GREEDY, False, f"act(obs, explore=False) gave {sorted(chosen)} for one obs: exploration is left on"
        )
    if hasattr(agent, "q_values") and chosen != {int(np.argmax(agent.q_values(obs)))}:
        return Finding(GREEDY, False, f"act(obs, explore=False) gave {sorted(chosen)}, not the action of the largest Q")
    return Finding(GREEDY, True, "act(obs, explore=False) gives the same action each time")


def _side_by_side(make_agent, seed: int) -> Finding:
    """An agent follows from its seed alone: twice the same, and not otherwise when another one lives beside it."""
    alone, again, beside = (_life(make_agent, seed, company) for company in (False, False, True))
    if alone != again:
        words = "one seed gave two different runs: something is drawn from a generator that the seed does not set"
        return Finding(TWINS, False, words)
    if alone != beside:
        words = "a second agent beside it changed what it did: the two share a generator, a buffer or a network"
        return Finding(TWINS, False, words)
    return Finding(TWINS, True, "one seed, one run, with or without another agent beside it")


def _life(make_agent, seed: int, company: bool, num_steps: int = TWIN_STEPS) -> tuple[list[int], list]:
    """The actions of an agent that explores, and its Q at the end, with or without a second one that acts and learns
    in turn with it."""
    world = BY_NAME["observation and action"].make()
    seeds = (seed, seed + 1) if company else (seed,)
    agents = [make_agent(world.observation_space, world.action_space, own_seed) for own_seed in seeds]
    taken = []
    for step in range(num_steps):
        obs = world.observations[step % 2]
        for number, agent in enumerate(agents):
            action = int(agent.act(obs))
            agent.learn(Transition(obs, action, float(action), obs, True, False))
            if number == 0:
                taken.append(action)
    values = _values(agents[0], world)  # (S, A)
    return taken, [] if values is None else values.tolist()
