"""Settings of `train_style_bank`."""

import dataclasses

from tfstyle.training.loop.config import TrainingConfig, option


@dataclasses.dataclass(frozen=True)
class StyleBankConfig(TrainingConfig):
    """Settings of `train_style_bank`. The weights are for losses that are relative to their targets."""

    learning_rate: float = option(2e-3, "of Adam, at its highest", above=0)
    clip_norm: float = option(1.0, "largest norm of the gradient; longer ones are shortened to it", above=0)
    content_weight: float = option(2.0, "of the content loss", minimum=0)
    style_weight: float = option(10.0, "of the style loss: Gram matrices", minimum=0)
    matching_weight: float = option(
        4.0, "of the matching loss: each mark is one of the painting's own, and all of them are used", minimum=0
    )
    tone_weight: float = option(1.0, "of the tone loss: light stays light, and dark stays dark", minimum=0)
    tone_share: float = option(
        0.6,
        "of the painting's range of tones in what the tone loss asks for; the rest is the photograph's",
        minimum=0,
        maximum=1,
    )
    variation_weight: float = option(0.3, "of the total variation", minimum=0)
    crop_size: int = option(256, "height and width of the photographs' crops in pixels")
    stroke_sizes: tuple[float, ...] = option(
        (0.5, 1.0, 2.0), "sizes of strokes that each style is learned at: its painting is that many times larger"
    )
    style_size: int = option(640, "longest side of the paintings in pixels, for strokes of size 1", minimum=1)
    style_margin: float = option(
        0.0, "share of a painting's height and width cut off at each border, where frames are", minimum=0, below=0.5
    )
    min_scale: float = option(1.0, "a photograph's shorter side, at least, as a multiple of the crop", minimum=1)
    max_scale: float = option(1.3, "a photograph's shorter side, at most, as a multiple of the crop", minimum=1)
    loss_margin: int = option(16, "pixels at the border of a crop that the losses do not see", minimum=0)
    color_jitter: float = option(
        0.2, "largest relative change of a photograph's brightness, contrast and saturation", minimum=0, below=1
    )
    only_styles: tuple[str, ...] = option((), "names of the styles whose rows alone are trained")

    def __post_init__(self):
        super().__post_init__()
        if self.crop_size < 32:
            raise ValueError(f"`crop_size` must be at least 32 pixels. Received: crop_size={self.crop_size}.")
        if not 0 <= 2 * self.loss_margin < self.crop_size:
            raise ValueError(
                "`loss_margin` must leave something of the crop. "
                f"Received: loss_margin={self.loss_margin}, crop_size={self.crop_size}."
            )
        if not 1 <= self.min_scale <= self.max_scale:
            raise ValueError(
                "`min_scale` must be at least 1 and at most `max_scale`. "
                f"Received: min_scale={self.min_scale}, max_scale={self.max_scale}."
            )
