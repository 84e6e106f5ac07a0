"""Four checks of how an agent behaves, which need no known answer: for `helpers.clinic.probes`."""

from collections.abc import Callable
from functools import partial

import numpy as np

from helpers.buffer import Transition
from helpers.clinic.findings import Finding
from helpers.envs.probe_worlds import BY_NAME

ASKED = 500  # times for one observation: with epsilon = 0.05 and three actions all agree with chance 4e-8
TWIN_STEPS = 200  # env steps side by side: long enough for gradient steps (PROBE_CONFIG learns from step 64 on)
GREEDY, TWINS, ACTING, ASKING = "greedy", "side by side", "acting", "asking"
FOLLOWED = 0.5  # share of the actions of a trained agent that follow its Q, while it explores
WORLD = BY_NAME["observation and action"].make


def values_of(agent, observations) -> np.ndarray | None:
    """(S, A) the agent's Q of each observation, or None where it has no `q_values`."""
    if not hasattr(agent, "q_values"):
        return None
    return np.array([np.asarray(agent.q_values(obs), float) for obs in observations])


def greedy(pupils: dict) -> Finding:
    """Asked 500 times with explore=False, an agent must give one answer, and the one of its own Q."""
    agent = pupils.get("action")
    if agent is None:
        return Finding(GREEDY, None, "there is no agent that could be asked")
    obs = BY_NAME["action"].make().observations[0]
    chosen = {int(agent.act(obs, explore=False)) for _ in range(ASKED)}
    if len(chosen) > 1:
        return Finding(
            GREEDY, False, f"act(obs, explore=False) gave {sorted(chosen)} for one obs: exploration is left on"
        )
    if hasattr(agent, "q_values") and chosen != {int(np.argmax(agent.q_values(obs)))}:
        return Finding(GREEDY, False, f"act(obs, explore=False) gave {sorted(chosen)}, not the action of the largest Q")
    return Finding(GREEDY, True, "act(obs, explore=False) gives the same action each time")


def acting(pupils: dict) -> Finding:
    """In every place of `choice` all ways of asking must agree; and while it explores, what it learnt must show."""
    agent = pupils.get("choice")
    if agent is None:
        return Finding(ACTING, None, "there is no agent that could be asked")
    seen = BY_NAME["choice"].make().observations  # (S, O)
    q = values_of(agent, seen)
    best = [int(agent.act(obs, explore=False)) for obs in seen] if q is None else q.argmax(axis=1).tolist()
    for way, chosen in _ways(agent, seen).items():
        if chosen != best:
            return Finding(ACTING, False, f"{way} gave {chosen} for the places one by one; largest Q have {best}")
    pairs = list(zip(seen, best, strict=True)) * (ASKED // len(seen))
    followed = np.mean([int(agent.act(obs)) == own for obs, own in pairs])
    if followed < FOLLOWED:
        words = (
            f"after training, only {followed:.0%} of the actions are what it thinks best: it explores too much, or in"
        )
        return Finding(ACTING, False, f"{words} the wrong cases")
    return Finding(ACTING, True, "act, act_many and Q agree, and while it explores it mostly does what it thinks best")


def _ways(agent, seen) -> dict[str, list[int]]:
    """What a trained agent answers to each place, asked in each way that it has."""
    ways = {"act(obs, explore=False)": [int(agent.act(obs, explore=False)) for obs in seen]}
    if hasattr(agent, "act_many"):
        ways["act_many(obs, explore=False)"] = [int(action) for action in agent.act_many(seen, explore=False)]
    return ways


def side_by_side(make_agent: Callable, seed: int) -> Finding:
    """An agent follows from its seed alone: twice the same, and not otherwise when another one lives beside it."""
    alone, again, beside = (_life(make_agent, seed, company) for company in (False, False, True))
    if alone != again:
        words = "one seed gave two different runs: something is drawn from a generator that the seed does not set"
        return Finding(TWINS, False, words)
    if alone != beside:
        words = "a second agent beside it changed what it did: the two share a generator, a buffer or a network"
        return Finding(TWINS, False, words)
    return Finding(TWINS, True, "one seed, one run, with or without another agent beside it")


def asking(make_agent: Callable, seed: int) -> Finding:
    """An examination must leave no trace: asked with explore=False all along, an agent does and learns the same."""
    if _life(make_agent, seed) != _life(make_agent, seed, asked=True):
        words = (
            "act(obs, explore=False), act_many or q_values changed what it did later: it counts, stores or draws there"
        )
        return Finding(ASKING, False, words)
    return Finding(ASKING, True, "asking it changes nothing")


def _life(make_agent, seed: int, company: bool = False, asked: bool = False) -> tuple[list[int], list]:
    """The actions of an agent that explores, and its Q at the end. With `company` a second one acts and learns in turn
    with it; with `asked` it is asked in every way, without exploration, before each step."""
    world = WORLD()
    seeds = (seed, seed + 1) if company else (seed,)
    agents = [make_agent(world.observation_space, world.action_space, own_seed) for own_seed in seeds]
    taken = []
    for step in range(TWIN_STEPS):
        obs = world.observations[step % 2]
        if asked:
            _ways(agents[0], world.observations)
            values_of(agents[0], world.observations)
        for number, agent in enumerate(agents):
            action = int(agent.act(obs))
            agent.learn(Transition(obs, action, float(action), obs, True, False))
            if number == 0:
                taken.append(action)
    values = values_of(agents[0], world.observations)  # (S, A)
    return taken, [] if values is None else values.tolist()


def behaviour_checks(make_agent: Callable, seed: int, pupils: dict) -> dict[str, Callable[[], Finding]]:
    """The four by name; `pupils` holds, by then, the agents that learnt in `action` and `choice`."""
    return {
        GREEDY: partial(greedy, pupils),
        TWINS: partial(side_by_side, make_agent, seed),
        ACTING: partial(acting, pupils),
        ASKING: partial(asking, make_agent, seed),
    }
