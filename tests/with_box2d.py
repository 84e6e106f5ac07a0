"""For tests that land on the moon: Box2D may be missing."""

import warnings
from importlib import import_module
from importlib.util import find_spec

import pytest


def box2d_or_skip() -> None:
    """Import it before Gymnasium does: where a warning is an error, its import crashes the interpreter."""
    if find_spec("Box2D") is None:
        pytest.skip("LunarLander needs Box2D")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import_module("Box2D")
