"""The broken program, its mends, and the record of what each was worth."""

from dataclasses import asdict
from itertools import pairwise

import gymnasium as gym
import numpy as np
import pytest

from evidence import repair as script
from evidence import repair_ends
from helpers.buffer import Transition
from helpers.clinic import broken, mistakes, repair
from helpers.clinic.repair import LADDER, LONG, ONLINE, SHORT, difference
from helpers.dqn import DQN, DQNConfig
from helpers.records import load_record, recorded_like_here
from tools.course import ROOT

DATA = ROOT / "notebooks" / "data"
RECORDED = (DATA / "repair.npz").exists()
RECORD, PROVENANCE = load_record(DATA / "repair.npz") if RECORDED else ({}, {})
ENDS, ENDS_PROVENANCE = load_record(DATA / "repair_ends.npz")
ENV = gym.make("CartPole-v1")
CHANCE = 22
MENDS = [rung.mend for rung in LADDER]


# --- until it runs --------------------------------------------------------------------------------------------------


def outcome(program_class, *arguments) -> str:
    try:
        program_class(*arguments).train(num_episodes=1)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "it runs"


@pytest.mark.parametrize(
    ("program_class", "said"),
    [
        (broken.Program, "No module named 'gym'"),
        (broken.NewLibrary, "'tuple' object has no attribute 'reshape'"),
        (broken.UnpacksReset, "too many values to unpack"),
        (broken.UnpacksStep, "name 'gamma' is not defined"),
        (broken.DefinesGamma, "no attribute 'mean_squared_error'"),
        (broken.DefinesLoss, "it runs"),
    ],
)
def test_each_mend_uncovers_the_next_fault(program_class, said):
    assert said in outcome(program_class)


METHODS = [
    (broken.NewLibrary, "make_env"),
    (broken.UnpacksReset, "begin"),
    (broken.UnpacksStep, "step"),
    (broken.DefinesGamma, "target"),
    (broken.DefinesLoss, "loss"),
    (broken.Examined, "test"),
    (broken.Called, "values"),
]


@pytest.mark.parametrize(("program_class", "method"), METHODS)
def test_each_mend_is_one_method_and_a_few_lines(program_class, method):
    own = [name for name, value in vars(program_class).items() if callable(value)]
    assert own == [method]
    assert 0 < num_changed(getattr(broken.Program, method), getattr(program_class, method)) <= 8


def num_changed(before, after) -> int:
    return sum(line[0] in "+-" for line in difference(before, after).splitlines())


def test_a_difference_shows_what_changed_and_nothing_else():
    assert difference(ONLINE, repair.EXPLORES).splitlines() == [
        " target_every = 1",
        "-epsilon_start = 0.0",
        "-epsilon_end = 0.0",
        "+epsilon_start = 1.0",
        "+epsilon_end = 0.05",
        " epsilon_steps = 10000",
    ]
    assert difference(ONLINE, ONLINE) == ""
    assert "noqa" not in difference(broken.Program.target, broken.DefinesGamma.target)


def test_a_difference_marks_the_lines_that_it_leaves_out():
    lines = difference(broken.Program.test, broken.Examined.test).splitlines()
    assert lines.count(" ...") == 1
    assert lines[0] == " def test(self, num_episodes=100):"
    assert not any("while" in line for line in lines)


def test_a_difference_to_nothing_is_all_of_it():
    gone = difference(mistakes.CopiesEveryStep, None).splitlines()
    assert gone[0] == "-class CopiesEveryStep(DQN):" and all(line[0] == "-" for line in gone)
    come = difference(None, broken.Seeded.__init__).splitlines()
    assert len(come) == 3 and all(line[0] == "+" for line in come)


def test_a_seed_gives_the_same_weights_and_starts_and_every_episode_another():
    one, same, other = (broken.Seeded(seed) for seed in (3, 3, 4))
    assert np.array_equal(one.network.get_weights()[0], same.network.get_weights()[0])
    assert not np.array_equal(one.network.get_weights()[0], other.network.get_weights()[0])
    starts = [(program.begin(), program.begin()) for program in (one, same, other)]
    assert np.array_equal(starts[0], starts[1])
    assert not np.array_equal(starts[0], starts[2])
    assert not np.array_equal(*starts[0])


