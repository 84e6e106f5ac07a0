"""Learning the policy itself: a softmax over logits linear in features, moved along the gradient of its return.

One agent for the whole ladder from REINFORCE (Williams 1992) to an actor-critic with generalised advantage estimates
(Schulman et al. 2016): what changes from rung to rung is the number that each score is multiplied by.
Letters: T steps of a batch of whole episodes, D features of the policy, K of the value, A actions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from helpers.agents import agent_generator
from helpers.buffer import Transition
from helpers.config import helpful
from helpers.distributions import Categorical
from helpers.spaces import num_actions_of
from helpers.updates import check_gamma, gae, returns_to_go


class Batch(NamedTuple):
    """Whole episodes, one behind the other; value and next_value are what the critic says of obs and next_obs."""

    obs: np.ndarray  # (T, ...)
    action: np.ndarray  # (T,) int
    reward: np.ndarray  # (T,)
    terminated: np.ndarray  # (T,) bool
    truncated: np.ndarray  # (T,) bool
    value: np.ndarray  # (T,)
    next_value: np.ndarray  # (T,)

    @property
    def ended(self) -> np.ndarray:
        """(T,) whether the episode ends with the step."""
        return self.terminated | self.truncated


def total_return(batch: Batch, gamma: float) -> np.ndarray:
    """Every step is paid the return of its whole episode (Williams 1992)."""
    to_go = returns_to_go(batch.reward, batch.ended, gamma)  # (T,)
    first = np.append(0, np.flatnonzero(batch.ended)[:-1] + 1)  # (episodes,) the step that begins each
    return np.repeat(to_go[first], np.diff(np.append(first, len(to_go))))


def return_to_go(batch: Batch, gamma: float) -> np.ndarray:
    """Every step is paid what came after it (S&B section 13.3)."""
    return returns_to_go(batch.reward, batch.ended, gamma)


def advantage(lambda_: float) -> Callable[[Batch, float], np.ndarray]:
    """Every step is paid its generalised advantage estimate, from the critic's values."""

    def weigh(batch: Batch, gamma: float) -> np.ndarray:
        return gae(batch.reward, batch.value, batch.next_value, batch.terminated, batch.truncated, gamma, lambda_)

    return weigh


def as_they_are(obs) -> np.ndarray:
    """Observations (T, D) as features."""
    return np.asarray(obs, float)


def one_number(obs) -> np.ndarray:
    """Features (T, 1) of a critic that says the same of every observation: a constant baseline."""
    return np.ones((len(obs), 1))


def scaled_and_one(scale) -> Callable:
    """Features (T, O + 1): the observation divided by `scale` (O,), and a 1 behind it."""
    scale = np.asarray(scale, float)

    def features(obs) -> np.ndarray:
        x = np.ones((len(obs), len(scale) + 1))
        x[:, :-1] = obs / scale
        return x

    return features


def products_of(features: Callable) -> Callable:
    """All products of two of these features: with a 1 among them, a polynomial of degree 2."""

    def products(obs) -> np.ndarray:
        x = features(obs)  # (T, D)
        one, other = np.triu_indices(x.shape[1])
        return x[:, one] * x[:, other]  # (T, D * (D + 1) / 2)

    return products


@helpful
@dataclass(frozen=True)
class PolicyGradientConfig:
    """The numbers of a policy gradient agent."""

    weigh: Callable[[Batch, float], np.ndarray] = return_to_go  # what the score of each step is multiplied by
    features: Callable = as_they_are  # obs (T, ...) -> (T, D), for the policy
    value_features: Callable | None = None  # obs (T, ...) -> (T, K), for the critic; None: no critic, V = 0
    gamma: float = 0.99  # discount for each env step
    learning_rate: float = 0.02  # of Adam
    batch_steps: int = 1_000  # env steps, and then to the end of the episode, for one gradient step
    entropy: float = 0.0  # weight of the entropy in what is climbed

    def __post_init__(self):
        check_gamma(self.gamma)
        if not self.learning_rate > 0 or not self.entropy >= 0:
            raise ValueError(
                f"`learning_rate` must be above 0 and `entropy` not below; they were {self.learning_rate} and "
                f"{self.entropy}."
            )
        if self.batch_steps < 1:
            raise ValueError(f"`batch_steps` must be 1 or more; it was {self.batch_steps}.")


