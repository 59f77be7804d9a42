"""Settings of `train_semantic_style`."""

import dataclasses

from tfstyle.training.loop.config import TrainingConfig, option


@dataclasses.dataclass(frozen=True)
class SemanticStyleConfig(TrainingConfig):
    """Settings of `train_semantic_style`. Content and style losses are relative to their targets."""

    learning_rate: float = option(1.5e-3, "of the generator's Adam, at its highest", above=0)
    discriminator_learning_rate: float = option(4e-4, "of the discriminator's Adam, at its highest", above=0)
    clip_norm: float = option(
        10.0, "largest norm of the generator's gradient on a device; longer ones are shortened", above=0
    )
    content_weight: float = option(1.6, "of the content loss", minimum=0)
    style_weight: float = option(20.0, "of the style loss", minimum=0)
    adversarial_weight: float = option(0.15, "of the adversarial loss; 0 trains no discriminator", minimum=0)
    variation_weight: float = option(0.1, "of the total variation", minimum=0)
    crop_size: int = option(192, "height and width of the photographs' crops in pixels", minimum=64, unit="pixels")
    style_size: int = option(256, "height and width of the paintings' crops in pixels", minimum=64, unit="pixels")
    max_style_scale: float = option(2.0, "a painting's shorter side, at most, as a multiple of its crop", minimum=1)
    loss_margin: int = option(12, "pixels at the border of a crop that the losses do not see", minimum=0)
    color_jitter: float = option(
        0.3, "largest relative change of brightness, contrast and saturation", minimum=0, below=1
    )
    observed_paintings: int = option(
        4000,
        "paintings, half of them shown in gray, that tell styles apart beforehand; 0 if the network knows some",
        minimum=0,
    )
    adjusted: bool = option(
        False, "each painting learns its own adjustments, as test-time refinement gives it; for some hundred paintings"
    )
    recolored: float = option(
        0.5, "share of the paintings whose color channels are exchanged, for more palettes", minimum=0, maximum=1
    )

    def __post_init__(self):
        super().__post_init__()
        if 2 * self.loss_margin > self.crop_size - 32:
            raise ValueError(
                "`loss_margin` must leave 32 pixels of the crop. "
                f"Received: loss_margin={self.loss_margin}, crop_size={self.crop_size}."
            )
        if self.observed_paintings == 1:
            raise ValueError(
                "`observed_paintings` must be 0, or at least 2. "
                f"Received: observed_paintings={self.observed_paintings}."
            )
