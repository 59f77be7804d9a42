"""Upsampling, then convolutions with gated linear units: the block of a light generator."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.conditional_batch_normalization import ConditionalBatchNormalization
from tfstyle.layers.noise_injection import NoiseInjection, position_noise
from tfstyle.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class GatedUpsamplingBlock(keras.layers.Layer):
    """Doubles the resolution; each convolution is followed by a normalization and a gated linear unit (GLU).

        x -> upsample -> [3x3, noise, normalize, GLU] x n

    A GLU multiplies half of the channels by the sigmoid of the other half, so convolutions have twice as many channels
    as the output. A single convolution has no noise.

    Args:
        filters: integer, output channels.
        num_convolutions: integer, 1 or more.
        num_classes: integer, number of labels; 0 for unconditional normalizations.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.
        seeds: int32 tensor of shape `(batch,)`, seeds of the noise.
        labels: int32 tensor of shape `(batch,)`; None without classes.

    Returns:
        Tensor of shape `(batch, 2 * height, 2 * width, filters)`.

    Raises:
        ValueError: if there is no convolution.

    Reference:
        Liu et al.: Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis, 2021, figure
        3. Differs from the paper: no spectral normalization, which the batch normalization behind each convolution
        makes ineffective; noise has a weight for each channel; labels select the scales and shifts.
    """

    def __init__(self, filters, num_convolutions=1, num_classes=0, **kwargs):
        if num_convolutions < 1:
            raise ValueError(f"`num_convolutions` must be at least 1. Received: num_convolutions={num_convolutions}.")
        super().__init__(**kwargs)
        self.filters = filters
        self.num_convolutions = num_convolutions
        self.num_classes = num_classes
        options = {"dtype": self.dtype_policy}
        self.upsample = keras.layers.UpSampling2D(2, name="upsample", **options)
        self.convolutions = [
            keras.layers.Conv2D(2 * filters, 3, padding="same", use_bias=False, name=f"conv_{number}", **options)
            for number in range(num_convolutions)
        ]
        self.noises = [
            NoiseInjection(1, name=f"noise_{number}", **options) if num_convolutions > 1 else None
            for number in range(num_convolutions)
        ]
        self.normalizations = [
            ConditionalBatchNormalization(num_classes, name=f"normalization_{number}", **options)
            for number in range(num_convolutions)
        ]

    def build(self, inputs_shape, seeds_shape=None, labels_shape=None) -> None:
        hidden_shape = (*inputs_shape[:-1], 2 * self.filters)
        for convolution, noise, normalization in self._units():
            convolution.build(inputs_shape)
            if noise is not None:
                noise.build(hidden_shape, (*hidden_shape[:-1], 1))
            normalization.build(hidden_shape, labels_shape)
            inputs_shape = (*inputs_shape[:-1], self.filters)

    def _units(self):
        return zip(self.convolutions, self.noises, self.normalizations, strict=True)

    def call(self, inputs, seeds, labels=None) -> Tensor:
        hidden = self.upsample(inputs)
        _, height, width, _ = ops.shape(hidden)
        for number, (convolution, noise, normalization) in enumerate(self._units()):
            hidden = convolution(hidden)
            if noise is not None:
                values = position_noise(seeds, (number,), ops.arange(height), ops.arange(width))
                hidden = noise(hidden, values, ops.ones((1, 1)))
            hidden = ops.glu(normalization(hidden, labels))
        return hidden

    def compute_output_shape(self, inputs_shape, seeds_shape=None, labels_shape=None) -> Shape:
        batch, height, width, _ = inputs_shape
        return (batch, height and 2 * height, width and 2 * width, self.filters)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "num_convolutions": self.num_convolutions,
            "num_classes": self.num_classes,
        }
