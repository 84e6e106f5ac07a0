"""One training run, with everything that the course reports about it."""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, repeat

import gymnasium as gym
import numpy as np
from gymnasium.vector import VectorEnv

from evidence.report import ENV_ID, EVALUATE_EVERY, FINAL_SEED
from evidence.stopwatch import Stopwatch
from helpers.agents import Agent, GreedyAgent
from helpers.dqn import DQN, DQNConfig
from helpers.dqn.recipes import CANDIDATE, PLAIN, RELIABLE, Recipe
from helpers.evaluation import Rollouts, evaluate, rollouts
from helpers.history import History
from helpers.loop import train
from helpers.ppo import PPO
from helpers.ppo import Recipe as PPORecipe

RECIPES = {"plain": PLAIN, "candidate": CANDIDATE, "reliable": RELIABLE}
CONFIGS = {name: recipe.config for name, recipe in RECIPES.items()}
NUM_STEPS = PLAIN.num_steps  # env steps in a run of notebook 08


@dataclass
class Run:
    """What one seed gave."""

    seed: int
    agent: DQN | PPO
    history: History
    compile_seconds: float
    cpu_seconds: float  # of the processor, to make, compile and train the agent; no measurement
    final_returns: np.ndarray  # (100,) greedy episodes after training
    threshold: float  # the mean return from which the task counts as solved

    @property
    def solved(self) -> bool:
        """Whether the mean of the final returns reaches the threshold."""
        return bool(self.final_returns.mean() >= self.threshold)

    @property
    def train_seconds(self) -> float:
        """Compiling, acting, stepping and learning; no measurement."""
        return self.history.seconds + self.compile_seconds


def watched_rollouts(agent: Agent, envs: VectorEnv, seed: int) -> tuple[Rollouts, np.ndarray]:
    """`rollouts`, and what was seen at each step, (T, E, O); what follows the end of an episode is no part of it."""
    seen = []

    def q_values(obs):
        seen.append(np.array(obs))
        return agent.q_values(obs)

    return rollouts(GreedyAgent(q_values), envs, seed), np.array(seen)


def seeded_once(seed: int) -> Iterator[int | None]:
    """The seeds of episodes that are played one after the other: an environment is seeded before the first alone."""
    return chain([seed], repeat(None))


def make_agent(config: DQNConfig, seed: int, agent_class=DQN) -> DQN:
    """An untrained agent for CartPole-v1."""
    return Recipe(agent_class, config, NUM_STEPS).make(gym.make(ENV_ID), seed)


def run_cartpole(config: DQNConfig, seed: int, *, measure=None, measure_every: int = 5_000, agent_class=DQN) -> Run:
    """Train one agent for NUM_STEPS and test it on 100 greedy episodes of a fresh environment."""
    return run_recipe(Recipe(agent_class, config, NUM_STEPS), seed, measure=measure, measure_every=measure_every)


def run_recipe(
    recipe: Recipe, seed: int, env_id: str = ENV_ID, *, measure=None, measure_every: int = EVALUATE_EVERY
) -> Run:
    """Train one agent, and test it on 100 greedy episodes of a fresh environment."""
    env = gym.make(env_id, disable_env_checker=True)  # the checker looks at every step, and changes none
    agent, history, *seconds = _trained(recipe, env, seed, measure, measure_every)
    final_returns = evaluate(agent, gym.make(env_id, disable_env_checker=True), 100, FINAL_SEED + seed)
    return Run(seed, agent, history, *seconds, final_returns, env.spec.reward_threshold)


def run_ppo(recipe: PPORecipe, seed: int, *, measure=None, measure_every: int = EVALUATE_EVERY) -> Run:
    """The same for an agent that learns from many environments; its 100 episodes are played side by side."""
    envs = recipe.make_envs()
    agent, history, *seconds = _trained(recipe, envs, seed, measure, measure_every)
    final_returns = rollouts(agent, gym.make_vec(recipe.env_id, 100, **recipe.options), FINAL_SEED + seed).returns
    return Run(seed, agent, history, *seconds, final_returns, gym.spec(recipe.env_id).reward_threshold)


def _trained(recipe, env, seed: int, measure, measure_every: int):
    """The agent, its history, and how long compiling took by the clock, and everything by the processor."""
    processor = Stopwatch(measure or (lambda agent: {}))
    agent = recipe.make(env, seed)
    began = time.perf_counter()
    agent.compile()
    compile_seconds = time.perf_counter() - began
    measure = measure and processor
    options = {"measure": measure, "measure_every": measure_every, "progress": False}  # stdout is for results
    history = train(env, agent, recipe.num_steps, seed, **options)
    return agent, history, compile_seconds, processor.seconds


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
