"""Small images from a feature map of a discriminator."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.fused_batch_normalization import FusedBatchNormalization
from tfstyle.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class ImageDecoder(keras.layers.Layer):
    """Decodes a feature map to an image: [upsample, 3x3, GLU] x n -> 3x3 -> tanh.

    Args:
        filters: sequence of integers, channels after each doubling of the resolution.
        channels: integer, of the images.
        use_batch_normalization: bool, whether to normalize before each gated linear unit (GLU).

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.

    Returns:
        float32 tensor of shape `(batch, 2 ** n * height, 2 ** n * width, channels)` in [-1, 1].

    Reference:
        Liu et al.: Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis, 2021, section
        3.2.
    """

    def __init__(self, filters, channels=3, use_batch_normalization=False, **kwargs):
        super().__init__(**kwargs)
        self.filters = tuple(filters)
        self.channels = channels
        self.use_batch_normalization = use_batch_normalization
        options = {"dtype": self.dtype_policy}
        self.upsample = keras.layers.UpSampling2D(2, name="upsample", **options)
        self.convolutions = [
            keras.layers.Conv2D(2 * width, 3, padding="same", name=f"conv_{number}", **options)
            for number, width in enumerate(self.filters)
        ]
        self.normalizations = [
            FusedBatchNormalization(name=f"normalization_{number}", **options) if use_batch_normalization else None
            for number in range(len(self.filters))
        ]
        self.to_pixels = keras.layers.Conv2D(channels, 3, padding="same", name="to_pixels", **options)

    def build(self, inputs_shape) -> None:
        shape = inputs_shape
        for width, convolution, normalization in zip(self.filters, self.convolutions, self.normalizations, strict=True):
            convolution.build(shape)
            if normalization is not None:
                normalization.build((*shape[:-1], 2 * width))
            shape = (*shape[:-1], width)
        self.to_pixels.build(shape)

    def call(self, inputs) -> Tensor:
        hidden = inputs
        for convolution, normalization in zip(self.convolutions, self.normalizations, strict=True):
            hidden = convolution(self.upsample(hidden))
            hidden = ops.glu(hidden if normalization is None else normalization(hidden))
        return ops.tanh(ops.cast(self.to_pixels(hidden), "float32"))

    def compute_output_shape(self, inputs_shape) -> Shape:
        batch, height, width, _ = inputs_shape
        scale = 2 ** len(self.filters)
        return (batch, height and scale * height, width and scale * width, self.channels)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "channels": self.channels,
            "use_batch_normalization": self.use_batch_normalization,
        }
