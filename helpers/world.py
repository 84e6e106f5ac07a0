"""The environment as the loop drives it: every step looked at, every episode begun explicitly. E at once: `worlds`.

The verbs: `begin` a run, `step`, `go_on` to the next observation (where an episode has ended, to the first one of a new
episode), and `walk_back` into the episode of an earlier run.
"""

import json
import math
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector.utils import create_empty_array

from helpers.buffer import Transition
from helpers.files import checksum
from helpers.spaces import faults_of, shortly

Trail = dict[str, np.ndarray]  # the episodes that are going on: enough to walk into them again


class World:
    """One environment. A value that cannot be is named at the step where it occurs (ValueError)."""

    num_envs = 1

    def __init__(self, env: gym.Env):
        self.env, self.num_steps = env, 0
        self._obs_faults, self._action_faults = faults_of(env.observation_space), faults_of(env.action_space)
        self._no_actions: Any = create_empty_array(env.action_space, 0)
        self._generator: dict = {}  # its state as the episode began
        self._actions, self._rewards = [], []  # of the episode, so far
        self._given: Any = None  # the very object that the environment gave last
        self._reused = False  # whether it gives the same one again and again

    def begin(self, seed: int | None):
        """The first observation of a run; without a seed, of one more episode."""
        # reset(seed=seed) starts with this generator
        self._begin_trail(self.env.unwrapped.np_random if seed is None else seeding.np_random(seed)[0])
        return self._first_obs(self.env.reset(seed=seed))

    def step(self, obs, action) -> Transition:
        """Take `action` where `obs` was seen."""
        if fault := self._action_faults(action):
            raise ValueError(f"At env step {self.num_steps + 1:,} the agent chose an action that cannot be: {fault}.")
        next_obs, reward, terminated, truncated, _ = five_of(self.env.step(action))
        if fault := self._obs_faults(next_obs):
            raise ValueError(self._words("an observation", fault))
        if not (type(reward) is float and math.isfinite(reward)) and not _is_number(reward):
            raise ValueError(self._words("a reward", f"it was {shortly(reward)}, where a finite number was expected"))
        if not (type(terminated) is type(truncated) is bool) and not (_is_flag(terminated) and _is_flag(truncated)):
            fault = f"they were {shortly(terminated)} and {shortly(truncated)}, where True or False was expected"
            raise ValueError(self._words("`terminated` and `truncated`", fault))
        self.num_steps += 1
        self._actions.append(action)
        self._rewards.append(reward)
        if self._reused or next_obs is self._given:
            next_obs = self._own(next_obs)
        self._given = next_obs
        return Transition(obs, action, reward, next_obs, terminated, truncated)

    def go_on(self, transition: Transition):
        """The observation from which the next step is taken."""
        if not (transition.terminated or transition.truncated):
            return transition.next_obs
        self._begin_trail(self.env.unwrapped.np_random)
        return self._first_obs(self.env.reset())

    def record(self, transition: Transition, recorder) -> None:
        """Write the step into the run's recorder (`helpers.history`)."""
        recorder.step(transition)

    def trail(self) -> Trail:
        """The episode that is going on: the generator's state as it began, and what was done and seen since."""
        return {
            "generator": np.array(json.dumps(self._generator)),
            "actions": np.array(self._actions or self._no_actions),
            "rewards": np.array(self._rewards, float),
            "obs": np.array(checksum_of(self._given)),
        }

    def walk_back(self, trail: Trail):
        """Into the middle of an episode: same generator, same reset, same actions. The observation there; None where
        anything is not as it was."""
        generator = generator_from(trail.get("generator", "{}"))
        if generator is None or not {"actions", "rewards", "obs"} <= trail.keys():
            return None
        self.env.unwrapped.np_random = generator
        self._begin_trail(generator)
        obs = self._first_obs(self.env.reset())
        for action, reward in zip(trail["actions"], trail["rewards"], strict=True):
            transition = self.step(obs, action if action.ndim else action.item())
            if transition.reward != reward or transition.terminated or transition.truncated:
                return None
            obs = transition.next_obs
        return obs if checksum_of(obs) == str(trail["obs"]) else None

    def _begin_trail(self, generator: np.random.Generator) -> None:
        self._generator, self._actions, self._rewards = state_of(generator), [], []

    def _first_obs(self, result):
        obs = two_of(result)
        if fault := self._obs_faults(obs):
            raise ValueError(
                f"After env step {self.num_steps:,} `env.reset` gave an observation that cannot be: {fault}. "
                f"Mend `reset` of {type(self.env.unwrapped).__name__}."
            )
        self._given = obs
        return copied(obs)

    def _own(self, obs):
        """An observation that the environment will not change: some write each one into the same array."""
        self._reused = isinstance(obs, (np.ndarray, dict))  # and not a number, which may be the same one again
        return copied(obs)

    def _words(self, what: str, fault: str) -> str:
        return (
            f"At env step {self.num_steps + 1:,} the environment gave {what} that cannot be: {fault}. "
            f"Mend `step` of {type(self.env.unwrapped).__name__}; the agent has not seen it."
        )


def two_of(result):
    """The observation of what `reset` returned."""
    if not (isinstance(result, tuple) and len(result) == 2):
        raise ValueError(f"`env.reset` must return (obs, info); it returned {shortly(result)}.")
    return result[0]


def five_of(result) -> tuple:
    """What `step` returned."""
    if not (isinstance(result, tuple) and len(result) == 5):
        raise ValueError(
            f"`env.step` must return (obs, reward, terminated, truncated, info); it returned {shortly(result)}."
        )
    return result


def copied(obs):
    """An observation of one's own; a number is one already."""
    if isinstance(obs, dict):
        return {name: copied(part) for name, part in obs.items()}
    return obs.copy() if isinstance(obs, np.ndarray) else obs


def checksum_of(obs) -> str:
    """A checksum of one observation, or of E."""
    parts = obs if isinstance(obs, dict) else {"": obs}
    return checksum({name: np.asarray(part) for name, part in parts.items() if not isinstance(part, dict)})


def state_of(generator) -> dict:
    """What a generator's next draws depend on; empty for a kind that cannot be written down."""
    state = dict(generator.bit_generator.state) if isinstance(generator, np.random.Generator) else {}
    return state if state.get("bit_generator") == "PCG64" else {}


def generator_of(state: dict) -> np.random.Generator:
    """The generator whose `state_of` was given."""
    generator = np.random.Generator(np.random.PCG64())
    generator.bit_generator.state = state
    return generator


def generator_from(text) -> np.random.Generator | None:
    """The generator of a trail; None where its state was not known."""
    state = json.loads(str(text))
    return generator_of(state) if state else None


def _is_number(reward) -> bool:
    if isinstance(reward, np.ndarray):
        return reward.shape == () and reward.dtype.kind in "biuf" and math.isfinite(reward)
    return isinstance(reward, (int, float, np.number, np.bool_)) and math.isfinite(reward)


def _is_flag(flag) -> bool:
    return isinstance(flag, (bool, np.bool_))
