"""The one loop between agent and environment, and the one between a policy and an episode."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import VectorEnv
from tqdm import tqdm

from helpers.agents import Agent
from helpers.buffer import Transition
from helpers.history import History, Recorder
from helpers.resume import Run
from helpers.spaces import shortly
from helpers.world import World

VERBS, MANY_VERBS = ("act", "learn"), ("act_many", "learn_many")


def train(
    env: gym.Env | VectorEnv,
    agent: Agent,
    num_steps: int,
    seed: int,
    *,
    history: History | None = None,
    measure: Callable[[Any], dict] | None = None,
    measure_every: int = 1_000,
    checkpoint=None,
    checkpoint_every: int = 10_000,
    progress: bool = True,
) -> History:
    """Let the agent act and learn until the run is `num_steps` env steps long, and return its history.

    env: a Gymnasium environment, or a vector environment of E for an agent that learns from many; each step of it
        counts as E env steps. It is seeded once, here.
    history: what an earlier call with this agent returned; the run goes on where that one stopped, to the bit. Where
        the environment cannot be brought back there, it goes on with a new episode, and says so.
    measure: called with the agent every `measure_every` env steps; what it returns, a dict of numbers or arrays,
        is collected in `history.measured`. It must not change the agent.
    checkpoint: a path. The run is saved there every `checkpoint_every` env steps and when it stops; if the file is
        there already, the run goes on from it.
    progress: whether to show a bar; leave it out where many short runs follow one another.

    The stop button (Ctrl-C) ends the run after the env step in progress and returns what was done until then.
    Raises ValueError for a seed or a count that is not a whole number >= 0 (counts: >= 1), for a value that cannot be
    at the env step where it occurs, and for a history of another run; TypeError for an agent and an environment that
    do not fit. Whatever is raised once the run has begun carries `history`, from which it can go on.
    """
    _check_call(env, agent, measure, history)
    check_whole(0, seed=seed, num_steps=num_steps)
    check_whole(1, measure_every=measure_every, checkpoint_every=checkpoint_every)
    run = Run(env, agent, int(seed), checkpoint)
    obs = run.begin(history)
    world, recorder = run.world, run.recorder
    act, learn = (getattr(agent, verb) for verb in (MANY_VERBS if run.many else VERBS))

    with _stop_button() as stop, _progress_bar(num_steps, recorder.env_steps, progress) as bar, run.nothing_lost():
        while recorder.env_steps < num_steps and not stop.is_set():
            before, episodes = recorder.env_steps, len(recorder.returns)
            try:
                transition = world.step(obs, act(obs))
            except Exception:
                run.save()  # what was learnt until now
                raise
            learn(transition)
            world.record(transition, recorder)
            obs = world.go_on(transition)
            if len(recorder.returns) > episodes:
                _show_progress(bar, recorder)
            if measure is not None and recorder.env_steps // measure_every > before // measure_every:
                with recorder.clock_stopped():
                    recorder.measure(measure(agent))
            if checkpoint is not None and recorder.env_steps // checkpoint_every > before // checkpoint_every:
                run.save()
        run.save()
    if stop.is_set():
        print(f"Stopped after {recorder.env_steps:,} of {num_steps:,} env steps. "
              f"To go on: train(..., history=<the history that this call returned>).")  # fmt: skip
    return run.history()


def episode(env: gym.Env, act: Callable[[Any], Any], seed: int | None = None) -> Iterator[Transition]:
    """The transitions of one episode in which `act(obs)` chooses every action.

    seed: for the environment; None: it goes on from where it is, with another episode.
    """
    if not callable(act):
        raise TypeError(f"`act` is a function obs -> action, such as agent.act; it was {shortly(act)}.")
    world = World(env)
    obs = world.begin(seed)
    over = False
    while not over:
        transition = world.step(obs, act(obs))
        yield transition
        obs, over = transition.next_obs, transition.terminated or transition.truncated


def _check_call(env, agent, measure, history) -> None:
    """Wrong kinds, in the reader's words."""
    if isinstance(agent, (gym.Env, VectorEnv)) and hasattr(env, "act"):
        raise TypeError("`train` takes the environment first, then the agent: train(env, agent, num_steps, seed).")
    if isinstance(env, str):
        raise TypeError(f"`env` must be an environment, not its name: gym.make({env!r}).")
    if not isinstance(env, (gym.Env, VectorEnv)):
        raise TypeError(f"`env` must be a Gymnasium environment, as gym.make returns it; it was {shortly(env)}.")
    if isinstance(agent, type):
        raise TypeError(
            f"`agent` must be an agent, not its class: {agent.__name__}(env.observation_space, env.action_space, "
            f"config, seed)."
        )
    many = isinstance(env, VectorEnv)
    if missing := [
        verb for verb in (("act_many", "learn_many") if many else ("act", "learn")) if not hasattr(agent, verb)
    ]:
        raise TypeError(_misfit(agent, missing, many))
    if measure is not None and not callable(measure):
        raise TypeError(f"`measure` is a function of the agent that returns a dict; it was {shortly(measure)}.")
    if history is not None and not isinstance(history, History):
        raise TypeError(
            f"`history` is what an earlier call of `train` returned; it was {shortly(history)}. "
            f"For a file give checkpoint=<its path>."
        )


def _misfit(agent, missing: list[str], many: bool) -> str:
    name, verbs = type(agent).__name__, " and no method ".join(f"`{verb}`" for verb in missing)
    if many and hasattr(agent, "learn"):
        return (
            f"{name} learns from one environment, and `env` is a vector of them (it has no method {verbs}). "
            f"Give it one: gym.make(...)."
        )
    if not many and hasattr(agent, "learn_many"):
        return (
            f"{name} learns from many environments at once, and `env` is one (it has no method {verbs}). "
            f"Give it several: helpers.envs.make_many(env_id, num_envs)."
        )
    return f"`agent` must act and learn; {shortly(agent)} has no method {verbs}."


@contextmanager
def _stop_button():
    """An event that the first Ctrl-C sets, so that no env step is cut in two. The second one interrupts as usual."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread receives signals
        return
    usual = signal.getsignal(signal.SIGINT)

    def on_interrupt(number, frame):
        stop.set()
        signal.signal(signal.SIGINT, usual)

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, usual)


def _progress_bar(num_steps: int, env_steps: int, shown: bool) -> tqdm:
    """On stdout, and gone when done. The environment variable TQDM_DISABLE=1 turns it off everywhere."""
    look: dict[str, Any] = {"unit": " env steps", "file": sys.stdout, "leave": False, "mininterval": 0.2}
    look |= {} if shown else {"disable": True}
    return tqdm(total=num_steps, initial=env_steps, **look)


def _show_progress(bar: tqdm, recorder: Recorder) -> None:
    recent = sum(recorder.returns[-10:]) / len(recorder.returns[-10:])
    bar.set_postfix_str(f"{len(recorder.returns)} episodes, recent return {recent:.1f}", refresh=False)
    bar.update(recorder.env_steps - bar.n)


def check_whole(least: int, **counts) -> None:
    """ValueError for a count that is not a whole number, `least` or more."""
    for name, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < least:
            raise ValueError(f"`{name}` must be a whole number, {least} or more; it was {count!r}.")
