"""Any toy world as arrays, the form in which it can be solved exactly."""

import numpy as np


def as_arrays(env) -> tuple[np.ndarray, np.ndarray]:
    """The world as P (S, A, S), the probability of each next state, and R (S, A), the expected reward.

    For our own grids, and for Gymnasium's toy-text worlds, which publish their transition table as `env.P`.
    A terminal state is written as one that leads to itself for ever and pays nothing, so that its value is 0.
    """
    world = env.unwrapped
    if isinstance(getattr(world, "P", None), np.ndarray):
        return world.P, world.R
    if not isinstance(getattr(world, "P", None), dict):
        raise TypeError(
            f"{type(world).__name__} has no transition table `P`; only worlds that publish one can be solved."
        )
    num_states, num_actions = int(env.observation_space.n), int(env.action_space.n)
    ends = {row[1] for moves in world.P.values() for rows in moves.values() for row in rows if row[3]}
    outcomes = {
        (obs, action): [] if obs in ends else world.P[obs][action]
        for obs in range(num_states)
        for action in range(num_actions)
    }
    return arrays_from(outcomes, num_states, num_actions)


def terminal_states(P, R) -> np.ndarray:
    """(S,) of bool: the states that lead only to themselves and pay nothing (walls look the same)."""
    stays = np.einsum("sas->sa", P) == 1
    return np.all(stays & (np.asarray(R) == 0), axis=1)


def arrays_from(outcomes, num_states: int, num_actions: int) -> tuple[np.ndarray, np.ndarray]:
    """P and R from what may follow: outcomes[obs, action] is a list of (probability, next_obs, reward, terminated)."""
    R = np.zeros((num_states, num_actions))
    P = np.zeros((*R.shape, num_states))
    for (obs, action), rows in outcomes.items():
        for probability, next_obs, reward, _ in rows:
            P[obs, action, next_obs] += probability
            R[obs, action] += probability * reward
        if not rows:
            P[obs, action, obs] = 1.0  # terminal: stays, for nothing
    return P, R
