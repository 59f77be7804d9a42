"""Layers to build style and adversarial networks from."""

from tfstyle.layers.conditional_instance_normalization import ConditionalInstanceNormalization
from tfstyle.layers.reflection_padding import ReflectionPadding2D
from tfstyle.layers.residual_block import ConditionalConvolution, ConditionalResidualBlock

__all__ = [
    "ConditionalConvolution",
    "ConditionalInstanceNormalization",
    "ConditionalResidualBlock",
    "ReflectionPadding2D",
]
