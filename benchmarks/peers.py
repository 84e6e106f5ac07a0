"""What is reported of a peer's run: the fields of `benchmarks.cartpole` that it has. Imports no network library."""

import argparse
import json
from collections.abc import Callable

import gymnasium as gym
import numpy as np

from evidence.evaluations import Evaluations
from evidence.report import ENV_ID, EVALUATE_EVERY, FINAL_SEED, along_the_way, outcome, peak_memory_mb
from helpers.evaluation import rollouts


class Greedy:
    """A peer's agent, as our evaluation takes it: best (B, O) -> the actions (B,) that it holds to be best."""

    def __init__(self, best: Callable):
        self.best = best

    def act_many(self, obs, explore: bool = False) -> np.ndarray:
        """Without chance, whatever is asked for."""
        return np.asarray(self.best(np.asarray(obs, np.float32)))


class PeerRun:
    """One seed of a peer. Its clocks start when it is made, and stand still while it is looked at."""

    def __init__(self, seed: int, evaluate_every: int):
        self.seed, self.every = seed, evaluate_every
        self.evaluations = Evaluations(seed)
        self.steps: list[int] = []
        self.measured: list[dict] = []

    def look(self, num_steps: int, agent: Greedy) -> None:
        """To be called as training goes on: evaluates where another `evaluate_every` env steps have gone by."""
        if num_steps // self.every > (self.steps[-1] if self.steps else 0) // self.every:
            self.steps.append(num_steps)
            self.measured.append(self.evaluations(agent))

    def report(self, num_steps: int, agent: Greedy, compile_cpu_seconds: float = 0.0) -> dict:
        """The end of training: everything that is said of the run."""
        seconds, cpu_seconds = self.evaluations.clock.seconds, self.evaluations.processor.seconds
        final_returns = rollouts(agent, gym.make_vec(ENV_ID, 100), FINAL_SEED + self.seed).returns
        means = [measured["greedy_returns"].mean() for measured in self.measured]
        clocks = [[measured[name] for measured in self.measured] for name in ("seconds", "cpu_seconds")]
        return {
            **outcome(self.seed, num_steps, seconds, final_returns),
            **along_the_way(self.steps, means, *clocks),
            "compile_cpu_seconds": round(compile_cpu_seconds, 3),
            "cpu_seconds": round(cpu_seconds, 3),
            "peak_memory_mb": peak_memory_mb(),
        }


def print_reports(about: str | None, algorithms: dict[str, Callable[[PeerRun], dict]]) -> None:
    """The command line of a peer: one JSON object for one seed."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("algorithm", choices=sorted(algorithms))
    parser.add_argument("--seeds", type=int, required=True, help="one of them")
    parser.add_argument("--evaluate-every", type=int, default=EVALUATE_EVERY, help="env steps between evaluations")
    given = parser.parse_args()
    print(json.dumps(algorithms[given.algorithm](PeerRun(given.seeds, given.evaluate_every))), flush=True)
