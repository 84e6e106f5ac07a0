"""Record, for notebook 14: ten plain DQNs trained side by side in one process, and one run in three places.

python -m evidence.speed --jobs 2
"""

import hashlib
import time
from dataclasses import asdict

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.report import ENV_ID, EVALUATION_SEED, FINAL_SEED
from evidence.runs import CONFIGS, NUM_STEPS, make_agent
from helpers.agents import GreedyAgent
from helpers.dqn.many import ManyDQN
from helpers.envs import make_many
from helpers.evaluation import rollouts
from helpers.fleet import BACKENDS, run_seeds
from helpers.loop import train

PATH = "notebooks/data/speed.npz"
SEEDS = range(10)
MEASURE_EVERY = 10_000  # env steps
SHORT_SEEDS = range(4)
SHORT_STEPS = 3_000  # env steps of the runs that are made in three places
PLAIN = CONFIGS["plain"]


def greedy_returns(agent: ManyDQN, episodes: int, seed: int) -> np.ndarray:
    """(N, episodes) returns of every seed, all episodes stepped together."""
    envs = gym.make_vec(ENV_ID, num_envs=len(agent.seeds) * episodes)
    return rollouts(GreedyAgent(agent.q_values), envs, seed).returns.reshape(len(agent.seeds), episodes)


def side_by_side() -> dict[str, np.ndarray]:
    """All SEEDS in one process, their learning curves and their test."""
    env = gym.make(ENV_ID)
    agent = ManyDQN(env.observation_space, env.action_space, PLAIN, SEEDS)
    num_seeds = len(SEEDS)  # the env steps of the run are those of all of them

    def measure(many: ManyDQN) -> dict:
        return {"greedy_returns": greedy_returns(many, 20, EVALUATION_SEED)}

    began = time.process_time()
    options = {"measure": measure, "measure_every": num_seeds * MEASURE_EVERY, "progress": False}
    history = train(make_many(ENV_ID, num_seeds), agent, num_seeds * NUM_STEPS, 0, **options)
    return {
        "processor_seconds": np.array(time.process_time() - began),
        "measured_at": history.measured_at // num_seeds,  # env steps of each seed
        "greedy_returns": history.measured["greedy_returns"].swapaxes(0, 1),  # (N, V, 20)
        "final_returns": greedy_returns(agent, 100, FINAL_SEED),  # (N, 100)
    }


def digest_of_run(seed: int) -> str:
    """SHA-256 over all that a short run leaves behind: two runs with the same one are the same to the bit."""
    agent = make_agent(PLAIN, seed)
    history = train(gym.make(ENV_ID), agent, SHORT_STEPS, seed, progress=False)
    arrays = [history.returns, *agent.network.get_weights(), agent.buffer.obs]
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def in_three_places(jobs: int) -> dict[str, np.ndarray]:
    """The digests (N,) of the short runs from each backend, and its seconds on the wall clock."""
    found = {}
    for backend in BACKENDS:
        began = time.perf_counter()
        found[f"{backend}/digests"] = np.array(run_seeds(digest_of_run, SHORT_SEEDS, jobs, backend))
        found[f"{backend}/seconds"] = np.array(time.perf_counter() - began)
    return found


def main() -> None:
    config = asdict(PLAIN) | {"env": ENV_ID, "num_steps": NUM_STEPS, "short_steps": SHORT_STEPS}
    arrays = record_runs(PATH, lambda jobs: side_by_side() | in_three_places(jobs), config=config, seeds=SEEDS)
    solved = (arrays["final_returns"].mean(axis=1) >= gym.spec(ENV_ID).reward_threshold).sum()
    print(f"{solved} of {len(SEEDS)} solved, {arrays['processor_seconds']:.0f} s of one core")
    for backend in BACKENDS:
        print(f"{backend}: {arrays[f'{backend}/seconds']:.1f} s, {arrays[f'{backend}/digests'][0][:12]}")


if __name__ == "__main__":
    main()
