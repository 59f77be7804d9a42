"""Settings of `train_perceptual`."""

import dataclasses

from tfstyle.training.loop.config import TrainingConfig, option


@dataclasses.dataclass(frozen=True)
class PerceptualConfig(TrainingConfig):
    """Settings of `train_perceptual`. The loss weights are for losses relative to their targets."""

    learning_rate: float = option(1e-3, "maximum learning rate of Adam; small students train faster with 2e-3", above=0)
    clip_norm: float = option(1.0, "the gradient of each device is clipped to this norm", above=0)
    # Early in training, these two losses take time and improve neither the maps nor their own statistics.
    gram_weight: float = option(0.0, "weight of the Gram matrix loss; the loss of the maps has weight 1", minimum=0)
    moment_weight: float = option(0.0, "weight of the loss of the channels' means and standard deviations", minimum=0)
    peakedness_weight: float = option(
        0.1, "weight of the penalty for channels with large values at a few positions only", minimum=0
    )
    crop_size: int = option(128, "height and width of the crops, in pixels")
    margin: int = option(
        32, "pixels around a crop that only the teacher sees, to avoid the effect of its padding", minimum=0
    )
    min_scale: float = option(
        1.0, "minimum of an image's shorter side, as a multiple of the crop size with margin", minimum=1
    )
    max_scale: float = option(
        1.5, "maximum of an image's shorter side, as a multiple of the crop size with margin", minimum=1
    )
    color_jitter: float = option(
        0.3, "maximum relative change of an image's brightness, contrast and saturation", minimum=0, below=1
    )
    noise: float = option(
        0.1, "maximum standard deviation of the noise of half of the crops, for pixels in [0, 1]", minimum=0
    )
    initialize: bool = option(True, "initialize new weights instead of using those of the student")
    statistics_crops: int = option(256, "number of crops from which the scale of each channel is computed", minimum=2)

    def __post_init__(self):
        super().__post_init__()
        if self.crop_size < 32 or self.crop_size % 16:
            raise ValueError(
                f"`crop_size` must be a multiple of 16 pixels, at least 32. Received: crop_size={self.crop_size}."
            )
        if self.min_scale > self.max_scale:
            raise ValueError(
                "`min_scale` must be at most `max_scale`. "
                f"Received: min_scale={self.min_scale}, max_scale={self.max_scale}."
            )
        if self.margin % 16:
            raise ValueError(f"`margin` must be a multiple of 16 pixels. Received: margin={self.margin}.")
