"""What pytest reads before the tests and before the notebooks, wherever it is started from."""

import os
from contextlib import ExitStack

import nbval.kernel
import nbval.plugin
import pytest
from hypothesis import settings

from tools.costs import processor_seconds, too_slow
from tools.run_notebooks import plain_kernels

MAX_WORKERS = 4  # each may hold a kernel with TensorFlow: about 650 MB

# The files that take longest. Begun first, they leave many short ones for the end, when no core should wait for long.
# test_fleet.py and test_lab.py use several processors by themselves, and stand apart.
LONG_FIRST = (
    "test_fleet.py",
    "test_site.py",
    "14_make_it_fast.ipynb",
    "test_lab.py",
    "10_find_the_silent_bug.ipynb",
    "05_explore_enough.ipynb",
    "test_variants.py",
    "test_zoo.py",
    "test_play_browser.py",
    "09_repair_a_broken_dqn.ipynb",
    "08_train_a_dqn.ipynb",
    "07_replace_the_table_by_a_network.ipynb",
    "test_checkpoint.py",
)

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
    """Where workers share the files (`-n`): the long ones first, then the other notebooks, then the rest as found."""
    if hasattr(config, "workerinput"):
        place = {name: number for number, name in enumerate(LONG_FIRST)}
        items.sort(key=lambda item: (place.get(item.path.name, len(place)), item.path.suffix != ".ipynb"))


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
