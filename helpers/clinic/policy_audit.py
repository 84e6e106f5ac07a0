"""An audit of a PPO's updates: what goes into them against what was seen, and the gradient against NumPy.

It needs the parts of `helpers.ppo.PPO` that `LOOKED_AT` names, and says so where an agent lacks them.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from helpers.clinic.findings import GUESS, Finding
from helpers.clinic.policy_loss import RIGHT, WRONG, Batch, gradient_of, is_tanh_network
from helpers.envs.policy_probe_worlds import AUDITED
from helpers.loop import train
from helpers.updates import discounted_sums, gae

LOOKED_AT = ("network", "critic", "weights", "kind", "policy", "values", "_gradient_steps", "_loss")
NUM_UPDATES = 3  # that are watched
NUM_WEIGHTS = 40  # drawn at random, whose derivatives are compared
BATCH_SIZE = 64  # of the gradient
RATIO, ADVANTAGES, MINIBATCHES, GRADIENT = AUDITS = "ratio of 1", "advantages", "minibatches", "gradient"


class Update(NamedTuple):
    """One update: what was seen in T steps of E environments, (T, E) each, and what it learnt from, (T * E,) each."""

    action: np.ndarray
    reward: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    log_prob: np.ndarray  # of the action, when it was taken
    value: np.ndarray  # of the observation, and of the next one, when it was seen
    next_value: np.ndarray
    learnt_action: np.ndarray
    learnt_log_prob: np.ndarray  # of the network, before anything moves
    learnt_advantage: np.ndarray
    learnt_target: np.ndarray
    rows: np.ndarray  # (K, B)


def audit(agent, num_envs: int, seed: int) -> tuple[Finding, ...]:
    """Watch an untrained agent through its first updates, and check its gradient after them."""
    if missing := [name for name in LOOKED_AT if not hasattr(agent, name)]:
        words = f"there is nothing to look at: the agent has no {', '.join(missing)}"
        return tuple(Finding(name, None, words) for name in AUDITS)
    updates = watch(agent, AUDITED.make_many(num_envs), seed)
    checks = {
        RATIO: lambda: ratio_of_one(updates),
        ADVANTAGES: lambda: advantages(updates, agent.config),
        MINIBATCHES: lambda: minibatches(updates, agent.config.epochs),
        GRADIENT: lambda: gradient(agent, np.random.default_rng(seed)),
    }
    return tuple(Finding(name, *check()) for name, check in checks.items())


def watch(agent, envs, seed: int, num_updates: int = NUM_UPDATES) -> list[Update]:
    """Let the agent learn, and keep both what it saw and what it then learnt from."""
    seen, updates = [], []
    learn_many, gradient_steps = agent.learn_many, agent._gradient_steps

    def remember(transition):
        log_prob = agent.policy(transition.obs).log_prob(np.asarray(transition.action))
        values = agent.values(transition.obs), agent.values(transition.next_obs)
        seen.append((*transition[1:3], *transition[4:], log_prob, *values))
        learn_many(transition)

    def look(rows, obs, action, value, advantage, target):
        log_prob, _ = agent.kind.log_prob_and_entropy(agent.network(obs), action)
        columns = [np.array(column) for column in zip(*seen, strict=True)]
        updates.append(Update(*columns, *map(np.array, (action, log_prob, advantage, target, rows))))  # copies
        seen.clear()
        return gradient_steps(rows, obs, action, value, advantage, target)

    agent.learn_many, agent._gradient_steps = remember, look
    try:
        train(envs, agent, num_updates * agent.config.steps_per_update, seed, progress=False)
    finally:
        del agent.learn_many, agent._gradient_steps  # those of its class again
    return updates


def ratio_of_one(updates: list[Update]) -> tuple[bool, str]:
    """Before anything moves, old and new policy are one: the ratio is 1, and the KL divergence 0."""
    for number, update in enumerate(updates, start=1):
        if not np.array_equal(update.action.ravel(), update.learnt_action):
            return False, f"in update {number} the actions learnt from are not those that were taken"
        apart = np.exp(np.abs(update.log_prob.ravel() - update.learnt_log_prob).max())
        if apart > 1 + 1e-3:
            return False, (
                f"in update {number}, before anything moves, a probability is {apart:.2f} times what it was when the "
                f"action was taken. {GUESS}the scale of observations (renewed in between, or used by one side only), "
                f"weights that act and are not renewed, or the log-probability."
            )
    return True, "before anything moves, every action has the probability with which it was taken"


def advantages(updates: list[Update], config) -> tuple[bool, str]:
    """The advantages and targets against `helpers.updates.gae`, with the values that the critic gave on the way."""
    for number, update in enumerate(updates, start=1):
        right = _gae(update, config)
        if not _close(update.learnt_advantage, right.ravel()):
            faults = {name: fault(update, config, right) for name, fault in _WRONG_ADVANTAGES.items()}
            known = [name for name, wrong in faults.items() if _close(update.learnt_advantage, wrong.ravel())]
            furthest = np.abs(update.learnt_advantage - right.ravel()).max()
            words = f"in update {number} an advantage is {furthest:.2g} away from what helpers.updates.gae gives"
            guess = f"{GUESS}rewards, values or flags, or in which row they stand."
            return False, f"{words}. A fault that gives these: {known[0]}." if known else f"{words}. {guess}"
        if not _close(update.learnt_target, (right + update.value).ravel()):
            return False, f"in update {number} the critic's targets are not the advantages plus the values"
    return True, "advantages and targets are those of helpers.updates.gae"


def minibatches(updates: list[Update], epochs: int) -> tuple[bool, str]:
    """Every epoch goes through all steps once, in an order of its own."""
    for number, update in enumerate(updates, start=1):
        orders = update.rows.reshape(epochs, -1)  # one row for each epoch
        steps = np.arange(update.action.size)
        if orders.shape[1] != len(steps) or not all(np.array_equal(np.sort(order), steps) for order in orders):
            used = len(np.unique(orders)) / len(steps)
            return False, f"in update {number} an epoch does not use every step once; {used:.0%} are used at all"
        if any(np.array_equal(order, steps) for order in orders):
            return False, f"in update {number} the minibatches are not shuffled: steps come in the order of time"
        if epochs > 1 and all(np.array_equal(order, orders[0]) for order in orders):
            return False, f"in update {number} every epoch has the same minibatches"
    return True, "every epoch uses every step once, in an order of its own"


def gradient(agent, rng: np.random.Generator) -> tuple[bool | None, str]:
    """Some derivatives of the agent's loss against finite differences of `helpers.clinic.policy_loss`."""
    if not (is_tanh_network(agent.network) and is_tanh_network(agent.critic)):
        return None, "its networks are not Dense layers with tanh between them: there is nothing to compare with"
    batch = some_batch(agent, rng)
    with tf.GradientTape() as tape:
        tensors = [
            tf.constant(part, tf.int32 if name == "action" else tf.float32) for name, part in batch._asdict().items()
        ]
        loss, _ = agent._loss(*tensors)
    parts = tape.gradient(loss, agent.weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    found = np.concatenate([np.ravel(part) for part in parts])
    places = rng.choice(len(found), size=min(NUM_WEIGHTS, len(found)), replace=False)
    right = gradient_of(agent, batch, places, RIGHT)
    if _close(found[places], right):
        return True, f"{len(places)} derivatives of the loss are those of NumPy"
    known = [
        words for words, pieces in WRONG.items() if _close(found[places], gradient_of(agent, batch, places, pieces))
    ]
    words = "the gradient of the loss is not that of equation 7, computed in NumPy"
    return (
        False,
        f"{words}. A fault that gives this one: {known[0]}." if known else f"{words}. {GUESS}a term of the loss.",
    )


def some_batch(agent, rng: np.random.Generator) -> Batch:
    """A random batch on which the policy has moved: ratios on both sides of the clip, advantages of both signs."""
    obs = rng.normal(size=(BATCH_SIZE, agent.network.input_shape[1])).astype(np.float32)
    log_probs = agent.kind.distribution(np.asarray(agent.network(obs), float))
    action = log_probs.sample(rng)
    old_log_prob = log_probs.log_prob(action) + rng.normal(scale=0.3, size=BATCH_SIZE)
    old_value = np.asarray(agent.critic(obs), float)[:, 0] + rng.normal(scale=0.3, size=BATCH_SIZE)
    return Batch(obs, action, old_log_prob, old_value, rng.normal(0.5, size=BATCH_SIZE), rng.normal(size=BATCH_SIZE))


def _close(found, wanted) -> bool:
    """To 1e-5 of the largest: float32 leaves about 1e-7, and a small bonus for entropy makes far more."""
    found, wanted = np.asarray(found, float), np.asarray(wanted, float)
    return found.shape == wanted.shape and np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max()


def _gae(update: Update, config, **changes) -> np.ndarray:
    """(T, E) the advantages of an update, or what they would be with some columns changed."""
    names = ("reward", "value", "next_value", "terminated", "truncated")
    columns = {name: getattr(update, name) for name in names} | changes
    columns["reward"] = columns["reward"] / config.reward_scale
    return gae(**columns, gamma=config.gamma, lambda_=config.lambda_)


def _without_stop(update: Update, config, _) -> np.ndarray:
    goes_on = config.gamma * (1 - update.terminated) * update.next_value
    delta = update.reward / config.reward_scale + goes_on - update.value
    return discounted_sums(delta, np.zeros(delta.shape), config.gamma * config.lambda_)


# name of a fault -> (update, config, right advantages) -> what the advantages then are
_WRONG_ADVANTAGES: dict[str, Callable] = {
    "a cut counts as an end": lambda u, config, _: _gae(u, config, terminated=u.terminated | u.truncated),
    "an end counts as a cut, and is bootstrapped": lambda u, config, _: _gae(
        u, config, terminated=np.zeros_like(u.terminated), truncated=u.terminated | u.truncated
    ),
    "where an episode is cut, next_obs is the first observation of the next one": lambda u, config, _: _gae(
        u, config, next_value=np.vstack([u.value[1:], u.next_value[-1:]])
    ),
    "the sum of TD errors runs on into the next episode": _without_stop,
    "they are flattened as (E, T), and everything else as (T, E)": lambda u, config, right: right.T.reshape(
        right.shape
    ),
    "they are normalised before the targets are made from them": lambda u, config, right: (
        (right - right.mean()) / (right.std() + 1e-8)
    ),
    "rewards are not divided by `reward_scale`": lambda u, config, _: _gae(
        u, config, reward=u.reward * config.reward_scale
    ),
    "their sign is wrong": lambda u, config, right: -right,
}
