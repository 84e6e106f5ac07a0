"""A wrong field name is answered in the reader's words."""

import dataclasses

import pytest

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
