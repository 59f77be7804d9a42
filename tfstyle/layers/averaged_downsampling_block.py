"""Two ways to half the resolution, averaged: the block of a light discriminator."""

from typing import Any

import keras

from tfstyle.layers.discriminator_convolution import DiscriminatorConvolution
from tfstyle.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class AveragedDownsamplingBlock(keras.layers.Layer):
    """Halves the resolution by the mean of convolutions and of pooling.

        x -> 4x4 with stride 2 -> 3x3 -> mean
        x -> pool -> 1x1 --------------^

    Every convolution is a `DiscriminatorConvolution`.

    Args:
        filters: integer, output channels.
        normalization: "none", "batch" or "spectral", as for `DiscriminatorConvolution`.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)` of even height and width.

    Returns:
        Tensor of shape `(batch, height / 2, width / 2, filters)`.

    Raises:
        ValueError: if `normalization` is unknown.

    Reference:
        Liu et al.: Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis, 2021, figure
        4.
    """

    def __init__(self, filters, normalization="none", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.normalization = normalization
        options = {"normalization": normalization, "dtype": self.dtype_policy}
        self.first = DiscriminatorConvolution(filters, 4, 2, name="first", **options)
        self.second = DiscriminatorConvolution(filters, 3, name="second", **options)
        self.pool = keras.layers.AveragePooling2D(2, name="pool", dtype=self.dtype_policy)
        self.direct = DiscriminatorConvolution(filters, 1, name="direct", **options)

    def build(self, inputs_shape) -> None:
        self.first.build(inputs_shape)
        self.second.build(self.first.compute_output_shape(inputs_shape))
        self.direct.build(self.pool.compute_output_shape(inputs_shape))

    def call(self, inputs) -> Tensor:
        return 0.5 * (self.second(self.first(inputs)) + self.direct(self.pool(inputs)))

    def compute_output_shape(self, inputs_shape) -> Shape:
        batch, height, width, _ = inputs_shape
        return (batch, height and height // 2, width and width // 2, self.filters)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters, "normalization": self.normalization}
