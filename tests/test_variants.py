"""The variants of DQN: each against paper, all of them together, saved and restored, and that they learn."""

from dataclasses import dataclass, replace

import gymnasium as gym
import numpy as np
import pytest
import tensorflow as tf
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import checkpoint
from helpers.buffer import Transition
from helpers.dqn import DQN, DQNConfig
from helpers.dqn.prioritised import Prioritised, PrioritisedConfig
from helpers.dqn.recipes import RELIABLE
from helpers.dqn.variants import (
    Double,
    Dueling,
    Huber,
    LayerNorm,
    NStep,
    NStepConfig,
    SoftTarget,
    SoftTargetConfig,
    duel,
)
from helpers.loop import train
from helpers.network import layers_in_numpy, values_in_numpy
from helpers.parts import restorer, state_of
from tests.test_dqn import as_batch, bits, largest_error, make_agent, random_transition, with_plain_gradient_descent

PARTS = [Double, NStep, SoftTarget, LayerNorm, Dueling, Huber]


@dataclass(frozen=True)
class EverythingConfig(NStepConfig, SoftTargetConfig, PrioritisedConfig):
    """The numbers of all of them."""


class Everything(Double, NStep, SoftTarget, LayerNorm, Dueling, Prioritised):
    """All of them."""

    config_class = EverythingConfig


class EverythingBackwards(Prioritised, Dueling, LayerNorm, SoftTarget, NStep, Double):
    """All of them, in the other order."""

    config_class = EverythingConfig


def with_random_weights(agent: DQN, seed: int = 0) -> DQN:
    rng = np.random.default_rng(seed)
    for network in (agent.network, agent.target_network):
        network.set_weights([rng.normal(size=w.shape) for w in network.get_weights()])
    agent._copy_to_numpy()
    return agent


def linear(cls, own, target=None, **changes) -> DQN:
    """An agent without hidden layers and biases, whose two networks have these kernels; gamma is 0.5."""
    agent = make_agent(cls=cls, **changes)
    for network, kernel in ((agent.network, own), (agent.target_network, own if target is None else target)):
        network.set_weights([np.array(kernel, float), np.zeros(np.shape(kernel)[1])])
    return agent


# --------------------------------------------------------------------------------------------------------- Double


def test_double_by_hand():
    """In (1, 1) the network says (1, 2) and so chooses action 1; the target network says (3, 1), so it is worth 1."""
    kernels = [[1, 0], [0, 2]], [[3, 0], [0, 1]]
    next_obs = tf.ones((1, 2))
    assert linear(Double, *kernels)._next_value(next_obs).numpy().tolist() == [1]
    assert linear(DQN, *kernels)._next_value(next_obs).numpy().tolist() == [3]
    assert linear(Double, kernels[1])._next_value(next_obs).numpy().tolist() == [3]  # where the two agree, the maximum


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_double_is_never_above_the_maximum(seed):
    agent = with_random_weights(_DOUBLE, seed)
    next_obs = np.random.default_rng(seed).normal(size=(20, 2)).astype(np.float32)
    by_double, largest = agent._next_value(next_obs).numpy(), DQN._next_value(agent, next_obs).numpy()
    chosen = agent.network(next_obs).numpy().argmax(axis=1)
    np.testing.assert_array_equal(by_double, agent.target_network(next_obs).numpy()[np.arange(20), chosen])
    assert (by_double <= largest).all()


_DOUBLE = make_agent(cls=Double, hidden=(4,))


# ---------------------------------------------------------------------------------------------------------- NStep


def three_steps(**changes) -> NStep:
    """Three real rewards."""
    return make_agent(cls=NStep, n=3, **changes)


def remembered(agent, rewards, **last):
    """What the buffer holds, (obs, reward, next_obs, terminated), after an episode that is in (t, 0) at step t."""
    for t, reward in enumerate(rewards):
        flags = {"terminated": False, "truncated": False} | (last if t == len(rewards) - 1 else {})
        agent._remember(Transition(np.array([t, 0.0]), t % 2, reward, np.array([t + 1.0, 0]), **flags))
    buffer, rows = agent.buffer, slice(len(agent.buffer))
    columns = buffer.obs[rows, 0], buffer.reward[rows], buffer.next_obs[rows, 0], buffer.terminated[rows]
    assert (buffer.action[rows] == buffer.obs[rows, 0] % 2).all()  # the action of the oldest step
    return [tuple(map(float, row)) for row in zip(*columns, strict=True)]


