"""The loss in NumPy is the one on paper; the audit sees what went into an update, and leaves the agent as it was."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from helpers.clinic.policy_audit import AUDITS, audit, watch
from helpers.clinic.policy_loss import RIGHT, WRONG, Batch, Pieces, clipped_loss, gradient_of
from helpers.clinic.policy_zoo import PROBE_CONFIG
from helpers.envs.policy_probe_worlds import AUDITED
from helpers.loop import train
from helpers.ppo import PPO
from helpers.updates import gae

CONFIG = SimpleNamespace(clip=0.2, entropy=0.1, value_weight=0.5, value_clip=math.inf, normalise_advantages=False)
# Logits obs @ [[log 3, 0], [0, 0]], values obs @ (2, 1): ratios 1.5 and 0.625, as in tests/test_ppo.py.
WEIGHTS = [np.array([[np.log(3), 0.0], [0.0, 0.0]]), np.zeros(2), np.array([[2.0], [1.0]]), np.zeros(1)]
BATCH = Batch(
    np.eye(2), np.array([0, 1]), np.log([0.5, 0.8]), np.array([1.5, 1]), np.array([2.0, -1]), np.array([3.0, 0])
)
NOW = np.log([0.75, 0.5])
ENTROPY = (0.56233514 + math.log(2)) / 2


def said(pieces: Pieces = RIGHT) -> float:
    return clipped_loss(WEIGHTS, 2, BATCH, NOW, CONFIG, pieces)


def test_the_loss_is_the_one_done_on_paper():
    assert said() == pytest.approx(-(2.4 - 0.8) / 2 + 0.5 * 1 - 0.1 * ENTROPY, abs=1e-6)


@pytest.mark.parametrize(
    ("words", "loss"),
    [
        ("certainty is rewarded", -0.8 + 0.5 + 0.1 * ENTROPY),
        ("left out", -0.8 + 0.5),
        ("larger of the two", -(3 - 0.625) / 2 + 0.5 - 0.1 * ENTROPY),
        ("nothing is clipped", -(3 - 0.625) / 2 + 0.5 - 0.1 * ENTROPY),
        ("always 1", -(2 - 1) / 2 + 0.5 - 0.1 * ENTROPY),
        ("minus the value of today", -(1.2 * 1 - 0.8 * 1) / 2 + 0.5 - 0.1 * ENTROPY),
        ("(B, B)", -0.8 + 0.5 * (1 + 4 + 4 + 1) / 4 - 0.1 * ENTROPY),
    ],
)
def test_wrong_pieces_on_paper(words, loss):
    (name,) = [name for name in WRONG if words in name]
    assert said(WRONG[name]) == pytest.approx(loss, abs=1e-6)


def an_agent(seed=0) -> tuple[PPO, object]:
    envs = AUDITED.make_many(PROBE_CONFIG.num_envs)
    return PPO(envs.single_observation_space, envs.single_action_space, PROBE_CONFIG, seed), envs


def test_finite_differences_of_a_bias_of_the_critic_by_hand():
    """d loss / d bias = value_weight * mean of 2 (V - target), nothing clipped."""
    agent, _ = an_agent()
    rng = np.random.default_rng(0)
    obs, target = rng.normal(size=(8, 6)), rng.normal(size=8)
    value = agent.critic(obs).numpy()[:, 0].astype(float)
    batch = Batch(obs, rng.integers(2, size=8), np.full(8, -0.7), value, rng.normal(size=8), target)
    last = sum(int(np.prod(weight.shape)) for weight in agent.weights) - 1
    found = gradient_of(agent, batch, [last])
    np.testing.assert_allclose(found, PROBE_CONFIG.value_weight * 2 * (value - target).mean(), rtol=1e-5)


def test_watching_changes_nothing():
    watched, envs = an_agent()
    watch(watched, envs, seed=3, num_updates=2)
    alone, envs = an_agent()
    train(envs, alone, 2 * PROBE_CONFIG.steps_per_update, seed=3, progress=False)
    assert all(np.array_equal(a, b) for a, b in zip(watched.weights, alone.weights, strict=True))
    assert "learn_many" not in vars(watched) and "_gradient_steps" not in vars(watched)


def test_what_was_seen_and_learnt_by_a_right_agent():
    agent, envs = an_agent(1)
    first, second = watch(agent, envs, seed=1, num_updates=2)
    assert first.reward.shape == (PROBE_CONFIG.rollout_steps, PROBE_CONFIG.num_envs)
    for update in (first, second):
        columns = update.reward, update.value, update.next_value, update.terminated, update.truncated
        right = gae(*columns, PROBE_CONFIG.gamma, PROBE_CONFIG.lambda_)
        np.testing.assert_allclose(update.learnt_advantage, right.ravel(), atol=1e-4)
        np.testing.assert_allclose(update.learnt_log_prob, update.log_prob.ravel(), atol=1e-4)
        assert update.terminated.any() and update.truncated.any()


def test_of_an_agent_without_the_parts_it_says_so():
    findings = audit(SimpleNamespace(policy=None, values=None), 4, 0)
    assert [finding.name for finding in findings] == list(AUDITS)
    assert all(
        finding.passed is None and "it has no" in finding.words.replace("the agent", "it") for finding in findings
    )
