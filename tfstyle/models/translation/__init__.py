"""Networks for image-to-image translation, and their discriminators."""

from tfstyle.models.translation.colorizer import Colorizer
from tfstyle.models.translation.inpainter import Inpainter
from tfstyle.models.translation.networks import create_restoration_networks, create_translation_networks
from tfstyle.models.translation.patch_discriminator import PatchDiscriminator
from tfstyle.models.translation.patch_projector import PatchProjector
from tfstyle.models.translation.resnet_translator import ResNetTranslator
from tfstyle.models.translation.unet_generator import UNetGenerator
from tfstyle.models.translation.upscaler import Upscaler

__all__ = [
    "Colorizer",
    "Inpainter",
    "PatchDiscriminator",
    "PatchProjector",
    "ResNetTranslator",
    "UNetGenerator",
    "Upscaler",
    "create_restoration_networks",
    "create_translation_networks",
]
