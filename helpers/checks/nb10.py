"""The checkers of notebook 10: a signature, an instrument for the memory, four faults, a world that was missing."""

from typing import Any

import numpy as np

from helpers.checks.expect import Wrong, array, close, number, recognise, require, whole
from helpers.checks.guard import Answer, has_ellipsis
from helpers.checks.registry import exercise

TITLE = "Find the silent bug"
GAMMA = 0.8  # the discount of the probes


@exercise("10.1", "Predict a signature", kind="predict")
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


@exercise("10.2", "Write an instrument that reads the seams")
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


@exercise("10.3", "Mend four faults, one after the other")
def mended_table(answer, rng):
    """The nine checks of this notebook, and one world in which an agent chooses and something comes after."""
    from helpers.clinic.probes import run_probes
    from helpers.envs.probe_worlds import Outcome, ProbeWorld

    world = ProbeWorld(_middle_is_best(Outcome))
    agent = answer(world.observation_space, world.action_space, 0)
    for name in ("act", "learn", "q_values"):
        require(hasattr(agent, name), f"Hand in the class itself. What it makes has no `{name}`.")
    for _ in range(20):
        Answer(agent.act)(world.observations[0])  # sees a global generator, which the probes only find unrepeatable
    for seed in (0, 1):
        report = run_probes(answer, seed=seed)
        if report.failed:
            said = next(finding.words for finding in report.findings if finding.name == report.failed[0])
            raise Wrong(f"The first check that fails is {report.failed[0]!r}: {said}")
    learnt = _learnt(answer, world)
    require(
        close(learnt, world.known_q(GAMMA), 0.1),
        "All nine checks pass. But where there are several actions in the next place, its best one should count, "
        f"and here the first place learns {learnt[0].max():.2f} where {world.known_q(GAMMA)[0].max():.2f} is right.",
    )
    return "Four faults, none of them an error, and each report named the next."


def _middle_is_best(outcome) -> list:
    """Three actions in each of two places; the best one of the second is neither the first nor the last."""
    onwards, pays = [outcome(0, 1, False)], [[outcome(r, 1, True)] for r in (0, 1, -1)]
    return [[onwards] * 3, pays]


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


@exercise("10.4", "Build the world that the seven leave out", kind="explore")
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
