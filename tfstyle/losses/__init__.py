"""Losses: pure functions of logits or features, and `keras.losses.Loss` classes of them for `compile`."""

from tfstyle.losses.adversarial import (
    DiscriminatorLoss,
    GeneratorLoss,
    LossPair,
    adversarial_losses,
    critic_generator_loss,
    cross_entropy_discriminator_loss,
    hinge_discriminator_loss,
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    minimax_generator_loss,
    non_saturating_generator_loss,
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    wasserstein_discriminator_loss,
)
from tfstyle.losses.captions import caption_loss
from tfstyle.losses.contrastive import gather_patches, patch_nce_loss
from tfstyle.losses.distillation import (
    gram_distillation_loss,
    moment_distillation_loss,
    peakedness_loss,
    standardized_squared_error,
)
from tfstyle.losses.diversity import mode_seeking_loss
from tfstyle.losses.image_losses import (
    ContentLoss,
    GramStyleLoss,
    MomentStyleLoss,
    PerceptualLoss,
    WassersteinStyleLoss,
)
from tfstyle.losses.matching import matching_style_loss, relaxed_earth_movers_distance
from tfstyle.losses.penalties import gradient_penalty, mix_images, zero_centered_penalty
from tfstyle.losses.perceptual import (
    content_loss,
    feature_loss,
    gram_style_loss,
    moment_style_loss,
    relative_squared_error,
    total_variation_loss,
)
from tfstyle.losses.reconstruction import cycle_loss, identity_loss, l1_loss, masked_l1_loss
from tfstyle.losses.tone import accent_loss, block_chroma, block_luminance, chroma, fringe_loss, tone_loss
from tfstyle.losses.wasserstein import relative_wasserstein_distance, wasserstein_style_loss, wasserstein_target

__all__ = [
    "ContentLoss",
    "DiscriminatorLoss",
    "GeneratorLoss",
    "GramStyleLoss",
    "LossPair",
    "MomentStyleLoss",
    "PerceptualLoss",
    "WassersteinStyleLoss",
    "accent_loss",
    "adversarial_losses",
    "block_chroma",
    "block_luminance",
    "caption_loss",
    "chroma",
    "content_loss",
    "critic_generator_loss",
    "cross_entropy_discriminator_loss",
    "cycle_loss",
    "feature_loss",
    "fringe_loss",
    "gather_patches",
    "gradient_penalty",
    "gram_distillation_loss",
    "gram_style_loss",
    "hinge_discriminator_loss",
    "identity_loss",
    "l1_loss",
    "least_squares_discriminator_loss",
    "least_squares_generator_loss",
    "masked_l1_loss",
    "matching_style_loss",
    "minimax_generator_loss",
    "mix_images",
    "mode_seeking_loss",
    "moment_distillation_loss",
    "moment_style_loss",
    "non_saturating_generator_loss",
    "patch_nce_loss",
    "peakedness_loss",
    "relative_squared_error",
    "relative_wasserstein_distance",
    "relativistic_discriminator_loss",
    "relativistic_generator_loss",
    "relaxed_earth_movers_distance",
    "standardized_squared_error",
    "tone_loss",
    "total_variation_loss",
    "wasserstein_discriminator_loss",
    "wasserstein_style_loss",
    "wasserstein_target",
    "zero_centered_penalty",
]
