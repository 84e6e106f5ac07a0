"""Many environments as the loop drives them: the verbs of `helpers.world`, for E at once in a vector environment."""

import json
from typing import Any

import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv, VectorEnv

from helpers.buffer import Transition
from helpers.spaces import faults_of, shortly
from helpers.world import Trail, checksum_of, copied, five_of, generator_of, state_of, two_of

PATH = {"generators", "first", "actions", "rewards", "obs"}  # what a trail needs, to be retraced


class Worlds:
    """E environments in one vector environment. Every transition is real, its `next_obs` too where an episode ends.

    How a new episode begins depends on the environment's autoreset mode (`gymnasium.vector.AutoresetMode`):
    DISABLED: `go_on` asks for it. SAME_STEP: `step` has done it, and hands over what the episode ended with.
    NEXT_STEP: the step after the end does nothing else. It is no transition, and is left out: a Transition then has
    fewer than E rows. Agents that must know which row is which need another mode (`helpers.envs.make_many`).
    """

    def __init__(self, envs: VectorEnv):
        self.envs: Any = envs
        self.num_envs, self.num_steps = envs.num_envs, 0
        self.mode = AutoresetMode(envs.metadata.get("autoreset_mode", AutoresetMode.NEXT_STEP))
        self._obs_faults, self._action_faults = faults_of(envs.observation_space), faults_of(envs.action_space)
        self._obs: Any = None  # where each environment is now
        self.real = np.ones(self.num_envs, bool)  # whose last step was a transition
        self._began = np.zeros(self.num_envs, bool)  # NEXT_STEP: whose next step only begins an episode
        # To walk back, the generators must be known as episodes begin; only these two kinds let us ask.
        self._walks = self.mode is AutoresetMode.DISABLED and isinstance(envs, (SyncVectorEnv, AsyncVectorEnv))
        self._begin_trail([])

    def begin(self, seed: int):
        """The first observations (E, ...) of a run; environment i is seeded with seed + i."""
        obs = self._first_obs(self.envs.reset(seed=seed))
        self._began[:] = False
        self._begin_trail([state_of(seeding.np_random(seed + i)[0]) for i in range(self.num_envs)])
        return obs

    def step(self, obs, actions) -> Transition:
        """Take `actions` (E,) or (E, A) where `obs` was seen; each field of the transition has an axis (E,) or less."""
        actions = np.asarray(actions)
        if fault := self._action_faults(actions):
            raise ValueError(f"At env step {self.num_steps + 1:,} the agent chose actions that cannot be: {fault}.")
        next_obs, reward, terminated, truncated, info = five_of(self.envs.step(actions))
        next_obs = self._checked(next_obs, reward, terminated, truncated)
        ended = terminated | truncated
        self._obs = next_obs
        if self.mode is AutoresetMode.SAME_STEP and ended.any():
            next_obs = with_rows(next_obs, np.flatnonzero(ended), info["final_obs"])
        if self._walks:
            self._actions.append(actions.copy())
            self._rewards.append(np.array(reward, float))
        self._ended = ended
        transition = Transition(obs, actions, reward, next_obs, terminated, truncated)
        if self.mode is AutoresetMode.NEXT_STEP:
            self.real, self._began = ~self._began, ended.copy()
            transition = Transition(*(rows(field, self.real) for field in transition))
        self.num_steps += len(transition.reward)
        return transition

    def go_on(self, transition: Transition):
        """The observations (E, ...) from which the next step is taken."""
        if self.mode is AutoresetMode.DISABLED and self._ended.any():
            self._forget_trail_of(self._ended)
            before = self._obs
            self._first_obs(self.envs.reset(options={"reset_mask": self._ended.copy()}))
            if checksum_of(rows(before, ~self._ended)) != checksum_of(rows(self._obs, ~self._ended)):
                raise ValueError(
                    f"{type(self.envs).__name__} says that it leaves new episodes to us (AutoresetMode.DISABLED), but "
                    f"its `reset` pays no heed to `reset_mask`: environments in mid-episode began anew too."
                )
        return self._obs

    def record(self, transition: Transition, recorder) -> None:
        """Write the steps into the run's recorder (`helpers.history`)."""
        recorder.step_many(transition, self.real)

    def trail(self) -> Trail:
        """What leads into the episodes that are going on; nothing but the observations where there is no way back."""
        trail = {"obs": np.array(checksum_of(self._obs))}
        if hasattr(self.envs, "snapshot"):
            return trail | {f"snapshot/{name}": np.array(value) for name, value in self.envs.snapshot().items()}
        if not self._walks:
            return trail
        return trail | {
            "generators": np.array([json.dumps(generator) for generator in self._generators]),  # (E,)
            "first": self._first - self._first.min(),  # (E,) where in the lists each episode begins
            "actions": np.array(self._actions or np.zeros((0, *self.envs.action_space.shape))),  # (T, E, ...)
            "rewards": np.array(self._rewards or np.zeros((0, self.num_envs))),  # (T, E)
        }

    def walk_back(self, trail: Trail):
        """Into the middle of every episode; the observations there. None where there is no way, or it led elsewhere."""
        snapshot = {name[9:]: value for name, value in trail.items() if name.startswith("snapshot/")}
        if snapshot:
            self._obs = self.envs.return_to(snapshot)
        elif not (self._walks and trail.keys() >= PATH) or not self._retrace(trail):
            return None
        self._began[:] = False
        return self._obs if checksum_of(self._obs) == str(trail["obs"]) else None

    def _retrace(self, trail: Trail) -> bool:
        """Take every step since the oldest episode began. Where an environment's own episode began later, its first
        steps are idle, until it is reset with the generator that it had."""
        states = [json.loads(str(text)) for text in trail["generators"]]
        first, actions, rewards = trail["first"].astype(int), trail["actions"], trail["rewards"]
        self.envs.reset(seed=0)
        idle_ended = np.zeros(self.num_envs, bool)
        for t in range(len(actions) + 1):
            now = first == t
            if now.any():
                current = self.envs.get_attr("np_random")
                generators = [
                    generator_of(state) if new else old for state, new, old in zip(states, now, current, strict=True)
                ]
                self.envs.set_attr("np_random", generators)
            if (now | idle_ended).any():
                self._first_obs(self.envs.reset(options={"reset_mask": now | idle_ended}))
            if t == len(actions):
                break
            self._obs, reward, terminated, truncated, _ = self.envs.step(
                actions[t].astype(self.envs.action_space.dtype)
            )
            ended, real = terminated | truncated, first <= t
            if np.any(ended & real) or np.any(np.asarray(reward)[real] != rewards[t][real]):
                return False
            idle_ended = ended & ~real
        self._generators, self._first = states, first
        self._actions, self._rewards = list(actions.astype(self.envs.action_space.dtype)), list(rewards)
        return True

    def _begin_trail(self, generators: list[dict]) -> None:
        self._generators, self._first = generators, np.zeros(self.num_envs, int)
        self._actions, self._rewards = [], []
        self._ended = np.zeros(self.num_envs, bool)

    def _forget_trail_of(self, ended: np.ndarray) -> None:
        """New episodes begin here; what no episode needs any more leaves the lists."""
        if not self._walks:
            return
        current = self.envs.get_attr("np_random")
        for i in np.flatnonzero(ended):
            self._generators[i] = state_of(current[i])
        self._first[ended] = len(self._actions)
        if oldest := int(self._first.min()):
            del self._actions[:oldest], self._rewards[:oldest]
            self._first -= oldest

    def _first_obs(self, result):
        obs = two_of(result)
        if fault := self._obs_faults(obs):
            raise ValueError(
                f"After env step {self.num_steps:,} `envs.reset` gave observations that cannot be: {fault}. "
                f"Mend `reset` of {type(self.envs.unwrapped).__name__}."
            )
        self._obs = copied(obs)
        return self._obs

    def _checked(self, next_obs, reward, terminated, truncated):
        fault, what = self._obs_faults(next_obs), "observations"
        if not fault and not _are_numbers(reward, self.num_envs):
            fault, what = f"they were {shortly(reward)}, where {self.num_envs} finite numbers were expected", "rewards"
        if not fault and not (_are_flags(terminated, self.num_envs) and _are_flags(truncated, self.num_envs)):
            fault, what = f"they were {shortly(terminated)} and {shortly(truncated)}", "`terminated` and `truncated`"
        if fault:
            raise ValueError(
                f"At env step {self.num_steps + 1:,} the environments gave {what} that cannot be: {fault}. "
                f"Mend `step` of {type(self.envs.unwrapped).__name__}; the agent has not seen them."
            )
        return copied(next_obs)


def rows(field, chosen: np.ndarray):
    """The chosen rows (bool (E,)) of a field (E, ...), or of each part of a dict."""
    if isinstance(field, dict):
        return {name: rows(part, chosen) for name, part in field.items()}
    return np.asarray(field)[chosen]


def with_rows(obs, places: np.ndarray, others):
    """A copy of obs (E, ...) in which the rows at `places` are those of `others`, a list of E observations or None."""
    if isinstance(obs, dict):
        return {
            name: with_rows(part, places, {i: others[i][name] for i in places.tolist()}) for name, part in obs.items()
        }
    replaced = obs.copy()
    for i in places.tolist():
        replaced[i] = others[i]
    return replaced


def _are_numbers(values, num_envs: int) -> bool:
    return (
        isinstance(values, np.ndarray)
        and values.shape == (num_envs,)
        and values.dtype.kind in "biuf"
        and bool(np.isfinite(values).all())
    )


def _are_flags(values, num_envs: int) -> bool:
    return isinstance(values, np.ndarray) and values.shape == (num_envs,) and values.dtype == bool
