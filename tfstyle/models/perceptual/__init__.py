"""Loss networks, whose features are the basis of perceptual losses."""

from tfstyle.models.perceptual.compressed_vgg19 import CompressedVGG19
from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.models.perceptual.perceptual_extractor import PerceptualExtractor
from tfstyle.models.perceptual.squeezenet_extractor import SqueezeNetExtractor
from tfstyle.models.perceptual.vgg19_extractor import VGG19StyleExtractor

__all__ = [
    "CompressedVGG19",
    "LightStyleExtractor",
    "PerceptualExtractor",
    "SqueezeNetExtractor",
    "VGG19StyleExtractor",
]
