"""Settings of `train_semantic_style`."""

import dataclasses

from tfstyle.training.loop.config import TrainingConfig, option


@dataclasses.dataclass(frozen=True)
class SemanticStyleConfig(TrainingConfig):
    """Settings of `train_semantic_style`. Content and style losses are relative to their targets."""

    learning_rate: float = option(1.5e-3, "of the generator's Adam, at its highest")
    discriminator_learning_rate: float = option(4e-4, "of the discriminator's Adam, at its highest")
    clip_norm: float = option(10.0, "largest norm of the generator's gradient on a device; longer ones are shortened")
    content_weight: float = option(1.6, "of the content loss")
    style_weight: float = option(20.0, "of the style loss")
    adversarial_weight: float = option(0.15, "of the adversarial loss; 0 trains no discriminator")
    variation_weight: float = option(0.1, "of the total variation")
    crop_size: int = option(192, "height and width of the photographs' crops in pixels")
    style_size: int = option(256, "height and width of the paintings' crops in pixels")
    max_style_scale: float = option(2.0, "a painting's shorter side, at most, as a multiple of its crop")
    loss_margin: int = option(12, "pixels at the border of a crop that the losses do not see")
    color_jitter: float = option(0.3, "largest relative change of brightness, contrast and saturation")
    observed_paintings: int = option(
        4000, "paintings, half of them shown in gray, that tell styles apart beforehand; 0 if the network knows some"
    )
    adjusted: bool = option(
        False, "each painting learns adjustments of its own, as a style that is tried out has: for some hundred of them"
    )
    recolored: float = option(0.5, "share of the paintings whose color channels are exchanged, for more palettes")

    def __post_init__(self):
        super().__post_init__()
        for name in ("crop_size", "style_size"):
            if getattr(self, name) < 64:
                raise ValueError(f"`{name}` must be at least 64 pixels. Received: {name}={getattr(self, name)}.")
        if not 0 <= 2 * self.loss_margin <= self.crop_size - 32:
            raise ValueError(
                "`loss_margin` must leave 32 pixels of the crop. "
                f"Received: loss_margin={self.loss_margin}, crop_size={self.crop_size}."
            )
        if not self.max_style_scale >= 1:
            raise ValueError(f"`max_style_scale` must be at least 1. Received: max_style_scale={self.max_style_scale}.")
        if self.observed_paintings < 0 or self.observed_paintings == 1:
            raise ValueError(
                "`observed_paintings` must be 0, or at least 2. "
                f"Received: observed_paintings={self.observed_paintings}."
            )
        if not 0 <= self.recolored <= 1:
            raise ValueError(f"`recolored` must lie in [0, 1]. Received: recolored={self.recolored}.")
        for name in ("content_weight", "style_weight", "adversarial_weight", "variation_weight"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"`{name}` must not be negative. Received: {name}={getattr(self, name)}.")
