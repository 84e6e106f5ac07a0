"""Small worlds of our own, any toy world as arrays, and the one table of action -> name -> arrow."""

from helpers.envs.actions import DOWN, LEFT, RIGHT, UP, Action, actions_of
from helpers.envs.arrays import as_arrays, terminal_states
from helpers.envs.corridor import Corridor
from helpers.envs.discretise import Discretise
from helpers.envs.grid import MEADOW, MEADOW_RULES, GridWorld
from helpers.envs.many import make_many
from helpers.envs.switched import SwitchedCorridor

__all__ = [
    "DOWN",
    "LEFT",
    "MEADOW",
    "MEADOW_RULES",
    "RIGHT",
    "UP",
    "Action",
    "Corridor",
    "Discretise",
    "GridWorld",
    "SwitchedCorridor",
    "actions_of",
    "as_arrays",
    "make_many",
    "terminal_states",
]
