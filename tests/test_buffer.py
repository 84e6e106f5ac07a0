"""The replay buffer: what stays and what goes, by hand and for random numbers of additions; how it draws."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.buffer import PixelBuffer, ReplayBuffer, Transition
from helpers.parts import restorer, state_of

COLUMNS = ["obs", "action", "reward", "next_obs", "terminated"]
CAPACITIES = st.integers(1, 20)
ADDED = st.integers(1, 60)
SEEDS = st.integers(0, 2**32 - 1)


def transition(n: int, terminated=False, truncated=False) -> Transition:
    """The n-th transition of a life: from obs (n, -n) to (n + 1, -n - 1), all its other numbers from n too."""
    return Transition(np.array([n, -n]), n % 3, 10.0 * n, np.array([n + 1, -n - 1]), terminated, truncated)


def filled(capacity: int, num_added: int, seed=0) -> ReplayBuffer:
    buffer = ReplayBuffer(capacity, (2,), seed)
    for n in range(num_added):
        buffer.add(transition(n))
    return buffer


def numbers(obs) -> np.ndarray:
    """Which transitions these are."""
    return obs[..., 0].astype(int)


# --- what is kept ---------------------------------------------------------------------------------------------------


def test_the_oldest_goes_first():
    """Room for three: 0, 1, 2 fill it; 3 takes the place of 0, then 4 that of 1."""
    buffer = filled(3, 3)
    assert numbers(buffer.obs).tolist() == [0, 1, 2]
    buffer.add(transition(3))
    assert numbers(buffer.obs).tolist() == [3, 1, 2]
    buffer.add(transition(4))
    assert numbers(buffer.obs).tolist() == [3, 4, 2]
    assert len(buffer) == 3


@given(CAPACITIES, ADDED)
def test_the_newest_are_kept_whatever_was_added(capacity, num_added):
    buffer = filled(capacity, num_added)
    newest = range(max(0, num_added - capacity), num_added)
    assert len(buffer) == len(newest)
    assert sorted(numbers(buffer.obs[: len(buffer)])) == list(newest)


@given(CAPACITIES, ADDED, SEEDS)
def test_the_parts_of_a_transition_stay_together(capacity, num_added, seed):
    obs, action, reward, next_obs, terminated = filled(capacity, num_added, seed).sample(30)
    n = numbers(obs)  # (30,)
    np.testing.assert_array_equal(obs, np.stack([n, -n], axis=1))
    np.testing.assert_array_equal(action, n % 3)
    np.testing.assert_array_equal(reward, 10.0 * n)
    np.testing.assert_array_equal(next_obs, obs + np.array([1, -1]))
    np.testing.assert_array_equal(terminated, 0)


def test_terminated_is_stored_and_truncated_is_not():
    buffer = ReplayBuffer(4, (2,), seed=0)
    for flags in [(False, False), (True, False), (False, True), (True, True)]:
        buffer.add(transition(1, *flags))
    assert buffer.terminated.tolist() == [0, 1, 0, 1]
    assert [name for name, value in vars(buffer).items() if isinstance(value, np.ndarray)] == COLUMNS


def test_what_is_stored_is_a_copy():
    """An environment may write its next observation into the very array that it returned before."""
    buffer, obs = ReplayBuffer(4, (2,), seed=0), np.array([1.0, 2.0])
    buffer.add(Transition(obs, 0, 1.0, obs, False, False))
    obs += 100
    assert buffer.obs[0].tolist() == buffer.next_obs[0].tolist() == [1, 2]


# --- how it draws ---------------------------------------------------------------------------------------------------


@given(CAPACITIES, ADDED, SEEDS, st.lists(st.integers(1, 6), min_size=1, max_size=3))
def test_a_sample_has_the_shape_asked_for_and_comes_from_what_is_kept(capacity, num_added, seed, shape):
    obs, action, reward, next_obs, terminated = filled(capacity, num_added, seed).sample(*shape)
    assert obs.shape == next_obs.shape == (*shape, 2)
    assert action.shape == reward.shape == terminated.shape == tuple(shape)
    assert [x.dtype for x in (obs, action, reward, terminated)] == [np.float32, np.int32, np.float32, np.float32]
    assert np.all((numbers(obs) >= num_added - capacity) & (numbers(obs) >= 0) & (numbers(obs) < num_added))


@pytest.mark.parametrize("num_added", [7, 10, 23])
def test_every_transition_kept_is_drawn_equally_often(num_added):
    """Also while there is room left: a row that holds nothing yet is never drawn."""
    draws = 20_000
    n = numbers(filled(10, num_added).sample(draws)[0])
    kept, counts = np.unique(n, return_counts=True)
    assert kept.tolist() == list(range(max(0, num_added - 10), num_added))
    share = 1 / len(kept)
    assert np.all(np.abs(counts / draws - share) < 5 * np.sqrt(share * (1 - share) / draws))


def test_neighbours_in_a_sample_are_no_neighbours_in_time():
    """The buffer's purpose. In a stream each transition follows the one before; here one in a thousand may."""
    n = numbers(filled(1_000, 1_000).sample(5_000)[0])
    followers = np.mean([after == before + 1 for before, after in pairwise(n)])
    assert followers < 0.005


