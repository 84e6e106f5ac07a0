"""Building a network as an environment: each action fills one slot, and the last one trains it."""

import gymnasium as gym
from gymnasium import spaces

from helpers.search.space import Architecture
from helpers.search.trials import Trials


class BuildNetwork(gym.Env):
    """The reward is 0 until the architecture is whole; then it is trained, and pays its accuracy as a share (0 to 1).

    An observation is the number of the partial architecture (Baker et al. 2017 call it a state): how many slots are
    filled, and with what. remembers: see only the last so many choices, which makes the table small and the
    observation incomplete; None: all of them.
    """

    metadata = {"render_modes": []}

    def __init__(self, trials: Trials, remembers: int | None = None):
        num_slots, self.num_choices = len(trials.space.slots), trials.space.num_choices
        self.remembers = num_slots if remembers is None else remembers
        if not 0 <= self.remembers <= num_slots:
            raise ValueError(f"`remembers` counts choices, 0 to {num_slots}; it was {remembers}.")
        self.trials = trials
        sizes = [self.num_choices ** min(filled, self.remembers) for filled in range(num_slots)]
        self.first = [sum(sizes[:filled]) for filled in range(num_slots + 1)]  # the first number with so many filled
        self.observation_space = spaces.Discrete(self.first[-1] + 1)  # the last number: whole
        self.action_space = spaces.Discrete(self.num_choices)
        self.architecture: Architecture = ()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.architecture = ()
        return 0, {}

    def step(self, action):
        self.architecture = (*self.architecture, int(action))
        whole = len(self.architecture) == len(self.trials.space.slots)
        reward = self.trials.train(self.architecture) / 100 if whole else 0.0
        return self.number(), reward, whole, False, {}

    def number(self) -> int:
        """The observation of the architecture as far as it is built."""
        filled = len(self.architecture)
        if filled == len(self.trials.space.slots):
            return self.first[-1]
        number = 0
        for choice in self.architecture[filled - min(filled, self.remembers) :]:
            number = number * self.num_choices + choice
        return self.first[filled] + number
