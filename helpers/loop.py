"""The one loop between agent and environment."""

import json
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from gymnasium.utils import seeding
from tqdm import tqdm

from helpers import checkpoint as checkpoints
from helpers.agents import Agent
from helpers.buffer import Transition
from helpers.history import History, Recorder


def train(
    env,
    agent: Agent,
    num_steps: int,
    seed: int,
    *,
    history: History | None = None,
    measure: Callable[[Agent], dict] | None = None,
    measure_every: int = 1_000,
    checkpoint=None,
    checkpoint_every: int = 10_000,
    progress: bool = True,
) -> History:
    """Let the agent act and learn until the run is `num_steps` env steps long, and return its history.

    env: a Gymnasium environment. It is seeded once, here.
    history: what an earlier call with this agent returned; the run goes on where that one stopped, to the bit.
    measure: called with the agent every `measure_every` env steps; what it returns, a dict of numbers or arrays,
        is collected in `history.measured`. It must not change the agent.
    checkpoint: a path. The run is saved there every `checkpoint_every` env steps and when it stops; if the file is
        there already, the run goes on from it.
    progress: whether to show a bar; leave it out where many short runs follow one another.

    The stop button (Ctrl-C) ends the run after the env step in progress and returns what was done until then.
    Raises ValueError for a seed or a count that is not a whole number >= 0 (counts: >= 1).
    """
    _check_whole(0, seed=seed, num_steps=num_steps)
    _check_whole(1, measure_every=measure_every, checkpoint_every=checkpoint_every)
    if history is None and checkpoint is not None:
        history = _earlier_run(checkpoint, agent, seed)
    recorder = Recorder(history or History(seed=int(seed)))
    obs = _begin(env, int(seed), recorder) if history is None else _walk_back(env, history)

    with _stop_button() as stop, _progress_bar(num_steps, recorder.env_steps, progress) as bar:
        while recorder.env_steps < num_steps and not stop.is_set():
            action = agent.act(obs)
            next_obs, reward, terminated, truncated, _ = env.step(action)
            agent.learn(Transition(obs, action, reward, next_obs, terminated, truncated))
            recorder.step(action, reward)
            obs = next_obs
            if terminated or truncated:
                recorder.end_episode(truncated and not terminated)
                recorder.begin_episode(env.unwrapped.np_random)
                obs, _ = env.reset()
                _show_progress(bar, recorder)
            if measure is not None and recorder.env_steps % measure_every == 0:
                with recorder.clock_stopped():
                    recorder.measure(measure(agent))
            if checkpoint is not None and recorder.env_steps % checkpoint_every == 0:
                with recorder.clock_stopped():
                    _save(checkpoint, agent, recorder)

        if checkpoint is not None:
            _save(checkpoint, agent, recorder)
    if stop.is_set():
        print(f"Stopped after {recorder.env_steps:,} of {num_steps:,} env steps, and nothing is lost. "
              f"To go on: train(..., history=<the history that this call returned>).")  # fmt: skip
    return recorder.history()


def _earlier_run(checkpoint, agent: Agent, seed: int) -> History | None:
    """The history in the file, if there is one; an error now, and not hours later, where nothing could be saved."""
    checkpoints.check_saveable(agent)
    folder = Path(checkpoint).resolve().parent
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder} to save the run in: make it first.")
    history = checkpoints.load_if_there(checkpoint, agent)
    if history is not None and history.seed != seed:
        raise ValueError(
            f"{checkpoint} holds the run of seed {history.seed}; this call asks for seed {seed}. "
            f"Give each seed a file of its own."
        )
    return history


def _begin(env, seed: int, recorder: Recorder):
    recorder.begin_episode(seeding.np_random(seed)[0])  # the generator with which reset(seed=seed) starts
    obs, _ = env.reset(seed=seed)
    return obs


def _walk_back(env, history: History):
    """Bring `env` into the middle of the unfinished episode: same generator, same reset, same actions."""
    if not history.unfinished_generator:
        raise ValueError("This history was not made by `train`, so no run can go on from it: leave `history` out.")
    generator = np.random.Generator(np.random.PCG64())
    generator.bit_generator.state = json.loads(history.unfinished_generator)
    env.unwrapped.np_random = generator
    obs, _ = env.reset()
    for action in history.unfinished_actions:
        obs, *_ = env.step(int(action))
    return obs


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
    look = {"unit": " env steps", "file": sys.stdout, "leave": False, "mininterval": 0.2}
    return tqdm(total=num_steps, initial=env_steps, **look, **({} if shown else {"disable": True}))


def _show_progress(bar: tqdm, recorder: Recorder) -> None:
    recent = sum(recorder.returns[-10:]) / len(recorder.returns[-10:])
    bar.set_postfix_str(f"{len(recorder.returns)} episodes, recent return {recent:.1f}", refresh=False)
    bar.update(recorder.env_steps - bar.n)


def _save(path, agent: Agent, recorder: Recorder) -> None:
    try:
        checkpoints.save(path, agent, recorder.history())
    except OSError as error:  # a full disk must not end a run that is going well
        print(f"Could not save the run at {path}: {error}. An earlier file there is untouched.")


def _check_whole(least: int, **counts) -> None:
    for name, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < least:
            raise ValueError(f"`{name}` must be a whole number, {least} or more; it was {count!r}.")
