"""The probe worlds pay what they say, and the suite finds what is wrong, in words, whatever it is given."""

import time

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given
from hypothesis import strategies as st

from helpers.clinic.behaviour import ACTING, ASKING, GREEDY, TWINS
from helpers.clinic.findings import Finding, Report
from helpers.clinic.probes import NAMES, run_probes
from helpers.envs.probe_worlds import BY_NAME, Outcome, ProbeWorld
from helpers.exact import policy_evaluation
from helpers.policies import epsilon_greedy

GAMMA = 0.8
BY_HAND = {  # gamma = 0.8
    "constant": [[1]],
    "observation": [[-1], [2]],
    "two steps": [[0.8], [2], [0]],
    "action": [[0, 1, -1]],
    "observation and action": [[1, -1], [-1, 1]],
    "truncated": [[-1], [5]],  # q1 = 1 + 0.8 * 5, q0 = -5 + 0.8 * 5
    "terminal in the middle": [[0.8], [1]],
    "mirrored": [[0], [1], [2], [0], [-2]],
    "scaled": [[-0.8], [-1], [1]],
    "choice": [[0.8, -0.8, 7], [0, 1, -1], [-2, -1, -1.5]],
    "rare": [[2], [10]],
    "something new": [[1], [-1]],
}


class Table:
    """Q-learning with a table, fast enough to try the suite on: a row for each observation that it has met."""

    def __init__(self, observation_space, action_space, seed, gamma=GAMMA):
        self.q, self.counts, self.num_actions = {}, {}, int(action_space.n)
        self.rng, self.gamma = np.random.default_rng(seed), gamma

    def seen(self, obs):
        return np.asarray(obs, np.float32)

    def q_values(self, obs):
        return self.q.setdefault(self.seen(obs).tobytes(), np.zeros(self.num_actions))

    def act(self, obs, explore=True):
        return epsilon_greedy(self.q_values(obs), 0.3, self.rng) if explore else self.best(obs)

    def best(self, obs):
        return int(np.argmax(self.q_values(obs)))

    def next_value(self, transition):
        return (1 - transition.terminated) * self.q_values(transition.next_obs).max()

    def learn(self, transition):
        row, entry = self.q_values(transition.obs), (self.seen(transition.obs).tobytes(), transition.action)
        self.counts[entry] = self.counts.get(entry, 0) + 1
        target = transition.reward + self.gamma * self.next_value(transition)
        row[transition.action] += max(0.02, 1 / self.counts[entry]) * (target - row[transition.action])


# --- the worlds -----------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:.*spec.*")
@pytest.mark.parametrize("name", BY_NAME)
def test_probe_worlds_keep_gymnasiums_contract(name):
    check_env(BY_NAME[name].make(), skip_render_check=True)


@pytest.mark.parametrize("name", BY_NAME)
def test_known_answers_are_those_on_paper(name):
    np.testing.assert_allclose(BY_NAME[name].make().known_q(GAMMA), BY_HAND[name], atol=1e-8)


@pytest.mark.parametrize("name", BY_NAME)
def test_known_answers_solve_the_bellman_equation_of_their_greedy_policy(name):
    world = BY_NAME[name].make()
    for gamma in (0.3, 0.9):
        q = world.known_q(gamma)
        policy = np.append(q.argmax(axis=1), 0)  # the last state is the end
        values = policy_evaluation(world.P, world.R, policy, gamma)
        np.testing.assert_allclose(q.max(axis=1), values[:-1], atol=1e-8)


def test_outcomes_come_equally_often_in_an_order_that_the_seed_decides():
    def heads(seed):
        world, seen = BY_NAME["two steps"].make(), []
        world.reset(seed=seed)
        for _ in range(20):
            world.reset()
            seen.append(int(np.argmax(world.step(0)[0])))
        return seen

    assert sorted(heads(0)) == [1] * 10 + [2] * 10
    assert heads(0) == heads(0) != heads(1)


