"""Right and wrong answers to the exercises of notebook 04."""

SETUP = """
import numpy as np
from helpers.agents import QLearning, Sarsa
from helpers.buffer import Transition
from helpers.updates import q_learning_target, sarsa_target, td_error

def learner(target, alpha=None):
    '''A `learn` with another target, or another step size.'''
    def learn(agent, transition):
        o, a = transition.obs, transition.action
        agent.num_steps += 1
        agent.counts[o, a] += 1
        size = agent.config.alpha(agent.counts[o, a]) if alpha is None else alpha(agent, o, a)
        agent.q[o, a] += size * (target(agent, transition) - agent.q[o, a])
    return learn

def sarsa(value, waits=lambda t, chosen: None if t.terminated or t.truncated else chosen):
    '''SARSA's `learn` with another value of the next state, or another action that waits.'''
    def learn(agent, t):
        chosen = agent.table.act(t.next_obs)
        follows = value(agent, t, chosen)
        agent.table.move_towards(t.reward + agent.config.gamma * (not t.terminated) * follows, t.obs, t.action)
        agent.next_action = waits(t, chosen)
    return learn

def entry(agent, t, chosen):
    return agent.q[t.next_obs, chosen]

def right(agent, t):
    return t.reward + agent.config.gamma * (not t.terminated) * agent.q[t.next_obs].max()
"""

VARIANTS = {
    "4.1": ["33 / 10", "np.float32(3.3)", "np.array(3.3)"],
    "4.2": [
        """
def by_hand(agent, transition):
    obs, action, reward, next_obs, terminated, truncated = transition
    agent.counts[obs][action] = agent.counts[obs][action] + 1
    alpha = agent.config.alpha(agent.counts[obs, action])
    target = reward
    if not terminated:
        target = reward + agent.config.gamma * max(agent.q[next_obs])
    agent.q[obs, action] = (1 - alpha) * agent.q[obs, action] + alpha * target
    agent.num_steps += 1
    return agent
""",
        "learner(lambda agent, t: q_learning_target(t.reward, agent.q[t.next_obs], t.terminated, agent.config.gamma))",
        "QLearning.learn",
        "learner(lambda agent, t: t.reward + agent.config.gamma * (not t.terminated) * agent.q[t.next_obs, agent.act(t.next_obs, explore=False)])",
    ],
    "4.3": [
        "lambda r, own, other, t, g: r + g * (1 - t) * np.take_along_axis(other, own.argmax(1)[:, None], 1)[:, 0]",
        """
def loops(reward, next_q, other_next_q, terminated, gamma):
    targets = []
    for r, own, other, end in zip(reward, next_q, other_next_q, terminated):
        targets.append(float(r) if end else float(r + gamma * other[int(np.argmax(own))]))
    return targets
""",
    ],
    "4.5": [
        """
def loops(reward, next_q, terminated, epsilon, gamma):
    targets = []
    for r, q, end in zip(reward, next_q, terminated):
        chances = [epsilon / len(q)] * len(q)
        chances[int(np.argmax(q))] += 1 - epsilon
        targets.append(float(r) if end else float(r + gamma * sum(c * v for c, v in zip(chances, q))))
    return targets
""",
        "lambda r, q, t, e, g: np.where(t, r, r + g * (e * q.mean(-1) + (1 - e) * np.sort(q)[:, -1]))",
    ],
    "4.4": [
        "Sarsa.learn",
        "sarsa(entry)",
        """
def by_hand(agent, transition):
    obs, action, reward, next_obs, terminated, truncated = transition
    table = agent.table
    target = reward
    if not terminated:
        next_action = agent.act(next_obs)
        target = reward + table.config.gamma * table.q[next_obs][next_action]
    table.move_towards(target, obs, action)
    if not (terminated or truncated):
        agent.next_action = next_action
    return agent
""",
        """
def without_move_towards(agent, t):
    chosen = np.int64(agent.table.act(t.next_obs))
    agent.table.counts[t.obs, t.action] += 1
    agent.table.num_steps += 1
    alpha = agent.table.config.alpha(agent.table.counts[t.obs, t.action])
    target = sarsa_target(t.reward, agent.q[t.next_obs], chosen, t.terminated, agent.table.config.gamma)
    agent.q[t.obs, t.action] = (1 - alpha) * agent.q[t.obs, t.action] + alpha * target
    agent.next_action = chosen if not t.terminated and not t.truncated else None
""",
    ],
}

