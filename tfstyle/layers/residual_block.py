"""Residual block of style networks."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.conditional_instance_normalization import ConditionalInstanceNormalization
from tfstyle.layers.reflection_padding import ReflectionPadding2D
from tfstyle.layers.style_injection import StyleInjection
from tfstyle.tensors import Shape, Tensor


def make_normalization(num_styles, epsilon, **options) -> keras.layers.Layer:
    """The conditional layer after a convolution: normalization with `num_styles` styles, or with None an injection."""
    if num_styles is None:
        return StyleInjection(epsilon, **options)
    return ConditionalInstanceNormalization(num_styles, **options)


@keras.saving.register_keras_serializable(package="tfstyle")
class ConditionalConvolution(keras.layers.Layer):
    """Reflection padding, convolution, conditional normalization or modulation, and an optional activation.

    Args:
        filters: integer, output channels.
        kernel_size: odd integer.
        num_styles: integer, number of styles of the instance normalization; None for a `StyleInjection`, which takes
            the scales and shifts as input.
        strides: integer.
        activation: name of an activation, or None.
        epsilon: float or None, `epsilon` of `StyleInjection` if `num_styles` is None; None disables normalization.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`; height and width larger than
            `kernel_size // 2`.
        style: float tensor, style weights of shape `(batch, num_styles)`, or scales and shifts of shape
            `(batch or 1, 2 * filters)`.

    Returns:
        Tensor of shape `(batch, ceil(height / strides), ceil(width / strides), filters)`.

    Raises:
        ValueError: if `kernel_size` is even and cannot be padded evenly.
    """

    def __init__(self, filters, kernel_size, num_styles, strides=1, activation="relu", epsilon=None, **kwargs):
        if kernel_size % 2 == 0:
            raise ValueError(f"`kernel_size` must be odd. Received: kernel_size={kernel_size}.")
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        self.num_styles = num_styles
        self.strides = strides
        self.activation = activation
        self.epsilon = epsilon
        options = {"dtype": self.dtype_policy}
        self.padding = ReflectionPadding2D(kernel_size // 2, name="padding", **options)
        # The normalization's shift takes the place of the bias.
        self.convolution = keras.layers.Conv2D(filters, kernel_size, strides, use_bias=False, name="conv", **options)
        self.normalization = make_normalization(num_styles, epsilon, name="normalization", **options)
        self.nonlinearity = keras.layers.Activation(activation, name="activation", **options)

    def build(self, inputs_shape, style_shape) -> None:
        self.convolution.build(inputs_shape)
        self.normalization.build((*inputs_shape[:-1], self.filters), style_shape)

    def call(self, inputs, style) -> Tensor:
        hidden = self.convolution(self.padding(inputs))
        return self.nonlinearity(self.normalization(hidden, style))

    def compute_output_shape(self, inputs_shape, style_shape) -> Shape:
        batch, *sides, _ = inputs_shape
        return (batch, *(side and -(-side // self.strides) for side in sides), self.filters)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "num_styles": self.num_styles,
            "strides": self.strides,
            "activation": self.activation,
            "epsilon": self.epsilon,
        }


@keras.saving.register_keras_serializable(package="tfstyle")
class ConditionalResidualBlock(keras.layers.Layer):
    """Residual block with two 3x3 convolutions and conditional normalization or modulation.

    Args:
        filters: integer, channels of input and output.
        num_styles: integer, number of styles of the normalizations; None for `StyleInjection`s, which take the scales
            and shifts as input.
        epsilon: float or None, as in `ConditionalConvolution`.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, filters)`.
        style: float tensor, style weights of shape `(batch, num_styles)`, or scales and shifts of shape
            `(batch or 1, 4 * filters)`, first those of the first convolution, then those of the second.

    Returns:
        Tensor of the shape of `inputs`. No activation follows the sum (Gross and Wilber 2016).
    """

    def __init__(self, filters, num_styles, epsilon=None, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.num_styles = num_styles
        self.epsilon = epsilon
        options = {"epsilon": epsilon, "dtype": self.dtype_policy}
        self.first = ConditionalConvolution(filters, 3, num_styles, name="first", **options)
        self.second = ConditionalConvolution(filters, 3, num_styles, activation=None, name="second", **options)

    def build(self, inputs_shape, style_shape) -> None:
        if self.num_styles is None:
            style_shape = (*style_shape[:-1], style_shape[-1] // 2)
        self.first.build(inputs_shape, style_shape)
        self.second.build(inputs_shape, style_shape)

    def call(self, inputs, style) -> Tensor:
        first, second = ops.split(style, 2, axis=-1) if self.num_styles is None else (style, style)
        return ops.add(inputs, self.second(self.first(inputs, first), second))

    def compute_output_shape(self, inputs_shape, style_shape) -> Shape:
        return inputs_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "num_styles": self.num_styles,
            "epsilon": self.epsilon,
        }
