"""Record for notebook 06: which sensors of the table on CartPole may be cut between limits twice as wide.

Our limits, and limits twice as wide for all four sensors, are in the record of the rivals, made in the same way.

python -m evidence.limits
"""

import numpy as np

from evidence import record_runs
from evidence.rivals import NUM_RUNS, SEED, SETTINGS, config_of, run
from evidence.side_by_side import ManyTilings
from evidence.table_on_cartpole import ENV_ID, LIMITS, NUM_STEPS

PATH = "notebooks/data/limits.npz"
BINS = 5  # for each sensor
WIDER = {  # position, velocity, angle, angular velocity: how many times as wide as LIMITS
    "position and angle": (2, 1, 2, 1),
    "both velocities": (1, 2, 1, 2),
    "angular velocity": (1, 1, 1, 2),
}


def final_returns(factors, num_steps: int = NUM_STEPS) -> np.ndarray:
    """Greedy returns at the end, (NUM_RUNS, episodes), with limits that many times as wide."""
    limits = tuple(factor * limit for factor, limit in zip(factors, LIMITS, strict=True))
    agent = ManyTilings(NUM_RUNS, config_of("plain", BINS, SETTINGS[3], limits=limits), SEED)
    return run(agent, "plain", NUM_RUNS, SEED, num_steps, measure=False)["final_returns"]


def gather(jobs: int) -> dict[str, np.ndarray]:
    """All of WIDER, one after the other; one process is enough."""
    found = [final_returns(factors) for factors in WIDER.values()]
    return {"wider": np.array(list(WIDER)), "final_returns": np.array(found)}  # (layouts, runs, episodes)


def main() -> None:
    initial_q, alpha = SETTINGS[3]
    config = {"env": ENV_ID, "num_steps": NUM_STEPS, "bins": BINS, "initial_q": initial_q, "alpha": alpha}
    record_runs(PATH, gather, config=config | {"limits": LIMITS, "wider": WIDER, "runs": NUM_RUNS}, seeds=[SEED])


if __name__ == "__main__":
    main()
