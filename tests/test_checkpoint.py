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
from tools import fuzz_checkpoints


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
from tools import fuzz_checkpoints
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


def wait_until(condition, seconds: float = 600) -> None:
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


# --- whose run it is --------------------------------------------------------------------------------------------------


def lake(**options):
    return gym.make("FrozenLake-v1", **options)


def table(seed=3, env=None, of=QLearning, **config):
    env = env or lake()
    return of(env.observation_space, env.action_space, TableConfig(**config), seed)


def heavy_cartpole():
    env = gym.make("CartPole-v1")
    env.unwrapped.gravity = 30
    return env


OTHERS = {
    "gamma": (lake, lambda: table(gamma=0.9), 5, "gamma: 0.99 saved, 0.9 here"),
    "alpha": (lake, lambda: table(alpha=lambda n: 1 / n), 5, r"alpha: Constant\(value=0.1\) saved, .*<lambda>.* here"),
    "policy": (lake, lambda: table(policy=lambda q, counts, step, rng: 0), 5, "policy: helpers.agents.ten_percent"),
    "initial_q": (lake, lambda: table(initial_q=1.0), 5, "initial_q: 0.0 saved, 1.0 here"),
    "agent's seed": (lake, lambda: table(seed=4), 5, "agent's seed: 3 saved, 4 here"),
    "run's seed": (lake, table, 6, "holds the run of seed 5; this call asks for seed 6"),
    "agent": (lake, lambda: table(of=Sarsa), 5, "holds a QLearning agent; the agent given is a Sarsa"),
    "random": (
        lake,
        lambda: RandomAgent(lake().action_space, 3),
        5,
        "holds a QLearning agent; the agent given is",
    ),
    "slip": (lambda: lake(is_slippery=False), table, 5, "is_slippery: True saved, False here"),
    "map": (lambda: lake(desc=["SFFF", "FFFF", "FFFF", "FFFG"]), table, 5, "FrozenLakeEnv.desc: .* saved"),
    "size": (lambda: lake(map_name="8x8"), lambda: table(env=lake(map_name="8x8")), 5, "of another agent: its `q` has"),
    "clock": (lambda: lake(max_episode_steps=50), table, 5, "TimeLimit._max_episode_steps: 100 saved, 50 here"),
    "wrapper": (lambda: gym.wrappers.NormalizeReward(lake()), table, 5, "NormalizeReward here, and not saved"),
    "world": (lambda: gym.make("CliffWalking-v1"), table, 5, "FrozenLakeEnv saved, and not here"),
}