def test_three_rewards_by_hand():
    """gamma = 0.5: 1 + 0.5 * 2 + 0.25 * 4 = 3, and 2 + 0.5 * 4 + 0.25 * 8 = 6; the last two steps wait."""
    agent = three_steps()
    assert remembered(agent, [1, 2, 4, 8]) == [(0, 3, 3, 0), (1, 6, 4, 0)]
    assert [step.reward for step in agent.window] == [4, 8]
    assert agent.discount == 0.5**3


def test_at_the_end_of_an_episode_the_windows_become_shorter():
    """4 + 0.5 * 8 = 8 and 8: what comes after is known to be nothing, so fewer rewards are the whole truth."""
    agent = three_steps()
    expected = [(0, 3, 3, 0), (1, 6, 4, 1), (2, 8, 4, 1), (3, 8, 4, 1)]
    assert remembered(agent, [1, 2, 4, 8], terminated=True) == expected
    assert not agent.window


def test_what_a_time_limit_cuts_is_dropped():
    agent = three_steps()
    assert remembered(agent, [1, 2, 4, 8], truncated=True) == [(0, 3, 3, 0), (1, 6, 4, 0)]
    assert not agent.window
    assert remembered(agent, [1, 2], truncated=True) == [(0, 3, 3, 0), (1, 6, 4, 0)]  # shorter than the window


def test_the_n_step_target_by_hand():
    """As in tests/test_dqn.py, but with 0.5^3: q = 4, target = 1 + 0.125 * max(3, 1) = 1.375; and -1 - 2 = -3."""
    agent = linear(NStep, [[1, 0], [0, 2]], [[3, 0], [0, 1]], n=3)
    batch = as_batch([[1, 2], [2, 1]], [1, 0], [1, -1], [[1, 1], [1, 1]], [0, 1])
    assert float(agent._gradient_step(*batch)[0]) == pytest.approx((2.625**2 + 3**2) / 2)


@given(
    n=st.integers(1, 6),
    episodes=st.lists(st.tuples(st.integers(1, 12), st.sampled_from(["terminated", "truncated"])), max_size=4),
)
def test_every_window_is_what_the_definition_says(n, episodes):
    agent, rng = _N_STEP, np.random.default_rng(0)
    agent.config, agent.buffer.num_added = replace(agent.config, n=n), 0
    expected = []
    for length, ending in episodes:
        rewards = rng.integers(-3, 4, size=length).astype(float)
        remembered(agent, rewards, **{ending: True})
        for t in range(length if ending == "terminated" else max(length - n + 1, 0)):
            known = rewards[t : t + n]
            total = sum(0.5**i * reward for i, reward in enumerate(known))
            ends = float(ending == "terminated" and t + n >= length)
            expected.append((t, total, min(t + n, length), ends))
    assert remembered(agent, []) == expected


_N_STEP = make_agent(cls=NStep, buffer_size=100)


def test_one_step_is_the_plain_agent_bit_for_bit():
    (_, plain), (_, same) = trained(DQN), trained(NStep, n=1)
    assert bits(plain.network.get_weights()) == bits(same.network.get_weights())


# ----------------------------------------------------------------------------------------------------- SoftTarget


def test_a_soft_target_takes_its_part_of_the_way():
    """The own kernel goes from 1 to 1 - 0.1 * 2 * error..., the target 0.005 of the distance to where it then is."""
    agent = with_plain_gradient_descent(linear(SoftTarget, [[1, 0], [0, 2]], [[3, 0], [0, 1]]), 0.1)
    agent._gradient_step(*as_batch([[1, 2], [2, 1]], [1, 0], [1, -1], [[1, 1], [1, 1]], [0, 1]))
    own = np.array([[0.4, -0.15], [-0.3, 1.7]])  # as in tests/test_dqn.py
    kernel, _ = agent.target_network.get_weights()
    np.testing.assert_allclose(kernel, [[3 - 0.005 * 2.6, -0.005 * 0.15], [-0.005 * 0.3, 1 + 0.005 * 0.7]], rtol=1e-5)
    np.testing.assert_allclose(agent.network.get_weights()[0], own, rtol=1e-5)


def test_a_soft_target_is_never_copied_but_at_the_start():
    agent, rng = make_agent(cls=SoftTarget), np.random.default_rng(0)
    assert bits(agent.network.get_weights()) == bits(agent.target_network.get_weights())
    for _ in range(5):
        agent.learn(random_transition(rng))
        assert bits(agent.network.get_weights()) != bits(agent.target_network.get_weights())


# ------------------------------------------------------------------------------------------- LayerNorm and Dueling


