"""The DQN agent: its arithmetic against paper and finite differences, its clockwork, its words, and that it learns."""

import re
from pathlib import Path

import gymnasium as gym
import keras
import numpy as np
import pytest
import tensorflow as tf
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import checkpoint
from helpers.buffer import PixelBuffer, ReplayBuffer, Transition
from helpers.dqn import DQN, DQNConfig
from helpers.dqn.variants import LayerNorm
from helpers.exact import value_iteration
from helpers.history import History
from helpers.loop import train
from helpers.network import Scale, values_in_numpy
from helpers.parts import restorer, state_of

TWO_NUMBERS = spaces.Box(-10, 10, (2,))
# A linear network that learns at each env step from the first on; each test changes what it is about.
SMALL = {
    "hidden": (),
    "obs_scale": None,
    "gamma": 0.5,
    "batch_size": 2,
    "buffer_size": 50,
    "learning_starts": 1,
    "learn_every": 1,
    "gradient_steps": 1,
    "target_every": 1,
}


def make_agent(seed=0, cls=DQN, **changes) -> DQN:
    return cls(TWO_NUMBERS, spaces.Discrete(2), cls.config_class(**SMALL | changes), seed)


def with_plain_gradient_descent(agent: DQN, learning_rate: float) -> DQN:
    """Adam hides the size of a gradient; with SGD a step is learning_rate times the gradient."""
    agent.optimizer = keras.optimizers.SGD(learning_rate)
    agent.optimizer.build(agent.network.trainable_variables)
    return agent


def as_batch(obs, action, reward, next_obs, terminated):
    numbers = [np.asarray(x, np.float32) for x in (obs, reward, next_obs, terminated)]
    return numbers[0], np.asarray(action, np.int32), *numbers[1:]


def random_transition(rng, **changes) -> Transition:
    values = {
        "obs": rng.normal(size=2),
        "action": int(rng.integers(2)),
        "reward": float(rng.normal()),
        "next_obs": rng.normal(size=2),
        "terminated": bool(rng.random() < 0.3),
        "truncated": False,
    }
    return Transition(**values | changes)


def bits(weights) -> list[bytes]:
    return [np.asarray(w).tobytes() for w in weights]


# ---------------------------------------------------------------------------------------------- one gradient step


@pytest.fixture
def by_hand():
    """Q(obs) = obs @ [[1, 0], [0, 2]], the target network's obs @ [[3, 0], [0, 1]], no biases; gamma 0.5.

    Transition 1: obs (1, 2), action 1, reward 1, next_obs (1, 1), goes on.
        q = 4, target = 1 + 0.5 * max(3, 1) = 2.5, error = -1.5
    Transition 2: obs (2, 1), action 0, reward -1, next_obs (1, 1), terminated.
        q = 2, target = -1, error = -3
    loss = (1.5^2 + 3^2) / 2 = 5.625.
    d loss / d w[i, a] = mean of -2 * error * obs[i] over the transitions that took a:
        a = 0: -2 * -3 / 2 * (2, 1) = (6, 3); bias 3      a = 1: -2 * -1.5 / 2 * (1, 2) = (1.5, 3); bias 1.5
    """
    agent = with_plain_gradient_descent(make_agent(), 0.1)
    agent.network.set_weights([np.array([[1.0, 0.0], [0.0, 2.0]]), np.zeros(2)])
    agent.target_network.set_weights([np.array([[3.0, 0.0], [0.0, 1.0]]), np.zeros(2)])
    return agent, as_batch([[1, 2], [2, 1]], [1, 0], [1, -1], [[1, 1], [1, 1]], [0, 1])


def test_a_gradient_step_is_the_one_done_on_paper(by_hand):
    agent, batch = by_hand
    loss, error = agent._gradient_step(*batch)
    assert float(loss) == pytest.approx(5.625)
    np.testing.assert_allclose(error, [-1.5, -3])
    kernel, bias = agent.network.get_weights()
    np.testing.assert_allclose(kernel, [[1 - 0.6, -0.15], [-0.3, 2 - 0.3]], rtol=1e-6)
    np.testing.assert_allclose(bias, [-0.3, -0.15], rtol=1e-6)


