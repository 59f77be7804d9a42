"""Instance normalization with a scale and a shift for each style."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.instance_statistics import instance_moments
from tfstyle.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class ConditionalInstanceNormalization(keras.layers.Layer):
    """Instance normalization with a scale and a shift for each style.

        y = scale * (x - mean(x)) / deviation(x) + shift

    Each style has one row of `scale` and `shift`. A blend of styles uses the weighted mean of the rows.

    Args:
        num_styles: integer, number of styles.
        epsilon: float, added to the variance.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.
        style_weights: float tensor of shape `(batch, num_styles)`; a one-hot row selects a style, any other row blends.

    Returns:
        Tensor of the shape and dtype of `inputs`. Moments are computed in float32.

    Raises:
        ValueError: if `num_styles` is not positive.

    Reference:
        Dumoulin, Shlens, Kudlur: A Learned Representation for Artistic Style, 2017, equation 5.
    """

    def __init__(self, num_styles, epsilon=1e-3, **kwargs):
        if num_styles < 1:
            raise ValueError(f"`num_styles` must be at least 1. Received: num_styles={num_styles}.")
        super().__init__(**kwargs)
        self.num_styles = num_styles
        self.epsilon = epsilon

    def build(self, inputs_shape, style_weights_shape=None) -> None:
        shape = (self.num_styles, inputs_shape[-1])
        self.scale = self.add_weight(name="scale", shape=shape, initializer="ones")
        self.shift = self.add_weight(name="shift", shape=shape, initializer="zeros")

    def call(self, inputs, style_weights) -> Tensor:
        scale, shift = (
            ops.matmul(ops.cast(style_weights, "float32"), ops.cast(rows, "float32"))[:, None, None, :]
            for rows in (self.scale, self.shift)
        )
        mean, variance = instance_moments(inputs)
        scale = scale * ops.rsqrt(variance + self.epsilon)
        return inputs * ops.cast(scale, inputs.dtype) + ops.cast(shift - scale * mean, inputs.dtype)

    def compute_output_shape(self, inputs_shape, style_weights_shape=None) -> Shape:
        return inputs_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_styles": self.num_styles, "epsilon": self.epsilon}