def test_what_was_sampled_does_not_change_when_more_is_added():
    buffer = filled(3, 3)
    obs, *_ = buffer.sample(50)
    before = obs.copy()
    for n in range(100, 110):
        buffer.add(transition(n))
    np.testing.assert_array_equal(obs, before)


def test_it_draws_from_a_generator_of_its_own():
    first, second, other = filled(20, 20, seed=1), filled(20, 20, seed=1), filled(20, 20, seed=2)
    expected = first.sample(40)[0]
    np.random.seed(0)  # the global generator, which the course never uses
    np.random.default_rng(1).random(100)
    other.sample(7)
    np.testing.assert_array_equal(second.sample(40)[0], expected)
    assert not np.array_equal(other.sample(40)[0], expected)


def test_adding_draws_nothing():
    buffer = filled(20, 20, seed=1)
    before = buffer.rng.bit_generator.state
    buffer.add(transition(20))
    assert buffer.rng.bit_generator.state == before


# --- saving ---------------------------------------------------------------------------------------------------------


@given(CAPACITIES, ADDED, SEEDS)
def test_a_restored_buffer_goes_on_as_if_nothing_had_happened(capacity, num_added, seed):
    buffer, other = filled(capacity, num_added, seed), ReplayBuffer(capacity, (2,), seed=0)
    buffer.sample(5)  # so that its generator is somewhere in its course
    restorer(other, state_of(buffer))()
    for n in (100, 101):
        buffer.add(transition(n))
        other.add(transition(n))
    assert len(buffer) == len(other)
    for expected, found in zip(buffer.sample(30), other.sample(30), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_only_the_rows_in_use_are_saved():
    assert state_of(filled(1_000, 5))["obs"].shape == (5, 2)


# --- what makes no sense --------------------------------------------------------------------------------------------


def test_an_empty_buffer_says_what_to_do():
    with pytest.raises(ValueError, match="empty: add transitions before you sample"):
        ReplayBuffer(3, (2,), seed=0).sample(1)


@pytest.mark.parametrize("capacity", [0, -3])
def test_no_room_is_refused(capacity):
    with pytest.raises(ValueError, match=f"room for at least 1 transition; capacity was {capacity}"):
        ReplayBuffer(capacity, (2,), seed=0)


@pytest.mark.parametrize("shape", [(0,), (-1,), (4, 0), (0, 4)])
def test_a_batch_of_nothing_is_refused(shape):
    with pytest.raises(ValueError, match=r"1 or more transitions along each axis"):
        filled(3, 3).sample(*shape)


@pytest.mark.parametrize("field", ["obs", "next_obs"])
@pytest.mark.parametrize("wrong", [7.0, np.zeros(1), np.zeros(3), np.zeros((1, 2))], ids=np.shape)
def test_an_observation_of_another_shape_is_refused_and_nothing_is_stored(field, wrong):
    """A number, or an array of one, would be spread over the row without a word."""
    buffer = filled(3, 3)
    with pytest.raises(
        ValueError, match=rf"`{field}` must have .* \(2,\); its shape was {re.escape(str(np.shape(wrong)))}"
    ):
        buffer.add(transition(3)._replace(**{field: wrong}))
    assert numbers(buffer.obs).tolist() == [0, 1, 2]
    assert buffer.num_added == 3


@pytest.mark.parametrize("other", [ReplayBuffer(4, (2,), 0), ReplayBuffer(10, (3,), 0)], ids=["capacity", "shape"])
def test_what_another_buffer_saved_is_refused_and_changes_nothing(other):
    saved = state_of(filled(10, 10))
    with pytest.raises(ValueError, match=r"its `obs` is float32 \(10, 2\); this memory, with room for"):
        restorer(other, saved)
    assert len(other) == 0


def test_a_state_is_a_copy_and_brings_the_old_rows_back():
    buffer = ReplayBuffer(3, (1,), seed=0)
    for n in (0, 1, 2):
        buffer.add(Transition([n], 0, 1.0, [n], False, False))
    before = state_of(buffer)
    for n in (10, 11):
        buffer.add(Transition([n], 0, 1.0, [n], False, False))
    restorer(buffer, before)()
    assert buffer.obs[:, 0].tolist() == [0, 1, 2]


# --- actions of any kind ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", [0.7, np.float32(0.7), np.array(0.7), np.float64(1.0)])
def test_an_action_of_0_7_is_never_stored_as_0(action):
    buffer = filled(3, 2)
    with pytest.raises(TypeError, match=r"stores actions as int32, which would change .*(0\.7|1\.0)"):
        buffer.add(transition(2)._replace(action=action))
    assert buffer.num_added == 2


@pytest.mark.parametrize("action", [True, np.int64(1), np.array(1), np.uint8(1)])
def test_a_whole_action_of_any_type_is_stored(action):
    buffer = filled(3, 0)
    buffer.add(transition(0)._replace(action=action))
    assert buffer.action[0] == 1


def test_continuous_actions_are_stored_as_they_are():
    buffer = ReplayBuffer(3, (2,), seed=0, action_shape=(2,), action_dtype=np.float32)
    buffer.add(transition(0)._replace(action=np.array([0.7, -0.25])))
    np.testing.assert_array_equal(buffer.sample(4)[1], np.full((4, 2), [np.float32(0.7), -0.25]))
    with pytest.raises(ValueError, match=r"`action` must have the shape \(2,\) here; its shape was \(\)"):
        buffer.add(transition(1)._replace(action=0.7))
    with pytest.raises(ValueError, match=r"`action` must have the shape \(2,\) here; its shape was \(3,\)"):
        buffer.add(transition(1)._replace(action=np.zeros(3)))


# --- pictures ---------------------------------------------------------------------------------------------------------


def pixel_episodes(lengths, stack: int, rng, skip=()):
    """Transitions of episodes whose pictures are all different; in the steps `skip` a whole new stack comes."""
    number = 0
    for length in lengths:
        obs = rng.integers(256, size=(stack, 3, 2), dtype=np.uint8)
        for step in range(length):
            if number in skip:
                next_obs = rng.integers(256, size=obs.shape, dtype=np.uint8)
            else:
                next_obs = np.concatenate([obs[1:], rng.integers(256, size=(1, 3, 2), dtype=np.uint8)])
            yield Transition(obs, number % 3, float(number), next_obs, step == length - 1, False)
            obs, number = next_obs, number + 1


@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=8),
    capacity=st.integers(1, 30),
    stack=st.integers(1, 4),
    skip=st.sets(st.integers(0, 30), max_size=4),
    seed=SEEDS,
)
def test_a_pixel_buffer_gives_back_what_was_stored(lengths, capacity, stack, skip, seed):
    """Compared with a plain list, through the ends of episodes, jumps, and the end of the ring."""
    rng = np.random.default_rng(seed)
    buffer, kept = PixelBuffer(capacity, (stack, 3, 2), seed), []
    for given_one in pixel_episodes(lengths, stack, rng, skip):
        buffer.add(given_one)
        kept.append(given_one)
        assert 1 <= len(buffer) <= min(capacity, len(kept))
        obs, action, reward, next_obs, terminated = buffer.sample(8)
        for row in range(8):
            original = kept[int(reward[row])]
            assert int(reward[row]) >= len(kept) - len(buffer)
            np.testing.assert_array_equal(obs[row], original.obs)
            np.testing.assert_array_equal(next_obs[row], original.next_obs)
            assert (action[row], terminated[row]) == (original.action, original.terminated)


