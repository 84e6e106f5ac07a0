"""The PPO agent: its arithmetic against paper, NumPy and finite differences, its clockwork, and its words."""

import math
import re

import keras
import numpy as np
import pytest
from gymnasium import spaces

from helpers.buffer import Transition
from helpers.distributions import Categorical, Gaussian
from helpers.envs import make_many
from helpers.loop import train
from helpers.parts import restorer, state_of
from helpers.ppo import CARTPOLE, PPO, REPORTED, PPOConfig

TWO_NUMBERS = spaces.Box(-10, 10, (2,))
CHOICE, NUMBERS = spaces.Discrete(2), spaces.Box(-1, 1, (3,))
# Linear networks, and nothing that changes an observation, an advantage or a gradient.
SMALL = {
    "hidden": (),
    "num_envs": 2,
    "rollout_steps": 3,
    "epochs": 1,
    "batch_size": 6,
    "gamma": 0.5,
    "lambda_": 0.5,
    "reward_scale": 1.0,
    "normalise_advantages": False,
    "normalise_obs": False,
    "max_gradient_norm": math.inf,
    "decay_steps": None,
}


def make_agent(seed=0, cls=PPO, action_space=CHOICE, **changes) -> PPO:
    return cls(TWO_NUMBERS, action_space, PPOConfig(**SMALL | changes), seed)


def with_plain_gradient_descent(agent: PPO, learning_rate: float) -> PPO:
    """Adam hides the size of a gradient; with SGD a step is learning_rate times the gradient."""
    agent.optimizer = keras.optimizers.SGD(learning_rate)
    agent.optimizer.build(agent.weights)
    return agent


def with_random_weights(agent: PPO, rng) -> PPO:
    for weight in agent.weights:
        weight.assign(0.5 * rng.normal(size=weight.shape))
    agent.after_restore()
    return agent


def as_float(*parts):
    return [np.asarray(part, np.float32) for part in parts]


def a_step(rng, agent: PPO, **changes) -> Transition:
    """One step of every environment, by chance."""
    num_envs, kind = agent.config.num_envs, agent.kind
    action = rng.integers(kind.num_actions, size=num_envs) if kind.is_discrete else rng.normal(size=(num_envs, 3))
    values = {
        "obs": rng.normal(size=(num_envs, 2)),
        "action": action.astype(kind.dtype),
        "reward": rng.normal(size=num_envs),
        "next_obs": rng.normal(size=(num_envs, 2)),
        "terminated": rng.random(num_envs) < 0.2,
        "truncated": rng.random(num_envs) < 0.2,
    }
    return Transition(**values | changes)


def bits(weights) -> list[bytes]:
    return [(weight.numpy() if hasattr(weight, "numpy") else weight).tobytes() for weight in weights]


# ------------------------------------------------------------------------------------------------------ the loss


@pytest.fixture
def by_hand():
    """Logits obs @ [[log 3, 0], [0, 0]], values obs @ (2, 1); clip 0.2.

    Step 1: obs (1, 0), action 0: pi = 3/4, before 1/2: ratio 1.5, clipped 1.2. Advantage 2: min(3, 2.4) = 2.4.
        value 2, before 1.5, target 3: error 1.
    Step 2: obs (0, 1), action 1: pi = 1/2, before 4/5: ratio 0.625, clipped 0.8. Advantage -1: min(-0.625, -0.8).
        value 1, before 1, target 0: error 1.
    Entropies: 0.5623 and log 2 = 0.6931.
    """
    agent = with_plain_gradient_descent(make_agent(clip=0.2, entropy=0.1), 1.0)
    agent.network.set_weights([np.array([[np.log(3), 0.0], [0.0, 0.0]]), np.zeros(2)])
    agent.critic.set_weights([np.array([[2.0], [1.0]]), np.zeros(1)])
    obs, old_log_prob = as_float([[1, 0], [0, 1]], np.log([0.5, 0.8]))
    return agent, [obs, np.array([0, 1], np.int32), old_log_prob, *as_float([1.5, 1], [2, -1], [3, 0])]


def said(agent, batch) -> dict[str, float]:
    loss, report = agent._loss(*batch)
    return dict(zip(REPORTED, map(float, (loss, *report)), strict=False))


