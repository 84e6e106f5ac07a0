"""The bugs that others made are silent, are what their first line says, and are scored as recorded."""

from itertools import product

import gymnasium as gym
import numpy as np
import pytest

from evidence import held_out_bugs
from helpers.buffer import Transition
from helpers.clinic import mistakes
from helpers.clinic.held_out import FIRST_SET, HELD_OUT, acting, in_words, memory, observations, targets
from helpers.clinic.probes import NAMES, run_probes
from helpers.clinic.zoo import PROBE_CONFIG, maker
from helpers.dqn import DQN, DQNConfig
from helpers.envs.probe_worlds import BY_NAME
from helpers.loop import train
from helpers.records import load_record

RNG = np.random.default_rng()
QUICK = DQNConfig(hidden=(8,), learning_starts=50, learn_every=50, gradient_steps=4, target_every=4, buffer_size=150)
each = pytest.mark.parametrize("bug", HELD_OUT, ids=lambda bug: bug.__name__)


def agent_of(bug, config=PROBE_CONFIG):
    return bug(gym.spaces.Box(-1, 1, (2,)), gym.spaces.Discrete(2), config, 0)


def row(number: int, **changes) -> Transition:
    return Transition(np.array([number, -0.5]), 1, 1.0, np.array([number + 1, -0.5]), False, False)._replace(**changes)


def test_each_bug_has_a_name_and_a_sentence_of_its_own():
    assert len(FIRST_SET) == 24 and len(HELD_OUT) >= 32
    assert len({bug.__name__ for bug in HELD_OUT}) == len({in_words(bug) for bug in HELD_OUT}) == len(HELD_OUT)
    assert all(len(in_words(bug)) > 20 and in_words(bug).endswith(".") for bug in HELD_OUT)
    assert not {bug.__name__ for bug in HELD_OUT} & set(vars(mistakes))


@each
def test_no_bug_says_a_word_on_cartpole_nor_where_there_is_one_action(bug):
    env = gym.make("CartPole-v1", max_episode_steps=20)
    agent = bug(env.observation_space, env.action_space, QUICK, 0)
    assert train(env, agent, 200, seed=0, progress=False).env_steps == 200
    assert agent.num_gradient_steps in (4, 16)  # one of them counts calls
    world = BY_NAME["scaled"].make()
    agent = maker(bug)(world.observation_space, world.action_space, 0)
    train(world, agent, 150, seed=0, progress=False)
    assert np.all(np.isfinite(agent.q_values(world.observations)))


def stored(bug, *rows, config=PROBE_CONFIG):
    agent = agent_of(bug, config)
    for one in rows:
        agent._remember(one)
    return agent.buffer


def test_what_is_stored_is_what_the_first_line_says():
    rows = [row(1, reward=3.0, terminated=True), row(2, reward=5.0), row(-3)]
    np.testing.assert_array_equal(stored(memory.RewardOfNextRow, *rows).reward[:2], [5, 1])
    np.testing.assert_array_equal(stored(memory.TerminatedLate, *rows).terminated[:3], [0, 1, 0])
    assert stored(observations.AbsoluteObs, *rows).obs[2].tolist() == [3, 0.5]
    assert stored(observations.LastNumberZeroed, *rows).next_obs[2].tolist() == [-2, 0]
    small = DQNConfig(obs_scale=None, hidden=(4,), buffer_size=2, learning_starts=1)
    assert stored(memory.FullMemoryFrozen, *rows, config=small).obs[:, 0].tolist() == [1, 2]
    assert stored(DQN, *rows, config=small).obs[:, 0].tolist() == [-3, 2]


