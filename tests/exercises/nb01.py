"""Right and wrong answers to the exercises of notebook 01."""

SETUP = """
import numpy as np
from helpers.buffer import Transition
from helpers.updates import discounted_return
"""

PLAY = """
def f(env, agent, num_steps, seed):
    returns, total = [], 0.0
    obs, _ = env.reset(seed=seed)
    for _ in range(num_steps):
        action = agent.act(obs)
        next_obs, reward, terminated, truncated, _ = env.step(action)
        agent.learn(Transition(obs, action, reward, next_obs, terminated, truncated))
        obs = next_obs
        total += reward
        if terminated or truncated:
            returns.append(total)
            obs, _ = env.reset()
            total = 0.0
    return returns
"""


def played(*changes):
    """The loop with some of its pieces replaced: (old, new), ..."""
    source = PLAY
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in source
        source = source.replace(old, new)
    return source


LOOP = """
def f(reward, terminated, truncated):
    returns, total = [], 0.0
    for r, end, cut in zip(reward, terminated, truncated):
        total += r
        if end or cut:
            returns.append(total)
            total = 0.0
    return returns
"""

VARIANTS = {
    "1.1": [
        PLAY,
        """
def whole_episodes(env, agent, num_steps, seed):
    returns, taken = [], 0
    obs, _ = env.reset(seed=seed)
    while taken < num_steps:
        rewards, ended = [], False
        while not ended and taken < num_steps:
            action = agent.act(obs)
            after, reward, terminated, truncated, info = env.step(action)
            agent.learn(Transition(obs, action, reward, after, terminated, truncated))
            rewards.append(reward)
            obs, taken, ended = after, taken + 1, terminated or truncated
        if ended:
            returns.append(sum(rewards))
            if taken < num_steps:
                obs, _ = env.reset()
    return returns
""",
        played("obs, _ = env.reset()", "obs = env.reset(seed=None, options={})[0]"),
    ],
    "1.2": ["4 + 8 / 8", "np.float32(5)", "5", "__import__('fractions').Fraction(5)"],
    "1.3": [
        "lambda r, g: [sum(g**k * x for k, x in enumerate(r[t:])) for t in range(len(r))]",
        "lambda r, g: np.triu(g ** np.maximum(np.arange(len(r))[None] - np.arange(len(r))[:, None], 0.0)) @ r",
    ],
    "1.4": [
        LOOP,
        "lambda r, e, c: np.diff(np.append(0, np.cumsum(r)[e | c]))",
        "lambda r, e, c: tuple(p.sum() for p in np.split(r, np.flatnonzero(e | c) + 1)[:-1])",
    ],
    "1.5": [
        "[0.1, 0.2, 1, 1]",
        "[0, 0.3, 1, 1]",
        "[0, 0.5, 1, 1]",
        "np.array([0.05, 0.1, 1.0, 1.0])",
        "(0, 0.2, 1, 1)",
    ],
}

