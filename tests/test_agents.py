"""The agents that need no network: one update on paper, their clockwork, their words, and that they learn."""

import json
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from helpers.agents import (
    GreedyAgent,
    HandMadeAgent,
    QLearning,
    RandomAgent,
    Sarsa,
    TableConfig,
    agent_generator,
    constant,
    num_actions_of,
    num_states_of,
    split_rows,
    ten_percent_random,
)
from helpers.buffer import Transition
from helpers.envs import Corridor, GridWorld, as_arrays
from helpers.exact import expected_return, policy_evaluation, value_iteration
from helpers.loop import train
from helpers.parts import restorer, state_of
from helpers.updates import td_error

S, A = spaces.Discrete(3), spaces.Discrete(2)
LEARNERS = (QLearning, Sarsa)
each_learner = pytest.mark.parametrize("make", LEARNERS)
SEEDS = st.integers(0, 2**32 - 1)


def at_random(q, counts, step, rng) -> int:
    """Every action equally often."""
    return int(rng.integers(len(q)))


def always_1(q, counts, step, rng) -> int:
    """Action 1, whatever is known."""
    return 1


@st.composite
def transitions(draw, num_states=3, num_actions=2):
    """One transition between any two of the observations."""
    return Transition(
        draw(st.integers(0, num_states - 1)),
        draw(st.integers(0, num_actions - 1)),
        draw(st.floats(-10, 10)),
        draw(st.integers(0, num_states - 1)),
        draw(st.booleans()),
        draw(st.booleans()),
    )


def bits(agent) -> dict[str, bytes]:
    """Everything that learning and acting change, byte for byte."""
    return {name: value.tobytes() for name, value in state_of(agent).items()}


# --- by hand --------------------------------------------------------------------------------------------------------


def test_two_updates_of_q_learning_by_hand():
    agent = QLearning(S, A, TableConfig(gamma=0.5, alpha=constant(0.1)), 0)
    agent.q[:] = [[1.0, 2.0], [4.0, 6.0], [0.0, 0.0]]
    # target = 3 + 0.5 * max(4, 6) = 6; error = 6 - 1 = 5; q[0, 0] = 1 + 0.1 * 5 = 1.5
    agent.learn(Transition(0, 0, 3.0, 1, False, False))
    assert agent.q.tolist() == [[1.5, 2.0], [4.0, 6.0], [0.0, 0.0]]
    # The end: target = -2, whatever stands in row 0; error = -2 - 6 = -8; q[1, 1] = 6 - 0.8 = 5.2
    agent.learn(Transition(1, 1, -2.0, 0, True, False))
    np.testing.assert_allclose(agent.q, [[1.5, 2.0], [4.0, 5.2], [0.0, 0.0]])
    assert agent.counts.tolist() == [[1, 0], [0, 1], [0, 0]]
    assert agent.num_steps == 2


@each_learner
def test_a_time_limit_is_no_end(make):
    agent = make(S, A, TableConfig(gamma=0.5, alpha=constant(1.0), policy=always_1), 0)
    agent.q[:] = [[0.0, 0.0], [4.0, 6.0], [0.0, 0.0]]
    # truncated: the world would have gone on, so the target is 3 + 0.5 * 6 = 6 as ever
    agent.learn(Transition(0, 0, 3.0, 1, False, True))
    assert agent.q[0, 0] == 6.0


def test_one_update_of_sarsa_by_hand():
    def always_0(q, counts, step, rng):
        return 0

    agent = Sarsa(S, A, TableConfig(gamma=0.5, alpha=constant(0.1), policy=always_0), 0)
    agent.q[:] = [[1.0, 2.0], [4.0, 6.0], [0.0, 0.0]]
    # It will take action 0 next: target = 3 + 0.5 * 4 = 5; error = 4; q[0, 0] = 1.4 (Q-learning would say 1.5)
    agent.learn(Transition(0, 0, 3.0, 1, False, False))
    np.testing.assert_allclose(agent.q, [[1.4, 2.0], [4.0, 6.0], [0.0, 0.0]])


