"""The one loop: what it calls and when, that it can be cut anywhere and joined again, and that it answers in words."""

import os
import re
import signal
import subprocess
import sys
import threading
import time

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.agents import QLearning, RandomAgent, TableConfig
from helpers.envs import Discretise
from helpers.history import History
from helpers.loop import train


class TapeEnv(gym.Env):
    """Writes every call on a tape. Step k of the run (1, 2, ...) gives observation k; `ends` says which steps end."""

    observation_space = spaces.Discrete(1_000)
    action_space = spaces.Discrete(2)

    def __init__(self, tape: list, ends: dict[int, tuple[bool, bool]]):
        self.tape, self.ends, self.steps = tape, ends, 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.tape.append(("reset", seed))
        return 100 + self.steps, {}

    def step(self, action):
        self.steps += 1
        self.tape.append(("step", action))
        terminated, truncated = self.ends.get(self.steps, (False, False))
        return self.steps, float(self.steps), terminated, truncated, {}


class TapeAgent:
    """Writes every call on the same tape."""

    def __init__(self, tape: list):
        self.tape = tape

    def act(self, obs, explore=True):
        self.tape.append(("act", obs, explore))
        return obs % 2

    def learn(self, transition):
        self.tape.append(("learn", *transition))


def taped_run(num_steps: int, ends: dict, **options):
    """The tape of a run, and its history."""
    tape = []
    history = train(TapeEnv(tape, ends), TapeAgent(tape), num_steps, seed=7, **options)
    return tape, history


# --- the order of events ----------------------------------------------------------------------------------------------


def test_order_of_events():
    tape, _ = taped_run(3, {2: (True, False)})
    assert tape == [
        ("reset", 7),
        ("act", 100, True),
        ("step", 0),
        ("learn", 100, 0, 1.0, 1, False, False),
        ("act", 1, True),
        ("step", 1),
        ("learn", 1, 1, 2.0, 2, True, False),
        ("reset", None),
        ("act", 102, True),  # the first observation of the new episode, not the last one of the old
        ("step", 0),
        ("learn", 102, 0, 3.0, 3, False, False),
    ]


def test_the_environment_is_seeded_once():
    tape, _ = taped_run(20, dict.fromkeys((3, 9, 10), (True, False)))
    assert [event[1] for event in tape if event[0] == "reset"] == [7, None, None, None]


@pytest.mark.parametrize("terminated", [True, False])
@pytest.mark.parametrize("truncated", [True, False])
def test_the_two_ends_are_passed_on_as_they_are(terminated, truncated):
    tape, history = taped_run(4, {3: (terminated, truncated)})
    ends = [event[-2:] for event in tape if event[0] == "learn"]
    assert ends == [(False, False), (False, False), (terminated, truncated), (False, False)]
    assert len(history.returns) == (terminated or truncated)
    assert history.truncated.tolist() == [truncated and not terminated] * len(history.returns)


def test_what_the_history_says():
    _, history = taped_run(9, {2: (True, False), 5: (False, True), 6: (True, True)})
    assert history.env_steps == 9
    assert history.returns.tolist() == [1 + 2, 3 + 4 + 5, 6]
    assert history.lengths.tolist() == [2, 3, 1]
    assert history.ended_at.tolist() == [2, 5, 6]
    assert history.truncated.tolist() == [False, True, False]
    assert history.unfinished_returns.tolist() == [7 + 8 + 9]
    assert history.trail["rewards"].tolist() == [7, 8, 9]
    assert history.trail["actions"].tolist() == [0, 1, 0]


def test_no_steps_no_learning():
    tape, history = taped_run(0, {})
    assert tape == [("reset", 7)]
    assert (history.env_steps, len(history.returns), len(history.trail["actions"])) == (0, 0, 0)


# --- measuring --------------------------------------------------------------------------------------------------------


