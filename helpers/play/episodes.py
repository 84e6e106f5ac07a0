"""The episodes of the microscope, without its display: each step as it was played, learnt from and stored."""

from typing import NamedTuple

import gymnasium as gym
import numpy as np

from helpers.buffer import ReplayBuffer, Transition
from helpers.loop import episode
from helpers.network import values_in_numpy
from helpers.play.cartpole import ENV_ID
from helpers.updates import q_learning_target


class Episode(NamedTuple):
    """One greedy episode of T steps, with what the network that played it says of each."""

    name: str
    obs: np.ndarray  # (T + 1, 4) m, m/s, rad, rad/s; the last one follows the last step
    action: np.ndarray  # (T,) 0 left, 1 right
    reward: np.ndarray  # (T,)
    q: np.ndarray  # (T, A) in units of return
    next_value: np.ndarray  # (T,) the largest Q of next_obs
    target: np.ndarray  # (T,)
    error: np.ndarray  # (T,) target - Q of the action taken
    stored: np.ndarray  # (T,) the buffer's column `terminated`
    truncated: np.ndarray  # (T,) what no buffer keeps


def record(name: str, layers, scale: np.ndarray, gamma: float, seed: int) -> Episode:
    """Play one greedy episode of CartPole from `seed`, and look at every step of it.

    layers: the weights, as `helpers.network.layers_in_numpy` gives them; they make the values and the targets both.
    scale: (4,) divides obs. gamma: discount for each env step.
    """
    transitions = greedy_episode(layers, scale, seed)
    buffer = ReplayBuffer(len(transitions), (4,), seed=0)
    for transition in transitions:
        buffer.add(transition)
    q = values_in_numpy(layers, buffer.obs / scale)  # (T, A)
    next_q = values_in_numpy(layers, buffer.next_obs / scale)  # (T, A)
    target = q_learning_target(buffer.reward, next_q, buffer.terminated, gamma)  # (T,)
    return Episode(
        name=name,
        obs=np.concatenate([buffer.obs, buffer.next_obs[-1:]]),
        action=buffer.action,
        reward=buffer.reward,
        q=q,
        next_value=next_q.max(axis=1),
        target=target,
        error=target - q[np.arange(len(q)), buffer.action],
        stored=buffer.terminated,
        truncated=np.array([transition.truncated for transition in transitions]),
    )


def greedy_episode(layers, scale, seed: int) -> list[Transition]:
    """The transitions of one greedy episode."""
    return list(episode(gym.make(ENV_ID), lambda obs: int(values_in_numpy(layers, obs / scale).argmax()), int(seed)))


def sent(episode: Episode) -> dict:
    """An episode as the browser gets it: rounded to 5 digits behind the point, which is more than it shows."""
    fields = {name: value for name, value in episode._asdict().items() if name != "name"}
    return {"name": episode.name} | {name: np.round(np.asarray(value, float), 5) for name, value in fields.items()}
