"""Record for notebook 06 what a table on CartPole-v1 costs: more bins, more sensors; and the half-way house of tiles.

python -m evidence.table_costs --jobs 2
"""

from itertools import product

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from evidence import record_runs, stacked
from evidence.table_on_cartpole import (
    ENV_ID,
    EPISODES,
    EVALUATION_SEED,
    LIMITS,
    MEASURE_EPISODES,
    MEASURE_EVERY,
    NUM_STEPS,
    even_edges,
    less_and_less_random,
)
from helpers.agents import QLearning, TableConfig, agent_generator
from helpers.envs import Discretise
from helpers.evaluation import evaluate, run_seeds
from helpers.loop import train
from helpers.updates import q_learning_target, td_error

PATH = "notebooks/data/table_costs.npz"
SEEDS = range(10)
GAMMA = 0.99
GOAL = 100.0  # mean return of WINDOW training episodes in a row, exploration included
WINDOW = 20
MAX_STEPS = 1_000_000  # env steps after which a run that has not reached the goal is given up
CHUNK = 5_000  # env steps between two looks

BINS = (4, 6, 8, 12, 16, 24)  # for each of the four sensors
INITIAL_Q = (0.0, 100.0)
USELESS = (0, 1, 2, 3, 4)  # sensors that say nothing, besides the four
USELESS_BINS = 3  # for every sensor, the four included

TILINGS, TILES = 8, 8  # how many tables, and how many tiles each has for one sensor
TILE_ALPHA = 0.1


class UselessSensors(gym.ObservationWrapper):
    """Adds sensors to an observation that show a random number between -1 and 1, whatever happens."""

    def __init__(self, env, num_useless: int):
        super().__init__(env)
        low, high = env.observation_space.low, env.observation_space.high
        self.useless = np.ones(num_useless, np.float32)
        self.observation_space = spaces.Box(np.append(low, -self.useless), np.append(high, self.useless))

    def observation(self, observation):
        return np.append(observation, self.np_random.uniform(-self.useless, self.useless))


class TileCoding:
    """Q-learning with several coarse tables, each shifted a little; Q is their sum (tile coding, S&B section 9.5.4)."""

    def __init__(self, limits, num_tilings: int, num_tiles: int, alpha: float, seed):
        self.limits, self.num_tiles, self.alpha = np.array(limits), num_tiles, alpha
        self.tilings = np.arange(num_tilings)
        self.shifts = self.tilings[:, None] * (1, 3, 5, 7) / num_tilings % 1  # (T, O) no two sensors shifted alike
        self.q = np.zeros((num_tilings, num_tiles ** len(limits), 2))  # (T, S, A)
        self.num_steps, self.rng = 0, agent_generator(seed)

    def rows(self, obs):
        place = (np.clip(obs / self.limits, -1, 1) + 1) / 2 * (self.num_tiles - 1)  # (O,)
        return (place + self.shifts).astype(int) @ self.num_tiles ** np.arange(len(self.limits))  # (T,)

    def act(self, obs, explore: bool = True) -> int:
        q = self.q[self.tilings, self.rows(obs)].sum(axis=0)  # (A,)
        return less_and_less_random(q, None, self.num_steps, self.rng) if explore else int(q.argmax())

    def learn(self, transition) -> None:
        obs, action, reward, next_obs, terminated, _ = transition
        next_q = self.q[self.tilings, self.rows(next_obs)].sum(axis=0)  # (A,)
        here = self.tilings, self.rows(obs), action  # one entry in each table
        error = td_error(q_learning_target(reward, next_q, terminated, GAMMA), self.q[here].sum())
        self.q[here] += self.alpha / len(self.tilings) * error  # an equal share for each
        self.num_steps += 1


def steps_to_goal(history) -> float:
    """Env steps after which WINDOW episodes in a row first had a mean return of GOAL; infinity if they never had."""
    if len(history.returns) < WINDOW:
        return np.inf
    means = np.convolve(history.returns, np.ones(WINDOW) / WINDOW, mode="valid")
    reached = np.flatnonzero(means >= GOAL)
    return float(history.ended_at[reached[0] + WINDOW - 1]) if len(reached) else np.inf