def test_measures_at_the_right_steps():
    agents = []

    def measure(agent):
        agents.append(agent)
        return {"step": env.steps, "pair": np.array([env.steps, -env.steps])}

    env, agent = TapeEnv([], {7: (True, False)}), TapeAgent([])
    history = train(env, agent, 22, seed=7, measure=measure, measure_every=7)
    assert all(given is agent for given in agents)
    assert history.measured_at.tolist() == [7, 14, 21]
    assert history.measured["step"].tolist() == [7, 14, 21]  # after the step was taken and learnt from
    assert history.measured["pair"].shape == (3, 2)


def test_measures_by_the_age_of_the_run_not_of_the_call():
    env, agent = TapeEnv([], {}), TapeAgent([])
    options = {"measure": lambda agent: {"step": env.steps}, "measure_every": 10}
    history = train(env, agent, 15, seed=7, **options)
    history = train(env, agent, 31, seed=7, history=history, **options)
    assert history.measured_at.tolist() == [10, 20, 30]


def test_names_of_measurements_must_not_change():
    with pytest.raises(ValueError, match=r"\['loss'\].*before \['returns'\]"):
        taped_run(4, {}, measure=iter_measure([{"returns": 1.0}, {"loss": 1.0}]), measure_every=2)


def iter_measure(measurements):
    """A `measure` that returns these in turn."""
    rest = iter(measurements)
    return lambda agent: next(rest)


def test_measuring_is_not_counted_in_the_seconds():
    began = time.perf_counter()
    _, history = taped_run(4, {}, measure=lambda agent: time.sleep(0.2) or {"x": 1}, measure_every=2)
    assert 0 < history.seconds <= time.perf_counter() - began - 0.4


# --- cut and joined ---------------------------------------------------------------------------------------------------


def make(env_id: str, kind: str):
    """A fresh environment and an untrained agent, the same ones each time."""
    env = gym.make(env_id)
    if env_id == "CartPole-v1" and kind == "QLearning":
        env = Discretise(env, [np.linspace(-limit, limit, 6)[1:-1] for limit in (2.4, 2.0, 0.2095, 2.0)])
    if kind == "RandomAgent":
        return env, RandomAgent(env.action_space, seed=3)
    return env, QLearning(env.observation_space, env.action_space, TableConfig(), seed=3)


def assert_equal_histories(ours: History, theirs: History) -> None:
    names = ("env_steps", "returns", "lengths", "truncated", "ended_at", "unfinished_returns", "unfinished_lengths")
    for name in names:
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), err_msg=name)
    assert ours.trail.keys() == theirs.trail.keys()
    for name in ours.trail:
        np.testing.assert_array_equal(ours.trail[name], theirs.trail[name], err_msg=f"trail {name}")


def assert_equal_agents(ours, theirs) -> None:
    assert ours.rng.bit_generator.state == theirs.rng.bit_generator.state
    if isinstance(ours, QLearning):
        np.testing.assert_array_equal(ours.q, theirs.q)
        np.testing.assert_array_equal(ours.counts, theirs.counts)


