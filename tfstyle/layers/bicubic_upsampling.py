"""Bicubic enlargement by an integer factor."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfstyle.tensors import Shape, Tensor

SHARPNESS = -0.5  # of the cubic, as in Pillow, Matlab and `tf.image.resize`
REACH = 2  # pixels on each side of a source pixel


def cubic(distances) -> np.ndarray:
    """Keys' cubic kernel at some distances from its center, in pixels: float64 array.

    Reference:
        Keys: Cubic Convolution Interpolation for Digital Image Processing, 1981, equation 15.
    """
    x = np.abs(distances)
    inner = (SHARPNESS + 2) * x**3 - (SHARPNESS + 3) * x**2 + 1
    outer = SHARPNESS * (x**3 - 5 * x**2 + 8 * x - 4)
    return np.where(x <= 1, inner, np.where(x < 2, outer, 0.0))


def phase_kernels(scale) -> np.ndarray:
    """Weights of the `2 * REACH + 1` nearest source pixels for each of `scale` outputs: float64 `(taps, scale)`."""
    offsets = (np.arange(scale) + 0.5) / scale - 0.5
    return cubic(np.arange(-REACH, REACH + 1)[:, None] - offsets)


@keras.saving.register_keras_serializable(package="tfstyle")
class BicubicUpsampling2D(keras.layers.Layer):
    """Enlarges images by bicubic interpolation, as `tf.image.resize` and Pillow do, on every Keras backend.

    The `scale**2` outputs of a pixel are one depthwise convolution at the lower resolution. The border is repeated.

    Args:
        scale: integer, at least 1.

    Call arguments:
        images: float tensor of shape `(batch, height, width, channels)`, of any value range.

    Returns:
        Tensor of shape `(batch, scale * height, scale * width, channels)`; it can overshoot the range of the images.

    Example:
        >>> BicubicUpsampling2D(4)(keras.ops.ones((1, 5, 7, 3))).shape
        TensorShape([1, 20, 28, 3])
    """

    def __init__(self, scale=4, **kwargs):
        if not isinstance(scale, int) or scale < 1:
            raise ValueError(f"`scale` must be a positive integer. Received: scale={scale!r}.")
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, images) -> Tensor:
        _, height, width, _ = ops.shape(images)
        channels, scale = images.shape[-1], self.scale
        weights = phase_kernels(scale)
        kernel = np.einsum("ya,xb->yxab", weights, weights).reshape(*[len(weights)] * 2, 1, scale * scale)
        kernel = ops.cast(np.repeat(kernel, channels, axis=2).astype("float32"), images.dtype)
        for axis, size in ((1, height), (2, width)):
            places = ops.clip(ops.arange(-REACH, size + REACH, dtype="int32"), 0, size - 1)
            images = ops.take(images, places, axis=axis)
        outputs = ops.reshape(ops.depthwise_conv(images, kernel), (-1, height, width, channels, scale, scale))
        outputs = ops.transpose(outputs, (0, 1, 4, 2, 5, 3))
        return ops.reshape(outputs, (-1, scale * height, scale * width, channels))

    def compute_output_shape(self, input_shape) -> Shape:
        batch, height, width, channels = input_shape
        return (batch, height and self.scale * height, width and self.scale * width, channels)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale}
