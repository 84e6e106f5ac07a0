"""The update rules: against arithmetic on paper, against properties, and against input that makes no sense."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from helpers.updates import discounted_return, q_learning_target, sarsa_target, td_error

NUMBERS = st.floats(-100, 100, allow_nan=False).map(lambda x: round(x, 3))
GAMMAS = st.floats(0, 1)
OUTSIDE_0_TO_1 = st.one_of(st.floats(max_value=-1e-9), st.floats(min_value=1 + 1e-9), st.just(float("nan")))
BATCHES = st.integers(1, 6)
ACTIONS = st.integers(1, 5)


@st.composite
def batches(draw):
    """A batch: reward (B,), next_q (B, A), next_action (B,), terminated (B,)."""
    num_rows, num_actions = draw(BATCHES), draw(ACTIONS)
    return (
        draw(hnp.arrays(float, num_rows, elements=NUMBERS)),
        draw(hnp.arrays(float, (num_rows, num_actions), elements=NUMBERS)),
        draw(hnp.arrays(int, num_rows, elements=st.integers(0, num_actions - 1))),
        draw(hnp.arrays(bool, num_rows)),
    )


# --- by hand --------------------------------------------------------------------------------------------------------


def test_discounted_return_by_hand():
    # 1 + 0.5 * 2 + 0.25 * 4 = 3
    assert discounted_return([1, 2, 4], 0.5) == 3.0
    assert discounted_return([5, 7], 0) == 5.0  # 0 to the power 0 is 1: the first reward always counts
    assert discounted_return([], 0.9) == 0.0


def test_q_learning_target_by_hand():
    # 1 + 0.9 * max(2, 5, 3) = 5.5
    assert q_learning_target(1.0, [2.0, 5.0, 3.0], False, 0.9) == 5.5
    # The episode ended: nothing can follow, and the reward stands alone.
    assert q_learning_target(1.0, [2.0, 5.0, 3.0], True, 0.9) == 1.0
    # Negative values: the best of them is -2, not 0.
    assert q_learning_target(-1.0, [-4.0, -2.0], False, 0.5) == -2.0


def test_q_learning_target_of_a_batch_takes_the_maximum_over_actions():
    # Rows: 0 + 0.5 * max(1, 2) = 1; 1 + 0.5 * max(8, 4) = 5; 2 and the end = 2.
    # A maximum over the batch instead would make columns out of it: (9, 4).
    target = q_learning_target([0.0, 1.0, 2.0], [[1.0, 2.0], [8.0, 4.0], [9.0, 0.0]], [False, False, True], 0.5)
    assert target.tolist() == [1.0, 5.0, 2.0]


def test_sarsa_target_by_hand():
    # 1 + 0.9 * next_q[2] = 1 + 0.9 * 3 = 3.7, though next_q[1] is larger
    assert sarsa_target(1.0, [2.0, 5.0, 3.0], 2, False, 0.9) == 3.7
    assert sarsa_target(1.0, [2.0, 5.0, 3.0], 2, True, 0.9) == 1.0
    # Rows: 0 + 0.5 * 1 = 0.5; 1 + 0.5 * 4 = 3; 2 and the end = 2.
    target = sarsa_target([0.0, 1.0, 2.0], [[1.0, 2.0], [8.0, 4.0], [9.0, 0.0]], [0, 1, 0], [False, False, True], 0.5)
    assert target.tolist() == [0.5, 3.0, 2.0]


def test_td_error_by_hand():
    assert td_error(5.5, 2.0) == 3.5  # positive: the estimate was too low
    assert td_error([1.0, 2.0], [3.0, 2.0]).tolist() == [-2.0, 0.0]


# --- properties -----------------------------------------------------------------------------------------------------


@given(rewards=st.lists(NUMBERS, max_size=12), reward=NUMBERS, gamma=GAMMAS)
def test_a_return_is_its_first_reward_and_the_discounted_rest(rewards, reward, gamma):
    # S&B eq. 3.9: G_t = R_{t+1} + gamma * G_{t+1}
    expected = reward + gamma * discounted_return(rewards, gamma)
    assert discounted_return([reward, *rewards], gamma) == pytest.approx(expected, abs=1e-9)


@given(batch=batches(), gamma=GAMMAS)
def test_targets_of_a_batch_are_those_of_its_rows(batch, gamma):
    reward, next_q, next_action, terminated = batch
    by_batch = q_learning_target(reward, next_q, terminated, gamma)
    by_row = [q_learning_target(*row, gamma) for row in zip(reward, next_q, terminated, strict=True)]
    assert by_batch.shape == reward.shape
    np.testing.assert_array_equal(by_batch, by_row)
    by_batch = sarsa_target(reward, next_q, next_action, terminated, gamma)
    by_row = [sarsa_target(*row, gamma) for row in zip(reward, next_q, next_action, terminated, strict=True)]
    assert by_batch.shape == reward.shape
    np.testing.assert_array_equal(by_batch, by_row)


@given(batch=batches(), gamma=GAMMAS)
def test_sarsa_never_promises_more_than_q_learning_and_as_much_for_the_best_action(batch, gamma):
    reward, next_q, next_action, terminated = batch
    best = q_learning_target(reward, next_q, terminated, gamma)
    assert np.all(sarsa_target(reward, next_q, next_action, terminated, gamma) <= best)
    np.testing.assert_array_equal(sarsa_target(reward, next_q, next_q.argmax(axis=1), terminated, gamma), best)


@given(batch=batches(), gamma=GAMMAS)
def test_after_the_end_nothing_but_the_reward_counts(batch, gamma):
    reward, next_q, next_action, _ = batch
    over = np.ones(len(reward), bool)
    np.testing.assert_array_equal(q_learning_target(reward, next_q, over, gamma), reward)
    np.testing.assert_array_equal(sarsa_target(reward, next_q, next_action, over, gamma), reward)


@given(batch=batches(), other=st.integers(0, 2**32 - 1), gamma=GAMMAS)
def test_the_target_is_a_contraction_in_next_q(batch, other, gamma):
    # |max x - max y| <= max |x - y|: the reason why Q-learning converges
    reward, next_q, _, terminated = batch
    other_q = next_q + np.random.default_rng(other).normal(size=next_q.shape)
    distance = np.abs(
        q_learning_target(reward, next_q, terminated, gamma) - q_learning_target(reward, other_q, terminated, gamma)
    )
    assert np.all(distance <= gamma * np.abs(next_q - other_q).max(axis=1) + 1e-9)


@given(batch=batches(), gamma=GAMMAS)
def test_arguments_are_left_as_they_were(batch, gamma):
    before = [part.copy() for part in batch]
    reward, next_q, next_action, terminated = batch
    q_learning_target(reward, next_q, terminated, gamma)
    sarsa_target(reward, next_q, next_action, terminated, gamma)
    td_error(reward, reward)
    discounted_return(reward, gamma)
    for part, was in zip(batch, before, strict=True):
        np.testing.assert_array_equal(part, was)


@given(values=hnp.arrays(float, st.integers(1, 8), elements=NUMBERS))
def test_a_full_step_along_the_error_arrives_at_the_target(values):
    q = np.zeros_like(values)
    np.testing.assert_allclose(q + td_error(values, q), values)
    assert not td_error(values, values).any()


# --- input that makes no sense --------------------------------------------------------------------------------------


@given(gamma=OUTSIDE_0_TO_1)
def test_a_discount_outside_0_to_1_is_named(gamma):
    for call in (
        lambda: discounted_return([1.0], gamma),
        lambda: q_learning_target(0.0, [1.0], False, gamma),
        lambda: sarsa_target(0.0, [1.0], 0, False, gamma),
    ):
        with pytest.raises(ValueError, match="`gamma` .* must lie between 0 and 1; it was"):
            call()


@given(shape=hnp.array_shapes(min_dims=2, max_dims=3, max_side=3))
def test_a_return_belongs_to_one_episode(shape):
    with pytest.raises(ValueError, match=r"one episode's rewards, shape \(T,\); its shape was \("):
        discounted_return(np.zeros(shape), 0.9)


@pytest.mark.parametrize(
    ("reward", "next_q"),
    [
        (0.0, 1.0),  # one number for all actions
        (0.0, [[1.0, 2.0]]),  # a batch of one row beside a bare reward
        ([0.0, 0.0], [1.0, 2.0]),  # one row for two rewards
        ([0.0, 0.0], [[1.0], [2.0], [3.0]]),  # three rows for two rewards
        ([[0.0], [0.0]], [[1.0, 2.0], [3.0, 4.0]]),  # (B, 1), which would broadcast to (B, B)
        (0.0, []),  # no action at all
    ],
)
def test_shapes_that_would_broadcast_are_refused(reward, next_q):
    terminated = np.zeros(np.shape(reward), bool)
    next_action = np.zeros(np.shape(reward), int)
    with pytest.raises(ValueError, match=r"`next_q` needs one row .* \(B, A\) with \(B,\); the shapes were"):
        q_learning_target(reward, next_q, terminated, 0.9)
    with pytest.raises(ValueError, match=r"`next_q` needs one row .* \(B, A\) with \(B,\); the shapes were"):
        sarsa_target(reward, next_q, next_action, terminated, 0.9)


@given(batch=batches(), gamma=GAMMAS)
def test_a_terminated_flag_of_another_shape_is_refused(batch, gamma):
    reward, next_q, next_action, terminated = batch
    message = r"`terminated` must have the shape of `reward`, \(\d,\); it had \(\d, 1\)"
    with pytest.raises(ValueError, match=message):
        q_learning_target(reward, next_q, terminated[:, None], gamma)
    with pytest.raises(ValueError, match=message):
        sarsa_target(reward, next_q, next_action, terminated[:, None], gamma)


@given(value=st.floats().filter(lambda x: x not in (0, 1)))
def test_a_terminated_flag_that_is_no_flag_is_refused(value):
    with pytest.raises(ValueError, match="`terminated` must be True or False"):
        q_learning_target(0.0, [1.0], value, 0.9)


@given(num_actions=ACTIONS, beyond=st.integers(0, 3))
def test_an_action_that_does_not_exist_is_refused(num_actions, beyond):
    for next_action in (num_actions + beyond, -1 - beyond):  # a negative index would count from the end, silently
        with pytest.raises(ValueError, match=rf"must lie in 0..{num_actions - 1}; it was {next_action}"):
            sarsa_target(0.0, np.zeros(num_actions), next_action, False, 0.9)


@pytest.mark.parametrize("next_action", [0.0, True, [0], "0"])
def test_an_action_that_is_no_whole_number_is_refused(next_action):
    with pytest.raises(ValueError, match=r"`next_action` must be whole numbers of shape \(\), like `reward`; it was"):
        sarsa_target(0.0, [1.0, 2.0], next_action, False, 0.9)


@pytest.mark.parametrize(("target", "q"), [([1.0, 2.0], [[1.0], [2.0]]), (1.0, [1.0]), ([1.0], [1.0, 2.0])])
def test_errors_of_unequal_shapes_are_refused(target, q):
    with pytest.raises(ValueError, match="`target` and `q` must have one shape; they had"):
        td_error(target, q)
