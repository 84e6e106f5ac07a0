"""Many seeds in one process compute what each computes alone, and learn."""

import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from evidence.runs import CONFIGS
from evidence.speed import PATH
from helpers.buffer import Transition
from helpers.dqn import DQN, DQNConfig
from helpers.dqn.many import ManyBuffers, ManyDQN
from helpers.envs import make_many
from helpers.evaluation import rollouts
from helpers.files import read_npz
from helpers.loop import train
from helpers.parts import state_of
from helpers.records import load_record

ROOT = Path(__file__).parents[1]
ENV = gym.make("CartPole-v1")
SPACES = ENV.observation_space, ENV.action_space
SMALL = DQNConfig(hidden=(16, 16), learning_starts=256, gradient_steps=16, target_every=16)


def batches(rng, config, num_seeds):
    """(K, N, B) transitions that never were."""
    shape = (config.gradient_steps, num_seeds, config.batch_size)
    obs, next_obs = rng.normal(size=(2, *shape, 4)).astype(np.float32)
    action, terminated = rng.integers(2, size=shape), rng.random(shape) < 0.1
    return obs, action.astype(np.int32), rng.normal(size=shape).astype(np.float32), next_obs, terminated.astype("f4")


def stacked_and_alone(config, seeds):
    return ManyDQN(*SPACES, config, seeds), [DQN(*SPACES, config, seed) for seed in seeds]


def test_first_weights_and_values_are_those_of_each_seed_alone():
    many, alone = stacked_and_alone(SMALL, [3, 1, 4])
    obs = np.random.default_rng(0).normal(size=(3, 5, 4))
    values = many.q_values(obs.reshape(15, 4)).reshape(3, 5, 2)
    for n, agent in enumerate(alone):
        assert np.allclose(values[n], agent.q_values(obs[n]), atol=1e-5)


@pytest.mark.parametrize("seeds", [[0], [3, 1, 4]], ids=len)
def test_gradient_steps_are_those_of_each_seed_alone(seeds):
    many, alone = stacked_and_alone(SMALL, seeds)
    many.compile()
    traced = many._gradient_steps.experimental_get_tracing_count()
    batch = batches(np.random.default_rng(1), SMALL, len(seeds))
    before = [w.numpy() for w in many.network.variables]
    losses = many._gradient_steps(*batch).numpy()
    assert many._gradient_steps.experimental_get_tracing_count() == traced, "`compile` traced another signature"
    for n, agent in enumerate(alone):
        loss = agent._gradient_steps(*(part[:, n] for part in batch)).numpy()
        assert np.allclose(losses[n], loss, rtol=1e-4)
        for own, single in zip(many.network.variables, agent.network.get_weights(), strict=True):
            assert np.allclose(own.numpy()[n].reshape(single.shape), single, atol=1e-4)
    assert all(np.abs(w.numpy() - b).max() > 1e-3 for w, b in zip(many.network.variables, before, strict=True))


def test_nothing_passes_from_one_seed_to_another():
    one, other = ManyDQN(*SPACES, SMALL, [0, 1]), ManyDQN(*SPACES, SMALL, [0, 1])
    batch = batches(np.random.default_rng(2), SMALL, 2)
    changed = [part.copy() for part in batch]
    changed[2][:, 1] += 5  # rewards of the second seed
    one._gradient_steps(*batch), other._gradient_steps(*changed)
    for a, b in zip(one.network.variables, other.network.variables, strict=True):
        assert np.array_equal(a.numpy()[0], b.numpy()[0])
        assert not np.array_equal(a.numpy()[1], b.numpy()[1])


def numbered(numbers) -> Transition:
    """One step of several environments, each of whose fields says the number of the step; next_obs is one more."""
    numbers = np.asarray(numbers, np.float32)
    return Transition(numbers[:, None], numbers.astype(int), numbers, numbers[:, None] + 1, numbers > 0, numbers < 0)


def test_buffers_keep_each_seed_s_own_and_drop_the_oldest():
    """Two seeds with two environments each, in a buffer of three rows: of the four steps the last three rows stay."""
    buffers = ManyBuffers(2, 3, 1, seed=0)
    for step in range(4):
        buffers.add(numbered([step, step + 10, step + 100, step + 110]))
    assert buffers.num_added == 8 and len(buffers) == 3
    assert sorted(buffers.obs[:, 0, 0]) == [3, 12, 13]
    assert sorted(buffers.obs[:, 1, 0]) == [103, 112, 113]
    assert np.array_equal(buffers.next_obs, buffers.obs + 1)
    obs, action, reward, _, terminated = buffers.sample(50, 20)
    assert obs.shape == (50, 2, 20, 1) and terminated.all()
    assert set(obs[:, 0].ravel()) == {3, 12, 13} and set(obs[:, 1].ravel()) == {103, 112, 113}
    assert np.array_equal(action, reward) and np.array_equal(obs[..., 0], reward)


