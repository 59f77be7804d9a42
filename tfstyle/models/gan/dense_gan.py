"""The GAN with dense layers."""

import math
from typing import Any

import keras
from keras import ops

from tfstyle.layers.fused_batch_normalization import FusedBatchNormalization
from tfstyle.layers.projection_logit import ProjectionLogit
from tfstyle.models.gan.gan import Discriminator, Generator, check_labels
from tfstyle.tensors import Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class DenseGenerator(Generator):
    """Generator with dense layers.

        latents -> [dense, batch normalization, leaky ReLU] x 3 -> dense, tanh

    Args:
        image_shape: three integers, height, width and channels of the images.
        latent_dim: integer, length of a latent vector.
        units: sequence of integers, width of each hidden layer.
        num_classes: integer, number of labels; 0 for a network without labels.
        embedding_dim: integer, length of a label's embedding, which is concatenated with the latent vector.
        negative_slope: float, slope of the leaky ReLU for negative inputs.

    Call arguments and returns: as `Generator`.

    Reference:
        Goodfellow et al.: Generative Adversarial Networks, 2014.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        latent_dim=100,
        units=(128, 256, 512),
        num_classes=0,
        embedding_dim=16,
        negative_slope=0.2,
        **kwargs,
    ):
        super().__init__(image_shape, latent_dim, num_classes, **kwargs)
        self.embed_labels(embedding_dim)
        self.units = tuple(units)
        self.negative_slope = negative_slope
        options = {"dtype": self.dtype_policy}
        # The shift of the normalization replaces the bias.
        self.dense_layers = [
            keras.layers.Dense(width, use_bias=False, name=f"dense_{index}", **options)
            for index, width in enumerate(self.units)
        ]
        self.normalizations = [
            FusedBatchNormalization(name=f"normalization_{index}", **options) for index in range(len(self.units))
        ]
        self.to_pixels = keras.layers.Dense(math.prod(self.image_shape), name="to_pixels", **options)
        self.call_symbolically()

    def call(self, latents, labels=None, training=False) -> Tensor:
        hidden = self.join_labels(latents, labels)
        for dense, normalization in zip(self.dense_layers, self.normalizations, strict=True):
            hidden = self.nonlinearity(normalization(dense(hidden)))
        return self.to_image(ops.reshape(self.to_pixels(hidden), (-1, *self.image_shape)))

    def nonlinearity(self, hidden) -> Tensor:
        return ops.leaky_relu(hidden, self.negative_slope)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "image_shape": self.image_shape,
            "latent_dim": self.latent_dim,
            "units": self.units,
            "num_classes": self.num_classes,
            "embedding_dim": self.embedding_dim,
            "negative_slope": self.negative_slope,
        }


@keras.saving.register_keras_serializable(package="tfstyle")
class DenseDiscriminator(Discriminator):
    """Discriminator with dense layers.

        images -> flatten -> [dense, leaky ReLU, dropout] x 3 -> logit

    Args:
        image_shape: three integers, height, width and channels of the images.
        units: sequence of integers, width of each hidden layer.
        num_classes: integer, number of labels; 0 for a network without labels.
        negative_slope: float, slope of the leaky ReLU for negative inputs.
        dropout: float in [0, 1), dropout rate. Under a distribution strategy each replica drops other values, so losses
            differ from those of a single worker.

    Call arguments and returns: as `Discriminator`.

    Reference:
        Goodfellow et al.: Generative Adversarial Networks, 2014.
    """

    def __init__(
        self,
        image_shape=(28, 28, 1),
        units=(512, 256, 128),
        num_classes=0,
        negative_slope=0.2,
        dropout=0.0,
        **kwargs,
    ):
        super().__init__(image_shape, num_classes, **kwargs)
        self.units = tuple(units)
        self.negative_slope = negative_slope
        self.dropout = dropout
        options = {"dtype": self.dtype_policy}
        self.flatten = keras.layers.Flatten(name="flatten", **options)
        self.dense_layers = [
            keras.layers.Dense(width, name=f"dense_{index}", **options) for index, width in enumerate(self.units)
        ]
        self.drop = keras.layers.Dropout(dropout, name="drop", **options)
        self.drop.build((None, self.units[-1]))  # for `summary`
        self.logit = ProjectionLogit(num_classes, name="logit", **options)
        self.call_symbolically()

    def call(self, images, labels=None, training=False) -> Tensor:
        check_labels(self, labels)
        hidden = self.flatten(images)
        for dense in self.dense_layers:
            hidden = self.drop(self.nonlinearity(dense(hidden)))
        return self.logit(hidden, labels)

    def nonlinearity(self, hidden) -> Tensor:
        return ops.leaky_relu(hidden, self.negative_slope)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "image_shape": self.image_shape,
            "units": self.units,
            "num_classes": self.num_classes,
            "negative_slope": self.negative_slope,
            "dropout": self.dropout,
        }
