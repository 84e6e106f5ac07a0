"""How good an agent is on the way, and what it has taken until then. Imports no network library."""

import time

import gymnasium as gym

from evidence.report import ENV_ID, EVALUATION_SEED
from evidence.stopwatch import Stopwatch
from helpers.evaluation import rollouts


class Evaluations:
    """A `measure` for `train`: greedy returns of 100 episodes, and the seconds until then.

    The clocks start when this is made, so make it just before the agent: building and compiling count, measuring does
    not. The episodes are played together; one evaluation takes about a twentieth of a second.
    """

    def __init__(self, seed: int, env_id: str = ENV_ID, num_episodes: int = 100, **options):
        envs = gym.make_vec(env_id, num_envs=num_episodes, **options)
        self.clock = Stopwatch(
            lambda agent: {"greedy_returns": rollouts(agent, envs, EVALUATION_SEED + seed).returns}, time.perf_counter
        )
        self.processor = Stopwatch(self.clock)

    def __call__(self, agent) -> dict:
        return self.processor(agent) | {"seconds": self.clock.seconds, "cpu_seconds": self.processor.seconds}
