"""The one table of action -> name -> arrow."""

from typing import NamedTuple


class Action(NamedTuple):
    """One action as people see it."""

    name: str
    arrow: str
    step: tuple[int, int]  # (rows, columns) it moves on a grid


LEFT = Action("left", "←", (0, -1))
DOWN = Action("down", "↓", (1, 0))
RIGHT = Action("right", "→", (0, 1))
UP = Action("up", "↑", (-1, 0))

_ORDERS = {
    "GridWorld": (LEFT, DOWN, RIGHT, UP),
    "FrozenLakeEnv": (LEFT, DOWN, RIGHT, UP),
    "CliffWalkingEnv": (UP, RIGHT, DOWN, LEFT),
    "Corridor": (LEFT, RIGHT),
    "CartPoleEnv": (LEFT, RIGHT),
    "SwitchedCorridor": (LEFT, RIGHT),
}


def actions_of(env) -> tuple[Action, ...]:
    """What action 0, 1, ... means in `env`. A test steps each world to see that this table is right."""
    world = type(env.unwrapped).__name__
    if world not in _ORDERS:
        raise KeyError(f"The actions of {world} have no names here; known are {sorted(_ORDERS)}.")
    return _ORDERS[world]
