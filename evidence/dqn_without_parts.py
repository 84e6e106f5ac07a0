"""Record, for notebook 08, the plain DQN with a part taken away: replay, the target network, both, the scaling.

python -m evidence.dqn_without_parts --jobs 2
"""

from dataclasses import asdict, replace

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.plain_dqn import MEASURE_EVERY, SEEDS, instruments
from evidence.report import ENV_ID
from evidence.runs import CONFIGS, NUM_STEPS, run_cartpole
from helpers.clinic.mistakes import OwnTarget
from helpers.dqn import DQN, DQNConfig
from helpers.evaluation import run_seeds

PATH = "notebooks/data/dqn_without_parts.npz"
PLAIN = CONFIGS["plain"]
NEWEST_ONLY = replace(PLAIN, buffer_size=PLAIN.learn_every)  # a call learns from what happened since the last one


VARIANTS: dict[str, tuple[type[DQN], DQNConfig]] = {
    "no_replay": (DQN, NEWEST_ONLY),
    "no_target": (OwnTarget, PLAIN),
    "neither": (OwnTarget, NEWEST_ONLY),
    "unscaled": (DQN, replace(PLAIN, obs_scale=None)),
}


def record_run(task: int) -> dict[str, np.ndarray]:
    """One run of one variant: tasks count through the seeds, then through the variants."""
    variant, seed = list(VARIANTS)[task // len(SEEDS)], SEEDS[task % len(SEEDS)]
    agent_class, config = VARIANTS[variant]
    run = run_cartpole(config, seed, measure=instruments(seed), measure_every=MEASURE_EVERY, agent_class=agent_class)
    return {
        "measured_at": run.history.measured_at,
        "greedy_returns": run.history.measured["greedy_returns"],  # (V, EPISODES)
        "max_q_at_start": run.history.measured["max_q_at_start"],  # (V, EPISODES)
        "final_returns": run.final_returns,
    }


def merge(runs: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Each variant's arrays with the seeds as first axis (N, ...), named variant/array."""
    merged = {"measured_at": runs[0]["measured_at"]}
    for i, variant in enumerate(VARIANTS):
        of_variant = runs[i * len(SEEDS) : (i + 1) * len(SEEDS)]
        for name in ("greedy_returns", "max_q_at_start", "final_returns"):
            merged[f"{variant}/{name}"] = np.array([run[name] for run in of_variant])
    return merged


def main() -> None:
    config = asdict(PLAIN) | {"env": ENV_ID, "num_steps": NUM_STEPS, "measure_every": MEASURE_EVERY}
    config["variants"] = {
        "no_replay": f"buffer_size={NEWEST_ONLY.buffer_size}",
        "no_target": "target_network = network",
        "neither": "both of these",
        "unscaled": "obs_scale=None",
    }
    num_runs = len(VARIANTS) * len(SEEDS)
    arrays = record_runs(
        PATH, lambda jobs: merge(run_seeds(record_run, range(num_runs), jobs)), config=config, seeds=SEEDS
    )
    threshold = gym.spec(ENV_ID).reward_threshold
    for variant in VARIANTS:
        solved = (arrays[f"{variant}/final_returns"].mean(axis=1) >= threshold).sum()
        print(f"{variant}: {solved} of {len(SEEDS)} solved")


if __name__ == "__main__":
    main()
