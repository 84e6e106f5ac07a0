"""The probe worlds for policies pay what they say, and what they hold to be better is better."""

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

from helpers.agents import RandomAgent
from helpers.clinic.policy_verdicts import values_and_visits
from helpers.envs.policy_probe_worlds import AUDITED, BY_NAME, OBS_SIZE, POLICY_PROBES, TIE
from helpers.loop import train

GAMMA = 0.8
Q_BY_HAND = {  # gamma = 0.8, of the first places
    "value": [[1, 1]],
    "observation": [[-1, -1], [2, 2]],
    "two steps": [[0.8, 0.8], [2, 2], [0, 0]],
    "action": [[-1, 1]],
    "one update": [[-1, 1]],
    "observation and action": [[1, -1], [-1, 1]],
    "scale": [[1, -1], [-1, 1]],
    "nothing to choose": [[0.5, 0.5]],
    "later": [[-0.64, 0.64]],
    "end": [[1, 1.3], [1, 1]],
    "cut": [[1, 2], [5, 5]],  # 1 for ever is worth 5; -2 + 0.8 * 5
    "next episode": [[0, 0.192], [0.24, 0.24], [0.3, 0.3]],
}


@pytest.mark.filterwarnings("ignore:.*spec.*")
@pytest.mark.parametrize("probe", [*POLICY_PROBES, AUDITED], ids=lambda probe: probe.name)
def test_worlds_keep_gymnasiums_contract_and_one_agent_fits_all(probe):
    world = probe.make()
    check_env(world, skip_render_check=True)
    assert world.observation_space.shape == (OBS_SIZE,) and world.action_space.n == 2


@pytest.mark.parametrize("name", BY_NAME)
def test_known_answers_are_those_on_paper_and_the_better_action_is_better(name):
    probe, by_hand = BY_NAME[name], np.array(Q_BY_HAND[name])
    q = probe.make().known_q(GAMMA)
    np.testing.assert_allclose(q[: len(by_hand)], by_hand, atol=1e-8)
    for place, best in enumerate(probe.best):
        assert q[place, best] > q[place, 1 - best]
    if name == TIE:
        assert np.ptp(q) == 0


def test_a_random_episode_s_values_and_visits_by_hand():
    """`end`: half go on from place 0, and are worth 0.5 + 0.8 * 1; the others get 1."""
    values, visits = values_and_visits(BY_NAME["end"].make(), np.full((2, 2), 0.5), GAMMA)
    np.testing.assert_allclose(values, [(1 + 1.3) / 2, 1])
    np.testing.assert_allclose(visits, [1, 0.5 * GAMMA])


def test_after_an_episode_that_asks_comes_one_that_pays_one():
    world, starts = BY_NAME["next episode"].make(), []
    world.reset(seed=0)
    for _ in range(10):
        starts.append(world.place)
        world.reset()
    assert starts == [0, 3, 3, 4, 4] * 2
    assert np.array_equal(world.observations[3], world.observations[4])


def test_whoever_sums_on_into_the_next_episode_prefers_the_wrong_action():
    """TD errors by hand, V right but for places 3 and 4, where it is 0: they begin with 1, 1, -1, -1."""
    decay = GAMMA * 0.9
    follows = sum(error * decay**k for k, error in enumerate((1, 1, -1, -1)))
    ends_now, goes_on = 0 + decay * follows, 0.192 + decay**3 * follows
    assert ends_now > goes_on and 0.192 > 0


@pytest.mark.parametrize("name", ["cut", "audited"])
def test_many_worlds_are_cut_and_ended_each_at_its_own_time(name):
    envs = (AUDITED if name == "audited" else BY_NAME[name]).make_many(8)
    assert envs.metadata["autoreset_mode"] == AutoresetMode.DISABLED
    seen = []

    class Watcher(RandomAgent):
        def learn_many(self, transition):
            seen.append((transition.terminated.copy(), transition.truncated.copy()))

    train(envs, Watcher(envs.single_action_space, 0), 400, seed=0, progress=False)
    terminated, truncated = np.array(seen).swapaxes(0, 1)  # (T, E) each
    assert terminated.any() and truncated.any() and not (terminated & truncated).any()
    ended = terminated | truncated
    assert (ended.any(axis=1) & ~ended.all(axis=1)).any()
