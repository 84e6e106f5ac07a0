"""The running mean and variance: by hand, against everything at once, and in mid-life."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from helpers.normaliser import Normaliser
from helpers.parts import restorer, state_of


def test_two_parts_by_hand():
    # 1 and 3: mean 2, variance 1. Then 8: mean 4, variance (9 + 1 + 16) / 3
    normaliser = Normaliser((1,))
    normaliser.update([[1.0], [3.0]])
    assert (normaliser.count, normaliser.mean[0], normaliser.variance[0]) == (2, 2.0, 1.0)
    normaliser.update([[8.0]])
    assert normaliser.count == 3
    assert normaliser.mean[0] == pytest.approx(4.0) and normaliser.variance[0] == pytest.approx(26 / 3)
    np.testing.assert_allclose(normaliser(np.array([4.0 + 2 * np.sqrt(26 / 3)])), [2.0], rtol=1e-6)


@given(
    parts=st.lists(
        hnp.arrays(float, st.tuples(st.integers(1, 5), st.just(3)), elements=st.floats(-100, 100)),
        min_size=1,
        max_size=6,
    )
)
def test_piece_by_piece_is_all_at_once(parts):
    normaliser, together = Normaliser((3,)), np.concatenate(parts)
    for part in parts:
        normaliser.update(part)
    assert normaliser.count == len(together)
    np.testing.assert_allclose(normaliser.mean, together.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(normaliser.variance, together.var(axis=0), atol=1e-7)


def test_leading_axes_are_free_and_nothing_but_update_changes_it():
    rng = np.random.default_rng(0)
    normaliser = Normaliser((2,))
    normaliser.update(rng.normal(3, 5, size=(40, 4, 2)))
    before = state_of(normaliser)
    for shape in ((2,), (7, 2), (3, 7, 2)):
        out = normaliser(rng.normal(size=shape))
        assert out.shape == shape and out.dtype == np.float32
    assert all(np.array_equal(before[name], value) for name, value in state_of(normaliser).items())


def test_before_the_first_update_it_changes_only_what_is_far_away():
    assert Normaliser((3,))(np.array([0.5, -20.0, 11.0])).tolist() == [0.5, -10.0, 10.0]


def test_a_part_that_never_changes_stays_finite():
    normaliser = Normaliser((2,))
    normaliser.update(np.ones((10, 2)))
    assert np.isfinite(normaliser(np.array([1.0, 2.0]))).all()


def test_it_is_saved_whole():
    one, other = Normaliser((2,)), Normaliser((2,))
    one.update(np.random.default_rng(0).normal(size=(9, 2)))
    restorer(other, state_of(one))()
    assert other.count == 9 and np.array_equal(other.mean, one.mean) and np.array_equal(other.variance, one.variance)
