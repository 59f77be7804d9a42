"""Upsampling and convolution in one layer."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfstyle.tensors import Shape, Tensor

# Of a nearest neighbor upsampling, pixel 2i sees the sources i - 1, i, i through the three taps of a kernel, and pixel
# 2i + 1 sees i, i, i + 1. Element [phase, source, tap] is 1 where tap meets source.
PHASES = np.array([[[1, 0, 0], [0, 1, 1], [0, 0, 0]], [[0, 0, 0], [1, 1, 0], [0, 0, 1]]], "float32")


@keras.saving.register_keras_serializable(package="tfstyle")
class UpsamplingConv2D(keras.layers.Layer):
    """Nearest neighbor upsampling by 2, reflection padding, and a 3x3 convolution, computed at the lower resolution.

    Each of the four output pixels of an input pixel depends on it and its neighbors through sums of taps of the kernel.
    One convolution with these sums computes all four at the lower resolution, with a quarter of the memory traffic.
    They share one kernel, which prevents the checkerboard that an unconstrained kernel with four times the channels can
    cause.

    Args:
        filters: integer, output channels.
        kernel_initializer: name of an initializer of Keras.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.

    Returns:
        Tensor of shape `(batch, 2 * height, 2 * width, filters)`.

    Reference:
        Odena, Dumoulin, Olah: Deconvolution and Checkerboard Artifacts, 2016.
        Shi et al.: Is the deconvolution layer the same as a convolutional layer?, 2016.
    """

    def __init__(self, filters, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_initializer = kernel_initializer

    def build(self, inputs_shape) -> None:
        self.kernel = self.add_weight((3, 3, inputs_shape[-1], self.filters), self.kernel_initializer, name="kernel")

    def call(self, inputs) -> Tensor:
        _, height, width, _ = ops.shape(inputs)
        phases = ops.cast(PHASES, inputs.dtype)
        kernel = ops.einsum("asu,btv,uvio->stiabo", phases, phases, self.kernel)
        kernel = ops.reshape(kernel, (3, 3, inputs.shape[-1], 4 * self.filters))
        padded = ops.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="symmetric")
        outputs = ops.reshape(ops.conv(padded, kernel), (-1, height, width, 2, 2, self.filters))
        return ops.reshape(ops.transpose(outputs, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, self.filters))

    def compute_output_shape(self, inputs_shape) -> Shape:
        batch, height, width, _ = inputs_shape
        return (batch, height and 2 * height, width and 2 * width, self.filters)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters, "kernel_initializer": self.kernel_initializer}