def test_the_loss_is_the_one_done_on_paper(by_hand):
    agent, batch = by_hand
    found = said(agent, batch)
    assert found["gain"] == pytest.approx((2.4 - 0.8) / 2)
    assert found["value_error"] == pytest.approx(1.0)
    assert found["entropy"] == pytest.approx((0.56234 + np.log(2)) / 2, rel=1e-4)
    assert found["loss"] == pytest.approx(-0.8 + 0.5 * 1.0 - 0.1 * 0.62774, rel=1e-4)
    # r - 1 - log r: 0.5 - 0.40547 and -0.375 + 0.47000
    assert found["kl"] == pytest.approx((0.09453 + 0.09500) / 2, rel=1e-3)
    assert found["clipped"] == 1.0


def test_without_clip_the_ratio_alone_counts(by_hand):
    agent, batch = by_hand
    loose = make_agent(clip=math.inf, entropy=0.1)
    loose.network.set_weights(agent.network.get_weights())
    assert said(loose, batch)["gain"] == pytest.approx((1.5 * 2 - 0.625) / 2)
    assert said(loose, batch)["clipped"] == 0.0


def test_the_value_is_held_near_the_one_before_where_that_is_asked_for(by_hand):
    # near 1.5 + 0.2 = 1.7: error 1.3^2 = 1.69, larger than 1; step 2 has not moved
    agent, batch = by_hand
    held = make_agent(value_clip=0.2)
    held.critic.set_weights(agent.critic.get_weights())
    assert said(held, batch)["value_error"] == pytest.approx((1.69 + 1.0) / 2)


def test_advantages_are_normalised_within_the_minibatch(by_hand):
    # (2, -1): mean 0.5, deviation 1.5: (1, -1). Gain (1.2 - 0.8) / 2
    agent, batch = by_hand
    normal = make_agent(normalise_advantages=True, batch_size=2, clip=0.2)
    normal.network.set_weights(agent.network.get_weights())
    assert said(normal, batch)["gain"] == pytest.approx(0.2)


@pytest.mark.parametrize(("advantages", "moves"), [((2, -1), False), ((-2, 1), True)])
def test_what_is_clipped_has_no_gradient_and_what_leads_back_has_one(by_hand, advantages, moves):
    _, batch = by_hand
    agent = with_plain_gradient_descent(make_agent(clip=0.2, entropy=0.0), 1.0)
    agent.network.set_weights(by_hand[0].network.get_weights())
    before = agent.network.get_weights()
    batch[4] = np.array(advantages, np.float32)
    agent._gradient_step(*batch)
    assert (bits(agent.network.get_weights()) != bits(before)) == moves


def tanh_network(weights, x):
    """The network in NumPy and 64 bits, from kernels and biases in turn."""
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = np.tanh(x @ kernel + bias)
    return x @ weights[-2] + weights[-1]


def loss_in_numpy(agent: PPO, weights, batch) -> float:
    """The loss from its formula; weights: those of the policy, then those of the critic."""
    config, (obs, action, old_log_prob, old_value, advantage, target) = agent.config, batch
    num_layers = len(config.hidden) + 1
    of_policy, of_critic = weights[: -2 * num_layers], weights[-2 * num_layers :]
    outputs = tanh_network(of_policy[: 2 * num_layers], obs)
    policy = Categorical(outputs) if agent.kind.is_discrete else Gaussian(outputs, of_policy[-1])
    value = tanh_network(of_critic, obs)[:, 0]
    if config.normalise_advantages:
        advantage = (advantage - advantage.mean()) / advantage.std()
    ratio = (
        policy.probs[np.arange(len(obs)), action] / np.exp(old_log_prob)
        if agent.kind.is_discrete
        else np.exp(policy.log_prob(action) - old_log_prob)
    )
    pays = [
        min(r * a, max(min(r, 1 + config.clip), 1 - config.clip) * a) for r, a in zip(ratio, advantage, strict=True)
    ]
    near = np.clip(value, old_value - config.value_clip, old_value + config.value_clip)
    errors = np.maximum((value - target) ** 2, (near - target) ** 2)
    return -np.mean(pays) + config.value_weight * errors.mean() - config.entropy * policy.entropy().mean()


