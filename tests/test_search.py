"""Spaces, tables, budgets, and the ways to spend them; then the small networks of the digits."""

from functools import partial

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from helpers.agents import QLearning, TableConfig, constant
from helpers.loop import train
from helpers.search import (
    CELLS,
    DIGITS,
    BuildNetwork,
    Controller,
    ControllerConfig,
    Curves,
    NetworkTable,
    Space,
    Trials,
    load_cells,
    local_search,
    random_search,
    regrets,
    regularised_evolution,
    reinforce_search,
    repeated_halving,
    successive_halving,
)
from helpers.search.trials import leaders

SMALL = Space(("first", "second", "third"), (("a", "b", "c"),) * 3)
METHODS = {
    "random": random_search,
    "local": local_search,
    "halving": partial(repeated_halving, width=9),
    "evolution": partial(regularised_evolution, population=8, contestants=3),
    "reinforce": partial(reinforce_search, config=ControllerConfig(alpha=5)),
}


def small_table(noise: float = 2.0) -> NetworkTable:
    """The worth of an architecture is 50 plus four times the sum of its choices, 74 for the best."""
    rng = np.random.default_rng(0)
    worth = np.array([50 + 4.0 * sum(SMALL.architecture(index)) for index in range(len(SMALL))])
    return NetworkTable(SMALL, worth[:, None] + noise * rng.normal(size=(len(SMALL), 3)), 1 + worth, worth)


def trials_of(budget: int, seed: int = 0, table: NetworkTable | None = None) -> Trials:
    return Trials(table or small_table(), budget, np.random.default_rng(seed))


