"""Five ways to spend a budget of trainings. Each takes `trials`, which trains and counts, and a generator."""

from collections import deque

import numpy as np

from helpers.search.controller import Controller, ControllerConfig
from helpers.search.trials import Trials


def random_search(trials: Trials, rng: np.random.Generator) -> None:
    """Every architecture equally often, whatever came before."""
    while trials.left:
        trials.train(trials.space.sample(rng))


def local_search(trials: Trials, rng: np.random.Generator) -> None:
    """Go to the first better neighbour; where there is none, begin anew elsewhere (White et al. 2021)."""
    while trials.left:
        here = trials.space.sample(rng)
        value, going = trials.train(here), True
        while going and trials.left:
            going = False
            for there in rng.permutation(list(trials.space.neighbours(here))).tolist():
                if not trials.left:
                    return
                found = trials.train(there)
                if found > value:
                    here, value, going = there, found, True
                    break


def regularised_evolution(
    trials: Trials, rng: np.random.Generator, population: int = 30, contestants: int = 10
) -> None:
    """A child of the best of a few takes the place of the oldest (Real et al. 2019, algorithm 1)."""
    if not 1 <= contestants <= population:
        raise ValueError(
            f"`contestants` are drawn from the population: 1 to {population} of them; there were {contestants}."
        )
    alive = deque(maxlen=population)  # (architecture, accuracy); the oldest leaves by itself
    while trials.left:
        if len(alive) < population:
            child = trials.space.sample(rng)
        else:
            drawn = [alive[place] for place in rng.integers(population, size=contestants)]
            child = trials.space.mutate(max(drawn, key=lambda member: member[1])[0], rng)
        alive.append((child, trials.train(child)))


def repeated_halving(trials: Trials, rng: np.random.Generator, width: int = 27, keep: int = 3, looks: int = 3) -> None:
    """Train `width` at random, the best third again, and so on; judge by the mean (Karnin et al. 2013).

    The rungs are repeated trainings, since a table of final accuracies has no shorter ones. Then begin anew.
    """
    while trials.left:
        rung = [(trials.space.sample(rng), []) for _ in range(width)]
        for _ in range(looks):
            for architecture, seen in rung:
                if not trials.left:
                    return
                seen.append(trials.train(architecture))
            rung = sorted(rung, key=lambda entry: -np.mean(entry[1]))[: max(1, len(rung) // keep)]


def reinforce_search(trials: Trials, rng: np.random.Generator, config: ControllerConfig | None = None) -> Controller:
    """Sample from a controller, train, let it learn; returned is the controller as it is at the end."""
    controller = Controller(trials.space, config or ControllerConfig())
    while trials.left:
        architecture = controller.sample(rng)
        controller.learn(architecture, trials.train(architecture) / 100)
    return controller