def test_only_the_probe_of_truncation_is_cut_and_at_its_limit():
    for name, probe in BY_NAME.items():
        world = probe.make()
        world.reset(seed=0)
        flags = []
        while len(flags) < 20 and not any(map(any, flags)):
            flags.append(world.step(0)[2:4])
        assert flags[-1] == ((False, True) if name == "truncated" else (True, False)), name
        if name == "truncated":
            assert len(flags) == 8


def test_observations_are_copies_and_never_whole_numbers():
    world = BY_NAME["observation"].make()
    obs, _ = world.reset(seed=0)
    assert not np.any(obs.astype(int))
    obs[:] = 7
    assert world.observations.max() == 0.5


def test_something_new_begins_after_the_change_and_a_new_seed_begins_anew():
    world = BY_NAME["something new"].make()
    world.change_at = 5

    def places(seed):
        world.reset(seed=seed)
        return [world.place, *(world.step(0) and world.reset() and world.place for _ in range(9))]

    assert places(0) == places(1) == [0] * 5 + [1] * 5
    world.change_at = 100
    assert places(0) == [0] * 10


def test_a_start_and_an_outcome_of_the_same_numbers_have_decks_of_their_own():
    world = ProbeWorld([[[Outcome(0, 0)], [Outcome(1, 0), Outcome(2, 0)]], [[Outcome(3, 1)]] * 2], starts=(0, 1))
    world.reset(seed=0)
    seen = []
    for _ in range(40):
        place = world.place
        seen.append((place, world.step(1)[1]))
        world.reset()
    assert {seen.count((0, 1)), seen.count((0, 2)), seen.count((1, 3))} == {10, 20}


def test_the_bounds_of_a_space_say_how_large_its_numbers_are():
    space = BY_NAME["scaled"].make().observation_space
    np.testing.assert_array_equal(space.high, np.array([20, 0.2], np.float32))
    assert np.all(BY_NAME["constant"].make().observation_space.high == 1)


def test_a_world_of_ones_own():
    world = ProbeWorld([[[Outcome(3, 0), Outcome(5, 0)]]])
    np.testing.assert_allclose(world.known_q(0.5), [[4]])


# --- the suite ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_a_working_table_passes(seed):
    report = run_probes(Table, seed=seed)
    assert report.passed and report.failed == ()
    assert tuple(finding.name for finding in report.findings) == NAMES
    assert "Nothing that these probes look at is broken" in str(report)


class NotMasked(Table):
    def next_value(self, transition):
        return self.q_values(transition.next_obs).max()


class CutIsEnd(Table):
    def next_value(self, transition):
        return (1 - (transition.terminated or transition.truncated)) * self.q_values(transition.next_obs).max()


class NothingDiscounted(Table):
    def __init__(self, *args):
        super().__init__(*args, gamma=0.999)


class LearnsNothing(Table):
    def learn(self, transition):
        pass


class OneForAll(Table):
    rng_of_all = np.random.default_rng(0)

    def __init__(self, *args):
        super().__init__(*args)
        OneForAll.rng_of_all = np.random.default_rng(args[-1])

    def act(self, obs, explore=True):
        self.rng = OneForAll.rng_of_all
        return super().act(obs, explore)


class Unseeded(Table):
    def __init__(self, *args):
        super().__init__(*args)
        self.rng = np.random.default_rng()


class Explores(Table):
    def best(self, obs):
        return epsilon_greedy(self.q_values(obs), 0.3, self.rng)


class RarelyExplores(Table):
    def best(self, obs):
        return epsilon_greedy(self.q_values(obs), 0.05, self.rng)


class OneMemory(Table):
    """Like a DQN, it learns late and from memory; but the memory is that of the class."""

    memory: list = []

    def __init__(self, *args):
        super().__init__(*args)
        OneMemory.memory = []

    def learn(self, transition):
        self.memory.append(transition)
        if len(self.memory) >= 64:
            super().learn(self.memory[self.rng.integers(len(self.memory))])


class Worst(Table):
    def best(self, obs):
        return int(np.argmin(self.q_values(obs)))


class NoSign(Table):
    def seen(self, obs):
        return np.abs(super().seen(obs))


class MeanAhead(Table):
    def next_value(self, transition):
        return (1 - transition.terminated) * self.q_values(transition.next_obs).mean()


