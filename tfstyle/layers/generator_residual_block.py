"""Residual block of a generator."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.conditional_batch_normalization import ConditionalBatchNormalization
from tfstyle.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class GeneratorResidualBlock(keras.layers.Layer):
    """Residual block with two convolutions that doubles the resolution.

        x -> normalize, ReLU, upsample, 3x3 -> normalize, ReLU, 3x3 -> +
        x -> 1x1, upsample                                          ---^

    The shortcut's 1x1 convolution precedes the upsampling, which gives the same values at a quarter of the cost.

    Args:
        filters: integer, output channels.
        num_classes: integer, number of labels; 0 for unconditional normalizations.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.
        labels: int32 tensor of shape `(batch,)`; None without classes.

    Returns:
        Tensor of shape `(batch, 2 * height, 2 * width, filters)`.

    Reference:
        Miyato et al.: Spectral Normalization for Generative Adversarial Networks, 2018, appendix B.4.
    """

    def __init__(self, filters, num_classes=0, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.num_classes = num_classes
        options = {"dtype": self.dtype_policy}
        self.first_normalization = ConditionalBatchNormalization(num_classes, name="first_normalization", **options)
        # The second normalization's shift takes the place of the bias.
        self.first = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False, name="first", **options)
        self.second_normalization = ConditionalBatchNormalization(num_classes, name="second_normalization", **options)
        self.second = keras.layers.Conv2D(filters, 3, padding="same", name="second", **options)
        self.shortcut = keras.layers.Conv2D(filters, 1, use_bias=False, name="shortcut", **options)
        self.upsample = keras.layers.UpSampling2D(2, name="upsample", **options)

    def build(self, inputs_shape, labels_shape=None) -> None:
        hidden_shape = (*inputs_shape[:-1], self.filters)
        self.first_normalization.build(inputs_shape, labels_shape)
        self.first.build(inputs_shape)
        self.second_normalization.build(hidden_shape, labels_shape)
        self.second.build(hidden_shape)
        self.shortcut.build(inputs_shape)

    def call(self, inputs, labels=None) -> Tensor:
        hidden = ops.relu(self.first_normalization(inputs, labels))
        hidden = self.first(self.upsample(hidden))
        hidden = self.second(ops.relu(self.second_normalization(hidden, labels)))
        return hidden + self.upsample(self.shortcut(inputs))

    def compute_output_shape(self, inputs_shape, labels_shape=None) -> Shape:
        batch, height, width, _ = inputs_shape
        return (batch, height and 2 * height, width and 2 * width, self.filters)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters, "num_classes": self.num_classes}
