"""Many tables that learn side by side as arrays (N, S, A), each from its own walk: a hundred runs in the time of a few.

The updates are those of `helpers.agents.QLearning` and `Sarsa`, in worlds given as arrays: P (S, A, S) the probability
of each next state, `pays` what a step pays, (S,) where it depends on the state that is reached, or (S, A).
References: Sutton & Barto, 2nd ed., sections 6.4 and 6.5.
"""

from collections.abc import Callable

import numpy as np


class Tables:
    """N tables q (N, S, A) and N walkers, each in a state `obs` (N,); `step` moves every walker, and its table learns.

    alpha: visits of (obs, action) (N,) -> step sizes (N,). epsilon: visits of obs (N,) -> chances of a random action.
    sarsa: the target uses the action that will be taken next, else the largest entry. A walker that has arrived, or
    whose episode is `max_steps` long, begins again at `start`; only an arrival cuts off what comes after.
    acts_by, aims_by: a fixed table (S, A) in place of the walkers' own, for what they try and what their target takes.
    """

    def __init__(
        self,
        q,
        P,
        pays,
        start: int,
        gamma: float,
        alpha: Callable,
        epsilon: Callable,
        rng: np.random.Generator,
        *,
        sarsa: bool = False,
        max_steps: int | None = None,
        acts_by: np.ndarray | None = None,
        aims_by: np.ndarray | None = None,
    ):
        self.q, self.pays = np.array(q, float), np.asarray(pays, float)
        if self.q.ndim != 3 or self.q.shape[1:] != P.shape[:2]:
            raise ValueError(
                f"`q` needs a table {P.shape[:2]} for each walker, (N, S, A); its shape was {self.q.shape}."
            )
        if self.pays.shape not in (P.shape[:1], P.shape[:2]):
            raise ValueError(f"`pays` must be {P.shape[:1]} or {P.shape[:2]}; its shape was {self.pays.shape}.")
        for name, table in {"acts_by": acts_by, "aims_by": aims_by}.items():
            if table is not None and np.shape(table) != P.shape[:2]:
                raise ValueError(f"`{name}` must be one table {P.shape[:2]}; its shape was {np.shape(table)}.")
        if sarsa and aims_by is not None:
            raise ValueError("With sarsa=True the target uses the action that is taken next; leave `aims_by` out.")
        self.acts_by, self.aims_by = acts_by, aims_by
        self.onward, self.ends = P.cumsum(axis=2), np.all(np.einsum("sas->sa", P) == 1, axis=1)
        self.start, self.gamma = start, gamma
        self.alpha, self.epsilon, self.rng, self.sarsa, self.max_steps = alpha, epsilon, rng, sarsa, max_steps
        self.own, self.counts = np.arange(len(self.q)), np.zeros(self.q.shape, int)
        self.obs, self.length = np.full(len(self.q), start), np.zeros(len(self.q), int)
        self.action = self.choose(self.obs)

    def choose(self, obs) -> np.ndarray:
        """Epsilon-greedy actions (N,); ties are broken at random."""
        rows = self.q[self.own, obs] if self.acts_by is None else self.acts_by[obs]  # (N, A)
        chance = self.rng.random((2, len(obs)))
        best = np.where(rows == rows.max(axis=1, keepdims=True), self.rng.random(rows.shape), -1.0).argmax(axis=1)
        often = chance[0] < self.epsilon(self.counts[self.own, obs].sum(axis=1))
        return np.where(often, (chance[1] * rows.shape[1]).astype(int), best)

    def step(self):
        """One step of every walker and one update of every table; (obs, action, reward, next_obs, terminated), (N,)."""
        here = self.own, self.obs, self.action
        onward = self.onward[self.obs, self.action]  # (N, S)
        next_obs = (onward <= self.rng.random((len(self.own), 1)) * onward[:, -1:]).sum(axis=1)
        reward = self.pays[next_obs] if self.pays.ndim == 1 else self.pays[self.obs, self.action]
        terminated = self.ends[next_obs]
        judge = self.q[self.own, next_obs] if self.aims_by is None else self.aims_by[next_obs]  # (N, A)
        next_action = self.choose(next_obs) if self.sarsa else judge.argmax(axis=1)
        target = reward + self.gamma * ~terminated * self.q[self.own, next_obs, next_action]
        self.counts[here] += 1
        self.q[here] += self.alpha(self.counts[here]) * (target - self.q[here])
        seen = self.obs, self.action, reward, next_obs, terminated
        self.length += 1
        over = terminated if self.max_steps is None else terminated | (self.length >= self.max_steps)
        self.length[over] = 0
        self.obs = np.where(over, self.start, next_obs)
        if self.sarsa:
            self.action = np.where(over, self.choose(self.obs), next_action) if over.any() else next_action
        else:
            self.action = self.choose(self.obs)
        return seen