class NothingBelowZero(Table):
    def next_value(self, transition):
        return max(super().next_value(transition), 0)


class Median(Table):
    """Errors count no more than 1, as with a Huber loss, and the steps stay small enough for it to settle."""

    def learn(self, transition):
        row = self.q_values(transition.obs)
        error = transition.reward + self.gamma * self.next_value(transition) - row[transition.action]
        self.steps = getattr(self, "steps", 0) + 1
        row[transition.action] += max(0.02, 1 / (1 + self.steps / 10)) * np.clip(error, -1, 1)


class FrozenMemory(Table):
    """Its memory holds 500 transitions, and when it is full nothing is learnt any more."""

    def learn(self, transition):
        self.steps = getattr(self, "steps", 0) + 1
        if self.steps <= 500:
            super().learn(transition)


class ManyIsWrong(Table):
    def act_many(self, obs, explore=True):
        return np.zeros(len(obs), int)


class NeverFollows(Table):
    def act(self, obs, explore=True):
        return int(self.rng.integers(self.num_actions)) if explore else self.best(obs)


class LastObs(Table):
    """Its greedy action is that of the observation before."""

    before = None

    def best(self, obs):
        late, self.before = self.before, obs
        return super().best(obs if late is None else late)


class Counts(Table):
    """A greedy action is counted, and exploration falls with the count."""

    asked = 0

    def act(self, obs, explore=True):
        self.asked += not explore
        return epsilon_greedy(self.q_values(obs), 0.3 / (1 + self.asked / 100), self.rng) if explore else self.best(obs)


class DrawsWhenAsked(Table):
    def best(self, obs):
        self.rng.random()
        return super().best(obs)


class NotANumber(Table):
    def act(self, obs, explore=True):
        return 0

    def learn(self, transition):
        pass

    def q_values(self, obs):
        return super().q_values(obs) * np.nan


class Raises(Table):
    def learn(self, transition):
        raise RuntimeError("out of cheese")


@pytest.mark.parametrize(
    ("broken", "first", "words"),
    [
        (NotMasked, "constant", "These are also the values of one fault: the value after the end is added"),
        (
            CutIsEnd,
            "truncated",
            "These are also the values of one fault: a truncated episode is taken for one that terminated",
        ),
        (NothingDiscounted, "two steps", "These are also the values of one fault: nothing is discounted"),
        (LearnsNothing, "constant", "what it was before the first step"),
        (OneForAll, TWINS, "a second agent beside it changed what it did"),
        (Unseeded, TWINS, "one seed gave two different runs"),
        (Explores, GREEDY, "exploration is left on"),
        (Worst, GREEDY, "not the action of the largest Q"),
        (NoSign, "mirrored", "These are also the values of one fault: observations have lost their sign"),
        (MeanAhead, "choice", "values of one fault: the mean of the next values is taken"),
        (NothingBelowZero, "scaled", "values of one fault: a next value below 0 counts as 0"),
        (ManyIsWrong, ACTING, "act_many(obs, explore=False) gave [0, 0, 0]"),
        (NeverFollows, ACTING, "of the actions are what it thinks best"),
        (LastObs, ACTING, "act(obs, explore=False) gave"),
        (Counts, ASKING, "changed what it did later"),
        (DrawsWhenAsked, ASKING, "changed what it did later"),
        (NotANumber, "constant", "q_values must give 1 finite numbers"),
        (Raises, "constant", "the agent raised RuntimeError: out of cheese"),
    ],
)
def test_a_broken_table_is_named_in_words(broken, first, words):
    report = run_probes(broken)
    assert report.failed[0] == first and not report.passed
    assert words in str(report)
    assert f"Begin with the first that failed ({first})" in str(report)


def test_an_error_that_is_clipped_is_named():
    report = run_probes(Median, only=("rare",))
    assert "large errors count too little" in str(report)


def test_a_memory_that_freezes_is_named():
    report = run_probes(FrozenMemory, only=("something new",))
    assert "what comes when it is full is not stored" in str(report)


