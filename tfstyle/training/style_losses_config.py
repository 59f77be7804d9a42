"""Settings of the losses that the trainings of style networks share."""

import dataclasses

from tfstyle.training.loop.config import TrainingConfig, option


@dataclasses.dataclass(frozen=True)
class StyleLossesConfig(TrainingConfig):
    """Settings of `tfstyle.training.style_losses.StyleLosses`, and of the crops that it compares.

    The weights are for losses relative to their targets.
    """

    content_weight: float = option(4.0, "weight of the content loss", minimum=0)
    style_weight: float = option(48.0, "weight of the style loss, a Wasserstein distance of features", minimum=0)
    style_ramp_steps: int = option(
        0,
        "number of steps in which the weight of the style loss rises from a quarter: first the photograph's content, "
        "then the painting's strokes",
        minimum=0,
    )
    layer_weights: tuple[float, ...] = option(
        (), "weights of the layers in the style loss, from shallow to deep; equal by default", minimum=0
    )
    matching_weight: float = option(
        0.0, "weight of the matching loss: each feature matches one of the painting, and the reverse", minimum=0
    )
    tone_weight: float = option(
        0.5, "weight of the tone loss, which keeps light areas light and dark areas dark", minimum=0
    )
    tone_share: float = option(
        0.6,
        "share of the painting's tones in the target of the tone loss; the rest are those of the photograph",
        minimum=0,
        maximum=1,
    )
    accent_weight: float = option(
        0.15, "weight of the accent loss, by which saturated areas keep their color", minimum=0
    )
    fringe_weight: float = option(2.0, "weight of the fringe loss, against colored fringes and grain", minimum=0)
    variation_weight: float = option(1.5, "weight of the total variation loss", minimum=0)
    crop_size: int = option(256, "height and width of the crops of photographs, in pixels")
    loss_margin: int = option(0, "pixels at the border of a crop that the losses ignore", minimum=0)
    color_jitter: float = option(
        0.2, "maximum relative change of a photograph's brightness, contrast and saturation", minimum=0, below=1
    )

    def __post_init__(self):
        super().__post_init__()
        if self.crop_size < 32:
            raise ValueError(f"`crop_size` must be at least 32 pixels. Received: crop_size={self.crop_size}.")
        if not 0 <= 2 * self.loss_margin < self.crop_size:
            raise ValueError(
                "`loss_margin` must be less than half of the crop. "
                f"Received: loss_margin={self.loss_margin}, crop_size={self.crop_size}."
            )
