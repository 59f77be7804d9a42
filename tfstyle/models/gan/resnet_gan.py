"""The residual GAN with spectral normalization."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.conditional_batch_normalization import ConditionalBatchNormalization
from tfstyle.layers.discriminator_residual_block import DiscriminatorResidualBlock
from tfstyle.layers.generator_residual_block import GeneratorResidualBlock
from tfstyle.layers.projection_logit import ProjectionLogit
from tfstyle.models.gan.gan import Discriminator, Generator, check_labels
from tfstyle.tensors import Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class ResNetGenerator(Generator):
    """Generator with residual blocks that double the resolution.

        latents -> dense -> [residual block] x n -> normalize, ReLU, 3x3, tanh

    The defaults are those of the paper for CIFAR-10. The label selects the scales and shifts of all normalizations.

    Args:
        image_size: integer, height and width of the images, a multiple of `2 ** len(filters[1:])`.
        channels: integer, of the images.
        latent_dim: integer, length of a latent vector.
        filters: sequence of integers, channels of the dense layer's map, then of each block.
        num_classes: integer, number of labels; 0 for a network without labels.

    Call arguments and returns: as `Generator`.

    Raises:
        ValueError: if a size is not supported.

    Reference:
        Miyato et al.: Spectral Normalization for Generative Adversarial Networks, 2018, table 4.
        Miyato, Koyama: cGANs with Projection Discriminator, 2018.
    """

    def __init__(
        self, image_size=32, channels=3, latent_dim=128, filters=(256, 256, 256, 256), num_classes=0, **kwargs
    ):
        filters = tuple(filters)
        base_size, rest = divmod(image_size, 2 ** (len(filters) - 1)) if filters else (0, 0)
        if rest or base_size < 1:
            raise ValueError(
                "`image_size` must be a multiple of 2 to the number of blocks. "
                f"Received: image_size={image_size}, filters={filters}, the first for the map before the blocks."
            )
        super().__init__((image_size, image_size, channels), latent_dim, num_classes, **kwargs)
        self.image_size = image_size
        self.channels = channels
        self.filters = filters
        self.base_shape = (base_size, base_size, filters[0])
        options = {"dtype": self.dtype_policy}
        self.dense = keras.layers.Dense(base_size**2 * filters[0], name="dense", **options)
        self.blocks = [
            GeneratorResidualBlock(width, num_classes, name=f"block_{index}", **options)
            for index, width in enumerate(filters[1:])
        ]
        self.normalization = ConditionalBatchNormalization(name="normalization", **options)
        self.to_pixels = keras.layers.Conv2D(channels, 3, padding="same", name="to_pixels", **options)
        self.call_symbolically()

    def call(self, latents, labels=None, training=False) -> Tensor:
        check_labels(self, labels)
        hidden = ops.reshape(self.dense(latents), (-1, *self.base_shape))
        for block in self.blocks:
            hidden = block(hidden, labels)
        return self.to_image(self.to_pixels(ops.relu(self.normalization(hidden))))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "image_size": self.image_size,
            "channels": self.channels,
            "latent_dim": self.latent_dim,
            "filters": self.filters,
            "num_classes": self.num_classes,
        }


@keras.saving.register_keras_serializable(package="tfstyle")
class ResNetDiscriminator(Discriminator):
    """Discriminator with residual blocks and spectral normalization of every kernel.

        images -> [residual block] x n -> ReLU -> sum over positions -> logit

    The defaults are those of the paper for CIFAR-10.

    Args:
        image_size: integer, height and width of the images.
        channels: integer, of the images.
        filters: sequence of integers, channels after each block.
        num_downsamplings: integer, number of blocks, counted from the first, that halve the resolution.
        num_classes: integer, number of labels; 0 for a network without labels.

    Call arguments and returns: as `Discriminator`.

    Raises:
        ValueError: if a size is not supported.

    Reference:
        Miyato et al.: Spectral Normalization for Generative Adversarial Networks, 2018, table 4.
        Miyato, Koyama: cGANs with Projection Discriminator, 2018.
    """

    def __init__(
        self,
        image_size=32,
        channels=3,
        filters=(128, 128, 128, 128),
        num_downsamplings=2,
        num_classes=0,
        **kwargs,
    ):
        filters = tuple(filters)
        if not 0 <= num_downsamplings <= len(filters) or not filters or image_size % 2**num_downsamplings:
            raise ValueError(
                "`num_downsamplings` must be at most the number of blocks, and `image_size` a multiple of 2 to its "
                f"power. Received: num_downsamplings={num_downsamplings}, filters={filters}, image_size={image_size}."
            )
        super().__init__((image_size, image_size, channels), num_classes, **kwargs)
        self.image_size = image_size
        self.channels = channels
        self.filters = filters
        self.num_downsamplings = num_downsamplings
        options = {"dtype": self.dtype_policy}
        self.blocks = [
            DiscriminatorResidualBlock(
                width, downsample=index < num_downsamplings, is_first=index == 0, name=f"block_{index}", **options
            )
            for index, width in enumerate(filters)
        ]
        self.logit = ProjectionLogit(num_classes, use_spectral_normalization=True, name="logit", **options)
        self.call_symbolically()

    def call(self, images, labels=None, training=False) -> Tensor:
        check_labels(self, labels)
        hidden = ops.cast(images, self.compute_dtype)
        for block in self.blocks:
            hidden = block(hidden)
        return self.logit(ops.sum(ops.cast(ops.relu(hidden), "float32"), axis=(1, 2)), labels)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "image_size": self.image_size,
            "channels": self.channels,
            "filters": self.filters,
            "num_downsamplings": self.num_downsamplings,
            "num_classes": self.num_classes,
        }
