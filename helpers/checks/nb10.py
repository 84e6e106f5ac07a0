"""The checkers of notebook 10: a missing world, a check that asking is harmless, a diagnosis; three more."""

from difflib import get_close_matches
from typing import Any

import numpy as np

from helpers.checks.expect import Wrong, array, named, number, recognise, require, whole
from helpers.checks.guard import Answer, has_ellipsis
from helpers.checks.registry import exercise

TITLE = "Find the silent bug"
GAMMA = 0.8  # the discount of the probes
NINE = (  # the checks that there were first
    *("constant", "observation", "two steps", "action", "observation and action", "truncated"),
    *("terminal in the middle", "greedy", "side by side"),
)


# --- a world that was missing -----------------------------------------------------------------------------------------


def _learnt(make_agent, world, num_steps: int = 1_500):
    """(S, A) what an agent says of each place at the end."""
    from helpers.loop import train

    agent = make_agent(world.observation_space, world.action_space, 0)
    train(world, agent, num_steps, 0, progress=False)
    return np.array([agent.q_values(obs) for obs in world.observations], float)


FAULTY = {  # (S, A) of the next places -> (S,) what a faulty agent takes for their value
    "the mean of the next Q values": lambda q: q.mean(axis=1),
    "the smallest of them": lambda q: q.min(axis=1),
    "the first of them": lambda q: q[:, 0],
    "the last of them": lambda q: q[:, -1],
}


@exercise("10.1", "Build the world that the seven leave out", kind="explore", seconds=3)
def missing_world(answer, rng):
    """Exact values with each fault; then a right table must learn in it."""
    from helpers.envs.probe_worlds import Outcome, ProbeWorld

    moves = _checked(answer, Outcome)
    world = ProbeWorld(moves)
    right = _fixed_point(world, lambda q: q.max(axis=1))
    room = 0.1 * np.abs(right).max()
    chosen = [
        place
        for place, of_place in enumerate(moves)
        for ((_, after, over),) in of_place
        if not over and len(moves[after]) > 1
    ]
    require(chosen, "No step leads on to a place: each ends the episode. What would a target look ahead to?")
    for words, value in FAULTY.items():
        apart = np.abs(_fixed_point(world, value) - right).max()
        require(apart > room, f"An agent that takes {words} passes in this world. Which of its Q values would differ?")
    learnt = _learnt(_RightTable, world)
    require(
        np.abs(learnt - right).max() <= room,
        "A right table does not get there in 1,500 steps. Is each place reached, and does each episode end soon?",
    )
    return "All four faults show, and a right agent passes. So a suite grows: by the fault that it let through."


def _checked(moves: Any, outcome) -> list:
    """The moves as lists of `Outcome`, or a hint on what they lack."""
    require(isinstance(moves, list | tuple) and len(moves) > 0, "Give a list with one entry for each place.")
    require(len(moves) <= 4, f"Four places are enough; these are {len(moves)}.")
    checked, places = [], list[Any](moves)
    for place, of_place in enumerate(places):
        where = f"place {place}"
        require(isinstance(of_place, list | tuple), f"What you give for {where} should be a list, one for each action.")
        require(
            len(of_place) == len(places[0]) > 0, f"Each place needs as many actions as place 0; {where} has others."
        )
        checked.append([_outcome(rows, where, len(places), outcome) for rows in of_place])
    require(len(checked[0]) > 1, "With one action in each place there is nothing to choose, as in the worlds above.")
    return checked


def _outcome(rows, where: str, num_places: int, outcome) -> list:
    require(
        isinstance(rows, list | tuple) and not hasattr(rows, "_fields"),
        f"An action of {where} needs a list of outcomes: put the one `Outcome` into brackets.",
    )
    require(len(rows) == 1, f"An action of {where} has {len(rows)} outcomes. One each: chance would be a part more.")
    require(not has_ellipsis(rows), f"In {where} there is still a `...`.")
    require(
        isinstance(rows[0], tuple) and len(rows[0]) == 3,
        f"What may follow in {where} should be an `Outcome(reward, next_place, terminated)`.",
    )
    reward, after, over = rows[0]
    low, high = 0, num_places - 1
    next_place = whole(after, f"the next place of an outcome in {where}", low, high)
    require(isinstance(over, bool | np.bool_), f"`terminated` of an outcome in {where} should be True or False.")
    return [outcome(number(reward, f"the reward of an outcome in {where}"), next_place, bool(over))]


