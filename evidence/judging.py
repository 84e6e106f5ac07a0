"""Record, for notebook 15, what a result can be made of: many seeds of two agents, and agents that know one start.

python -m evidence.judging --jobs 2
"""

from dataclasses import asdict

import gymnasium as gym
import numpy as np

from evidence import record_runs, stacked
from evidence.report import ENV_ID, EVALUATION_SEED
from evidence.runs import CONFIGS, NUM_STEPS, make_agent
from helpers.agents import GreedyAgent
from helpers.clinic.mistakes import OwnTarget, SameStart
from helpers.dqn import DQN
from helpers.evaluation import evaluate, rollouts, run_seeds
from helpers.loop import train
from helpers.network import layers_in_numpy, scale_of, values_in_numpy

PATH = "notebooks/data/judging.npz"
SEEDS = {"plain": range(200, 240), "no_target": range(300, 340), "same_start": range(240, 250)}
WEIGHTS_OF = range(200, 204)  # seeds whose weights are kept, so that a reader can test them again
MEASURE_EVERY = 5_000  # env steps
EPISODES = 20  # greedy episodes of a measurement: the same start positions each time
FRESH_EPISODES = 100  # greedy episodes of a fresh test: other start positions each time
FRESH_SEED = 3_000_000
TESTED = ("end", "first_best", "last_best")  # the weights of now, and those of the best training episode


class BestEpisodeKeeper:
    """Mixed into a DQN: keeps the weights with which the best training episode ended.

    The network changes every `learn_every` env steps, so these weights may have played only the end of that episode.
    """

    def __init__(self, *args):
        super().__init__(*args)
        self.episode_return, self.best_return = 0.0, -np.inf
        self.kept = {}  # name -> weights in NumPy, as `layers_in_numpy` gives them

    def learn(self, transition) -> None:
        super().learn(transition)
        self.episode_return += float(transition.reward)
        if transition.terminated or transition.truncated:
            if self.episode_return > self.best_return:
                self.kept["first_best"] = layers_in_numpy(self.network)
            if self.episode_return >= self.best_return:
                self.kept["last_best"] = layers_in_numpy(self.network)
            self.best_return = max(self.best_return, self.episode_return)
            self.episode_return = 0.0


class Plain(BestEpisodeKeeper, DQN):
    """The DQN of notebook 08, which also keeps the weights of its best episode."""


AGENTS = {"plain": Plain, "no_target": OwnTarget, "same_start": DQN}


def greedy_with(layers, scale: np.ndarray) -> GreedyAgent:
    """Weights that act and do not learn. scale: (O,) divides obs."""
    return GreedyAgent(lambda obs: values_in_numpy(layers, obs / scale))


def fresh_seed(seed: int, num_steps: int, weights: str = "end") -> int:
    """Each test of each run has start positions of its own."""
    return FRESH_SEED + 1_000 * seed + 10 * (num_steps // MEASURE_EVERY) + TESTED.index(weights)


def make_measure(kind: str, seed: int):
    """A `measure` for `train`: the same 20 episodes each time, 100 fresh ones, and what the kind of run asks for."""
    fixed = gym.make_vec(ENV_ID, num_envs=EPISODES)
    fresh = gym.make_vec(ENV_ID, num_envs=FRESH_EPISODES)

    def measure(agent) -> dict:
        measured = {
            "greedy_returns": rollouts(agent, fixed, EVALUATION_SEED + seed).returns,  # (EPISODES,)
            "fresh_returns": rollouts(agent, fresh, fresh_seed(seed, agent.num_steps)).returns,  # (FRESH_EPISODES,)
        }
        if kind == "same_start":
            measured["own_start_return"] = evaluate(agent, SameStart(gym.make(ENV_ID), seed), 1, seed)[0]
        if kind == "plain":
            for name, layers in agent.kept.items():
                kept = greedy_with(layers, scale_of(agent.config.obs_scale, (4,)))
                tested = rollouts(kept, fresh, fresh_seed(seed, agent.num_steps, name))
                measured[f"{name}_returns"] = tested.returns  # (FRESH_EPISODES,)
        return {name: np.asarray(values, np.int16) for name, values in measured.items()}  # whole numbers of env steps

    return measure


def record_seed(kind: str, seed: int, num_steps: int = NUM_STEPS) -> dict[str, np.ndarray]:
    """One run, as arrays; with a smaller `num_steps`, the beginning of the same run."""
    agent = make_agent(CONFIGS["plain"], seed, AGENTS[kind])
    env = gym.make(ENV_ID)
    if kind == "same_start":
        env = SameStart(env, seed)
    measure = make_measure(kind, seed)
    history = train(env, agent, num_steps, seed, measure=measure, measure_every=MEASURE_EVERY, progress=False)
    record = history.measured | {"measured_at": history.measured_at}  # (V, ...)
    record[f"training_returns/{seed}"] = history.returns.astype(np.int16)
    if seed in WEIGHTS_OF:
        record |= weights_of(agent.kept | {"end": layers_in_numpy(agent.network)}, seed)
    return record


def weights_of(kept: dict, seed: int) -> dict[str, np.ndarray]:
    """Each layer's kernel and bias, by name of the moment, seed, and number of the array."""
    return {
        f"weights/{name}/{seed}/{i}": array
        for name, layers in kept.items()
        for i, array in enumerate(array for layer in layers for array in layer)
    }


def record_task(task: int) -> dict[str, np.ndarray]:
    """Tasks count through the kinds, and through the seeds of each."""
    kind, seed = [(kind, seed) for kind, seeds in SEEDS.items() for seed in seeds][task]
    return record_seed(kind, seed)


def merge(records: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Each kind's arrays with its seeds as first axis (N, ...), named kind/array; the rest by name."""
    merged = {"measured_at": records[0]["measured_at"]}
    for kind, seeds in SEEDS.items():
        of_kind, records = records[: len(seeds)], records[len(seeds) :]
        for record in of_kind:
            own = [name for name in record if name.startswith(("training_returns/", "weights/"))]
            merged |= {name: record.pop(name) for name in own}
            del record["measured_at"]
        merged |= {f"{kind}/{name}": values for name, values in stacked(of_kind).items()}
    return merged


def main() -> None:
    config = asdict(CONFIGS["plain"]) | {"env": ENV_ID, "num_steps": NUM_STEPS, "measure_every": MEASURE_EVERY}
    config["kinds"] = {
        "plain": "as it is",
        "no_target": "target_network = network",
        "same_start": "every episode of training is reset with the run's seed",
    }
    num_runs = sum(map(len, SEEDS.values()))
    all_seeds = [seed for seeds in SEEDS.values() for seed in seeds]
    arrays = record_runs(
        PATH, lambda jobs: merge(run_seeds(record_task, range(num_runs), jobs)), config=config, seeds=all_seeds
    )
    threshold = gym.spec(ENV_ID).reward_threshold
    for kind, seeds in SEEDS.items():
        solved = (arrays[f"{kind}/fresh_returns"][:, -1].mean(axis=1) >= threshold).sum()
        print(f"{kind}: {solved} of {len(seeds)} solved")


if __name__ == "__main__":
    main()
