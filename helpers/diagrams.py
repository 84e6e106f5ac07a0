"""Backup diagrams: whose values a new value is made of (Sutton & Barto, sections 3.5 and 3.6).

Filled dots are actions, rings are states. An arc says that the best of the branches counts; without, they are averaged.
"""

import numpy as np
from matplotlib.patches import Arc

from helpers.plotting import COLOURS

KINDS = {  # kind: (what is at the root, all that may follow or one sample of it, the best next action or the policy's)
    "max": ("action", "all", "best"),  # value iteration
    "expected": ("action", "all", "all"),  # the value of a policy
    "sampled max": ("action", "one", "best"),  # Q-learning
    "sampled": ("action", "one", "one"),  # SARSA
    "expected state": ("state", "all", "none"),  # V of a policy
    "sampled state": ("state", "one", "none"),  # TD(0)
}
TALL, WIDE = 1.0, 1.1


def plot_backup(ax, kind: str, title: str = ""):
    """One diagram from the top down: what is updated, what the world may do, what the agent may do then."""
    if kind not in KINDS:
        raise ValueError(f"`kind` must be one of {', '.join(KINDS)}; it was {kind!r}.")
    root, world, agent = KINDS[kind]
    middle = (0.0, 0.0)
    if root == "state":
        parts = (-WIDE / 2, WIDE / 2) if world == "all" else (0.0,)
        for x in parts:
            _line(ax, middle, (x, -TALL))
            _dot(ax, (x, -TALL), "action")
        starts, height = [(x, -TALL) for x in parts], -2 * TALL
    else:
        starts, height = [middle], -TALL
    rings = []
    for start in starts:
        spread = WIDE / len(starts)
        for x in (-spread, 0.0, spread) if world == "all" and root == "action" else _pair(world, spread / 2):
            rings.append((start[0] + x, height))
            _line(ax, start, rings[-1])
    for ring in rings:
        if agent != "none":
            _choices(ax, ring, agent)
        _dot(ax, ring, "state")
    _dot(ax, middle, root, "#D55E00")
    ax.set_title(title, loc="center")
    ax.set(xlim=(-1.75, 1.75), ylim=(height - (TALL if agent != "none" else 0) - 0.35, 0.3), aspect="equal")
    ax.axis("off")
    return ax


def plot_chain(ax, num_steps: int, title: str = "", ends: bool = False):
    """One sample of `num_steps` steps from a state down: an estimate from several real rewards.

    ends: it goes on to the end of the episode, a grey square, as Monte Carlo does.
    """
    if not num_steps >= 1:
        raise ValueError(f"A sample has 1 step or more; `num_steps` was {num_steps}.")
    for level in range(2 * num_steps):
        _line(ax, (0.0, -TALL * level), (0.0, -TALL * (level + 1)))
        _dot(ax, (0.0, -TALL * (level + 1)), "state" if level % 2 else "action")
    if ends:
        ax.plot(0.0, -2 * TALL * num_steps, "s", markersize=15, mfc="#b0b0b0", mec=COLOURS["exact"], zorder=3)
    _dot(ax, (0.0, 0.0), "state", "#D55E00")
    ax.set_title(title, loc="center")
    ax.set(xlim=(-1.75, 1.75), ylim=(-2 * TALL * num_steps - 0.35, 0.3), aspect="equal")
    ax.axis("off")
    return ax


def _pair(world: str, apart: float) -> tuple[float, ...]:
    return (-apart, apart) if world == "all" else (0.0,)


def _choices(ax, ring, agent: str) -> None:
    """The next actions below a state; the arc of a maximum across their branches."""
    for x in (-0.32, 0.32) if agent != "one" else (0.0,):
        end = (ring[0] + x, ring[1] - TALL)
        _line(ax, ring, end)
        _dot(ax, end, "action")
    if agent == "best":
        angle = np.degrees(np.arctan2(0.32, TALL))
        ax.add_patch(Arc(ring, 1.1, 1.1, theta1=270 - angle, theta2=270 + angle, linewidth=1.6, color=COLOURS["exact"]))


def _line(ax, start, end) -> None:
    ax.plot(*zip(start, end, strict=True), color=COLOURS["random"], linewidth=1.3, zorder=1)


def _dot(ax, place, kind: str, colour: str = COLOURS["exact"]) -> None:
    face = colour if kind == "action" else "white"
    ax.plot(*place, "o", markersize=9 if kind == "action" else 15, mfc=face, mec=colour, markeredgewidth=1.6, zorder=2)
