"""Record Q-learning on the meadow with four step sizes for notebook 04: its table beside the exact answer.

python -m evidence.step_sizes --jobs 2
"""

import numpy as np

from evidence import record_runs, stacked
from helpers.agents import QLearning, TableConfig, constant
from helpers.envs import MEADOW, MEADOW_RULES, GridWorld, terminal_states
from helpers.evaluation import run_seeds
from helpers.exact import policy_evaluation, value_iteration
from helpers.loop import train
from helpers.policies import epsilon_greedy

PATH = "notebooks/data/step_sizes.npz"
SEEDS = range(10)
NUM_STEPS = 200_000  # env steps
MEASURE_EVERY = 2_000  # env steps
GAMMA = 0.95
STEP_SIZES = {  # at the n-th visit of an entry
    "0.1": constant(0.1),
    "1/n": lambda n: 1 / n,
    "1/n²": lambda n: 1 / n**2,
    "10/(9+n)": lambda n: 10 / (9 + n),
}


def often_random(q, counts, step, rng) -> int:
    """Epsilon-greedy with epsilon 0.3."""
    return epsilon_greedy(q, 0.3, rng)


def record_seed(seed: int) -> dict[str, np.ndarray]:
    """One run with each step size: the error of the table, and what its greedy policy is worth at the start."""
    record = {}
    for name, alpha in STEP_SIZES.items():
        meadow = GridWorld(MEADOW, **MEADOW_RULES)
        q_star = value_iteration(meadow.P, meadow.R, GAMMA)
        learnt = ~terminal_states(meadow.P, meadow.R)  # (S,)
        start = meadow.starts[0]

        def measure(agent, meadow=meadow, q_star=q_star, learnt=learnt, start=start) -> dict:
            value = policy_evaluation(meadow.P, meadow.R, agent.q.argmax(axis=1), GAMMA)[start]
            return {"error": np.sqrt(np.mean((agent.q - q_star)[learnt] ** 2)), "value": value}

        config = TableConfig(gamma=GAMMA, alpha=alpha, policy=often_random)
        agent = QLearning(meadow.observation_space, meadow.action_space, config, seed)
        history = train(meadow, agent, NUM_STEPS, seed, measure=measure, measure_every=MEASURE_EVERY, progress=False)
        record |= {"measured_at": history.measured_at}
        record |= {f"{key}/{name}": values for key, values in history.measured.items()}
    return record


def main() -> None:
    config = {"env": "GridWorld(MEADOW)", **MEADOW_RULES, "num_steps": NUM_STEPS, "measure_every": MEASURE_EVERY}
    config |= {"gamma": GAMMA, "alpha": list(STEP_SIZES), "epsilon": 0.3}
    arrays = record_runs(
        PATH,
        lambda jobs: stacked(run_seeds(record_seed, SEEDS, jobs), once=("measured_at",)),
        config=config,
        seeds=SEEDS,
    )
    for name in STEP_SIZES:
        print(f"{name:>9}: error at the end {arrays[f'error/{name}'][:, -1].mean():.3f} (mean of {len(SEEDS)} seeds)")


if __name__ == "__main__":
    main()
