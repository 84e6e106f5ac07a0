"""The agent that measures the scale of its observations: by hand, the same in NumPy, saved and restored."""

import gymnasium as gym
import numpy as np
import pytest

from helpers import checkpoint
from helpers.buffer import Transition
from helpers.dqn import DQNConfig
from helpers.dqn.own_scale import MeasuredScale, OwnScale
from helpers.loop import train

SMALL = DQNConfig(obs_scale=None, hidden=(8,), learning_starts=8, learn_every=8, gradient_steps=2, target_every=2,
                  batch_size=4)  # fmt: skip


def made(seed: int = 0, config: DQNConfig = SMALL) -> OwnScale:
    env = gym.make("CartPole-v1")
    return OwnScale(env.observation_space, env.action_space, config, seed)


def test_by_hand():
    """Of 1, -8 and 3 the largest size is 8. What was always 0 stays as it is."""
    layer = MeasuredScale()
    layer.build((None, 2))
    layer.measure(np.array([[1, 0], [-8, 0], [3, 0]], np.float32))
    np.testing.assert_array_equal(layer(np.array([[4, 6]], np.float32)), [[0.5, 6]])


def test_it_measures_what_the_buffer_holds_and_acts_through_it():
    agent, rng = made(), np.random.default_rng(0)
    sizes = np.array([3.0, 0.1, 50.0, 1.0])
    before = agent.network.layers[0].scale.numpy()
    for _ in range(8):
        obs = rng.normal(1, sizes)
        agent.learn(Transition(obs, 0, 1.0, obs, terminated=False, truncated=False))
    held = agent.buffer.obs[:8]
    assert (before == 1).all()
    for network in (agent.network, agent.target_network):
        np.testing.assert_array_equal(network.layers[0].scale, np.abs(held).max(axis=0))
    np.testing.assert_allclose(agent.q_values(held), agent.network(held), atol=1e-5)


def test_the_optimiser_leaves_what_was_measured_alone():
    agent = made()
    names = [variable.name for variable in agent.network.trainable_variables]
    assert "scale" not in names and len(names) == 4


def test_a_scale_given_by_hand_is_refused():
    with pytest.raises(ValueError, match="OwnScale measures the scale by itself.*obs_scale=None"):
        made(config=DQNConfig())


def test_the_units_of_the_sensors_make_no_difference_once_it_has_measured():
    """Observations a thousand times as large: the same network afterwards, but for rounding."""
    rng = np.random.default_rng(1)
    steps = [rng.normal(size=4) for _ in range(17)]
    values = []
    for size in (1.0, 1_000.0):
        agent = made()
        for k, obs in enumerate(steps):
            agent.learn(Transition(size * obs, k % 2, 1.0, -size * obs, terminated=k % 5 == 0, truncated=False))
        values.append(agent.q_values(size * np.array(steps)))
    np.testing.assert_allclose(*values, rtol=1e-3, atol=1e-3)


def test_saved_and_restored_it_goes_on_as_it_would_have(tmp_path):
    env = gym.make("CartPole-v1")
    agent = made()
    history = train(env, agent, 64, 0, progress=False)
    checkpoint.save(tmp_path / "run.npz", agent, history)
    other = made()
    checkpoint.load(tmp_path / "run.npz", other)
    obs = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    np.testing.assert_array_equal(agent.q_values(obs), other.q_values(obs))
    np.testing.assert_array_equal(agent.network.layers[0].scale, other.network.layers[0].scale)
