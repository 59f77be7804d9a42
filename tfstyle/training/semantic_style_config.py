"""Settings of `train_semantic_style`."""

import dataclasses

from tfstyle.training.loop.config import TrainingConfig, option


@dataclasses.dataclass(frozen=True)
class SemanticStyleConfig(TrainingConfig):
    """Settings of `train_semantic_style`. The content and style losses are relative to their targets."""

    learning_rate: float = option(1.5e-3, "maximum learning rate of the generator's Adam", above=0)
    discriminator_learning_rate: float = option(4e-4, "maximum learning rate of the discriminator's Adam", above=0)
    clip_norm: float = option(10.0, "the generator's gradient of each device is clipped to this norm", above=0)
    content_weight: float = option(1.6, "weight of the content loss", minimum=0)
    style_weight: float = option(20.0, "weight of the style loss", minimum=0)
    adversarial_weight: float = option(0.15, "weight of the adversarial loss; 0 trains no discriminator", minimum=0)
    variation_weight: float = option(0.1, "weight of the total variation loss", minimum=0)
    crop_size: int = option(192, "height and width of the crops of photographs, in pixels", minimum=64, unit="pixels")
    style_size: int = option(256, "height and width of the crops of paintings, in pixels", minimum=64, unit="pixels")
    max_style_scale: float = option(2.0, "maximum of a painting's shorter side, as a multiple of its crop", minimum=1)
    loss_margin: int = option(12, "pixels at the border of a crop that the losses ignore", minimum=0)
    color_jitter: float = option(
        0.3, "maximum relative change of brightness, contrast and saturation", minimum=0, below=1
    )
    observed_paintings: int = option(
        4000,
        "paintings, half of them in gray, to which the style embedding adapts before training; 0 to keep it as it is",
        minimum=0,
    )
    adjusted: bool = option(
        False, "learn adjustments of each painting, as in test-time refinement; for a few hundred paintings"
    )
    recolored: float = option(
        0.5, "share of the paintings whose color channels are permuted, for more palettes", minimum=0, maximum=1
    )

    def __post_init__(self):
        super().__post_init__()
        if 2 * self.loss_margin > self.crop_size - 32:
            raise ValueError(
                "`loss_margin` must leave at least 32 pixels of the crop. "
                f"Received: loss_margin={self.loss_margin}, crop_size={self.crop_size}."
            )
        if self.observed_paintings == 1:
            raise ValueError(
                "`observed_paintings` must be 0, or at least 2. "
                f"Received: observed_paintings={self.observed_paintings}."
            )