def _fixed_point(world, value, sweeps: int = 200):
    """(S, A) Q of an agent that looks ahead with `value`; no state comes after an end."""
    q = np.zeros((len(world.moves), world.action_space.n))
    for _ in range(sweeps):
        ahead = value(q)  # (S,)
        q = np.array([[r + (0 if over else GAMMA * ahead[s]) for ((r, s, over),) in row] for row in world.moves])
    return q


class _RightTable:
    """Q-learning with a table, the place as its row."""

    def __init__(self, observation_space, action_space, seed):
        self.q: np.ndarray = np.zeros((*observation_space.shape, action_space.n))  # (S, A)
        self.rng = np.random.default_rng(seed)

    def q_values(self, obs):
        return self.q[np.argmax(obs)]

    def act(self, obs, explore=True):
        return int(self.rng.integers(self.q.shape[1]))

    def learn(self, transition):
        ahead = (1 - transition.terminated) * self.q_values(transition.next_obs).max()
        row = self.q_values(transition.obs)
        row[transition.action] += 0.2 * (transition.reward + GAMMA * ahead - row[transition.action])


# --- an examination leaves no trace ---------------------------------------------------------------------------------


class Asked:
    """A table of two places, half of whose actions are tries; `trace` is what a question does to it."""

    def __init__(self, trace=None):
        self.q, self.rng, self.epsilon = np.zeros((2, 2)), np.random.default_rng(3), 0.5
        self.questions, self.tries, self.trace, self.stuck = 0, 0, trace, None

    def act(self, obs, explore=True):
        place = int(np.argmax(obs))
        if not explore:
            self.questions += 1
            best = int(self.q[place].argmax())
            if self.trace:
                self.trace(self, place)
            return best
        self.tries += 1
        place, self.stuck = place if self.stuck is None else self.stuck, None
        return int(self.rng.integers(2)) if self.rng.random() < self.epsilon else int(self.q[place].argmax())

    def learn(self, transition):
        place, action = int(np.argmax(transition.obs)), transition.action
        self.q[place, action] += 0.3 * (transition.reward * (-1) ** (place + action) - self.q[place, action])


def _unlearns(agent, place):
    agent.q[place] -= 0.4 * np.sign(agent.q[place])


def _stops_exploring(agent, place):
    agent.epsilon = 0.0 if agent.questions > 100 else agent.epsilon


TRACES = {
    "draws from its generator when it is asked": lambda agent, place: agent.rng.random(),
    "learns from the question": _unlearns,
    "counts questions, and no longer explores after a hundred of them": _stops_exploring,
    "takes the place it was last asked about for the one that it is in": lambda agent, place: setattr(
        agent, "stuck", place
    ),
}


@exercise("10.2", "Write the check that asking changes nothing", seconds=3)
def asking_changes_nothing(answer, rng):
    """One agent that is right, and four that are not."""
    from helpers.buffer import Transition

    def lives():
        places = np.append([0, 1], rng.integers(2, size=198))
        eye = np.eye(2)
        return tuple(Transition(eye[p], 0, 1.0, eye[1 - p], bool(rng.random() < 0.3), False) for p in places)

    def says(trace=None) -> tuple[bool, list[Asked]]:
        made: list[Asked] = []

        def make_agent():
            made.append(Asked(trace))
            return made[-1]

        verdict = answer(make_agent, lives())
        require(isinstance(verdict, bool | np.bool_), f"Return True or False; it was {named(verdict)}.")
        require(made, "Your check made no agent: call `make_agent()`.")
        return bool(verdict), made

    right, agents = says()
    questions, tries = (sum(getattr(agent, what) for agent in agents) for what in ("questions", "tries"))
    asked_to_try = questions == 0 and tries > 200 * len(agents)
    require(not asked_to_try, "You ask with exploration on. That is no question, it is one more try.")
    require(questions, "No agent was asked anything with explore=False.")
    require(
        right or len(agents) > 1,
        "It rejects an agent that is right, after a look at one agent. What explores never does the same twice.",
    )
    require(right, "It rejects an agent that is right. Do both of yours live through the same, the questions aside?")
    passed = [words for words, trace in TRACES.items() if says(trace)[0]]
    require(len(passed) < len(TRACES), "It accepts every agent, whatever a question does to it. What do you compare?")
    require(not passed, f"It accepts {len(passed)} of 4 faulty agents: one that {passed[0] if passed else ''}.")
    return "It knows nothing of an agent but what it does, and catches all four. The suite calls it `asking`."


# --- a diagnosis ------------------------------------------------------------------------------------------------------