MUTANTS = {
    "1.1": {
        played("env.reset()", "env.reset(seed=seed)"): "A later reset gets a seed too",
        played("obs, _ = env.reset(seed=seed)", "obs = env.reset(seed=seed)"): "`reset` gives two things, obs and info",
        played(
            "        obs = next_obs\n", "        obs = (next_obs, reward, terminated, truncated, {})\n"
        ): "`step` gives five",
        played("seed=seed", "seed"): "takes its seed by name",
        played("seed=seed", ""): "first reset needs the seed",
        played("seed=seed", "seed=0"): "another seed than the one",
        played("        obs = next_obs\n", ""): "What was seen next is what is seen now",
        played("agent.act(obs)", "agent.act(obs + 1)"): "Follow `obs` through one turn",
        played("obs, _ = env.reset()", "env.reset()"): "end of the old episode",
        played("terminated or truncated", "terminated"): "goes on stepping after",
        played("            total = 0.0\n", ""): "begins at 0: the sum",
        played("return returns", "return [*returns, total]"): "not over yet has no return",
        played(
            "            returns.append(total)", "            if terminated:\n                returns.append(total)"
        ): "the clock stopped has a return",
        played("total += reward", "total += 1"): "You count steps",
        played("returns.append(total)", "returns.append(total - reward)"): "Add each reward",
        played("returns.append(total)", "returns.append(reward)"): "last rewards",
        played(
            "        agent.learn(Transition(obs, action, reward, next_obs, terminated, truncated))\n", ""
        ): "never learns",
        played("Transition(obs,", "Transition(next_obs,"): "moved on before the agent learnt",
        played(
            "next_obs, terminated, truncated))", "next_obs, terminated or truncated, False))"
        ): "two flags are mixed up",
        played("action, reward, next_obs", "action, total, next_obs"): "not a sum of several",
        played("Transition(obs, action", "Transition(obs, 0"): "names another action",
        played("env.step(action)", "env.step(0)"): "another action than the one that the agent chose",
        played("range(num_steps)", "range(num_steps - 1)"): "steps in all",
        played(
            "for _ in range(num_steps):", "for _ in range(num_steps):\n        obs, _ = env.reset()"
        ): "in the middle of an episode",
        played("        action = agent.act(obs)\n", "        action = 0\n"): "without asking the agent",
        played("return returns", "returns"): "one return for each episode",
    },
    "1.2": {
        "12": "plain sum",
        "2.5": "comes at once",
        "8.5": "from the wrong end",
        "3": "That is a mean",
        "4.5": "discounted once too often",
        "6": "not discounted often enough",
        "7": "four rewards in a row",
        "'3'": "should be a number, but it is str",
    },
    "1.3": {
        "lambda r, g: np.cumsum(r)": "what came before",
        "lambda r, g: np.cumsum(r[::-1])[::-1]": "Nothing is discounted",
        "lambda r, g: [discounted_return(r[t:], g) for t in range(len(r))][::-1]": "order is reversed",
        "lambda r, g: [discounted_return(r[t + 1:], g) for t in range(len(r))]": "Off by one",
        "lambda r, g: np.cumsum((g ** np.arange(len(r)) * r)[::-1])[::-1]": "at its own step",
        "lambda r, g: [g * discounted_return(r[t:], g) for t in range(len(r))]": "itself is discounted",
        "lambda r, g: r * 1.0": "each by itself",
        "lambda r, g: np.cumsum((r * g ** np.arange(len(r)))[::-1])[::-1] / g ** np.arange(len(r))": "NaN or infinity at gamma 0",
        "lambda r, g: np.cumsum((r * g ** np.arange(len(r)))[::-1])[::-1] / g ** np.arange(len(r)) if g else r": "NaN or infinity with 2,000",
        "lambda r, g: discounted_return(r, g)": "should have shape (6,), but its shape is ()",
        "def f(r, g):\n    out = np.zeros_like(r)\n    for t in range(len(r)):\n        out[t] = discounted_return(r[t:], g)\n    return out": "cuts off the decimals",
        "def f(r, g):\n    for t in range(len(r) - 2, -1, -1):\n        r[t] += g * r[t + 1]\n    return r": "changes its argument `r`",
        "def f(r, g):\n    while True: pass": "does not come back",
        "lambda r, g: [r[t] + g * r[t + 1] for t in range(len(r))]": "IndexError",
        "def f(r, g):\n    if not len(r):\n        return np.zeros(0)\n    later = f(r[1:], g)\n    return np.append(r[0] + (g * later[0] if len(later) else 0), later)": "or goes too deep for an episode of 2,000",
        "def f(r, g):\n    return f(r, g)": "or goes too deep for an episode of 6",
    },
    "1.4": {
        LOOP.replace("end or cut", "end"): "the clock stopped",
        LOOP.replace("end or cut", "cut"): "that terminated is over too",
        LOOP.replace("return returns", "return returns + [total]"): "no return",
        LOOP.replace("total = 0.0\n    return", "pass\n    return"): "begins at 0",
        "lambda r, e, c: [p.sum() for p in np.split(r, np.flatnonzero(e | c))[:-1]]": "not to the next",
        LOOP.replace("end or cut", "end != cut"): "Both flags may be set",
        LOOP.replace(
            "if end or cut:", "if end:\n            returns.append(total)\n            total = 0.0\n        if cut:"
        ): "not twice",
        "lambda r, e, c: r[e | c]": "last rewards",
        "lambda r, e, c: r.sum()": "Give back a list",
        LOOP.replace("end or cut", "end and cut"): "step by step",
        LOOP.replace("return returns", "returns"): "Is a `return` missing?",
        LOOP.replace("returns, total", "reward[0], returns, total").replace(
            "[], 0.0\n    for", "0.0, [], 0.0\n    for"
        ): "changes its argument `reward`",
    },
    "1.5": {
        "[0, 0, 0, 0]": "always pushes to the left",
        "[0, 0, 1, 1]": "does not look at the cart",
        "[0.1, 0.2, -1, 1]": "last ones, should be positive",
        "[-0.1, -0.2, 1, 1]": "wrong way",
        "[1, 1, 1, 1]": "Are the new weights small?",
        "[0.02, 0.1, 1, 1]": "Its worst episode of 60",
        "[0.02, 0, 1, 1]": "Its worst episode of 60 has 327",
        "[0.05, 0, 1, 1]": "Its worst episode of 60 has 350",
        "[0.1, 0, 1, 1]": "Its worst episode of 60 has 286",
        "[0.1, 0.2, 1]": "should have shape (4,)",
        "lambda obs: 1": "should be an array",
    },
}