class PolicyGradient:
    """Acts by chance, remembers whole episodes, and climbs. It has the two verbs: `act` and `learn`."""

    saved = ("theta", "critic", "optimizer", "rng", "transitions")

    def __init__(self, observation_space, action_space, config: PolicyGradientConfig, seed):
        some_obs = np.asarray(observation_space.sample())[None]
        self.config = config
        self.theta = np.zeros((config.features(some_obs).shape[1], num_actions_of(action_space)))  # (D, A)
        self.critic = np.zeros(0 if config.value_features is None else config.value_features(some_obs).shape[1])  # (K,)
        self.optimizer = Adam(self.theta.shape, config.learning_rate)
        self.rng = agent_generator(seed)
        self.transitions: list[Transition] = []

    def policy(self, obs) -> Categorical:
        """What it would do at observations (T, ...)."""
        return Categorical(self.config.features(obs) @ self.theta)

    def act(self, obs, explore: bool = True) -> int:
        """An action drawn from the policy; with explore=False the most probable one."""
        return int(self.act_many(np.asarray(obs)[None], explore)[0])

    def act_many(self, obs, explore: bool = True) -> np.ndarray:
        """The same for each of B observations: (B,)."""
        policy = self.policy(obs)
        return policy.sample(self.rng) if explore else policy.mode()

    def learn(self, transition: Transition) -> None:
        """Remember; at the end of an episode, once there are enough steps, take one gradient step and forget."""
        self.transitions.append(transition)
        ended = transition.terminated or transition.truncated
        if ended and len(self.transitions) >= self.config.batch_steps:
            self._learn_from(self._batch())
            self.transitions = []

    def values(self, obs) -> np.ndarray:
        """What the critic says of observations (T, ...): (T,)."""
        if self.config.value_features is None:
            return np.zeros(len(obs))
        return self.config.value_features(obs) @ self.critic

    def _batch(self) -> Batch:
        obs, action, reward, next_obs, terminated, truncated = map(np.array, zip(*self.transitions, strict=True))
        return Batch(obs, action, reward, terminated, truncated, self.values(obs), self.values(next_obs))

    def _learn_from(self, batch: Batch) -> None:
        config, policy = self.config, self.policy(batch.obs)
        weights = config.weigh(batch, config.gamma)  # (T,)
        slope = weights[:, None] * policy.log_prob_gradient(batch.action)  # (T, A) along the logits
        slope += config.entropy * policy.entropy_gradient()
        gradient = config.features(batch.obs).T @ slope / len(weights)  # (D, A)
        self.theta += self.optimizer.step(gradient)
        if config.value_features is not None:
            returns = advantage(1.0)(batch, config.gamma) + batch.value  # (T,) with V behind a cut
            self.critic = least_squares(config.value_features(batch.obs), returns)


class Adam:
    """The step of Kingma & Ba (2015, algorithm 1), uphill, in NumPy."""

    saved = ("mean", "square", "num_steps")

    def __init__(self, shape, learning_rate: float, beta1: float = 0.9, beta2: float = 0.999):
        self.learning_rate, self.betas = learning_rate, (beta1, beta2)
        self.mean, self.square, self.num_steps = np.zeros(shape), np.zeros(shape), 0

    def step(self, gradient) -> np.ndarray:
        """What to add to the parameters."""
        (beta1, beta2), self.num_steps = self.betas, self.num_steps + 1
        self.mean = beta1 * self.mean + (1 - beta1) * gradient
        self.square = beta2 * self.square + (1 - beta2) * gradient**2
        mean, square = self.mean / (1 - beta1**self.num_steps), self.square / (1 - beta2**self.num_steps)
        return self.learning_rate * mean / (np.sqrt(square) + 1e-8)


def least_squares(features, targets, ridge: float = 1e-3) -> np.ndarray:
    """Weights (K,) with which features (T, K) come closest to targets (T,); `ridge` keeps them finite (per row)."""
    squares = features.T @ features + ridge * len(features) * np.eye(features.shape[1])
    return np.linalg.solve(squares, features.T @ targets)
