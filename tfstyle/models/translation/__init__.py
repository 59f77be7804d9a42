"""Networks for image-to-image translation, and their discriminators."""

from tfstyle.models.translation.networks import create_translation_networks
from tfstyle.models.translation.patch_discriminator import PatchDiscriminator
from tfstyle.models.translation.patch_projector import PatchProjector
from tfstyle.models.translation.resnet_translator import ResNetTranslator
from tfstyle.models.translation.unet_generator import UNetGenerator

__all__ = ["PatchDiscriminator", "PatchProjector", "ResNetTranslator", "UNetGenerator", "create_translation_networks"]
