"""What is said of one run, the same for this course's agents and for a peer's. Imports no network library."""

import sys

import gymnasium as gym
import numpy as np
import psutil

ENV_ID = "CartPole-v1"
THRESHOLD = gym.spec(ENV_ID).reward_threshold
EVALUATE_EVERY = 5_000  # env steps

# Seeds of evaluation must not meet those of training, or the agent would be tested on its own start positions.
EVALUATION_SEED = 1_000_000
FINAL_SEED = 2_000_000


def outcome(seed: int, env_steps: int, train_seconds: float, final_returns, threshold: float = THRESHOLD) -> dict:
    """How the run went and what it took; final_returns (100,) of greedy episodes after training.

    threshold: the mean return from which the task counts as solved.
    """
    return {
        "seed": seed,
        "env_steps": env_steps,
        "train_seconds": round(train_seconds, 3),
        "env_steps_per_second": round(env_steps / train_seconds),
        "mean_return": round(float(final_returns.mean()), 2),
        "returns_std": round(float(final_returns.std(ddof=1)), 2),
        "solved": bool(final_returns.mean() >= threshold),
    }


def along_the_way(steps, means, seconds, cpu_seconds, threshold: float = THRESHOLD) -> dict:
    """When an evaluation first reached the threshold (None: never), and the last three evaluations; all (V,)."""
    reached = np.flatnonzero(np.asarray(means) >= threshold)
    clocks = {"first_solved_seconds": seconds, "first_solved_cpu_seconds": cpu_seconds}
    return {
        "first_solved_steps": int(steps[reached[0]]) if len(reached) else None,
        **{name: round(float(clock[reached[0]]), 3) if len(reached) else None for name, clock in clocks.items()},
        "last_evaluations": [round(float(mean), 2) for mean in means[-3:]],
    }


def peak_memory_mb() -> int:
    """Megabytes (2^20 bytes) that this process has held at most."""
    if sys.platform == "win32":
        return round(psutil.Process().memory_info().peak_wset / 2**20)
    import resource  # not on Windows

    unit = 1 if sys.platform == "darwin" else 2**10  # macOS counts bytes, Linux kibibytes
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20)