def test_the_target_network_makes_the_target_and_stays_as_it_is(by_hand):
    agent, batch = by_hand
    before = bits(agent.target_network.get_weights())
    agent._gradient_step(*batch)
    assert bits(agent.target_network.get_weights()) == before
    # With the network itself the first target would be 1 + 0.5 * max(1, 2) = 2, and the loss (2^2 + 3^2) / 2.
    agent.network.set_weights([np.array([[1.0, 0.0], [0.0, 2.0]]), np.zeros(2)])
    agent.target_network.set_weights(agent.network.get_weights())
    assert float(agent._gradient_step(*batch)[0]) == pytest.approx(6.5)


def test_a_terminal_transition_is_worth_its_reward_alone(by_hand):
    agent, (obs, action, reward, next_obs, _) = by_hand
    loss, _ = agent._gradient_step(obs, action, reward, next_obs, np.ones(2, np.float32))
    assert float(loss) == pytest.approx(((1 - 4) ** 2 + (-1 - 2) ** 2) / 2)


@pytest.mark.parametrize("learning_rate_steps", [None, 10])
def test_the_first_step_of_adam_moves_each_weight_by_the_learning_rate(by_hand, learning_rate_steps):
    # Adam divides the gradient by its own size, so that at the first step only its sign is left (Kingma & Ba 2015).
    agent, batch = make_agent(learning_rate=0.25, learning_rate_steps=learning_rate_steps), by_hand[1]
    agent.network.set_weights(by_hand[0].network.get_weights())
    agent.target_network.set_weights(by_hand[0].target_network.get_weights())
    agent._gradient_step(*batch)
    kernel, bias = agent.network.get_weights()
    np.testing.assert_allclose(kernel, [[0.75, -0.25], [-0.25, 1.75]], rtol=1e-5)
    np.testing.assert_allclose(bias, [-0.25, -0.25], rtol=1e-5)


@pytest.mark.parametrize(("learning_rate_steps", "still_moves"), [(5, False), (None, True)])
def test_the_learning_rate_falls_to_zero_only_where_it_is_told_to(learning_rate_steps, still_moves):
    agent, rng = make_agent(learning_rate_steps=learning_rate_steps), np.random.default_rng(0)
    for _ in range(5):
        before = bits(agent.network.get_weights())
        agent.learn(random_transition(rng))
        assert bits(agent.network.get_weights()) != before
    before = bits(agent.network.get_weights())
    agent.learn(random_transition(rng))
    assert (bits(agent.network.get_weights()) != before) == still_moves


@pytest.mark.parametrize("seed", range(3))
def test_a_gradient_step_agrees_with_finite_differences(seed):
    rng = np.random.default_rng(seed)
    agent = with_plain_gradient_descent(make_agent(seed, hidden=(5,), gamma=0.9), 1.0)
    for network in (agent.network, agent.target_network):
        network.set_weights([rng.normal(size=w.shape) for w in network.get_weights()])
    obs, next_obs, reward = rng.normal(size=(6, 2)), rng.normal(size=(6, 2)), rng.normal(size=6)
    action, terminated = rng.integers(2, size=6), np.array([0, 1, 0, 0, 1, 0])
    batch = as_batch(obs, action, reward, next_obs, terminated)

    def loss_of(weights):  # in NumPy and 64 bits, from the formula; the target is a constant
        kept = [w.astype(float) for w in agent.target_network.get_weights()]
        next_q = values_in_numpy(list(zip(kept[::2], kept[1::2], strict=True)), batch[3].astype(float))
        target = reward + 0.9 * (1 - terminated) * next_q.max(axis=1)
        q = values_in_numpy(list(zip(weights[::2], weights[1::2], strict=True)), batch[0].astype(float))
        return np.mean((target - q[np.arange(6), action]) ** 2)

    before = [w.astype(float) for w in agent.network.get_weights()]
    loss, _ = agent._gradient_step(*batch)
    assert float(loss) == pytest.approx(loss_of(before), rel=1e-4)
    for number, after in enumerate(agent.network.get_weights()):
        for index in np.ndindex(after.shape):
            up, down = [w.copy() for w in before], [w.copy() for w in before]
            up[number][index] += 1e-6
            down[number][index] -= 1e-6
            slope = (loss_of(up) - loss_of(down)) / 2e-6
            assert before[number][index] - after[index] == pytest.approx(slope, rel=1e-3, abs=1e-4)


