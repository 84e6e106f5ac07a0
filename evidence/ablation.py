"""Record, for notebook 11, the plain DQN with one part taken away or done wrong: twenty seeds of each, one budget.

python -m evidence.ablation --jobs 2
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from typing import NamedTuple

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.dqn_without_parts import NEWEST_ONLY
from evidence.report import ENV_ID, FINAL_SEED
from evidence.runs import CONFIGS, NUM_STEPS, make_agent, seeded_once, watched_rollouts
from evidence.stopwatch import Stopwatch
from helpers.agents import Agent
from helpers.buffer import Transition
from helpers.clinic.instruments import instruments
from helpers.clinic.mistakes import ClockKills, NoMask, OwnTarget, SameStart
from helpers.dqn import DQN, DQNConfig
from helpers.dqn.variants import Huber
from helpers.evaluation import evaluate, run_seeds
from helpers.history import History
from helpers.loop import episode, train

PATH = "notebooks/data/ablation.npz"
SEEDS = range(20)
MEASURE_EVERY = 5_000  # env steps
EPISODES = 100  # greedy episodes after training
NUM_ENDS, BEFORE = 100, 20  # ends of each kind that every agent is asked about, and env steps kept before each
ENDS_SEED = 3_000_000
PLAIN = CONFIGS["plain"]


class Variant(NamedTuple):
    """What is trained, and what differs from the full agent, in words."""

    what: str
    agent_class: type[DQN] = DQN
    config: DQNConfig = PLAIN
    wrap: Callable = lambda env, seed: env
    first_seed: int = 0


VARIANTS = {
    "full": Variant("nothing: the agent of notebook 08"),
    "full_again": Variant("nothing but the seeds: 20 to 39", first_seed=20),
    "no_replay": Variant(f"buffer_size={NEWEST_ONLY.buffer_size}", config=NEWEST_ONLY),
    "small_buffer": Variant("buffer_size=5000", config=replace(PLAIN, buffer_size=5_000)),
    "no_target": Variant("target_network = network", OwnTarget),
    "never_random": Variant("epsilon 0.05 from the first step", config=replace(PLAIN, epsilon_start=0.05)),
    "always_random": Variant("epsilon 1 to the last step", config=replace(PLAIN, epsilon_end=1.0)),
    "truncation_ends": Variant("terminated = terminated or truncated", ClockKills),
    "no_mask": Variant("terminated = 0 in every target", NoMask),
    "huber": Variant("Huber loss", Huber),
    "unscaled": Variant("obs_scale=None", config=replace(PLAIN, obs_scale=None)),
    "same_start": Variant("the run's seed at every reset", wrap=SameStart),
}


class Ends(NamedTuple):
    """Real ends of episodes, the same for every agent: of each the last BEFORE + 1 steps, the end first."""

    obs: np.ndarray  # (NUM_ENDS, BEFORE + 1, O)
    action: np.ndarray  # (NUM_ENDS, BEFORE + 1)


@cache
def ends(kind: str) -> Ends:
    """Ends of one kind, "falls" (the pole) or "exits" (the cart leaves the track), each by a policy made for it."""
    env, rng = gym.make(ENV_ID), np.random.default_rng(ENDS_SEED)
    chance, lean = {"falls": (0.5, 0.0), "exits": (0.1, 0.05)}[kind]  # of a random action; where the pole is held
    kept: list[list[Transition]] = []

    def careless(obs) -> int:
        side = (-1) ** len(kept)  # an exit to the right, one to the left, ...
        return int(rng.integers(2)) if rng.random() < chance else int(obs[2] + obs[3] > side * lean)

    seeds = seeded_once(ENDS_SEED)
    while len(kept) < NUM_ENDS:
        steps = list(episode(env, careless, next(seeds)))
        by_exit = abs(steps[-1].next_obs[0]) > 2.4
        if steps[-1].terminated and len(steps) > BEFORE and by_exit == (kind == "exits"):
            kept.append(steps[: -BEFORE - 2 : -1])
    return Ends(
        np.array([[step.obs for step in steps] for steps in kept], np.float32),
        np.array([[step.action for step in steps] for steps in kept]),
    )


def q_before(kind: str, agent: DQN) -> np.ndarray:
    """(BEFORE + 1,) mean Q of the actions taken 0, 1, 2, ... env steps before those ends."""
    obs, action = ends(kind)
    q = agent.q_values(obs)  # (NUM_ENDS, BEFORE + 1, A)
    return np.take_along_axis(q, action[..., None], axis=-1)[..., 0].mean(axis=0)


def cells_in_buffer(agent: DQN) -> int:
    """How many cells of a fixed grid the buffer has seen: ten steps for each number of an observation."""
    obs = agent.buffer.obs[: len(agent.buffer)] / np.array(PLAIN.obs_scale)  # (B, O)
    cells = np.clip(np.floor(5 * obs) + 5, 0, 9).astype(int)  # from -1 to 1; what lies outside, in the outermost
    return len(np.unique(cells @ 10 ** np.arange(4)))


def watch(seed: int) -> Callable[[DQN], dict]:
    """A `measure` for `train`: the instruments of helpers, each as one number, and those of this script."""
    read = instruments(ENV_ID, seed)

    def measure(agent: DQN) -> dict:
        more = {
            "q_at_falls": q_before("falls", agent)[0],
            "q_at_exits": q_before("exits", agent)[0],
            "cells": cells_in_buffer(agent),
            "own_start": evaluate(agent, gym.make(ENV_ID), 1, seed)[0],  # the start of the first training episode
        }
        return {name: np.float32(np.mean(value)) for name, value in (read(agent) | more).items()}

    return measure


def play(agent: Agent, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Greedy episodes: their returns, whether the pole fell, whether the cart left the track; (EPISODES,) each."""
    played, seen = watched_rollouts(agent, gym.make_vec(ENV_ID, num_envs=EPISODES), seed)
    returns = played.returns.astype(np.float32)
    last = seen[played.lengths - 1, np.arange(EPISODES)]  # (E, O)
    position, angle = (last[:, [0, 2]] + 0.02 * last[:, [1, 3]]).T  # the next ones, one step of Euler's method on
    return returns, np.abs(angle) > np.radians(12), np.abs(position) > 2.4


