"""The clock of a run counts what the run takes, and nothing of what measuring takes."""

from evidence.runs import seeded_once
from evidence.stopwatch import Stopwatch


def test_the_clock_stands_still_while_it_measures():
    now = [100.0]

    def measure(agent):
        now[0] += 7  # seconds that looking takes
        return {"looked_at": agent}

    clock = Stopwatch(measure, lambda: now[0])
    now[0] += 2
    assert clock("an agent") == {"looked_at": "an agent"} and clock.seconds == 2
    now[0] += 3
    clock("another")
    assert clock.seconds == 5


def test_an_environment_is_seeded_before_the_first_episode_alone():
    seeds = seeded_once(7)
    assert [next(seeds) for _ in range(4)] == [7, None, None, None]
