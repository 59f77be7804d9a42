"""Modulation of channels by scales and shifts that are inputs."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.instance_statistics import instance_moments
from tfstyle.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class StyleInjection(keras.layers.Layer):
    """Modulates each channel with a scale and a shift, as feature-wise linear modulation (FiLM) does.

        y = (1 + scale) * x + shift

    The layer has no weights: scales and shifts are inputs.

    Args:
        epsilon: float or None. If a float, each channel of each image is normalized first, with `epsilon` added to the
            variance: the moments of the outputs are then set by the style, independent of the image. With a small
            epsilon, a network learns to produce the required standard deviation of plain images by a few bright blobs.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.
        parameters: float tensor of shape `(batch or 1, 2 * channels)`, first the scales, then the shifts.

    Returns:
        Tensor of the shape and dtype of `inputs`. Scale and shift are computed in float32.

    Raises:
        ValueError: if there are not two parameters per channel.

    Reference:
        Ghiasi et al.: Exploring the structure of a real-time, arbitrary neural artistic stylization network, 2017.
        Perez et al.: FiLM: Visual Reasoning with a General Conditioning Layer, 2018, equation 2.
        Karras et al.: Analyzing and Improving the Image Quality of StyleGAN, 2020, section 2, for the blobs.
    """

    def __init__(self, epsilon=None, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, inputs_shape, parameters_shape) -> None:
        if parameters_shape[-1] != 2 * inputs_shape[-1]:
            raise ValueError(
                "A style must ask for a scale and a shift of each channel. "
                f"Received: {parameters_shape[-1]} parameters for {inputs_shape[-1]} channels."
            )

    def call(self, inputs, parameters) -> Tensor:
        scale, shift = ops.split(ops.cast(parameters, "float32")[:, None, None, :], 2, axis=-1)
        scale = 1.0 + scale
        if self.epsilon is not None:
            mean, variance = instance_moments(inputs)
            scale = scale * ops.rsqrt(variance + self.epsilon)
            shift = shift - scale * mean
        return inputs * ops.cast(scale, inputs.dtype) + ops.cast(shift, inputs.dtype)

    def compute_output_shape(self, inputs_shape, parameters_shape) -> Shape:
        return inputs_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "epsilon": self.epsilon}
