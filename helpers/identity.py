"""Whose run is it? The agent, its configuration and its world in words, so that a saved run goes on with no other."""

import hashlib
import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import partial
from types import FunctionType
from typing import Any

import gymnasium as gym
import numpy as np

PLAIN = (bool, int, float, str, type(None), np.bool_, np.integer, np.floating)
UNSEEN = {"PassiveEnvChecker", "OrderEnforcing"}  # wrappers of gym.make that change nothing
UNLIKE = {"render_mode"}  # two runs may differ in it, and be the same


def agent_in_words(agent) -> dict[str, Any]:
    """The agent's class, its configuration field by field, its seed, and its network where it has one."""
    words = {"agent": type(agent).__name__, "agent's seed": in_words(getattr(agent, "seed", None))}
    config = getattr(agent, "config", None)
    if is_dataclass(config):
        words |= {field.name: in_words(getattr(config, field.name)) for field in fields(config)}
    for name in ("network", "optimizer"):
        part: Any = getattr(agent, name, None)
        if hasattr(part, "get_config"):
            words[name] = _digest(json.dumps(_nameless(part.get_config()), sort_keys=True, default=in_words))
    return words


def counters_of(agent) -> dict[str, int]:
    """What the agent has counted: its env steps, its gradient steps. A fresh agent has other numbers."""
    counts = {name: getattr(agent, name) for name in getattr(agent, "saved", ())}
    return {name: int(count) for name, count in counts.items() if isinstance(count, (int, np.integer))}


def world_in_words(env) -> dict[str, Any]:
    """Every layer of an environment, from the outermost wrapper to the world itself: its class and plain attributes.

    What an environment writes into such an attribute while it runs is not part of what it is: `still_the_same` takes
    out what has changed since the run began.
    """
    words = {}
    for depth, layer in enumerate(_layers(env)):
        name = f"{type(layer).__name__}" + (f" {depth}" if type(layer).__name__ in words else "")
        words[name] = "there"
        plain = {attribute: value for attribute, value in vars(layer).items() if _is_plain(value)}
        words |= {f"{name}.{attribute}": _shortened(in_words(plain[attribute])) for attribute in plain.keys() - UNLIKE}
        words |= {f"{name}.{which}": str(getattr(layer, which)) for which in ("observation_space", "action_space")}
    return words | _spec_in_words(env)


def _spec_in_words(env) -> dict[str, str]:
    """What `gym.make` was given, and what it took where it was given nothing."""
    spec = getattr(env, "spec", None)
    if spec is None:
        return {}
    parameters = inspect.signature(type(env.unwrapped).__init__).parameters.values()
    arguments = {part.name: part.default for part in parameters if part.default is not part.empty} | spec.kwargs
    return {"environment": spec.id} | {name: in_words(arguments[name]) for name in arguments.keys() - UNLIKE}


def still_the_same(before: dict, now: dict) -> dict:
    """The words of `before` that hold now too."""
    return {name: word for name, word in before.items() if now.get(name) == word}


def differences(saved: dict, own: dict) -> list[str]:
    """In words, where they part. A name that one of them lacks is a difference if it says that something is there."""
    found = [
        f"{name}: {saved[name]} saved, {own[name]} here" for name in saved if name in own and saved[name] != own[name]
    ]
    found += [f"{name} saved, and not here" for name, word in saved.items() if name not in own and word == "there"]
    return found + [
        f"{name} here, and not saved" for name, word in own.items() if name not in saved and word == "there"
    ]


def in_words(value) -> str:
    """A value as text that is the same in every process, and another for another value."""
    if isinstance(value, FunctionType):
        return f"{value.__module__}.{value.__qualname__} #{_digest(_code_of(value))}"
    if isinstance(value, partial):
        return f"partial {in_words(value.func)} {in_words(value.args)} {in_words(value.keywords)}"
    if isinstance(value, np.ndarray):
        return repr(value.tolist()) if value.size <= 16 else f"{value.dtype} {value.shape} #{_digest(value.tobytes())}"
    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, (list, tuple)):
        return f"({', '.join(in_words(part) for part in value)})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {in_words(part)}' for name, part in value.items())}}}"
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, np.random.SeedSequence):
        return f"{in_words(value.entropy)} {in_words(value.spawn_key)}"
    text = repr(value)
    return text if " at 0x" not in text else f"{type(value).__qualname__} {in_words(getattr(value, '__dict__', {}))}"


def _code_of(function: Callable) -> str:
    """What a function does, but for where it is written; what it has closed over belongs to it."""
    closed_over = inspect.getclosurevars(function).nonlocals
    constants = [in_words(part) for part in function.__code__.co_consts if not inspect.iscode(part)]
    inner = [part.co_code.hex() for part in function.__code__.co_consts if inspect.iscode(part)]
    return repr((function.__code__.co_code.hex(), function.__code__.co_names, constants, inner,
                 in_words(function.__defaults__), in_words(closed_over)))  # fmt: skip


def _nameless(config):
    """A configuration of Keras without the names of layers, which are numbered through the whole process."""
    if isinstance(config, dict):
        return {key: _nameless(part) for key, part in config.items() if key != "name"}
    return [_nameless(part) for part in config] if isinstance(config, (list, tuple)) else config


def _digest(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()[:12]


def _layers(env: Any) -> Iterator:
    """From the outermost wrapper inwards; of a vector environment, then of the first of its environments."""
    while True:
        if type(env).__name__ not in UNSEEN:
            yield env
        inner: Any = getattr(env, "envs", None)
        if isinstance(env, (gym.Wrapper, gym.vector.VectorWrapper)):
            env = env.env
        elif isinstance(inner, list):
            env = inner[0]
        else:
            return


def _is_plain(value) -> bool:
    """Whether it is made of numbers, words and truth values alone."""
    if isinstance(value, np.ndarray):
        return value.dtype != object
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    return all(map(_is_plain, value)) if isinstance(value, (list, tuple)) else isinstance(value, PLAIN)


def _shortened(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:40]} … #{_digest(text)}"