def test_layer_norm_by_hand():
    """(3, 1) times [[1, 0], [0, 1]] is (3, 1): mean 2, variance 1, so (1, -1); times (5, 7) plus (1, 9): (6, 2)."""
    agent = make_agent(cls=LayerNorm, hidden=(2,))
    eye, zero = np.eye(2), np.zeros(2)
    agent.network.set_weights([eye, zero, np.array([5.0, 7.0]), np.array([1.0, 9.0]), eye, zero])
    agent._copy_to_numpy()
    np.testing.assert_allclose(agent.q_values([3, 1]), [6, 2], rtol=1e-5)
    np.testing.assert_allclose(agent.q_values([300, 100]), [6, 2], rtol=1e-5)  # a factor makes no difference
    agent.network.set_weights([eye, zero, np.array([5.0, -7.0]), np.array([-6.0, -9.0]), eye, zero])
    agent._copy_to_numpy()
    np.testing.assert_allclose(agent.q_values([3, 1]), [0, 0], atol=1e-5)  # -1 and -2 before the ReLU


def test_dueling_by_hand():
    """V = 2, advantages 1 and 3 with mean 2: Q = (2 + 1 - 2, 2 + 3 - 2)."""
    assert duel(np.array([2.0, 1, 3])).numpy().tolist() == [1, 3]
    agent = make_agent(cls=Dueling)
    agent.network.set_weights([np.array([[2.0, 1, 3], [0, 0, 0]]), np.array([10.0, 0, 4])])
    agent._copy_to_numpy()
    np.testing.assert_allclose(agent.q_values([1, 5]), [1 + 10 - 2, 3 + 10 + 2])


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=6))
def test_the_mean_of_q_is_v_and_a_constant_in_the_advantages_is_lost(outputs):
    outputs = np.array(outputs)
    q = duel(outputs).numpy()
    assert q.shape == (len(outputs) - 1,)
    assert q.mean() == pytest.approx(outputs[0], abs=1e-9)
    np.testing.assert_allclose(duel(outputs + np.array([0] + [7] * len(q))), q, atol=1e-9)


