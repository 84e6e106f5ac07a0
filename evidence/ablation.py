"""Record, for notebook 11, the plain DQN with one part taken away or done wrong: twenty seeds of each, one budget.

python -m evidence.ablation --jobs 2
"""

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from typing import NamedTuple

import gymnasium as gym
import numpy as np
import tensorflow as tf

from evidence import record_runs
from evidence.dqn_without_parts import NEWEST_ONLY, OwnTarget
from evidence.runs import CONFIGS, ENV_ID, FINAL_SEED, NUM_STEPS, make_agent
from helpers.clinic.instruments import instruments
from helpers.dqn import DQN, DQNConfig
from helpers.dqn.variants import Huber
from helpers.evaluation import evaluate, rollouts, run_seeds
from helpers.history import History
from helpers.loop import train

PATH = "notebooks/data/ablation.npz"
SEEDS = range(20)
MEASURE_EVERY = 5_000  # env steps
EPISODES = 100  # greedy episodes after training
PROBES, BEFORE = 100, 20  # ends of each kind that every agent is asked about, and env steps kept before each
PROBE_SEED = 3_000_000
PLAIN = CONFIGS["plain"]


class TruncationEnds(DQN):
    """A DQN that takes the end of the clock for a fall."""

    def _remember(self, transition):
        over = transition.terminated or transition.truncated
        super()._remember(transition._replace(terminated=over))


class NoMask(DQN):
    """A DQN whose targets look beyond the end of an episode: no transition counts as the last one."""

    def _gradient_step(self, obs, action, reward, next_obs, terminated):
        return super()._gradient_step(obs, action, reward, next_obs, tf.zeros_like(terminated))


class SameStart(gym.Wrapper):
    """Every reset is given the same seed, so that every episode begins in the same position."""

    def __init__(self, env, seed: int):
        super().__init__(env)
        self.seed = seed

    def reset(self, **options):
        return self.env.reset(**options | {"seed": self.seed})


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
    "truncation_ends": Variant("terminated = terminated or truncated", TruncationEnds),
    "no_mask": Variant("terminated = 0 in every target", NoMask),
    "huber": Variant("Huber loss", Huber),
    "unscaled": Variant("obs_scale=None", config=replace(PLAIN, obs_scale=None)),
    "same_start": Variant("the run's seed at every reset", wrap=SameStart),
}


class Probe(NamedTuple):
    """Real ends of episodes, the same for every agent: of each the last BEFORE + 1 steps, the end first."""

    obs: np.ndarray  # (PROBES, BEFORE + 1, O)
    action: np.ndarray  # (PROBES, BEFORE + 1)


@cache
def probe(kind: str) -> Probe:
    """Ends of one kind, "falls" (the pole) or "exits" (the cart leaves the track), each by a policy made for it."""
    env, rng = gym.make(ENV_ID), np.random.default_rng(PROBE_SEED)
    chance, lean = {"falls": (0.5, 0.0), "exits": (0.1, 0.05)}[kind]  # of a random action; where the pole is held
    kept, steps = [], []
    obs, _ = env.reset(seed=PROBE_SEED)
    while len(kept) < PROBES:
        side = (-1) ** len(kept)  # an exit to the right, one to the left, ...
        action = int(rng.integers(2)) if rng.random() < chance else int(obs[2] + obs[3] > side * lean)
        steps.append((obs, action))
        obs, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            if terminated and len(steps) > BEFORE and (abs(obs[0]) > 2.4) == (kind == "exits"):
                kept.append(steps[: -BEFORE - 2 : -1])
            obs, _ = env.reset()
            steps = []
    return Probe(
        np.array([[obs for obs, _ in end] for end in kept], np.float32),
        np.array([[action for _, action in end] for end in kept]),
    )


def q_before(kind: str, agent: DQN) -> np.ndarray:
    """(BEFORE + 1,) mean Q of the actions taken 0, 1, 2, ... env steps before the ends of the probe."""
    obs, action = probe(kind)
    q = agent.q_values(obs)  # (PROBES, BEFORE + 1, A)
    return np.take_along_axis(q, action[..., None], axis=-1)[..., 0].mean(axis=0)