def test_the_step_size_is_asked_for_the_number_of_the_visit():
    asked = []
    agent = QLearning(S, A, TableConfig(gamma=0.0, alpha=lambda visits: asked.append(int(visits)) or 1 / visits), 0)
    for reward in (6.0, 0.0, 3.0):
        agent.learn(Transition(2, 1, reward, 0, True, False))
    agent.learn(Transition(0, 0, 1.0, 0, True, False))
    assert asked == [1, 2, 3, 1]  # counted for each entry on its own
    assert agent.q[2, 1] == pytest.approx((6 + 0 + 3) / 3)  # a step of 1/n keeps the mean


@given(visits=st.integers(1, 10**9), value=st.floats(0.001, 1))
def test_constant_is_constant(visits, value):
    assert constant(value)(visits) == value


def test_ten_percent_random_is_epsilon_greedy_with_a_tenth():
    rng = np.random.default_rng(0)
    chosen = [ten_percent_random(np.array([0.0, 1.0]), None, 0, rng) for _ in range(10_000)]
    assert abs(np.mean(chosen) - 0.95) < 5 * np.sqrt(0.95 * 0.05 / 10_000)  # 0.9 + 0.1 / 2


def test_the_policy_is_given_the_row_its_counts_the_step_and_the_generator():
    seen = []

    def policy(q, counts, step, rng):
        seen.append((q.tolist(), counts.tolist(), step, rng))
        return 1

    agent = QLearning(S, A, TableConfig(gamma=0.0, alpha=constant(0.5), policy=policy), 0)
    agent.learn(Transition(2, 1, 4.0, 0, True, False))
    assert agent.act(2) == 1
    assert seen == [([0.0, 2.0], [0, 1], 1, agent.rng)]


# --- clockwork ------------------------------------------------------------------------------------------------------


@each_learner
@given(experience=st.lists(transitions(), max_size=20), obs=st.integers(0, 2), seed=SEEDS)
def test_acting_without_exploring_is_greedy_and_changes_nothing(make, experience, obs, seed):
    agent = make(S, A, TableConfig(), seed)
    for transition in experience:
        agent.learn(transition)
    before = bits(agent)  # the generator is in it
    action = agent.act(obs, explore=False)
    assert agent.q[obs, action] == agent.q[obs].max()
    assert action == agent.act(obs, explore=False)
    assert bits(agent) == before


@each_learner
def test_acting_does_draw_when_it_explores(make):
    agent = make(S, A, TableConfig(policy=at_random), 0)
    before = bits(agent)
    actions = {agent.act(0) for _ in range(50)}
    assert actions == {0, 1}
    assert bits(agent) != before


@each_learner
@given(experience=st.lists(transitions(), max_size=20), seed=SEEDS)
def test_the_seed_decides_everything(make, experience, seed):
    def life(seed):
        agent = make(S, A, TableConfig(policy=at_random), seed)
        return [agent.learn(transition) or agent.act(transition.next_obs) for transition in experience], bits(agent)

    assert life(seed) == life(seed)


@each_learner
def test_same_seed_same_table_in_a_real_world(make):
    def table(seed):
        env = gym.make("FrozenLake-v1")
        agent = make(env.observation_space, env.action_space, TableConfig(policy=at_random), seed)
        train(env, agent, 2_000, 0)
        return agent.q.tobytes()

    assert table(3) == table(3)
    assert table(3) != table(4)  # or the seed would not reach the agent


@each_learner
@given(transition=transitions(), gamma=st.floats(0, 1), alpha=st.floats(0, 1), seed=SEEDS)
def test_one_step_of_experience_changes_one_entry(make, transition, gamma, alpha, seed):
    agent = make(S, A, TableConfig(gamma=gamma, alpha=constant(alpha)), seed)
    agent.q[:] = np.random.default_rng(seed).normal(size=(3, 2))
    before = agent.q.copy()
    agent.learn(transition)
    changed = agent.q != before
    changed[transition.obs, transition.action] = False
    assert not changed.any()


