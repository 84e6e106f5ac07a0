"""Many seeds: one after the other, on the cores of this machine, or on a cluster.

A seed is a run of its own, so it does not matter where it runs: the results are the same to the bit on processors of
one type. A worker that is killed in the middle costs only its own seed, which is run again.
"""

from helpers.fleet.interrupts import stop_requests
from helpers.fleet.seeds import BACKENDS, Results, run_seeds
from helpers.fleet.worker import ONE_THREAD, TRIES, SeedFailed

__all__ = ["BACKENDS", "ONE_THREAD", "TRIES", "Results", "SeedFailed", "run_seeds", "stop_requests"]
