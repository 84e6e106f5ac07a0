"""Kill runs in the middle (SIGKILL) and let them go on: each ends, to the bit, as the run that was never killed.

Of a table, of SARSA, of a DQN and its n-step variant, of PPO on many poles, and of many environments that have no way
back of their own. Saved every fifty env steps, many are killed in the middle of a save.
"""

import os
import signal
import time
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode

from helpers.agents import QLearning, RandomAgent, Sarsa, TableConfig
from helpers.files import checksum
from helpers.loop import train
from helpers.parts import state_of

NUM_STEPS = {"table": 8_000, "sarsa": 8_000, "network": 2_500, "n steps": 2_500, "policy": 12_000, "many": 16_000}
KILLS = 2  # in one example, at most

workers = get_context("forkserver" if hasattr(os, "fork") else "spawn")
workers.set_forkserver_preload(
    ["helpers.dqn.variants", "helpers.ppo", "helpers.loop"]
)  # TensorFlow is imported once, and not used


def make(kind: str):
    """A fresh environment and an agent that has learnt nothing."""
    if kind == "many":
        options = {"vectorization_mode": "sync", "vector_kwargs": {"autoreset_mode": AutoresetMode.DISABLED}}
        envs = gym.make_vec("CartPole-v1", 4, **options)
        return envs, RandomAgent(envs.single_action_space, 0)
    if kind in ("table", "sarsa"):
        env = gym.make("FrozenLake-v1")
        of = QLearning if kind == "table" else Sarsa
        return env, of(env.observation_space, env.action_space, TableConfig(), 0)
    return make_policy() if kind == "policy" else make_network(kind)


def make_network(kind: str):
    """The same for agents that need TensorFlow."""
    from helpers.dqn import DQN, DQNConfig
    from helpers.dqn.variants import NStep, NStepConfig

    small = {"hidden": (8,), "batch_size": 8, "buffer_size": 300, "learning_starts": 50}
    schedule = {"learn_every": 16, "gradient_steps": 4, "target_every": 8}
    env = gym.make("CartPole-v1")
    if kind == "network":
        return env, DQN(env.observation_space, env.action_space, DQNConfig(**small, **schedule), 0)
    return env, NStep(env.observation_space, env.action_space, NStepConfig(n=3, **small, **schedule), 0)


def make_policy():
    """PPO, small, with all that it keeps from one update to the next."""
    from helpers.envs import make_many
    from helpers.ppo import PPO, PPOConfig

    sizes = {"hidden": (8,), "num_envs": 4, "rollout_steps": 32, "batch_size": 64, "epochs": 2}
    envs = make_many("CartPole-v1", 4)
    config = PPOConfig(**sizes, decay_steps=NUM_STEPS["policy"])
    return envs, PPO(envs.single_observation_space, envs.single_action_space, config, 0)


def run(kind: str, path: str | None, answer) -> None:
    """In a process of its own: the run, from its file or from its start; then a checksum of its end, and seconds."""
    env, agent = make(kind)
    options = {} if path is None else {"checkpoint": path, "checkpoint_every": 50}
    history = train(env, agent, NUM_STEPS[kind], 0, progress=False, **options)
    ended = {"returns": history.returns, "lengths": history.lengths} | state_of(agent) | history.trail
    answer.put((checksum(ended), history.seconds))


def start(kind: str, path: str | None):
    answer = workers.SimpleQueue()
    process = workers.Process(target=run, args=(kind, path, answer), daemon=True)
    process.start()
    return process, answer


@cache
def whole(kind: str) -> tuple[str, float]:
    """How the run ends that nobody kills, and the seconds that it takes once it has begun."""
    return start(kind, None)[1].get()


def fuzz(rng: np.random.Generator) -> str:
    """One run, killed up to KILLS times: "equal, killed n times"; AssertionError where it ended otherwise."""
    kind = str(rng.choice(list(NUM_STEPS)))
    expected, seconds = whole(kind)
    killed = 0
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run.npz"
        for _ in range(KILLS):
            process, _ = start(kind, str(path))
            while not path.exists() and process.is_alive():
                time.sleep(0.001)
            time.sleep(rng.uniform(0, seconds))
            process.kill()
            process.join()
            killed += process.exitcode == -signal.SIGKILL
        process, answer = start(kind, str(path))
        ended, _ = answer.get()
        process.join()
    assert ended == expected, f"{kind}: killed {killed} times, the run ended otherwise"
    return f"equal, killed {killed} times ({kind})"