@given(experience=st.lists(transitions(), max_size=40), gamma=st.floats(0, 0.9), seed=SEEDS)
def test_no_entry_leaves_the_range_of_possible_returns(experience, gamma, seed):
    # Rewards lie within 10 of 0, so no return can exceed 10 / (1 - gamma); nor can an estimate that starts inside.
    agent = QLearning(S, A, TableConfig(gamma=gamma, alpha=constant(0.5)), seed)
    for transition in experience:
        agent.learn(transition)
    assert np.all(np.abs(agent.q) <= 10 / (1 - gamma) + 1e-9)


@given(experience=st.lists(transitions(), min_size=1, max_size=30), seed=SEEDS)
def test_sarsa_takes_the_action_it_learnt_with(experience, seed):
    agent = Sarsa(S, A, TableConfig(gamma=1.0, alpha=constant(1.0), policy=at_random), seed)
    for transition in experience:
        agent.q[:] = np.arange(6).reshape(3, 2) * 1000.0  # from the target one can read which action was used
        agent.learn(transition)
        obs, action, reward, next_obs, terminated, truncated = transition
        if terminated or truncated:
            assert agent.next_action is None  # another episode begins elsewhere: nothing has been chosen for it
            continue
        used = round((agent.q[obs, action] - reward - 2000 * next_obs) / 1000)
        generator = json.dumps(agent.table.rng.bit_generator.state)
        assert agent.act(next_obs) == used
        assert json.dumps(agent.table.rng.bit_generator.state) == generator  # taken, not drawn a second time


def test_sarsa_asked_for_its_best_action_keeps_the_one_it_has_chosen():
    agent = Sarsa(S, A, TableConfig(policy=always_1), 0)
    agent.learn(Transition(0, 0, 1.0, 1, False, False))
    agent.q[1] = [5.0, 0.0]
    assert agent.act(1, explore=False) == 0  # the best
    assert agent.act(1) == 1  # the one it learnt with is still to come


@each_learner
@given(before=st.lists(transitions(), max_size=15), after=st.lists(transitions(), max_size=15), seed=SEEDS)
def test_state_and_restore_give_the_same_future(make, before, after, seed):
    def live(agent, experience):
        return [agent.learn(transition) or agent.act(transition.next_obs) for transition in experience]

    config = TableConfig(policy=at_random, alpha=lambda visits: 1 / visits)
    agent = make(S, A, config, seed)
    for transition in before:
        agent.learn(transition)
    saved = {name: value.copy() for name, value in state_of(agent).items()}
    restored = make(S, A, config, seed + 1)
    restorer(restored, saved)()
    assert bits(restored) == bits(agent)
    assert live(restored, after) == live(agent, after)
    assert bits(restored) == bits(agent)


@each_learner
def test_a_restored_agent_shares_no_memory(make):
    agent, restored = make(S, A, TableConfig(), 0), make(S, A, TableConfig(), 0)
    restorer(restored, state_of(agent))()
    restored.learn(Transition(0, 0, 1.0, 1, False, False))
    assert not agent.q.any()


@given(seed=SEEDS, num_actions=st.integers(1, 5))
def test_the_random_agent_is_random_and_does_not_learn(seed, num_actions):
    agent, again = (RandomAgent(spaces.Discrete(num_actions), seed) for _ in range(2))
    actions = [agent.act(None) for _ in range(200)]
    agent.learn(Transition(0, 0, 1.0, 0, False, False))
    assert actions == [again.act(None, explore=False) for _ in range(200)]
    assert set(actions) == set(range(num_actions))


def test_the_hand_made_agent_follows_its_rule():
    agent = HandMadeAgent(lambda obs: obs[1] > 0)
    agent.learn(Transition(0, 0, 1.0, 0, False, False))
    assert [agent.act([0, 1]), agent.act([0, -1], explore=False)] == [1, 0]
    assert type(agent.act([0, 1])) is int


# --- they learn, and a broken one does not --------------------------------------------------------------------------

GRID = GridWorld(["..G", "S.X"], slip=0.2)
EXACT = value_iteration(GRID.P, GRID.R, 0.9)
# Every entry starts at 2, above every return: an estimate that was never mended shows.
LEARNS = TableConfig(gamma=0.9, alpha=lambda visits: visits**-0.6, policy=at_random, initial_q=2.0)
FREE = np.isin(GRID.cells.ravel(), ["S", "."])  # where something is to be decided