@pytest.mark.parametrize(("capacity", "added"), [(100, 40), (30, 40)])
def test_only_the_older_half_is_drawn(capacity, added):
    sizes = {"buffer_size": capacity, "batch_size": 64, "gradient_steps": 2, "target_every": 2}
    config = DQNConfig(obs_scale=None, hidden=(4,), learning_starts=1, **sizes)
    agent, drawn = agent_of(memory.NewerHalfNeverDrawn, config), []
    for number in range(added):
        agent._remember(row(number))
    agent._gradient_steps = lambda obs, *others: drawn.append(obs) or 0.0
    agent._learn_from_buffer()
    kept = min(capacity, added)
    assert {*drawn[0][..., 0].ravel().astype(int)} == {*range(added - kept, added - kept + kept // 2)}


def test_the_target_network_is_one_copy_behind():
    agent = agent_of(targets.TargetOneCallLate)
    worth = []
    for value in (1.0, 2.0, 3.0):
        agent.network.set_weights([np.full_like(w, value) for w in agent.network.get_weights()])
        agent._copy_to_target()
        worth.append(float(agent.target_network.get_weights()[0].ravel()[0]))
    assert worth[1:] == [1, 2]


def test_the_moments_are_forgotten_and_the_weights_are_not():
    agent = agent_of(targets.MomentsReset)
    for number in range(64):
        agent._remember(row(number))
    DQN._learn_from_buffer(agent)
    before, seen = agent.network.get_weights(), []
    steps = agent._gradient_steps
    agent._gradient_steps = lambda *batches: (
        seen.append(
            [float(np.abs(v).max()) for v in agent.optimizer.variables if "momentum" in v.path or "velocity" in v.path]
        )
        or steps(*batches)
    )
    assert all(map(np.array_equal, agent.network.get_weights(), before))
    agent._learn_from_buffer()
    assert len(seen[0]) == 8 and not any(seen[0])


def test_questions_shift_epsilon_or_fill_the_memory():
    for bug in (acting.AskingShiftsEpsilon, acting.AskingFillsMemory):
        agent, right = agent_of(bug), agent_of(DQN)
        for one in (agent, right):
            one.learn(row(1))
            for _ in range(3):
                one.act(np.zeros(2), explore=False)
            one.act_many(np.zeros((5, 2)), explore=False)
        shifted = agent.epsilon < right.epsilon
        assert shifted == (bug is acting.AskingShiftsEpsilon)
        assert len(agent.buffer) == (1 if shifted else 4) and len(right.buffer) == 1


# --- the record -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded():
    return load_record(held_out_bugs.PATH)


def test_the_record_is_of_these_bugs_and_checks(recorded):
    arrays, provenance = recorded
    config = provenance["config"]
    assert config["order"] == list(held_out_bugs.ORDER) and set(config["order"]) == set(NAMES)
    assert config["first_set"] | config["second_set"] == {bug.__name__: in_words(bug) for bug in held_out_bugs.SCORED}
    for name in held_out_bugs.CASES:
        assert arrays[f"probes/{name}/first_failed"].shape == (len(held_out_bugs.HELD_OUT_SEEDS),)
        seeds = held_out_bugs.WORKING_SEEDS if name == "working" else held_out_bugs.CARTPOLE_SEEDS
        assert len(arrays[f"cartpole/{name}/greedy_returns"]) == len(seeds)
    assert config["num_steps"] == held_out_bugs.NUM_STEPS
    assert config["cartpole_seeds"] == [*held_out_bugs.CARTPOLE_SEEDS]


def test_the_working_agent_raises_no_false_alarm(recorded):
    arrays, _ = recorded
    assert np.all(arrays["probes/working/first_failed"] == -1)


def test_of_the_harmful_bugs_four_in_five_are_caught(recorded):
    arrays, _ = recorded
    late = {name: arrays[f"cartpole/{name}/greedy_returns"][:, -3:].mean(axis=1) for name in held_out_bugs.CASES}
    limit = np.percentile([np.mean(three) for three in product(late["working"], repeat=3)], 5)
    harmful = [name for name, returns in late.items() if returns.mean() < limit]
    caught = [name for name in harmful if (arrays[f"probes/{name}/first_failed"] >= 0).sum() >= 4]
    assert len(caught) >= 0.8 * len(harmful) > 0 and "working" not in harmful


def test_a_recorded_verdict_is_found_again(recorded):
    """One bug by chance, of those whose first failing check is a world and the same on every seed."""
    arrays, _ = recorded
    first = {bug.__name__: arrays[f"probes/{bug.__name__}/first_failed"] for bug in held_out_bugs.SCORED}
    sure = [name for name, places in first.items() if len({*places}) == 1 and places[0] >= 0]
    name = sure[RNG.integers(len(sure))]
    check = held_out_bugs.ORDER[first[name][0]]
    only = ("choice", check) if check == "acting" else ("action", check) if check == "greedy" else (check,)
    failed = run_probes(maker(held_out_bugs.CASES[name]), seed=int(RNG.integers(5)), only=only).failed
    assert check in failed, (name, check)


def test_the_suite_stops_at_the_first_failure_where_it_is_told_to():
    report = run_probes(maker(mistakes.RewardClipped), only=("constant", "observation", "two steps"), to_the_first=True)
    assert [finding.name for finding in report.findings] == ["constant", "observation"]
    assert report.failed == ("observation",)
