"""A run that is saved, killed at any moment and loaded again is, to the bit, the run that was never interrupted."""

import json
import os
import signal
import subprocess
import sys
import time

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import checkpoint
from helpers.agents import QLearning, RandomAgent, Sarsa, TableConfig
from helpers.history import History
from helpers.loop import train
from helpers.parts import state_of


def make(kind: str):
    """A fresh environment and an untrained agent, the same ones each time."""
    if kind == "DQN":
        from helpers.dqn import DQN, DQNConfig  # here, so that the processes killed below need not wait for TensorFlow

        small = {"hidden": (8,), "batch_size": 8, "buffer_size": 300, "learning_starts": 50}
        config = DQNConfig(**small, learn_every=16, gradient_steps=4, target_every=8)
        env = gym.make("CartPole-v1")
        return env, DQN(env.observation_space, env.action_space, config, seed=3)
    env = gym.make("FrozenLake-v1")  # slippery: the environment draws at each step
    return env, {"QLearning": QLearning, "Sarsa": Sarsa}[kind](
        env.observation_space, env.action_space, TableConfig(), seed=3
    )


def assert_equal_runs(agent, history: History, other_agent, other_history: History) -> None:
    ours, theirs = state_of(agent), state_of(other_agent)
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
    np.testing.assert_array_equal(history.returns, other_history.returns)
    np.testing.assert_array_equal(history.lengths, other_history.lengths)
    np.testing.assert_array_equal(history.trail["actions"], other_history.trail["actions"])
    assert history.env_steps == other_history.env_steps


@pytest.mark.parametrize("kind", ["QLearning", "Sarsa", "DQN"])
@pytest.mark.parametrize("stop_at", [1, 137, 500])
def test_saved_and_loaded_run_goes_on_to_the_bit(kind, stop_at, tmp_path):
    env, agent = make(kind)
    whole = train(env, agent, 600, seed=5)

    first_env, first = make(kind)
    checkpoint.save(tmp_path / "run.npz", first, train(first_env, first, stop_at, seed=5))
    later_env, later = make(kind)  # as in a new process: a fresh environment, a fresh agent
    history = checkpoint.load(tmp_path / "run.npz", later)
    assert history.env_steps == stop_at
    history = train(later_env, later, 600, seed=5, history=history)

    assert_equal_runs(agent, whole, later, history)


def test_measurements_survive(tmp_path):
    env, agent = make("QLearning")
    history = train(env, agent, 300, seed=5, measure=lambda a: {"sum": a.q.sum(), "q": a.q}, measure_every=100)
    checkpoint.save(tmp_path / "run.npz", agent, history)
    loaded = checkpoint.load(tmp_path / "run.npz", make("QLearning")[1])
    assert loaded.measured.keys() == {"sum", "q"}
    np.testing.assert_array_equal(loaded.measured["q"], history.measured["q"])
    np.testing.assert_array_equal(loaded.measured_at, [100, 200, 300])


TRAIN = """
import sys
from pathlib import Path
from tests.test_checkpoint import make
from helpers.loop import train
from helpers.parts import state_of
env, agent = make(sys.argv[1])
print("ready", flush=True)
train(env, agent, int(sys.argv[3]), 5, checkpoint=Path(sys.argv[2]), checkpoint_every=50)
"""


@pytest.mark.parametrize(("kind", "num_steps", "kills"), [("QLearning", 40_000, 4), ("DQN", 4_000, 1)])
def test_killed_in_training_and_started_again(kind, num_steps, kills, tmp_path):
    """SIGKILL at moments that differ from try to try; with a save every 50 env steps many fall inside a save.

    Each try goes on, in a process of its own, from what the one before has left; the last one is this process.
    """
    path = tmp_path / "run.npz"
    rng = np.random.default_rng(0)
    killed = 0
    for _ in range(kills):
        with start([sys.executable, "-c", TRAIN, kind, str(path), str(num_steps)]) as process:
            assert process.stdout.readline() == "ready\n"
            wait_until(lambda: path.exists() or process.poll() is not None)
            time.sleep(rng.uniform(0.0, 0.1))
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
    assert killed >= 1, "the run ended before it could be killed: make it longer"
    assert 0 < checkpoint.load(path, make(kind)[1]).env_steps < num_steps
    env, agent = make(kind)
    train(env, agent, num_steps, 5, checkpoint=path, checkpoint_every=50)

    loaded = make(kind)[1]
    history = checkpoint.load(path, loaded)
    env, agent = make(kind)
    assert_equal_runs(agent, train(env, agent, num_steps, seed=5), loaded, history)


SAVE = """
import sys
from helpers import checkpoint
from helpers.agents import QLearning, TableConfig
from helpers.history import History
from gymnasium.spaces import Discrete
agent = QLearning(Discrete(200_000), Discrete(4), TableConfig(), 0)
print("ready", flush=True)
for age in range(1, 10_000):
    agent.num_steps = age
    agent.q[:] = age
    checkpoint.save(sys.argv[1], agent, History())
"""