# --- spaces ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("space", "size"), [(CELLS, 15_625), (DIGITS, 1_024), (SMALL, 27)])
def test_rows_and_architectures_are_one_to_one(space, size):
    assert len(space) == size
    for index in (0, 1, size // 3, size - 1):
        assert space.index(space.architecture(index)) == index
    assert space.architecture(size - 1) == (space.num_choices - 1,) * len(space.slots)


def test_neighbours_differ_in_one_slot_and_mutations_reach_them_all():
    here = (0, 2, 1)
    around = list(SMALL.neighbours(here))
    assert len(around) == len(set(around)) == 6
    assert all(sum(a != b for a, b in zip(here, there, strict=True)) == 1 for there in around)
    rng = np.random.default_rng(0)
    assert {SMALL.mutate(here, rng) for _ in range(200)} == set(around)


@pytest.mark.parametrize(
    ("architecture", "words"),
    [
        ((0, 1), "3 whole numbers, one for each of: first, second, third"),
        ((0, 1, 3), "outside the space: slot third has the choices 0 to 2, and was given 3"),
        ((0, -1, 1), "slot second has the choices 0 to 2, and was given -1"),
        ((0.5, 1, 1), "3 whole numbers"),
        ("abc", "3 whole numbers"),
    ],
)
def test_an_architecture_outside_the_space_is_answered_in_words(architecture, words):
    with pytest.raises(ValueError, match=words):
        trials_of(5).train(architecture)


def test_a_row_outside_and_a_crooked_space():
    with pytest.raises(ValueError, match="rows of this space are 0 to 26"):
        SMALL.architecture(27)
    with pytest.raises(ValueError, match="all equally long"):
        Space(("a", "b"), (("x", "y"), ("x",)))
    assert SMALL.words((0, 1, 2)) == "first: a, second: b, third: c"


# --- tables ---------------------------------------------------------------------------------------------------------


def test_a_training_is_one_of_those_recorded_each_equally_often():
    table, rng = small_table(), np.random.default_rng(0)
    seen = [table.train((2, 2, 2), rng)[0] for _ in range(300)]
    assert set(seen) == set(table.accuracy[-1]) and min(map(seen.count, set(seen))) > 70
    assert table.best == 74 and table.train((0, 0, 0), rng)[1] == 51
    assert table.without_noise().train((2, 2, 2), rng)[0] == pytest.approx(table.accuracy[-1].mean())


def spoilt(**changes):
    table = small_table()
    arrays = {"accuracy": table.accuracy, "seconds": table.seconds} | changes
    return lambda: NetworkTable(SMALL, **arrays)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (spoilt(accuracy=np.ones((26, 3))), "damaged or of another space: 27 architectures"),
        (spoilt(seconds=np.ones(26)), "damaged or of another space"),
        (spoilt(accuracy=np.full((27, 3), np.nan)), "27 architectures have no training, the first in row 0"),
        (spoilt(accuracy=np.full((27, 3), 101.0)), "a percentage, from 0 to 100"),
        (spoilt(seconds=np.zeros(27)), "more than 0 seconds"),
        (spoilt(truth=np.ones(3)), "`truth` needs 27 finite numbers"),
    ],
)
def test_a_damaged_table_is_answered_in_words(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_an_unknown_data_set_and_another_record():
    with pytest.raises(ValueError, match="cifar10, cifar100, imagenet; asked for was 'mnist'"):
        load_cells("notebooks/data/nas_bench_201.npz", "mnist")
    with pytest.raises(ValueError, match="damaged or another table"):
        load_cells("notebooks/data/digits.npz")


# --- budgets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("budget", [0, -3, 1.5, True, None])
def test_a_budget_of_nothing_is_answered_in_words(budget):
    with pytest.raises(ValueError, match="whole number, 1 or more"):
        trials_of(budget)


def test_a_spent_budget_trains_no_more():
    trials = trials_of(1)
    trials.train((0, 0, 0))
    with pytest.raises(RuntimeError, match="budget of 1 trainings is spent"):
        trials.train((0, 0, 0))
    assert trials.left == 0


def test_the_pick_is_the_highest_number_shown_and_the_first_of_equal_ones():
    assert leaders([3, 1, 3, 5, 5, 4]).tolist() == [0, 0, 0, 3, 3, 3]
    trials = trials_of(20)
    random_search(trials, np.random.default_rng(1))
    best = [int(np.argmax(trials.accuracy[: n + 1])) for n in range(20)]
    assert trials.picks().tolist() == [trials.index[place] for place in best]
    curve = regrets(trials, small_table().truth, 74)
    assert curve[-1] == 74 - small_table().truth[trials.picks()[-1]]


# --- methods --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("budget", [1, 7, 60])
def test_a_search_spends_its_budget_exactly_and_repeats_to_the_bit(name, budget):
    found = []
    for _ in range(2):
        trials = trials_of(budget)
        METHODS[name](trials, np.random.default_rng(3))
        assert trials.left == 0 and len(trials.index) == budget
        found.append((trials.index, trials.accuracy))
    assert found[0] == found[1]


@pytest.mark.parametrize("name", [name for name in METHODS if name != "random"])
def test_what_learns_finds_better_networks_than_chance_later_on(name):
    late, chance = [], []
    for seed in range(20):
        for method, kept in ((METHODS[name], late), (random_search, chance)):
            trials = trials_of(60, seed)
            method(trials, np.random.default_rng(seed))
            kept.append(small_table().truth[trials.index[-20:]].mean())
    assert np.mean(late) > np.mean(chance) + 1


def test_evolution_and_halving_do_as_they_say():
    trials = trials_of(40)
    regularised_evolution(trials, np.random.default_rng(0), population=10, contestants=10)
    child, alive = SMALL.architecture(trials.index[10]), range(10)
    parent = SMALL.architecture(trials.index[max(alive, key=lambda place: trials.accuracy[place])])
    # With ten draws out of ten the best may be missed; the child is a neighbour of one that was alive in any case.
    family = [SMALL.architecture(trials.index[place]) for place in alive]
    assert child in SMALL.neighbours(parent) or any(child in SMALL.neighbours(one) for one in family)
    trials = trials_of(13)
    repeated_halving(trials, np.random.default_rng(0), width=9)
    again = trials.index[9:12]
    third = sorted(trials.accuracy[:9])[-3]
    for index in again:
        assert max(a for i, a in zip(trials.index[:9], trials.accuracy[:9], strict=True) if i == index) >= third
    assert trials.index[12] in again
    with pytest.raises(ValueError, match="1 to 8 of them; there were 9"):
        regularised_evolution(trials_of(9), np.random.default_rng(0), population=8, contestants=9)


def test_the_controller_s_step_is_reinforce_by_hand():
    controller = Controller(SMALL, ControllerConfig(alpha=3, memory=0.5))
    controller.learn((0, 1, 2), 0.6)  # the first reward is its own baseline
    assert not controller.logits.any() and controller.baseline == 0.6
    controller.learn((0, 0, 2), 0.8)
    push = 3 * 0.2
    assert controller.logits[0] == pytest.approx([push * 2 / 3, -push / 3, -push / 3])
    assert controller.logits[2] == pytest.approx([-push / 3, -push / 3, push * 2 / 3])
    assert controller.baseline == pytest.approx(0.7)
    assert controller.probs.sum(axis=1) == pytest.approx(np.ones(3))


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: ControllerConfig(alpha=0), ValueError, "must be above 0"),
        (lambda: ControllerConfig(memory=1), ValueError, "between 0 and 1"),
        (lambda: ControllerConfig(rate=1), TypeError, "has no field `rate`"),
        (lambda: Controller(SMALL, 3), TypeError, "must be a ControllerConfig"),
        (lambda: Controller(SMALL, ControllerConfig()).learn((0, 0, 0), np.nan), ValueError, "finite number"),
        (lambda: Controller(SMALL, ControllerConfig()).learn((0, 0, 9), 0.5), ValueError, "outside the space"),
    ],
)
def test_a_controller_answers_in_words(make, error, words):
    with pytest.raises(error, match=words):
        make()


