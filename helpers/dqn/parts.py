"""What a DQN is made of, and whether what it is given fits together."""

from dataclasses import fields

import keras
import numpy as np
from gymnasium import spaces

from helpers.dqn.config import DQNConfig
from helpers.spaces import num_actions_of, obs_shape_of, shortly


def seeds_of(seed: int):
    """From the seed of a run three that have nothing to do with each other: of buffer, of policy, of first weights."""
    buffer_seed, policy_seed, network_seed = np.random.SeedSequence(seed).spawn(3)
    return buffer_seed, policy_seed, int(network_seed.generate_state(1)[0])


def make_optimizer(config: DQNConfig) -> keras.optimizers.Adam:
    """Adam (Kingma & Ba, ICLR 2015), whose learning rate falls to 0 in a line, or stays."""
    if config.learning_rate_steps is None:
        return keras.optimizers.Adam(config.learning_rate)
    return keras.optimizers.Adam(
        keras.optimizers.schedules.PolynomialDecay(
            config.learning_rate, config.learning_rate_steps, end_learning_rate=0.0
        )
    )


def are_stacked_pictures(space: spaces.Box) -> bool:
    """Whether an observation is k pictures, (k, H, W) of uint8 with k no larger than the pictures are."""
    return len(space.shape) == 3 and space.dtype == np.uint8 and space.shape[0] <= min(space.shape[1:])


def check_parts(own: type, observation_space, action_space, config, network=None, optimizer=None) -> None:
    """TypeError or ValueError, in the reader's words, where the parts of an agent of the class `own` do not fit."""
    check_config(own, config)
    obs_shape, num_actions = obs_shape_of(observation_space), num_actions_of(action_space)
    if network is not None:
        check_network(own, network, obs_shape, num_actions)
    elif len(obs_shape) != 1:
        raise TypeError(
            f"The network that a {own.__name__} makes takes an observation of O numbers: a Box of shape (O,). The "
            f"observation space was {observation_space}. For pictures hand in a network of your own (`network`)."
        )
    if optimizer is not None:
        check_optimizer(optimizer)


def check_config(own: type, config) -> None:
    """TypeError where `config` lacks the numbers of a class, or of one that it is made of."""
    if not isinstance(config, DQNConfig):
        kind = getattr(own, "config_class", DQNConfig).__name__
        raise TypeError(f"`config` must be a {kind}; it was {shortly(config)}.")
    for part in own.__mro__:
        needed = vars(part).get("config_class", DQNConfig)
        if not isinstance(config, needed):
            raise TypeError(
                f"{part.__name__} needs the numbers of a {needed.__name__}; given was {shortly(config)}. Where several "
                f"classes go together, so do their configs: class BothConfig(NStepConfig, SoftTargetConfig)."
            )
        if lacking := {field.name for field in fields(needed)} - {field.name for field in fields(config)}:
            raise TypeError(
                f"{type(config).__name__} has no fields of its own for {', '.join(sorted(lacking))}: write "
                f"@dataclass(frozen=True) above the class."
            )


def check_network(own: type, network, obs_shape: tuple[int, ...], num_actions: int) -> None:
    """TypeError or ValueError where `network` is none, or is of another form."""
    if not isinstance(network, keras.Model):
        raise TypeError(f"`network` must be a Keras model, obs (B, ...) -> (B, A); it was {shortly(network)}.")
    if sum("_make_network" in vars(part) for part in own.__mro__) > 1:
        raise TypeError(f"A {own.__name__} makes a network of its own kind, so that none can be handed in.")
    shapes = network.input_shape, network.output_shape
    if shapes != ((None, *obs_shape), (None, num_actions)):
        raise ValueError(
            f"`network` must lead from observations {('B', *obs_shape)} to values {('B', num_actions)}; it leads from "
            f"{shapes[0]} to {shapes[1]}."
        )


def check_optimizer(optimizer) -> None:
    """TypeError where `optimizer` is none, ValueError where it is in use."""
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise TypeError(f"`optimizer` must be one of Keras, such as keras.optimizers.Adam(1e-4); it was {optimizer!r}.")
    if optimizer.built:
        raise ValueError("`optimizer` belongs to another network already: give each agent a new one.")
