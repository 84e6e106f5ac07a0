"""The records of notebooks 05 and 06: a piece of each, drawn by chance, is made again; and what they stand on."""

import numpy as np

from evidence import levers, limits, rivals, table_costs, table_on_cartpole
from evidence.side_by_side import ManySearches, ManyTilings, MoreSensors, TilingsConfig
from helpers.agents import QLearning, TableConfig, constant
from helpers.buffer import Transition
from helpers.envs import make_many
from helpers.evaluation import mean_interval
from helpers.records import load_record, recorded_like_here
from helpers.statistics import fisher_p_values

RNG = np.random.default_rng()


def test_some_pulls_of_the_levers_are_made_again():
    arrays, _ = load_record(levers.PATH)
    for step_size in levers.STEP_SIZES:
        place, seed = int(RNG.integers(len(arrays[f"{step_size}/methods"]))), int(RNG.choice(levers.SEEDS))
        method, number = str(arrays[f"{step_size}/methods"][place]), float(arrays[f"{step_size}/numbers"][place])
        lost = levers.regret(method, number, step_size, seed)[-1]
        assert np.isclose(lost, arrays[f"{step_size}/regret"][place, seed]), f"{step_size}, {method}, seed {seed}"


def test_the_numbers_of_the_levers_are_the_best_that_were_tried():
    arrays, _ = load_record(levers.PATH)
    tried = [method for method, numbers in levers.NUMBERS.items() if len(numbers) > 1]
    for step_size in levers.STEP_SIZES:
        chosen = dict(zip(arrays[f"{step_size}/methods"], arrays[f"{step_size}/numbers"], strict=True))
        for method, losses in zip(tried, arrays[f"{step_size}/tuning"], strict=True):
            assert chosen[method] == levers.NUMBERS[method][losses.mean(axis=1).argmin()]
    assert not set(levers.SEEDS) & set(levers.TUNING_SEEDS)


def test_the_beginning_of_the_rivals_record_is_made_again():
    arrays, provenance = load_record(rivals.PATH)
    agent = ManySearches(rivals.NUM_RUNS, 4, rivals.SEED)
    found = rivals.run(agent, "plain", rivals.NUM_RUNS, rivals.SEED, rivals.MEASURE_EVERY)["greedy_returns"][:, 0]
    recorded = arrays["search/plain/greedy_returns"][:, 0]
    if recorded_like_here(provenance):
        assert np.array_equal(found, recorded)
    else:
        low, high = mean_interval(recorded, confidence=0.999)
        assert low < found.mean() < high


def test_tables_side_by_side_are_as_good_as_those_that_learnt_alone():
    """Two programs, one method: the record of the tables was made one by one, with another agent."""
    arrays, _ = load_record(rivals.PATH)
    alone, _ = load_record(table_on_cartpole.PATH)
    solved = [
        int((runs.mean(axis=1) >= 475).sum())
        for runs in (alone["all_four/final_returns"], arrays["table/plain/final_returns"])
    ]
    assert fisher_p_values(20)[*solved] > 0.05, solved


def test_what_spoils_a_table_with_wide_limits_is_the_angular_velocity():
    """Notebook 06 names the cause: with that sensor alone wide, fewer tables solve the task than with two others."""
    arrays, provenance = load_record(limits.PATH)
    assert provenance["config"]["wider"] == {name: list(factors) for name, factors in limits.WIDER.items()}
    solved = dict(zip(arrays["wider"], (arrays["final_returns"].mean(axis=2) >= 475).sum(axis=1), strict=True))
    assert fisher_p_values(limits.NUM_RUNS)[solved["position and angle"], solved["angular velocity"]] < 0.05, solved


# --- what it stands on ----------------------------------------------------------------------------------------------


