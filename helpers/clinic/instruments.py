"""What to look at while an agent learns: numbers that show a fault before, or without, the return showing it.

`instruments(env_id, seed)` is a `measure` for `train`. It looks at the agent and changes nothing, not even a generator.
"""

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import tensorflow as tf
from gymnasium.vector import VectorEnv

from helpers.agents import Agent
from helpers.buffer import ReplayBuffer
from helpers.dqn import DQN
from helpers.evaluation import rollouts

EPISODES = 20  # greedy episodes in one measurement
TRANSITIONS = 512  # drawn from the buffer for one measurement
SEED = 1_000_000  # seeds of measurement begin here, far from those of training


def instruments(env_id: str, seed: int, num_episodes: int = EPISODES) -> Callable[[Agent], dict]:
    """A `measure` for `train`: what `look_at_agent` returns, with the same starts and the same draws each time.

    The first time, it says in words what cannot be read of the agent.
    """
    envs, said = gym.make_vec(env_id, num_envs=num_episodes), {""}

    def measure(agent: Agent) -> dict:
        if (words := not_read(agent)) not in said:
            said.add(words)
            print(words)
        return look_at_agent(agent, envs, SEED + seed)

    return measure


def look_at_agent(agent: Any, envs: VectorEnv, seed: int) -> dict[str, Any]:
    """Every instrument, once. NaN where there is nothing to look at yet, or where the agent has no such thing.

    greedy_returns (E,); q_at_start (E,) largest Q of each start; overestimation () mean of that minus the discounted
    return that followed; and what `look_at_buffer` gives.
    """
    gamma = _discount(agent)
    played = rollouts(agent, envs, seed, 1.0 if gamma is None else gamma)
    nothing = np.full(envs.num_envs, np.nan)
    q_at_start = agent.q_values(played.first_obs).max(axis=1) if hasattr(agent, "q_values") else nothing  # (E,)
    overestimation = (q_at_start - (nothing if gamma is None else played.discounted)).mean()
    measured = {"greedy_returns": played.returns, "q_at_start": q_at_start, "overestimation": overestimation}
    return measured | look_at_buffer(agent, np.random.default_rng(seed))


def look_at_buffer(agent: Any, rng: np.random.Generator) -> dict[str, Any]:
    """The instruments that need only the networks and the buffer.

    q_at_terminal () mean Q of the actions that ended an episode (the truth is their mean reward, also given);
    action_gap () mean distance of the best action from the second; td_error () mean of |target - Q|; gradient_norm ()
    of one batch; terminal_share () of the buffer; sample_age () mean age, in env steps, of a draw; distinct_starts ()
    share of different ones among the first observations of stored episodes.
    """
    names = ("q_at_terminal", "reward_at_terminal", "action_gap", "td_error", "gradient_norm", "terminal_share")
    measured: dict[str, Any] = dict.fromkeys((*names, "sample_age", "distinct_starts"), np.nan)
    buffer = getattr(agent, "buffer", None)
    if not isinstance(buffer, ReplayBuffer) or len(buffer) == 0:
        return measured
    rows = rng.integers(len(buffer), size=TRANSITIONS)  # (B,)
    ends = np.flatnonzero(buffer.terminated[: len(buffer)])
    measured["reward_at_terminal"] = _mean(buffer.reward[ends])
    measured["terminal_share"] = len(ends) / len(buffer)
    measured["sample_age"] = ((buffer.num_added - 1 - rows) % buffer.capacity).mean()
    measured["distinct_starts"] = distinct_starts(buffer)
    if hasattr(agent, "q_values"):
        best, second = -np.sort(-agent.q_values(buffer.obs[rows]), axis=1)[:, :2].T
        measured["action_gap"] = (best - second).mean()
        last = np.zeros(0) if len(ends) == 0 else q_of(agent, buffer.obs[ends], buffer.action[ends])
        measured["q_at_terminal"] = _mean(last)
    if isinstance(agent, DQN):
        obs, action, error = buffer.obs[rows], buffer.action[rows], td_errors(agent, rows)
        measured["td_error"] = np.abs(error).mean()
        measured["gradient_norm"] = gradient_norm(agent, obs, action, q_of(agent, obs, action) + error)
    return measured


def not_read(agent: Agent) -> str:
    """In words, which instruments stay NaN for this agent, and what it lacks for them; empty where all can be read."""
    lacking = {}
    if not hasattr(agent, "q_values"):
        lacking["`q_values`"] = "q_at_start, overestimation, q_at_terminal and action_gap"
    elif _discount(agent) is None:
        lacking["discount, `config.gamma`"] = "overestimation"
    if not isinstance(getattr(agent, "buffer", None), ReplayBuffer):
        lacking["replay buffer"] = "what is read of the memory"
    if not isinstance(agent, DQN):
        lacking["targets and loss of a DQN"] = "td_error and gradient_norm"
    if not lacking:
        return ""
    reasons = "; ".join(f"{names} (it has no {what})" for what, names in lacking.items())
    return f"Of this {type(agent).__name__} some instruments cannot be read, and say nan: {reasons}."


def distinct_starts(buffer: ReplayBuffer) -> float:
    """Share of different ones among the first observations of the episodes in the buffer.

    A row begins an episode where its obs is not the next_obs of the row before.
    """
    obs, next_obs = buffer.obs[: len(buffer)], buffer.next_obs[: len(buffer)]
    starts = obs[np.append(True, np.any(obs[1:] != next_obs[:-1], axis=1))]  # (E, O)
    return len(np.unique(starts, axis=0)) / len(starts)


def q_of(agent: Any, obs, action) -> np.ndarray:
    """(B,) Q of the actions that were taken: obs (B, O), action (B,)."""
    return np.take_along_axis(agent.q_values(obs), action[:, None], axis=1)[:, 0]


def td_errors(agent: DQN, rows) -> np.ndarray:
    """(B,) target - Q for rows (B,) of the buffer, with the agent's own way to make targets."""
    buffer = agent.buffer
    next_value = agent._next_value(tf.constant(buffer.next_obs[rows])).numpy()  # (B,)
    target = buffer.reward[rows] + agent.discount * (1 - buffer.terminated[rows]) * next_value
    return target - q_of(agent, buffer.obs[rows], buffer.action[rows])


def gradient_norm(agent: DQN, obs, action, target) -> float:
    """Length of the gradient of the agent's own loss on one batch: obs (B, O), action and target (B,)."""
    with tf.GradientTape() as tape:
        q = tf.gather(agent.network(obs), action, batch_dims=1)  # (B,)
        loss = agent._loss(tf.constant(target, tf.float32) - q)
    return float(tf.linalg.global_norm(tape.gradient(loss, agent.network.trainable_variables)))


def _discount(agent: Agent) -> float | None:
    return getattr(getattr(agent, "config", None), "gamma", None)


def _mean(values) -> float:
    return float(values.mean()) if len(values) else np.nan