def test_k_steps_in_one_call_are_k_calls_of_one_step():
    rng = np.random.default_rng(0)
    at_once = make_agent(hidden=(8,), gradient_steps=5, target_every=5)
    one_by_one = make_agent(hidden=(8,))
    batches = as_batch(
        rng.normal(size=(5, 2, 2)),
        rng.integers(2, size=(5, 2)),
        rng.normal(size=(5, 2)),
        rng.normal(size=(5, 2, 2)),
        rng.integers(2, size=(5, 2)),
    )
    last_loss = at_once._gradient_steps(*batches)
    losses = [one_by_one._gradient_steps(*(part[k : k + 1] for part in batches)) for k in range(5)]
    assert float(last_loss) == pytest.approx(float(losses[-1]), rel=1e-5)
    assert float(losses[0]) != pytest.approx(float(losses[-1]), rel=1e-2)
    for ours, theirs in zip(at_once.network.get_weights(), one_by_one.network.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


def test_compiling_beforehand_changes_nothing():
    plain, compiled = make_agent(hidden=(8,)), make_agent(hidden=(8,))
    compiled.compile()
    assert bits(compiled.network.get_weights()) == bits(plain.network.get_weights())
    for agent in (plain, compiled):
        rng = np.random.default_rng(0)
        for _ in range(5):
            agent.learn(random_transition(rng))
    assert bits(compiled.network.get_weights()) == bits(plain.network.get_weights())


# ------------------------------------------------------------------------------------- learn: what happens when


def test_only_terminated_cuts_bootstrapping():
    def after(**flags):
        agent = make_agent(batch_size=1)
        agent.learn(random_transition(np.random.default_rng(0), **flags))
        return bits(agent.network.get_weights())

    goes_on = after(terminated=False, truncated=False)
    assert after(terminated=False, truncated=True) == goes_on
    assert after(terminated=True, truncated=False) != goes_on
    assert after(terminated=True, truncated=True) == after(terminated=True, truncated=False)


def test_observations_are_divided_by_their_scale():
    transition = random_transition(np.random.default_rng(0), terminated=False)
    stretch = np.array([4.0, 0.5])
    plain, scaled = (with_plain_gradient_descent(make_agent(obs_scale=scale), 0.1) for scale in (None, tuple(stretch)))
    plain.learn(transition)
    scaled.learn(transition._replace(obs=transition.obs * stretch, next_obs=transition.next_obs * stretch))
    for ours, theirs in zip(plain.network.get_weights(), scaled.network.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    for agent in (plain, scaled):
        np.testing.assert_allclose(agent.q_values(stretch), agent.network(stretch[None]).numpy()[0], rtol=1e-5)


def test_nothing_is_learnt_before_learning_starts_and_then_at_each_call_that_is_due():
    agent = make_agent(learning_starts=10, learn_every=4, gradient_steps=3, target_every=3)
    untouched, rng, learnt_at = bits(agent.network.get_weights()), np.random.default_rng(0), []
    for step in range(1, 21):
        before = agent.num_gradient_steps
        agent.learn(random_transition(rng))
        if agent.num_gradient_steps > before:
            assert agent.num_gradient_steps == before + 3
            learnt_at.append(step)
        if not learnt_at:
            assert bits(agent.network.get_weights()) == untouched
    assert learnt_at == [12, 16, 20]
    assert bits(agent.network.get_weights()) != untouched
    assert agent.num_steps == 20 and len(agent.buffer) == 20


def test_the_target_network_is_copied_exactly_when_it_is_due():
    agent = make_agent(gradient_steps=2, target_every=6)
    rng, kept = np.random.default_rng(0), bits(agent.target_network.get_weights())
    assert bits(agent.network.get_weights()) == kept  # the two start equal
    for call in range(1, 10):
        agent.learn(random_transition(rng))
        own, target = bits(agent.network.get_weights()), bits(agent.target_network.get_weights())
        assert own != kept
        if call % 3 == 0:  # every 6 gradient steps, 2 at each call
            assert target == own
            kept = target
        else:
            assert target == kept


def test_acting_uses_the_newest_weights():
    agent, rng, obs = make_agent(), np.random.default_rng(0), np.array([0.3, -0.2], np.float32)
    for _ in range(5):
        agent.learn(random_transition(rng))
        q = agent.network(obs[None]).numpy()[0]  # (A,)
        np.testing.assert_allclose(agent.q_values(obs), q, rtol=1e-5)
        assert agent.act(obs, explore=False) == q.argmax()


def test_a_loss_that_is_not_a_number_is_refused_in_words():
    agent = make_agent(batch_size=1)
    with pytest.raises(FloatingPointError, match=r"loss became nan at gradient step 0.*learning rate.*not finite"):
        agent.learn(random_transition(np.random.default_rng(0), reward=np.nan))


# ------------------------------------------------------------------------------------------------ act and epsilon


def test_epsilon_falls_in_a_line_and_stays():
    agent = make_agent(epsilon_start=0.8, epsilon_end=0.2, epsilon_steps=100)
    for num_steps, epsilon in [(0, 0.8), (25, 0.65), (50, 0.5), (100, 0.2), (10_000, 0.2)]:
        agent.num_steps = num_steps
        assert agent.epsilon == pytest.approx(epsilon)


def test_exploration_takes_every_action_as_often_as_epsilon_says():
    agent = make_agent(epsilon_start=0.4, epsilon_end=0.4)
    obs = np.array([1.0, 0.5])
    actions = np.array([agent.act(obs) for _ in range(4_000)])
    other = np.mean(actions != agent.act(obs, explore=False))
    assert 0.17 < other < 0.23  # epsilon / 2 = 0.2, and four standard errors of 0.0063


def test_acting_greedily_draws_nothing():
    agent = make_agent(epsilon_start=1.0)
    before = agent.rng.bit_generator.state
    assert len({agent.act(np.array([1.0, 0.5]), explore=False) for _ in range(20)}) == 1
    assert agent.rng.bit_generator.state == before


@settings(max_examples=50, deadline=None)
@given(obs=st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=2), batch=st.integers(1, 4))
def test_values_have_the_shape_of_the_observations(obs, batch):
    agent = _AGENT
    assert agent.q_values(obs).shape == (2,)
    assert agent.q_values([obs] * batch).shape == (batch, 2)
    action = agent.act(np.array(obs))
    assert type(action) is int and action in (0, 1)


_AGENT = make_agent(hidden=(4,))


# ------------------------------------------------------------------------------------------------- seeds and state

CARTPOLE = {"hidden": (8,), "batch_size": 8, "buffer_size": 300, "learning_starts": 40, "learn_every": 16}


def cartpole(seed, **changes):
    env = gym.make("CartPole-v1")
    config = DQNConfig(**CARTPOLE | {"gradient_steps": 4, "target_every": 8} | changes)
    return env, DQN(env.observation_space, env.action_space, config, seed)


def test_one_seed_gives_one_run_bit_for_bit():
    runs = []
    for seed in (1, 1, 2):
        env, agent = cartpole(seed)
        history = train(env, agent, 300, seed=7)
        runs.append((bits(agent.network.get_weights()), history.returns.tolist()))
    assert runs[0] == runs[1]
    assert runs[0][0] != runs[2][0] and runs[0][1] != runs[2][1]


def test_generators_of_buffer_policy_and_weights_differ():
    agent = make_agent()
    assert agent.rng.bit_generator.state != agent.buffer.rng.bit_generator.state
    assert bits(make_agent(0).network.get_weights()) != bits(make_agent(1).network.get_weights())


def test_a_restored_agent_goes_on_to_the_bit():
    env, agent = cartpole(0)
    train(env, agent, 200, seed=1)
    _, other = cartpole(99)  # another seed: everything must come from the saved arrays
    restorer(other, state_of(agent))()
    obs = np.array([0.5, -1.0, 0.1, 1.0])
    assert other.q_values(obs).tolist() == agent.q_values(obs).tolist()  # before it has learnt anything more
    runs = []
    for one in (agent, other):
        env = gym.make("CartPole-v1")
        runs.append(train(env, one, 150, seed=2).returns.tolist())
        assert one.num_steps == 350
    assert runs[0] == runs[1]
    ours, theirs = state_of(agent), state_of(other)
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def test_a_file_of_another_configuration_is_refused_and_changes_nothing(tmp_path):
    agent, other = make_agent(seed=0), make_agent(seed=0, gamma=0.75)
    checkpoint.save(tmp_path / "run.npz", agent, History())
    before = bits(other.network.get_weights())
    with pytest.raises(ValueError, match=r"another configuration\. gamma: 0\.5 saved, 0\.75 here\."):
        checkpoint.load(tmp_path / "run.npz", other)
    assert bits(other.network.get_weights()) == before


# -------------------------------------------------------------------------------------------------- errors in words


@pytest.mark.parametrize(
    ("observation_space", "said"),
    [
        (spaces.Discrete(5), r"Box of shape \(O,\).*was Discrete\(5\).*use a table"),
        (spaces.MultiDiscrete([3, 3]), r"was MultiDiscrete\(\[3 3\]\)"),
        (spaces.Box(0, 1, (2, 2)), r"Box of shape \(O,\).*was Box\(0\.0, 1\.0, \(2, 2\)"),
    ],
)
def test_other_observation_spaces_are_refused(observation_space, said):
    with pytest.raises(TypeError, match=said):
        DQN(observation_space, spaces.Discrete(2), DQNConfig(**SMALL), 0)


def test_other_action_spaces_are_refused():
    for space in (spaces.Box(-1, 1, (1,)), spaces.Discrete(2, start=1)):
        with pytest.raises(TypeError, match=r"must be Discrete, counted from 0; it was " + re.escape(str(space))):
            DQN(TWO_NUMBERS, space, DQNConfig(**SMALL), 0)


@pytest.mark.parametrize("obs_scale", [(1.0,), (1.0, 2.0, 3.0), (1.0, 0.0), (1.0, -1.0), (1.0, np.nan)])
def test_a_wrong_scale_is_refused(obs_scale):
    said = r"`obs_scale` needs one number above 0 for each of the 2 parts.*None: no scaling.*it was " + re.escape(
        str(obs_scale)
    )
    with pytest.raises(ValueError, match=said):
        make_agent(obs_scale=obs_scale)


def test_an_unknown_field_is_answered_with_the_nearest_one():
    with pytest.raises(TypeError, match=r"no field `epsilon_begin`.*Did you mean `epsilon_.*fields are: hidden, .*"):
        DQNConfig(epsilon_begin=1.0)


@pytest.mark.parametrize(
    ("field", "value"),
    [(name, 0) for name in ("batch_size", "buffer_size", "learn_every", "gradient_steps", "target_every")]
    + [("epsilon_steps", 0), ("learning_rate", 0.0), ("learning_rate", -1.0), ("gamma", 1.1), ("gamma", -0.1)]
    + [("epsilon_start", 2.0), ("epsilon_end", -0.1), ("gamma", np.nan), ("learning_rate", np.nan)],
)
def test_a_number_that_cannot_be_is_refused(field, value):
    with pytest.raises(ValueError, match=rf"`{field}` must .*it was {value}\."):
        DQNConfig(**{field: value})


def test_a_copy_between_two_calls_is_needed():
    with pytest.raises(ValueError, match=r"`target_every` must be a multiple of `gradient_steps`.*were 6 and 4"):
        DQNConfig(gradient_steps=4, target_every=6)


def test_no_slow_and_no_legacy_calls():
    helpers = Path(__file__).parents[1] / "helpers"
    for path in set(helpers.rglob("*.py")) - {helpers / "clinic" / "broken.py"}:  # that one is broken on purpose
        found = re.findall(
            r"\.predict\(|\.fit\(|tf_keras|apply_gradients|tensorflow\.keras|tf\.keras", path.read_text()
        )
        assert not found, f"{path.name}: {found}"


# -------------------------------------------------------------------------------------------------------- it learns

# A world of two steps. In 0: action 0 leads to 1, action 1 ends it with +0.5. In 1: action 0 ends it with +1, action 1
# leads back to 0. Episodes are cut after 3 steps, which changes no value. With gamma = 0.9, by hand:
#   Q(1, 0) = 1    Q(0, 0) = 0.9 * 1 = 0.9    Q(0, 1) = 0.5    Q(1, 1) = 0.9 * max(0.9, 0.5) = 0.81
KNOWN_Q = np.array([[0.9, 0.5], [1.0, 0.81]])


class TwoSteps(gym.Env):
    observation_space = TWO_NUMBERS
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.steps = 0, 0
        return np.eye(2)[0], {}

    def step(self, action):
        self.steps += 1
        terminated = action == (1 if self.place == 0 else 0)
        reward = (0.5, 1.0)[self.place] if terminated else 0.0
        self.place = self.place if terminated else 1 - self.place
        return np.eye(2)[self.place], reward, bool(terminated), self.steps == 3 and not terminated, {}


class WithoutTerminalMask(DQN):
    def _gradient_step(self, obs, action, reward, next_obs, terminated):
        return super()._gradient_step(obs, action, reward, next_obs, tf.zeros_like(terminated))


class TruncatedIsTerminal(DQN):
    def learn(self, transition):
        super().learn(transition._replace(terminated=transition.terminated or transition.truncated))


class TargetNeverCopied(DQN):
    def _copy_to_target(self):
        if self.num_gradient_steps == 0:
            super()._copy_to_target()


class WithoutNextValue(DQN):
    def _gradient_step(self, obs, action, reward, next_obs, terminated):
        return super()._gradient_step(obs, action, reward, next_obs, tf.ones_like(terminated))


def largest_error(cls, seed, **changes) -> float:
    """After 2,000 env steps of random play: the largest distance to the Q known from paper."""
    agent = make_agent(
        seed,
        cls,
        gamma=0.9,
        learning_rate=0.03,
        learning_rate_steps=2_000,
        batch_size=32,
        buffer_size=2_000,
        learning_starts=200,
        learn_every=20,
        gradient_steps=20,
        target_every=40,
        epsilon_end=1.0,
        **changes,
    )
    train(TwoSteps(), agent, 2_000, seed=seed)
    return float(np.abs(agent.q_values(np.eye(2)) - KNOWN_Q).max())


def test_the_known_values_are_the_exact_ones():
    P, R = np.zeros((3, 2, 3)), np.zeros((3, 2))  # the third is the end
    P[0, 0, 1] = P[0, 1, 2] = P[1, 0, 2] = P[1, 1, 0] = P[2, :, 2] = 1
    R[0, 1], R[1, 0] = 0.5, 1.0
    np.testing.assert_allclose(value_iteration(P, R, 0.9)[:2], KNOWN_Q, atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_it_learns_the_known_values(seed):
    assert largest_error(DQN, seed) < 0.03


@pytest.mark.parametrize("broken", [WithoutTerminalMask, TruncatedIsTerminal, TargetNeverCopied, WithoutNextValue])
def test_a_broken_twin_does_not(broken):
    assert largest_error(broken, 0) > 0.1


def test_the_state_of_another_environment_is_refused_and_changes_nothing():
    other = DQN(TWO_NUMBERS, spaces.Discrete(3), DQNConfig(**SMALL), 1)
    agent = make_agent()
    before = bits(agent.network.get_weights())
    with pytest.raises(ValueError, match=r"its `network/0` has the shape \(2, 3\).*here it is \(2, 2\)"):
        restorer(agent, state_of(other))
    assert bits(agent.network.get_weights()) == before


def test_layers_are_given_as_a_tuple():
    with pytest.raises(TypeError, match=r"`hidden` must be a tuple such as .*it was 64"):
        DQNConfig(hidden=64)


# ----------------------------------------------------------------------------- a network and an optimiser handed in


def small_network(obs_shape=(2,), num_actions=2) -> keras.Sequential:
    layers = [
        keras.layers.Flatten(),
        keras.layers.Dense(num_actions, kernel_initializer=keras.initializers.HeNormal(3)),
    ]
    return keras.Sequential([keras.Input(obs_shape), *layers])


def test_a_network_and_an_optimiser_can_be_handed_in(by_hand):
    network, optimizer = small_network(), keras.optimizers.SGD(0.1)
    agent = DQN(TWO_NUMBERS, spaces.Discrete(2), DQNConfig(**SMALL), 0, network=network, optimizer=optimizer)
    assert agent.network is network and agent.optimizer is optimizer
    assert bits(agent.target_network.get_weights()) == bits(network.get_weights())
    agent.network.set_weights(by_hand[0].network.get_weights())
    agent.target_network.set_weights(by_hand[0].target_network.get_weights())
    agent._gradient_step(*by_hand[1])  # as on paper, above
    np.testing.assert_allclose(agent.network.get_weights()[0], [[1 - 0.6, -0.15], [-0.3, 2 - 0.3]], rtol=1e-6)


@pytest.mark.parametrize(
    ("network", "error", "said"),
    [
        ((64, 64), TypeError, r"`network` must be a Keras model.*it was \(64, 64\)"),
        (small_network((3,)), ValueError, r"from observations \('B', 2\).*leads from \(None, 3\)"),
        (small_network(num_actions=4), ValueError, r"to values \('B', 2\); it leads from .* to \(None, 4\)"),
    ],
    ids=["no network", "other observations", "other actions"],
)
def test_a_network_that_does_not_fit_is_refused(network, error, said):
    with pytest.raises(error, match=said):
        DQN(TWO_NUMBERS, spaces.Discrete(2), DQNConfig(**SMALL), 0, network=network)


def test_a_class_that_makes_its_own_network_takes_no_other():
    with pytest.raises(TypeError, match="A LayerNorm makes a network of its own kind"):
        LayerNorm(TWO_NUMBERS, spaces.Discrete(2), DQNConfig(**SMALL), 0, network=small_network())


def test_an_optimiser_that_does_not_fit_is_refused():
    for optimizer, error, said in [
        (0.1, TypeError, "must be one of Keras, such as .*it was 0.1"),
        (make_agent().optimizer, ValueError, "belongs to another network already"),
    ]:
        with pytest.raises(error, match=said):
            DQN(TWO_NUMBERS, spaces.Discrete(2), DQNConfig(**SMALL), 0, optimizer=optimizer)


def test_a_config_that_is_none_is_refused():
    for config in (None, DQNConfig, {"gamma": 0.9}):
        with pytest.raises(TypeError, match="`config` must be a DQNConfig; it was "):
            DQN(TWO_NUMBERS, spaces.Discrete(2), config, 0)


def test_a_run_with_another_network_is_refused(tmp_path):
    wide, narrow = (
        DQN(TWO_NUMBERS, spaces.Discrete(2), DQNConfig(**SMALL), 0, network=network)
        for network in (keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, "relu")]), small_network())
    )
    checkpoint.save(tmp_path / "run.npz", wide, History())
    with pytest.raises(ValueError, match="network: .* saved, .* here"):
        checkpoint.load(tmp_path / "run.npz", narrow)


