"""Settings of `train_perceptual`."""

import dataclasses

from tfstyle.training.loop.config import TrainingConfig, option


@dataclasses.dataclass(frozen=True)
class PerceptualConfig(TrainingConfig):
    """Settings of `train_perceptual`. The losses are relative to their targets."""

    learning_rate: float = option(1e-3, "of Adam, at its highest; a small student learns faster with 2e-3", above=0)
    clip_norm: float = option(1.0, "largest norm of the gradient on a device; longer ones are shortened to it", above=0)
    # Early in a training these two cost time and better neither the maps nor their own statistic.
    gram_weight: float = option(
        0.0, "of the error of Gram matrices, beside the error of the maps, which has 1", minimum=0
    )
    moment_weight: float = option(0.0, "of the error of the channels' means and deviations", minimum=0)
    peakedness_weight: float = option(
        0.1, "of the penalty for channels that are loud in a few places and silent else", minimum=0
    )
    crop_size: int = option(128, "height and width of the crops in pixels")
    margin: int = option(
        32, "pixels around a crop that the teacher sees besides, for it sees frames where it must pad", minimum=0
    )
    min_scale: float = option(
        1.0, "an image's shorter side, at least, as a multiple of the crop with its margin", minimum=1
    )
    max_scale: float = option(
        1.5, "an image's shorter side, at most, as a multiple of the crop with its margin", minimum=1
    )
    color_jitter: float = option(
        0.3, "largest relative change of an image's brightness, contrast and saturation", minimum=0, below=1
    )
    noise: float = option(
        0.1, "largest deviation of the noise that half of the crops get, where pixels lie in [0, 1]", minimum=0
    )
    initialize: bool = option(True, "begin with new weights, not with those of the student")
    statistics_crops: int = option(256, "crops over which the scale of each channel is measured", minimum=2)

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
