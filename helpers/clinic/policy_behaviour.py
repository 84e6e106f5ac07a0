"""How an agent behaves, whatever it has learnt: does it act as its policy says, and does it follow from its seed?"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from helpers.clinic.findings import Finding
from helpers.envs.policy_probe_worlds import AUDITED
from helpers.loop import train
from helpers.parts import restorer, state_of

ASKED = 2_000  # times, over all observations
LIFE = 40  # steps of each environment before it is asked, or in which two lives are compared
AS_IT_SAYS, ONE_SEED = BEHAVIOURS = "acts as it says", "one seed"


class Pupils:
    """Untrained agents of one seed. Where its parts are known, it is one agent that is put back to its first state."""

    def __init__(self, make_agent: Callable, num_envs: int, seed: int):
        envs = AUDITED.make_many(num_envs)
        self.make = partial(make_agent, envs.single_observation_space, envs.single_action_space)
        self.num_envs, self.seed = num_envs, seed
        self.agent: Any = None
        self.first: dict[str, np.ndarray] = {}

    def fresh(self):
        """An agent that has learnt nothing."""
        if self.first:
            return restorer(self.agent, self.first)()
        self.agent = self.make(self.seed)
        self.first = _state_of(self.agent)
        return self.agent


def acts_as_it_says(pupils: Pupils) -> Finding:
    """explore=False must give one answer, the most probable, and change nothing; samples must follow `policy`."""
    agent, world = pupils.fresh(), AUDITED.make()
    train(AUDITED.make_many(pupils.num_envs), agent, LIFE * pupils.num_envs, pupils.seed, progress=False)
    num_places = len(world.observations)
    obs = world.observations[np.arange(ASKED) % num_places]  # (B, O)
    before = _state_of(agent)
    best = np.asarray(agent.act_many(obs, explore=False))
    after = _state_of(agent)
    if any(len(np.unique(best[place::num_places])) > 1 for place in range(num_places)):
        words = "act_many(obs, explore=False) gives several actions for one obs: exploration is left on"
        return Finding(AS_IT_SAYS, False, words)
    if changed := [name for name in before if not np.array_equal(before[name], after[name])]:
        return Finding(AS_IT_SAYS, False, f"act_many(obs, explore=False) changed the agent: {', '.join(changed)}")
    if not hasattr(agent, "policy"):
        return Finding(AS_IT_SAYS, None, "the agent has no `policy(obs)` that its actions could be compared with")
    probs = np.asarray(agent.policy(world.observations).probs)  # (S, A)
    drawn = np.asarray(agent.act_many(obs))
    for place, said in enumerate(probs):
        of_place = drawn[place::num_places]
        shares = np.bincount(of_place, minlength=len(said)) / len(of_place)
        if np.abs(shares - said).max() > 5 * np.sqrt(said.max() * (1 - said.max()) / len(of_place)) + 1e-3:
            words = f"it says {in_a_row(said)} and takes actions with shares {in_a_row(shares)}"
            return Finding(AS_IT_SAYS, False, f"{words}: what acts is not what learns")
        if said[best[place]] < said.max():
            return Finding(AS_IT_SAYS, False, "act_many(obs, explore=False) is not the most probable action")
    return Finding(AS_IT_SAYS, True, "actions come as often as it says, and explore=False takes the most probable one")


def follows_from_its_seed(pupils: Pupils) -> Finding:
    """The same life twice, the second time beside another agent."""
    alone = _life(pupils, None)
    beside = _life(pupils, pupils.make(pupils.seed + 1))
    if alone == beside:
        return Finding(ONE_SEED, True, "one seed, one run, also beside another agent")
    words = "one seed gave two runs: something is drawn from a generator that the seed does not set, or that is shared"
    return Finding(ONE_SEED, False, words)


def _life(pupils: Pupils, other) -> list[bytes]:
    """What an agent does on the way, asked once more after each step; `other` is asked in turn with it."""
    agent, envs, taken = pupils.fresh(), AUDITED.make_many(pupils.num_envs), []
    obs = np.resize(AUDITED.make().observations, (pupils.num_envs, *(envs.single_observation_space.shape or ())))

    def ask(agent) -> dict:
        taken.append(np.asarray(agent.act_many(obs)).tobytes())
        if other is not None:
            other.act_many(obs)
        return {}

    options = {"measure": ask, "measure_every": pupils.num_envs, "progress": False}
    train(envs, agent, LIFE * pupils.num_envs, pupils.seed, **options)
    return taken


def _state_of(agent) -> dict[str, np.ndarray]:
    return state_of(agent) if hasattr(agent, "saved") else {}


def in_a_row(values) -> str:
    """Numbers for a sentence."""
    return " ".join(f"{value:.2f}" for value in np.ravel(values))
