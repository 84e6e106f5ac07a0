"""Configurations are frozen dataclasses; a wrong field name, or no configuration at all, is answered in words."""

from dataclasses import fields
from difflib import get_close_matches
from functools import wraps

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
