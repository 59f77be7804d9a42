"""Layers to build style and adversarial networks from.

All are imported at once: Keras finds a saved layer by the name under which its module registers it.
"""

from tfstyle.layers.adaptive_instance_normalization import AdaptiveInstanceNormalization
from tfstyle.layers.averaged_downsampling_block import AveragedDownsamplingBlock
from tfstyle.layers.bicubic_upsampling import BicubicUpsampling2D
from tfstyle.layers.carried_noise import carry_noise
from tfstyle.layers.conditional_batch_normalization import ConditionalBatchNormalization
from tfstyle.layers.conditional_instance_normalization import ConditionalInstanceNormalization
from tfstyle.layers.discriminator_convolution import DiscriminatorConvolution
from tfstyle.layers.discriminator_residual_block import DiscriminatorResidualBlock
from tfstyle.layers.fused_batch_normalization import FusedBatchNormalization
from tfstyle.layers.gated_convolution import GatedConvolution
from tfstyle.layers.gated_upsampling_block import GatedUpsamplingBlock
from tfstyle.layers.generator_residual_block import GeneratorResidualBlock
from tfstyle.layers.hole_diffusion import HoleDiffusion
from tfstyle.layers.image_decoder import ImageDecoder
from tfstyle.layers.instance_normalization import InstanceNormalization
from tfstyle.layers.instance_statistics import given_statistics, instance_moments, record_statistics
from tfstyle.layers.noise_injection import NoiseInjection
from tfstyle.layers.normalized_convolution import NormalizedConvolution
from tfstyle.layers.normalized_residual_block import NormalizedResidualBlock
from tfstyle.layers.projection_logit import ProjectionLogit
from tfstyle.layers.reflection_padding import ReflectionPadding2D
from tfstyle.layers.residual_block import ConditionalConvolution, ConditionalResidualBlock
from tfstyle.layers.skip_layer_excitation import SkipLayerExcitation
from tfstyle.layers.spectral_normalization import SpectralNormalization
from tfstyle.layers.style_injection import StyleInjection
from tfstyle.layers.upsampling_convolution import UpsamplingConv2D
from tfstyle.layers.word_attention import WordAttention

__all__ = [
    "AdaptiveInstanceNormalization",
    "AveragedDownsamplingBlock",
    "BicubicUpsampling2D",
    "ConditionalBatchNormalization",
    "ConditionalConvolution",
    "ConditionalInstanceNormalization",
    "ConditionalResidualBlock",
    "DiscriminatorConvolution",
    "DiscriminatorResidualBlock",
    "FusedBatchNormalization",
    "GatedConvolution",
    "GatedUpsamplingBlock",
    "GeneratorResidualBlock",
    "HoleDiffusion",
    "ImageDecoder",
    "InstanceNormalization",
    "NoiseInjection",
    "NormalizedConvolution",
    "NormalizedResidualBlock",
    "ProjectionLogit",
    "ReflectionPadding2D",
    "SkipLayerExcitation",
    "SpectralNormalization",
    "StyleInjection",
    "UpsamplingConv2D",
    "WordAttention",
    "carry_noise",
    "given_statistics",
    "instance_moments",
    "record_statistics",
]
