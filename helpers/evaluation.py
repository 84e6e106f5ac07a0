"""How good is an agent, and how sure are we? Evaluation is a run of its own, and a result is several seeds."""

from typing import NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium.vector import VectorEnv

from helpers.agents import Agent
from helpers.fleet import run_seeds as run_seeds  # a result is several seeds, and has an interval
from helpers.loop import check_whole, episode
from helpers.spaces import shortly
from helpers.statistics import mean_interval as mean_interval
from helpers.statistics import mean_intervals as mean_intervals
from helpers.statistics import rate_interval as rate_interval
from helpers.worlds import Worlds

MAX_STEPS = 1_000_000  # env steps of one episode; what lasts longer is taken for an environment that never ends


def evaluate(agent: Agent, env: gym.Env, num_episodes: int, seed: int, *, max_steps: int = MAX_STEPS) -> np.ndarray:
    """Returns (num_episodes,) of greedy episodes. Give a fresh environment: not the one the agent trains in.

    The environment is seeded once, so that every episode starts somewhere else. The agent does not learn.
    Raises ValueError for a value that cannot be at the step where it occurs, and RuntimeError for an episode of more
    than `max_steps` env steps.
    """
    check_whole(1, num_episodes=num_episodes, max_steps=max_steps)
    check_whole(0, seed=seed)
    _check_kinds(agent, "act", env, gym.Env, "evaluate", "gym.make(env_id)")
    returns = np.zeros(num_episodes)
    for number in range(num_episodes):
        first = int(seed) if number == 0 else None
        for step, transition in enumerate(episode(env, lambda obs: agent.act(obs, explore=False), first), start=1):
            returns[number] += transition.reward
            if step >= max_steps and not (transition.terminated or transition.truncated):
                raise RuntimeError(
                    f"Episode {number + 1} was not over after {step:,} env steps. Does the environment ever end? "
                    f"gymnasium.wrappers.TimeLimit gives it an end; a larger `max_steps` gives it more time."
                )
    return returns


class Rollouts(NamedTuple):
    """One greedy episode in each of E environments."""

    first_obs: np.ndarray  # (E, O)
    returns: np.ndarray  # (E,)
    discounted: np.ndarray  # (E,) discounted returns
    lengths: np.ndarray  # (E,) env steps


def rollouts(agent: Agent, envs: VectorEnv, seed: int, gamma: float = 1.0, *, max_steps: int = MAX_STEPS) -> Rollouts:
    """One greedy episode in each of E environments, all stepped together: for a network about twenty times as fast.

    envs: a vector environment, `gym.make_vec(env_id, num_envs=E)`.
    The episodes are not those of `evaluate` with the same seed, but as many others of the same kind.
    Raises ValueError and RuntimeError as `evaluate` does.
    """
    check_whole(0, seed=seed)
    check_whole(1, max_steps=max_steps)
    _check_kinds(agent, "act_many", envs, VectorEnv, "rollouts", "gym.make_vec(env_id, num_envs=100)")
    worlds = Worlds(envs)
    obs = first_obs = worlds.begin(int(seed))
    alive = np.ones(envs.num_envs, bool)
    returns, discounted, lengths = np.zeros(envs.num_envs), np.zeros(envs.num_envs), np.zeros(envs.num_envs, int)
    while alive.any():
        transition = worlds.step(obs, agent.act_many(obs, explore=False))
        reward, ended = np.zeros(envs.num_envs), np.zeros(envs.num_envs, bool)
        reward[worlds.real], ended[worlds.real] = transition.reward, transition.terminated | transition.truncated
        returns += alive * reward
        discounted += alive * gamma**lengths * reward
        lengths += alive
        alive &= ~ended  # an environment that begins again is no longer counted
        if lengths.max() >= max_steps and alive.any():
            raise RuntimeError(
                f"{alive.sum()} of {envs.num_envs} episodes were not over after {max_steps:,} env steps. Do the "
                f"environments ever end?"
            )
        obs = worlds.go_on(transition)
    return Rollouts(first_obs.copy(), returns, discounted, lengths)


def _check_kinds(agent, verb: str, env, kind: type, name: str, example: str) -> None:
    if not isinstance(env, kind):
        what = "one environment" if kind is gym.Env else "a vector environment"
        raise TypeError(f"`{name}` plays in {what}, such as {example}; given was {shortly(env)}.")
    if isinstance(agent, type) or not hasattr(agent, verb):
        raise TypeError(
            f"`{name}` needs an agent, which has a method `{verb}(obs, explore)`; given was {shortly(agent)}."
        )