# ----------------------------------------------------------------------------------------------------- from pictures


class Lights(gym.Env):
    """A lamp on the left or on the right, drawn anew at each step; the side where it was one step ago pays 1.

    Whatever one does, the next lamp is drawn; with gamma = 0.5 the right side is worth 1 + 0.5 * 2 = 2 and the wrong
    one 0 + 0.5 * 2 = 1. The clock ends an episode after 7 steps. An observation is the last picture and the newest.
    """

    observation_space = spaces.Box(0, 255, (2, 4, 4), np.uint8)
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.sides, self.steps = self.np_random.integers(2, size=2), 0
        return self._look(), {}

    def step(self, action):
        reward, self.steps = float(action == self.sides[0]), self.steps + 1
        self.sides = np.array([self.sides[1], self.np_random.integers(2)])
        return self._look(), reward, False, self.steps == 7, {}

    def _look(self):
        pictures = np.zeros((2, 4, 4), np.uint8)
        pictures[[0, 1], 1, 3 * self.sides] = 255
        return pictures


def watcher(seed=0) -> DQN:
    config = DQNConfig(
        gamma=0.5,
        batch_size=32,
        buffer_size=1_000,
        learning_starts=100,
        learn_every=25,
        gradient_steps=25,
        target_every=50,
        epsilon_end=1.0,
    )
    layers = [Scale(255), keras.layers.Permute((2, 3, 1))]  # Keras wants the pictures of a stack as the last axis
    layers += [keras.layers.Conv2D(8, 2, activation="relu", kernel_initializer=keras.initializers.HeNormal(1))]
    layers += [keras.layers.Flatten(), keras.layers.Dense(2, kernel_initializer=keras.initializers.HeNormal(2))]
    network = keras.Sequential([keras.Input((2, 4, 4)), *layers])
    optimizer = keras.optimizers.Adam(3e-3)
    return DQN(Lights.observation_space, Lights.action_space, config, seed, network=network, optimizer=optimizer)


