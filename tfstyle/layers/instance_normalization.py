"""Instance normalization with a learned scale and shift."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.instance_statistics import instance_moments
from tfstyle.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class InstanceNormalization(keras.layers.Layer):
    """Normalizes each channel of each image, then scales and shifts it.

        y = scale * (x - mean(x)) / deviation(x) + shift

    It behaves the same in training and inference, independent of the batch, and equals batch normalization of a single
    image, with which pix2pix is trained. (`keras.layers.GroupNormalization(groups=-1)` loses its -1 once it is built.)

    Args:
        epsilon: float, added to the variance.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.

    Returns:
        Tensor of the shape and dtype of `inputs`. Moments are computed in float32.

    Raises:
        ValueError: if `epsilon` is not positive.

    Reference:
        Ulyanov, Vedaldi, Lempitsky: Instance Normalization: The Missing Ingredient for Fast Stylization, 2016.
    """

    def __init__(self, epsilon=1e-5, **kwargs):
        if not epsilon > 0:
            raise ValueError(f"`epsilon` must be positive. Received: epsilon={epsilon}.")
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, inputs_shape) -> None:
        self.scale = self.add_weight(name="scale", shape=inputs_shape[-1:], initializer="ones")
        self.shift = self.add_weight(name="shift", shape=inputs_shape[-1:], initializer="zeros")

    def call(self, inputs) -> Tensor:
        mean, variance = instance_moments(inputs)
        scale = ops.cast(self.scale, "float32") * ops.rsqrt(variance + self.epsilon)
        shift = ops.cast(self.shift, "float32") - scale * mean
        return inputs * ops.cast(scale, inputs.dtype) + ops.cast(shift, inputs.dtype)

    def compute_output_shape(self, inputs_shape) -> Shape:
        return inputs_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "epsilon": self.epsilon}
