"""The update rules of the course as pure functions of arrays.

Every function takes one transition or a batch: scalars become (B,), rows of action values (A,) become (B, A).
Those of a policy take a rollout, T steps in each of E environments: (T, E).
Arguments stand in the order of events. References: Sutton & Barto, *Reinforcement Learning*, 2nd ed. (S&B);
Watkins & Dayan, "Q-learning", Machine Learning 8 (1992); Mnih et al., "Asynchronous methods for deep reinforcement
learning" (2016); Schulman et al., "High-dimensional continuous control using generalized advantage estimation" (2016).
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


def discounted_sums(x, ended, decay: float) -> np.ndarray:
    """x_t + decay * x_{t+1} + decay^2 * x_{t+2} + ..., up to the step that ended the episode; x and ended (T, ...)."""
    sums, after = np.empty(np.shape(x)), 0.0
    for t in reversed(range(len(x))):
        after = sums[t] = x[t] + decay * (1 - ended[t]) * after
    return sums


def returns_to_go(reward, ended, gamma: float) -> np.ndarray:
    """G_t = reward_t + gamma * G_{t+1}, within episodes (S&B eq. 3.9): what came after each step.

    reward and ended (T,) or (T, E), ended: the episode ends with this step, whatever the reason. What would have come
    after a cut, or after the last step, counts as nothing: add it with `gae`, whose values know of it.
    """
    reward, ended = _check_rollout(reward=reward, ended=ended)
    return discounted_sums(reward, ended, check_gamma(gamma))


def gae(reward, value, next_value, terminated, truncated, gamma: float, lambda_: float) -> np.ndarray:
    """Generalised advantage estimates: sum over k of (gamma * lambda)^k * delta_{t+k} (Schulman et al. 2016, eq. 16).

    delta_t = reward_t + gamma * (1 - terminated_t) * next_value_t - value_t is the TD error. All arrays (T, E), or (T,)
    for one environment. next_value: V of the observation that follows the step; where an episode ends that is its own
    final observation, never the first one of the next. `terminated` stops the bootstrap; either flag stops the sum.
    lambda_: 0 gives the TD error, 1 the return to go (with the value of the last observation behind it) minus V.
    """
    reward, value, next_value, terminated, truncated = _check_rollout(
        reward=reward, value=value, next_value=next_value, terminated=terminated, truncated=truncated
    )
    if not 0 <= lambda_ <= 1:
        raise ValueError(f"`lambda_` must lie between 0 (the TD error) and 1 (the whole return); it was {lambda_}.")
    delta = reward + check_gamma(gamma) * (1 - terminated) * next_value - value
    return discounted_sums(delta, np.maximum(terminated, truncated), gamma * lambda_)


def n_step_advantages(reward, value, next_value, terminated, truncated, gamma: float, n: int) -> np.ndarray:
    """The return over n steps, with V behind the last of them, minus V (Mnih et al. 2016, section 4).

    It is a sum of n TD errors. Arguments as in `gae`. Where episode or rollout end sooner, as many steps as there are.
    """
    reward, value, next_value, terminated, truncated = _check_rollout(
        reward=reward, value=value, next_value=next_value, terminated=terminated, truncated=truncated
    )
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise ValueError(f"`n` must be a whole number of steps, 1 or more; it was {n!r}.")
    delta = reward + check_gamma(gamma) * (1 - terminated) * next_value - value
    goes_on = (1 - terminated) * (1 - truncated)
    advantages, weight, last = delta.copy(), np.ones_like(delta), len(delta)
    for k in range(1, min(n, last)):
        weight = weight[: last - k] * gamma * goes_on[k - 1 : last - 1]  # of the TD error k steps on
        advantages[: last - k] += weight * delta[k:]
    return advantages


def _check_rollout(**arrays) -> list[np.ndarray]:
    """The arrays as float, if they all have the shape of the first, (T,) or (T, E); flags must be True or False."""
    arrays = {name: np.asarray(values, float) for name, values in arrays.items()}
    shape = arrays["reward"].shape
    if len(shape) not in (1, 2) or 0 in shape:
        raise ValueError(f"`reward` must be a rollout, (T,) or (T, E), of one step or more; its shape was {shape}.")
    for name, values in arrays.items():
        if values.shape != shape:
            raise ValueError(f"`{name}` must have the shape of `reward`, {shape}; it had {values.shape}.")
        if not np.all(np.isfinite(values)):
            raise ValueError(f"`{name}` must hold finite numbers only; at least one was NaN or infinite.")
        if name in ("terminated", "truncated", "ended") and not np.all((values == 0) | (values == 1)):
            raise ValueError(f"`{name}` must be True or False (1 or 0) everywhere.")
    return list(arrays.values())


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
