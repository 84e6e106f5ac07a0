"""Record for notebook 06: table, tiles, random search and DQN on CartPole, with crossed wires, with useless sensors.

python -m evidence.rivals
"""

from dataclasses import replace

import gymnasium as gym
import numpy as np

from evidence import record_runs
from evidence.side_by_side import ManySearches, ManyTilings, MoreSensors, TilingsConfig
from evidence.table_on_cartpole import ENV_ID, LIMITS, NUM_STEPS
from helpers.agents import GreedyAgent
from helpers.envs import make_many
from helpers.evaluation import rollouts
from helpers.loop import train

PATH = "notebooks/data/rivals.npz"
NUM_RUNS = 20  # side by side
SEED, TUNING_SEED = 0, 1_000  # of all runs that are reported, and of those that chose the numbers
NUM_TUNING_RUNS = 3  # as many as chose the bins of the table
NUM_DQN = 10  # runs of the DQN, as many as notebook 08 has
MEASURE_EVERY, EPISODES, FINAL_EPISODES = 5_000, 20, 100  # env steps of each run, greedy episodes
EVALUATION_SEED, FINAL_SEED = 1_000_000, 2_000_000

WORLDS = {"plain": {}, "crossed": {"crossed": True}, "useless": {"num_useless": 2}}
SETTINGS = [(initial_q, alpha) for initial_q in (0.0, 100.0) for alpha in (0.1, 0.3)]  # those that the table had
TILES, TILINGS = 8, 8
WIDE = (4.8, 4.0, 0.419, 4.0)  # limits twice as wide
AROUND_FIVE = (3, 4)  # bins for each sensor, beside the five of the table


def make_worlds(name: str, num_envs: int) -> MoreSensors:
    """`num_envs` of one world."""
    return MoreSensors(make_many(ENV_ID, num_envs), **WORLDS[name])


def config_of(world: str, bins: int, setting, num_tilings: int = 1, limits=LIMITS) -> TilingsConfig:
    """A lamp has two bins; every other sensor has the same number of them."""
    options = WORLDS[world]
    useless = options.get("num_useless", 0)
    lamp = (2,) * options.get("crossed", False)
    cuts = (*[bins] * 4, *lamp, *[bins] * useless)
    more = (1.0,) * (len(cuts) - 4)
    initial_q, alpha = setting
    return TilingsConfig((*limits, *more), cuts, num_tilings, alpha, initial_q)


def examine(agent, world: str, num_runs: int, episodes: int, seed: int) -> np.ndarray:
    """Greedy returns (num_runs, episodes), all stepped together."""
    envs = make_worlds(world, num_runs * episodes)
    return rollouts(GreedyAgent(agent.q_values), envs, seed).returns.reshape(num_runs, episodes)


def run(agent, world: str, num_runs: int, seed: int, num_steps: int = NUM_STEPS, measure: bool = True) -> dict:
    """All runs of one agent in one world: its greedy returns on the way, (N, V), and at the end, (N, episodes)."""

    def look(agent) -> dict:
        return {"greedy_returns": examine(agent, world, num_runs, EPISODES, EVALUATION_SEED + seed).mean(axis=1)}

    options = {"measure": look, "measure_every": num_runs * MEASURE_EVERY} if measure else {}
    history = train(make_worlds(world, num_runs), agent, num_runs * num_steps, seed, progress=False, **options)
    found = {"final_returns": examine(agent, world, num_runs, FINAL_EPISODES, FINAL_SEED + seed)}
    print(f"{type(agent).__name__}, {world}: {np.sort(found['final_returns'].mean(axis=1)).round()}", flush=True)
    return found | {name: values.T for name, values in history.measured.items()}


def tables(config: TilingsConfig, world: str, **options) -> dict:
    """NUM_RUNS tables, or as many sets of tiles."""
    return run(ManyTilings(NUM_RUNS, config, SEED), world, NUM_RUNS, SEED, **options)


