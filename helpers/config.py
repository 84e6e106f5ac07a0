"""Configurations are frozen dataclasses; a wrong field name, or no configuration at all, is answered in words."""

from dataclasses import fields
from difflib import get_close_matches
from functools import wraps

import numpy as np

from helpers.spaces import shortly


def helpful(cls):
    """Class decorator: an unknown field raises a TypeError that names the nearest one and lists them all."""
    plain_init = cls.__init__
    names = [f.name for f in fields(cls)]

    @wraps(plain_init)
    def init(self, *args, **kwargs):
        for unknown in kwargs.keys() - set(names):
            near = get_close_matches(unknown, names, n=1, cutoff=0.4)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            raise TypeError(f"{cls.__name__} has no field `{unknown}`.{hint} Its fields are: {', '.join(names)}.")
        plain_init(self, *args, **kwargs)

    cls.__init__ = init
    return cls


def check_config(config, kind: type) -> None:
    """TypeError unless `config` is one of `kind`, or of a kind that has more fields."""
    if isinstance(config, kind):
        return
    if config is kind:
        raise TypeError(f"`config` must be a {kind.__name__}; it was the class itself: {kind.__name__}() makes one.")
    raise TypeError(f"`config` must be a {kind.__name__}; it was {shortly(config)}.")


def check_counts(config, *names: str) -> None:
    """ValueError for a number that is not a whole one, 1 or more."""
    for name in names:
        count = getattr(config, name)
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
            raise ValueError(f"`{name}` must be a whole number, 1 or more; it was {count}.")


def check_shares(config, *names: str) -> None:
    """ValueError for a number that does not lie between 0 and 1."""
    for name in names:
        if not 0 <= getattr(config, name) <= 1:
            raise ValueError(f"`{name}` must lie between 0 and 1; it was {getattr(config, name)}.")


def check_hidden(config) -> None:
    """TypeError where `hidden`, the units of each layer, is no tuple."""
    if not isinstance(config.hidden, tuple):
        raise TypeError(
            f"`hidden` must be a tuple such as (64, 64), the units of each layer; it was {config.hidden!r}."
        )
