"""Many seeds: the same results wherever they run; a killed worker costs one seed; errors name theirs."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from helpers.fleet import TRIES, SeedFailed, run_seeds
from helpers.fleet.cluster import ray_session
from tests.with_ray import needs_ray, patient_with_ray

WORKERS = ["joblib", pytest.param("ray", marks=needs_ray)]


@pytest.fixture(scope="module")
def ray():
    """One Ray of this machine, with two processors, for all tests of this module: it takes seconds to start."""
    with ExitStack() as stack:
        with patient_with_ray():
            session = stack.enter_context(ray_session(2))
        yield session


@pytest.fixture
def backend(request):
    """Where the seeds run. Ray is started when the first test asks for it."""
    if request.param == "ray":
        request.getfixturevalue("ray")
    return request.param


on_workers = pytest.mark.parametrize("backend", WORKERS, indirect=True)


# --- runs of one seed -----------------------------------------------------------------------------------------------


def square(seed: int) -> int:
    return seed * seed


# A worker imports this module, and most of them only to square a number: so the libraries come with the runs.


def tiny_dqn(seed: int) -> list[np.ndarray]:
    """Everything that 2,000 env steps of a small DQN leave behind."""
    import gymnasium as gym

    from helpers.dqn import DQN, DQNConfig
    from helpers.loop import train

    env = gym.make("CartPole-v1")
    config = DQNConfig(hidden=(16, 16), learning_starts=256, gradient_steps=16, target_every=16)
    agent = DQN(env.observation_space, env.action_space, config, seed)
    history = train(env, agent, 2_000, seed, progress=False)
    return [history.returns, agent.q_values(agent.buffer.obs[:100]), *agent.network.get_weights()]


def table(seed: int) -> list[np.ndarray]:
    """A Q-table and the returns of 500 env steps."""
    from helpers.agents import QLearning, TableConfig
    from helpers.envs import Corridor
    from helpers.loop import train

    env = Corridor(8)
    agent = QLearning(env.observation_space, env.action_space, TableConfig(), seed)
    history = train(env, agent, 500, seed, progress=False)
    return [history.returns, agent.q]


def tiny_runs(seed: int) -> list[np.ndarray]:
    return tiny_dqn(seed) + table(seed)


class KilledOnce:
    """Squares its seed; the first try at one seed ends as if memory had run out, in the middle."""

    def __init__(self, folder: Path, victim: int, tries: int = 1):
        self.folder, self.victim, self.tries = folder, victim, tries

    def __call__(self, seed: int) -> int:
        number = len(list(self.folder.glob(f"{seed}-*")))
        (self.folder / f"{seed}-{number}").write_text(str(os.getpid()))
        time.sleep(0.3)
        if seed == self.victim and number < self.tries:
            os.kill(os.getpid(), signal.SIGKILL)
        return seed * seed


class Faulty:
    def __init__(self, folder: Path):
        self.folder = folder

    def __call__(self, seed: int) -> int:
        (self.folder / f"{seed}-{time.time_ns()}").touch()
        if seed == 3:
            raise ZeroDivisionError("a bug")
        return seed


# --- the same results -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def here():
    """What the seeds 5, 0 and 3 give in this process."""
    return run_seeds(tiny_runs, [5, 0, 3], backend="serial")


@on_workers
def test_results_are_the_same_to_the_bit_wherever_they_are_made(backend, here):
    there = run_seeds(tiny_runs, [5, 0, 3], 2, backend)
    assert not np.array_equal(here[0][1], here[1][1]), "seeds must differ, or the comparison says nothing"
    for one, other in zip(here, there, strict=True):
        assert [a.tobytes() for a in one] == [a.tobytes() for a in other]


@on_workers
def test_workers_are_other_processes_with_one_thread_and_the_settings_of_the_course(backend):
    """The function is one of a notebook, so to speak: no worker could import it."""
    settings = ["OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_ENABLE_ONEDNN_OPTS"]

    def look(seed):
        time.sleep(0.3)
        return seed, os.getpid(), [os.environ.get(name) for name in settings]

    seeds = [9, -1, 4, 4, 0, 2]
    found, processes, values = zip(*run_seeds(look, seeds, 2, backend), strict=True)
    assert list(found) == seeds, "results come in the order of the seeds"
    assert len(set(processes)) == 2
    assert os.getpid() not in processes
    assert all(one == ["1", *(os.environ[name] for name in settings[1:])] for one in values)


@pytest.mark.parametrize("backend", ["serial", "joblib"])
@pytest.mark.parametrize("seeds", [[], [7], [3, 3], range(5)], ids=str)
def test_results_come_in_the_order_of_the_seeds_however_many_there_are(backend, seeds):
    seeds = list(seeds)
    assert run_seeds(square, iter(seeds), 3, backend) == [seed * seed for seed in seeds]


# --- a worker that dies ---------------------------------------------------------------------------------------------


@on_workers
def test_a_killed_worker_costs_only_its_own_seed(backend, tmp_path, capsys):
    assert run_seeds(KilledOnce(tmp_path, victim=1), range(6), 2, backend) == [0, 1, 4, 9, 16, 25]
    tries = {seed: len(list(tmp_path.glob(f"{seed}-*"))) for seed in range(6)}
    assert tries == {0: 1, 1: 2, 2: 1, 3: 1, 4: 1, 5: 1}
    first, second = ((tmp_path / f"1-{number}").read_text() for number in (0, 1))
    assert first != second, "the second try must be another process"
    if backend == "joblib":
        assert "worker of seed 1 died" in capsys.readouterr().out


@on_workers
def test_a_seed_that_always_kills_its_worker_is_given_up_in_words(backend, tmp_path):
    with pytest.raises(SeedFailed, match=rf"died {TRIES} times"):
        run_seeds(KilledOnce(tmp_path, victim=1, tries=99), range(2), 2, backend)
    assert len(list(tmp_path.glob("1-*"))) == TRIES


@pytest.mark.parametrize("backend", ["serial", *WORKERS], indirect=True)
def test_an_error_of_the_run_is_named_with_its_seed_and_not_tried_again(backend, tmp_path):
    with pytest.raises(SeedFailed, match="seed 3 failed.*ZeroDivisionError: a bug") as caught:
        run_seeds(Faulty(tmp_path), range(5), 2, backend)
    assert len(list(tmp_path.glob("3-*"))) == 1
    if backend == "serial":
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
    else:
        assert "in __call__" in caught.value.__notes__[0], "where it happened must not be lost"


def test_no_worker_is_left_behind():
    children = lambda: set(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())  # noqa: E731
    if not Path("/proc/self/task").exists():
        pytest.skip("children are counted in /proc, which is Linux's")
    run_seeds(square, range(4), 2)
    before = children()
    run_seeds(square, range(4), 2)
    with pytest.raises(SeedFailed):
        run_seeds(lambda seed: 1 / seed, range(4), 2)
    assert children() <= before


# --- words ----------------------------------------------------------------------------------------------------------


def test_without_ray_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)  # as if it were not installed
    with pytest.raises(ImportError, match="uv sync --extra cluster"):
        run_seeds(square, range(2), 2, backend="ray")


SCRIPT = """
import sys, time
from helpers.fleet import run_seeds
def slow(seed):
    time.sleep(0.3)
if __name__ == "__main__":
    run_seeds(slow, range(5), 2, backend=sys.argv[1])
"""


@pytest.mark.parametrize("backend", WORKERS)
def test_progress_goes_to_stdout(backend, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    environment = {name: value for name, value in os.environ.items() if name != "TQDM_DISABLE"}
    command = [sys.executable, tmp_path / "script.py", backend]
    with patient_with_ray():
        finished = subprocess.run(command, capture_output=True, text=True, env=environment)
        if finished.returncode:
            raise RuntimeError(finished.stderr)
    assert finished.stderr == ""
    assert re.search(r"[1-5]/5 \[", finished.stdout), "the bar must move"