class WithoutTheMask(QLearning):
    """The article's equation word for word: what follows the end counts."""

    def learn(self, transition):
        super().learn(transition._replace(terminated=False))


class MaximumOverTheWrongAxis(QLearning):
    """The best observation for this action, in place of the best action for that observation."""

    def learn(self, transition):
        obs, action, reward, _, terminated, _ = transition
        self.move_towards(reward + self.config.gamma * (1 - terminated) * self.q[:, action].max(), obs, action)


class TimeLimitIsTheEnd(QLearning):
    """Takes the time limit for the end of the world."""

    def learn(self, transition):
        super().learn(transition._replace(terminated=transition.terminated or transition.truncated))


class MovesAway(QLearning):
    """The sign of the error turned round."""

    def move_towards(self, target, obs, action):
        self.counts[obs, action] += 1
        self.q[obs, action] -= self.config.alpha(self.counts[obs, action]) * td_error(target, self.q[obs, action])


def largest_error(make, seed: int, num_steps: int = 4_000) -> float:
    """How far the learnt table is from Q*, at most."""
    env = gym.wrappers.TimeLimit(GridWorld(["..G", "S.X"], slip=0.2), 3)  # short: truncation must not matter
    agent = make(env.observation_space, env.action_space, LEARNS, seed)
    train(env, agent, num_steps, seed)
    return float(np.abs(agent.q - EXACT)[FREE].max())


@pytest.mark.parametrize("seed", range(5))
def test_q_learning_finds_q_star(seed):
    assert largest_error(QLearning, seed) < 0.4


@pytest.mark.parametrize("broken", [WithoutTheMask, MaximumOverTheWrongAxis, TimeLimitIsTheEnd, MovesAway])
@pytest.mark.parametrize("seed", range(3))
def test_a_broken_twin_does_not(broken, seed):
    with np.errstate(over="ignore", invalid="ignore"):
        assert not largest_error(broken, seed) < 0.6


class LearnsWithAnotherAction(Sarsa):
    """SARSA whose target takes the best action, not the one that is taken: Q-learning in disguise."""

    def learn(self, transition):
        obs, action, reward, next_obs, terminated, truncated = transition
        self.next_action = None if terminated or truncated else self.table.act(next_obs)
        best = self.q[next_obs].max()
        self.table.move_towards(reward + self.table.config.gamma * (1 - terminated) * best, obs, action)


def tables_of_the_random_policy():
    """Q of the policy that acts at random, and Q*."""
    at_each = np.full(GRID.R.shape, 0.25)
    return GRID.R + 0.9 * GRID.P @ policy_evaluation(GRID.P, GRID.R, at_each, 0.9), EXACT


@pytest.mark.parametrize("seed", range(3))
def test_sarsa_learns_the_value_of_what_it_does_and_q_learning_of_what_is_best(seed):
    of_random, of_best = tables_of_the_random_policy()
    assert np.abs(of_random - of_best)[FREE].max() > 0.8  # far apart: neither can pass for the other
    for make, truth in ((Sarsa, of_random), (QLearning, of_best), (LearnsWithAnotherAction, of_best)):
        agent = make(GRID.observation_space, GRID.action_space, LEARNS, seed)
        train(GridWorld(["..G", "S.X"], slip=0.2), agent, 6_000, seed)
        assert np.abs(agent.q - truth)[FREE].max() < 0.3


@each_learner
@pytest.mark.parametrize("seed", range(3))
def test_a_table_finds_the_far_reward(make, seed):
    env = Corridor(4, start=1)
    agent = make(env.observation_space, env.action_space, replace(LEARNS, initial_q=0.0), seed)
    train(env, agent, 2_000, seed)
    assert agent.q[1:5].argmax(axis=1).tolist() == [1, 1, 1, 1]


def test_q_learning_walks_along_the_cliff():
    env = gym.make("CliffWalking-v1")
    agent = QLearning(env.observation_space, env.action_space, TableConfig(gamma=1.0, alpha=constant(0.5)), 0)
    train(env, agent, 12_000, 0)
    assert expected_return(*as_arrays(env), agent.q.argmax(axis=1), 1_000)[36] == -13.0


