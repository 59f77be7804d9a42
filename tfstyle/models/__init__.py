"""Networks, one family a file."""

from tfstyle.models.adain import AdaINStyler, InverseCNN
from tfstyle.models.dcgan import ConvDiscriminator, ConvGenerator
from tfstyle.models.dense_gan import DenseDiscriminator, DenseGenerator
from tfstyle.models.gan import create_gan
from tfstyle.models.light_extractor import LightStyleExtractor
from tfstyle.models.resnet_gan import ResNetDiscriminator, ResNetGenerator
from tfstyle.models.squeezenet_extractor import SqueezeNetExtractor
from tfstyle.models.style_bank import StyleBank
from tfstyle.models.vgg19_extractor import VGG19StyleExtractor

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
    "SqueezeNetExtractor",
    "StyleBank",
    "VGG19StyleExtractor",
    "create_gan",
]
