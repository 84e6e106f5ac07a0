"""Record Q-learning with a table on CartPole-v1 for notebook 06: which bins to take, and how good the best ones are.

python -m evidence.table_on_cartpole --jobs 2
"""

from itertools import product

import gymnasium as gym
import numpy as np

from evidence import record_runs, stacked
from helpers.agents import QLearning, TableConfig, constant
from helpers.envs import Discretise
from helpers.evaluation import evaluate, run_seeds
from helpers.loop import train
from helpers.policies import epsilon_greedy, linear_decay

PATH = "notebooks/data/table_on_cartpole.npz"
ENV_ID = "CartPole-v1"
LIMITS = (2.4, 2.0, 0.2095, 2.0)  # m, m/s, rad, rad/s: beyond them the outermost bin goes on for ever
NUM_STEPS = 100_000  # env steps of a run: the budget
EVALUATION_SEED = 10_000
EPISODES = 100  # greedy episodes at the end
MEASURE_EVERY = 5_000  # env steps
MEASURE_EPISODES = 20  # greedy episodes in one measurement

LAYOUTS = {  # bins for cart position, cart velocity, pole angle, pole angular velocity
    "all_four": [(b, b, b, b) for b in (2, 3, 4, 5, 6, 8, 12)],
    "two_only": [(1, 1, b, b) for b in (2, 4, 6, 8)],  # one bin: the cart is not looked at
}
SETTINGS = list(product((0.0, 100.0), (0.1, 0.3)))  # initial q, alpha
TUNING_SEEDS = (1000, 1001, 1002)
SEEDS = range(20)  # those that are reported: none of them was used to choose
MAP_BINS = (2, 5, 12, 24)  # bins for each sensor of the tables whose greedy actions are drawn
MAP_SEED = 0


def even_edges(bins, limits) -> list[np.ndarray]:
    """Inner edges that cut each sensor's range, -limit to +limit, into the given number of equal bins."""
    return [np.linspace(-limit, limit, b + 1)[1:-1] for b, limit in zip(bins, limits, strict=True)]


def less_and_less_random(q, counts, step, rng) -> int:
    """Epsilon-greedy; epsilon falls from 0.1 to 0 over the first half of the budget."""
    return epsilon_greedy(q, linear_decay(step, start=0.1, end=0.0, num_steps=NUM_STEPS // 2), rng)


def make_env(bins):
    """CartPole with each observation as one whole number."""
    return Discretise(gym.make(ENV_ID), even_edges(bins, LIMITS))


def make_agent(env, initial_q: float, alpha: float, seed: int) -> QLearning:
    """A table for that environment."""
    config = TableConfig(alpha=constant(alpha), initial_q=initial_q, policy=less_and_less_random)
    return QLearning(env.observation_space, env.action_space, config, seed)


def final_return(bins, setting, seed: int) -> float:
    """Mean greedy return of one run at the end of the budget."""
    env = make_env(bins)
    agent = make_agent(env, *setting, seed)
    train(env, agent, NUM_STEPS, seed, progress=False)
    return evaluate(agent, make_env(bins), EPISODES, EVALUATION_SEED + seed).mean()


def record_seed(bins, setting, seed: int) -> dict[str, np.ndarray]:
    """One run with the chosen numbers: its greedy returns as it learns and at the end, and its table."""
    env = make_env(bins)
    agent = make_agent(env, *setting, seed)

    def measure(agent) -> dict:
        returns = evaluate(agent, make_env(bins), MEASURE_EPISODES, EVALUATION_SEED + seed)
        return {"greedy_returns": returns, "visited": np.count_nonzero(agent.counts)}

    history = train(env, agent, NUM_STEPS, seed, measure=measure, measure_every=MEASURE_EVERY, progress=False)
    final_returns = evaluate(agent, make_env(bins), EPISODES, EVALUATION_SEED + seed)
    return {**history.measured, "measured_at": history.measured_at, "final_returns": final_returns, "q": agent.q}


def record_map(bins: int) -> np.ndarray:
    """(bins, bins) greedy action for each angle (row) and angular velocity, cart at rest in the middle; -1: unknown."""
    env = make_env((bins,) * 4)
    agent = make_agent(env, 100.0, 0.1, MAP_SEED)
    train(env, agent, NUM_STEPS, MAP_SEED, progress=False)
    actions = np.where(agent.counts.min(axis=1) > 0, agent.q.argmax(axis=1), -1)  # (S,)
    return actions.reshape(env.num_bins)[bins // 2, bins // 2].astype(np.int8)


def choose_and_record(layouts, jobs: int) -> dict[str, np.ndarray]:
    """Try every layout with every setting on the tuning seeds; record the best of them on the other seeds."""
    trials = list(product(layouts, SETTINGS, TUNING_SEEDS))
    returns = np.array(run_seeds(lambda index: final_return(*trials[index]), range(len(trials)), jobs))
    returns = returns.reshape(len(layouts), len(SETTINGS), len(TUNING_SEEDS))
    layout, setting = np.unravel_index(returns.mean(axis=2).argmax(), returns.shape[:2])
    records = run_seeds(lambda seed: record_seed(layouts[layout], SETTINGS[setting], seed), SEEDS, jobs)
    chosen = {"chosen_bins": np.array(layouts[layout]), "chosen_setting": np.array(SETTINGS[setting])}
    return {"layouts": np.array(layouts), "tuning_returns": returns} | chosen | stacked(records)


def gather(jobs: int) -> dict[str, np.ndarray]:
    """The maps, and for each family of layouts the choice and the runs."""
    arrays = {"settings": np.array(SETTINGS)} | {f"map/{b}": record_map(b) for b in MAP_BINS}
    for name, layouts in LAYOUTS.items():
        arrays |= {f"{name}/{key}": value for key, value in choose_and_record(layouts, jobs).items()}
    return arrays


def main() -> None:
    config = {"env": ENV_ID, "limits": LIMITS, "num_steps": NUM_STEPS, "gamma": 0.99}
    config |= {"epsilon": "0.1 falling to 0 over the first half", "tuning_seeds": TUNING_SEEDS}
    record_runs(PATH, gather, config=config, seeds=SEEDS)
    print(f"Chosen on seeds {TUNING_SEEDS}, recorded on seeds 0 to {SEEDS[-1]}")


if __name__ == "__main__":
    main()
