"""What pytest reads before the tests and before the notebooks, wherever it is started from."""

import os
from contextlib import ExitStack

import nbval.kernel
import nbval.plugin
import pytest
from hypothesis import settings

from tools.costs import read_record, too_slow
from tools.run_notebooks import plain_kernels
from tools.watch import processor_seconds

MAX_WORKERS = 4  # each may hold a kernel with TensorFlow: about 650 MB

# About how many seconds the longest test files take on a quiet machine; docs/costs.json has those of the notebooks.
# `make test ARGS=--durations=50` shows what has changed.
SECONDS = {
    "test_fleet.py": 90,
    "test_site.py": 85,
    "test_lab.py": 80,
    "test_variants.py": 33,
    "test_policy_mistakes.py": 30,
    "test_play_browser.py": 30,
    "test_checkpoint.py": 25,
    "test_zoo.py": 25,
    "test_exercises.py": 17,
}
NEW_NOTEBOOK = 30  # s; of one that has not been measured yet

_kernels = ExitStack()

# Property tests: no limit of time for one example, since a busy machine is not a defect. Where every change is checked
# the examples are the same each time, so that red means the change; at home they are new each time, and find more.
settings.register_profile("course", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("course")


def pytest_configure(config):
    """Notebooks are compared in the same surroundings in which they were stored."""
    _kernels.enter_context(plain_kernels())
    nbval.kernel.RunningKernel.execute_cell_input = execute_as_jupyter_does
    nbval.plugin.IPyNbFile.teardown = end_and_compare_with_card


def pytest_collection_modifyitems(config, items):
    """Where workers share the files (`-n`): the long ones first, so that many short ones are left for the end.

    Then no core waits for long. Files that take equally long stay as found.
    """
    if hasattr(config, "workerinput"):
        seconds = {path: seconds_of(path) for path in {item.path for item in items}}
        items.sort(key=lambda item: -seconds[item.path])


def seconds_of(path) -> float:
    """About how long a file takes; 0 for the many that are short."""
    if path.suffix == ".ipynb":
        return read_record()["notebooks"].get(path.name, {}).get("seconds", NEW_NOTEBOOK)
    return SECONDS.get(path.name, 0)


def pytest_unconfigure(config):
    """Leave the environment as it was."""
    _kernels.close()


def execute_as_jupyter_does(self, cell_input, allow_stdin=None):
    """As nbval 0.11 does it, but with `store_history`: without it IPython prints the value of `ax.plot(x);`."""
    return self.kc.execute(cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)


def end_and_compare_with_card(self, end=nbval.plugin.IPyNbFile.teardown):
    """As nbval does it; then an error at the notebook's last cell where it took more than twice what its card says."""
    alive = self.kernel is not None and self.kernel.is_alive()
    seconds = processor_seconds(self.kernel.km.provisioner.pid) if alive else 0.0
    end(self)
    if message := too_slow(self.path, seconds):
        pytest.fail(message, pytrace=False)


def pytest_xdist_auto_num_workers(config):
    """`-n auto`: the cores that this process may use, but not more than the memory of a laptop can feed."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MAX_WORKERS)