def test_one_tiling_is_a_table_of_q_learning():
    """The same transitions: rows as `Discretise` has them, values as `QLearning` has them."""
    bins, steps = (3, 4, 5, 2), 200
    config = TilingsConfig(table_on_cartpole.LIMITS, bins, 1, alpha=0.3, initial_q=7.0)
    many = ManyTilings(2, config, 0)
    wrapped = table_on_cartpole.Discretise(
        table_on_cartpole.gym.make(table_on_cartpole.ENV_ID),
        table_on_cartpole.even_edges(bins, table_on_cartpole.LIMITS),
    )
    alone = [
        QLearning(wrapped.observation_space, wrapped.action_space, TableConfig(0.99, constant(0.3), initial_q=7.0), 0)
        for _ in range(2)
    ]
    rng = np.random.default_rng(1)
    for _ in range(steps):
        obs, next_obs = rng.normal(scale=table_on_cartpole.LIMITS, size=(2, 2, 4))
        action, reward, terminated = rng.integers(2, size=2), rng.normal(size=2), rng.random(2) < 0.2
        many.learn_many(Transition(obs, action, reward, next_obs, terminated, np.zeros(2, bool)))
        for n in range(2):
            rows = wrapped.observation(obs[n]), wrapped.observation(next_obs[n])
            alone[n].learn(Transition(rows[0], action[n], reward[n], rows[1], terminated[n], False))
    assert np.allclose(many.q.reshape(2, -1, 2), [one.q for one in alone], atol=1e-4)


def test_eight_tilings_have_the_rows_of_the_tile_coding_that_was_written_before():
    config = TilingsConfig(table_on_cartpole.LIMITS, (8,) * 4, 8)
    many = ManyTilings(1, config, 0)
    one = table_costs.TileCoding(table_on_cartpole.LIMITS, 8, 8, 0.1, 0)
    for obs in np.random.default_rng(0).normal(scale=table_on_cartpole.LIMITS, size=(50, 4)):
        digits = np.array(np.unravel_index(many.rows(obs[None])[0] - many.first[0], (8,) * 4))  # (O, T)
        assert np.array_equal(8 ** np.arange(4) @ digits, one.rows(obs))  # there the first sensor counts fastest


def test_a_lamp_stays_for_an_episode_and_says_whether_the_wires_are_crossed():
    envs, plain = MoreSensors(make_many("CartPole-v1", 40), crossed=True), make_many("CartPole-v1", 40)
    obs, _ = envs.reset(seed=3)
    plain.reset(seed=3)
    lamp = obs[:, 4]
    assert set(lamp) == {-1.0, 1.0}
    for _ in range(5):
        obs, *_ = envs.step(np.ones(40, int))
        same, *_ = plain.step((lamp > 0).astype(int))
        assert np.array_equal(obs[:, :4], same) and np.array_equal(obs[:, 4], lamp)
    mask = np.arange(40) < 20
    obs, _ = envs.reset(options={"reset_mask": mask})
    assert np.array_equal(obs[20:, 4], lamp[20:]) and not np.array_equal(obs[:20, 4], lamp[:20])


def test_useless_sensors_change_with_each_step_and_stay_within_their_bounds():
    envs = MoreSensors(make_many("CartPole-v1", 30), num_useless=2)
    seen = [envs.reset(seed=0)[0]] + [envs.step(np.ones(30, int))[0] for _ in range(4)]
    useless = np.array(seen)[..., 4:]
    assert useless.shape == (5, 30, 2) and np.abs(useless).max() <= 1
    assert len(np.unique(useless)) == useless.size
    assert all(envs.observation_space.contains(obs) for obs in seen)


def test_a_search_keeps_the_weights_that_lived_longest():
    agent = ManySearches(2, 3, 0)
    first = agent.weights.copy()

    def steps(number, fell):
        for step in range(number):
            last = np.array(fell) & (step == number - 1)
            agent.learn_many(Transition(None, None, None, None, last, np.zeros(2, bool)))

    steps(5, (True, True))
    second = agent.weights.copy()
    assert np.array_equal(agent.best, first) and not np.array_equal(first, second)
    steps(8, (True, False))
    assert np.array_equal(agent.best, second)
    steps(3, (False, False))
    assert np.array_equal(agent.best, second) and np.array_equal(agent.weights[1], second[1])
