"""Stable-Baselines3's DQN on CartPole-v1 with the settings of RL Baselines3 Zoo; one JSON object for one seed.

Runs in an environment of its own, with PyTorch in place of TensorFlow (benchmarks/peer.txt); `make bench` starts it.
The settings are those of `hyperparams/dqn.yml` in DLR-RM/rl-baselines3-zoo.
"""

import argparse
import json
import time

import gymnasium as gym
import numpy as np
import torch
from stable_baselines3 import DQN
from stable_baselines3.common.callbacks import BaseCallback

from evidence.report import (
    ENV_ID,
    EVALUATE_EVERY,
    EVALUATION_SEED,
    FINAL_SEED,
    along_the_way,
    outcome,
    peak_memory_mb,
)
from evidence.stopwatch import Stopwatch
from helpers.agents import GreedyAgent
from helpers.evaluation import evaluate, rollouts

NUM_STEPS = 50_000  # env steps
ZOO = {
    "learning_rate": 2.3e-3,
    "batch_size": 64,
    "buffer_size": 100_000,
    "learning_starts": 1_000,
    "gamma": 0.99,
    "target_update_interval": 10,
    "train_freq": 256,
    "gradient_steps": 128,
    "exploration_fraction": 0.16,
    "exploration_final_eps": 0.04,
    "policy_kwargs": {"net_arch": [256, 256]},
}


def greedy(model: DQN) -> GreedyAgent:
    """The peer's model, as our evaluation takes it."""

    def q_values(obs) -> np.ndarray:
        with torch.no_grad():
            return model.q_net(torch.as_tensor(np.asarray(obs, np.float32))).numpy()

    return GreedyAgent(q_values)


class Evaluations(BaseCallback):
    """What evidence.runs.Evaluations does, as the peer calls it: greedy returns, and seconds without measuring."""

    def __init__(self, seed: int, every: int):
        super().__init__()
        envs, self.every = gym.make_vec(ENV_ID, num_envs=100), every
        self.steps, self.means, self.seconds = [], [], []
        self.clock = Stopwatch(
            lambda model: {"mean": rollouts(greedy(model), envs, EVALUATION_SEED + seed).returns.mean()},
            time.perf_counter,
        )

    def _on_step(self) -> bool:
        if self.num_timesteps % self.every == 0:
            self.steps.append(self.num_timesteps)
            self.seconds.append(self.clock.seconds)
            self.means.append(self.clock(self.model)["mean"])
        return True


def report(seed: int, evaluate_every: int) -> dict:
    """One run, with the fields of benchmarks.cartpole."""
    evaluations = Evaluations(seed, evaluate_every)
    model = DQN("MlpPolicy", gym.make(ENV_ID), seed=seed, device="cpu", **ZOO)
    model.learn(NUM_STEPS, callback=evaluations)
    train_seconds = evaluations.clock.seconds
    final_returns = evaluate(greedy(model), gym.make(ENV_ID), 100, FINAL_SEED + seed)
    return {
        **outcome(seed, NUM_STEPS, train_seconds, final_returns),
        **along_the_way(evaluations.steps, evaluations.seconds, evaluations.means),
        "peak_memory_mb": peak_memory_mb(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--evaluate-every", type=int, default=EVALUATE_EVERY, help="env steps between evaluations")
    given = parser.parse_args()
    torch.set_num_threads(1)  # as many as ours
    print(json.dumps(report(given.seed, given.evaluate_every)), flush=True)


if __name__ == "__main__":
    main()
