"""Ctrl-C while seeds run: the finished ones come back and nothing half done, in one process and in several.

A terminal and Jupyter send SIGINT to all processes of a group, workers included; so do these tests.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from helpers.fleet import stop_requests
from tests.with_ray import needs_ray, patient_with_ray

SCRIPT = """
import sys, time
from pathlib import Path
import gymnasium as gym
from helpers.agents import HandMadeAgent, RandomAgent
from helpers.fleet import run_seeds
from helpers.loop import train

backend, how, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])

def walk(seed, num_steps):
    env = gym.make("FrozenLake-v1")
    return train(env, RandomAgent(env.action_space, seed), num_steps, seed, progress=False).env_steps

def endless(seed):
    while True:
        try:
            time.sleep(0.1)
        except KeyboardInterrupt:
            if how == "swallows":
                return "half done"
            raise

def run(seed):
    (folder / f"begun-{seed}").touch()
    if seed < 5:
        return walk(seed, 10)
    return walk(seed, 5_000_000) if how == "train" else endless(seed)

if __name__ == "__main__":
    seeds = [5, 0, 1, 6, 7] if backend != "serial" else [0, 1, 6, 7, 2]
    results = run_seeds(run, seeds, 2, backend)
    print("RETURNED", results, results.seeds)
"""


def interrupted(backend: str, how: str, folder) -> subprocess.CompletedProcess:
    """The script, stopped when seed 6 has begun, the third or fourth of five."""
    (folder / "script.py").write_text(SCRIPT)
    return stopped([sys.executable, folder / "script.py", backend, how, folder], folder, os.getcwd())


def stopped(command: list, folder, python_path: str) -> subprocess.CompletedProcess:
    """A program that gets one Ctrl-C, all its processes do, when there is a file `begun-6` in the folder."""
    environment = os.environ | {"PYTHONPATH": python_path, "TQDM_DISABLE": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes, env=environment, start_new_session=True) as process:
        while not (folder / "begun-6").exists():
            if process.poll() is not None:
                raise AssertionError(process.communicate()[1])  # in full; what `assert` shows is shortened
            time.sleep(0.01)
        time.sleep(0.2)  # into the middle of the run
        os.killpg(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


@pytest.mark.parametrize("how", ["train", "raises", "swallows"])
@pytest.mark.parametrize("backend", ["serial", "joblib", pytest.param("ray", marks=needs_ray)])
def test_ctrl_c_returns_the_finished_seeds_and_nothing_half_done(backend, how, tmp_path):
    if backend == "ray" and how != "train":
        pytest.skip("a worker never sees Ctrl-C, whatever it runs; once is enough")
    with patient_with_ray():
        ended = interrupted(backend, how, tmp_path)
    assert ended.stderr == ""
    *said, returned = ended.stdout.splitlines()
    assert returned == "RETURNED [10, 10] [0, 1]"
    unfinished = "2, 6 to 7" if backend == "serial" else "5 to 7"
    seeds = re.search(r"^Stopped\. Finished, and returned: seeds 0 to 1 .* kept: seeds (.*)\.$", said[-1])[1]
    assert sorted(seeds.split(", ")) == unfinished.split(", ")
    assert len(said) == (2 if (backend, how) == ("serial", "train") else 1), "no worker may speak"
    assert not (tmp_path / "begun-7").exists()
    assert not left_behind(tmp_path)


RECORD = """
import sys, time
from pathlib import Path
from evidence import record_runs
from helpers.fleet import run_seeds

folder = Path("FOLDER")

def run(seed):
    if seed:
        (folder / "begun-6").touch()
        time.sleep(60)
    return seed

if __name__ == "__main__":
    record_runs(folder / "record.npz", lambda jobs: {"x": run_seeds(run, range(3), jobs)}, config={}, seeds=range(3))
"""


def test_a_recording_that_was_stopped_records_nothing(tmp_path):
    (tmp_path / "stopped_recording.py").write_text(RECORD.replace("FOLDER", str(tmp_path)))
    ended = stopped([sys.executable, "-m", "stopped_recording"], tmp_path, f"{tmp_path}:{os.getcwd()}")
    assert ended.returncode == 1
    assert ended.stdout.startswith("Stopped. Finished, and returned: seeds 0 ")
    assert ended.stderr == "Stopped: nothing is recorded, and an earlier record is as it was.\n"
    assert not list(tmp_path.glob("record*"))


def left_behind(folder) -> str:
    """Processes that the script has started and left: they have its folder on their command line or in `environ`."""
    found = subprocess.run(["pgrep", "-f", str(folder)], capture_output=True, text=True)
    return found.stdout


def test_a_stop_is_known_even_where_another_handler_answers_it():
    seen = []
    usual = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        with stop_requests() as outer:
            assert not outer()
            with stop_requests() as inner:
                signal.raise_signal(signal.SIGINT)
                assert inner() and inner()
            assert outer(), "the outer block hears what the inner one has heard"
        with stop_requests() as later:
            assert not later()
    finally:
        signal.signal(signal.SIGINT, usual)
    assert seen == [signal.SIGINT]


def test_other_signals_are_no_stop():
    usual = signal.signal(signal.SIGUSR1, lambda number, frame: None)
    try:
        with stop_requests() as stopped:
            signal.raise_signal(signal.SIGUSR1)
            assert not stopped()
    finally:
        signal.signal(signal.SIGUSR1, usual)


def test_outside_the_main_thread_nothing_is_heard_and_nothing_breaks():
    answers = []

    def listen():
        with stop_requests() as stopped:
            answers.append(stopped())

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert answers == [False]