@pytest.mark.parametrize("env_id", ["CartPole-v1", "FrozenLake-v1"])
@pytest.mark.parametrize("kind", ["RandomAgent", "QLearning"])
@pytest.mark.parametrize("fresh", [False, True], ids=["same environment", "fresh environment"])
@pytest.mark.parametrize("cuts", [[400], [1, 2, 3, 999], [0, 400, 400]], ids=str)
def test_a_run_in_pieces_is_the_run_in_one_go(env_id, kind, fresh, cuts):
    env, agent = make(env_id, kind)
    whole = train(env, agent, 1_000, seed=5)
    assert len(whole.returns) > 2

    env, pieces_agent = make(env_id, kind)
    history = None
    for num_steps in [*cuts, 1_000]:
        history = train(make(env_id, kind)[0] if fresh else env, pieces_agent, num_steps, seed=5, history=history)
        assert history.env_steps == num_steps

    assert_equal_histories(whole, history)
    assert_equal_agents(agent, pieces_agent)


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 300), max_size=4).map(sorted), seed=st.integers(0, 2**32))
def test_any_cut_will_do(cuts, seed):
    env, agent = make("FrozenLake-v1", "QLearning")
    whole = train(env, agent, 300, seed)
    env, pieces_agent = make("FrozenLake-v1", "QLearning")
    history = None
    for num_steps in [*cuts, 300]:
        history = train(env, pieces_agent, num_steps, seed, history=history)
    assert_equal_histories(whole, history)
    assert_equal_agents(agent, pieces_agent)


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    runs = [train(*make("CartPole-v1", "QLearning"), 1_000, seed) for seed in (5, 5, 6)]
    assert_equal_histories(runs[0], runs[1])
    assert runs[0].lengths.tolist() != runs[2].lengths.tolist()


def test_going_on_leaves_the_earlier_history_as_it_was():
    env, agent = make("CartPole-v1", "QLearning")
    options = {"measure": lambda agent: {"sum": agent.q.sum()}, "measure_every": 100}
    earlier = train(env, agent, 400, seed=5, **options)
    returns, steps, sums = earlier.returns.copy(), earlier.env_steps, earlier.measured["sum"].copy()
    later = train(env, agent, 1_000, seed=5, history=earlier, **options)
    np.testing.assert_array_equal(earlier.returns, returns)
    np.testing.assert_array_equal(earlier.measured["sum"], sums)
    assert earlier.env_steps == steps
    assert later.seconds > earlier.seconds > 0


def test_a_run_that_is_long_enough_already_comes_back_as_it_is():
    env, agent = make("CartPole-v1", "QLearning")
    history = train(env, agent, 400, seed=5)
    q = agent.q.copy()
    assert_equal_histories(train(env, agent, 100, seed=5, history=history), history)
    np.testing.assert_array_equal(agent.q, q)


def test_a_history_that_train_did_not_make_is_refused():
    env, agent = make("CartPole-v1", "RandomAgent")
    with pytest.raises(ValueError, match="not made by `train`.*leave `history` out"):
        train(env, agent, 10, seed=0, history=History())


# --- the stop button --------------------------------------------------------------------------------------------------


class Interrupted(gym.Wrapper):
    """Ctrl-C is pressed in the middle of these env steps."""

    def __init__(self, env, at):
        super().__init__(env)
        self.at, self.steps = set(at), 0  # no part of what the world is

    def step(self, action):
        self.steps += 1
        if self.steps in self.at:
            signal.raise_signal(signal.SIGINT)
        return self.env.step(action)


@pytest.mark.parametrize("kind", ["RandomAgent", "QLearning"])
def test_stopped_and_gone_on_equals_never_stopped(kind, capsys):
    env, agent = make("CartPole-v1", kind)
    whole = train(env, agent, 1_000, seed=5)

    env, stopped_agent = make("CartPole-v1", kind)
    history = train(Interrupted(env, at=[137]), stopped_agent, 1_000, seed=5)
    assert history.env_steps == 137  # the env step in progress was finished
    assert "Stopped after 137 of 1,000 env steps" in capsys.readouterr().out
    history = train(Interrupted(env, at=[]), stopped_agent, 1_000, seed=5, history=history)
    assert_equal_histories(whole, history)
    assert_equal_agents(agent, stopped_agent)