def tuned_tiles() -> dict[str, np.ndarray]:
    """What the tiles reach with each of SETTINGS on runs that are not reported: (settings, tuning runs)."""
    start, alpha = np.repeat(SETTINGS, NUM_TUNING_RUNS, axis=0).T  # (settings * tuning runs,) all side by side
    agent = ManyTilings(len(alpha), config_of("plain", TILES, SETTINGS[0], TILINGS), TUNING_SEED)
    agent.alpha = alpha
    agent.q += np.repeat(start / TILINGS, len(agent.q) // len(start))[:, None].astype(np.float32)
    found = run(agent, "plain", len(alpha), TUNING_SEED, measure=False)
    return {"tiles/tuning_returns": found["final_returns"].mean(axis=1).reshape(len(SETTINGS), NUM_TUNING_RUNS)}


def dqn(world: str) -> dict:
    """The DQN of notebook 08, unchanged: only the scale of the sensors that came in is added."""
    from helpers.dqn.many import ManyDQN
    from helpers.dqn.recipes import PLAIN

    envs = make_worlds(world, 1)
    more = (1.0,) * (envs.single_observation_space.shape[0] - 4)
    config = replace(PLAIN.config, obs_scale=(*PLAIN.config.obs_scale, *more))
    agent = ManyDQN(envs.single_observation_space, envs.single_action_space, config, range(NUM_DQN))
    return run(agent, world, NUM_DQN, SEED, measure=False)


def gather(jobs: int) -> dict[str, np.ndarray]:
    """Every agent in every world, and the two questions about the table's bins; one process is enough."""
    arrays = {"settings": np.array(SETTINGS), "measured_at": np.arange(MEASURE_EVERY, NUM_STEPS + 1, MEASURE_EVERY)}
    arrays |= tuned_tiles()
    best = SETTINGS[int(arrays["tiles/tuning_returns"].mean(axis=1).argmax())]
    found = {}
    for world in WORLDS:
        sensors, on_the_way = make_worlds(world, 1).single_observation_space.shape[0], {"measure": world == "plain"}
        found[f"search/{world}"] = run(ManySearches(NUM_RUNS, sensors, SEED), world, NUM_RUNS, SEED, **on_the_way)
        found[f"table/{world}"] = tables(config_of(world, 5, SETTINGS[3]), world, **on_the_way)
        found[f"tiles/{world}"] = tables(config_of(world, TILES, best, TILINGS), world, **on_the_way)
        if world != "plain":  # that is the record of notebook 08
            found[f"dqn/{world}"] = dqn(world)
    found["products/crossed"] = run(
        ManySearches(NUM_RUNS, 5, SEED, products=True), "crossed", NUM_RUNS, SEED, measure=False
    )
    for bins in AROUND_FIVE:
        found[f"bins/{bins}"] = tables(config_of("plain", bins, SETTINGS[3]), "plain", measure=False)
    found["wide/plain"] = tables(config_of("plain", 5, SETTINGS[3], limits=WIDE), "plain", measure=False)
    return arrays | {f"{who}/{name}": values for who, one in found.items() for name, values in one.items()}


def main() -> None:
    config = {"env": ENV_ID, "num_steps": NUM_STEPS, "gamma": 0.99, "limits": LIMITS, "worlds": WORLDS}
    config |= {
        "tiles": TILES,
        "tilings": TILINGS,
        "tuning_seed": TUNING_SEED,
        "wide": WIDE,
        "runs": NUM_RUNS,
        "dqn_runs": NUM_DQN,
    }
    arrays = record_runs(PATH, gather, config=config, seeds=[SEED])
    threshold = gym.spec(ENV_ID).reward_threshold
    print("tiles, chosen from", arrays["tiles/tuning_returns"].mean(axis=1).round(0))
    for name, values in arrays.items():
        if name.endswith("final_returns"):
            means = values.mean(axis=1)
            solved = (means >= threshold).sum()
            print(f"{name}: {solved} of {len(means)}, mean {means.mean():.0f}, {np.sort(means)[:3].round()}")


if __name__ == "__main__":
    main()
