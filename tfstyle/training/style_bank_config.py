"""Settings of `train_style_bank`."""

import dataclasses

from tfstyle.training.loop.config import TrainingConfig, option


@dataclasses.dataclass(frozen=True)
class StyleBankConfig(TrainingConfig):
    """Settings of `train_style_bank`. The loss weights are for losses relative to their targets."""

    learning_rate: float = option(2e-3, "maximum learning rate of Adam", above=0)
    clip_norm: float = option(1.0, "the gradient is clipped to this norm", above=0)
    content_weight: float = option(1.5, "weight of the content loss", minimum=0)
    style_weight: float = option(40.0, "weight of the Gram matrix style loss", minimum=0)
    layer_weights: tuple[float, ...] = option(
        (), "weights of the layers in the Gram matrix style loss, from shallow to deep; equal by default", minimum=0
    )
    matching_weight: float = option(
        2.0, "weight of the matching loss: each feature matches one of the painting, and the reverse", minimum=0
    )
    tone_weight: float = option(
        1.0, "weight of the tone loss, which keeps light areas light and dark areas dark", minimum=0
    )
    tone_share: float = option(
        0.6,
        "share of the painting's tones in the target of the tone loss; the rest are those of the photograph",
        minimum=0,
        maximum=1,
    )
    accent_weight: float = option(
        0.5, "weight of the accent loss, by which saturated areas keep their color", minimum=0
    )
    variation_weight: float = option(0.3, "weight of the total variation loss", minimum=0)
    crop_size: int = option(256, "height and width of the crops of photographs, in pixels")
    stroke_sizes: tuple[float, ...] = option(
        (0.5, 0.7, 1.0, 1.4, 2.0),
        "stroke sizes to train at: the scale factors of the paintings; the bank learns the smallest and the largest, "
        "and interpolates",
    )
    style_size: int = option(640, "longest side of the paintings in pixels, for strokes of size 1", minimum=1)
    style_margin: float = option(
        0.0, "share of a painting's height and width cropped at each border, to remove frames", minimum=0, below=0.5
    )
    min_scale: float = option(1.0, "minimum of a photograph's shorter side, as a multiple of the crop size", minimum=1)
    max_scale: float = option(1.3, "maximum of a photograph's shorter side, as a multiple of the crop size", minimum=1)
    loss_margin: int = option(16, "pixels at the border of a crop that the losses ignore", minimum=0)
    color_jitter: float = option(
        0.2, "maximum relative change of a photograph's brightness, contrast and saturation", minimum=0, below=1
    )
    only_styles: tuple[str, ...] = option((), "names of the styles to train, with all other weights frozen")

    def __post_init__(self):
        super().__post_init__()
        if self.crop_size < 32:
            raise ValueError(f"`crop_size` must be at least 32 pixels. Received: crop_size={self.crop_size}.")
        if not 0 <= 2 * self.loss_margin < self.crop_size:
            raise ValueError(
                "`loss_margin` must be less than half of the crop. "
                f"Received: loss_margin={self.loss_margin}, crop_size={self.crop_size}."
            )
        if not 1 <= self.min_scale <= self.max_scale:
            raise ValueError(
                "`min_scale` must be at least 1 and at most `max_scale`. "
                f"Received: min_scale={self.min_scale}, max_scale={self.max_scale}."
            )