# --- the environment ------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:.*")  # the checker's advice about rendering
@pytest.mark.parametrize("remembers", [None, 0, 1, 2])
def test_building_a_network_is_an_environment_of_gymnasium(remembers):
    check_env(BuildNetwork(trials_of(100), remembers), skip_render_check=True)


def test_every_partial_network_has_a_number_of_its_own():
    env = BuildNetwork(trials_of(27))
    seen = {}
    for index in range(27):
        env.reset()
        for action in SMALL.architecture(index):
            before = env.architecture
            seen.setdefault(env.number(), before)
            assert seen[env.number()] == before
            obs, reward, terminated, *_ = env.step(action)
            assert terminated == (reward > 0) == (obs == env.observation_space.n - 1)
    assert len(seen) == 1 + 3 + 9 and env.observation_space.n == 14
    assert BuildNetwork(trials_of(1), remembers=1).observation_space.n == 1 + 3 + 3 + 1


def test_a_table_of_q_learns_to_build():
    late = []
    for seed in range(5):
        trials = trials_of(300, seed)
        env, config = BuildNetwork(trials), TableConfig(gamma=1.0, alpha=constant(0.5), initial_q=0.75)
        agent = QLearning(env.observation_space, env.action_space, config, seed)
        history = train(env, agent, 900, seed, progress=False)
        assert len(history.returns) == 300 and trials.left == 0
        assert history.returns[-1] == pytest.approx(trials.accuracy[-1] / 100)
        late.append(small_table().truth[trials.index[-50:]].mean())
    assert np.mean(late) > small_table().truth.mean() + 4
    with pytest.raises(ValueError, match="`remembers` counts choices, 0 to 3"):
        BuildNetwork(trials_of(1), remembers=4)


# --- halving by epochs ----------------------------------------------------------------------------------------------


def test_successive_halving_goes_on_with_the_best_and_pays_for_what_is_new():
    table = small_table()
    curves = np.stack([table.accuracy - 20, table.accuracy - 10, table.accuracy], axis=-1)
    found = successive_halving(
        Curves(SMALL, curves, table.seconds, table.truth, (2, 6, 18)), 3_000, np.random.default_rng(0), width=9
    )
    assert np.all(np.diff(found.seconds) > 0) and found.seconds[-1] <= 3_000
    assert table.truth[found.picks[-1]] > 62
    with pytest.raises(ValueError, match="more than 0 seconds"):
        successive_halving(Curves(SMALL, curves, table.seconds, table.truth, (2, 6, 18)), 0, np.random.default_rng(0))