@pytest.mark.parametrize(("envs_per_seed", "limit"), [(1, {}), (4, {}), (1, {"max_episode_steps": 8})])
def test_the_buffer_holds_what_happened_in_each_environment(envs_per_seed, limit):
    """Every transition obeys the physics of CartPole, and none leads from the end of an episode to the next start.

    With the limit most episodes are truncated, which is an end of the episode and no end of the task.
    """
    many = ManyDQN(*SPACES, replace(SMALL, learning_starts=10_000), [0, 1], envs_per_seed)
    history = train(make_many("CartPole-v1", 2 * envs_per_seed, **limit), many, 1_200, 0, progress=False)
    assert many.num_steps == len(many.buffer) == 600 and many.num_gradient_steps == 0
    assert history.truncated.any() == bool(limit)
    world = ENV.unwrapped
    world.reset(seed=0)
    for n in range(2):
        for row in [0, 599, *np.random.default_rng(n).integers(600, size=100)]:
            world.state, world.steps_beyond_terminated = many.buffer.obs[row, n].astype(float), None
            next_obs, _, terminated, _, _ = world.step(int(many.buffer.action[row, n]))
            assert np.allclose(next_obs, many.buffer.next_obs[row, n], atol=1e-5)
            assert terminated == bool(many.buffer.terminated[row, n])
    assert not limit or many.buffer.terminated.sum() < 20  # a fall within eight steps is rare


def test_a_buffer_that_is_not_full_gives_only_what_is_in_it():
    buffers = ManyBuffers(2, 100, 1, seed=0)
    for _ in range(2):
        buffers.add(numbered([1, 1]))
    obs, action, reward, next_obs, terminated = buffers.sample(20, 10)
    assert all((part == 1).all() for part in (obs, action, reward, next_obs - 1, terminated))


def test_as_many_actions_come_by_chance_as_epsilon_says():
    config = replace(SMALL, epsilon_start=1.0, epsilon_end=0.2, epsilon_steps=1_000)
    many, obs = ManyDQN(*SPACES, config, [0, 1]), np.random.default_rng(0).normal(size=(4_000, 4))
    greedy = many.q_values(obs).argmax(axis=1)
    for num_steps, expected in [(0, 0.5), (1_000, 0.1)]:  # one half of the random actions are the greedy one
        many.num_steps = num_steps
        assert np.mean(many.act_many(obs) != greedy) == pytest.approx(expected, abs=0.03)
        assert np.array_equal(many.act_many(obs, explore=False), greedy)


def test_gradient_steps_come_when_the_configuration_says_on_rows_of_each_seed():
    many, seen = ManyDQN(*SPACES, replace(SMALL, obs_scale=(2.0,) * 4), [0, 1]), []
    learn = many._gradient_steps
    many._gradient_steps = lambda *batch: seen.append((many.num_steps, *batch)) or learn(*batch)
    first = many.q_values(np.ones((2, 4)))
    train(make_many("CartPole-v1", 2), many, 1_200, 0, progress=False)
    assert [num_steps for num_steps, *_ in seen] == [256, 512]
    assert many.num_gradient_steps == 2 * SMALL.gradient_steps
    for _, obs, _, _, next_obs, _ in seen:
        for part, kept in [(obs, many.buffer.obs), (next_obs, many.buffer.next_obs)]:
            for n in range(2):
                assert {row.tobytes() for row in part[:, n].reshape(-1, 4)} <= {row.tobytes() for row in kept[:, n]}
    assert not np.allclose(many.q_values(np.ones((2, 4))), first), "it must act with what it learnt"


def test_observations_are_scaled_and_the_learning_rate_falls_as_in_the_agent_alone():
    config = replace(SMALL, obs_scale=(2.0, 1.0, 0.5, 4.0), learning_rate_steps=SMALL.gradient_steps)
    many, alone = ManyDQN(*SPACES, config, [3]), DQN(*SPACES, config, 3)
    obs = np.random.default_rng(0).normal(size=(5, 4))
    assert np.allclose(many.q_values(obs), [alone.q_values(one) for one in obs], atol=1e-5)
    batch = batches(np.random.default_rng(1), config, 1)
    many._gradient_steps(*batch)
    assert float(many.optimizer.learning_rate) == pytest.approx(0, abs=1e-9)


def test_four_seeds_side_by_side_learn():
    seeds = range(4)
    many = ManyDQN(*SPACES, CONFIGS["plain"], seeds)
    train(make_many("CartPole-v1", 4), many, 4 * 40_000, 0, progress=False)
    returns = rollouts(many, gym.make_vec("CartPole-v1", num_envs=4 * 20), 1).returns.reshape(4, 20)
    assert (returns.mean(axis=1) > 100).sum() >= 3, returns.mean(axis=1)


