"""Exact answers for worlds given as arrays: the truth to compare with, in notebooks and in tests.

P (S, A, S) probability of each next state, R (S, A) expected reward, as `helpers.envs.as_arrays` returns them.
References: Bellman (1957); Sutton & Barto, 2nd ed. (S&B), chapters 3 and 4.
"""

import numpy as np


def bellman_optimality(q, P, R, gamma: float) -> np.ndarray:
    """One sweep: R + gamma * sum over s' of P[s, a, s'] * max_a' q[s', a'] (S&B eq. 3.20). (S, A) -> (S, A)."""
    return R + gamma * P @ np.max(q, axis=1)


def value_iteration(P, R, gamma: float, tolerance: float = 1e-10, max_sweeps: int = 100_000) -> np.ndarray:
    """Q* (S, A), every entry to within `tolerance` (S&B section 4.4).

    Stops when a sweep changes nothing by more than tolerance * (1 - gamma) / gamma: by the contraction, what is
    left is then below `tolerance`. Raises ValueError for arrays that are no MDP, or for gamma outside [0, 1).
    """
    P, R = check_discounted(P, R, gamma, tolerance)
    q = np.zeros_like(R)
    for _ in range(max_sweeps):
        before, q = q, bellman_optimality(q, P, R, gamma)
        if gamma * np.abs(q - before).max() <= tolerance * (1 - gamma):
            return q
    raise RuntimeError(f"No convergence to {tolerance} in {max_sweeps:,} sweeps.")


def policy_evaluation(P, R, policy, gamma: float) -> np.ndarray:
    """V (S,) of a policy, by solving the linear Bellman equation (S&B eq. 3.14): (I - gamma P_pi) V = R_pi.

    policy: (S,) of int, one action for each state, or (S, A) of probabilities. gamma must be below 1.
    """
    P, R = check_discounted(P, R, gamma)
    P_pi, R_pi = follow(P, R, policy)
    return np.linalg.solve(np.eye(len(R)) - gamma * P_pi, R_pi)


def expected_return(P, R, policy, num_steps: int) -> np.ndarray:
    """(S,) expected undiscounted return of a policy in an episode cut after `num_steps`, from each start."""
    P, R = check_mdp(P, R)
    P_pi, R_pi = follow(P, R, policy)
    value = np.zeros(len(R))
    for _ in range(num_steps):
        value = R_pi + P_pi @ value
    return value


def follow(P, R, policy) -> tuple[np.ndarray, np.ndarray]:
    """The chain that a policy makes of the world: P_pi (S, S) and R_pi (S,), averages over its actions."""
    policy = np.asarray(policy)
    if policy.shape == R.shape[:1] and np.issubdtype(policy.dtype, np.integer):
        policy = np.eye(R.shape[1])[policy]
    if policy.shape != R.shape or np.any(policy < 0) or not np.allclose(policy.sum(axis=1), 1):
        raise ValueError(
            f"`policy` must hold one action for each of the {len(R)} states, or probabilities {R.shape} whose rows "
            f"sum to 1; its shape was {policy.shape}."
        )
    return np.einsum("sa,sat->st", policy, P), np.einsum("sa,sa->s", policy, R)


def check_discounted(P, R, gamma: float, tolerance: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """As `check_mdp`; and gamma must be below 1, so that the Bellman equation is sure to have one solution."""
    if not 0 <= gamma < 1:
        raise ValueError(
            f"The Bellman equation is sure to have one solution for 0 <= gamma < 1 only; `gamma` was {gamma}."
        )
    if not tolerance > 0:
        raise ValueError(f"`tolerance` must be above 0; it was {tolerance}.")
    return check_mdp(P, R)


def check_mdp(P, R) -> tuple[np.ndarray, np.ndarray]:
    """P (S, A, S) and R (S, A) as arrays of float; ValueError if shapes, probabilities or rewards make no MDP."""
    P, R = np.asarray(P, float), np.asarray(R, float)
    if R.ndim != 2 or P.shape != (*R.shape, R.shape[0]):
        raise ValueError(f"Expected P (S, A, S) and R (S, A); the shapes were {P.shape} and {R.shape}.")
    if np.any(P < 0) or not np.allclose(P.sum(axis=2), 1):
        raise ValueError("Each P[s, a] must be a probability for every next state: none negative, summing to 1.")
    if not np.all(np.isfinite(R)):
        raise ValueError("Every reward in R must be a finite number.")
    return P, R
