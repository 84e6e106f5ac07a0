"""Right and wrong answers to the exercises of notebook 10."""

SETUP = """
import gymnasium as gym
import numpy as np
from helpers.agents import HandMadeAgent
from helpers.buffer import ReplayBuffer
from helpers.envs.probe_worlds import PROBES, Outcome, ProbeWorld
from helpers.loop import train
from helpers.clinic.probes import GAMMA, run_probes
from helpers.clinic.zoo import BUGS, maker
from helpers.checks.nb10 import FOR_A_TABLE
ENV_ID, SEED = "CartPole-v1", 0

class Right:
    def __init__(self, observation_space, action_space, seed):
        self.q = np.zeros((*observation_space.shape, action_space.n))
        self.rng = np.random.default_rng(seed)

    def q_values(self, obs):
        return self.q[np.argmax(obs)]

    def act(self, obs, explore=True):
        if explore and self.rng.random() < 0.2:
            return int(self.rng.integers(self.q.shape[1]))
        return int(self.q_values(obs).argmax())

    def ahead(self, t):
        return (1 - t.terminated) * self.q_values(t.next_obs).max()

    def learn(self, t):
        row = self.q_values(t.obs)
        row[t.action] += 0.1 * (t.reward + 0.8 * self.ahead(t) - row[t.action])

def seams(obs, next_obs, terminated, num_added, step=1, differ=np.any, newest=True):
    broken = differ(np.roll(obs, -step, axis=0) != next_obs, axis=1)
    among = np.ones(len(obs), bool)
    if newest:
        among[(num_added - 1) % len(obs)] = False
    return [int((broken & (terminated == 0) & among).sum()), int((~broken & (terminated == 1) & among).sum())]

NINE = ("constant", "observation", "two steps", "action", "observation and action", "truncated")
FIRST_NAMES = (*NINE, "terminal in the middle", "greedy", "side by side")

def life(make_agent, transitions, asked=0, about=None, upto=None, explore=False):
    agent, taken = make_agent(), []
    for number, t in enumerate(transitions):
        if asked and (upto is None or number < upto):
            for obs in [about(t)] if about else [transitions[0].obs, transitions[1].obs]:
                agent.act(obs, explore=explore)
        taken.append(agent.act(t.obs))
        agent.learn(t._replace(action=taken[-1]))
    return taken

def end(*rewards):
    return [[Outcome(r, 0, True)] for r in rewards]

def go(*places):
    return [[Outcome(0, s, False)] for s in places]
"""

VARIANTS = {
    "10.2": [
        "lambda make, ts: life(make, ts) == life(make, ts, 1)",
        "def f(make_agent, transitions):\n    a, b = make_agent(), make_agent()\n    for t in transitions:\n        [b.act(other.obs, False) for other in transitions[:9]]\n        one, two = a.act(t.obs), b.act(t.obs)\n        if one != two:\n            return False\n        a.learn(t._replace(action=one))\n        b.learn(t._replace(action=two))\n    return True",
    ],
    "10.3": ["('frozen', 'constant', 'old_weights_act')", "['frozen', 'constant', 'old_' + 'weights_act']"],
    "10.4": ["(2.22, 2.78)", "[0.8 / 0.36, 1 / 0.36]", "np.array([2.222, 2.778])"],
    "10.5": [
        "seams",
        """
def loops(obs, next_obs, terminated, num_added):
    cuts = sewn = 0
    size = len(obs)
    for back in range(1, size):
        row = (num_added - 1 - back) % size
        after = (row + 1) % size
        joined = bool((obs[after] == next_obs[row]).all())
        cuts += not joined and not terminated[row]
        sewn += joined and bool(terminated[row])
    return cuts, sewn
""",
    ],
    "10.6": [
        "Right",
        """
class Other(Right):
    def __init__(self, observation_space, action_space, seed):
        super().__init__(observation_space, action_space, seed)
        self.visits = np.zeros_like(self.q)

    def learn(self, t):
        place, action = np.argmax(t.obs), t.action
        self.visits[place, action] += 1
        target = t.reward if t.terminated else t.reward + 0.8 * max(self.q[np.argmax(t.next_obs)])
        self.q[place, action] += 10 / (49 + self.visits[place, action]) * (target - self.q[place, action])
""",
        "lambda one, two, seed: Right(one, two, seed + 7)",
    ],
    "10.1": [
        "[go(1, 1, 1), end(0, 1, -1)]",
        "[go(1, 2), end(1, -1), end(-1, 1)]",
        "([[(0, 1, False)], [(0.5, 2, False)]], end(3, -3), end(-2, 2))",
        "[go(3, 1, 2), end(2, 5, 1), end(-1, 4, -2), [[Outcome(0, 1, False)]] * 3]",
    ],
}

