"""Convolution with reflection padding and instance normalization."""

from typing import Any

import keras

from tfstyle.layers.instance_normalization import InstanceNormalization
from tfstyle.layers.reflection_padding import ReflectionPadding2D
from tfstyle.tensors import Shape, Tensor

KERNEL_DEVIATION = 0.02  # of the normal distribution kernels begin with (Isola et al. 2017, section 6.2)


def initial_kernel() -> keras.initializers.Initializer:
    """The initializer of the kernels of image-to-image networks."""
    return keras.initializers.RandomNormal(stddev=KERNEL_DEVIATION)


@keras.saving.register_keras_serializable(package="tfstyle")
class NormalizedConvolution(keras.layers.Layer):
    """Reflection padding, convolution, instance normalization, and an optional activation.

    Args:
        filters: integer, output channels.
        kernel_size: odd integer.
        strides: integer.
        activation: name of an activation, or None.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`; height and width larger than
            `kernel_size // 2`.

    Returns:
        Tensor of shape `(batch, ceil(height / strides), ceil(width / strides), filters)`.

    Raises:
        ValueError: if `kernel_size` is even and cannot be padded evenly.
    """

    def __init__(self, filters, kernel_size, strides=1, activation="relu", **kwargs):
        if kernel_size % 2 == 0:
            raise ValueError(f"`kernel_size` must be odd. Received: kernel_size={kernel_size}.")
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.strides = strides
        self.activation = activation
        options = {"dtype": self.dtype_policy}
        self.padding = ReflectionPadding2D(kernel_size // 2, name="padding", **options)
        # The normalization's shift takes the place of the bias.
        self.convolution = keras.layers.Conv2D(
            filters, kernel_size, strides, use_bias=False, kernel_initializer=initial_kernel(), name="conv", **options
        )
        self.normalization = InstanceNormalization(name="normalization", **options)
        self.nonlinearity = keras.layers.Activation(activation, name="activation", **options)

    def build(self, inputs_shape) -> None:
        self.convolution.build(inputs_shape)
        self.normalization.build((*inputs_shape[:-1], self.filters))

    def call(self, inputs) -> Tensor:
        return self.nonlinearity(self.normalization(self.convolution(self.padding(inputs))))

    def compute_output_shape(self, inputs_shape) -> Shape:
        batch, *sides, _ = inputs_shape
        return (batch, *(side and -(-side // self.strides) for side in sides), self.filters)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "activation": self.activation,
        }