@pytest.mark.parametrize("action_space", [CHOICE, NUMBERS], ids=["a choice", "numbers"])
@pytest.mark.parametrize("seed", range(3))
def test_loss_and_gradient_agree_with_numpy_and_finite_differences(seed, action_space):
    rng = np.random.default_rng(seed)
    changes = {"hidden": (5,), "entropy": 0.3, "value_clip": 0.4, "normalise_advantages": True, "clip": 0.3}
    agent = make_agent(seed, action_space=action_space, **changes)
    with_plain_gradient_descent(with_random_weights(agent, rng), 1.0)
    obs, advantage, target = rng.normal(size=(8, 2)), rng.normal(size=8), rng.normal(size=8)
    policy = agent.policy(obs)
    action = policy.sample(rng).astype(agent.kind.dtype)
    old_log_prob = policy.log_prob(action.astype(int) if agent.kind.is_discrete else action) + 0.3 * rng.normal(size=8)
    old_value = agent.values(obs) + 0.3 * rng.normal(size=8)
    batch = [obs, action, old_log_prob, old_value, advantage, target]
    before = [weight.numpy().astype(float) for weight in agent.weights]
    in_32_bits = [part if part is action else part.astype(np.float32) for part in batch]
    report = agent._gradient_step(*in_32_bits).numpy()
    assert report[0] == pytest.approx(loss_in_numpy(agent, before, batch), rel=1e-4, abs=1e-5)
    squares = 0.0
    for number, after in enumerate(agent.weights):
        for index in np.ndindex(*after.shape):
            up, down = [w.copy() for w in before], [w.copy() for w in before]
            up[number][index] += 1e-6
            down[number][index] -= 1e-6
            slope = (loss_in_numpy(agent, up, batch) - loss_in_numpy(agent, down, batch)) / 2e-6
            assert before[number][index] - after.numpy()[index] == pytest.approx(slope, rel=2e-3, abs=1e-4)
            squares += slope**2
    assert report[REPORTED.index("gradient_norm")] == pytest.approx(np.sqrt(squares), rel=1e-3)


def test_a_long_gradient_is_shortened_and_a_short_one_is_left(by_hand):
    moved = {}
    for limit in (0.1, 100.0, math.inf):
        agent = with_plain_gradient_descent(make_agent(max_gradient_norm=limit, entropy=0.1), 1.0)
        for part, like in ((agent.network, by_hand[0].network), (agent.critic, by_hand[0].critic)):
            part.set_weights(like.get_weights())
        before = [weight.numpy() for weight in agent.weights]
        norm = agent._gradient_step(*by_hand[1]).numpy()[-1]
        moved[limit] = [now.numpy() - then for now, then in zip(agent.weights, before, strict=True)]
        length = np.sqrt(sum((step**2).sum() for step in moved[limit]))
        assert norm > 0.5 and length == pytest.approx(min(limit, norm), rel=1e-4)
    assert bits(moved[100.0]) == bits(moved[math.inf])
    for short, long in zip(moved[0.1], moved[math.inf], strict=True):
        np.testing.assert_allclose(short, 0.1 / norm * long, rtol=1e-3, atol=1e-7)


# ------------------------------------------------------------------------------------------- one update, step by step


def filled(agent: PPO, seed=0, **changes) -> PPO:
    rng = np.random.default_rng(seed)
    for _ in range(agent.config.rollout_steps):
        agent.rollout.add(a_step(rng, agent, **changes))
    return agent