def test_the_same_company_gives_the_same_runs():
    runs = []
    for _ in range(2):
        many = ManyDQN(*SPACES, SMALL, [0, 1])
        train(make_many("CartPole-v1", 2), many, 2_000, 0, progress=False)
        runs.append([w.numpy().tobytes() for w in many.network.variables])
    assert runs[0] == runs[1]


def test_env_steps_are_those_of_all_environments_together():
    many = ManyDQN(*SPACES, SMALL, [0, 1], 2)
    measure = lambda agent: {"steps": agent.num_steps}  # noqa: E731
    history = train(make_many("CartPole-v1", 4), many, 1_600, 0, measure=measure, measure_every=400, progress=False)
    assert history.env_steps == history.lengths.sum() + history.unfinished_lengths.sum() == 1_600
    assert history.measured_at.tolist() == [400, 800, 1_200, 1_600]
    assert history.measured["steps"].tolist() == [200, 400, 600, 800]


@pytest.mark.parametrize(("seeds", "envs_per_seed"), [([], 1), ([0], 3), ([0], 0)])
def test_what_cannot_be_is_refused_in_words(seeds, envs_per_seed):
    with pytest.raises(ValueError, match="one seed or more"):
        ManyDQN(*SPACES, SMALL, seeds, envs_per_seed)


def test_environments_that_do_not_fit_are_refused_in_words():
    with pytest.raises(ValueError, match="Each of 2 seeds needs as many observations; given were 3 in all"):
        train(make_many("CartPole-v1", 3), ManyDQN(*SPACES, SMALL, [0, 1], 2), 10, 0)
    too_many = (
        r"from 4 transitions at a time \(2 seeds with 2 environments each\); given were 6.*make_many\(env_id, 4\)"
    )
    with pytest.raises(ValueError, match=too_many):
        train(make_many("CartPole-v1", 6), ManyDQN(*SPACES, SMALL, [0, 1], 2), 10, 0)


def test_environments_that_begin_by_themselves_are_refused_where_a_row_is_missing():
    with pytest.raises(ValueError, match=r"from 2 transitions at a time.*given were 1\..*make_many"):
        train(gym.make_vec("CartPole-v1", num_envs=2), ManyDQN(*SPACES, SMALL, [0, 1]), 1_000, 0, progress=False)


def test_one_environment_is_refused_in_words():
    with pytest.raises(TypeError, match=r"ManyDQN learns from many environments at once, and `env` is one"):
        train(gym.make("CartPole-v1"), ManyDQN(*SPACES, SMALL, [0]), 10, 0)


RUN = """
import sys
import gymnasium as gym
from helpers.dqn import DQNConfig
from helpers.dqn.many import ManyDQN
from helpers.envs import make_many
from helpers.loop import train
env = gym.make("CartPole-v1")
config = DQNConfig(hidden=(16, 16), learning_starts=256, gradient_steps=16, target_every=16)
many = ManyDQN(env.observation_space, env.action_space, config, [3, 1], 2)
train(make_many("CartPole-v1", 4), many, 10**9, 0, checkpoint=sys.argv[1], checkpoint_every=1_000, progress=False)
"""


def test_a_killed_run_goes_on_to_the_bit(tmp_path):
    """A process is killed in the middle of training; what it had saved goes on as if nothing had happened."""
    path = tmp_path / "run.npz"
    process = subprocess.Popen([sys.executable, "-c", RUN, str(path)], cwd=ROOT)
    while not (path.exists() and saved_steps(path) >= 3_000):
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()
    killed_at = saved_steps(path)
    num_steps = killed_at + 1_300
    agents, histories = [], []
    for checkpoint in (path, None):
        many = ManyDQN(*SPACES, SMALL, [3, 1], 2)
        options = {"checkpoint": checkpoint, "progress": False}
        histories.append(train(make_many("CartPole-v1", 4), many, num_steps, 0, **options))
        agents.append(many)
    assert 3_000 <= killed_at < num_steps and agents[0].num_gradient_steps > 0
    for name in ("returns", "lengths", "ended_at", "unfinished_returns"):
        assert getattr(histories[0], name).tolist() == getattr(histories[1], name).tolist()
    ours, theirs = map(state_of, agents)
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def saved_steps(path) -> int:
    return int(read_npz(path)["history/env_steps"])


def test_a_loss_that_is_not_finite_is_named_with_its_seed():
    many = ManyDQN(*SPACES, SMALL, [5, 8])
    obs, flags = np.zeros((2, 4), np.float32), np.zeros(2, bool)
    with pytest.raises(FloatingPointError, match="seed 8"):
        for _ in range(256):
            many.learn_many(Transition(obs, np.zeros(2, int), np.array([1, np.inf]), obs, flags, flags))


def test_the_record_is_of_the_configuration_of_today():
    _, provenance = load_record(PATH)
    config = {
        name: list(value) if isinstance(value, tuple) else value for name, value in asdict(CONFIGS["plain"]).items()
    }
    assert config.items() <= provenance["config"].items(), "record again: python -m evidence.speed"
