"""Convolution whose outputs are weighed by a learned gate."""

from typing import Any

import keras
from keras import ops

from tfstyle.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class GatedConvolution(keras.layers.Layer):
    """Convolution with a gate for every position and channel: `activation(W x) * sigmoid(V x)`.

    The gate learns which values come from valid pixels and which from a hole, where an ordinary convolution treats both
    alike. One convolution computes features and gates.

    Args:
        filters: integer, output channels.
        kernel_size: integer.
        strides: integer.
        dilation_rate: integer, distance of the kernel's taps in pixels.
        activation: name of the activation of the features.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.

    Returns:
        Tensor of shape `(batch, ceil(height / strides), ceil(width / strides), filters)`.

    Reference:
        Yu, Lin, Yang, Shen, Lu, Huang: Free-Form Image Inpainting with Gated Convolution, 2019, section 3.1.
    """

    def __init__(self, filters, kernel_size=3, strides=1, dilation_rate=1, activation="elu", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.dilation_rate = dilation_rate
        self.activation = activation
        self.nonlinearity = keras.layers.Activation(activation, name="activation", dtype=self.dtype_policy)
        options = {"dilation_rate": dilation_rate, "dtype": self.dtype_policy}
        self.convolution = keras.layers.Conv2D(2 * filters, kernel_size, strides, "same", name="conv", **options)

    def build(self, inputs_shape) -> None:
        self.convolution.build(inputs_shape)

    def call(self, inputs) -> Tensor:
        features, gates = ops.split(self.convolution(inputs), 2, axis=-1)
        return self.nonlinearity(features) * ops.sigmoid(gates)

    def compute_output_shape(self, inputs_shape) -> Shape:
        return (*self.convolution.compute_output_shape(inputs_shape)[:-1], self.filters)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "dilation_rate": self.dilation_rate,
            "activation": self.activation,
        }
