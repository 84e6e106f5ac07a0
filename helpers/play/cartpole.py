"""You against the agent, without its display: the opponents, the starts that all share, and your returns.

The pole itself is moved in the reader's browser (cartpole.js), so that a key is heard within one step of 20 ms however
busy the kernel is. A test holds that file against Gymnasium, step by step.
"""

from typing import NamedTuple

import gymnasium as gym
import numpy as np

from helpers.agents import HandMadeAgent, RandomAgent
from helpers.envs import Discretise
from helpers.evaluation import evaluate

ENV_ID = "CartPole-v1"
MOST_STEPS = 500  # the clock of CartPole-v1
SPEEDS = {"1": "real time, 50 steps a second", "0.5": "half speed", "0.25": "quarter speed", "0.1": "a tenth"}
SPEEDS["0"] = "one step for each key"


class Opponent(NamedTuple):
    """Somebody to be compared with: its returns from the shared starts, and what the browser needs to play it."""

    name: str
    returns: np.ndarray  # (E,)
    recipe: dict  # {"kind": "random" | "rule" | "table" | "network", ...}


def starts(num_episodes: int, seed: int) -> np.ndarray:
    """(E, 4) where the episodes of `evaluate(agent, CartPole, num_episodes, seed)` start, whoever plays them."""
    env = gym.make(ENV_ID)
    bodies = []
    env.reset(seed=int(seed))
    for _ in range(num_episodes):
        bodies.append(np.array(env.get_wrapper_attr("state"), float))
        env.reset()
    return np.array(bodies)


def rule(obs) -> int:
    """Push to the side to which the pole leans or falls: angle plus angular velocity (notebook 01)."""
    return int(obs[2] + obs[3] > 0)


def random_opponent(num_episodes: int, seed: int) -> Opponent:
    """Every push by chance."""
    agent = RandomAgent(gym.make(ENV_ID).action_space, seed)
    return Opponent("random", evaluate(agent, gym.make(ENV_ID), num_episodes, seed), {"kind": "random", "seed": seed})


def hand_made_opponent(num_episodes: int, seed: int) -> Opponent:
    """The rule of one line."""
    returns = evaluate(HandMadeAgent(rule), gym.make(ENV_ID), num_episodes, seed)
    return Opponent("hand-made", returns, {"kind": "rule"})


def table_opponent(record: dict, provenance: dict, which: int, num_episodes: int, seed: int) -> Opponent:
    """A table of notebook 06, from the record `table_on_cartpole`: that of seed number `which`."""
    q, bins = record["all_four/q"], record["all_four/chosen_bins"]
    if not 0 <= which < len(q):
        raise ValueError(f"The record has the tables of seeds 0 to {len(q) - 1}; asked for was {which}.")
    limits = provenance["config"]["limits"]
    edges = [np.linspace(-limit, limit, b + 1)[1:-1] for b, limit in zip(bins, limits, strict=True)]
    agent = HandMadeAgent(lambda row: int(q[which][row].argmax()))
    returns = evaluate(agent, Discretise(gym.make(ENV_ID), edges), num_episodes, seed)
    return Opponent("table", returns, {"kind": "table", "edges": edges, "q": q[which]})


def network_opponent(agent, layers, num_episodes: int, seed: int, name: str = "DQN") -> Opponent:
    """A trained DQN: `agent` plays, `layers` are its weights as `helpers.network.layers_in_numpy` gives them."""
    returns = evaluate(agent, gym.make(ENV_ID), num_episodes, seed)
    ceiling = 1 / (1 - agent.config.gamma)  # a reward of 1 for ever: no Q above it can be true
    scale = np.asarray(agent.config.obs_scale or np.ones(4), np.float32)
    recipe = {"kind": "network", "layers": layers, "scale": scale, "ceiling": ceiling}
    return Opponent(name, returns, recipe)


def check_played(start, steps, speed, num_starts: int) -> dict:
    """One episode of the reader as it is kept; ValueError where it cannot be one."""
    if not isinstance(start, int) or not 0 <= start < num_starts:
        raise ValueError(f"An episode begins at one of the starts 0 to {num_starts - 1}; it was {start!r}.")
    if not isinstance(steps, int) or not 1 <= steps <= MOST_STEPS:
        raise ValueError(f"An episode has 1 to {MOST_STEPS} steps; it was {steps!r}.")
    if speed not in SPEEDS:
        raise ValueError(f"The speed is one of {', '.join(SPEEDS)}; it was {speed!r}.")
    return {"start": start, "return": steps, "speed": speed}
