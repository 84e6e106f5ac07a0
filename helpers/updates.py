"""The update rules of the course as pure functions of arrays.

Every function takes one transition or a batch: scalars become (B,), rows of action values (A,) become (B, A).
Arguments stand in the order of events. References: Sutton & Barto, *Reinforcement Learning*, 2nd ed. (S&B);
Watkins & Dayan, "Q-learning", Machine Learning 8 (1992).
"""

from typing import Any

import numpy as np


def discounted_return(rewards, gamma: float) -> float:
    """Return G = sum over k of gamma^k * reward_k, for the rewards (T,) of one episode (S&B eq. 3.8)."""
    rewards = np.asarray(rewards, float)
    if rewards.ndim != 1:
        raise ValueError(f"`rewards` must be one episode's rewards, shape (T,); its shape was {rewards.shape}.")
    return float(rewards @ check_gamma(gamma) ** np.arange(len(rewards)))


def q_learning_target(reward, next_q, terminated, gamma: float):
    """reward + gamma * (1 - terminated) * max_a next_q: the target of Q-learning (S&B eq. 6.8).

    reward () or (B,), next_q (A,) or (B, A), terminated () or (B,); the result has the shape of `reward`.
    """
    reward, next_q, terminated = check_step(reward, next_q, terminated)
    return reward + check_gamma(gamma) * (1 - terminated) * next_q.max(axis=-1)


def sarsa_target(reward, next_q, next_action, terminated, gamma: float) -> Any:
    """reward + gamma * (1 - terminated) * next_q[next_action]: the target of SARSA (S&B eq. 6.7).

    Shapes as in `q_learning_target`; next_action () or (B,) of int.
    """
    reward, next_q, terminated = check_step(reward, next_q, terminated)
    next_action = np.asarray(next_action)
    if next_action.shape != reward.shape or not np.issubdtype(next_action.dtype, np.integer):
        raise ValueError(
            f"`next_action` must be whole numbers of shape {reward.shape}, like `reward`; "
            f"it was {next_action.dtype} of shape {next_action.shape}."
        )
    if np.any((next_action < 0) | (next_action >= next_q.shape[-1])):
        raise ValueError(f"`next_action` must lie in 0..{next_q.shape[-1] - 1}; it was {next_action}.")
    chosen_q = np.take_along_axis(next_q, next_action[..., None], axis=-1)[..., 0]  # () or (B,)
    return reward + check_gamma(gamma) * (1 - terminated) * chosen_q


def td_error(target, q):
    """target - q: how far the estimate is from its target (S&B eq. 6.5). Shapes must be equal.

    Equal shapes matter: (B,) minus (B, 1) would silently give (B, B).
    """
    target, q = np.asarray(target, float), np.asarray(q, float)
    if target.shape != q.shape:
        raise ValueError(f"`target` and `q` must have one shape; they had {target.shape} and {q.shape}.")
    return target - q


def check_gamma(gamma: float) -> float:
    """The discount itself; an error where it is none."""
    if not 0 <= gamma <= 1:
        raise ValueError(f"`gamma` (the discount) must lie between 0 and 1; it was {gamma}.")
    return gamma


def check_step(reward, next_q, terminated):
    """The three as arrays of float; an error where their shapes do not belong together."""
    reward, next_q, terminated = np.asarray(reward, float), np.asarray(next_q, float), np.asarray(terminated, float)
    if next_q.ndim != reward.ndim + 1 or next_q.shape[:-1] != reward.shape or next_q.shape[-1] == 0:
        raise ValueError(
            f"`next_q` needs one row of action values for each reward: (A,) with (), or (B, A) with (B,); "
            f"the shapes were {next_q.shape} with {reward.shape}."
        )
    if terminated.shape != reward.shape:
        raise ValueError(f"`terminated` must have the shape of `reward`, {reward.shape}; it had {terminated.shape}.")
    if not np.all((terminated == 0) | (terminated == 1)):
        raise ValueError(f"`terminated` must be True or False (1 or 0); it was {terminated}.")
    return reward, next_q, terminated
