"""The projection network of contrastive translation."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.normalized_convolution import initial_kernel
from tfstyle.models.base_model import BaseModel
from tfstyle.tensors import Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class PatchProjector(BaseModel):
    """Projects the features of each encoder layer at sampled positions to vectors of length 1, by two dense layers.

    Args:
        feature_dims: sequence of integers, channels of the encoder's layers, as `ResNetTranslator.feature_dims`.
        projection_dim: integer, length of a projected vector.

    Call arguments:
        *features: one float tensor per layer, of shape `(batch, num_patches, channels)`.

    Returns:
        List of float32 tensors of shape `(batch, num_patches, projection_dim)`, whose vectors have length 1.

    Raises:
        ValueError: if there is no layer, or a number of channels is not positive.

    Reference:
        Park, Efros, Zhang, Zhu: Contrastive Learning for Unpaired Image-to-Image Translation (CUT), 2020, section 3.
    """

    def __init__(self, feature_dims, projection_dim=256, **kwargs):
        feature_dims = tuple(feature_dims)
        if not feature_dims or min((*feature_dims, projection_dim)) < 1:
            raise ValueError(
                "`feature_dims` and `projection_dim` must be positive. "
                f"Received: feature_dims={feature_dims}, projection_dim={projection_dim}."
            )
        super().__init__(autocast=False, **kwargs)
        self.feature_dims = feature_dims
        self.projection_dim = projection_dim
        self.hidden_layers = [self._make_dense(f"hidden_{index}", "relu") for index in range(len(feature_dims))]
        self.output_layers = [self._make_dense(f"output_{index}", None) for index in range(len(feature_dims))]
        self.create_weights(*(keras.Input((None, channels)) for channels in feature_dims))

    def _make_dense(self, name, activation):
        return keras.layers.Dense(
            self.projection_dim, activation, kernel_initializer=initial_kernel(), name=name, dtype=self.dtype_policy
        )

    def build(self, features_shape) -> None:
        for hidden, output, channels in zip(self.hidden_layers, self.output_layers, self.feature_dims, strict=True):
            hidden.build((None, None, channels))
            output.build((None, None, self.projection_dim))

    def call(self, *features) -> list[Tensor]:
        projections = []
        for hidden, output, values in zip(self.hidden_layers, self.output_layers, features, strict=True):
            vectors = ops.cast(output(hidden(ops.cast(values, self.compute_dtype))), "float32")
            length = ops.sqrt(ops.sum(ops.square(vectors), axis=-1, keepdims=True) + 1e-14)
            projections.append(vectors / length)
        return projections

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "feature_dims": self.feature_dims, "projection_dim": self.projection_dim}
