"""Record, for notebook 09, how the greedy episodes of three rungs of the repair end, and what Q says of such ends.

python -m evidence.repair_ends --jobs 2
"""

from dataclasses import asdict

import gymnasium as gym
import numpy as np

from evidence import record_runs, stacked
from evidence.ablation import play, q_before
from evidence.repair import SEEDS
from evidence.report import ENV_ID, EVALUATION_SEED
from evidence.runs import make_agent
from helpers.clinic.repair import LADDER, SHORT
from helpers.evaluation import run_seeds
from helpers.loop import train

PATH = "notebooks/data/repair_ends.npz"
NAMES = ("bursts", "target network", "scaling")
RUNGS = [rung for rung in LADDER if rung.mend in NAMES]


def record_run(task: int) -> dict[str, np.ndarray]:
    """One run of one rung, as `evidence.repair` makes it: tasks count through the seeds, then through the rungs."""
    rung, seed = RUNGS[task // len(SEEDS)], SEEDS[task % len(SEEDS)]
    return record_rung(rung, seed)


def record_rung(rung, seed: int) -> dict[str, np.ndarray]:
    """The examination every SHORT env steps, (V,) each: mean return, how many ended how, mean Q of ends worth 1."""
    agent = make_agent(rung.config, seed, rung.agent_class)

    def measure(agent):
        returns, fell, left = play(agent, EVALUATION_SEED + seed)
        own = {"mean_return": returns.mean(), "fell": fell.mean(), "left": (left & ~fell).mean()}
        own["stood"] = (returns == gym.spec(ENV_ID).max_episode_steps).mean()
        return own | {"q_at_falls": q_before("falls", agent)[0], "q_at_exits": q_before("exits", agent)[0]}

    env = gym.make(ENV_ID)
    history = train(env, agent, rung.num_steps, seed, measure=measure, measure_every=SHORT, progress=False)
    return history.measured | {"measured_at": history.measured_at}


def merge(runs: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The seeds as first axis, (N, V), named rung/array."""
    merged = {}
    for i, rung in enumerate(RUNGS):
        of_rung = stacked(runs[i * len(SEEDS) : (i + 1) * len(SEEDS)], once=("measured_at",))
        merged |= {f"{rung.mend}/{name}": array for name, array in of_rung.items()}
    return merged


def main() -> None:
    config = {rung.mend: {"agent": rung.agent_class.__name__} | asdict(rung.config) for rung in RUNGS}
    tasks = range(len(RUNGS) * len(SEEDS))
    arrays = record_runs(PATH, lambda jobs: merge(run_seeds(record_run, tasks, jobs)), config=config, seeds=SEEDS)
    for name in NAMES:
        print(name, {key: arrays[f"{name}/{key}"][:, -1].mean().round(2) for key in ("mean_return", "fell", "left")})


if __name__ == "__main__":
    main()
