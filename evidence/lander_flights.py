"""Record flights of LunarLander while PPO learns to land (notebook 17). Can be stopped, and goes on.

uv run --group lander python -m evidence.lander_flights

A flight is kept as what the agent saw and did, from which the notebook draws it: showing it again needs no Box2D.
"""

import json
from dataclasses import asdict

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.pieces import folder_of
from evidence.ppo_reliability import in_json
from evidence.report import FINAL_SEED
from helpers.evaluation import rollouts
from helpers.loop import episode, train
from helpers.ppo import LUNAR, LUNAR_CONTINUOUS, PPO, Recipe

PATH = "notebooks/data/lander_flights.npz"
TASKS = {"LunarLander": LUNAR, "LunarLander continuous": LUNAR_CONTINUOUS}
SEED = 0  # of the runs that are filmed, chosen before any was seen
MAX_STEPS = 1_000  # the time limit of the task
EVERY = 50_000  # env steps between two measurements
FILMED = (0, 300_000, 600_000)  # the measurements of which the flight is kept


def flown(agent: PPO, recipe: Recipe) -> dict[str, np.ndarray]:
    """One greedy flight from the same start each time, padded with zeros."""
    env = gym.make(recipe.env_id, **recipe.options)
    steps = list(episode(env, lambda obs: agent.act(obs, explore=False), FINAL_SEED + SEED))
    obs = np.zeros((MAX_STEPS + 1, 8), np.float16)
    action = np.zeros((MAX_STEPS, *agent.kind.shape), np.float16)
    obs[: len(steps) + 1] = [*(step.obs for step in steps), steps[-1].next_obs]
    action[: len(steps)] = [step.action for step in steps]
    return {
        "obs": obs,
        "action": action,
        "length": np.array(len(steps)),
        "return": np.array(sum(step.reward for step in steps), np.float32),
        "landed": np.array(steps[-1].terminated and steps[-1].reward > 0),
    }


def examined(agent: PPO, recipe: Recipe) -> dict[str, np.ndarray]:
    """A flight, and the returns of a hundred others."""
    others = rollouts(agent, gym.make_vec(recipe.env_id, 100, **recipe.options), FINAL_SEED + SEED)
    return flown(agent, recipe) | {"returns": others.returns.astype(np.float32)}


def record(task: str) -> dict[str, np.ndarray]:
    """One run: returns (V, 100), from the untrained agent on, and F flights (F, ...)."""
    recipe = TASKS[task]
    envs = recipe.make_envs()
    agent = recipe.make(envs, SEED)
    before = examined(agent, recipe)
    agent.compile()
    path = folder_of("lander_flights") / f"{task.replace(' ', '-')}.ckpt.npz"
    options: dict = {"checkpoint": path, "checkpoint_every": 50_000, "progress": False}
    options |= {"measure": lambda agent: examined(agent, recipe), "measure_every": EVERY}
    history = train(envs, agent, recipe.num_steps, SEED, **options)
    found = {name: np.array([before[name], *history.measured[name]]) for name in before}
    moments = np.append(0, history.measured_at)
    kept = np.isin(moments, FILMED)
    flown = {name: values if name == "returns" else values[kept] for name, values in found.items()}
    return flown | {"moments": moments, "filmed": moments[kept]}


def ground() -> np.ndarray:
    """Corners (N, 2) of the ground in these flights, in the units of an observation: the pad lies at height 0."""
    env = gym.make("LunarLander-v3")
    env.reset(seed=FINAL_SEED + SEED)
    moon = env.unwrapped
    half_width, half_height = 600 / 30 / 2, 400 / 30 / 2  # Gymnasium's window in its units, of 30 pixels
    corners = np.array([polygon[0] for polygon in moon.sky_polys] + [moon.sky_polys[-1][1]])  # (N, 2)
    legs = 18 / 30  # how high the middle of the lander is where it stands
    return (corners - [half_width, moon.helipad_y + legs]) / [half_width, half_height]


def gather(jobs: int) -> dict[str, np.ndarray]:
    """The arrays of each task, named task/array, and the ground."""
    found = {f"{task}/{name}": values for task in TASKS for name, values in record(task).items()}
    return found | {"ground": ground().astype(np.float32)}


def config_of(task: str) -> dict:
    """All that the run of a task depends on, in words that JSON can hold."""
    recipe = TASKS[task]
    about = {"env": recipe.env_id, "options": recipe.options, "num_steps": recipe.num_steps, "every": EVERY}
    return json.loads(json.dumps(in_json(asdict(recipe.config)) | about))


def main() -> None:
    arrays = record_runs(PATH, gather, config={task: config_of(task) for task in TASKS}, seeds=[SEED])
    for task in TASKS:
        for place, moment in enumerate(arrays[f"{task}/moments"]):
            returns = arrays[f"{task}/returns"][place]
            print(f"{task:>22} after {moment:>7,} steps: {returns.mean():.0f}, {(returns >= 200).mean():.0%} above 200")


if __name__ == "__main__":
    main()
