"""Many environments that are stepped together, each of whose episodes is begun explicitly, by `helpers.loop`."""

import json

import gymnasium as gym
import numpy as np
from gymnasium.envs.classic_control.cartpole import CartPoleVectorEnv
from gymnasium.vector import AutoresetMode, VectorEnv


def make_many(env_id: str, num_envs: int, **kwargs) -> VectorEnv:
    """`num_envs` environments in one: none begins a new episode until it is asked to (`AutoresetMode.DISABLED`).

    So every step is a transition, and `next_obs` is what an episode ended with, where it ended. CartPole-v1 is one
    expression of NumPy for all poles; other environments are stepped in turn. kwargs: as in `gym.make`.
    Raises TypeError for what is no name, ValueError for a number below 1, and Gymnasium's error for an unknown name.
    """
    if not isinstance(env_id, str):
        raise TypeError(f"`env_id` must be the name of an environment, such as 'CartPole-v1'; it was {env_id!r}.")
    if isinstance(num_envs, bool) or not isinstance(num_envs, (int, np.integer)) or num_envs < 1:
        raise ValueError(f"`num_envs` must be a whole number, 1 or more; it was {num_envs!r}.")
    if env_id == "CartPole-v1":
        return ManyCartPoles(num_envs, **kwargs)
    options = {"autoreset_mode": AutoresetMode.DISABLED}
    return gym.make_vec(env_id, num_envs, vectorization_mode="sync", vector_kwargs=options, **kwargs)


class ManyCartPoles(CartPoleVectorEnv):
    """Gymnasium's many poles, of which `reset` begins only those that it is asked to.

    A run can go on from the middle of their episodes, to the bit: `snapshot`, `return_to`.
    """

    metadata = CartPoleVectorEnv.metadata | {"autoreset_mode": AutoresetMode.DISABLED}

    def __init__(self, num_envs: int, **kwargs):
        super().__init__(num_envs, **{"max_episode_steps": 500} | kwargs)
        self.spec = gym.spec("CartPole-v1")

    def step(self, action):
        if self.prev_done.any():
            raise ValueError(
                f"The episodes of the environments {np.flatnonzero(self.prev_done).tolist()} are over: begin new ones "
                f"first, `envs.reset(options={{'reset_mask': terminated | truncated}})`."
            )
        return super().step(action)

    def reset(self, *, seed=None, options=None):
        """options: {"reset_mask": bool (E,)} begins only those episodes; without it all begin."""
        mask = (options or {}).get("reset_mask")
        if mask is None or self.state is None or seed is not None:
            return super().reset(seed=seed, options=options)
        mask = np.asarray(mask)
        if mask.dtype != bool or mask.shape != (self.num_envs,):
            raise ValueError(
                f"`reset_mask` must be bool of shape ({self.num_envs},); it was {mask.dtype} of shape {mask.shape}."
            )
        self.state[:, mask] = self.np_random.uniform(self.low, self.high, size=(4, mask.sum()))
        self.steps[mask], self.prev_done[mask] = 0, False
        return self.state.T.astype(np.float32), {}

    def snapshot(self) -> dict[str, np.ndarray]:
        """All that the next step and the next reset depend on."""
        generator = np.array(json.dumps(self.np_random.bit_generator.state))
        return {"state": self.state.copy(), "steps": self.steps.copy(), "generator": generator}

    def return_to(self, snapshot: dict[str, np.ndarray]) -> np.ndarray:
        """Be what `snapshot` says; the observations (E, O) there."""
        self.state, self.steps = snapshot["state"].copy(), snapshot["steps"].copy()
        self.prev_done = np.zeros(self.num_envs, bool)
        self.np_random.bit_generator.state = json.loads(str(snapshot["generator"]))
        return self.state.T.astype(np.float32)
