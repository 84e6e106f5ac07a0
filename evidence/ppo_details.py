"""Record PPO with one detail changed at a time, on CartPole and LunarLander (notebook 17). Can be stopped, and goes on.

uv run --group lander python -m evidence.ppo_details

CartPole comes first, then LunarLander, which takes hours and needs Box2D:
the group `lander` of pyproject.toml brings it.
"""

import math
from dataclasses import asdict, replace
from functools import partial
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.pieces import folder_of, in_pieces
from evidence.ppo_reliability import TUNING_SEEDS, curve_of, in_json
from evidence.report import FINAL_SEED
from evidence.runs import run_ppo
from helpers.clinic.policy_mistakes import ClockKills
from helpers.evaluation import rollouts
from helpers.ppo import PPO, PPOConfig, Recipe

# Numbers of their own: a recipe that changes for the better changes nothing here.
CARTPOLE_STEPS, LANDER_STEPS = 60_000, 300_000
CARTPOLE_CONFIG = PPOConfig(decay_steps=CARTPOLE_STEPS)
LANDER_CONFIG = PPOConfig(
    num_envs=16,
    rollout_steps=128,
    epochs=8,
    batch_size=128,
    gamma=0.999,
    lambda_=0.98,
    entropy=0.01,
    reward_scale=100.0,
    learning_rate=1e-3,
    decay_steps=LANDER_STEPS,
)
TASKS: dict[str, tuple[Recipe, range]] = {
    "CartPole": (Recipe("CartPole-v1", CARTPOLE_CONFIG, CARTPOLE_STEPS), range(100, 120)),
    "LunarLander": (Recipe("LunarLander-v3", LANDER_CONFIG, LANDER_STEPS), range(100, 110)),
}


class Detail(NamedTuple):
    """What is changed, in words, and in the config or the agent."""

    what: str
    changes: dict[str, Any] = {}
    agent_class: type[PPO] = PPO


DETAILS = {
    "recipe": Detail("nothing"),
    "no_clip": Detail("clip=inf", {"clip": math.inf}),
    "raw_advantages": Detail("normalise_advantages=False", {"normalise_advantages": False}),
    "no_decay": Detail("decay_steps=None", {"decay_steps": None}),
    "glorot_start": Detail("orthogonal_start=False", {"orthogonal_start": False}),
    "value_clip": Detail("value_clip=0.2", {"value_clip": 0.2}),
    "one_epoch": Detail("epochs=1", {"epochs": 1}),
    "thirty_epochs": Detail("epochs=30", {"epochs": 30}),
    "long_gradients": Detail("max_gradient_norm=inf", {"max_gradient_norm": math.inf}),
    "raw_obs": Detail("normalise_obs=False", {"normalise_obs": False}),
    "clock_kills": Detail("terminated = terminated or truncated", agent_class=ClockKills),
}


class Changed(NamedTuple):
    """A recipe with one detail changed: as `helpers.ppo.Recipe`, with a class of its own."""

    env_id: str
    config: PPOConfig
    num_steps: int
    agent_class: type[PPO]
    options: dict[str, Any] = {}

    make_envs = Recipe.make_envs

    def make(self, envs, seed: int) -> PPO:
        """An untrained agent for `envs`."""
        return self.agent_class(envs.single_observation_space, envs.single_action_space, self.config, seed)


def changed(name: str) -> Changed:
    """What runs under the name task/detail."""
    task, _, detail = name.partition("/")
    (recipe, _), (_, changes, agent_class) = TASKS[task], DETAILS[detail]
    return Changed(recipe.env_id, replace(recipe.config, **changes), recipe.num_steps, agent_class)


def record(name: str, seed: int) -> dict[str, np.ndarray]:
    """One run, with the curve of its training, and what it plays in the end: without chance, and as it learnt."""
    recipe = changed(name)
    run = run_ppo(recipe, seed)
    sampled = rollouts(Sampling(run.agent), gym.make_vec(recipe.env_id, 100), 2 * FINAL_SEED + seed).returns
    return curve_of(run.history, recipe.num_steps) | {
        "final_returns": run.final_returns.astype(np.float32),  # (100,)
        "final_sampled_returns": sampled.astype(np.float32),  # (100,)
        "cpu_seconds": np.array(run.cpu_seconds),
    }


class Sampling:
    """An agent that goes on acting by chance where it is examined."""

    def __init__(self, agent: PPO):
        self.agent = agent

    def act_many(self, obs, explore: bool = True) -> np.ndarray:
        """Drawn from the policy, whatever is asked for."""
        return self.agent.act_many(obs)


def numbers_of(name: str) -> dict:
    """All that the runs of a name depend on."""
    recipe, detail = changed(name), name.partition("/")[2]
    about = {
        "env": recipe.env_id,
        "num_steps": recipe.num_steps,
        "final_seed": FINAL_SEED,
        "detail": DETAILS[detail].what,
    }
    return in_json(asdict(recipe.config)) | about


def path_of(task: str) -> str:
    """The record of a task."""
    return f"notebooks/data/ppo_details_{task.lower()}.npz"


def gather(task: str, jobs: int) -> dict[str, np.ndarray]:
    """Arrays (N, ...) of every detail on a task, named detail/array."""
    runs = [(f"{task}/{detail}", seed) for seed in TASKS[task][1] for detail in DETAILS]
    found = in_pieces(record, runs, numbers_of, jobs, folder_of("ppo_details"))
    named = [(name.partition("/")[2], arrays) for name, arrays in found.items()]
    return {f"{detail}/{array}": values for detail, arrays in named for array, values in arrays.items()}


def describe(task: str) -> dict:
    """What produced the numbers, for the provenance."""
    about = {"tuning_seeds": [min(TUNING_SEEDS), max(TUNING_SEEDS)]}
    return numbers_of(f"{task}/recipe") | about | {"details": {name: detail.what for name, detail in DETAILS.items()}}


def main() -> None:
    for task, (recipe, seeds) in TASKS.items():
        arrays = record_runs(path_of(task), partial(gather, task), config=describe(task), seeds=seeds)
        threshold = gym.spec(recipe.env_id).reward_threshold
        for detail in DETAILS:
            means, seconds = arrays[f"{detail}/final_returns"].mean(axis=1), np.median(arrays[f"{detail}/cpu_seconds"])
            print(f"{task} {detail:>15}: {(means >= threshold).sum()} of {len(means)} solved, mean {means.mean():.0f}, "
                  f"worst {means.min():.0f}, {seconds:.1f} CPU s", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
