"""What a notebook costs: watched while it runs, recorded for one machine, and compared with its card on any other.

Two things differ between the machine of the record and the one that checks. Others may use its cores meanwhile: so time
is the processor's, of the kernel and of every worker that it started, which on one core is close to the time that
passes. And it may be slower, by itself or because of the company that it keeps: so a fixed piece of work, the
yardstick, is timed on both, here right after a notebook that took too long.
"""

import json
import time
from pathlib import Path

import numpy as np

from tools.course import ROOT, read_card, read_notebook

RECORD = ROOT / "docs" / "costs.json"
MOST = 2  # a notebook may take so many times what its card says


def yardstick() -> float:
    """Processor seconds that a fixed piece of work takes on this machine at this moment, a mean of twenty.

    The piece is a little of everything that notebooks do, since machines that are equally quick at one of these may
    differ by half at another. It is the mean, since whoever else uses the machine slows the notebooks down as well:
    programs that share a core take the caches from each other.
    """
    import gymnasium as gym  # not above: every test run reads this file

    env = gym.make("CartPole-v1")
    rng = np.random.default_rng(0)
    q, rows, weights = np.zeros((1_000, 2)), np.ones((32, 64)), np.ones((64, 64))  # (S, A), (B, O), (O, O)
    tree = [{str(number): [number, number / 3]} for number in range(5_000)]

    def once() -> None:
        env.reset(seed=0)
        for _ in range(500):
            obs, reward, terminated, truncated, _ = env.step(int(rng.integers(2)))
            row = int(abs(obs.sum() * 100)) % len(q)
            q[row, 0] += 0.1 * (reward + 0.9 * q[row].max() - q[row, 0])
            if terminated or truncated:
                env.reset()
        for _ in range(1_000):
            np.maximum(rows @ weights, 0)
        json.loads(json.dumps(tree))

    once()  # the first time also loads what it needs
    begin = time.process_time()
    for _ in range(20):
        once()
    return (time.process_time() - begin) / 20


def read_record() -> dict:
    """`machine` (words), `yardstick` (seconds) and `notebooks`: name -> what was measured there."""
    return json.loads(RECORD.read_text(encoding="utf-8"))


def slowness() -> float:
    """How many times as slow as the machine of the record this one is at this moment; at least 1."""
    return max(1.0, yardstick() / read_record()["yardstick"])


def too_slow(path: Path, seconds: float) -> str:
    """A message where a notebook took more processor time than twice its card; else nothing."""
    try:
        card = read_card(read_notebook(path))
    except ValueError:
        return ""  # it promises nothing; the lint asks for a card where there should be one
    if seconds <= MOST * card.seconds:
        return ""
    slower = slowness()
    if seconds <= MOST * card.seconds * slower:
        return ""
    return (
        f"{path.name} took {seconds:.0f} s of processor time, and its card says {card.seconds} s: more than {MOST} "
        f"times that, on a machine {slower:.1f} times as slow as the one that wrote the cards. "
        f"Make it faster; or, if it is worth its time, `make cards NB={path.stem}` writes what it costs now."
    )
