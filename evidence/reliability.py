"""Record, for notebook 12, the plain DQN and CANDIDATE with single parts added or taken away, on one budget.

python -m evidence.reliability --jobs 2
"""

from dataclasses import asdict, dataclass, replace

import gymnasium as gym
import numpy as np

from evidence import record_runs, stacked
from evidence.stopwatch import Stopwatch
from helpers.clinic.instruments import instruments
from helpers.dqn import DQN, DQNConfig
from helpers.dqn.prioritised import Prioritised
from helpers.dqn.recipes import CANDIDATE, PLAIN, Recipe
from helpers.dqn.variants import Double, Dueling, LayerNorm, NStep, NStepConfig, SoftTarget
from helpers.evaluation import rollouts, run_seeds
from helpers.loop import train

PATH = "notebooks/data/reliability.npz"
ENV_ID, NUM_STEPS, SEEDS = "CartPole-v1", 100_000, range(12)
MEASURE_EVERY = 5_000  # env steps
FINAL_EPISODES, FINAL_SEED = 100, 2_000_000

PARTS = {
    "double": Double,
    "n_step": NStep,
    "layer_norm": LayerNorm,
    "soft_target": SoftTarget,
    "dueling": Dueling,
    "prioritised": Prioritised,
}


def with_parts(recipe: Recipe, *parts: type[DQN], **numbers) -> Recipe:
    """The recipe with more parts, each with the numbers of its own config; `numbers` replace some, such as n=3."""
    agent_class = type("Variant", (*parts, recipe.agent_class), {})
    kinds = dict.fromkeys(vars(part).get("config_class", DQNConfig) for part in agent_class.__mro__)
    kinds = [kind for kind in kinds if not any(issubclass(other, kind) for other in kinds if other is not kind)]
    config_class = dataclass(frozen=True)(type("VariantConfig", tuple(kinds), {}))
    return recipe._replace(agent_class=agent_class, config=config_class(**asdict(recipe.config) | numbers))


def without_decay(recipe: Recipe) -> Recipe:
    """The recipe with a learning rate that stays."""
    return recipe._replace(config=replace(recipe.config, learning_rate_steps=None))


def variants() -> dict[str, Recipe]:
    """Every recipe by its name; all of them run for NUM_STEPS."""
    plain, candidate = (recipe.for_task(NUM_STEPS, recipe.config.obs_scale) for recipe in (PLAIN, CANDIDATE))
    found = {"plain": plain, "plain/no_decay": without_decay(plain)}
    found |= {f"plain/{name}": with_parts(plain, part) for name, part in PARTS.items()}
    found |= {"candidate": candidate, "candidate/no_decay": without_decay(candidate)}
    found |= {f"candidate/{name}": with_parts(candidate, part) for name, part in PARTS.items() if part is not NStep}
    found |= {f"candidate/n={n}": with_parts(candidate, n=n) for n in (1, 3, 10, 20)}
    return found | {"all_seven": with_parts(candidate, *(part for part in PARTS.values() if part is not NStep))}


VARIANTS = variants()


def record(variant: str, seed: int, num_steps: int = NUM_STEPS) -> dict[str, np.ndarray]:
    """One run of a variant; num_steps: where to stop it, so that fewer give the beginning of the same run."""
    return record_recipe(VARIANTS[variant], seed, num_steps)


def record_recipe(recipe: Recipe, seed: int, num_steps: int = NUM_STEPS) -> dict[str, np.ndarray]:
    """One run; `cpu_seconds` is the processor's time for compiling and training, without the measurements."""
    env = gym.make(ENV_ID)
    agent = recipe.make(env, seed)
    clock = Stopwatch(instruments(ENV_ID, seed))
    agent.compile()
    history = train(env, agent, num_steps, seed, measure=clock, measure_every=MEASURE_EVERY, progress=False)
    cpu_seconds = clock.seconds
    played = rollouts(agent, gym.make_vec(ENV_ID, num_envs=FINAL_EPISODES), FINAL_SEED + seed)
    return {
        "measured_at": history.measured_at,
        "greedy_returns": history.measured["greedy_returns"].mean(axis=1),  # (V,)
        "q_at_start": history.measured["q_at_start"].mean(axis=1),  # (V,)
        "overestimation": history.measured["overestimation"],  # (V,)
        "final_returns": played.returns.astype(np.int16),  # (FINAL_EPISODES,)
        "cpu_seconds": np.array(cpu_seconds),
    }


def gather(jobs: int) -> dict[str, np.ndarray]:
    """Each variant's arrays with the seeds as first axis (N, ...), named variant/array."""
    tasks = [(variant, seed) for variant in VARIANTS for seed in SEEDS]
    runs = run_seeds(lambda task: record(*tasks[task]), range(len(tasks)), jobs)
    arrays = {"measured_at": runs[0]["measured_at"]}
    for i, variant in enumerate(VARIANTS):
        of_variant = stacked(runs[i * len(SEEDS) : (i + 1) * len(SEEDS)])
        arrays |= {f"{variant}/{name}": values for name, values in of_variant.items() if name != "measured_at"}
    return arrays


def describe() -> dict:
    """What produced the numbers, for the provenance."""
    shared = {"env": ENV_ID, "num_steps": NUM_STEPS, "measure_every": MEASURE_EVERY, "n": NStepConfig().n}
    configs = {
        variant: f"target_every={recipe.config.target_every}, learning_rate_steps={recipe.config.learning_rate_steps}"
        for variant, recipe in VARIANTS.items()
    }
    return asdict(PLAIN.config) | shared | {"variants": configs}


def main() -> None:
    arrays = record_runs(PATH, gather, config=describe(), seeds=SEEDS)
    threshold = gym.spec(ENV_ID).reward_threshold
    for variant in VARIANTS:
        means = arrays[f"{variant}/final_returns"].mean(axis=1)  # (N,)
        solved, seconds = (means >= threshold).sum(), np.median(arrays[f"{variant}/cpu_seconds"])
        print(f"{variant:>22}: {solved} of {len(SEEDS)} solved, worst {means.min():.0f}, {seconds:.1f} s")


if __name__ == "__main__":
    main()
