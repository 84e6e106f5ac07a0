"""Probe environments: worlds so small that Q* is known exactly, each of which needs one part of an agent more.

The idea of worlds that isolate one part each: Andy Jones, "Debugging reinforcement learning systems" (2021).
Read the results from the top: the first probe that fails names the part to look at.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from helpers.envs.arrays import arrays_from
from helpers.exact import value_iteration


class Outcome(NamedTuple):
    """What may follow an action."""

    reward: float
    next_place: int
    terminated: bool = True


class ProbeWorld(gym.Env):
    """S places and A actions: `moves[place][action]` is a list of outcomes, all equally likely.

    Place number i is seen as row i of `observations` (S, O); left out, that is 0.5 at position i, else 0. Each of
    several starts, or of several outcomes, comes equally often, in random order: the averages that an agent can learn
    are then nearly exact after a few dozen episodes. `in_turn`: starts come in the order in which they are given.
    `time_limit`: env steps after which an episode is truncated.
    """

    metadata = {"render_modes": []}

    def __init__(
        self,
        moves: Sequence,
        starts: Sequence[int] = (0,),
        time_limit: int | None = None,
        *,
        observations=None,
        in_turn: bool = False,
    ):
        num_places, num_actions = len(moves), len(moves[0])
        self.moves, self.starts, self.time_limit, self.in_turn = moves, tuple(starts), time_limit, in_turn
        usual = 0.5 * np.eye(num_places)  # never whole numbers, on purpose
        self.observations = np.array(usual if observations is None else observations, np.float32)  # (S, O)
        largest = max(1.0, float(np.abs(self.observations).max()))
        self.observation_space = spaces.Box(-largest, largest, self.observations.shape[1:])
        self.action_space = spaces.Discrete(num_actions)
        outcomes = {(place, action): [] for place in range(num_places + 1) for action in range(num_actions)}
        for place, of_place in enumerate(moves):
            for action, rows in enumerate(of_place):
                for reward, next_place, terminated in rows:  # an end leads to the last state, which pays nothing
                    entry = (1 / len(rows), num_places if terminated else next_place, reward, terminated)
                    outcomes[place, action].append(entry)
        self.P, self.R = arrays_from(outcomes, num_places + 1, num_actions)
        self.place, self.steps, self.waiting = 0, 0, {}

    def known_q(self, gamma: float) -> np.ndarray:
        """Q* (S, A): what a right agent says at the end. A time limit changes nothing of it."""
        return value_iteration(self.P, self.R, gamma)[:-1]

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if seed is not None:
            self.waiting = {}  # what is left of the decks belongs to the generator before
        self.place, self.steps = self.starts[self._draw("start", len(self.starts), self.in_turn)], 0
        return self.observations[self.place].copy(), {}

    def step(self, action):
        rows = self.moves[self.place][int(action)]
        reward, self.place, terminated = rows[self._draw((self.place, int(action)), len(rows))]
        self.steps += 1
        truncated = self.steps == self.time_limit and not terminated
        return self.observations[self.place].copy(), float(reward), terminated, truncated, {}

    def _draw(self, key, count: int, in_turn: bool = False) -> int:
        """0 .. count - 1 equally often: a deck for each key, shuffled or in turn, and made anew when it is empty."""
        if not self.waiting.get(key):
            self.waiting[key] = [*reversed(range(count))] if in_turn else self.np_random.permutation(count).tolist()
        return self.waiting[key].pop()


class Probe(NamedTuple):
    """One probe environment, what it isolates, and what to think where an agent fails it."""

    name: str
    isolates: str
    broken: str  # what is probably broken where this is the first to fail
    make: Callable[[], ProbeWorld]
    signs: Sequence[tuple[Callable[[float], Sequence], str]] = ()  # gamma -> values (S, A) of a known fault, its name


END = True
NOT_MASKED = "the value after the end is added: the target is not multiplied by (1 - terminated)"


def _constant() -> ProbeWorld:
    return ProbeWorld([[[Outcome(1, 0)]]])


def _observation() -> ProbeWorld:
    return ProbeWorld([[[Outcome(-1, 0)]], [[Outcome(2, 1)]]], starts=(0, 1))


def _two_steps() -> ProbeWorld:
    toss = [Outcome(0, 1, not END), Outcome(0, 2, not END)]
    return ProbeWorld([[toss], [[Outcome(2, 0)]], [[Outcome(0, 0)]]])


def _action() -> ProbeWorld:
    return ProbeWorld([[[Outcome(0, 0)], [Outcome(1, 0)], [Outcome(-1, 0)]]])


def _observation_and_action() -> ProbeWorld:
    return ProbeWorld([[[Outcome(1, 0)], [Outcome(-1, 0)]], [[Outcome(-1, 1)], [Outcome(1, 1)]]], starts=(0, 1))


def _truncated() -> ProbeWorld:
    return ProbeWorld([[[Outcome(-5, 1, not END)]], [[Outcome(1, 1, not END)]]], time_limit=TIME_LIMIT)


def _terminal_in_the_middle() -> ProbeWorld:
    return ProbeWorld([[[Outcome(0, 1, not END)]], [[Outcome(1, 0)]]], starts=(0, 1))


TIME_LIMIT = 8  # env steps of an episode of `truncated`: one in place 0, seven in place 1, the last of them cut off


def _cut_as_end(gamma: float):
    """A cut taken for an end: one in seven steps of place 1 then bootstraps nothing. With q1 = 1 + gamma * 6/7 * q1."""
    q1 = 1 / (1 - gamma * 6 / 7)
    return [[-5 + gamma * q1], [q1]]


def _cut_to_reset(gamma: float):
    """After a cut the next observation is that of the reset: q1 = 1 + gamma * (6/7 * q1 + 1/7 * (-5 + gamma * q1))."""
    q1 = (1 - gamma * 5 / 7) / (1 - gamma * 6 / 7 - gamma**2 / 7)
    return [[-5 + gamma * q1], [q1]]


def _wrong_power(n: int):
    """n rewards, then gamma instead of gamma**n: with q1 = 1 + gamma + ... + gamma**(n - 1) + gamma * q1."""

    def values(gamma: float):
        rewards = (1 - gamma**n) / (1 - gamma)
        q1 = rewards / (1 - gamma)
        return [[-6 + rewards + gamma * q1], [q1]]  # -5 stands where the first 1 would

    return values


def _average_of_batch(gamma: float):
    """Each row gets the mean value of all next observations; two rows of three lead from place 1 to place 0."""
    q0 = gamma / 3 / (1 - 2 * gamma / 3)
    return [[q0], [1]]


def _residual(gamma: float):
    """The gradient also flows through the target (Baird 1995): the least squares then pull both sides of the coin
    together, to 1 + d and 1 - d, where d minimises gamma^2 * d^2 + (d - 1)^2."""
    d = 1 / (1 + gamma**2)
    return [[gamma], [1 + d], [1 - d]]


PROBES = (
    Probe(
        "constant",
        "One observation, one action, reward 1, the end. Q = 1.",
        "the reward, the loss, the optimiser, or the observation on its way into the memory (its type)",
        _constant,
        ((lambda gamma: [[1 / (1 - gamma)]], NOT_MASKED),),
    ),
    Probe(
        "observation",
        "Two observations, one pays -1, the other 2. Q is what each pays.",
        "the observation or its reward: what is stored, in which type, in which row",
        _observation,
        (
            (lambda gamma: [[-1 / (1 - gamma)], [2 / (1 - gamma)]], NOT_MASKED),
            (lambda gamma: [[-1], [1]], "rewards are clipped to between -1 and 1"),
            (lambda gamma: [[1.25], [-0.25]], "the reward stored is that of the step before"),
        ),
    ),
    Probe(
        "two steps",
        "A step without reward, then a coin: heads pays 2, tails 0. Q of the first step is gamma.",
        "the value of the next observation: next_obs, the target network, the discount, or the maximum",
        _two_steps,
        (
            (
                lambda gamma: [[0], [2], [0]],
                "no value comes back: next_obs is that of the step before, a target never copied, or gamma 0",
            ),
            (lambda gamma: [[1], [2], [0]], "nothing is discounted"),
            (lambda gamma: [[gamma**2], [2], [0]], "it is discounted twice"),
            (lambda gamma: [[2 * gamma], [2], [0]], "the maximum is taken over the whole batch, not for each row"),
            (_residual, "the gradient flows through the target"),
        ),
    ),
    Probe(
        "action",
        "One observation, three actions that pay 0, 1 and -1. Q is what each pays, and the middle one is chosen.",
        "the action: which one is stored, which Q is updated, which is the greedy one",
        _action,
        ((lambda gamma: [[0, 0, 0]], "every action gets the same: the action stored is not the one that was paid"),),
    ),
    Probe(
        "observation and action",
        "Two observations, two actions; the one that pays 1 is another in each, the other pays -1.",
        "observation and action together: the network is too small, or rows of one batch do not belong together",
        _observation_and_action,
    ),
    Probe(
        "truncated",
        f"A first step pays -5, each later one 1; cut after {TIME_LIMIT} steps. Q of a later one is 1 / (1 - gamma).",
        "the cut by the time limit, or a chain of several steps (the power of gamma in n-step targets)",
        _truncated,
        (
            (_cut_as_end, "a truncated episode is taken for one that terminated"),
            (_cut_to_reset, "after a cut, next_obs is the first observation of the next episode"),
            *((_wrong_power(n), f"{n} rewards, but gamma instead of gamma**{n} for what follows") for n in range(2, 8)),
        ),
    ),
    Probe(
        "terminal in the middle",
        "0, then 1 and the end, whose next_obs is the start. Q = gamma and 1: ends and other steps share a batch.",
        "the terminal mask, row by row",
        _terminal_in_the_middle,
        (
            (lambda gamma: [[gamma / (1 - gamma**2)], [1 / (1 - gamma**2)]], NOT_MASKED),
            (_average_of_batch, "every row gets the average of all next values: (B,) against (B, 1)"),
        ),
    ),
)

BY_NAME = {probe.name: probe for probe in PROBES}
