"""Generators and discriminators by architecture and image shape."""

import keras

from tfstyle.models.gan.dcgan import ConvDiscriminator, ConvGenerator
from tfstyle.models.gan.dense_gan import DenseDiscriminator, DenseGenerator
from tfstyle.models.gan.fastgan import FastGANDiscriminator, FastGANGenerator
from tfstyle.models.gan.gan import num_doublings
from tfstyle.models.gan.resnet_gan import ResNetDiscriminator, ResNetGenerator

ARCHITECTURES = ("dense", "conv", "resnet", "fastgan")


def create_networks(
    architecture, image_shape, num_classes=0, dtype="float32", discriminator_options=None, **generator_options
) -> tuple[keras.Model, keras.Model]:
    """Creates a matching generator and discriminator for the recommended recipe.

    The defaults of the classes follow the articles. This function departs from them where they cause a checkerboard
    (transposed convolutions with a kernel of 5) or interfere with a gradient penalty (dropout).

    Args:
        architecture: "dense" for any shape; "conv" for square images of 28, 32, 64, 128 or 256 pixels; "resnet" for
            square images of 4 or 7 pixels doubled any number of times; "fastgan" for square images of 4, 5, 6 or 7
            pixels doubled three times or more, such as 64, 96, 128 or 256.
        image_shape: three integers, height, width and channels.
        num_classes: integer, number of labels; 0 for networks without labels.
        dtype: dtype policy of both networks, such as "mixed_bfloat16".
        discriminator_options: dict of additional arguments of the discriminator, such as `normalization`, or None.
        **generator_options: additional arguments of the generator, such as `latent_dim`.

    Returns:
        Generator and discriminator.

    Raises:
        ValueError: if the architecture is unknown or does not support images of this shape.

    Example:
        >>> generator, discriminator = create_networks("conv", (64, 64, 3))
    """
    if architecture not in ARCHITECTURES:
        raise ValueError(f"`architecture` must be one of {ARCHITECTURES}. Received: architecture={architecture!r}.")
    height, width, channels = image_shape
    options = {"num_classes": num_classes, "dtype": dtype}
    discriminator_options = discriminator_options or {}
    if architecture == "dense":
        generator = DenseGenerator(image_shape, **options, **generator_options)
        return generator, DenseDiscriminator(image_shape, **options, **discriminator_options)
    if height != width:
        raise ValueError(
            f"The architecture {architecture!r} is for square images. Received: image_shape={image_shape}."
        )
    if architecture == "conv":
        generator = ConvGenerator(height, channels, **{"kernel_size": 4, **options, **generator_options})
        return generator, ConvDiscriminator(height, channels, **{"dropout": 0.0, **options, **discriminator_options})
    if architecture == "fastgan":
        generator = FastGANGenerator(height, channels, **options, **generator_options)
        return generator, FastGANDiscriminator(height, channels, **options, **discriminator_options)
    doublings = num_doublings(height, 7 if height % 7 == 0 else 4)
    filters = (256,) * (doublings + 1)
    generator = ResNetGenerator(height, channels, **{"filters": filters, **options, **generator_options})
    # As in the paper, the discriminator's last two blocks keep their resolution: 8x8 of 32.
    downsamplings = max(doublings - 1, 0)
    shape = {"filters": (128,) * (downsamplings + 2), "num_downsamplings": downsamplings}
    return generator, ResNetDiscriminator(height, channels, **{**shape, **options, **discriminator_options})
