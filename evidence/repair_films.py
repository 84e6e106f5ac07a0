"""Record, for notebook 09, one greedy episode of three rungs of the repair, step by step, for a film.

python -m evidence.repair_films
"""

from dataclasses import asdict

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.repair import SEEDS
from evidence.report import ENV_ID, FINAL_SEED
from evidence.runs import make_agent
from helpers.clinic.repair import LADDER
from helpers.evaluation import run_seeds
from helpers.loop import episode, train

PATH = "notebooks/data/repair_films.npz"
SEED = SEEDS[0]
NAMES = ("mask", "target network", "right mask")  # it falls, it leaves the track, it stands
RUNGS = {rung.mend: rung for rung in LADDER if rung.mend in NAMES}


def record_run(place: int) -> np.ndarray:
    """(T + 1, 4) what was seen in one greedy episode after training, its start and its end included."""
    rung = RUNGS[NAMES[place]]
    agent = make_agent(rung.config, SEED, rung.agent_class)
    train(gym.make(ENV_ID), agent, rung.num_steps, SEED, progress=False)
    steps = list(episode(gym.make(ENV_ID), lambda obs: agent.act(obs, explore=False), FINAL_SEED + SEED))
    return np.array([steps[0].obs, *(step.next_obs for step in steps)], np.float32)


def main() -> None:
    config = {rung.mend: {"agent": rung.agent_class.__name__} | asdict(rung.config) for rung in RUNGS.values()}

    def gather(jobs: int) -> dict[str, np.ndarray]:
        return dict(zip(NAMES, run_seeds(record_run, range(len(NAMES)), jobs), strict=True))

    for name, seen in record_runs(PATH, gather, config=config, seeds=[SEED]).items():
        print(f"{name}: {len(seen) - 1} steps, the cart ends at {seen[-1, 0]:.2f}, the pole at {seen[-1, 2]:.2f}")


if __name__ == "__main__":
    main()