def run_until_goal(make_env, initial_q: float, seed: int) -> tuple[float, int, float]:
    """Env steps to the goal, entries of the table tried by the end of that chunk, and seconds."""
    env, history = make_env(), None
    config = TableConfig(initial_q=initial_q)  # epsilon stays at 0.1, so that nothing depends on the budget
    agent = QLearning(env.observation_space, env.action_space, config, seed)
    for num_steps in range(CHUNK, MAX_STEPS + 1, CHUNK):
        history = train(env, agent, num_steps, seed, history=history, progress=False)
        if np.isfinite(steps := steps_to_goal(history)):
            break
    return steps, np.count_nonzero(agent.counts), history.seconds * min(steps, num_steps) / num_steps


def cut_cartpole(bins: int):
    """CartPole with each of its four sensors cut into `bins`."""
    return Discretise(gym.make(ENV_ID), even_edges([bins] * 4, LIMITS))


def cartpole_with_useless(num_useless: int):
    """CartPole with sensors that say nothing, every sensor cut into USELESS_BINS."""
    limits = (*LIMITS, *[1.0] * num_useless)
    return Discretise(UselessSensors(gym.make(ENV_ID), num_useless), even_edges([USELESS_BINS] * len(limits), limits))


def record_tiles(seed: int) -> dict[str, np.ndarray]:
    """One run of tile coding with the budget of the tables: greedy returns as it learns and at the end."""
    agent = TileCoding(LIMITS, TILINGS, TILES, TILE_ALPHA, seed)

    def measure(agent) -> dict:
        returns = evaluate(agent, gym.make(ENV_ID), MEASURE_EPISODES, EVALUATION_SEED + seed)
        return {"greedy_returns": returns, "visited": np.count_nonzero(agent.q)}

    history = train(
        gym.make(ENV_ID), agent, NUM_STEPS, seed, measure=measure, measure_every=MEASURE_EVERY, progress=False
    )
    final_returns = evaluate(agent, gym.make(ENV_ID), EPISODES, EVALUATION_SEED + seed)
    return {**history.measured, "measured_at": history.measured_at, "final_returns": final_returns}


def gather(jobs: int) -> dict[str, np.ndarray]:
    """Tiles, then runs to the goal over bins, then over useless sensors."""
    tiles = run_seeds(record_tiles, SEEDS, jobs)
    arrays = {f"tiles/{name}": values for name, values in stacked(tiles).items()}

    cuts = list(product(BINS, INITIAL_Q, SEEDS))
    results = run_seeds(
        lambda i: run_until_goal(lambda: cut_cartpole(cuts[i][0]), *cuts[i][1:]), range(len(cuts)), jobs
    )
    shape = (len(BINS), len(INITIAL_Q), len(SEEDS))
    for name, values in zip(("steps", "visited", "seconds"), zip(*results, strict=True), strict=True):
        arrays[f"bins/{name}"] = np.array(values).reshape(shape)

    sensors = list(product(USELESS, SEEDS))
    results = run_seeds(
        lambda i: run_until_goal(lambda: cartpole_with_useless(sensors[i][0]), max(INITIAL_Q), sensors[i][1]),
        range(len(sensors)),
        jobs,
    )
    for name, values in zip(("steps", "visited", "seconds"), zip(*results, strict=True), strict=True):
        arrays[f"useless/{name}"] = np.array(values).reshape(len(USELESS), len(SEEDS))

    arrays |= {"bins": np.array(BINS), "initial_q": np.array(INITIAL_Q), "useless": np.array(USELESS)}
    return arrays


def main() -> None:
    config = {"env": ENV_ID, "limits": LIMITS, "goal": GOAL, "window": WINDOW, "max_steps": MAX_STEPS}
    config |= {"alpha": 0.1, "gamma": GAMMA, "epsilon": 0.1, "useless_bins": USELESS_BINS}
    config |= {"tilings": TILINGS, "tiles": TILES, "tile_alpha": TILE_ALPHA, "tile_steps": NUM_STEPS}
    record_runs(PATH, gather, config=config, seeds=SEEDS)


if __name__ == "__main__":
    main()
