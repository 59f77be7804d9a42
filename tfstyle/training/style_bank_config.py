"""Settings of `train_style_bank`."""

import dataclasses

from tfstyle.training.loop.config import option
from tfstyle.training.style_losses_config import StyleLossesConfig


@dataclasses.dataclass(frozen=True)
class StyleBankConfig(StyleLossesConfig):
    """Settings of `train_style_bank`."""

    learning_rate: float = option(1.2e-3, "maximum learning rate of Adam", above=0)
    clip_norm: float = option(1.0, "the gradient is clipped to this norm", above=0)
    stroke_sizes: tuple[float, ...] = option(
        (0.5, 0.7, 1.0, 1.4, 2.0),
        "stroke sizes to train at: the scale factors of the paintings; the bank learns the smallest, 1 and the largest "
        "and interpolates",
    )
    style_size: int = option(800, "longest side of the paintings in pixels, for strokes of size 1", minimum=1)
    style_margin: float = option(
        0.0, "share of a painting's height and width cropped at each border, to remove frames", minimum=0, below=0.5
    )
    min_scale: float = option(1.0, "minimum of a photograph's shorter side, as a multiple of the crop size", minimum=1)
    max_scale: float = option(1.3, "maximum of a photograph's shorter side, as a multiple of the crop size", minimum=1)
    only_styles: tuple[str, ...] = option((), "names of the styles to train, with all other weights frozen")

    def __post_init__(self):
        super().__post_init__()
        if not 1 <= self.min_scale <= self.max_scale:
            raise ValueError(
                "`min_scale` must be at least 1 and at most `max_scale`. "
                f"Received: min_scale={self.min_scale}, max_scale={self.max_scale}."
            )