@pytest.mark.parametrize("hidden", [(), (6,), (6, 5)], ids=str)
@pytest.mark.parametrize("cls", [LayerNorm, Dueling, Everything, EverythingBackwards])
def test_numpy_computes_what_keras_computes(cls, hidden):
    agent = with_random_weights(make_agent(cls=cls, hidden=hidden, obs_scale=(2.0, 0.5)))
    obs = np.random.default_rng(1).normal(size=(50, 2)).astype(np.float32)
    by_keras = agent.network(obs).numpy()
    assert by_keras.shape == (50, 2)
    np.testing.assert_allclose(agent.q_values(obs), by_keras, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(agent.q_values(obs[0]), by_keras[0], rtol=1e-3, atol=1e-4)
    assert agent.target_network(obs).shape == (50, 2)


@pytest.mark.parametrize("cls", [Everything, EverythingBackwards])
def test_the_order_of_the_parts_does_not_matter_to_the_network(cls):
    names = [type(layer).__name__ for layer in make_agent(cls=cls, hidden=(6, 5)).network.layers]
    assert names == ["Dense", "LayerNormalization", "ReLU"] * 2 + ["Dense", "Duel"]


# ---------------------------------------------------------------------------------------------------------- Huber


def test_huber_by_hand():
    """0.5^2 / 2 = 0.125 and 3 - 1 / 2 = 2.5; their mean."""
    assert float(make_agent(cls=Huber)._loss(tf.constant([0.5, -3.0]))) == pytest.approx((0.125 + 2.5) / 2)


# ----------------------------------------------------------------------------------- one seed, one run; saved runs

CARTPOLE = {"hidden": (8,), "batch_size": 8, "buffer_size": 300, "learning_starts": 40, "learn_every": 16}
CARTPOLE |= {"gradient_steps": 4, "target_every": 8}


def cartpole(cls, seed=0, **changes):
    env = gym.make("CartPole-v1")
    return env, cls(env.observation_space, env.action_space, cls.config_class(**CARTPOLE | changes), seed)


def trained(cls, seed=0, num_steps=200, **changes):
    env, agent = cartpole(cls, seed, **changes)
    return train(env, agent, num_steps, seed=5, progress=False), agent


@pytest.mark.parametrize("cls", [*PARTS, Prioritised, Everything])
def test_one_seed_gives_one_run_and_it_is_not_the_plain_one(cls):
    plain, once, again, other = (
        bits(trained(c, seed)[1].network.get_weights()) for c, seed in ((DQN, 0), (cls, 0), (cls, 0), (cls, 1))
    )
    assert once == again
    assert once != other
    assert once != plain


@pytest.mark.parametrize("cls", [*PARTS, Prioritised, Everything, EverythingBackwards])
def test_saved_and_loaded_run_goes_on_to_the_bit(cls, tmp_path):
    """Stopped between two calls, in the middle of an episode, while steps wait in the window."""
    whole, agent = trained(cls, num_steps=350)
    earlier, first = trained(cls, num_steps=137)
    if isinstance(first, NStep):
        assert len(first.window) == first.config.n - 1
    checkpoint.save(tmp_path / "run.npz", first, earlier)
    env, later = cartpole(cls)
    history = train(env, later, 350, seed=5, history=checkpoint.load(tmp_path / "run.npz", later), progress=False)
    assert history.returns.tolist() == whole.returns.tolist()
    ours, theirs = state_of(agent), state_of(later)
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


@pytest.mark.parametrize("cls", [*PARTS, Prioritised, Everything])
def test_it_is_made_as_the_plain_agent_is(cls):
    places = {"observation_space": spaces.Box(-1, 1, (2,)), "action_space": spaces.Discrete(2)}
    by_name, by_place = (
        cls(**places, config=cls.config_class(obs_scale=None), seed=3),
        cls(*places.values(), cls.config_class(obs_scale=None), 3),
    )
    assert bits(by_name.network.get_weights()) == bits(by_place.network.get_weights())


def test_an_empty_window_comes_back_empty():
    agent, other = make_agent(cls=NStep), make_agent(cls=NStep)
    other._remember(random_transition(np.random.default_rng(0), terminated=False))
    restorer(other, state_of(agent))()
    assert not other.window


# ------------------------------------------------------------------------------------------------------- it learns


class Ring(gym.Env):
    """Three places in a ring; whatever one does leads to the next, and the reward is the number of the place left.

    With gamma = 0.5, by hand: Q0 = Q1 / 2, Q1 = 1 + Q2 / 2, Q2 = 2 + Q0 / 2, so Q = (8, 16, 18) / 7.
    Every path is the same, so that n-step targets have no bias here. Episodes are cut after 20 steps.
    """

    observation_space = spaces.Box(0, 1, (3,))
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.steps = 0, 0
        return np.eye(3)[0], {}

    def step(self, action):
        reward, self.place, self.steps = float(self.place), (self.place + 1) % 3, self.steps + 1
        return np.eye(3)[self.place], reward, False, self.steps == 20, {}


def error_in_the_ring(cls, seed: int, **numbers) -> float:
    learning = {"learning_rate": 0.05, "learning_rate_steps": 1_500, "batch_size": 16, "buffer_size": 2_000}
    clock = {"learning_starts": 100, "learn_every": 20, "gradient_steps": 20, "target_every": 20}
    config = cls.config_class(hidden=(), obs_scale=None, gamma=0.5, **learning, **clock, **numbers)
    env = Ring()
    agent = cls(env.observation_space, env.action_space, config, seed)
    train(env, agent, 1_500, seed=seed, progress=False)
    return float(np.abs(agent.q_values(np.eye(3)) - np.array([[8], [16], [18]]) / 7).max())


class DiscountOfOneStep(NStep):
    """The classic slip: n rewards, but the estimate behind them is discounted as if it were one step away."""

    @property
    def discount(self):
        return self.config.gamma


class WithoutDiscountOfRewards(NStep):
    """Another: the rewards in the window are added as they are."""

    def _remember(self, transition):
        if self.window:
            transition = transition._replace(reward=transition.reward / self.config.gamma ** len(self.window))
        super()._remember(transition)


class WindowAcrossEpisodes(NStep):
    """Another: the window is not emptied where a time limit ends the episode, so that it spans two of them."""

    def _remember(self, transition):
        super()._remember(transition._replace(truncated=False))


class FourParts(Double, Prioritised, Dueling, NStep):
    """With all parts that fit a ring."""

    config_class = EverythingConfig


@pytest.mark.parametrize(("cls", "n"), [(NStep, 5), (NStep, 3), (FourParts, 5)])
def test_n_steps_learn_the_known_values(cls, n):
    assert error_in_the_ring(cls, seed=0, n=n) < 0.03


@pytest.mark.parametrize("broken", [DiscountOfOneStep, WithoutDiscountOfRewards, WindowAcrossEpisodes])
def test_a_broken_n_step_does_not(broken):
    assert error_in_the_ring(broken, seed=0) > 0.1


class WorstChoice(Double):
    """Chooses the worst action for the next step."""

    def _next_value(self, next_obs):
        worst = tf.argmin(self.network(next_obs), axis=1)
        return tf.gather(self.target_network(next_obs), worst, batch_dims=1)


class AdvantagesAlone(Dueling):
    """Forgets V when it acts."""

    def _copy_to_numpy(self):
        *others, (kernel, bias) = layers_in_numpy(self.network)
        kernel[:, 0], bias[0] = 0, 0
        layers = [*others, (np.asarray(duel(kernel)), np.asarray(duel(bias)))]
        self._values = lambda obs: values_in_numpy(layers, np.asarray(obs, np.float32))


@pytest.mark.parametrize(
    ("cls", "numbers"), [(Double, {}), (SoftTarget, {"tau": 0.05}), (Dueling, {}), (Prioritised, {})]
)
def test_each_variant_learns_the_known_values(cls, numbers):
    assert largest_error(cls, 0, **numbers) < 0.03  # the run is short, so that the soft target needs a larger tau


@pytest.mark.parametrize(("cls", "numbers"), [(WorstChoice, {}), (SoftTarget, {"tau": 0.0}), (AdvantagesAlone, {})])
def test_a_broken_variant_does_not(cls, numbers):
    assert largest_error(cls, 0, **numbers) > 0.1


def test_the_reliable_agent_is_made_of_these():
    agent = RELIABLE.make(gym.make("CartPole-v1"), 0)
    assert isinstance(agent, NStep)
    assert agent.discount == pytest.approx(0.995**8)


# ------------------------------------------------------------------------------------ every number stands in a config


@pytest.mark.parametrize(
    ("cls", "needed"),
    [(NStep, "NStepConfig"), (SoftTarget, "SoftTargetConfig"), (Prioritised, "PrioritisedConfig")],
)
def test_a_config_without_the_numbers_of_a_variant_is_refused(cls, needed):
    with pytest.raises(TypeError, match=rf"{cls.__name__} needs the numbers of a {needed}; given was DQNConfig\("):
        cls(spaces.Box(-1, 1, (2,)), spaces.Discrete(2), DQNConfig(obs_scale=None), 0)


def test_a_combination_needs_the_numbers_of_both():
    both = type("Both", (NStep, SoftTarget), {})
    with pytest.raises(TypeError, match=r"SoftTarget needs the numbers of a SoftTargetConfig.*do their configs"):
        both(spaces.Box(-1, 1, (2,)), spaces.Discrete(2), NStepConfig(obs_scale=None), 0)
    agent = both(spaces.Box(-1, 1, (2,)), spaces.Discrete(2), EverythingConfig(obs_scale=None, n=2, tau=0.5), 0)
    assert agent.discount == pytest.approx(0.99**2)


@pytest.mark.parametrize(
    ("cls", "field", "value", "other"),
    [
        (NStep, "n", 8, 2),
        (SoftTarget, "tau", 0.1, 0.2),
        (Prioritised, "alpha", 0.5, 0.6),
        (Prioritised, "beta_steps", 100, 200),
        (Prioritised, "smallest", 1e-3, 1e-2),
    ],
)
def test_a_run_saved_with_another_number_is_refused(cls, field, value, other, tmp_path):
    history, agent = trained(cls, num_steps=60, **{field: value})
    checkpoint.save(tmp_path / "run.npz", agent, history)
    _, later = cartpole(cls, **{field: other})
    with pytest.raises(ValueError, match=rf"another configuration\. {field}: {value} saved, {other} here"):
        checkpoint.load(tmp_path / "run.npz", later)
    assert later.num_steps == 0


@pytest.mark.parametrize(
    ("config_class", "field", "value"),
    [
        (NStepConfig, "n", 0),
        (NStepConfig, "n", 2.5),
        (NStepConfig, "gamma", 1.1),
        (SoftTargetConfig, "tau", 1.1),
        (PrioritisedConfig, "alpha", -0.1),
        (PrioritisedConfig, "beta_end", np.nan),
        (PrioritisedConfig, "beta_steps", 0),
        (PrioritisedConfig, "smallest", 0.0),
    ],
)
def test_a_number_of_a_variant_that_cannot_be_is_refused(config_class, field, value):
    with pytest.raises(ValueError, match=rf"`{field}` must .*it was {value}\."):
        config_class(**{field: value})


def test_a_wrong_name_is_answered_with_those_of_this_config():
    with pytest.raises(TypeError, match=r"NStepConfig has no field `tau`.* n\."):
        NStepConfig(tau=0.1)
