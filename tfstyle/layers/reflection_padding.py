"""Reflection padding for images of any size."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfstyle.tensors import Shape, Tensor


def reflected_indices(size, before, after) -> Tensor:
    """Indices that extend an axis of `size` entries by mirror images of itself.

    The border entry is not repeated (`3 2 1 | 0 1 2 3 | 2 1 0`). The reflection repeats, so an axis of any size, even
    of a single entry, can be extended by any length.

    Args:
        size: integer or scalar integer tensor, at least 1.
        before: integer or scalar integer tensor, entries to add in front.
        after: integer or scalar integer tensor, entries to add behind.

    Returns:
        int32 tensor of shape `(before + size + after,)` with values in `[0, size)`.
    """
    if all(isinstance(number, int) for number in (size, before, after)):  # JAX does not trace `arange` of a tensor
        period = max(2 * (size - 1), 1)
        phase = np.arange(-before, size + after, dtype="int32") % period
        return ops.convert_to_tensor(np.minimum(phase, period - phase))
    period = ops.maximum(2 * (size - 1), 1)
    phase = ops.mod(ops.arange(-before, size + after, dtype="int32"), period)
    return ops.minimum(phase, period - phase)


def mirror_border(images, margin, stride, min_strides=2) -> Tensor:
    """Adds a mirrored margin on each side, and as much as it takes until both sides are multiples of a stride.

    Without the margins, each side is at least two strides long, so that features at this stride can be mirrored again.

    Args:
        images: float tensor of shape `(batch, height, width, channels)`, of any height and width.
        margin: integer, a multiple of `stride`.
        stride: integer.
        min_strides: integer, smallest side in strides; 1 for a network that does not mirror features.

    Returns:
        Tensor of shape `(batch, height' + 2 * margin, width' + 2 * margin, channels)`, where the sides are rounded up
        to multiples of `stride`; the images begin at row and column `margin`.
    """
    _, height, width, _ = ops.shape(images)
    for axis, size in ((1, height), (2, width)):
        maximum = max if isinstance(size, int) else ops.maximum
        rounded_up = maximum(-(-size // stride), min_strides) * stride
        images = ops.take(images, reflected_indices(size, margin, margin + rounded_up - size), axis=axis)
    return images


@keras.saving.register_keras_serializable(package="tfstyle")
class ReflectionPadding2D(keras.layers.Layer):
    """Reflection padding of height and width, like PyTorch's `ReflectionPad2d`.

    Zero padding causes a visible frame around a stylized image; reflection padding does not.

    Args:
        padding: integer, or pair of integers for height and width; pixels added on each side. The height and width of
            the input must be larger.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.

    Returns:
        Tensor of the input's dtype and of shape `(batch, height + 2 * padding[0], width + 2 * padding[1], channels)`.

    Raises:
        ValueError: if a padding is negative or not an integer.

    Example:
        >>> ReflectionPadding2D(1)(keras.ops.ones((1, 4, 6, 3))).shape
        TensorShape([1, 6, 8, 3])
    """

    def __init__(self, padding=1, **kwargs):
        pair = tuple(padding) if isinstance(padding, list | tuple) else (padding, padding)
        if len(pair) != 2 or not all(isinstance(size, int) and size >= 0 for size in pair):
            raise ValueError(
                f"`padding` must be a non-negative integer or a pair of them. Received: padding={padding!r}."
            )
        super().__init__(**kwargs)
        self.padding = padding if isinstance(padding, int) else pair
        self._pair = pair

    def call(self, inputs) -> Tensor:
        height, width = self._pair
        return ops.pad(inputs, ((0, 0), (height, height), (width, width), (0, 0)), mode="reflect")

    def compute_output_shape(self, input_shape) -> Shape:
        batch, height, width, channels = input_shape
        return (
            batch,
            None if height is None else height + 2 * self._pair[0],
            None if width is None else width + 2 * self._pair[1],
            channels,
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "padding": self.padding}
