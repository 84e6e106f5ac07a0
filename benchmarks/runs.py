"""One training run on CartPole-v1, with everything that the course reports about it."""

import argparse
import time
from dataclasses import dataclass

import gymnasium as gym
import numpy as np

from helpers.dqn import DQN, DQNConfig
from helpers.evaluation import evaluate
from helpers.history import History
from helpers.loop import train

ENV_ID = "CartPole-v1"
NUM_STEPS = 100_000  # env steps in a run
CONFIGS = {"plain": DQNConfig()}

# Seeds of evaluation must not meet those of training, or the agent would be tested on its own start positions.
EVALUATION_SEED = 1_000_000
FINAL_SEED = 2_000_000


@dataclass
class Run:
    """What one seed gave."""

    seed: int
    agent: DQN
    history: History
    compile_seconds: float
    final_returns: np.ndarray  # (100,) greedy episodes after training

    @property
    def solved(self) -> bool:
        """Whether the mean of the final returns reaches the environment's own threshold."""
        return bool(self.final_returns.mean() >= gym.spec(ENV_ID).reward_threshold)


def make_agent(config: DQNConfig, seed: int, agent_class=DQN) -> DQN:
    """An untrained agent for CartPole-v1."""
    env = gym.make(ENV_ID)
    return agent_class(env.observation_space, env.action_space, config, seed)


def run_cartpole(config: DQNConfig, seed: int, *, measure=None, measure_every: int = 5_000, agent_class=DQN) -> Run:
    """Train one agent for NUM_STEPS and test it on 100 greedy episodes of a fresh environment."""
    agent = make_agent(config, seed, agent_class)
    began = time.perf_counter()
    agent.compile()
    compile_seconds = time.perf_counter() - began
    options = {"measure": measure, "measure_every": measure_every, "progress": False}  # stdout is for results
    history = train(gym.make(ENV_ID), agent, NUM_STEPS, seed, **options)
    final_returns = evaluate(agent, gym.make(ENV_ID), 100, FINAL_SEED + seed)
    return Run(seed, agent, history, compile_seconds, final_returns)


def parse_seeds(text: str) -> list[int]:
    """'0:10' is 0..9, '3' is [3], '1,4,7' is [1, 4, 7]."""
    try:
        if ":" in text:
            first, end = (int(part) for part in text.split(":"))
            seeds = list(range(first, end))
        else:
            seeds = [int(part) for part in text.split(",")]
    except ValueError:
        seeds = []
    if not seeds or min(seeds) < 0:
        raise argparse.ArgumentTypeError(
            f"Seeds are given as 0:10 (0 to 9), 3, or 1,4,7; none below 0. Given: {text!r}."
        )
    return seeds
