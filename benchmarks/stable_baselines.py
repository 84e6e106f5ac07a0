"""Stable-Baselines3's DQN and PPO on CartPole-v1, as RL Baselines3 Zoo sets them; one JSON object for one seed.

Runs in an environment of its own, with PyTorch in place of TensorFlow (benchmarks/stable_baselines.txt); `make bench`
starts it. The settings are those of `hyperparams/dqn.yml` and `hyperparams/ppo.yml` in DLR-RM/rl-baselines3-zoo.
"""

from typing import Any

import gymnasium as gym
import torch
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env

from benchmarks.peers import Greedy, PeerRun, print_reports
from evidence.report import ENV_ID

DQN_STEPS, PPO_STEPS = 50_000, 100_000  # env steps
ZOO_DQN: dict[str, Any] = {
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
ZOO_PPO: dict[str, Any] = {
    "n_steps": 32,
    "batch_size": 256,
    "gae_lambda": 0.8,
    "gamma": 0.98,
    "n_epochs": 20,
    "ent_coef": 0.0,
    "learning_rate": lambda left: 0.001 * left,  # falls in a line, as the clip does
    "clip_range": lambda left: 0.2 * left,
}
PPO_ENVS = 8


class Look(BaseCallback):
    """Lets the run be looked at on the way."""

    def __init__(self, run: PeerRun, agent: Greedy):
        super().__init__()
        self.run, self.agent = run, agent

    def _on_step(self) -> bool:
        self.run.look(self.num_timesteps, self.agent)
        return True


def finish(run: PeerRun, model: DQN | PPO, num_steps: int) -> dict:
    """Train it, and say how it went."""
    agent = Greedy(lambda obs: model.predict(obs, deterministic=True)[0])
    model.learn(num_steps, callback=Look(run, agent))
    return run.report(model.num_timesteps, agent)


def dqn(run: PeerRun) -> dict:
    """One run of its DQN."""
    return finish(run, DQN("MlpPolicy", gym.make(ENV_ID), seed=run.seed, device="cpu", **ZOO_DQN), DQN_STEPS)


def ppo(run: PeerRun) -> dict:
    """One run of its PPO."""
    envs = make_vec_env(ENV_ID, n_envs=PPO_ENVS, seed=run.seed)
    return finish(run, PPO("MlpPolicy", envs, seed=run.seed, device="cpu", **ZOO_PPO), PPO_STEPS)


if __name__ == "__main__":
    torch.set_num_threads(1)  # as many as ours
    print_reports(__doc__, {"dqn": dqn, "ppo": ppo})