def test_stopped_from_outside_at_any_moment():
    """os.kill from a thread, as JupyterLab's stop button does it: it strikes wherever the loop happens to be."""
    rng = np.random.default_rng(0)
    env, stopped_agent = make("FrozenLake-v1", "QLearning")
    history, stops, num_steps = None, 0, 20_000
    while history is None or history.env_steps < num_steps:
        timer = threading.Timer(rng.uniform(0.001, 0.2), os.kill, [os.getpid(), signal.SIGINT])
        usual = signal.signal(signal.SIGINT, signal.SIG_IGN)  # before and after `train` it strikes into nothing
        timer.start()
        history = train(env, stopped_agent, num_steps, seed=5, history=history)
        timer.join()
        signal.signal(signal.SIGINT, usual)
        stops += history.env_steps < num_steps
    assert stops >= 1, "the run ended before it could be stopped: make it longer"
    env, agent = make("FrozenLake-v1", "QLearning")
    assert_equal_histories(train(env, agent, num_steps, seed=5), history)
    assert_equal_agents(agent, stopped_agent)


def test_the_second_press_interrupts_as_usual():
    class Stubborn(Interrupted):
        def step(self, action):
            signal.raise_signal(signal.SIGINT)
            return super().step(action)

    env, agent = make("CartPole-v1", "RandomAgent")
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is deaf to Ctrl-C
    try:
        with pytest.raises(KeyboardInterrupt):
            train(Stubborn(env, at=[1]), agent, 1_000, seed=5)
    finally:
        signal.signal(signal.SIGINT, inherited)


@pytest.mark.parametrize("fails", [False, True])
def test_ctrl_c_means_afterwards_what_it_meant_before(fails):
    usual = signal.getsignal(signal.SIGINT)
    env, agent = make("CartPole-v1", "RandomAgent")
    if fails:
        agent.learn = lambda transition: 1 / 0
        with pytest.raises(ZeroDivisionError):
            train(env, agent, 10, seed=5)
    else:
        train(Interrupted(env, at=[5]), agent, 10, seed=5)
    assert signal.getsignal(signal.SIGINT) is usual


def test_trains_outside_the_main_thread_too():
    histories = []
    thread = threading.Thread(target=lambda: histories.append(train(*make("CartPole-v1", "QLearning"), 300, seed=5)))
    thread.start()
    thread.join()
    assert_equal_histories(histories[0], train(*make("CartPole-v1", "QLearning"), 300, seed=5))


# --- what the reader sees ---------------------------------------------------------------------------------------------

SHOWN = """
from tests.test_loop import make
from helpers.loop import train
train(*make("CartPole-v1", "QLearning"), 20_000, seed=5, progress=%s)
"""


def run_python(program: str, **environment) -> subprocess.CompletedProcess:
    kept = {name: value for name, value in os.environ.items() if name != "TQDM_DISABLE"}
    command = [sys.executable, "-c", program]
    finished = subprocess.run(command, capture_output=True, env=kept | environment, check=True)
    finished.stdout = finished.stdout.decode()  # `text=True` would turn the \r of a progress bar into \n
    return finished


@pytest.mark.parametrize(("progress", "environment"), [(True, {"TQDM_DISABLE": "1"}), (False, {})])
def test_nothing_is_written_where_progress_is_turned_off(progress, environment):
    shown = run_python(SHOWN % progress, **environment)
    assert (shown.stdout, shown.stderr) == ("", b"")


def test_progress_is_shown_on_stdout_and_goes_away():
    shown = run_python(SHOWN % True)
    assert shown.stderr == b""
    assert re.search(r"\d+/20000 \[.*<.* env steps/s, \d+ episodes, recent return \d+\.\d\]", shown.stdout)
    line = ""
    for piece in shown.stdout.split("\r"):  # as a terminal does it: each piece is written over the last
        line = piece + line[len(piece) :]
    assert line.strip() == ""


IMPORT = """
import sys, time
began = time.process_time()
import numpy, gymnasium
theirs = time.process_time()
import helpers.loop
print((time.process_time() - theirs) / (theirs - began))
print(sorted({name.partition(".")[0] for name in sys.modules} & {"tensorflow", "keras", "pandas", "matplotlib"}))
"""


