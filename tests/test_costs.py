"""What notebooks cost: measured, written on the card, and held (tools/costs.py, tools/measure_cards.py)."""

import os
import subprocess
import sys
import time

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import costs
from tools.check_binder import of_environment
from tools.costs import read_record, too_slow, yardstick
from tools.course import ROOT, notebook_paths, read_card, read_notebook
from tools.measure_cards import measure, tens, write_card
from tools.watch import processor_seconds

CARD = """\
# Burn time

| | |
|---|---|
| **You will do** | wait |
| **You will learn** | patience |
| **You need** | time |
| **It costs** | 5 minutes to read, 2 s to run, 1,240 MB of memory, and it is worth it |"""
BURN = "import time\nwhile time.process_time() < {seconds}:\n    pass"
MOST_KERNEL_MEGABYTES = 1_000


def written(folder, *sources):
    path = folder / "03_burn_time.ipynb"
    cells = [new_markdown_cell(CARD), *map(new_code_cell, sources)]
    for count, cell in enumerate(cells[1:], start=1):
        cell.execution_count = count
    nbformat.write(new_notebook(cells=cells), path)
    return path


# --- the course -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem)
def test_the_card_says_what_was_measured(path):
    measured = read_record()["notebooks"].get(path.name)
    if measured is None:
        pytest.skip(f"not measured yet: `make cards NB={path.stem}`")
    card = read_card(read_notebook(path))
    assert card.seconds == max(1, round(measured["seconds"]))
    assert card.megabytes == tens(measured["megabytes"])
    assert measured["kernel_megabytes"] < MOST_KERNEL_MEGABYTES


# --- the comparison -------------------------------------------------------------------------------------------------


def with_machine(monkeypatch, slower):
    """As on a machine so many times as slow as that of the record."""
    monkeypatch.setattr(costs, "yardstick", lambda: slower * read_record()["yardstick"])


@pytest.mark.parametrize(("seconds", "slower", "fails"), [(3.9, 1, False), (4.1, 1, True), (4.1, 0.5, True),
                                                          (7.9, 2, False), (8.1, 2, True)])  # fmt: skip
def test_twice_the_card_is_the_limit(tmp_path, monkeypatch, seconds, slower, fails):
    with_machine(monkeypatch, slower)
    message = too_slow(written(tmp_path), seconds)
    assert bool(message) == fails
    if fails:
        assert "its card says 2 s" in message and "make cards NB=03_burn_time" in message


def test_a_notebook_without_a_card_is_not_compared(tmp_path):
    path = tmp_path / "mine.ipynb"
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Mine")]), path)
    assert too_slow(path, 1_000) == ""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="a process cannot be bound to a core here")
def test_the_yardstick_measures_the_machine_and_not_who_else_uses_it():
    """On one core with another program: by the clock each piece would take about twice its own processor time."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as other:
            begin = time.process_time()
            beside = yardstick()
            spent = time.process_time() - begin
            other.kill()
    finally:
        os.sched_setaffinity(0, cores)
    assert 0 < 20 * beside <= spent  # the mean of twenty pieces


def test_the_time_of_workers_counts_also_when_they_have_ended():
    program = "import subprocess, sys, time; burn = 'import time\\nwhile time.process_time() < 0.6: pass'\n"
    program += "subprocess.run([sys.executable, '-c', burn]); print('ended', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        seconds = processor_seconds(process.pid)
        process.kill()
    assert 0.5 <= seconds < 3  # the system counts in ticks of 0.01 s, and the start of both counts too


def test_a_test_run_fails_a_notebook_that_takes_more_than_twice_its_card(tmp_path):
    """The hook in conftest.py, in a run of its own: of two notebooks, the one that promised to take no time at all."""
    text = written(tmp_path, "x = 1").read_text()
    for name, seconds in (("03_burn_time", 0), ("04_burn_little", 10_000)):
        (tmp_path / f"{name}.ipynb").write_text(text.replace("2 s to run", f"{seconds} s to run"))
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "conftest", "--rootdir", ROOT, "-c"]
    result = subprocess.run([*command, ROOT / "pyproject.toml", tmp_path], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1, result.stdout
    assert "03_burn_time.ipynb took" in result.stdout and "its card says 0 s: more than 2 times that" in result.stdout
    assert "2 passed, 1 error" in result.stdout


# --- measuring ------------------------------------------------------------------------------------------------------


def test_measure_sees_the_kernel_and_its_workers(tmp_path):
    hold = "import time; held = bytearray(200_000_000); time.sleep(2)"
    worker = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {hold!r}])"
    path = written(tmp_path, "held = bytearray(100_000_000)", worker, BURN.format(seconds=1.5))
    begin = time.perf_counter()
    measured = measure(path)
    assert 3.5 < measured["seconds"] <= round(time.perf_counter() - begin, 1)
    assert measured["processor_seconds"] > 1.4
    assert measured["cells"] == 4
    assert 95 < measured["kernel_megabytes"] < 400
    assert measured["megabytes"] - measured["kernel_megabytes"] > 180


@pytest.mark.skipif(not psutil.LINUX, reason="only Linux says how much processes share")
def test_what_a_forked_copy_shares_counts_once(tmp_path):
    # from Python 3.12 on fork() warns in a process with threads, as every kernel is
    quiet = "import os, time, warnings\nwarnings.simplefilter('ignore', DeprecationWarning)\n"
    fork = quiet + "if os.fork() == 0:\n    time.sleep(1)\n    os._exit(0)\nos.wait();"
    measured = measure(written(tmp_path, "held = bytearray(b'1' * 300_000_000)", fork))
    assert measured["kernel_megabytes"] > 300
    assert measured["megabytes"] - measured["kernel_megabytes"] < 60


def test_only_the_two_numbers_of_the_card_change(tmp_path):
    path = written(tmp_path, "1")
    before = path.read_text()
    write_card(path, {"seconds": 11.6, "megabytes": 1_331})
    after = path.read_text()
    assert after.replace("12 s to run, 1,340 MB", "2 s to run, 1,240 MB").strip() == before.strip()
    assert read_card(read_notebook(path)).megabytes == 1_340


def test_the_minutes_for_the_exercises_stay_on_the_card(tmp_path):
    path = written(tmp_path, "1")
    path.write_text(path.read_text().replace("5 minutes to read", "5 minutes to read and 40 for the exercises"))
    write_card(path, {"seconds": 11.6, "megabytes": 1_331})
    card = read_card(read_notebook(path))
    assert (card.minutes, card.exercises, card.seconds, card.megabytes) == (5, 40, 12, 1_340)


def test_on_binder_what_runs_from_its_environment_is_watched(tmp_path):
    """And nothing else that this process has started; how it is found is the name under which it was started."""
    sleep = ["-c", "import time; time.sleep(600)"]
    other = subprocess.Popen([sys.executable, *sleep])
    ours = subprocess.Popen([tmp_path / "env" / "bin" / "python", *sleep], executable=sys.executable)
    try:
        while not all(psutil.Process(process.pid).cmdline() for process in (other, ours)):
            time.sleep(0.01)  # a process has no command line for a moment, between its start and its program's
        assert [process.pid for process in of_environment(tmp_path / "env")] == [ours.pid]
    finally:
        for process in (ours, other):
            process.kill()
            process.wait()