@pytest.fixture(scope="module")
def lake_run(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "run.npz"
    history = train(lake(), table(), 300, 5, checkpoint=path, progress=False)
    return path, history


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("by", ["checkpoint", "history", "both"])
def test_a_run_goes_on_with_no_other_agent_and_in_no_other_world(name, by, lake_run):
    make_env, make_agent, seed, words = OTHERS[name]
    path, history = lake_run
    content, agent = path.read_bytes(), make_agent()
    before = {part: value.tolist() for part, value in state_of(agent).items()}
    given = {"checkpoint": {"checkpoint": path}, "history": {"history": history}}
    given["both"] = given["checkpoint"] | given["history"]
    if by != "checkpoint" and name in ("agent", "random", "size"):
        words = "agent: QLearning saved|num_steps: 300 saved, 0 here"
    with pytest.raises(ValueError, match=words):
        train(make_env(), agent, 600, seed, progress=False, **given[by])
    assert {part: value.tolist() for part, value in state_of(agent).items()} == before
    assert path.read_bytes() == content


def test_a_fresh_agent_is_not_the_one_that_made_the_history(lake_run):
    with pytest.raises(ValueError, match="This history is of another run. num_steps: 300 saved, 0 here"):
        train(lake(), table(), 600, 5, history=lake_run[1], progress=False)


def test_a_longer_file_is_not_replaced_by_a_shorter_run(lake_run, tmp_path):
    path = tmp_path / "run.npz"
    agent = table()
    history = train(lake(), agent, 20, 5, progress=False)
    path.write_bytes(lake_run[0].read_bytes())
    with pytest.raises(ValueError, match="holds 300 env steps of this run, and the history given only 20"):
        train(lake(), agent, 40, 5, history=history, checkpoint=path, progress=False)
    assert path.read_bytes() == lake_run[0].read_bytes()


def test_gravity_is_part_of_the_world(tmp_path):
    path, space = tmp_path / "run.npz", gym.spaces.Discrete(2)
    train(gym.make("CartPole-v1"), RandomAgent(space, 3), 300, 5, checkpoint=path, progress=False)
    with pytest.raises(ValueError, match="CartPoleEnv.gravity: 9.8 saved, 30 here"):
        train(heavy_cartpole(), RandomAgent(space, 3), 600, 5, checkpoint=path, progress=False)


@pytest.mark.parametrize("option", [{"render_mode": "rgb_array"}, {"is_slippery": True}, {"disable_env_checker": True}])
def test_what_makes_no_difference_is_not_refused(option, lake_run, tmp_path):
    path = tmp_path / "run.npz"
    path.write_bytes(lake_run[0].read_bytes())
    assert train(lake(**option), table(), 400, 5, checkpoint=path, progress=False).env_steps == 400


# --- an environment with a state of its own ---------------------------------------------------------------------------


class OwnDice(gym.Wrapper):
    """Draws from a generator that nobody can seed."""

    def __init__(self, env, seed):
        super().__init__(env)
        self.dice = [np.random.default_rng(seed)]

    def step(self, action):
        obs, reward, *rest = self.env.step(action)
        return obs, reward + self.dice[0].random(), *rest


@pytest.mark.parametrize("wrap", [gym.wrappers.NormalizeObservation, gym.wrappers.NormalizeReward, OwnDice])
def test_where_there_is_no_way_back_a_new_episode_begins_and_it_is_said(wrap, tmp_path, capsys):
    path, space = tmp_path / "run.npz", gym.spaces.Discrete(2)
    number = iter(range(9))

    def wrapped():
        env = gym.make("CartPole-v1")
        return wrap(env, next(number)) if wrap is OwnDice else wrap(env)

    cut = train(wrapped(), RandomAgent(space, 3), 300, 5, checkpoint=path, progress=False)
    assert cut.unfinished_lengths[0] > 0
    assert capsys.readouterr().out == ""
    history = train(wrapped(), RandomAgent(space, 3), 600, 5, checkpoint=path, progress=False)
    assert (
        "cannot be brought back into the middle of an episode. The run goes on with a new one"
        in capsys.readouterr().out
    )
    assert history.env_steps == 600
    lost = int(cut.unfinished_lengths[0])
    assert history.lengths.sum() + history.unfinished_lengths.sum() == 600 - lost  # the episode that has no end
    assert history.returns[: len(cut.returns)].tolist() == cut.returns.tolist()


# --- files ------------------------------------------------------------------------------------------------------------

FUZZED = 60  # damaged files in each run of the tests; `make fuzz` tries thousands


@pytest.mark.parametrize("seed", range(FUZZED))
def test_a_sample_of_damaged_files(seed):
    assert fuzz_checkpoints.fuzz(np.random.default_rng(seed)) in ("refused", "harmless")


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "run.npz").mkdir()
    with pytest.raises(ValueError, match="is a folder, not a file"):
        checkpoint.load(tmp_path / "run.npz", table())


WRITER = """
import sys
from tests.test_checkpoint import table
from helpers import checkpoint
from helpers.history import History
agent = table()
agent.q[:] = int(sys.argv[2])
print("ready", flush=True)
for _ in range(int(sys.argv[3])):
    checkpoint.save(sys.argv[1], agent, History())
print("saved all", flush=True)
"""


def test_two_writers_do_not_damage_each_others_file(tmp_path):
    path, reader = tmp_path / "run.npz", table()
    writers = [start([sys.executable, "-c", WRITER, str(path), str(number), "150"]) for number in (1, 2)]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    seen, reads = set(), 0
    while any(writer.poll() is None for writer in writers):
        if path.exists():
            checkpoint.load(path, reader)
            assert np.ptp(reader.q) == 0  # all of one writer
            seen.add(int(reader.q[0, 0]))
            reads += 1
    assert [writer.communicate()[0] for writer in writers] == ["saved all\n"] * 2
    assert seen <= {1, 2} and reads > 0
    assert os.listdir(tmp_path) == ["run.npz"]


def test_what_a_killed_writer_left_is_swept_up(tmp_path):
    path = tmp_path / "run[1].npz"
    old, new = tmp_path / "run[1].npz.12-ab.partial", tmp_path / "run[1].npz.13-cd.partial"
    for partial in (old, new):
        partial.write_bytes(b"half")
    os.utime(old, (0, 0))
    checkpoint.save(path, table(), History())
    assert sorted(os.listdir(tmp_path)) == ["run[1].npz", new.name]  # somebody may still be writing the other