def test_a_memory_is_made_small_where_the_maker_can():
    sizes = []

    class Making:
        def __call__(self, *arguments):
            return Table(*arguments)

        def with_memory(self, size):
            sizes.append(size)
            return self

    assert run_probes(Making(), only=("something new", "constant"), num_steps=900).passed
    assert sizes == [600]


@pytest.mark.parametrize("seed", range(20))
def test_rare_exploration_does_not_slip_by(seed):
    assert run_probes(RarelyExplores, seed=seed, only=("action", GREEDY)).failed == (GREEDY,)


@pytest.mark.parametrize("seed", range(5))
def test_a_memory_of_the_class_is_seen_although_learning_begins_late(seed):
    finding = run_probes(OneMemory, seed=seed, only=(TWINS,)).findings[0]
    assert finding.passed is False and "a second agent beside it changed what it did" in finding.words


def test_two_lives_are_compared_by_their_values_too():
    class Silent(OneMemory):
        """It acts alike whatever it has learnt."""

        def act(self, obs, explore=True):
            return 1

        def __init__(self, *args):
            super().__init__(*args)
            self.step = 0 if args[-1] == 0 else 1.5  # the second agent learns something else

        def learn(self, transition):
            super().learn(transition._replace(reward=transition.reward + self.step))

    assert run_probes(Silent, seed=0, only=(TWINS,)).failed == (TWINS,)


def test_an_agent_that_cannot_be_made_is_a_finding():
    def none(*args):
        raise TypeError("no such space")

    report = run_probes(none)
    assert set(report.failed) == set(NAMES) - {GREEDY, ACTING}  # nobody to ask
    assert "raised TypeError: no such space" in str(report)


class Mute:
    """No q_values: only its actions can be judged."""

    def __init__(self, *args):
        self.table = Table(*args)
        self.learn = self.table.learn

    def act(self, obs, explore=True):
        return self.table.act(obs, explore)


class MuteAndWrong(Mute):
    def act(self, obs, explore=True):
        return self.table.act(obs, explore) if explore else 0


def test_an_agent_without_q_values_is_judged_by_its_actions():
    report = run_probes(Mute)
    seen = {finding.name: finding.passed for finding in report.findings}
    assert report.passed
    with_a_choice = {"action", "observation and action", "choice"}
    assert {name for name, passed in seen.items() if passed} == with_a_choice | {GREEDY, TWINS, ACTING, ASKING}
    assert seen["constant"] is None and "not seen  constant" in str(report)
    assert run_probes(MuteAndWrong).failed == ("action", "observation and action", "choice", ACTING)


def test_a_slow_agent_is_stopped():
    class Slow(Table):
        def learn(self, transition):
            time_passes()

    def time_passes():
        end = time.monotonic() + 0.01
        while time.monotonic() < end:
            pass

    report = run_probes(Slow, seconds=0.05, only=("constant",))
    assert "TimeoutError: 1,000 env steps were not done in" in str(report)


def test_only_some_and_other_discounts():
    report = run_probes(lambda *args: Table(*args, gamma=0.5), gamma=0.5, only=("truncated", "two steps"))
    assert [finding.name for finding in report.findings] == ["two steps", "truncated"]
    assert report.passed
    with pytest.raises(ValueError, match=r"`only` takes names of probes, constant, .*it had \['tree'\]"):
        run_probes(Table, only=("tree",))


@given(gamma=st.one_of(st.floats(1, 5), st.floats(-5, -0.01), st.just(float("nan"))))
def test_an_impossible_discount_is_refused(gamma):
    with pytest.raises(ValueError, match="need 0 <= gamma < 1"):
        run_probes(Table, gamma=gamma)


def test_a_guess_is_written_at_the_first_failure_only():
    findings = (
        Finding("a", True, "right"),
        Finding("b", False, "Q is 1. Probably broken: the wheel."),
        Finding("c", False, "Q is 2. Probably broken: the brake."),
        Finding("d", None, "no"),
    )
    text = str(Report(findings))
    assert "the wheel" in text and "the brake" not in text and "Q is 2." in text
    assert Report(findings).failed == ("b", "c")
    assert not Report(findings[3:]).passed
