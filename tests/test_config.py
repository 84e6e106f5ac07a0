"""A wrong field name is answered in the reader's words."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.agents import TableConfig
from helpers.dqn import DQNConfig


def test_unknown_field_names_the_nearest_one():
    with pytest.raises(TypeError, match="DQNConfig has no field `learn_rate`. Did you mean `learning_rate`"):
        DQNConfig(learn_rate=0.1)


def test_unknown_field_lists_all_fields():
    with pytest.raises(TypeError, match="gamma, alpha, policy, initial_q"):
        TableConfig(zzz=0.1)


def test_known_fields_pass_and_the_configuration_is_frozen():
    config = DQNConfig(gamma=0.5)
    assert config.gamma == 0.5
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.gamma = 0.9
    assert dataclasses.replace(config, batch_size=7).gamma == 0.5


@given(st.sampled_from([DQNConfig, TableConfig]), st.from_regex(r"[a-z_]{1,12}", fullmatch=True))
def test_any_field_is_known_or_refused_by_name(config, name):
    if name in {field.name for field in dataclasses.fields(config)}:
        return
    with pytest.raises(TypeError, match=rf"{config.__name__} has no field `{name}`.*Its fields are: "):
        config(**{name: 1})


@given(
    st.sampled_from(["gamma", "epsilon_start", "epsilon_end", "learning_rate", "batch_size", "buffer_size"]),
    st.floats() | st.integers(-5, 5),
)
def test_any_number_is_taken_or_refused_by_name(name, value):
    """What is taken is a probability, a step size above 0, or a count of 1 or more."""
    try:
        config = DQNConfig(**{name: value})
    except ValueError as error:
        assert f"`{name}` must" in str(error)
        return
    assert getattr(config, name) == value
    assert value >= 0 if name in ("gamma", "epsilon_start", "epsilon_end") else value > 0