def test_advantages_by_hand_with_both_flags_within_the_rollout():
    """V(obs) = obs[0]; gamma = lambda = 1/2, so that a TD error counts 1/4 of itself one step earlier.

    Environment 0: rewards 1, 2, 4; the first step terminates, with V(next) = 8 that must not be looked at.
        delta: 1 - 2 = -1;  2 + 3 - 4 = 1;  4 + 1 - 6 = -1.  Advantages: -1;  1 - 1/4 = 0.75;  -1.
    Environment 1: rewards 1, 2, 4; the second step is truncated: V(final observation) = 10 counts, the sum stops.
        delta: 1 + 2 - 2 = 1;  2 + 5 - 4 = 3;  4 + 1 - 6 = -1.  Advantages: 1 + 3/4 = 1.75;  3;  -1.
    """
    agent = make_agent()
    agent.critic.set_weights([np.array([[1.0], [0.0]]), np.zeros(1)])
    agent.after_restore()
    seen, then = [[2, 2], [4, 4], [6, 6]], [[8, 4], [6, 10], [2, 2]]
    ends = [[[True, False], [False, False], [False, False]], [[False, False], [False, True], [False, False]]]
    for t, reward in enumerate((1.0, 2.0, 4.0)):
        obs, next_obs = (np.array([[v, 9.0] for v in part[t]]) for part in (seen, then))
        agent.rollout.add(
            Transition(obs, np.zeros(2, int), np.full(2, reward), next_obs, np.array(ends[0][t]), np.array(ends[1][t]))
        )
    value, advantage = agent._advantages()
    np.testing.assert_allclose(value, seen)
    np.testing.assert_allclose(advantage, [[-1, 1.75], [0.75, 3], [-1, -1]])


def test_rewards_are_divided_by_their_scale():
    changes = {"reward": np.array([8.0, -4.0])}
    plain, scaled = filled(make_agent()), filled(make_agent(reward_scale=4.0))
    plain.rollout.reward[:], scaled.rollout.reward[:] = changes["reward"] / 4, changes["reward"]
    np.testing.assert_allclose(scaled._advantages()[1], plain._advantages()[1], rtol=1e-6)


def test_every_epoch_goes_through_all_steps_in_a_new_order():
    agent = make_agent(epochs=3, rollout_steps=30, batch_size=20)
    rows = agent._minibatches()
    assert rows.shape == (9, 20)
    epochs = rows.reshape(3, 60)
    assert all(sorted(epoch) == list(range(60)) for epoch in epochs.tolist())
    assert len({tuple(epoch) for epoch in epochs.tolist()} | {tuple(range(60))}) == 4
    assert not np.array_equal(agent._minibatches(), rows)


def test_at_the_first_gradient_step_the_ratio_is_one():
    agent = with_random_weights(make_agent(hidden=(8,), batch_size=6), np.random.default_rng(0))
    filled(agent)._learn_from_rollout()
    assert agent.report["kl"] == 0 and agent.report["clipped"] == 0
    later = with_random_weights(make_agent(hidden=(8,), batch_size=6, epochs=2), np.random.default_rng(0))
    filled(later)._learn_from_rollout()
    assert later.report["kl"] > 0