def test_an_examination_gives_the_return_of_every_episode():
    program = broken.Called(0)
    program.act = lambda obs: int(obs[2] + obs[3] > 0)
    returns = program.test(num_episodes=5)
    assert returns.shape == (5,)
    assert returns.min() > CHANCE
    assert broken.Seeded.test(program, num_episodes=1) is None


# --- the same faults in a compiled DQN ------------------------------------------------------------------------------


def learnt_by_both(agent_class, num_steps=40):
    """Weights of the program and of its twin after the same transitions from the same weights."""
    program, twin = broken.Called(1), repair_agent(agent_class)
    for network in (twin.network, twin.target_network):
        network.set_weights(program.network.get_weights())
    twin._copy_to_numpy()
    obs = program.begin()
    for _ in range(num_steps):
        action = program.act(obs)
        next_obs, reward, over = program.step(action)
        program.learn(obs, action, reward, next_obs, over)
        twin.learn(Transition(obs, action, reward, next_obs, over, False))
        obs = program.begin() if over else next_obs
    networks = (program.network, twin.network), (program.target_network, twin.target_network)
    return [pair for a, b in networks for pair in zip(a.get_weights(), b.get_weights(), strict=True)]


def repair_agent(agent_class, config=ONLINE):
    return agent_class(ENV.observation_space, ENV.action_space, config, 0)


def test_the_twin_learns_what_the_program_learns():
    for weights, same in learnt_by_both(repair.Listed):
        np.testing.assert_allclose(weights, same, atol=1e-4)


@pytest.mark.parametrize("agent_class", [repair.Masked, DQN], ids=["a mask", "another target network"])
def test_without_one_of_its_faults_the_twin_does_not(agent_class):
    assert any(np.abs(weights - same).max() > 0.01 for weights, same in learnt_by_both(agent_class))


@pytest.mark.parametrize(("before", "after"), list(pairwise(LADDER)), ids=MENDS[1:])
def test_each_rung_is_the_one_before_with_one_thing_mended(before, after):
    same_class, same_config = before.agent_class is after.agent_class, before.config == after.config
    assert same_class != same_config
    if same_class:
        assert num_changed(before.config, after.config) <= 10


def test_the_last_rung_is_the_agent_of_notebook_08():
    assert (LADDER[-1].agent_class, LADDER[-1].config, LADDER[-1].num_steps) == (DQN, DQNConfig(), LONG)


# --- the record -----------------------------------------------------------------------------------------------------


def test_the_record_is_of_the_ladder_that_is_there():
    assert PROVENANCE["seeds"] == list(script.SEEDS) == list(range(10))
    assert list(PROVENANCE["config"]["rungs"]) == MENDS
    for rung in LADDER:
        recorded = PROVENANCE["config"]["rungs"][rung.mend]
        config = {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(rung.config).items()
        }
        assert recorded == {"agent": rung.agent_class.__name__, "num_steps": rung.num_steps} | config


def test_one_seed_of_the_ends_is_what_was_recorded():
    rung, seed = repair_ends.RUNGS[1], int(np.random.default_rng().integers(10))
    record = repair_ends.record_rung(rung._replace(num_steps=SHORT), seed)
    assert record["fell"].shape == (1,)
    for name in ("mean_return", "fell", "left", "stood", "q_at_exits"):
        if recorded_like_here(ENDS_PROVENANCE):
            assert record[name][0] == ENDS[f"{rung.mend}/{name}"][seed, 0], f"seed {seed}, {name}"
        else:
            assert np.isfinite(record[name]).all()


def test_a_fall_is_a_fall():
    obs, action = script.falls()
    env = gym.make("CartPole-v1")
    for start, push in zip(obs, action, strict=True):
        env.reset(seed=0)
        env.unwrapped.state = start
        assert env.step(int(push))[2]


def test_one_seed_of_a_fast_rung_is_what_was_recorded():
    rung = LADDER[MENDS.index("target network")]
    seed = int(np.random.default_rng().integers(10))
    record = script.record_rung(rung._replace(num_steps=SHORT), seed)
    assert record["returns"].shape == (1, 100)
    if recorded_like_here(PROVENANCE):
        for name in ("returns", "max_q_at_start", "q_at_falls"):
            assert np.array_equal(record[name][0], RECORD[f"target network/{name}"][seed, 0]), f"seed {seed}"
    else:
        assert 8 <= record["returns"].mean() <= 500
        assert 1 < record["max_q_at_start"][0] < 200
