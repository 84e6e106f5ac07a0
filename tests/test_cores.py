"""How many cores a process may use, and whether TensorFlow takes them when it is told to."""

import os
import subprocess
import sys
from pathlib import Path

import joblib
import pytest

from helpers.cores import granted

ROOT = Path(__file__).parents[1]


def said_by(code: str, **environment) -> str:
    """What a fresh process prints."""
    variables = {**os.environ, **environment}
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=variables, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_at_least_one_core_and_no_more_than_there_are():
    assert 1 <= granted() <= os.cpu_count()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
def test_a_process_that_may_use_one_core_has_one():
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); from helpers.cores import granted"
    assert said_by(f"{code}; print(granted())") == "1"


@pytest.mark.parametrize(("by_joblib", "by_python", "expected"), [(3, 8, 3), (8, 3, 3), (1, None, 1), (4, 4, 4)])
def test_the_least_of_what_is_allowed_counts(monkeypatch, by_joblib, by_python, expected):
    monkeypatch.setattr(joblib, "cpu_count", lambda: by_joblib)
    monkeypatch.setattr(os, "process_cpu_count", lambda: by_python, raising=False)
    assert granted() == expected


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"/sys/fs/cgroup/cpu.max": "200000 100000"}, 2),
        ({"/sys/fs/cgroup/cpu.max": "150000 100000"}, 2),
        ({"/sys/fs/cgroup/cpu.max": "max 100000"}, 64),
        ({"/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"}, 3),
        ({"/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"}, 64),
    ],
    ids=["v2, two cores", "v2, one and a half", "v2, no quota", "v1, three cores", "v1, no quota"],
)
def test_the_quota_of_a_control_group_is_heard(files, cores):
    """On a machine with 64 cores, where those files say so: a fresh process, since joblib asks once."""
    code = f"""
import builtins, io, os
files, real_open, real_exists = {files!r}, open, os.path.exists
os.cpu_count = lambda: 64
os.sched_getaffinity = lambda pid: set(range(64))
if hasattr(os, "process_cpu_count"):
    os.process_cpu_count = lambda: 64
group = lambda path: str(path).startswith("/sys/fs/cgroup")
os.path.exists = lambda path: path in files if group(path) else real_exists(path)
builtins.open = lambda path, *rest, **more: io.StringIO(files[path]) if group(path) else real_open(path, *rest, **more)
from helpers.cores import granted
print(granted())
"""
    assert said_by(code) == str(cores)


THREADS = """
import os
import helpers.cores
helpers.cores.granted = lambda: 5
{call}
import tensorflow as tf
tf.matmul(tf.ones((64, 64)), tf.ones((64, 64))).numpy()
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system does not show its threads")
def test_tensorflow_gets_a_thread_for_each_core_and_one_where_nobody_asks():
    few, many = (int(said_by(THREADS.format(call=call))) for call in ("", "helpers.cores.use_all_cores()"))
    assert many == few + 4


def test_when_tensorflow_has_started_it_is_refused_in_words():
    code = """
import helpers.cores
import tensorflow as tf
tf.ones(3).numpy()
helpers.cores.granted = lambda: 7
try:
    helpers.cores.use_all_cores()
except RuntimeError as error:
    print(error)
"""
    said = said_by(code)
    assert "already computed something" in said and "restart the kernel" in said
