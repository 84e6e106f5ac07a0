"""The small Ray of one machine: it starts where that takes time, listens to nobody else, and ends with the block."""

import inspect
from contextlib import ExitStack

import psutil
import pytest

from helpers.fleet import TRIES
from helpers.fleet.cluster import _start, on_cluster, ray_session
from tests.with_ray import needs_ray, patient_with_ray
from tools.course import NOTEBOOKS, read_notebook


class SlowRay:
    """Stands for Ray on a busy machine: its first starts fail with `words`."""

    def __init__(self, failures: int, words: str):
        self.failures, self.words, self.calls, self.cleaned = failures, words, 0, 0

    def init(self, *args, **kwargs):
        self.calls += 1
        if self.calls <= self.failures:
            raise Exception(self.words)

    def clean_up(self):
        self.cleaned += 1


def test_a_ray_that_is_slow_to_start_is_started_again_but_not_for_ever():
    slow = SlowRay(TRIES - 1, "The current node timed out during startup.")
    _start(slow, 2, slow.clean_up)
    assert (slow.calls, slow.cleaned) == (TRIES, TRIES - 1)
    for failures, words, calls in [(99, "The current node timed out during startup.", TRIES), (1, "no disk", 1)]:
        broken = SlowRay(failures, words)
        with pytest.raises(RuntimeError, match=f"Ray did not start on this machine: {words}"):
            _start(broken, 2, broken.clean_up)
        assert (broken.calls, broken.cleaned) == (calls, calls)


@pytest.mark.parametrize("load, words, outcome", [
    (9.0, "Ray did not start on this machine: it timed out", pytest.skip.Exception),
    (1.0, "Ray did not start on this machine: it timed out", RuntimeError),
    (9.0, "Ray did not start on this machine: no disk", RuntimeError),
])  # fmt: skip
def test_only_a_busy_machine_excuses_a_ray_that_does_not_start(load, words, outcome, monkeypatch):
    monkeypatch.setattr("os.getloadavg", lambda: (load, load, load))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    with pytest.raises(outcome), patient_with_ray():
        raise RuntimeError(words)


@needs_ray
def test_ray_listens_to_this_machine_alone_and_leaves_nothing_behind():
    me = psutil.Process()
    before = set(me.children(recursive=True))
    with ExitStack() as stack:
        with patient_with_ray():
            stack.enter_context(ray_session(2))
        family = set(me.children(recursive=True)) - before
        listening = [
            (process.name(), connection.laddr.ip)
            for process in family
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        ]
    assert len(family) > 3 and listening
    assert {ip.removeprefix("::ffff:") for _, ip in listening} <= {"127.0.0.1", "::1"}, listening
    assert not [process for process in family if process.is_running()]
    assert set(me.children(recursive=True)) <= before


def test_the_notebook_on_speed_shows_the_code_as_it_is():
    (path,) = NOTEBOOKS.glob("*_make_it_fast.ipynb")
    shown = f"```python\n{inspect.getsource(on_cluster)}```"
    assert sum(shown in cell.source for cell in read_notebook(path).cells) == 1
    assert max(map(len, shown.splitlines())) <= 88