def test_the_loop_adds_little_to_the_import_of_numpy_and_gymnasium_and_no_tensorflow():
    """In processor time: about an eighth of theirs; SciPy or Matplotlib alone would be about as much again."""
    times, heavy = zip(*(run_python(IMPORT).stdout.splitlines() for _ in range(3)), strict=True)
    assert min(map(float, times)) < 0.5
    assert set(heavy) == {"[]"}


# --- bad input --------------------------------------------------------------------------------------------------------

NOT_WHOLE = st.one_of(
    st.integers(max_value=-1),
    st.floats(),
    st.text(max_size=5),
    st.booleans(),
    st.none(),
    st.just(np.float64(3)),
    st.just(np.array([3, 4])),
)


@settings(max_examples=60, deadline=None)
@given(value=NOT_WHOLE, name=st.sampled_from(["seed", "num_steps", "measure_every", "checkpoint_every"]))
def test_bad_seeds_and_counts_are_answered_in_words(value, name):
    least = 0 if name in ("seed", "num_steps") else 1
    arguments = {"num_steps": 10, "seed": 0} | {name: value}
    with pytest.raises(ValueError) as error:
        train(*make("CartPole-v1", "RandomAgent"), **arguments)
    assert str(error.value) == f"`{name}` must be a whole number, {least} or more; it was {value!r}."


@pytest.mark.parametrize("name", ["measure_every", "checkpoint_every"])
def test_never_is_not_every_zero_steps(name):
    with pytest.raises(ValueError, match=f"`{name}` must be a whole number, 1 or more; it was 0"):
        train(*make("CartPole-v1", "RandomAgent"), 10, seed=0, **{name: 0})


@pytest.mark.parametrize("seed", [0, 2**40, np.int64(3), np.uint8(3)])
def test_good_seeds_of_any_whole_type(seed):
    assert train(*make("CartPole-v1", "RandomAgent"), np.int32(10), seed).env_steps == 10


def table_agent(seed=0):
    env = gym.make("FrozenLake-v1")
    return env, QLearning(env.observation_space, env.action_space, TableConfig(), seed)


def test_a_file_of_another_seed_is_not_taken_for_this_run(tmp_path):
    path = tmp_path / "run.npz"
    train(*table_agent(), 50, 0, checkpoint=path)
    with pytest.raises(ValueError, match="holds the run of seed 0; this call asks for seed 1"):
        train(*table_agent(), 50, 1, checkpoint=path)
    with pytest.raises(ValueError, match="agent's seed: 0 saved, 1 here"):
        train(*table_agent(1), 50, 0, checkpoint=path)


def test_a_run_that_cannot_be_saved_does_not_begin(tmp_path):
    env, agent = table_agent()
    unsaveable = TapeAgent(tape := [])
    with pytest.raises(TypeError, match="TapeAgent cannot be saved: it has no `saved`"):
        train(env, unsaveable, 50, 0, checkpoint=tmp_path / "run.npz")
    with pytest.raises(FileNotFoundError, match=r"no folder .*missing to save the run in"):
        train(env, agent, 50, 0, checkpoint=tmp_path / "missing" / "run.npz")
    assert agent.num_steps == 0
    assert tape == []


def test_what_was_measured_does_not_change_later():
    env, agent = table_agent()
    history = train(env, agent, 3_000, 0, measure=lambda agent: {"counts": agent.counts}, measure_every=1_000)
    assert history.measured["counts"].sum(axis=(1, 2)).tolist() == [1_000, 2_000, 3_000]


@pytest.mark.parametrize("value", [None, [{}], np.zeros(2)], ids=["nothing", "objects", "another shape"])
def test_a_measurement_that_cannot_be_kept_is_refused_at_once(value):
    env, agent = table_agent()
    values = iter([np.zeros(1), value])
    with pytest.raises(ValueError, match=r"`best` was of type .*, the first of shape \(1,\)"):
        train(env, agent, 100, 0, measure=lambda agent: {"best": next(values)}, measure_every=10)
