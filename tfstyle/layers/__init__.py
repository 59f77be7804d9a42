"""Layers to build style and adversarial networks from."""

from tfstyle.layers.adaptive_instance_normalization import AdaptiveInstanceNormalization
from tfstyle.layers.conditional_instance_normalization import ConditionalInstanceNormalization
from tfstyle.layers.reflection_padding import ReflectionPadding2D
from tfstyle.layers.residual_block import ConditionalConvolution, ConditionalResidualBlock
from tfstyle.layers.upsampling_convolution import UpsamplingConv2D

__all__ = [
    "AdaptiveInstanceNormalization",
    "ConditionalConvolution",
    "ConditionalInstanceNormalization",
    "ConditionalResidualBlock",
    "ReflectionPadding2D",
    "UpsamplingConv2D",
]
