"""Excitation of a large feature map by a small one of an earlier layer."""

from typing import Any

import keras
from keras import ops

from tfstyle.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class SkipLayerExcitation(keras.layers.Layer):
    """Scales the channels of a large feature map by weights computed from a small one.

        y = large * sigmoid(W2 leaky_relu(W1 pooled(small)))

    `W1` is a convolution over all positions of the pooled map, so that there is one vector per image, and `W2` maps it
    to the channels of `large`. A shortcut between far layers: it passes gradients to early layers, and needs no equal
    sizes, as an addition would.

    Args:
        pooled_size: integer, height and width to which `small` is pooled.

    Call arguments:
        small: float tensor of shape `(batch, size, size, small_channels)`, `size` a multiple of `pooled_size`.
        large: float tensor of shape `(batch, height, width, channels)`.

    Returns:
        Tensor of the shape and dtype of `large`.

    Raises:
        ValueError: if `pooled_size` is not positive, or `small` cannot be pooled to it.

    Reference:
        Liu, Zhu, Song, Elgammal: Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis,
        2021, equation 1. The slope of the leaky ReLU, 0.2, is not in the paper.
    """

    def __init__(self, pooled_size=4, **kwargs):
        if pooled_size < 1:
            raise ValueError(f"`pooled_size` must be at least 1. Received: pooled_size={pooled_size}.")
        super().__init__(**kwargs)
        self.pooled_size = pooled_size

    def build(self, small_shape, large_shape) -> None:
        _, height, width, small_channels = small_shape
        if height != width or height % self.pooled_size:
            raise ValueError(
                f"`small` must be square, its size a multiple of `pooled_size`. "
                f"Received: small.shape={tuple(small_shape)}, pooled_size={self.pooled_size}."
            )
        channels = large_shape[-1]
        options = {"dtype": self.dtype_policy}
        self.pool = keras.layers.AveragePooling2D(height // self.pooled_size, name="pool", **options)
        self.squeeze = keras.layers.Conv2D(channels, self.pooled_size, name="squeeze", **options)
        self.squeeze.build((None, self.pooled_size, self.pooled_size, small_channels))
        self.excite = keras.layers.Conv2D(channels, 1, name="excite", **options)
        self.excite.build((None, 1, 1, channels))

    def call(self, small, large) -> Tensor:
        hidden = ops.leaky_relu(self.squeeze(self.pool(small)), 0.2)
        return large * ops.sigmoid(self.excite(hidden))

    def compute_output_shape(self, small_shape, large_shape) -> Shape:
        return large_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "pooled_size": self.pooled_size}