def test_every_picture_is_kept_once():
    buffer, rng = PixelBuffer(100, (4, 3, 2), seed=0), np.random.default_rng(0)
    for given_one in pixel_episodes([30, 30], 4, rng):
        buffer.add(given_one)
    assert buffer.num_pictures == 2 * (4 + 30)  # the stack that an episode begins with, and one for each step
    assert len(buffer) == 60


def test_a_hundred_thousand_transitions_of_atari_take_less_than_0_8_gigabytes():
    buffer = PixelBuffer(100_000, (4, 84, 84), seed=0)
    assert sum(getattr(buffer, name).nbytes for name in buffer.rings) < 0.8e9


def test_a_pixel_buffer_is_saved_and_restored():
    rng = np.random.default_rng(0)
    story = list(pixel_episodes([7, 12, 3, 30], 3, rng))
    buffer, other = PixelBuffer(20, (3, 3, 2), seed=0), PixelBuffer(20, (3, 3, 2), seed=1)
    for given_one in story[:40]:
        buffer.add(given_one)
    restorer(other, state_of(buffer))()
    for given_one in story[40:]:
        buffer.add(given_one)
        other.add(given_one)
    for ours, theirs in zip(buffer.sample(5, 6), other.sample(5, 6), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("obs", [np.zeros((4, 3, 2)), np.zeros((3, 2, 4), np.uint8), np.zeros((3, 2), np.uint8)])
def test_pictures_of_another_kind_are_refused(obs):
    buffer, good = PixelBuffer(5, (4, 3, 2), seed=0), np.zeros((4, 3, 2), np.uint8)
    for bad in ({"obs": obs}, {"next_obs": obs}):
        with pytest.raises(ValueError, match=r"must be pictures of uint8 with the shape \(4, 3, 2\); it was"):
            buffer.add(Transition(good, 0, 0.0, good, False, False)._replace(**bad))
    assert buffer.num_added == buffer.num_pictures == 0
    with pytest.raises(ValueError, match="from a buffer that is not empty; asked for was"):
        buffer.sample(3)
    with pytest.raises(ValueError, match=r"observations of shape \(k, H, W\); given were a capacity of 0"):
        PixelBuffer(0, (4, 3, 2), seed=0)