PATIENT = ("frozen", "constant", "old_weights_act")
RULE_HINTS = {
    "no progress": "True, and true of seven of the seventeen. Which diagram here is like that of no other agent?",
    "too low": "True: Q is far below what follows. But look at how it got there, from the first reading to the last.",
    "error grows": "The error grows, but why? Something else does not do what it should while the error grows.",
    "gradient grows": "The gradient follows the error. Look for a diagram in which nothing happens at all.",
    "impossible": "Q is nowhere near the ceiling here.",
}
PROBE_HINTS = {
    "two steps": "It fails that one, too. Read from the top: which is the first?",
    "observation": "It fails that one, too, but one stands above it.",
}
SUSPECT_HINTS = {
    "target_never_copied": "Then Q would at least learn the first reward, and the error would become small.",
    "not_masked": "`constant` fails for it as well, but with 1 / (1 - gamma): Q would have moved, and far.",
    "gradient_through_target": "Then Q learns, only the wrong thing. Here it is to the last digit as at first.",
    "shared_generator": "That spoils no single run, and `constant` would pass.",
    "epsilon_left_on": "That spoils examinations alone: Q would learn, and `constant` would pass.",
    "whole_numbers": "Then Q would be wrong where places differ. In `constant` there is one place, and one to learn.",
    "same_seed": "No probe can see that one, and here one has failed.",
}


@exercise("10.3", "Take a patient from symptom to suspect", kind="predict")
def diagnosis(answer, rng):
    """A rule, a probe and a suspect, all by name, for the agent whose acting weights are never renewed."""
    from helpers.clinic.panel import RULES
    from helpers.clinic.probes import NAMES
    from helpers.clinic.zoo import suspects

    require(
        isinstance(answer, tuple | list) and len(answer) == 3 and all(isinstance(name, str) for name in answer),
        "Give three names, as text: a rule, a probe, a suspect.",
    )
    lists = ([rule.name for rule in RULES], NAMES, suspects())
    for given, names, what in zip(answer, lists, ("rule", "probe or check", "suspect"), strict=True):
        near = get_close_matches(given, names, n=1, cutoff=0.5)
        did_you = f" Did you mean {near[0]!r}?" if near else ""
        require(given in names, f"There is no {what} {given[:40]!r}.{did_you}")
    rule, probe, suspect = answer
    clear = f"{rule!r} is not what this panel says: look at the diagram that it speaks of once more."
    require(rule == PATIENT[0], RULE_HINTS.get(rule, clear))
    require(probe == PATIENT[1], PROBE_HINTS.get(probe, f"{probe!r} is not the first to fail. Run the probes on it."))
    other = f"With {suspect}, Q would move while the agent learns. This one's does not, from the first reading on."
    require(suspect == PATIENT[2], SUSPECT_HINTS.get(suspect, other))
    return "A reading, a probe, a name: the network learns, and nobody told the copy that acts."


# --- on your own ------------------------------------------------------------------------------------------------------


@exercise("10.4", "Predict a signature", kind="predict")
def signature(answer, rng):
    """The probe `terminal in the middle` without the mask: q0 = gamma q1 and q1 = 1 + gamma q0."""
    given = array(answer, (2,), "your prediction")
    q1 = 1 / (1 - GAMMA**2)
    wanted = np.array([GAMMA * q1, q1])

    def hint(words: str, *values: float) -> None:
        require(not np.allclose(given, values, atol=0.011), words)

    if np.allclose(given, wanted, atol=0.011):
        return "A fault has numbers of its own. Who knows them beforehand can read its name from a report."
    hint("Those are the values of a right agent. This one looks beyond the end.", GAMMA, 1)
    hint("They are exchanged: place 0 comes first.", q1, GAMMA * q1)
    hint("5 belongs to a place that leads to itself, or to a future without discount. Where does place 1 lead?", 4, 5)
    hint("One look beyond the end is not all: the value that you added there grows by it, too.", 0.8, 1.64)
    hint("You stopped after a few sweeps. Write both values as unknowns, and solve.", 1.31, 1.64)
    hint("What follows the end is Q of place 0, not a second reward.", 1.44, 1.8)
    require(
        not np.isclose(given[0], GAMMA * given[1], atol=0.011),
        "The first number follows from the second as it should. The second: 1 now, and what comes after?",
    )
    raise Wrong("Two equations, one for each place: what is paid, and GAMMA times Q of the observation that follows.")


