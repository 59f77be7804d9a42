"""The networks of each method of image-to-image translation."""

import keras

from tfstyle.models.translation.colorizer import Colorizer
from tfstyle.models.translation.inpainter import Inpainter
from tfstyle.models.translation.patch_discriminator import PatchDiscriminator
from tfstyle.models.translation.patch_projector import PatchProjector
from tfstyle.models.translation.resnet_translator import ResNetTranslator
from tfstyle.models.translation.unet_generator import UNetGenerator
from tfstyle.models.translation.upscaler import Upscaler

ARCHITECTURES = {"unet": UNetGenerator, "resnet": ResNetTranslator}
# Task of image restoration -> its network, and the channels of the condition that the discriminator sees.
RESTORERS: dict[str, tuple[type[keras.Model], int]] = {
    "colorize": (Colorizer, 3),
    "upscale": (Upscaler, 3),
    "repair": (Inpainter, 4),
}


def create_translation_networks(
    method, architecture="unet", generator_options=None, discriminator_options=None, dtype=None
) -> dict[str, keras.Model]:
    """Creates the networks that a method trains together.

    Args:
        method: "pix2pix", "cyclegan", "cut" or "fastcut".
        architecture: "unet" or "resnet", of the generators; "cut" and "fastcut" need "resnet".
        generator_options: dict of arguments of `UNetGenerator` or `ResNetTranslator`, or None.
        discriminator_options: dict of arguments of `PatchDiscriminator`, or None.
        dtype: precision, such as "mixed_bfloat16".

    Returns:
        Dict of name -> `keras.Model`: "generator" and "discriminator"; with "cyclegan" also "backward_generator", for
        the inverse translation, and "backward_discriminator", which classifies its outputs; with "cut" and "fastcut"
        also "projector". The discriminator of "pix2pix" is conditioned on the inputs.

    Raises:
        ValueError: if the method or the architecture is unknown, or they are incompatible.

    Example:
        >>> sorted(create_translation_networks("cut", "resnet"))
        ['discriminator', 'generator', 'projector']
    """
    if architecture not in ARCHITECTURES:
        raise ValueError(
            f"`architecture` must be one of {', '.join(ARCHITECTURES)}. Received: architecture={architecture!r}."
        )

    def make_generator(name):
        return ARCHITECTURES[architecture](**(generator_options or {}), name=name, dtype=dtype)

    def make_discriminator(name, **options):
        return PatchDiscriminator(**options, **(discriminator_options or {}), name=name, dtype=dtype)

    if method == "pix2pix":
        return {
            "generator": make_generator("generator"),
            "discriminator": make_discriminator("discriminator", condition_channels=3),
        }
    networks = {"generator": make_generator("generator"), "discriminator": make_discriminator("discriminator")}
    if method == "cyclegan":
        networks["backward_generator"] = make_generator("backward_generator")
        networks["backward_discriminator"] = make_discriminator("backward_discriminator")
    elif method in ("cut", "fastcut"):
        if architecture != "resnet":
            raise ValueError(f"{method} needs the architecture resnet. Received: architecture={architecture!r}.")
        networks["projector"] = PatchProjector(networks["generator"].feature_dims, name="projector", dtype=dtype)
    else:
        raise ValueError(f"`method` must be pix2pix, cyclegan, cut or fastcut. Received: method={method!r}.")
    return networks


def create_restoration_networks(
    task, generator_options=None, discriminator_options=None, dtype=None
) -> dict[str, keras.Model]:
    """Creates the networks that are trained to restore images.

    Args:
        task: "colorize", "upscale" or "repair".
        generator_options: dict of arguments of `Colorizer`, `Upscaler` or `Inpainter`, or None.
        discriminator_options: dict of arguments of `PatchDiscriminator`, or None.
        dtype: precision, such as "mixed_bfloat16".

    Returns:
        Dict of name -> `keras.Model`: "generator" and "discriminator". The discriminator is conditioned on the degraded
        images: gray ones, enlarged ones, or those with holes and their masks.

    Raises:
        ValueError: if the task is unknown.

    Example:
        >>> type(create_restoration_networks("repair")["generator"]).__name__
        'Inpainter'
    """
    if task not in RESTORERS:
        raise ValueError(f"`task` must be one of {', '.join(RESTORERS)}. Received: task={task!r}.")
    generator_class, condition_channels = RESTORERS[task]
    options = {"condition_channels": condition_channels, **(discriminator_options or {})}
    return {
        "generator": generator_class(**(generator_options or {}), name="generator", dtype=dtype),
        "discriminator": PatchDiscriminator(**options, name="discriminator", dtype=dtype),
    }
