"""Generators and discriminators by the name of an architecture, for images of a given shape."""

from tfstyle.models.gan.dcgan import ConvDiscriminator, ConvGenerator
from tfstyle.models.gan.dense_gan import DenseDiscriminator, DenseGenerator
from tfstyle.models.gan.gan import num_doublings
from tfstyle.models.gan.resnet_gan import ResNetDiscriminator, ResNetGenerator

ARCHITECTURES = ("dense", "conv", "resnet")


def create_networks(
    architecture, image_shape, num_classes=0, dtype="float32", discriminator_options=None, **generator_options
):
    """A generator and a discriminator that fit together and that the recommended recipe suits.

    They differ from the classes' defaults, which are the articles', where these leave a checkerboard (transposed
    convolutions with a kernel of 5) or disturb a penalty on gradients (dropout).

    Args:
        architecture: "dense" for any shape; "conv" for squares of 28, 32, 64, 128, 256; "resnet" for squares of 4 or 7
            doubled some times.
        image_shape: three integers, height, width and channels.
        num_classes: integer, number of labels; 0 for networks without labels.
        dtype: precision of both, such as "mixed_bfloat16".
        discriminator_options: dict of further arguments of the discriminator, such as `normalization`, or None.
        **generator_options: further arguments of the generator, such as `latent_dim`.

    Returns:
        Generator and discriminator.

    Raises:
        ValueError: if the architecture is unknown, or not for images of this shape.

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
    doublings = num_doublings(height, 7 if height % 7 == 0 else 4)
    filters = (256,) * (doublings + 1)
    generator = ResNetGenerator(height, channels, **{"filters": filters, **options, **generator_options})
    # As in the paper, the discriminator's last two blocks keep their resolution: 8x8 of 32.
    downsamplings = max(doublings - 1, 0)
    shape = {"filters": (128,) * (downsamplings + 2), "num_downsamplings": downsamplings}
    return generator, ResNetDiscriminator(height, channels, **{**shape, **options, **discriminator_options})
