"""Generators and discriminators, and matching pairs of them."""

from tfstyle.models.gan.architectures import create_networks
from tfstyle.models.gan.dcgan import ConvDiscriminator, ConvGenerator
from tfstyle.models.gan.dense_gan import DenseDiscriminator, DenseGenerator
from tfstyle.models.gan.fastgan import FastGANDiscriminator, FastGANGenerator
from tfstyle.models.gan.gan import Discriminator, Generator, create_gan
from tfstyle.models.gan.resnet_gan import ResNetDiscriminator, ResNetGenerator
from tfstyle.models.gan.text_encoder import TextEncoder
from tfstyle.models.gan.text_gan import MatchingDiscriminator, TextConditionalGenerator, create_text_networks

__all__ = [
    "ConvDiscriminator",
    "ConvGenerator",
    "DenseDiscriminator",
    "DenseGenerator",
    "Discriminator",
    "FastGANDiscriminator",
    "FastGANGenerator",
    "Generator",
    "MatchingDiscriminator",
    "ResNetDiscriminator",
    "ResNetGenerator",
    "TextConditionalGenerator",
    "TextEncoder",
    "create_gan",
    "create_networks",
    "create_text_networks",
]
