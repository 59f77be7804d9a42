"""Adaptive instance normalization: scale and shift are statistics of another image."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.instance_statistics import instance_moments
from tfstyle.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class AdaptiveInstanceNormalization(keras.layers.Layer):
    """Adaptive instance normalization (AdaIN): matches the mean and standard deviation of each channel to a painting's.

        AdaIN(x, y) = deviation(y) * (x - mean(x)) / deviation(x) + mean(y)

    The layer has no weights. The statistics are computed over the positions, in float32.

    Args:
        epsilon: float, added to the variance of the features. With style vectors from `channel_moments` of the same
            features and with the same epsilon, the layer is the identity.

    Call arguments:
        features: float tensor of shape `(batch, height, width, channels)`.
        style_vectors: float tensor of shape `(batch or 1, 2 * channels)`: the means of the painting's channels, then
            their standard deviations.

    Returns:
        Tensor of the shape of `features`.

    Raises:
        ValueError: if the length of the style vectors is not twice the number of channels.

    Example:
        >>> features, style_vectors = keras.random.normal((1, 9, 7, 64)), keras.ops.ones((1, 128))
        >>> AdaptiveInstanceNormalization()(features, style_vectors).shape
        TensorShape([1, 9, 7, 64])

    Reference:
        Huang, Belongie: Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization, 2017, equation 8.
    """

    def __init__(self, epsilon=1e-5, **kwargs):
        super().__init__(autocast=False, **kwargs)  # the statistics need the style vectors as they came
        self.epsilon = epsilon

    def build(self, features_shape, style_vectors_shape) -> None:
        if style_vectors_shape[-1] != 2 * features_shape[-1]:
            raise ValueError(
                "`style_vectors` must hold a mean and a deviation for each channel. "
                f"Received: {style_vectors_shape[-1]} numbers for {features_shape[-1]} channels."
            )

    def call(self, features, style_vectors) -> Tensor:
        mean, variance = instance_moments(features)
        style_mean, style_deviation = ops.split(ops.cast(style_vectors, "float32")[:, None, None, :], 2, axis=-1)
        scale = style_deviation / ops.sqrt(variance + self.epsilon)
        shift = style_mean - scale * mean
        outputs = ops.cast(features, "float32") * scale + shift
        return ops.cast(outputs, self.compute_dtype)

    def compute_output_shape(self, features_shape, style_vectors_shape) -> Shape:
        return features_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "epsilon": self.epsilon}
