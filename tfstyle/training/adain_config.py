"""Settings of `train_adain`."""

import dataclasses

from tfstyle.training.loop.config import TrainingConfig, option


@dataclasses.dataclass(frozen=True)
class AdaINConfig(TrainingConfig):
    """Settings of `train_adain`. The loss weights are for losses relative to their targets."""

    learning_rate: float = option(4e-4, "maximum learning rate of Adam", above=0)
    # The paper weights style to content as 10 to 1, with the sum over four layers. With the mean, as here, this is 40
    # to 1. With a larger content weight the decoder learns to draw earlier.
    content_weight: float = option(6.0, "weight of the content loss", minimum=0)
    style_weight: float = option(40.0, "weight of the style loss", minimum=0)
    variation_weight: float = option(0.05, "weight of the total variation loss", minimum=0)
    # Small: at the first steps after the inversion, Adam's moments are still those of the small inversion gradients.
    clip_norm: float = option(0.1, "the gradient of each device is clipped to this norm", above=0)
    inversion_steps: int = option(
        400, "number of first steps in which each decoder block learns to invert its block of VGG19", minimum=0
    )
    crop_size: int = option(224, "height and width of the crops, in pixels")
    max_scale: float = option(
        2.0, "maximum of an image's shorter side, as a multiple of the crop size; images are not enlarged", minimum=1
    )
    loss_margin: int = option(8, "pixels at the border of a crop that the losses ignore", minimum=0)
    color_jitter: float = option(
        0.2, "maximum relative change of an image's brightness, contrast and saturation", minimum=0, below=1
    )
    recolored: float = option(
        0.3, "share of the paintings whose color channels are permuted, for more palettes", minimum=0, maximum=1
    )
    decoder_filters: tuple[int, ...] = option(
        (256, 128, 64), "channels of the decoder after each upsampling", minimum=1
    )

    def __post_init__(self):
        super().__post_init__()
        if self.crop_size < 32 or self.crop_size % 8:
            raise ValueError(
                f"`crop_size` must be a multiple of 8 pixels, at least 32. Received: crop_size={self.crop_size}."
            )
        if 2 * self.loss_margin > self.crop_size - 16:
            raise ValueError(
                "`loss_margin` must leave at least 16 pixels of the crop. "
                f"Received: loss_margin={self.loss_margin}, crop_size={self.crop_size}."
            )
        if not 1 <= len(self.decoder_filters) <= 3:
            raise ValueError(
                f"`decoder_filters` must be 1 to 3 positive integers. Received: decoder_filters={self.decoder_filters}."
            )
        own = (256, 128, 64)[-len(self.decoder_filters) :]
        if self.inversion_steps and self.decoder_filters != own:
            raise ValueError(
                f"A decoder that inverts the blocks of VGG19 needs `decoder_filters` of {own}; others need "
                f"inversion_steps=0. Received: {self.decoder_filters}."
            )