@exercise("10.5", "Write an instrument that reads the seams")
def seams_of_memory(answer, rng):
    """Rings of rows in which each pair is drawn: terminated or not, joined or not, and observations alike in part."""
    for num_rows, num_added in [(40, 103), (12, 31), (9, 9), (25, 26), (2, 2)]:
        obs, next_obs, terminated, newest = _ring(rng, num_rows, num_added)
        given = array(answer(obs, next_obs, terminated, num_added), (2,), "the pair of counts", "iuf")
        broken = np.any(np.roll(obs, -1, axis=0) != next_obs, axis=1)
        everywhere = np.all(np.roll(obs, -1, axis=0) != next_obs, axis=1)
        ends, older = terminated == 1, np.arange(num_rows) != newest
        flat = np.arange(num_rows) != num_rows - 1

        def count(broken=broken, ends=ends, among=older):
            return [(broken & ~ends & among).sum(), (~broken & ends & among).sum()]

        recognise(
            given,
            count(),
            {
                "The newest row has no row after it: what stands next in the ring is the oldest.": count(among=True),
                "The memory is a ring: after the last place comes place 0, and the gap is at the newest row.": count(
                    among=flat
                ),
                "Two observations differ as soon as one of their numbers differs.": count(broken=everywhere),
                "The two counts are exchanged.": count()[::-1],
                "A break after `terminated` is as it should be. The first number leaves those out.": [
                    (broken & older).sum(),
                    count()[1],
                ],
                "The second number is for ends that are joined to what follows, not for all ends.": [
                    count()[0],
                    (ends & older).sum(),
                ],
                "The second number is for joined rows that terminated. Most joined rows did not.": [
                    count()[0],
                    (~broken & older).sum(),
                ],
                "You compare with the row before. The row after shows where a step led.": count(
                    broken=np.any(np.roll(obs, 1, axis=0) != next_obs, axis=1)
                ),
                "Counts are asked for, not shares of the rows.": np.array(count()) / num_rows,
            },
            "Draw three rows on paper, one of them an end, and say of each pair whether it should be joined.",
        )
    return "In a right memory the first is the number of cuts by the clock, and the second is 0."


def _ring(rng, num_rows: int, num_added: int):
    """obs and next_obs (N, O), terminated (N,), and the newest row, whose successor in the ring is a stranger."""
    newest, size = (num_added - 1) % num_rows, 3
    obs = rng.normal(size=(num_rows, size)).astype(np.float32)
    obs[:, 1] = 0.5  # alike in part, also where the rows do not belong together
    next_obs, terminated = np.roll(obs, -1, axis=0), (rng.random(num_rows) < 0.25).astype(np.float32)
    broken = rng.random(num_rows) < 0.6  # far more cuts than joined ends: no mistake gives the two exchanged
    terminated[num_rows - 1], broken[num_rows - 1] = 1, False  # where a ring that is read flat loses a pair
    terminated[newest], broken[newest] = 0, True
    next_obs[broken, 0] += 1
    return obs, next_obs, terminated, newest


FOR_A_TABLE = (*NINE, "choice", "acting", "asking")  # what shows a place for each number of the observation


@exercise("10.6", "Mend four faults, one after the other", seconds=5, where="your class")
def mended_table(answer, rng):
    """The checks in which a place is one number that is not 0; then two seeds, which must be two runs."""
    from helpers.clinic.probes import run_probes
    from helpers.envs.probe_worlds import BY_NAME

    world = BY_NAME["choice"].make()
    agent = answer(world.observation_space, world.action_space, 0)
    for name in ("act", "learn", "q_values"):
        require(hasattr(agent, name), f"Hand in the class itself. What it makes has no `{name}`.")
    for _ in range(20):
        Answer(agent.act)(world.observations[0])  # sees a global generator, which the probes only find unrepeatable
    for seed in (0, 1):
        report = run_probes(answer, seed=seed, only=FOR_A_TABLE)
        if report.failed:
            said = next(finding.words for finding in report.findings if finding.name == report.failed[0])
            raise Wrong(f"The first check that fails is {report.failed[0]!r}: {said}")
    spaces = world.observation_space, world.action_space
    lives = [_actions(answer(*spaces, seed), world.observations[0]) for seed in (0, 1, 2)]
    require(lives[0] != lives[1] or lives[0] != lives[2], _ONE_RUN)
    return "Four faults, none of them an error, and each report named the next."


_ONE_RUN = "All checks pass, yet seeds 0, 1 and 2 give one and the same run. Where does `seed` go in your class?"


def _actions(agent, obs) -> list[int]:
    return [int(agent.act(obs)) for _ in range(200)]
