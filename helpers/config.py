"""Configurations are frozen dataclasses; this makes them answer a wrong field name in the reader's words."""

from dataclasses import fields
from difflib import get_close_matches
from functools import wraps


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
