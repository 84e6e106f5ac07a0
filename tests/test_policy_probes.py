"""The suite for policies: a right agent passes whatever it is made of, a wrong one is told in words what to look at."""

import numpy as np
import pytest

from helpers.clinic.policy_audit import AUDITS
from helpers.clinic.policy_behaviour import BEHAVIOURS
from helpers.clinic.policy_probes import NAMES, run_policy_probes
from helpers.clinic.policy_zoo import PROBE_CONFIG, maker
from helpers.distributions import Categorical
from helpers.envs.policy_probe_worlds import BY_NAME, ONE_UPDATE, TIE
from helpers.ppo import PPO

GAMMA = 0.8
SLOW = 4_000  # env steps for an agent without a batch


class Table:
    """An actor and a critic of one number for each place (and action), which learn from every step (TD(0))."""

    rate = 0.05  # of the actor

    def __init__(self, observation_space, action_space, seed):
        self.logits, self.v = np.zeros((observation_space.shape[0], 2)), np.zeros(observation_space.shape[0])
        self.counts, self.rng = np.zeros_like(self.v), np.random.default_rng(seed)

    def policy(self, obs):
        return Categorical(self.logits[np.asarray(obs).argmax(axis=-1)])

    def values(self, obs):
        return self.v[np.asarray(obs).argmax(axis=-1)]

    def act_many(self, obs, explore=True):
        return self.policy(obs).sample(self.rng) if explore else self.policy(obs).mode()

    def behind(self, next_obs, terminated, truncated):
        """What is bootstrapped."""
        return 0.0 if terminated else self.values(next_obs)

    def learn_many(self, transition):
        for obs, action, reward, *following in zip(*transition, strict=True):
            place = int(np.argmax(obs))
            error = reward + GAMMA * self.behind(*following) - self.v[place]
            self.counts[place] += 1
            self.v[place] += self.counts[place] ** -0.6 * error
            self.logits[place] += self.rate * error * (np.eye(2)[action] - Categorical(self.logits[place]).probs)


class NoMask(Table):
    def behind(self, next_obs, terminated, truncated):
        return self.values(next_obs)


class ClockKills(Table):
    def behind(self, next_obs, terminated, truncated):
        return 0.0 if terminated or truncated else self.values(next_obs)


class Downhill(Table):
    def act_many(self, obs, explore=True):
        return 1 - super().act_many(obs, explore) if explore else super().act_many(obs, explore)


class WrongSign(Table):
    rate = -0.05


class LearnsNothing(Table):
    def learn_many(self, transition):
        pass


class Unseeded(Table):
    def __init__(self, *args):
        super().__init__(*args)
        self.rng = np.random.default_rng()


class SharedGenerator(Table):
    shared = np.random.default_rng(0)

    def __init__(self, *args):
        super().__init__(*args)
        SharedGenerator.shared = np.random.default_rng(args[-1])

    def act_many(self, obs, explore=True):
        self.rng = SharedGenerator.shared
        return super().act_many(obs, explore)


class Greedy:
    """No `policy` and no `values`: the best actions are all that can be seen of it."""

    def __init__(self, *args):
        self.table = Table(*args)
        self.act_many, self.learn_many = self.table.act_many, self.table.learn_many


@pytest.fixture(scope="module")
def right():
    return run_policy_probes(maker(), seed=3)


def test_a_right_ppo_passes_everything(right):
    assert right.passed and all(finding.passed for finding in right.findings), str(right)
    assert tuple(finding.name for finding in right.findings) == NAMES
    assert "Nothing that these probes look at is broken" in str(right)


def test_the_same_seed_gives_the_same_words(right):
    assert str(run_policy_probes(maker(), seed=3, only=("value", "cut"))).splitlines()[0] in str(right)
    some = run_policy_probes(maker(), seed=3, only=("advantages", ONE_UPDATE))
    wanted = [finding for finding in right.findings if finding.name in ("advantages", ONE_UPDATE)]
    assert [finding.words for finding in some.findings] == [finding.words for finding in wanted]


@pytest.mark.parametrize("seed", range(3))
def test_a_right_table_passes_all_that_can_be_seen_of_it(seed):
    report = run_policy_probes(Table, seed=seed, num_steps=SLOW)
    assert report.passed, str(report)
    unseen = {finding.name for finding in report.findings if finding.passed is None}
    assert unseen == {*AUDITS, ONE_UPDATE, TIE}


def test_without_a_policy_the_best_actions_are_judged():
    report = run_policy_probes(Greedy, seed=0, num_steps=SLOW)
    assert report.passed, str(report)
    assert "could be compared" in report.findings[0].words


@pytest.mark.parametrize(
    ("make_agent", "probe", "words"),
    [
        (NoMask, "value", "not multiplied by (1 - terminated)"),
        (NoMask, "end", "not multiplied by (1 - terminated)"),
        (ClockKills, "cut", "a cut is taken for an end"),
        (WrongSign, "action", "the sign of the gain"),
        (Downhill, "action", "which one is stored"),
        (Downhill, "acts as it says", "what acts is not what learns"),
        (LearnsNothing, "later", "nothing is learnt"),
        (Unseeded, "one seed", "a generator that the seed does not set"),
        (SharedGenerator, "one seed", "that is shared"),
    ],
)
def test_broken_tables_are_told_what_is_broken(make_agent, probe, words):
    report = run_policy_probes(make_agent, seed=0, only=(probe,))
    assert report.failed == (probe,) and words in str(report)


def test_every_probe_says_what_to_look_at():
    assert all(probe.broken and probe.isolates.endswith(".") for probe in BY_NAME.values())
    assert (*BEHAVIOURS, *AUDITS, *BY_NAME) == NAMES


class Raises(Table):
    def learn_many(self, transition):
        raise RuntimeError("no memory")


def test_an_error_of_the_agent_is_a_finding():
    report = run_policy_probes(Raises, only=("value",))
    assert report.failed == ("value",) and "the agent raised RuntimeError: no memory" in str(report)


def test_what_is_asked_for_is_checked():
    with pytest.raises(ValueError, match="takes names of probes, acts as it says, .* it had \\['greedy'\\]"):
        run_policy_probes(Table, only=("greedy",))
    with pytest.raises(ValueError, match="need 0 <= gamma < 1, .* was 1"):
        run_policy_probes(Table, gamma=1)
    with pytest.raises(ValueError, match="config says gamma=0.8, and the probes were asked for gamma=0.9"):
        run_policy_probes(maker(), gamma=0.9)
    with pytest.raises(ValueError, match="config says num_envs=16, and the probes were asked for num_envs=4"):
        run_policy_probes(maker(), num_envs=4)


def test_time_is_limited():
    report = run_policy_probes(Table, only=("value",), seconds=0.0)
    assert "env steps were not done in 0 s of the processor" in str(report)


def test_one_agent_serves_for_all_where_its_parts_are_known():
    made = []

    def make_agent(*args):
        made.append(PPO(*args[:2], PROBE_CONFIG, args[2]))
        return made[-1]

    run_policy_probes(make_agent, only=("value", "action"))
    assert len(made) == 1
