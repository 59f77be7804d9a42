"""Residual block of a discriminator."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.spectral_normalization import SpectralNormalization
from tfstyle.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class DiscriminatorResidualBlock(keras.layers.Layer):
    """Residual block with two spectrally normalized convolutions; optionally halves the resolution.

        x -> ReLU, 3x3 -> ReLU, 3x3, pool -> +
        x -> pool, 1x1                    ---^

    The shortcut pools before its 1x1 convolution, which gives the same values at a quarter of the cost. If neither
    channels nor resolution change, the shortcut is the identity.

    Args:
        filters: integer, output channels.
        downsample: bool, whether to halve the resolution by average pooling.
        is_first: bool, whether the inputs are images, so that no ReLU precedes the first convolution.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`; to downsample, height and width must be even.

    Returns:
        Tensor of shape `(batch, height, width, filters)`; with `downsample`, of half the height and width.

    Reference:
        Miyato et al.: Spectral Normalization for Generative Adversarial Networks, 2018, appendix B.4.
    """

    def __init__(self, filters, downsample=False, is_first=False, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.downsample = downsample
        self.is_first = is_first
        self.first = self._convolution(3, "first")
        self.second = self._convolution(3, "second")
        self.pool = keras.layers.AveragePooling2D(2, name="pool", dtype=self.dtype_policy)

    def _convolution(self, kernel_size, name):
        layer = keras.layers.Conv2D(self.filters, kernel_size, padding="same", name=name, dtype=self.dtype_policy)
        return SpectralNormalization(layer, name=f"{name}_sn", dtype=self.dtype_policy)

    def build(self, inputs_shape) -> None:
        self.first.build(inputs_shape)
        self.second.build((*inputs_shape[:-1], self.filters))
        self.has_shortcut = self.downsample or inputs_shape[-1] != self.filters
        if self.has_shortcut:
            self.shortcut = self._convolution(1, "shortcut")
            self.shortcut.build(inputs_shape)

    def call(self, inputs) -> Tensor:
        hidden = self.first(inputs if self.is_first else ops.relu(inputs))
        hidden = self.second(ops.relu(hidden))
        shortcut = inputs
        if self.downsample:
            hidden, shortcut = self.pool(hidden), self.pool(shortcut)
        if self.has_shortcut:
            shortcut = self.shortcut(shortcut)
        return hidden + shortcut

    def compute_output_shape(self, inputs_shape) -> Shape:
        batch, height, width, _ = inputs_shape
        if self.downsample:
            height, width = height and height // 2, width and width // 2
        return (batch, height, width, self.filters)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "downsample": self.downsample,
            "is_first": self.is_first,
        }
