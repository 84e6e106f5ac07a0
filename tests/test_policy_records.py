"""The records of notebook 16: a piece of each, drawn by chance, is made again; and what the recording stands on."""

from dataclasses import replace

import numpy as np
import pytest

from evidence import policy_advantages, policy_entropy, policy_ladder
from helpers.evaluation import mean_interval
from helpers.records import load_record, recorded_like_here
from helpers.updates import gae

RNG = np.random.default_rng()


def test_one_seed_of_the_entropy_s_record_is_made_again():
    arrays, provenance = load_record(policy_entropy.PATH)
    seed, place = int(RNG.choice(policy_entropy.SEEDS)), int(RNG.integers(len(policy_entropy.BONUSES)))
    found = policy_entropy.record_seed(seed, policy_entropy.BONUSES[place : place + 1])
    for name, values in found.items():
        recorded = arrays[name][:, place]
        if recorded_like_here(provenance):
            assert values[0] == recorded[seed], f"seed {seed}, {name}"
        else:
            assert recorded.min() - 0.1 < values[0] < recorded.max() + 0.1, f"seed {seed}, {name}"


def test_the_beginning_of_the_ladder_is_made_again():
    arrays, provenance = load_record(policy_ladder.PATH)
    found = policy_ladder.climb(policy_ladder.KEEP_EVERY)[:, :, 0]  # (rungs, seeds, D, A) after KEEP_EVERY env steps
    for rung, theta in zip(policy_ladder.RUNGS, found, strict=True):
        recorded = arrays[f"{rung}/theta"][:, 0]
        if recorded_like_here(provenance):
            assert np.array_equal(theta, recorded), rung
        else:
            low, high = mean_interval(np.abs(recorded).max(axis=(1, 2)), confidence=0.999)
            assert low < np.abs(theta).max(axis=(1, 2)).mean() < high, rung


def test_the_ends_of_the_ladder_are_played_again():
    arrays, _ = load_record(policy_ladder.PATH)
    seed, other = 3 * policy_ladder.EVALUATION_SEED, 0.0
    for rung in ("total", "gae"):
        again = policy_ladder.returns_of(arrays[f"{rung}/theta"][:, -1], 20, seed, explore=False).mean()
        assert abs(again - arrays[f"{rung}/final_returns"].mean()) < 25  # other episodes of the same policies
        assert again > other
        other = again


def test_the_first_places_of_the_advantages_are_made_again():
    arrays, provenance = load_record(policy_advantages.PATH)
    found = policy_advantages.gather(num_places=2)
    assert np.allclose(found["critic"], arrays["critic"])
    for name in ("truth", "squared_bias", "variance"):
        if recorded_like_here(provenance):
            assert np.array_equal(found[name], arrays[name][..., :2]), name
        else:
            assert np.allclose(found[name], arrays[name][..., :2], rtol=0.05, atol=0.5), name


def test_what_is_added_up_on_the_way_is_gae():
    """`estimates_from` never keeps a rollout; its sum for one that is known, against `helpers.updates.gae`."""
    place = np.array([0.0, 0.0, 0.2, 2.0], np.float32)  # about to fall: some steps, whatever one does
    critic = np.linspace(-1, 1, 15)
    found = policy_advantages.estimates_from(place, critic, np.random.default_rng(0))
    rng, num_envs = np.random.default_rng(0), 2 * policy_advantages.NUM_ROLLOUTS
    envs = policy_advantages.environments(num_envs)
    envs.reset(seed=0)
    envs.unwrapped.state = np.repeat(place[:, None].astype(float), num_envs, axis=1)
    obs, action = np.repeat(place[None], num_envs, axis=0), np.repeat([0, 1], policy_advantages.NUM_ROLLOUTS)
    rows, alive = [], np.ones(num_envs, bool)
    while alive.any():
        next_obs, reward, terminated, _, _ = envs.step(action)
        values = [policy_advantages.QUADRATIC(o) @ critic for o in (obs, next_obs)]
        rows.append((reward, *values, alive & terminated, np.zeros(num_envs, bool)))
        obs, alive = next_obs, alive & ~terminated
        if alive.any():
            action = policy_advantages.policy(obs).sample(rng)
    rollout = [np.stack(column) for column in zip(*rows, strict=True)]
    for place, lambda_ in enumerate(policy_advantages.LAMBDAS):
        expected = gae(*rollout, policy_advantages.GAMMA, lambda_)[0]
        np.testing.assert_allclose(found[place].ravel(), expected, atol=1e-9)


@pytest.mark.parametrize("rung", ["to_go", "gae"])
def test_agents_side_by_side_learn_each_from_its_own_episodes(rung):
    """Two agents of one seed: their episodes begin elsewhere, so they must come to differ."""
    config = replace(policy_ladder.RUNGS[rung], learning_rate=0.1, batch_steps=100)
    together = policy_ladder.train_together(config, [5, 5], 2_500)  # (N, V, D, A)
    assert together.shape == (2, 1, 5, 2) and not np.array_equal(together[0], together[1])  # other starts
    assert np.allclose(together.sum(axis=-1), 0)  # what one logit gains the other loses
