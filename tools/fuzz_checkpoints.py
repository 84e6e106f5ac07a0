"""Damage saved runs by chance: each is refused in words with the agent as it was, or loads as if nothing had happened.

Of a table and of a DQN, in the middle of an episode. Changed are bytes of the file (anywhere, or in the directory at
its end), its length, and single members of it: their type, their shape, a number, a name; with the digest as it was,
or, for what no digest can excuse (a shape, a type, a missing member), with one that fits.
"""

import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import gymnasium as gym
import numpy as np

from helpers import checkpoint
from helpers.agents import QLearning, TableConfig
from helpers.files import checksum
from helpers.loop import train
from helpers.parts import state_of

KINDS = ("table", "network")


def make(kind: str):
    """A fresh environment and an agent that has learnt nothing."""
    if kind == "table":
        env = gym.make("FrozenLake-v1")
        return env, QLearning(env.observation_space, env.action_space, TableConfig(), 0)
    from helpers.dqn import DQN, DQNConfig  # here, so that a table alone needs no TensorFlow

    small = {"hidden": (4,), "batch_size": 4, "buffer_size": 40, "learning_starts": 16}
    config = DQNConfig(**small, learn_every=16, gradient_steps=2, target_every=4)
    env = gym.make("CartPole-v1")
    return env, DQN(env.observation_space, env.action_space, config, 0)


@cache
def saved(kind: str) -> tuple[bytes, dict, dict]:
    """A file, and what is in it: the agent's arrays and the history's."""
    env, agent = make(kind)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run.npz"
        options = {"measure": lambda agent: {"one": 1.0}, "measure_every": 40, "progress": False}
        train(env, agent, 100, 0, checkpoint=path, **options)
        return path.read_bytes(), state_of(agent), vars(checkpoint.load(path, make(kind)[1]))


@cache
def witness(kind: str):
    """The agent into which every damaged file is loaded; after each it must be what it was."""
    return make(kind)[1]


def changed_bytes(content: bytes, rng: np.random.Generator) -> bytes:
    """One byte or bit, in the directory of the zip as often as in all the rest, or the end cut off."""
    damaged = bytearray(content)
    directory = len(content) - 4_000 if rng.random() < 0.5 else 0
    at = int(rng.integers(max(directory, 0), len(content)))
    match rng.choice(["byte", "bit", "cut", "more"], p=[0.4, 0.4, 0.1, 0.1]):
        case "byte":
            damaged[at] ^= int(rng.integers(1, 256))
        case "bit":
            damaged[at] ^= 1 << int(rng.integers(8))
        case "cut":
            del damaged[at:]
        case "more":
            damaged[at:at] = bytes([int(rng.integers(256))])
    return bytes(damaged)


def changed_member(path: Path, rng: np.random.Generator) -> None:
    """Another type, shape, number, or name for one member of the file; every checksum of the zip is then right."""
    with np.load(path) as members:
        arrays = {name: members[name] for name in members.files}
    digest = arrays.pop("digest")
    name = str(rng.choice(sorted(arrays)))
    value, what = arrays[name], rng.choice(["gone", "type", "shape", "number", "renamed"])
    if what == "gone":
        del arrays[name]
    elif what == "renamed":
        arrays[f"{name}_"] = arrays.pop(name)
    elif what == "type":
        arrays[name] = np.zeros(value.shape, np.float16 if value.dtype != np.float16 else np.int8)
    elif what == "shape":
        arrays[name] = np.stack([value, value])
    else:
        arrays[name] = np.array(str(value) + " ") if value.dtype.kind == "U" else value.astype(value.dtype) + 1 == value
    inexcusable = what != "number" and not name.startswith(("history/measured/", "history/trail/", "format", "made_by"))
    if inexcusable and rng.random() < 0.5:
        digest = np.array(checksum(arrays))
    np.savez(path, **arrays, digest=digest)


def fuzz(rng: np.random.Generator) -> str:
    """One damaged file: "refused" or "harmless"; AssertionError for anything else."""
    kind = KINDS[int(rng.random() < 0.3)]
    content, arrays, history = saved(kind)
    agent = witness(kind)
    before = state_of(agent)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run.npz"
        path.write_bytes(content)
        if rng.random() < 0.75:
            path.write_bytes(changed_bytes(content, rng))
        else:
            changed_member(path, rng)
        try:
            loaded, restore = checkpoint.opened(path, agent)
        except ValueError as error:
            assert os.fspath(path) in str(error), f"the error does not name the file: {error}"
            assert_same(before, state_of(agent), "the agent was changed by a file that was refused")
            return "refused"
        restore()
        assert_same(arrays, state_of(agent), "another agent came out, without a word")
        assert_same(_flat(history), _flat(vars(loaded)), "another history came out, without a word")
        restore_untouched(kind, before)
    return "harmless"


def restore_untouched(kind: str, before: dict) -> None:
    """The witness as it was before a harmless file was loaded into it."""
    checkpoint.restorer(witness(kind), before)()


def assert_same(ours: dict, theirs: dict, words: str) -> None:
    """AssertionError with these words unless all arrays are equal, types included."""
    assert ours.keys() == theirs.keys(), f"{words}: {ours.keys() ^ theirs.keys()}"
    for name, value in ours.items():
        mine, yours = np.asarray(value), np.asarray(theirs[name])
        assert mine.dtype == yours.dtype and np.array_equal(mine, yours), f"{words}: {name} {mine} {yours}"


def _flat(history: dict) -> dict:
    named = {f"{of}/{name}": value for of in ("measured", "trail") for name, value in history[of].items()}
    return {name: value for name, value in history.items() if not isinstance(value, dict)} | named
