"""Held-out bugs of somebody who had not seen the probes when they were written."""

from helpers.dqn import DQN

SECOND: tuple[type[DQN], ...] = ()
