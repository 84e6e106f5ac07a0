"""A DQN that measures by itself how large observations are."""

# A layer's weights are made in `build`.
# pyright: reportUninitializedInstanceVariable=false, reportIncompatibleMethodOverride=false

import keras
import numpy as np

from helpers.dqn.agent import DQN


class MeasuredScale(keras.layers.Layer):
    """Divides each part of an observation by the largest size that it has had: measured, not learnt."""

    def build(self, input_shape):
        self.scale = self.add_weight(name="scale", shape=input_shape[1:], initializer="ones", trainable=False)

    def call(self, obs):
        return obs / self.scale

    def measure(self, obs) -> None:
        """Take it from observations (B, O); what was always 0 is left as it is."""
        largest = np.abs(obs).max(axis=0)  # (O,)
        self.scale.assign(largest + (largest == 0))

    def in_numpy(self):
        """The same for acting."""
        scale = self.scale.numpy()
        return lambda x: x / scale


class OwnScale(DQN):
    """The first layer divides observations by the largest in the replay buffer; nobody has to say how large they are.

    That inputs should be of one size: LeCun et al., "Efficient BackProp", 1998, section 4.3. Measured again before each
    call of the compiled steps, for both networks: the first targets would otherwise be made before anything was.
    """

    def _make_network(self, obs_size, num_outputs, seed):
        if self.config.obs_scale is not None:
            raise ValueError(f"{type(self).__name__} measures the scale by itself: its config needs obs_scale=None.")
        layers = super()._make_network(obs_size, num_outputs, seed).layers
        return keras.Sequential([keras.Input((obs_size,)), MeasuredScale(), *layers])

    def _learn_from_buffer(self) -> float:
        seen = self.buffer.obs[: len(self.buffer)]
        for network in (self.network, self.target_network):
            network.layers[0].measure(seen)
        return super()._learn_from_buffer()
