"""What policy learning estimates, computed exactly for worlds given as arrays: visits, gradients, expected advantages.

P (S, A, S) and R (S, A) as in `helpers.exact`; policy (S, A) of probabilities; start (S,) probabilities of the first
state. A terminal state leads to itself and pays nothing. gamma = 1 is allowed where every episode ends for certain.
References: Sutton & Barto, 2nd ed. (S&B), chapter 13; Sutton et al., "Policy gradient methods" (2000).
"""

import numpy as np

from helpers.envs.arrays import terminal_states
from helpers.exact import check_mdp, follow


def state_values(P, R, policy, gamma: float) -> np.ndarray:
    """V (S,) of a policy; as `helpers.exact.policy_evaluation`, and with gamma = 1 too where episodes end."""
    P, R = check_mdp(P, R)
    chain, reward = follow(P, R, policy)
    on = ~terminal_states(P, R)
    value = np.zeros(len(R))
    value[on] = _solve(chain[np.ix_(on, on)], reward[on], gamma)
    return value


def visits(P, R, policy, start, gamma: float) -> np.ndarray:
    """(S,) expected number of visits of each state in an episode, the t-th step counted gamma^t (S&B section 13.2).

    They are 0 for terminal states: nothing is chosen there.
    """
    P, R = check_mdp(P, R)
    chain, _ = follow(P, R, policy)
    on = ~terminal_states(P, R)
    found = np.zeros(len(R))
    found[on] = _solve(chain[np.ix_(on, on)].T, _check_start(start, len(R))[on], gamma)
    return found


def advantages(P, R, policy, gamma: float) -> np.ndarray:
    """A = Q - V of a policy, (S, A): how much better an action is than what the policy does on average."""
    value = state_values(P, R, policy, gamma)
    return R + gamma * P @ value - value[:, None]


def policy_gradient(P, R, policy, start, gamma: float) -> np.ndarray:
    """Gradient of the expected return from `start`, with respect to a logit for each state and action, (S, A).

    visits(s) * pi(a | s) * A(s, a): the policy gradient theorem for a softmax (S&B eq. 13.5). Where states share their
    logits, because they look alike, the rows of these states are to be added.
    """
    policy = np.asarray(policy, float)
    return visits(P, R, policy, start, gamma)[:, None] * policy * advantages(P, R, policy, gamma)


def expected_gae(P, R, policy, value, gamma: float, lambda_: float) -> np.ndarray:
    """What `helpers.updates.gae` is on average for each state and action, (S, A), with any values (S,) in it.

    value must be 0 for terminal states. With the true values, or with lambda = 1, nothing is wrong with it but a
    number that depends on the state alone.
    """
    P, R = check_mdp(P, R)
    policy, value = np.asarray(policy, float), np.asarray(value, float)
    on = ~terminal_states(P, R)
    delta = (R + gamma * P @ value - value[:, None]) * on[:, None]  # (S, A) expected TD errors
    chain, delta_pi = follow(P, delta, policy)
    later = np.zeros(len(R))
    later[on] = _solve(chain[np.ix_(on, on)], delta_pi[on], gamma * lambda_)
    return delta + gamma * lambda_ * P @ later


def _solve(chain, right, gamma: float) -> np.ndarray:
    """x = right + gamma * chain @ x, of the states in which an episode goes on."""
    if not 0 <= gamma <= 1:
        raise ValueError(f"`gamma` (the discount) must lie between 0 and 1; it was {gamma}.")
    longest = np.abs(np.linalg.eigvals(gamma * chain)).max(initial=0)
    if longest > 1 - 1e-12:
        raise ValueError("With gamma = 1 every episode must end for certain; with this policy some never do.")
    return np.linalg.solve(np.eye(len(right)) - gamma * chain, right)


def _check_start(start, num_states: int) -> np.ndarray:
    start = np.asarray(start, float)
    if start.shape != (num_states,) or np.any(start < 0) or not np.isclose(start.sum(), 1):
        raise ValueError(
            f"`start` needs the probability of each of the {num_states} states as the first one, summing to 1; "
            f"its shape was {start.shape}."
        )
    return start
