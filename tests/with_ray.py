"""For tests that start Ray: it may be missing, and it gives its parts 30 seconds to appear, on a busy machine too."""

import importlib.util
import os
from contextlib import contextmanager

import pytest

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed: `uv sync --extra cluster` brings it"
)


@contextmanager
def patient_with_ray():
    """Skips where Ray did not start in its time and the processors had more than twice their work; else it fails."""
    try:
        yield
    except (AssertionError, RuntimeError) as error:
        load, cores = os.getloadavg()[0], os.cpu_count() or 1
        too_slow = "Ray did not start on this machine" in str(error) and "timed out" in str(error)
        if too_slow and load > 2 * cores:
            pytest.skip(f"Ray did not start within its 30 seconds: {load:.0f} processes share {cores} processors")
        raise