def cells_in_buffer(agent: DQN) -> int:
    """How many cells of a fixed grid the buffer has seen: ten steps for each number of an observation."""
    obs = agent.buffer.obs[: len(agent.buffer)] / np.array(PLAIN.obs_scale)  # (B, O)
    cells = np.clip(np.floor(5 * obs) + 5, 0, 9).astype(int)  # from -1 to 1; what lies outside, in the outermost
    return len(np.unique(cells @ 10 ** np.arange(4)))


def watch(seed: int) -> Callable[[DQN], dict]:
    """A `measure` for `train`: the instruments of helpers, each as one number, and those of this script."""
    look = instruments(ENV_ID, seed)

    def measure(agent: DQN) -> dict:
        own = {
            "q_at_falls": q_before("falls", agent)[0],
            "q_at_exits": q_before("exits", agent)[0],
            "cells": cells_in_buffer(agent),
            "own_start": evaluate(agent, gym.make(ENV_ID), 1, seed)[0],  # the start of the first training episode
        }
        return {name: np.float32(np.mean(value)) for name, value in (look(agent) | own).items()}

    return measure


class Watched:
    """An agent that keeps what it is shown, so that one can see afterwards how an episode ended."""

    def __init__(self, agent: DQN):
        self.agent = agent
        self.seen = []

    def q_values(self, obs):
        self.seen.append(np.array(obs))
        return self.agent.q_values(obs)


def play(agent: DQN, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Greedy episodes: their returns, whether the pole fell, whether the cart left the track; (EPISODES,) each."""
    watched = Watched(agent)
    returns = rollouts(watched, gym.make_vec(ENV_ID, num_envs=EPISODES), seed).returns.astype(np.float32)
    last = np.array(watched.seen)[returns.astype(int) - 1, np.arange(EPISODES)]  # (E, O); each step is worth 1
    position, angle = (last[:, [0, 2]] + 0.02 * last[:, [1, 3]]).T  # the next ones, one step of Euler's method on
    return returns, np.abs(angle) > np.radians(12), np.abs(position) > 2.4


class Stopwatch:
    """A `measure` that looks as `look` does, and adds up the processor's seconds that looking took."""

    def __init__(self, look: Callable[[DQN], dict]):
        self.look = look
        self.seconds = 0.0

    def __call__(self, agent: DQN) -> dict:
        began = time.process_time()
        measured = self.look(agent)
        self.seconds += time.process_time() - began
        return measured


def run(name: str, seed: int, num_steps: int = NUM_STEPS) -> dict[str, np.ndarray]:
    """One run of one variant, as arrays; its seconds are the processor's, since other work may share the machine.

    num_steps: where to stop it; fewer than NUM_STEPS give the beginning of the same run.
    """
    variant = VARIANTS[name]
    agent = make_agent(variant.config, seed, variant.agent_class)
    agent.compile()
    env, measure = variant.wrap(gym.make(ENV_ID), seed), Stopwatch(watch(seed))
    began = time.process_time()
    history = train(env, agent, num_steps, seed, measure=measure, measure_every=MEASURE_EVERY, progress=False)
    seconds = time.process_time() - began - measure.seconds
    final_returns, fell, left = play(agent, FINAL_SEED + seed)
    return {
        "measured_at": history.measured_at,
        **history.measured,  # (V,) each
        **ends(history),
        "final_returns": final_returns,  # (EPISODES,)
        "final_fell": fell,  # (EPISODES,) ended by the pole
        "final_left": left,  # (EPISODES,) ended by the cart
        "q_before_falls": q_before("falls", agent),  # (BEFORE + 1,)
        "q_before_exits": q_before("exits", agent),  # (BEFORE + 1,)
        "seconds": np.array(seconds),
    }


def ends(history: History) -> dict[str, np.ndarray]:
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
    own = {"env": ENV_ID, "num_steps": NUM_STEPS, "measure_every": MEASURE_EVERY}
    return asdict(PLAIN) | own | {"variants": {name: variant.what for name, variant in VARIANTS.items()}}


def main() -> None:
    tasks = range(len(VARIANTS) * len(SEEDS))
    arrays = record_runs(PATH, lambda jobs: merge(run_seeds(task, tasks, jobs)), config=configuration(), seeds=SEEDS)
    threshold = gym.spec(ENV_ID).reward_threshold
    for variant in VARIANTS:
        means = arrays[f"{variant}/final_returns"].mean(axis=1)
        print(f"{variant}: {(means >= threshold).sum()} of {len(means)} solved")


if __name__ == "__main__":
    main()
