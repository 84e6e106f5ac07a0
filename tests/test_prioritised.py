"""Prioritised replay: how often a row is drawn, how much it counts, and when that changes."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from helpers.clinic.instruments import look_at_buffer
from helpers.dqn import DQN
from helpers.dqn.prioritised import Prioritised, PrioritisedBuffer
from helpers.dqn.variants import SoftTarget
from helpers.parts import restorer, state_of
from tests.test_dqn import as_batch, bits, make_agent, random_transition, with_plain_gradient_descent
from tests.test_variants import EverythingConfig


def filled(priorities, capacity=None) -> PrioritisedBuffer:
    """A buffer with one row for each priority, in their order."""
    buffer, rng = PrioritisedBuffer(capacity or len(priorities), (2,), 0), np.random.default_rng(0)
    for _ in priorities:
        buffer.add(random_transition(rng))
    buffer.priority[: len(priorities)] = priorities
    return buffer


# ------------------------------------------------------------------------------------------------------ the buffer


def test_rows_are_drawn_in_proportion_to_their_priorities():
    rows, chance = filled([1.0, 3.0, 4.0]).draw(100, 400)
    assert rows.shape == chance.shape == (100, 400)
    counts = np.bincount(rows.ravel(), minlength=3) / rows.size
    np.testing.assert_allclose(counts, [1 / 8, 3 / 8, 4 / 8], atol=0.01)  # four standard errors of 0.0025
    np.testing.assert_allclose(chance, np.array([1 / 8, 3 / 8, 4 / 8])[rows])


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=20), st.integers(0, 100))
def test_every_draw_is_a_row_and_its_chance_is_its_part_of_the_sum(priorities, seed):
    buffer = filled(priorities, capacity=30)
    buffer.rng = np.random.default_rng(seed)
    rows, chance = buffer.draw(50)
    assert rows.min() >= 0 and rows.max() < len(priorities)
    np.testing.assert_allclose(chance, np.array(priorities)[rows] / sum(priorities))


def test_newcomers_get_the_highest_priority():
    buffer = filled([1.0, 3.0], capacity=4)
    buffer.add(random_transition(np.random.default_rng(0)))
    buffer.draw(1)
    assert buffer.priority.tolist() == [1, 3, 3, 0]  # the fourth row is not there yet
    empty = filled([0.0, 0.0])
    empty.draw(1)
    assert empty.priority.tolist() == [1, 1]


def test_what_takes_the_place_of_the_oldest_is_a_newcomer():
    buffer = filled([5.0, 3.0])
    buffer.add(random_transition(np.random.default_rng(0)))
    assert buffer.priority.tolist() == [0, 3]


def test_priorities_are_saved_with_the_rows():
    buffer, other = filled([1.0, 3.0], capacity=4), filled([2.0], capacity=4)
    restorer(other, state_of(buffer))()
    assert other.priority.tolist() == buffer.priority.tolist()
    np.testing.assert_array_equal(other.draw(100)[0], buffer.draw(100)[0])


# ------------------------------------------------------------------------------------------------------- the agent


def test_weights_by_hand():
    """Two rows with chances 1/4 and 3/4, beta 1: 1 / (2 * 1/4) = 2 and 1 / (2 * 3/4) = 2/3, over the largest."""
    agent = make_agent(cls=Prioritised)
    agent.buffer.num_added = 2
    agent.num_gradient_steps = agent.config.beta_steps
    np.testing.assert_allclose(agent._weights_of(np.array([1 / 4, 3 / 4])), [1, 1 / 3])
    agent.num_gradient_steps = 0  # beta is 0.4
    np.testing.assert_allclose(agent._weights_of(np.array([1 / 4, 3 / 4])), [1, (1 / 3) ** 0.4])


@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=20))
def test_with_beta_one_the_weights_undo_the_chances(priorities):
    """chance * weight is the same for every row: the mean gradient points where that of uniform draws does."""
    agent = _AGENT
    agent.buffer, agent.num_gradient_steps = filled(priorities), agent.config.beta_steps
    chance = np.array(priorities) / sum(priorities)
    product = chance * agent._weights_of(chance)
    np.testing.assert_allclose(product, product[0])


_AGENT = make_agent(cls=Prioritised)


class Softly(Prioritised, SoftTarget):
    """Each of the two hands the batch on."""

    config_class = EverythingConfig


class SoftlyBackwards(SoftTarget, Prioritised):
    """In the other order."""

    config_class = EverythingConfig


@pytest.mark.parametrize("cls", [Prioritised, Softly, SoftlyBackwards])
def test_a_weighted_gradient_step_by_hand(cls):
    """The errors of tests/test_dqn.py, -1.5 and -3, with the weights 1 and 1/3: (1.5^2 + 3^2 / 3) / 2 = 2.625.

    Gradient for a = 0: -2 * -3 / 3 / 2 * (2, 1) = (2, 1); for a = 1 as there, (1.5, 3).
    """
    agent = with_plain_gradient_descent(make_agent(cls=cls), 0.1)
    agent.network.set_weights([np.array([[1.0, 0.0], [0.0, 2.0]]), np.zeros(2)])
    agent.target_network.set_weights([np.array([[3.0, 0.0], [0.0, 1.0]]), np.zeros(2)])
    batch = as_batch([[1, 2], [2, 1]], [1, 0], [1, -1], [[1, 1], [1, 1]], [0, 1])
    loss, error = agent._gradient_step(*batch, np.sqrt(np.array([1, 1 / 3], np.float32)))
    assert float(loss) == pytest.approx(2.625)
    np.testing.assert_allclose(agent.network.get_weights()[0], [[1 - 0.2, -0.15], [-0.1, 2 - 0.3]], rtol=1e-5)
    np.testing.assert_allclose(error, [-1.5, -3], rtol=1e-6)


def test_each_of_k_batches_has_its_own_weights_and_its_own_errors():
    agent = make_agent(cls=Prioritised, gradient_steps=3, target_every=3, learning_rate=1e-9)
    rng = np.random.default_rng(0)
    obs, next_obs = rng.normal(size=(2, 3, 2, 2))
    rewards = np.array([[1, 2], [3, 5], [8, 13]])
    batches = as_batch(obs, [[0, 1]] * 3, rewards, next_obs, np.ones((3, 2)))
    own = agent.network(batches[0].reshape(6, 2)).numpy()[range(6), [0, 1] * 3].reshape(3, 2)  # (K, B)
    weights = np.array([[1, 1], [1, 0], [0, 0.5]], np.float32)  # (K, B)
    loss, errors = agent._gradient_steps(*batches, np.sqrt(weights))
    np.testing.assert_allclose(errors, rewards - own, rtol=1e-4)
    assert float(loss) == pytest.approx(np.mean(weights[2] * (rewards - own)[2] ** 2), rel=1e-4)


def test_a_step_gets_the_roots_of_the_weights(monkeypatch):
    """An error is squared after it is weighted, so what goes in is the root."""
    agent, rng, seen = make_agent(cls=Prioritised, batch_size=8), np.random.default_rng(0), []
    for _ in range(10):
        agent.learn(random_transition(rng))
    weights_of, learn = agent._weights_of, agent._gradient_steps
    monkeypatch.setattr(agent, "_weights_of", lambda chance: seen.append(weights_of(chance)) or seen[-1])
    monkeypatch.setattr(agent, "_gradient_steps", lambda *batches: seen.append(batches[5]) or learn(*batches))
    agent.learn(random_transition(rng))
    weights, given = seen
    assert weights.min() < 0.9
    np.testing.assert_allclose(given**2, weights, rtol=1e-6)


def test_compiling_beforehand_traces_what_learning_calls():
    agent = make_agent(cls=Prioritised)
    agent.compile()
    agent.learn(random_transition(np.random.default_rng(0)))
    assert agent._gradient_steps.experimental_get_tracing_count() == 1


def test_priorities_are_the_errors_that_were_seen():
    """One row in the buffer: every draw is that row, and its error is known beforehand."""
    agent = make_agent(cls=Prioritised, batch_size=1)
    transition = random_transition(np.random.default_rng(0), terminated=True, reward=5.0)
    error = 5 - agent.q_values(transition.obs)[transition.action]
    agent.learn(transition)
    assert agent.buffer.priority[0] == pytest.approx((abs(error) + 1e-3) ** 0.6, rel=1e-5)


def test_without_alpha_it_is_uniform_and_unweighted():
    agent = make_agent(cls=Prioritised, alpha=0.0, batch_size=8)
    for _ in range(20):
        agent.learn(random_transition(np.random.default_rng(0)))
    assert (agent.buffer.priority[:20] == 1).all()
    assert (agent._weights_of(agent.buffer.draw(100)[1]) == 1).all()


def test_large_errors_come_back_more_often():
    agent, rng = make_agent(cls=Prioritised, batch_size=16, learning_rate=1e-9), np.random.default_rng(0)
    for step in range(40):
        agent.learn(random_transition(rng, terminated=True, reward=100.0 if step == 7 else 0.0))
    rows, _ = agent.buffer.draw(1_000)
    assert np.mean(rows == 7) > 3 / 40


def test_looking_changes_nothing_and_counts_every_error_alike():
    agent, rng = make_agent(cls=Prioritised), np.random.default_rng(0)
    for _ in range(20):
        agent.learn(random_transition(rng))
    before = state_of(agent)
    look_at_buffer(agent, np.random.default_rng(0))
    assert float(agent._loss(tf.constant([1.0, 3.0, 2.0]))) == pytest.approx(14 / 3)
    after = state_of(agent)
    for name in before:
        np.testing.assert_array_equal(before[name], after[name], err_msg=name)


def test_it_draws_its_first_weights_as_the_plain_agent_does():
    assert bits(make_agent(cls=Prioritised).network.get_weights()) == bits(make_agent(cls=DQN).network.get_weights())
