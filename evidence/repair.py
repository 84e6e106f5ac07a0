"""Record, for notebook 09, every rung of the repair: what it learns, and how fast, on ten seeds.

python -m evidence.repair --jobs 2
"""

import io
import time
from contextlib import redirect_stdout
from dataclasses import asdict

import gymnasium as gym
import numpy as np
from gymnasium.utils import seeding

from evidence import record_runs
from evidence.report import ENV_ID, EVALUATION_SEED, FINAL_SEED
from evidence.runs import make_agent, seeded_once
from evidence.stopwatch import Stopwatch
from helpers.agents import GreedyAgent
from helpers.clinic.broken import Called, Examined, Program
from helpers.clinic.repair import LADDER, SHORT, Rung
from helpers.evaluation import evaluate, rollouts, run_seeds
from helpers.loop import episode, train

PATH = "notebooks/data/repair.npz"
SEEDS = range(10)
EPISODES = 100  # greedy episodes in one examination
PROGRAMS = {"predict": (Examined, 3), "called": (Called, 40)}  # name: (class, episodes of training)
NAMES = (*PROGRAMS, *(rung.mend for rung in LADDER))


def record_run(task: int) -> dict[str, np.ndarray]:
    """One run of one rung: tasks count through the seeds, then through the rungs."""
    name, seed = NAMES[task // len(SEEDS)], SEEDS[task % len(SEEDS)]
    if name in PROGRAMS:
        return record_program(*PROGRAMS[name], seed)
    return record_rung(LADDER[NAMES.index(name) - len(PROGRAMS)], seed)


def record_program(program_class: type[Program], num_episodes: int, seed: int) -> dict[str, np.ndarray]:
    """A few episodes only: these programs are slow. The clock starts after the first, in which functions are traced."""
    program = program_class(seed)
    taken = []
    step = program.step
    program.step = lambda action: taken.append(action) or step(action)
    greedy = GreedyAgent(lambda obs: program.network(obs).numpy())
    with redirect_stdout(io.StringIO()):
        program.train(1)
        before, began = len(taken), time.process_time()
        program.train(num_episodes - 1)
    seconds = time.process_time() - began
    return {
        "returns": examine(greedy, seed)["returns"][None],  # (1, EPISODES)
        "measured_at": np.array([len(taken)]),
        "steps_per_second": np.array((len(taken) - before) / seconds),
    }


def record_rung(rung: Rung, seed: int) -> dict[str, np.ndarray]:
    """One run with an examination every SHORT env steps."""
    agent = make_agent(rung.config, seed, rung.agent_class)
    agent.compile()
    clock = Stopwatch(lambda agent: examine(agent, seed))
    history = train(gym.make(ENV_ID), agent, rung.num_steps, seed, measure=clock, measure_every=SHORT, progress=False)
    record = dict(history.measured)
    record |= {"measured_at": history.measured_at, "steps_per_second": np.array(rung.num_steps / clock.seconds)}
    if rung.mend == LADDER[-1].mend:
        record["final_returns"] = evaluate(
            agent, gym.make(ENV_ID), 100, FINAL_SEED + seed
        )  # as evidence.plain_dqn does
    return record


def examine(agent, seed: int) -> dict[str, np.ndarray]:
    """Greedy returns (EPISODES,), max Q at their starts (), and mean Q () of falls, each of which is worth 1."""
    played = rollouts(agent, gym.make_vec(ENV_ID, num_envs=EPISODES), EVALUATION_SEED + seed)
    obs, action = falls()
    return {
        "returns": played.returns,
        "max_q_at_start": agent.q_values(played.first_obs).max(axis=1).mean(),
        "q_at_falls": agent.q_values(obs)[np.arange(len(action)), action].mean(),
    }


def falls(num_falls: int = 100, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The last obs (B, O) and action (B,) of episodes that a random policy plays."""
    env, rng = gym.make(ENV_ID), seeding.np_random(seed)[0]
    seeds, last_steps = seeded_once(EVALUATION_SEED - 1), []
    while len(last_steps) < num_falls:
        *_, last = episode(env, lambda obs: int(rng.integers(2)), next(seeds))
        last_steps += [last] if last.terminated else []
    return np.array([step.obs for step in last_steps]), np.array([step.action for step in last_steps])


def merge(runs: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Each rung's arrays with the seeds as first axis (N, ...), named rung/array; steps where they are all the same."""
    merged = {}
    for i, name in enumerate(NAMES):
        of_rung = runs[i * len(SEEDS) : (i + 1) * len(SEEDS)]
        for array in of_rung[0]:
            merged[f"{name}/{array}"] = np.array([run[array] for run in of_rung])
    return merged


def main() -> None:
    config = {"env": ENV_ID, "episodes_of_training": {name: episodes for name, (_, episodes) in PROGRAMS.items()}}
    config["rungs"] = {
        rung.mend: {"agent": rung.agent_class.__name__, "num_steps": rung.num_steps} | asdict(rung.config)
        for rung in LADDER
    }
    tasks = range(len(NAMES) * len(SEEDS))
    arrays = record_runs(PATH, lambda jobs: merge(run_seeds(record_run, tasks, jobs)), config=config, seeds=SEEDS)
    for name in NAMES:
        means, speed = arrays[f"{name}/returns"][:, -1].mean(axis=1), arrays[f"{name}/steps_per_second"]
        print(f"{name:>18}: mean return {means.mean():5.1f}, {np.median(speed):8.1f} env steps/s")


if __name__ == "__main__":
    main()