MUTANTS = {
    "4.1": {
        "1.5": "You cut off the future",
        "4.6": "That is the target",
        "2.6": "That is the TD error",
        "1.3": "That is the step",
        "0.7": "away from the target",
        "3.5": "next value in full",
        "1.95": "smaller entry",
        "2.625": "mean of the next row",
        "7": "Write down the target first",
        "'3.3'": "should be a number, but it is str",
        "None": "is `None`",
        "float('nan')": "no finite number",
    },
    "4.2": {
        "learner(lambda agent, t: t.reward + agent.config.gamma * (not (t.terminated or t.truncated)) * agent.q[t.next_obs].max())": "The clock stopped",
        "learner(lambda agent, t: t.reward + agent.config.gamma * agent.q[t.next_obs].max())": "After a terminated step",
        "learner(lambda agent, t: t.reward + (not t.terminated) * agent.q[t.next_obs].max())": "counts in full",
        "learner(lambda agent, t: agent.config.gamma * (t.reward + (not t.terminated) * agent.q[t.next_obs].max()))": "reward is discounted too",
        "learner(lambda agent, t: t.reward + agent.config.gamma * (not t.terminated) * agent.q[t.obs].max())": "where the step began",
        "learner(lambda agent, t: t.reward + agent.config.gamma * (not t.terminated) * agent.q[t.next_obs, t.action])": "same action's entry",
        "learner(lambda agent, t: t.reward + agent.config.gamma * (not t.terminated) * agent.q[t.next_obs].mean())": "the mean of the next row",
        "learner(lambda agent, t: t.reward + agent.config.gamma * (not t.terminated) * agent.q[t.next_obs].min())": "the smallest entry",
        "learner(lambda agent, t: t.reward + agent.config.gamma * (not t.terminated) * agent.q[t.next_obs].argmax())": "`argmax` gives the place",
        "learner(right, lambda agent, o, a: agent.config.alpha(agent.counts[o, a] - 1))": "the visit before",
        "learner(right, lambda agent, o, a: agent.config.alpha(agent.num_steps))": "visits of this one entry",
        "learner(right, lambda agent, o, a: -agent.config.alpha(agent.counts[o, a]))": "away from the target",
        "learner(right, lambda agent, o, a: 1)": "You put the target there",
        "learner(lambda agent, t: right(agent, t) + agent.q[t.obs, t.action])": "a part of the *error*",
        "learner(right, lambda agent, o, a: 1 - agent.config.alpha(agent.counts[o, a]))": "are swapped",
        "learner(lambda agent, t: t.reward + agent.config.gamma * (not t.terminated) * agent.q[t.next_obs, agent.act(t.next_obs)])": "that the agent may try",
        "def f(agent, t):\n    agent.learn(t)": "no `agent.learn` yet",
        "def f(agent, t):\n    agent.move_towards(right(agent, t), t.obs, t.action)": "no `agent.move_towards` yet",
        "def f(agent, t):\n    if not t.terminated:\n        learner(right)(agent, t)": "still teaches its reward",
        "def f(agent, t):\n    if not (t.terminated or t.truncated):\n        learner(right)(agent, t)": "teaches as much as any other",
        "learner(lambda agent, t: (1 - t.terminated) * (t.reward + agent.config.gamma * agent.q[t.next_obs].max()))": "The last reward is lost",
        "learner(lambda agent, t: 7.0)": "as in update 1 above",
        "lambda agent, t: learner(lambda *_: right(agent, t))(agent, t._replace(obs=t.next_obs))": "entry of the next state",
        "def f(agent, t):\n    agent.q[t.obs] += 0.1 * (right(agent, t) - agent.q[t.obs])": "Only the entry of this state",
        "def f(agent, t):\n    entry = agent.q[t.obs, t.action]\n    entry += 0.1 * (right(agent, t) - entry)": "is as it was",
        "def f(agent, t):\n    n = agent.counts[t.obs, t.action] + 1\n    agent.q[t.obs, t.action] += agent.config.alpha(n) * (right(agent, t) - agent.q[t.obs, t.action])": "visit is not counted",
        "def f(agent, t):\n    learner(right)(agent, t)\n    agent.counts[t.obs, t.action] += 1": "One visit is one more",
        "def f(agent, t):\n    learner(right)(agent, t)\n    agent.counts[(t.obs + 1) % 5] += 1": "Only the entry that was visited",
        "def f(agent, t):\n    learner(right)(agent, t)\n    agent.num_steps -= 1": "step itself is not counted",
    },
    "4.3": {
        "lambda r, own, other, t, g: r + g * (1 - t) * own.max(1)": "Q-learning's target",
        "lambda r, own, other, t, g: r + g * (1 - t) * other.max(1)": "other table both chooses",
        "lambda r, own, other, t, g: r + g * (1 - t) * own[np.arange(len(r)), other.argmax(1)]": "roles are swapped",
        "lambda r, own, other, t, g: r + g * (1 - t) * np.minimum(own.max(1), other.max(1))": "the smaller of the two maxima",
        "lambda r, own, other, t, g: r + g * (1 - t) * (own + other).max(1) / 2": "averaged the tables first",
        "lambda r, own, other, t, g: r + g * (1 - t) * (own.max(1) + other.max(1)) / 2": "averaged the two maxima",
        "lambda r, own, other, t, g: r - g * (1 - t) * other[np.arange(len(r)), own.argmax(1)]": "wrong sign",
        "lambda r, own, other, t, g: r + (1 - t) * other[np.arange(len(r)), own.argmax(1)]": "counts in full",
        "lambda r, own, other, t, g: g * (r + (1 - t) * other[np.arange(len(r)), own.argmax(1)])": "discounted too",
        "lambda r, own, other, t, g: r + g * (1 - t) * other[:, own.max(axis=0).argmax()]": "for the whole batch",
        "lambda r, own, other, t, g: (1 - t) * (r + g * other[np.arange(len(r)), own.argmax(1)])": "reward of the last step still counts",
        "lambda r, own, other, t, g: r + g * (1 - t) * other.mean(1)": "by hand with two actions",
        "lambda r, own, other, t, g: r + g * other[np.arange(len(r)), own.argmax(1)]": "comes after a terminated",
        "lambda r, own, other, t, g: r + g * (1 - t.any()) * other[np.arange(len(r)), own.argmax(1)]": "its own `terminated`",
        "lambda r, own, other, t, g: r[:, None] + g * (1 - t[:, None]) * other[:, own.argmax(1)]": "should have shape (7,)",
        "def f(r, own, other, t, g):\n    r += g * (1 - t) * other[np.arange(len(r)), own.argmax(1)]\n    return r": "changes its argument `r`",
    },
    "4.5": {
        "lambda r, q, t, e, g: r - g * (1 - t) * ((1 - e) * q.max(1) + e * q.mean(1))": "wrong sign",
        "lambda r, q, t, e, g: r + (1 - t) * ((1 - e) * q.max(1) + e * q.mean(1))": "counts in full",
        "lambda r, q, t, e, g: g * (r + (1 - t) * ((1 - e) * q.max(1) + e * q.mean(1)))": "discounted too",
        "lambda r, q, t, e, g: (1 - t) * (r + g * ((1 - e) * q.max(1) + e * q.mean(1)))": "reward of the last step still counts",
        "lambda r, q, t, e, g: r + g * (1 - t) * ((1 - e) * q.max(1) + e * q.mean())": "averaged over the whole batch",
        "lambda r, q, t, e, g: r + g * (1 - t) * ((1 - e) * q.max(1) + e * q.sum(1))": "added up the row",
        "lambda r, q, t, e, g: r + g * (1 - t) * q.max(1)": "Q-learning's target",
        "lambda r, q, t, e, g: r + g * (1 - t) * q.mean(1)": "always acts at random",
        "lambda r, q, t, e, g: r + g * (1 - t) * ((1 - e) * q.max(1) + e * (q.sum(1) - q.max(1)) / (q.shape[1] - 1))": "any but the best",
        "lambda r, q, t, e, g: r + g * (1 - t) * (e * q.max(1) + (1 - e) * q.mean(1))": "swapped",
        "lambda r, q, t, e, g: r + g * ((1 - e) * q.max(1) + e * q.mean(1))": "comes after a terminated",
        "lambda r, q, t, e, g: r + g * (1 - t.any()) * ((1 - e) * q.max(1) + e * q.mean(1))": "its own `terminated`",
        "lambda r, q, t, e, g: r + g * (1 - t) * ((1 - e) * q.max(0) + e * q.mean(0))": "broadcast",
        "lambda r, q, t, e, g: r[:, None] + g * (1 - t[:, None]) * q": "should have shape (6,), but its shape is (6, 2)",
        "lambda r, q, t, e, g: np.round(r).astype(int)": "dtype is int64",
        "lambda r, q, t, e, g: r + g * (1 - t) * q[np.arange(len(r)), np.random.randint(q.shape[1], size=len(r))]": "global random generator",
        "def f(r, q, t, e, g):\n    r += g * (1 - t) * ((1 - e) * q.max(1) + e * q.mean(1))\n    return r": "changes its argument `r`",
        "def f(r, q, t, e, g):\n    r + g * q.max(1)": "Is a `return` missing?",
        "lambda r, q, t, e, g: r + g * (1 - t) * ((1 - e) * (q * (q == q.max(1, keepdims=True))).sum(1) + e * q.mean(1))": "both count as the best",
    },
    "4.4": {
        "sarsa(lambda agent, t, chosen: agent.q[t.next_obs].max())": "That is Q-learning's target",
        "sarsa(lambda agent, t, chosen: agent.q[t.next_obs, agent.table.act(t.next_obs)])": "chose more than once",
        "sarsa(entry, lambda t, chosen: chosen)": "was stopped by the clock",
        "sarsa(entry, lambda t, chosen: None if t.truncated else chosen)": "The episode has ended",
        "sarsa(entry, lambda t, chosen: None)": "No action is waiting",
        "sarsa(entry, lambda t, chosen: None if t.terminated or t.truncated else t.action)": "isn't the one in the target",
        "sarsa(lambda agent, t, chosen: agent.q[t.next_obs, t.action])": "taken *here*",
        "sarsa(lambda agent, t, chosen: agent.q[t.next_obs].mean())": "the mean of the next row",
        "sarsa(lambda agent, t, chosen: chosen)": "the number of an action",
        "sarsa(lambda agent, t, chosen: entry(agent, t, chosen) / agent.config.gamma)": "counts in full",
        "sarsa(lambda agent, t, chosen: entry(agent, t, chosen) * (not t.truncated))": "The clock stopped",
        "sarsa(lambda agent, t, chosen: 7.0)": "line by line",
        "def f(agent, t):\n    a = agent.table.act(t.obs)\n    sarsa(lambda *_: agent.q[t.obs, a])(agent, t)": "where the step began",
        "def f(agent, t):\n    a = agent.table.act(t.next_obs)\n    agent.table.move_towards(t.reward + agent.config.gamma * agent.q[t.next_obs, a], t.obs, t.action)\n    agent.next_action = None if t.terminated or t.truncated else a": "After a terminated step",
        "def f(agent, t):\n    if not t.terminated:\n        sarsa(entry)(agent, t)": "still teaches its reward",
        "lambda agent, t: agent.learn(t)": "no `agent.learn` yet",
        "def f(agent, t):\n    sarsa(entry)(agent, t)\n    agent.table.counts[t.obs, t.action] += 1": "One visit is one more",
        "def f(agent, t):\n    sarsa(entry)(agent, t)\n    agent.next_action = agent.next_action and float(agent.next_action)": "whole number of type int",
    },
}
