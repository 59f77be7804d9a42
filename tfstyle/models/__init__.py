"""Networks, one family a file."""

from tfstyle.models.gan.dcgan import ConvDiscriminator, ConvGenerator
from tfstyle.models.gan.dense_gan import DenseDiscriminator, DenseGenerator
from tfstyle.models.gan.gan import create_gan
from tfstyle.models.gan.resnet_gan import ResNetDiscriminator, ResNetGenerator
from tfstyle.models.perceptual.light_extractor import LightStyleExtractor
from tfstyle.models.perceptual.squeezenet_extractor import SqueezeNetExtractor
from tfstyle.models.perceptual.vgg19_extractor import VGG19StyleExtractor
from tfstyle.models.style.adain import AdaINStyler, InverseCNN
from tfstyle.models.style.semantic_style import SemanticStyler
from tfstyle.models.style.style_bank import StyleBank

__all__ = [
    "AdaINStyler",
    "ConvDiscriminator",
    "ConvGenerator",
    "DenseDiscriminator",
    "DenseGenerator",
    "InverseCNN",
    "LightStyleExtractor",
    "ResNetDiscriminator",
    "ResNetGenerator",
    "SemanticStyler",
    "SqueezeNetExtractor",
    "StyleBank",
    "VGG19StyleExtractor",
    "create_gan",
]
