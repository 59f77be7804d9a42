"""Convolution, normalization and leaky ReLU of a discriminator."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.fused_batch_normalization import FusedBatchNormalization
from tfstyle.layers.spectral_normalization import SpectralNormalization
from tfstyle.tensors import Shape, Tensor

NORMALIZATIONS = ("none", "batch", "spectral")


@keras.saving.register_keras_serializable(package="tfstyle")
class DiscriminatorConvolution(keras.layers.Layer):
    """Convolution, then an optional normalization and a leaky ReLU.

    Args:
        filters: integer, output channels.
        kernel_size: integer.
        strides: integer.
        normalization: "none"; "spectral", of the kernel; or "batch", of the outputs.
        negative_slope: float, slope of the leaky ReLU for negative inputs.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.

    Returns:
        Tensor of shape `(batch, ceil(height / strides), ceil(width / strides), filters)`.

    Raises:
        ValueError: if `normalization` is unknown.
    """

    def __init__(self, filters, kernel_size=3, strides=1, normalization="none", negative_slope=0.2, **kwargs):
        if normalization not in NORMALIZATIONS:
            raise ValueError(
                f"`normalization` must be one of {NORMALIZATIONS}. Received: normalization={normalization!r}."
            )
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.normalization = normalization
        self.negative_slope = negative_slope
        options = {"dtype": self.dtype_policy}
        self.convolution = keras.layers.Conv2D(
            filters,
            kernel_size,
            strides,
            padding="same",
            use_bias=normalization != "batch",  # whose shift takes the place of the bias
            name="convolution",
            **options,
        )
        if normalization == "spectral":
            self.convolution = SpectralNormalization(self.convolution, name="convolution_sn", **options)
        elif normalization == "batch":
            self.batch_normalization = FusedBatchNormalization(name="batch_normalization", **options)

    def build(self, inputs_shape) -> None:
        self.convolution.build(inputs_shape)
        if self.normalization == "batch":
            self.batch_normalization.build(self.compute_output_shape(inputs_shape))

    def call(self, inputs) -> Tensor:
        hidden = self.convolution(inputs)
        if self.normalization == "batch":
            hidden = self.batch_normalization(hidden)
        return ops.leaky_relu(hidden, self.negative_slope)

    def compute_output_shape(self, inputs_shape) -> Shape:
        batch, height, width, _ = inputs_shape
        sizes = (size and -(-size // self.strides) for size in (height, width))
        return (batch, *sizes, self.filters)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "normalization": self.normalization,
            "negative_slope": self.negative_slope,
        }
