"""The last layer of a discriminator: one logit, optionally conditioned on a label."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.spectral_normalization import SpectralNormalization
from tfstyle.tensors import Shape, Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class ProjectionLogit(keras.layers.Layer):
    """Computes a logit from features; with classes, adds the projection onto the embedding of the label.

        logit = w . features + bias + embedding[label] . features

    The computation is in float32 for every precision of the network: relativistic losses compare logits, and rounding
    to bfloat16 would remove their differences.

    Args:
        num_classes: integer, number of labels; 0 for an unconditional logit.
        use_spectral_normalization: bool, whether to normalize `w` and `embedding`.

    Call arguments:
        features: float tensor of shape `(batch, dim)`.
        labels: int32 tensor of shape `(batch,)`; None without classes.

    Returns:
        float32 tensor of shape `(batch, 1)`.

    Reference:
        Miyato, Koyama: cGANs with Projection Discriminator, 2018, equation 3.
    """

    def __init__(self, num_classes=0, use_spectral_normalization=False, **kwargs):
        super().__init__(**kwargs)
        self.num_classes = num_classes
        self.use_spectral_normalization = use_spectral_normalization
        self.linear = self._normalized(keras.layers.Dense(1, name="linear", dtype="float32"))

    def build(self, features_shape, labels_shape=None) -> None:
        self.linear.build(features_shape)
        if self.num_classes:
            dim = features_shape[-1]
            self.embedding = self._normalized(
                keras.layers.Embedding(self.num_classes, dim, "glorot_uniform", name="embedding", dtype="float32")
            )
            self.embedding.build(labels_shape)

    def _normalized(self, layer):
        if not self.use_spectral_normalization:
            return layer
        return SpectralNormalization(layer, name=f"{layer.name}_sn", dtype="float32")

    def call(self, features, labels=None) -> Tensor:
        features = ops.cast(features, "float32")
        logits = self.linear(features)
        return logits + ops.sum(features * self.embedding(labels), -1, keepdims=True) if self.num_classes else logits

    def compute_output_shape(self, features_shape, labels_shape=None) -> Shape:
        return (features_shape[0], 1)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "use_spectral_normalization": self.use_spectral_normalization,
        }
