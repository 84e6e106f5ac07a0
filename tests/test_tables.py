"""Many tables side by side learn what the agents of helpers.agents would learn from the same steps."""

import gymnasium as gym
import numpy as np
import pytest

from helpers.agents import QLearning, Sarsa, TableConfig
from helpers.buffer import Transition
from helpers.envs import MEADOW, MEADOW_RULES, GridWorld, as_arrays
from helpers.tables import Tables

NUM, GAMMA = 3, 0.9
meadow = GridWorld(MEADOW, **MEADOW_RULES)
PAYS = np.array([meadow.rewards.get(letter, meadow.step_reward) for letter in meadow.cells.ravel()])


def half(visits):
    return np.full(len(visits), 0.5)


def shrinking(visits):
    return 10 / (9 + visits)


def tables(seed=0, num=NUM, **options):
    start = {"q": np.zeros((num, 24, 4)), "P": meadow.P, "pays": PAYS, "start": 18, "gamma": GAMMA}
    return Tables(**start | {"alpha": shrinking, "epsilon": half, "rng": np.random.default_rng(seed)} | options)


@pytest.mark.parametrize("sarsa", [False, True], ids=["Q-learning", "SARSA"])
def test_each_table_is_what_an_agent_learns_from_the_same_steps(sarsa):
    first = np.random.default_rng(1).normal(size=(NUM, 24, 4))  # what stands in the row of an end must not count
    side_by_side = tables(q=first, sarsa=sarsa)
    seen = [side_by_side.step() for _ in range(400)]
    spaces = meadow.observation_space, meadow.action_space
    for place in range(NUM):
        agent = (Sarsa if sarsa else QLearning)(*spaces, TableConfig(gamma=GAMMA, alpha=lambda n: 10 / (9 + n)), 0)
        agent.q[:] = first[place]
        steps = [[column[place] for column in step] for step in seen]
        for (obs, action, reward, next_obs, ends), following in zip(steps, [*steps[1:], None], strict=True):
            if sarsa and following is None:
                break
            if sarsa:  # the action that this walker took next
                agent.table.act = lambda obs, explore=True, action=following[1]: int(action)
            agent.learn(Transition(obs, action, reward, next_obs, bool(ends), False))
        mine = side_by_side.q[place]
        if sarsa:
            obs, action = steps[-1][:2]
            agent.q[obs, action] = mine[obs, action]  # its last step was not learnt from
        assert np.allclose(agent.q, mine, rtol=0, atol=1e-12)


def test_rewards_and_places_are_those_of_the_world():
    side_by_side = tables(num=50)
    for _ in range(100):
        obs, action, reward, next_obs, terminated = side_by_side.step()
        assert np.all(meadow.P[obs, action, next_obs] > 0) and np.array_equal(reward, PAYS[next_obs])
        letters = meadow.cells.ravel()[next_obs]
        assert np.array_equal(terminated, (letters == "G") | (letters == "X"))
        assert np.all(side_by_side.obs[terminated] == 18)


def test_what_a_step_pays_may_depend_on_state_and_action():
    P, R = as_arrays(gym.make("CliffWalking-v1"))
    side_by_side = tables(q=np.zeros((20, 48, 4)), P=P, pays=R, start=36)
    for _ in range(50):
        obs, action, reward, *_ = side_by_side.step()
        assert np.array_equal(reward, R[obs, action])


def test_the_clock_sends_a_walker_back_and_cuts_off_nothing():
    side_by_side = tables(q=np.ones((1, 24, 4)), max_steps=2, epsilon=lambda n: np.zeros(len(n)), gamma=1.0)
    obs, *_, terminated = side_by_side.step()
    assert obs[0] == 18 and not terminated[0] and side_by_side.length[0] == 1
    obs, action, reward, _, terminated = side_by_side.step()
    assert not terminated[0] and side_by_side.obs[0] == 18 and side_by_side.length[0] == 0
    assert side_by_side.q[0, obs[0], action[0]] == pytest.approx(reward[0] + 1)  # the first step size is 1


def test_a_fixed_table_may_decide_what_is_tried():
    always_first = np.eye(4)[np.zeros(24, int)]
    side_by_side = tables(
        q=-np.tile(always_first, (NUM, 1, 1)), acts_by=always_first, epsilon=lambda n: np.zeros(len(n))
    )
    assert all(np.all(side_by_side.step()[1] == 0) for _ in range(50))


def test_a_fixed_table_may_choose_the_action_in_the_target():
    first = np.random.default_rng(1).normal(size=(NUM, 24, 4))
    aims = np.random.default_rng(2).normal(size=(24, 4))
    side_by_side = tables(q=first, aims_by=aims, alpha=lambda n: np.ones(len(n)))
    obs, action, reward, next_obs, terminated = side_by_side.step()
    after = first[np.arange(NUM), next_obs, aims[next_obs].argmax(axis=1)]
    assert np.allclose(side_by_side.q[np.arange(NUM), obs, action], reward + GAMMA * ~terminated * after)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"q": np.zeros((24, 4))}, "for each walker"),
        ({"pays": PAYS[:3]}, "`pays` must be"),
        ({"acts_by": np.zeros((3, 24, 4))}, "`acts_by` must be one table"),
        ({"aims_by": np.zeros((24, 4)), "sarsa": True}, "leave `aims_by` out"),
    ],
)
def test_what_does_not_fit_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        tables(**options)
