"""Search for the structure of a network: spaces of architectures, tables of their trainings, and ways to look."""

from helpers.search.build import BuildNetwork
from helpers.search.controller import Controller, ControllerConfig
from helpers.search.digits import DIGITS, DigitsTrainer, load_digits
from helpers.search.halving import Curves, successive_halving
from helpers.search.methods import (
    local_search,
    random_search,
    regularised_evolution,
    reinforce_search,
    repeated_halving,
)
from helpers.search.space import CELLS, Space
from helpers.search.table import NetworkTable, load_cells, load_digit_networks
from helpers.search.trials import Trials, regrets

__all__ = [
    "CELLS",
    "DIGITS",
    "BuildNetwork",
    "Controller",
    "ControllerConfig",
    "Curves",
    "DigitsTrainer",
    "NetworkTable",
    "Space",
    "Trials",
    "load_cells",
    "load_digit_networks",
    "load_digits",
    "local_search",
    "random_search",
    "regrets",
    "regularised_evolution",
    "reinforce_search",
    "repeated_halving",
    "successive_halving",
]
