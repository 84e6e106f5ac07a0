"""The second half of the repair of `helpers.clinic.broken`: from a program that runs to one that learns.

The faults that are left (`helpers.clinic.mistakes`) are put into the course's `DQN`, which does the same arithmetic in
one compiled call. `LADDER` takes them out again one by one; its last rung is `DQN` with `DQNConfig()`.
"""

# Mistakes leave something out.
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false

import difflib
import inspect
import textwrap
from dataclasses import replace
from typing import NamedTuple

from helpers.clinic.mistakes import ClockKills, CopiesEveryStep, NoMask, WholeArray
from helpers.dqn import DQN, DQNConfig


class Listed(NoMask, WholeArray, CopiesEveryStep):
    """The program once it runs: `Called`, compiled."""


class OneOutput(NoMask, CopiesEveryStep):
    """The error of the action taken, and no array."""


class Masked(ClockKills, CopiesEveryStep):
    """The target stops where the loop stops: the first mask that comes to mind."""


class Rung(NamedTuple):
    """A step of the repair, as a DQN."""

    mend: str
    agent_class: type[DQN]
    config: DQNConfig
    num_steps: int  # env steps of a recorded run


SHORT, LONG = 10_000, 100_000  # env steps; a program that learns at every step is too slow for the long run
ONLINE = DQNConfig(
    obs_scale=None,
    learning_rate=1e-3,
    learning_rate_steps=None,
    batch_size=1,
    buffer_size=1,  # the newest transition, and nothing else
    learning_starts=1,
    learn_every=1,
    gradient_steps=1,
    target_every=1,
    epsilon_start=0.0,
    epsilon_end=0.0,
)
EXPLORES = replace(ONLINE, epsilon_start=1.0, epsilon_end=0.05)
REMEMBERS = replace(EXPLORES, buffer_size=100_000, batch_size=64, learning_starts=1_000, learn_every=4)
IN_BURSTS = replace(REMEMBERS, learn_every=256, gradient_steps=64, target_every=64)
SCALED = replace(IN_BURSTS, obs_scale=DQNConfig().obs_scale)
SLOWS_DOWN = replace(SCALED, learning_rate=2e-3, learning_rate_steps=25_000)

LADDER = (
    Rung("compiled", Listed, ONLINE, SHORT),
    Rung("one output", OneOutput, ONLINE, SHORT),
    Rung("mask", Masked, ONLINE, SHORT),
    Rung("exploration", Masked, EXPLORES, SHORT),
    Rung("replay", Masked, REMEMBERS, LONG),
    Rung("bursts", Masked, IN_BURSTS, LONG),
    Rung("target network", ClockKills, IN_BURSTS, LONG),
    Rung("scaling", ClockKills, SCALED, LONG),
    Rung("falling step size", ClockKills, SLOWS_DOWN, LONG),
    Rung("right mask", DQN, SLOWS_DOWN, LONG),
)


def difference(before, after) -> str:
    """What a mend changes: the lines of two methods, or of two configurations, that differ, with - and +.

    Either may be None: all of the other goes, or comes. Lines that are left out between two changes are shown as "...".
    """
    changed = list(difflib.unified_diff(_lines_of(before), _lines_of(after), lineterm="", n=1))[3:]
    return "\n".join(" ..." if line.startswith("@@") else line for line in changed)


def _lines_of(thing) -> list[str]:
    if thing is None:
        return []
    if isinstance(thing, DQNConfig):
        return [f"{name} = {value}" for name, value in vars(thing).items()]
    lines = textwrap.dedent(inspect.getsource(thing)).splitlines()
    return [line.partition("  # noqa")[0] for line in lines]
