"""Record, for notebook 17, the silent bugs of a PPO: which probe finds each, and what each does to CartPole-v1.

python -m evidence.policy_bugs

It can be stopped, and goes on where it was.
"""

from dataclasses import asdict

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.pieces import folder_of, in_pieces
from evidence.ppo_reliability import in_json
from evidence.report import ENV_ID, FINAL_SEED
from helpers.clinic.policy_probes import NAMES, NUM_STEPS, run_policy_probes
from helpers.clinic.policy_zoo import POLICY_BUGS, PROBE_CONFIG, PolicyBug, maker
from helpers.envs import make_many
from helpers.evaluation import rollouts
from helpers.loop import train
from helpers.ppo import PPO, PPOConfig

PATH = "notebooks/data/policy_bugs.npz"
ALL = (PolicyBug("right", "Nothing.", PPO), *POLICY_BUGS)
AGENTS = {bug.name: bug.agent for bug in ALL}
SEEDS = range(20)  # in the probes, of the right agent
BUG_SEEDS = range(20)  # in the probes, of each bug
CARTPOLE_SEEDS = range(3)
CARTPOLE_STEPS = 25_000  # env steps of all environments together
# The entropy is paid for, so that its sign counts; the learning rate is 0 at the end.
CARTPOLE_CONFIG = PPOConfig(
    num_envs=8,
    rollout_steps=256,
    epochs=10,
    batch_size=256,
    gamma=0.99,
    entropy=0.01,
    reward_scale=1.0,
    learning_rate=2.5e-3,
    decay_steps=CARTPOLE_STEPS,
)
EPISODES = 100  # of the test after training
SEEN = {True: 0, False: 1, None: -1}  # a finding as a number: passed, failed, could not look


def in_probes(agent_class: type[PPO], seed: int) -> dict[str, np.ndarray]:
    """(P,) what each probe says."""
    report = run_policy_probes(maker(agent_class), seed=seed)
    return {"failed": np.array([SEEN[finding.passed] for finding in report.findings], np.int8)}


def on_cartpole(agent_class: type[PPO], seed: int) -> dict[str, np.ndarray]:
    """(EPISODES,) the returns of a test by `rollouts` after training, which asks for no chance."""
    envs = make_many(ENV_ID, CARTPOLE_CONFIG.num_envs)
    agent = agent_class(envs.single_observation_space, envs.single_action_space, CARTPOLE_CONFIG, seed)
    train(envs, agent, CARTPOLE_STEPS, seed, progress=False)
    played = rollouts(agent, gym.make_vec(ENV_ID, EPISODES), FINAL_SEED + seed)
    return {"final_returns": played.returns.astype(np.float32)}


def record(name: str, seed: int) -> dict[str, np.ndarray]:
    """One run of what is called where/bug."""
    where, _, bug = name.partition("/")
    return (in_probes if where == "probes" else on_cartpole)(AGENTS[bug], seed)


def numbers_of(name: str) -> dict:
    """All that the runs of a name depend on."""
    if name.startswith("probes"):
        return in_json(asdict(PROBE_CONFIG)) | {"probes": NAMES, "num_steps": NUM_STEPS}
    return in_json(asdict(CARTPOLE_CONFIG)) | {"num_steps": CARTPOLE_STEPS, "final_seed": FINAL_SEED}


def gather(jobs: int) -> dict[str, np.ndarray]:
    """probes/bug/failed (N, P) of int8: 1 failed, 0 passed, -1 not seen; cartpole/bug/final_returns (M, EPISODES)."""
    tasks = [("probes/right", seed) for seed in SEEDS]
    tasks += [(f"cartpole/{bug}", seed) for seed in CARTPOLE_SEEDS for bug in AGENTS]
    tasks += [(f"probes/{bug.name}", seed) for seed in BUG_SEEDS for bug in POLICY_BUGS]
    found = in_pieces(record, tasks, numbers_of, jobs, folder_of("policy_bugs"))
    arrays = {f"{name}/{array}": values for name, arrays in found.items() for array, values in arrays.items()}
    return arrays | {"probes": np.array(NAMES)}


def main() -> None:
    config = {
        "bugs": {bug.name: bug.what for bug in ALL},
        "probes": numbers_of("probes"),
        "cartpole": numbers_of("cartpole"),
    }
    config |= {"bug_seeds": list(BUG_SEEDS), "cartpole_seeds": list(CARTPOLE_SEEDS)}
    arrays = record_runs(PATH, gather, config=config, seeds=SEEDS)
    for bug in AGENTS:
        failed = (arrays[f"probes/{bug}/failed"] == 1).sum(axis=0)
        finds = ", ".join(f"{name} {count}" for name, count in zip(NAMES, failed, strict=True) if count)
        print(f"{bug}: {arrays[f'cartpole/{bug}/final_returns'].mean():.0f} on CartPole; {finds or 'nothing found'}")


if __name__ == "__main__":
    main()