# --- input that makes no sense --------------------------------------------------------------------------------------

UNCOUNTABLE = [
    spaces.Box(-1, 1, (2,)),
    spaces.Discrete(3, start=1),
    spaces.MultiDiscrete([2, 2]),
    spaces.Tuple([spaces.Discrete(2)]),
    None,
    3,
]


@given(n=st.integers(1, 1_000))
def test_countable_spaces_are_counted(n):
    assert num_states_of(spaces.Discrete(n)) == num_actions_of(spaces.Discrete(n)) == n
    assert type(num_states_of(spaces.Discrete(n))) is type(num_actions_of(spaces.Discrete(n))) is int


@pytest.mark.parametrize("space", UNCOUNTABLE, ids=str)
@each_learner
def test_a_table_for_what_cannot_be_counted_is_refused(make, space):
    with pytest.raises(
        TypeError, match=r"must be Discrete, counted from 0; it was .*Cut a Box into bins first"
    ) as error:
        make(space, A, TableConfig(), 0)
    assert str(space) in str(error.value)
    with pytest.raises(TypeError, match="the action space must be Discrete, counted from 0; it was") as error:
        make(S, space, TableConfig(), 0)
    assert str(space) in str(error.value)


@given(gamma=st.one_of(st.floats(max_value=-1e-9), st.floats(min_value=1 + 1e-9), st.just(float("nan"))))
def test_a_discount_outside_0_to_1_is_refused(gamma):
    with pytest.raises(ValueError, match="`gamma` .* must lie between 0 and 1; it was"):
        TableConfig(gamma=gamma)


@given(alpha=st.floats())
def test_a_step_size_that_is_no_function_is_refused_with_what_to_write(alpha):
    with pytest.raises(TypeError, match="`alpha` is a function of the number of visits; for a fixed one") as error:
        TableConfig(alpha=alpha)
    assert f"constant({alpha})" in str(error.value)


@given(value=st.one_of(st.floats(max_value=-1e-9), st.floats(min_value=1 + 1e-9), st.just(float("nan"))))
def test_a_constant_step_size_outside_0_to_1_is_refused(value):
    with pytest.raises(ValueError, match="A step size must lie between 0 and 1; it was"):
        constant(value)


@pytest.mark.parametrize("policy", [0.1, "greedy", None])
def test_a_policy_that_is_no_function_is_refused(policy):
    with pytest.raises(TypeError, match=r"`policy` is a function \(q, counts, step, rng\) -> action; it was"):
        TableConfig(policy=policy)


@pytest.mark.parametrize("initial_q", [float("nan"), float("inf"), -float("inf")])
def test_a_table_that_starts_with_no_number_is_refused(initial_q):
    with pytest.raises(ValueError, match="`initial_q` must be a finite number; it was"):
        TableConfig(initial_q=initial_q)


@each_learner
def test_a_saved_table_of_another_size_is_refused(make):
    saved = state_of(make(spaces.Discrete(4), A, TableConfig(), 0))
    agent = make(S, A, TableConfig(), 0)
    before = bits(agent)
    with pytest.raises(ValueError, match=r"has the shape \(4, 2\) and the type float64, here it is \(3, 2\)"):
        restorer(agent, saved)
    assert bits(agent) == before


@given(st.integers(0, 2**63))
def test_an_agents_generator_is_not_its_environments(seed):
    """From one seed both are made; drawing the same numbers, the agent would foretell the world."""
    own, again = agent_generator(seed).random(4), agent_generator(seed).random(4)
    assert np.array_equal(own, again)
    assert not np.any(own == np.random.default_rng(seed).random(4))


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4), st.booleans())
def test_a_hand_made_agent_does_what_its_rule_says(obs, explore):
    agent = HandMadeAgent(lambda obs: np.float64(obs[2] > 0))
    assert agent.act(obs, explore) == int(obs[2] > 0)
    assert isinstance(agent.act(obs, explore), int)


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=5), st.integers(0, 1_000))
def test_the_usual_policy_of_a_table_takes_an_action_that_exists(q, seed):
    assert ten_percent_random(np.array(q), None, 0, np.random.default_rng(seed)) in range(len(q))