def run(name: str, seed: int, num_steps: int = NUM_STEPS) -> dict[str, np.ndarray]:
    """One run of one variant, as arrays; its seconds are the processor's, since other work may share the machine.

    num_steps: where to stop it; fewer than NUM_STEPS give the beginning of the same run.
    """
    variant = VARIANTS[name]
    agent = make_agent(variant.config, seed, variant.agent_class)
    agent.compile()
    env, clock = variant.wrap(gym.make(ENV_ID), seed), Stopwatch(watch(seed))
    history = train(env, agent, num_steps, seed, measure=clock, measure_every=MEASURE_EVERY, progress=False)
    seconds = clock.seconds
    final_returns, fell, left = play(agent, FINAL_SEED + seed)
    return {
        "measured_at": history.measured_at,
        **history.measured,  # (V,) each
        **episodes_until(history),
        "final_returns": final_returns,  # (EPISODES,)
        "final_fell": fell,  # (EPISODES,) ended by the pole
        "final_left": left,  # (EPISODES,) ended by the cart
        "q_before_falls": q_before("falls", agent),  # (BEFORE + 1,)
        "q_before_exits": q_before("exits", agent),  # (BEFORE + 1,)
        "seconds": np.array(seconds),
    }


def episodes_until(history: History) -> dict[str, np.ndarray]:
    """(V,) how many training episodes had ended at each measurement, and how many of them by the clock."""
    episodes = np.searchsorted(history.ended_at, history.measured_at, side="right")
    return {"episodes": episodes, "timeouts": np.append(0, history.truncated.cumsum())[episodes]}


def task(number: int) -> dict[str, np.ndarray]:
    """Tasks count through the variants, then through the seeds, so that a busy minute hits all variants alike."""
    name = list(VARIANTS)[number % len(VARIANTS)]
    return run(name, VARIANTS[name].first_seed + SEEDS[number // len(VARIANTS)])


def merge(runs: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Each variant's arrays with the seeds as first axis (N, ...), named variant/array."""
    merged = {"measured_at": runs[0]["measured_at"]}
    for i, variant in enumerate(VARIANTS):
        of_variant = runs[i :: len(VARIANTS)]
        for name in of_variant[0].keys() - {"measured_at"}:
            merged[f"{variant}/{name}"] = np.array([run[name] for run in of_variant])
    return merged


def configuration() -> dict:
    """What the record says of how it was made."""
    shared = {"env": ENV_ID, "num_steps": NUM_STEPS, "measure_every": MEASURE_EVERY}
    return asdict(PLAIN) | shared | {"variants": {name: variant.what for name, variant in VARIANTS.items()}}


def main() -> None:
    tasks = range(len(VARIANTS) * len(SEEDS))
    arrays = record_runs(PATH, lambda jobs: merge(run_seeds(task, tasks, jobs)), config=configuration(), seeds=SEEDS)
    threshold = gym.spec(ENV_ID).reward_threshold
    for variant in VARIANTS:
        means = arrays[f"{variant}/final_returns"].mean(axis=1)
        print(f"{variant}: {(means >= threshold).sum()} of {len(means)} solved")


if __name__ == "__main__":
    main()