def test_killed_in_the_middle_of_a_save_leaves_a_whole_file(tmp_path):
    path = tmp_path / "run.npz"
    rng = np.random.default_rng(1)
    with start([sys.executable, "-c", SAVE, str(path)]) as process:
        assert process.stdout.readline() == "ready\n"
        wait_until(path.exists)
        time.sleep(rng.uniform(0.05, 0.1))
        wait_until(lambda: list(tmp_path.glob("run.npz.*.partial")))  # a save has begun
        process.send_signal(signal.SIGKILL)
        process.wait()
    arrays = checkpoint.read_npz(path)
    age = json.loads(str(arrays["agent/num_steps"]))["value"]
    assert (arrays["agent/q"] == age).all()  # all of one save, none of the next


def test_failed_save_keeps_the_last_good_file(tmp_path, monkeypatch):
    _, agent = make("QLearning")
    path = tmp_path / "run.npz"
    checkpoint.save(path, agent, History())
    good = path.read_bytes()

    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    agent.q[:] = 7
    with pytest.raises(OSError, match="No space left"):
        checkpoint.save(path, agent, History())
    assert path.read_bytes() == good
    assert os.listdir(tmp_path) == ["run.npz"]


def test_full_disk_does_not_end_the_training(tmp_path, monkeypatch, capsys):
    env, agent = make("QLearning")
    monkeypatch.setattr("helpers.checkpoint.write_npz", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    history = train(env, agent, 100, seed=5, checkpoint=tmp_path / "run.npz", checkpoint_every=40)
    assert history.env_steps == 100
    assert "No space left" in capsys.readouterr().out


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_refused_in_words(data, tmp_path_factory):
    """Any one byte changed, or the end cut off: an error that says so, or (padding, names) the same content."""
    folder = tmp_path_factory.mktemp("damaged")
    _, agent = make("QLearning")
    checkpoint.save(folder / "good.npz", agent, History())
    content = bytearray((folder / "good.npz").read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    (folder / "bad.npz").write_bytes(content)
    loaded = make("QLearning")[1]
    try:
        checkpoint.load(folder / "bad.npz", loaded)
    except ValueError as error:
        assert "bad.npz" in str(error)
    else:  # bytes that no reader looks at (time stamps, attributes)
        np.testing.assert_array_equal(loaded.q, agent.q)


def test_foreign_files_are_refused(tmp_path):
    _, agent = make("QLearning")
    (tmp_path / "text.npz").write_text("not a saved run")
    np.savez(tmp_path / "other.npz", q=np.zeros(3))
    _, other = make("Sarsa")
    checkpoint.save(tmp_path / "sarsa.npz", other, History())
    with pytest.raises(ValueError, match="damaged, or is not"):
        checkpoint.load(tmp_path / "text.npz", agent)
    with pytest.raises(ValueError, match="not a saved run of this course"):
        checkpoint.load(tmp_path / "other.npz", agent)
    with pytest.raises(ValueError, match="holds a Sarsa agent; the agent given is a QLearning"):
        checkpoint.load(tmp_path / "sarsa.npz", agent)
    with pytest.raises(FileNotFoundError, match="absent"):
        checkpoint.load(tmp_path / "absent.npz", agent)


def test_pickles_are_never_opened(tmp_path):
    np.savez(tmp_path / "pickle.npz", format=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="pickle.npz"):
        checkpoint.load(tmp_path / "pickle.npz", make("QLearning")[1])


class Unnamed:
    """An agent that does not say what learning changes."""


class Odd(RandomAgent):
    """An agent that names something which has no form on a disk."""

    saved = ("rng", "rule")
    rule = staticmethod(max)


def test_an_agent_that_cannot_be_saved_says_why(tmp_path):
    with pytest.raises(TypeError, match="Unnamed cannot be saved: it has no `saved`"):
        checkpoint.save(tmp_path / "run.npz", Unnamed(), History())
    with pytest.raises(TypeError, match="`rule`, a builtin_function_or_method, cannot be saved: name in `saved` what"):
        checkpoint.save(tmp_path / "run.npz", Odd(gym.spaces.Discrete(2), seed=0), History())
    assert os.listdir(tmp_path) == []


def start(command) -> subprocess.Popen:
    environment = os.environ | {"TQDM_DISABLE": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def wait_until(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.001)


def test_what_cannot_be_read_again_is_not_written(tmp_path):
    path = tmp_path / "a.npz"
    checkpoint.write_npz(path, {"a": np.zeros(1)})
    with pytest.raises(TypeError, match="'b' holds objects"):
        checkpoint.write_npz(path, {"b": np.array([None])})
    assert list(checkpoint.read_npz(path)) == ["a"]


def test_a_plain_npy_file_is_refused_in_words(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(3))
    with pytest.raises(ValueError, match="is damaged, or is not an .npz file"):
        checkpoint.read_npz(tmp_path / "a.npy")