MUTANTS = {
    "10.2": {
        "lambda make, ts: life(make, ts) == life(make, ts)": "No agent was asked anything",
        "lambda make, ts: life(make, ts) == life(make, ts, 1, explore=True)": "one more try",
        "def f(make, ts):\n    a = make()\n    return all(a.act(ts[0].obs, False) == a.act(ts[0].obs, False) for _ in range(9))": "accepts every agent",
        "def f(make, ts):\n    a = make()\n    first = [a.act(t.obs) for t in ts]\n    a.act(ts[0].obs, False)\n    return first == [a.act(t.obs) for t in ts]": "a look at one agent",
        "def f(make, ts):\n    life(make, ts, 1)\n    return life(make, ts) == life(make, ts[::-1])": "live through the same",
        "lambda make, ts: life(make, ts) == life(make, ts, 1, about=lambda t: t.obs)": "the one that it is in",
        "lambda make, ts: life(make, ts) == life(make, ts, 1, upto=1)": "accepts 3 of 4",
        "lambda make, ts: life(make, ts)[:3] == life(make, ts, 1)[:3] or life(make, ts)[150:] == life(make, ts, 1)[150:]": "accepts",
        "lambda make, ts: True": "made no agent",
        "lambda make, ts: [life(make, ts), life(make, ts, 1)]": "Return True or False",
        "def f(make, ts):\n    assert life(make, ts) == life(make, ts, 1)": "Is a `return` missing?",
    },
    "10.3": {
        "('no progress', 'constant', 'old_weights_act')": "seven of the seventeen",
        "('too low', 'constant', 'old_weights_act')": "how it got there",
        "('error grows', 'constant', 'old_weights_act')": "but why",
        "('one start', 'constant', 'old_weights_act')": "not what this panel says",
        "('frozen', 'two steps', 'old_weights_act')": "which is the first",
        "('frozen', 'observation', 'old_weights_act')": "one stands above",
        "('frozen', 'greedy', 'old_weights_act')": "not the first to fail",
        "('frozen', 'constant', 'target_never_copied')": "at least learn the first reward",
        "('frozen', 'constant', 'not_masked')": "1 / (1 - gamma)",
        "('frozen', 'constant', 'gradient_through_target')": "to the last digit",
        "('frozen', 'constant', 'broadcasting')": "Q would move while",
        "('frozen', 'constant', 'old_weigths_act')": "Did you mean 'old_weights_act'",
        "('cold', 'constant', 'old_weights_act')": "no rule 'cold'",
        "('frozen', 'constant')": "Give three names",
    },
    "10.4": {
        "(0.8, 1)": "values of a right agent",
        "(2.78, 2.22)": "exchanged",
        "(4, 5)": "leads to itself",
        "(0.8, 1.64)": "One look beyond",
        "(1.31, 1.64)": "a few sweeps",
        "(1.44, 1.8)": "not a second reward",
        "(1.6, 2)": "first number follows",
        "(2.22, 1)": "Two equations",
        "2.78": "should have shape (2,)",
        "('2.22', '2.78')": "should be an array",
        "(2.22, float('inf'))": "NaN or infinity",
    },
    "10.5": {
        "lambda o, n, t, k: seams(o, n, t, k, newest=False)": "newest row has no row after",
        "lambda o, n, t, k: seams(o, n, t, 0)": "memory is a ring",
        "lambda o, n, t, k: seams(o, n, t, k, differ=np.all)": "as soon as one",
        "lambda o, n, t, k: seams(o, n, t, k)[::-1]": "two counts are exchanged",
        "lambda o, n, t, k: [seams(o, n, 0 * t, k)[0], seams(o, n, t, k)[1]]": "as it should be",
        "lambda o, n, t, k: [seams(o, n, t, k)[0], int(t.sum())]": "not for all ends",
        "lambda o, n, t, k: [seams(o, n, t, k)[0], seams(o, n, 0 * t + 1, k)[1]]": "Most joined rows",
        "lambda o, n, t, k: seams(o, n, t, k, step=-1)": "row before",
        "lambda o, n, t, k: np.array(seams(o, n, t, k)) / len(o)": "not shares",
        "lambda o, n, t, k: [0, 0]": "Draw three rows",
        "lambda o, n, t, k: seams(o, n, t, k)[0]": "should have shape (2,)",
        "lambda o, n, t, k: seams(o, n, ~t, k)": "raises TypeError",
        "def f(o, n, t, k):\n    n -= np.roll(o, -1, axis=0)\n    return [0, 0]": "changes its argument",
        "def f(o, n, t, k):\n    seams(o, n, t, k)": "Is a `return` missing?",
    },
    "10.6": {
        "class A(Right):\n    def ahead(self, t):\n        return (1 - t.terminated) * self.q.max()": "is 'two steps'",
        "class A(Right):\n    def ahead(self, t):\n        return (1 - (t.terminated or t.truncated)) * self.q_values(t.next_obs).max()": "is 'truncated'",
        "class A(Right):\n    def act(self, obs, explore=True):\n        return super().act(obs)": "exploration is left on",
        "class A(Right):\n    shared = np.random.default_rng(0)\n    def act(self, obs, explore=True):\n        self.rng = self.shared\n        return super().act(obs, explore)": "one seed gave two different runs",
        "class A(Right):\n    def act(self, obs, explore=True):\n        if explore and np.random.random() < 0.2:\n            return np.random.randint(self.q.shape[1])\n        return int(self.q_values(obs).argmax())": "global random generator",
        "class A(Right):\n    def ahead(self, t):\n        return self.q_values(t.next_obs).max()": "is 'constant'",
        "class A(Right):\n    def ahead(self, t):\n        return (1 - t.terminated) * self.q_values(t.obs).max()": "next_obs is that of the step before",
        "class A(Right):\n    def ahead(self, t):\n        return (1 - t.terminated) * self.q_values(t.next_obs).mean()": "is 'choice'",
        "class A(Right):\n    def __init__(self, one, two, seed):\n        super().__init__(one, two, 0)": "one and the same run",
        "class A(Right):\n    def act(self, obs, explore=True):\n        self.rng.random()\n        return super().act(obs, explore)": "is 'asking'",
        "class A(Right):\n    def learn(self, t):\n        pass": "what it was before the first step",
        "class A(Right):\n    def act(self, obs, explore=True):\n        return int(self.q_values(obs).argmax())": "is 'action'",
        "Right(gym.spaces.Box(-1, 1, (2,)), gym.spaces.Discrete(2), 0)": "Give `check` the function itself",
        "class A(Right):\n    def learn(self, t):\n        self.table[0] = 1": "AttributeError",
        "lambda one, two, seed: np.zeros(3)": "Hand in the class itself",
    },
    "10.1": {
        "[go(1, 1), end(0, 1)]": "takes the last of them passes",
        "[go(1, 1), end(1, 0)]": "takes the first of them passes",
        "[go(1, 1, 1), end(1, 1, 1)]": "takes the mean",
        "[end(0, 1, -1)]": "No step leads on",
        "[[[Outcome(0, 1, False)]], [[Outcome(1, 0, True)]]]": "nothing to choose",
        "[go(1, 1, 1), [[Outcome(0, 0, True), Outcome(2, 0, True)]] * 3]": "has 2 outcomes",
        "[[Outcome(0, 1, False)] * 3, end(0, 1, -1)]": "into brackets",
        "[go(1, 1, 1), end(0, 1)]": "as many actions as place 0",
        "[go(1, 1, 1), end(0, 1, -1), end(0, 0, 0), end(0, 0, 0), end(0, 0, 0)]": "Four places are enough",
        "[go(2, 2, 2), end(0, 1, -1)]": "should lie in 0..1",
        "[end(1, 2, 3), go(2, 2, 2), end(0, 9, -1)]": "does not get there",
        "[[[(0, 1)]] * 3, end(0, 1, -1)]": "`Outcome(reward, next_place, terminated)`",
        "[[[Outcome(0, 1, 0)]] * 3, end(0, 1, -1)]": "True or False",
        "[[[...]] * 3, end(0, 1, -1)]": "still a `...`",
        "[[[Outcome('1', 1, False)]] * 3, end(0, 1, -1)]": "The reward of an outcome in place 0",
        "7": "one entry for each place",
    },
}
