"""Residual block of image-to-image networks."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.normalized_convolution import NormalizedConvolution
from tfstyle.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class NormalizedResidualBlock(keras.layers.Layer):
    """Residual block with two 3x3 convolutions and instance normalization.

    Args:
        filters: integer, channels of input and output.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, filters)`; height and width at least 2.

    Returns:
        Tensor of the shape of `inputs`. No activation follows the sum (Gross and Wilber 2016).
    """

    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.first = NormalizedConvolution(filters, 3, name="first", dtype=self.dtype_policy)
        self.second = NormalizedConvolution(filters, 3, activation=None, name="second", dtype=self.dtype_policy)

    def build(self, inputs_shape) -> None:
        self.first.build(inputs_shape)
        self.second.build(inputs_shape)

    def call(self, inputs) -> Tensor:
        return ops.add(inputs, self.second(self.first(inputs)))

    def compute_output_shape(self, inputs_shape) -> Shape:
        return inputs_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters}