# --- acting for many --------------------------------------------------------------------------------------------------

MANY_OBS = st.lists(st.integers(0, 2), min_size=1, max_size=6).map(np.array)


@each_learner
@given(experience=st.lists(transitions(), max_size=15), obs=MANY_OBS, seed=SEEDS)
def test_the_greedy_actions_of_many_are_those_of_each(make, experience, obs, seed):
    agent = make(S, A, TableConfig(policy=at_random), seed)
    for transition in experience:
        agent.learn(transition)
    before = bits(agent)
    many = agent.act_many(obs, explore=False)
    assert many.tolist() == [agent.act(one, explore=False) for one in obs.tolist()]
    assert bits(agent) == before


def test_exploring_for_many_draws_as_exploring_for_each():
    agents = [QLearning(S, A, TableConfig(policy=at_random), 0) for _ in range(2)]
    obs = np.arange(20) % 3
    assert agents[0].act_many(obs).tolist() == [agents[1].act(one) for one in obs.tolist()]


@pytest.mark.parametrize(
    "space",
    [
        spaces.Discrete(3),
        spaces.Discrete(3, start=5),
        spaces.Box(-2, 2, (2,)),
        spaces.MultiDiscrete([2, 4]),
        spaces.MultiBinary(3),
    ],
    ids=str,
)
def test_a_random_agent_draws_from_any_space(space):
    agent = RandomAgent(space, seed=0)
    drawn = agent.act_many(np.zeros((400, 4)))
    assert drawn.shape == (400, *space.shape)
    assert all(space.contains(agent.act(None)) for _ in range(50))
    ends = np.unique(drawn) if not isinstance(space, spaces.Box) else drawn
    low, high = (-2, 2) if isinstance(space, spaces.Box) else (ends.min(), ends.max())
    assert ends.min() <= low + 0.1 and ends.max() >= high - 0.1
    if isinstance(space, spaces.Discrete):
        assert ends.tolist() == list(range(space.start, space.start + 3))


def test_a_random_agent_says_where_no_draw_is_fair():
    with pytest.raises(TypeError, match="no action that is as likely as any other in Box"):
        RandomAgent(spaces.Box(-np.inf, np.inf, (2,)), seed=0).act(None)
    with pytest.raises(TypeError, match=r"draws from an action space, `env.action_space`; given was 2"):
        RandomAgent(2, seed=0)


def test_a_hand_made_rule_may_give_numbers_and_a_number_is_not_cut():
    steer = HandMadeAgent(lambda obs: np.array([obs[0], 0.5], np.float32))
    assert steer.act(np.ones(2)).tolist() == [1.0, 0.5]
    assert steer.act_many(np.ones((3, 2))).shape == (3, 2)
    assert HandMadeAgent(lambda obs: 0.7).act(None) == 0.7  # the loop refuses it where a whole number is due
    with pytest.raises(TypeError, match="`rule` is a function obs -> action; it was 1"):
        HandMadeAgent(1)


def test_a_greedy_agent_takes_the_largest_value_whoever_gives_it():
    agent = GreedyAgent(lambda obs: np.stack([obs[:, 0], obs[:, 1]], axis=1))
    assert agent.act_many(np.array([[1.0, 2.0], [3.0, 0.0]])).tolist() == [1, 0]
    assert agent.act(np.array([3.0, 0.0])) == 0
    with pytest.raises(TypeError, match="`q_values` is a function of observations"):
        GreedyAgent(np.zeros(3))


def test_rows_of_a_dict_are_dicts():
    rows = list(split_rows({"obs": np.array([[1, 2], [3, 4]]), "goal": {"x": np.array([5, 6])}}))
    assert [(row["obs"].tolist(), row["goal"]["x"]) for row in rows] == [([1, 2], 5), ([3, 4], 6)]


def test_what_waits_for_the_next_step_can_be_forgotten():
    agent = Sarsa(S, A, TableConfig(policy=lambda q, counts, step, rng: 1), 0)
    agent.learn(Transition(0, 0, 1.0, 1, False, False))
    assert agent.next_action == 1
    agent.forget_episode()
    assert agent.next_action is None