@pytest.mark.parametrize("action_space", [CHOICE, NUMBERS], ids=["a choice", "numbers"])
def test_k_steps_in_one_call_are_k_single_ones(action_space):
    changes = {"hidden": (8,), "epochs": 2, "batch_size": 3, "normalise_advantages": True, "action_space": action_space}
    at_once, one_by_one = (with_random_weights(make_agent(**changes), np.random.default_rng(1)) for _ in range(2))
    rollout = filled(at_once).rollout
    value, advantage = at_once._advantages()
    steps = [p.reshape(-1, *p.shape[2:]) for p in (rollout.obs, rollout.action, value, advantage, value + advantage)]
    rows = at_once._minibatches()
    reports = at_once._gradient_steps(rows, *steps).numpy()
    obs, action, *numbers = steps
    old = one_by_one.policy(obs).log_prob(action).astype(np.float32)
    singly = [one_by_one._gradient_step(*(part[r] for part in (obs, action, old, *numbers))).numpy() for r in rows]
    np.testing.assert_allclose(reports, singly, rtol=1e-3, atol=1e-5)
    for ours, theirs in zip(at_once.weights, one_by_one.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def test_nothing_is_learnt_until_the_rollout_is_full_and_then_it_is_forgotten():
    agent, rng = make_agent(), np.random.default_rng(0)
    for update in range(1, 4):
        for _ in range(2):
            before = bits(agent.weights)
            agent.learn_many(a_step(rng, agent))
            assert bits(agent.weights) == before
        agent.learn_many(a_step(rng, agent))
        assert bits(agent.weights) != before
        assert (agent.num_updates, agent.num_steps, agent.rollout.num_added) == (update, 6 * update, 0)


@pytest.mark.parametrize(("decay_steps", "still_moves"), [(12, False), (17, False), (18, True), (None, True)])
def test_the_learning_rate_falls_to_zero_only_where_it_is_told_to(decay_steps, still_moves):
    """Two updates of 6 env steps each; does the third move anything?"""
    agent, rng = make_agent(decay_steps=decay_steps, epochs=2, batch_size=3), np.random.default_rng(0)
    for _ in range(2 * 3):
        agent.learn_many(a_step(rng, agent))
    before = bits(agent.weights)
    for _ in range(3):
        agent.learn_many(a_step(rng, agent))
    assert (bits(agent.weights) != before) == still_moves


def test_only_what_has_been_learnt_from_changes_the_scale_of_observations():
    agent, rng = make_agent(normalise_obs=True), np.random.default_rng(0)
    seen = []
    for step in range(1, 7):
        transition = a_step(rng, agent)
        seen.append(transition.obs.astype(np.float32))
        agent.act_many(100 * transition.obs)
        agent.learn_many(transition)
        learnt = np.concatenate(seen[: 3 * (step // 3)]) if step >= 3 else np.zeros((0, 2))
        assert agent.normaliser.count == len(learnt)
        if len(learnt):
            np.testing.assert_allclose(agent.normaliser.mean, learnt.mean(axis=0), rtol=1e-6)
            np.testing.assert_allclose(agent.normaliser.variance, learnt.var(axis=0), rtol=1e-6)
    obs = np.array([0.3, -0.4])
    outputs = agent.network(agent.normaliser(obs)[None]).numpy()[0]
    np.testing.assert_allclose(agent.policy(obs).log_probs, Categorical(outputs).log_probs, rtol=1e-5)


# ---------------------------------------------------------------------------------------------------------- acting


@pytest.mark.parametrize("action_space", [CHOICE, NUMBERS], ids=["a choice", "numbers"])
def test_acting_uses_the_newest_weights_and_gives_what_the_space_asks_for(action_space):
    agent, rng = make_agent(action_space=action_space, hidden=(8, 8)), np.random.default_rng(0)
    obs = rng.normal(size=(4, 2))
    for _ in range(2):
        for _ in range(3):
            agent.learn_many(a_step(rng, agent))
        outputs = agent.network(obs).numpy()
        best = outputs.argmax(axis=1) if agent.kind.is_discrete else outputs[:, :3]
        np.testing.assert_allclose(agent.act_many(obs, explore=False), best, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(agent.values(obs), agent.critic(obs).numpy()[:, 0], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(agent.act(obs[1], explore=False), best[1], rtol=1e-4, atol=1e-6)
    for explore in (True, False):
        action = agent.act(obs[0], explore)
        assert action_space.contains(action) if agent.kind.is_discrete else action.shape == (3,)
        assert agent.act_many(obs, explore).dtype == agent.kind.dtype
    assert agent.values(obs.reshape(2, 2, 2)).shape == (2, 2)


def test_acting_greedily_draws_nothing_and_exploring_draws_as_often_as_the_policy_says():
    agent = with_random_weights(make_agent(), np.random.default_rng(1))
    obs = np.array([0.3, -0.8])
    before = agent.rng.bit_generator.state
    assert len({agent.act(obs, explore=False) for _ in range(20)}) == 1
    assert agent.rng.bit_generator.state == before
    share = agent.act_many(np.tile(obs, (20_000, 1))).mean()
    assert abs(share - agent.policy(obs).probs[1]) < 4 * 0.5 / np.sqrt(20_000)


def test_a_gaussian_begins_with_the_spread_that_it_is_given():
    agent = make_agent(action_space=NUMBERS, first_std=0.25, hidden=(8,))
    np.testing.assert_allclose(agent.policy(np.ones((5, 2))).std, 0.25, rtol=1e-6)
    assert np.abs(agent.policy(np.ones(2)).mean).max() < 0.05


def test_the_start_is_orthogonal_unless_it_is_not_to_be():
    for first, last in [(make_agent(hidden=(16, 16)).network, 0.01), (make_agent(hidden=(16, 16)).critic, 1.0)]:
        _, square, head = (layer.kernel.numpy() for layer in first.layers)
        np.testing.assert_allclose(square @ square.T, 2 * np.eye(16), atol=1e-5)
        np.testing.assert_allclose(head.T @ head, last**2 * np.eye(head.shape[1]), atol=1e-5)
    kernels = [layer.kernel.numpy() for layer in make_agent(hidden=(16, 16), orthogonal_start=False).network.layers]
    assert np.abs(kernels[1]).max() < np.sqrt(6 / 32) and np.abs(kernels[1] @ kernels[1].T - np.eye(16)).max() > 0.1
    assert np.abs(kernels[2]).max() > 0.1


# ------------------------------------------------------------------------------------------------- seeds and state

QUICK = {"hidden": (8,), "num_envs": 4, "rollout_steps": 16, "epochs": 2, "batch_size": 32, "decay_steps": 2_000}


def cartpole(seed, **changes):
    envs = make_many("CartPole-v1", 4)
    return envs, PPO(envs.single_observation_space, envs.single_action_space, PPOConfig(**QUICK | changes), seed)


def test_one_seed_gives_one_run_bit_for_bit_compiled_beforehand_or_not():
    runs = []
    for seed, beforehand in ((1, False), (1, True), (2, False)):
        envs, agent = cartpole(seed)
        if beforehand:
            agent.compile()
        history = train(envs, agent, 400, seed=7, progress=False)
        runs.append((bits(agent.weights), history.returns.tolist()))
    assert runs[0] == runs[1]
    assert runs[0][0] != runs[2][0] and runs[0][1] != runs[2][1]


def test_a_restored_agent_goes_on_to_the_bit():
    envs, agent = cartpole(0)
    train(envs, agent, 200, seed=1, progress=False)
    assert 0 < agent.rollout.num_added < 16  # in mid-rollout
    _, other = cartpole(99)  # another seed: everything must come from the saved arrays
    restorer(other, state_of(agent))()
    obs = np.array([0.5, -1.0, 0.1, 1.0])
    assert other.policy(obs).log_probs.tolist() == agent.policy(obs).log_probs.tolist()
    runs = []
    for one in (agent, other):
        runs.append(train(make_many("CartPole-v1", 4), one, 300, seed=2, progress=False).returns.tolist())
    assert runs[0] == runs[1]
    ours, theirs = state_of(agent), state_of(other)
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


# -------------------------------------------------------------------------------------------------- errors in words


@pytest.mark.parametrize(
    "space",
    [spaces.Discrete(2, start=1), spaces.MultiDiscrete([2, 2]), spaces.Box(-1, 1, (2, 2)), spaces.MultiBinary(3)],
)
def test_other_action_spaces_are_refused(space):
    said = r"one of A actions \(a Discrete space, counted from 0\) or A numbers \(a Box of shape \(A,\)\); .* was "
    with pytest.raises(TypeError, match=said + re.escape(str(space))):
        make_agent(action_space=space)


@pytest.mark.parametrize("space", [spaces.Discrete(5), spaces.Box(0, 1, (3, 3)), spaces.Dict()])
def test_other_observation_spaces_are_refused(space):
    with pytest.raises(TypeError, match=r"a Box of shape \(O,\).* was " + re.escape(str(space)[:8])):
        PPO(space, CHOICE, PPOConfig(**SMALL), 0)


def test_a_config_of_another_kind_is_refused():
    with pytest.raises(TypeError, match=r"`config` must be a PPOConfig; it was \{'gamma': 0.9\}"):
        PPO(TWO_NUMBERS, CHOICE, {"gamma": 0.9}, 0)


def test_minibatches_that_do_not_divide_the_rollout_are_refused_with_one_that_does():
    said = r"5 steps in 8 environments has 40 steps, which minibatches of 12 do not divide: .* such as 10\."
    with pytest.raises(ValueError, match=said):
        PPOConfig(num_envs=8, rollout_steps=5, batch_size=12)


@pytest.mark.parametrize(
    ("field", "value"),
    [(name, 0) for name in ("num_envs", "rollout_steps", "epochs", "batch_size", "decay_steps")]
    + [("num_envs", 2.5), ("gamma", 1.1), ("lambda_", -0.1), ("clip", 0), ("clip", np.nan), ("value_clip", -1)]
    + [("max_gradient_norm", 0), ("learning_rate", 0), ("reward_scale", 0), ("entropy", -0.1), ("value_weight", -1)]
    + [("first_std", 0.0), ("adam_epsilon", 0.0), ("epochs", True)],
)
def test_a_number_that_cannot_be_is_refused(field, value):
    with pytest.raises(ValueError, match=rf"`{field}` must .*it was {value}\."):
        PPOConfig(**{field: value})


def test_a_learning_rate_that_is_zero_at_once_and_a_batch_of_one_are_refused():
    with pytest.raises(ValueError, match=r"0 before the first update, which comes after 2048 env steps: .* was 100\."):
        PPOConfig(decay_steps=100)
    with pytest.raises(ValueError, match="One step alone cannot be normalised"):
        PPOConfig(batch_size=1)


def test_an_unknown_field_is_answered_with_the_nearest_one():
    with pytest.raises(TypeError, match=r"no field `gae_lambda`\. Did you mean `lambda_`"):
        PPOConfig(gae_lambda=0.9)


def test_rows_that_are_missing_are_refused_in_words():
    agent, rng = make_agent(), np.random.default_rng(0)
    whole = a_step(rng, agent)
    said = r"learns from 2 transitions at a time.*`num_envs`.*given was {}\. .*make_many\(env_id, 2\)"
    with pytest.raises(ValueError, match=said.format("1")):
        agent.learn_many(Transition(*(part[:1] for part in whole)))
    with pytest.raises(ValueError, match=said.format("a single one")):
        agent.learn_many(Transition(*(part[0] for part in whole)))
    with pytest.raises(ValueError, match=r"`obs` must have the shape \(2, 2\); its shape was \(2, 3\)"):
        agent.learn_many(whole._replace(obs=np.zeros((2, 3))))
    assert agent.num_steps == 0 and agent.rollout.num_added == 0


@pytest.mark.parametrize("name", ["obs", "reward", "next_obs"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_refused_before_it_is_learnt_from(name, value):
    agent, rng = make_agent(), np.random.default_rng(0)
    transition = a_step(rng, agent)
    getattr(transition, name)[1] = value
    with pytest.raises(ValueError, match=rf"`{name}` of environment 1 is not finite: .*{value}"):
        agent.learn_many(transition)
    assert agent.rollout.num_added == 0


def test_one_environment_is_answered_in_words():
    import gymnasium as gym

    _, agent = cartpole(0)
    with pytest.raises(TypeError, match=r"PPO learns from many environments at once, and `env` is one.*make_many"):
        train(gym.make("CartPole-v1"), agent, 10, 0)


def test_environments_that_begin_by_themselves_are_answered_in_words():
    """Gymnasium's usual vector environments spend a step on beginning an episode: then a row is missing."""
    import gymnasium as gym

    _, agent = cartpole(0)
    with pytest.raises(
        ValueError, match=r"learns from 4 transitions at a time.*given was 3.*make_many\(env_id, 4\)"
    ) as error:
        train(gym.make_vec("CartPole-v1", 4), agent, 2_000, 0, progress=False)
    assert error.value.history.env_steps > 0


def test_another_number_of_environments_is_answered_in_words():
    _, agent = cartpole(0)
    with pytest.raises(ValueError, match=r"learns from 4 transitions at a time.*given was 6"):
        train(make_many("CartPole-v1", 6), agent, 100, 0, progress=False)


def test_a_loss_that_explodes_is_named_and_the_history_is_kept():
    envs, agent = cartpole(0, learning_rate=1e30, max_gradient_norm=math.inf, decay_steps=None)
    with pytest.raises(
        FloatingPointError, match=r"The .* became .* at gradient step .* of update .*learning rate"
    ) as error:
        train(envs, agent, 2_000, 0, progress=False)
    assert error.value.history.env_steps > 0
    assert "are not lost" in error.value.__notes__[0]


def test_the_numbers_of_the_recipe_are_those_of_a_fresh_config():
    assert PPOConfig() == CARTPOLE.config
