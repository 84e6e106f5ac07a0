"""A run as something that can be left and taken up again: who made it, how to save it, how to get back into it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from gymnasium.vector import VectorEnv

from helpers import checkpoint as checkpoints
from helpers.agents import Agent
from helpers.history import History, Recorder
from helpers.identity import agent_in_words, counters_of, differences, still_the_same, world_in_words
from helpers.parts import state_of
from helpers.world import World
from helpers.worlds import Worlds


class Run:
    """The run of one agent in one environment, or in one vector environment, from its beginning or from a history."""

    def __init__(self, env, agent: Agent, seed: int, checkpoint=None):
        self.env, self.agent, self.seed, self.checkpoint = env, agent, seed, checkpoint
        self.many = isinstance(env, VectorEnv)
        self.world = Worlds(env) if self.many else World(env)
        self.recorder = Recorder(History(seed=seed), self.world.num_envs)
        self._constants: dict = {}  # what is known of the world, and has not changed since the run began

    def begin(self, history: History | None):
        """The observation from which the run goes on: that of its beginning where there is no history.

        Raises ValueError for a history, or a file at `checkpoint`, of another run; nothing is then changed.
        """
        if history is not None and not history.trail:
            raise ValueError("This history was not made by `train`, so no run can go on from it: leave `history` out.")
        untouched = world_in_words(self.env)
        obs = self.world.begin(self.seed)
        self._constants = still_the_same(untouched, world_in_words(self.env))
        if self.checkpoint is not None:
            history = self._from_file(history)
        elif history is not None:
            self._check_same_run(history, "This history")
        if history is None:
            forget_episode(self.agent)
            return obs
        self.recorder = Recorder(history, self.world.num_envs)
        return self._back_into(history)

    def _from_file(self, history: History | None) -> History | None:
        """The history in the file at `checkpoint`, the agent restored; or the one given, if the file is no longer."""
        checkpoints.check_saveable(self.agent)
        state_of(self.agent)  # an error now, and not hours later, where nothing could be saved
        path = Path(str(self.checkpoint))
        if not path.resolve().parent.is_dir():
            raise FileNotFoundError(f"There is no folder {path.resolve().parent} to save the run in: make it first.")
        if history is not None:
            self._check_same_run(history, "This history")
        if not path.exists():
            return history
        saved, restore = checkpoints.opened(path, self.agent)
        self._check_same_run(saved, str(path), counters=False)
        if history is None:
            restore()
            return saved
        if saved.env_steps > history.env_steps:
            raise ValueError(
                f"{path} holds {saved.env_steps:,} env steps of this run, and the history given only "
                f"{history.env_steps:,}. Leave `history` out to go on from the file, or give another path."
            )
        return history

    def _check_same_run(self, history: History, what: str, counters: bool = True) -> None:
        if history.seed != self.seed:
            raise ValueError(
                f"{what} holds the run of seed {history.seed}; this call asks for seed {self.seed}. "
                f"Give each seed a file and a history of its own."
            )
        made_by = history.made_by
        parted = differences(made_by.get("agent", {}), agent_in_words(self.agent))
        parted += differences(made_by.get("world", {}), self._constants)
        if counters:
            parted += differences(made_by.get("counters", {}), counters_of(self.agent))
        if parted:
            raise ValueError(
                f"{what} is of another run. {'; '.join(parted)}. Make agent and environment as they were, or begin a "
                f"new run with a file of its own."
            )

    def _back_into(self, history: History):
        self.world.num_steps = history.env_steps - int(history.unfinished_lengths.sum())
        obs = self.world.walk_back(history.trail)
        if obs is None:
            print(
                "The environment keeps something that cannot be brought back into the middle of an episode. The run "
                "goes on with a new one: nothing learnt is lost, but it is not to the bit the run without a stop."
            )
            self.recorder.drop_unfinished()
            forget_episode(self.agent)
            fresh = np.random.SeedSequence([self.seed, history.env_steps]).generate_state(1)[0]
            obs = self.world.begin(int(fresh >> 1))  # some environments take 31 bits
        self.world.num_steps = history.env_steps
        return obs

    def history(self) -> History:
        """What there is of the run until now, and what it takes to go on."""
        constants = still_the_same(self._constants, world_in_words(self.env))
        made_by = {"agent": agent_in_words(self.agent), "counters": counters_of(self.agent), "world": constants}
        return self.recorder.history(self.world.trail(), made_by)

    def save(self) -> None:
        """Write the run to `checkpoint`, if there is one. A full disk must not end a run that is going well."""
        if self.checkpoint is None:
            return
        with self.recorder.clock_stopped():
            try:
                checkpoints.save(self.checkpoint, self.agent, self.history())
            except OSError as error:
                print(f"Could not save the run at {self.checkpoint}: {error}. An earlier file there is untouched.")

    @contextmanager
    def nothing_lost(self) -> Iterator[None]:
        """Whatever is raised inside carries the history until then."""
        try:
            yield
        except BaseException as error:
            error.history = self.history()  # type: ignore[attr-defined]
            error.add_note(
                f"The {self.recorder.env_steps:,} env steps before it are not lost: they are in the `history` of this "
                f"error, and in the agent. In a notebook: import sys; train(..., history=sys.last_value.history)"
            )
            raise


def forget_episode(agent: Agent) -> None:
    """The next observation does not follow from the last transition: what an agent keeps of the episode must go."""
    getattr(agent, "forget_episode", lambda: None)()