def test_a_convolution_learns_from_pictures_that_are_kept_once():
    agent = watcher()
    agent.compile()
    train(Lights(), agent, 1_500, seed=0, progress=False)
    assert agent._gradient_steps.experimental_get_tracing_count() == 1
    assert isinstance(agent.buffer, PixelBuffer)
    assert agent.buffer.num_pictures < 1.5 * 1_500  # one for each step, and two where an episode begins
    obs, _, _, _, _ = agent.buffer.sample(200)
    known = 1.0 + (obs[:, 0, 1, [0, 3]] > 0)  # (B, A)
    assert np.abs(agent.q_values(obs) - known).max() < 0.1
    assert agent.act(obs[0], explore=False) == known[0].argmax()
    np.testing.assert_array_equal(agent.act_many(obs, explore=False), known.argmax(axis=1))


def test_a_run_from_pictures_goes_on_to_the_bit(tmp_path):
    whole = train(Lights(), watcher(), 400, seed=0, progress=False)
    train(Lights(), watcher(), 233, seed=0, checkpoint=tmp_path / "run.npz", progress=False)
    agent = watcher()
    parts = train(Lights(), agent, 400, seed=0, checkpoint=tmp_path / "run.npz", progress=False)
    assert parts.returns.tolist() == whole.returns.tolist()
    assert agent.num_gradient_steps == 325


def test_pictures_need_a_network():
    with pytest.raises(TypeError, match=r"Box of shape \(O,\).*For pictures hand in a network of your own"):
        DQN(Lights.observation_space, Lights.action_space, DQNConfig(), 0)


@pytest.mark.parametrize(
    ("space", "kind"),
    [
        (spaces.Box(0, 255, (4, 84, 84), np.uint8), PixelBuffer),
        (spaces.Box(0, 255, (84, 84, 3), np.uint8), ReplayBuffer),  # one picture in three colours, no stack of 84
        (spaces.Box(0, 1, (4, 84, 84), np.float32), ReplayBuffer),
        (spaces.Box(0, 255, (128,), np.uint8), ReplayBuffer),
    ],
    ids=str,
)
def test_the_space_says_whether_pictures_are_kept_once(space, kind):
    config = DQNConfig(buffer_size=4)
    agent = DQN(space, spaces.Discrete(2), config, 0, network=small_network(space.shape))
    assert type(agent.buffer) is kind
