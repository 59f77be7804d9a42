"""The light GAN: skip-layer excitation, and a discriminator that learns from its own images."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfstyle.layers.averaged_downsampling_block import AveragedDownsamplingBlock
from tfstyle.layers.conditional_batch_normalization import ConditionalBatchNormalization
from tfstyle.layers.discriminator_convolution import DiscriminatorConvolution
from tfstyle.layers.gated_upsampling_block import GatedUpsamplingBlock
from tfstyle.layers.image_decoder import ImageDecoder
from tfstyle.layers.projection_logit import ProjectionLogit
from tfstyle.layers.skip_layer_excitation import SkipLayerExcitation
from tfstyle.models.gan.gan import Discriminator, Generator, check_labels
from tfstyle.tensors import Tensor

SKIPPED = 4  # doublings between the two maps of a skip-layer excitation: 4x4 and 64x64, 8x8 and 128x128, ...
MIN_FILTERS = 16


def base_and_doublings(image_size) -> tuple[int, int]:
    """The size of 4 to 7 pixels from which images of `image_size` are reached, and the number of doublings.

    Raises:
        ValueError: if fewer than three doublings lead to `image_size`, or none.
    """
    doublings = max(image_size // 4, 1).bit_length() - 1
    base_size = image_size >> doublings
    if base_size << doublings != image_size or doublings < 3:
        raise ValueError(
            "`image_size` must be 4, 5, 6 or 7 doubled three times or more, such as 32, 64, 96, 128 or 256. "
            f"Received: image_size={image_size}."
        )
    return base_size, doublings


def halved_widths(first, count) -> tuple[int, ...]:
    """`count` numbers of channels: `first`, halved each time, at least `MIN_FILTERS`."""
    return tuple(max(first >> index, MIN_FILTERS) for index in range(count))


@keras.saving.register_keras_serializable(package="tfstyle")
class FastGANGenerator(Generator):
    """Generator with gated convolutions and skip-layer excitation.

        latents -> dense -> 4x4 -> 8x8 -> 16x16 -> 32x32 -> 64x64 -> ... -> image
                             |       |                       ^ *       ^ *
                             +-------|--- excitation --------+         |
                                     +--- excitation ------------------+

    Every other block has two convolutions, each with noise. In training, the noise is different for each latent vector;
    otherwise it is one constant pattern, so that nearby latent vectors give nearby images.

    Args:
        image_size: integer, height and width of the images: 4, 5, 6 or 7 doubled three times or more, such as 32, 64,
            96, 128 or 256.
        channels: integer, of the images.
        latent_dim: integer, length of a latent vector.
        filters: sequence of integers, channels of the first map and of each doubled resolution. None stands for 256,
            halved each time, at least 16.
        num_classes: integer, number of labels; 0 for a network without labels. The label selects the scales and shifts
            of all normalizations.

    Call arguments and returns: as `Generator`.

    Raises:
        ValueError: if a size is not supported.

    Reference:
        Liu, Zhu, Song, Elgammal: Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis,
        2021, section 3.1. Differs from the paper: a quarter of the channels, and as `GatedUpsamplingBlock`.
    """

    def __init__(self, image_size=64, channels=3, latent_dim=128, filters=None, num_classes=0, **kwargs):
        base_size, doublings = base_and_doublings(image_size)
        widths = tuple(filters or halved_widths(256, doublings + 1))
        if len(widths) != doublings + 1:
            raise ValueError(
                f"Images of {image_size} pixels are {base_size} doubled {doublings} times: `filters` must hold "
                f"{doublings + 1} numbers. Received: filters={filters}."
            )
        super().__init__((image_size, image_size, channels), latent_dim, num_classes, **kwargs)
        self.image_size = image_size
        self.channels = channels
        self.filters = None if filters is None else widths
        self.base_shape = (base_size, base_size, 2 * widths[0])
        options = {"dtype": self.dtype_policy}
        self.dense = keras.layers.Dense(base_size**2 * 2 * widths[0], use_bias=False, name="dense", **options)
        self.normalization = ConditionalBatchNormalization(num_classes, name="normalization", **options)
        self.blocks = [
            GatedUpsamplingBlock(width, 1 + index % 2, num_classes, name=f"block_{index}", **options)
            for index, width in enumerate(widths[1:], start=1)
        ]
        self.excitations = [
            SkipLayerExcitation(base_size, name=f"excitation_{index}", **options)
            for index in range(doublings + 1 - SKIPPED)
        ]
        self.to_pixels = keras.layers.Conv2D(channels, 3, padding="same", name="to_pixels", **options)
        self.call_symbolically()

    def call(self, latents, labels=None, training=False) -> Tensor:
        seeds = noise_seeds(latents) if training else ops.zeros((1,), "int32")
        return self.to_image(self.to_pixels(self.maps(latents, labels, seeds)[-1]))

    def maps(self, latents, labels, seeds, style_maps=None) -> list[Tensor]:
        """The maps of all resolutions, small to large; with `style_maps`, these excite the large ones."""
        check_labels(self, labels)
        hidden = ops.reshape(self.dense(latents), (-1, *self.base_shape))
        hidden = ops.glu(self.normalization(hidden, labels))
        maps = [hidden]
        for index, block in enumerate(self.blocks, start=1):
            hidden = block(hidden, seeds + index, labels)
            if index >= SKIPPED:
                small = (style_maps or maps)[index - SKIPPED]
                hidden = self.excitations[index - SKIPPED](small, hidden)
            maps.append(hidden)
        return maps

    def mix(self, latents, style_latents, labels=None, style_labels=None) -> Tensor:
        """Images with the content of some latent vectors and the style of others.

        The maps are those of `latents`; the weights with which skip-layer excitation scales the channels of the large
        ones come from the small maps of `style_latents`. With equal vectors and labels these are the images of `call`.

        Args:
            latents: float tensor of shape `(batch, latent_dim)`, for the content.
            style_latents: float tensor of the same shape, for the style.
            labels: int32 tensor of shape `(batch,)`; None without classes.
            style_labels: int32 tensor of shape `(batch,)`, for the style; None without classes.

        Returns:
            float32 images of shape `(batch, image_size, image_size, channels)` in [-1, 1].

        Raises:
            ValueError: if the images are smaller than 64 pixels: the network has no excitation then.

        Reference:
            Liu, Zhu, Song, Elgammal: Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image
            Synthesis, 2021, section 3.1.
        """
        if not self.excitations:
            raise ValueError(
                "Latents are mixed by skip-layer excitation, which a FastGANGenerator has from 64 pixels on. "
                f"Received: image_size={self.image_size}."
            )
        seeds = ops.zeros((1,), "int32")
        style_maps = self.maps(style_latents, style_labels, seeds)
        return self.to_image(self.to_pixels(self.maps(latents, labels, seeds, style_maps)[-1]))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "image_size": self.image_size,
            "channels": self.channels,
            "latent_dim": self.latent_dim,
            "filters": self.filters,
            "num_classes": self.num_classes,
        }


def noise_seeds(latents) -> Tensor:
    """A number for each latent vector, as good as random: int32 tensor of shape `(batch,)`.

    It depends on the latent vector alone, so that a resumed or distributed training has the same noise.
    """
    whole = ops.cast(ops.cast(latents, "float32") * 2.0**16, "int32")
    odd = 2 * np.random.default_rng(0).integers(2**30, size=latents.shape[-1], dtype=np.int32) + 1
    return ops.sum(whole * odd, axis=-1)  # which wraps around, and is exact in any order


@keras.saving.register_keras_serializable(package="tfstyle")
class FastGANDiscriminator(Discriminator):
    """Discriminator that also learns to reconstruct real images from its own feature maps.

        images -> convolution of stride 2 -> [block] x n -> 16x16 -> [block] -> 8x8 -> convolution of stride 2 -> logit
                                                              |                  |
                                       a quarter of it -> decoder            decoder
                                                              |                  |
                                         the same quarter of the image       the image at half of its size

    Images are those of 64, 128 or 256 pixels here; all sizes are half as large again for 96 or 192.

    Args:
        image_size: integer, height and width of the images, as for `FastGANGenerator`.
        channels: integer, of the images.
        filters: sequence of integers, channels after the first convolution and after each block. None stands for 192
            at the smallest map, halved for each larger one, at least 16.
        num_classes: integer, number of labels; 0 for a network without labels.
        normalization: "none"; "batch", as in the paper, after every convolution except the first and the last; or
            "spectral", of every kernel. Do not combine "batch" with a gradient penalty: it mixes the images of a batch.
        decoder_filters: integer, channels of both decoders after the first doubling, halved each time, at least 16.

    Call arguments:
        images: float tensor of shape `(batch, *image_shape)` in [-1, 1].
        labels: int32 tensor of shape `(batch,)` in `[0, num_classes)`; None without classes.
        quadrants: int32 tensor of shape `(batch,)` in [0, 4): the part of each image to reconstruct, from top left to
            bottom right; None for logits alone.
        training: bool; Keras passes it on to the layers.

    Returns:
        float32 logits of shape `(batch, 1)`. With `quadrants` a tuple of three: the logits; float32 reconstructions of
        shape `(batch, size / 2, size / 2, 2 * channels)` in [-1, 1], of the whole image and of its quadrant; and their
        targets, of the same shape.

    Raises:
        ValueError: if a size is not supported, or `normalization` is unknown.

    Reference:
        Liu, Zhu, Song, Elgammal: Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis,
        2021, section 3.2. Differs from the paper: half of the channels or fewer; one logit per image from the whole of
        the last map, as gradient penalties and labels need it, instead of a map of 5x5; no spectral normalization
        beside batch normalization; and the cropped part is a quarter, as in the authors' code.
    """

    is_self_supervised = True

    def __init__(
        self,
        image_size=64,
        channels=3,
        filters=None,
        num_classes=0,
        normalization="none",
        decoder_filters=32,
        **kwargs,
    ):
        _, doublings = base_and_doublings(image_size)
        widths = tuple(filters or reversed(halved_widths(192, doublings - 1)))
        if len(widths) != doublings - 1:
            raise ValueError(
                f"Images of {image_size} pixels are halved {doublings - 1} times before the last convolution: "
                f"`filters` must hold {doublings - 1} numbers. Received: filters={filters}."
            )
        super().__init__((image_size, image_size, channels), num_classes, **kwargs)
        self.image_size = image_size
        self.channels = channels
        self.filters = None if filters is None else widths
        self.normalization = normalization
        self.decoder_filters = decoder_filters
        options = {"dtype": self.dtype_policy}
        unless_batch = "none" if normalization == "batch" else normalization
        self.first = DiscriminatorConvolution(widths[0], 4, 2, unless_batch, name="first", **options)
        self.blocks = [
            AveragedDownsamplingBlock(width, normalization, name=f"block_{index}", **options)
            for index, width in enumerate(widths[1:], start=1)
        ]
        self.last = DiscriminatorConvolution(widths[-1], 4, 2, unless_batch, name="last", **options)
        self.flatten = keras.layers.Flatten(name="flatten", **options)
        self.logit = ProjectionLogit(num_classes, normalization == "spectral", name="logit", **options)
        decoder = (halved_widths(decoder_filters, doublings - 2), channels, normalization == "batch")
        self.whole_decoder = ImageDecoder(*decoder, name="whole_decoder", **options)
        self.part_decoder = ImageDecoder(*decoder, name="part_decoder", **options)
        self.call_symbolically()

    def call_symbolically(self) -> None:
        labels = keras.Input((), dtype="int32") if self.num_classes else None
        self.create_weights(keras.Input(self.image_shape), labels, keras.Input((), dtype="int32"))

    def call(self, images, labels=None, quadrants=None, training=False) -> Any:
        check_labels(self, labels)
        middle = hidden = self.first(images)
        for block in self.blocks:
            middle, hidden = hidden, block(hidden)
        logits = self.logit(self.flatten(self.last(hidden)), labels)
        if quadrants is None:
            return logits
        reconstructions = [self.whole_decoder(hidden), self.part_decoder(quadrant(middle, quadrants))]
        images = ops.cast(images, "float32")
        targets = [ops.average_pool(images, 2), quadrant(images, quadrants)]
        return logits, ops.concatenate(reconstructions, axis=-1), ops.concatenate(targets, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "image_size": self.image_size,
            "channels": self.channels,
            "filters": self.filters,
            "num_classes": self.num_classes,
            "normalization": self.normalization,
            "decoder_filters": self.decoder_filters,
        }


def quadrant(maps, quadrants) -> Tensor:
    """A quarter of each map.

    Args:
        maps: float tensor of shape `(batch, height, width, channels)` of even height and width.
        quadrants: int32 tensor of shape `(batch,)`: 0 for the top left quarter, then top right, bottom left, bottom
            right.

    Returns:
        Tensor of shape `(batch, height / 2, width / 2, channels)`.
    """
    height, width = maps.shape[1] // 2, maps.shape[2] // 2
    quadrants = ops.reshape(quadrants, (-1, 1, 1, 1))
    rows = ops.where(quadrants < 2, maps[:, :height], maps[:, height:])
    return ops.where(quadrants % 2 == 0, rows[:, :, :width], rows[:, :, width:])
