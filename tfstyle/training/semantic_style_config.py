"""Settings of `train_semantic_style`."""

import dataclasses

from tfstyle.training.loop.config import option
from tfstyle.training.style_losses_config import StyleLossesConfig


@dataclasses.dataclass(frozen=True)
class SemanticStyleConfig(StyleLossesConfig):
    """Settings of `train_semantic_style`."""

    learning_rate: float = option(1.5e-3, "maximum learning rate of the styler's Adam", above=0)
    discriminator_learning_rate: float = option(4e-4, "maximum learning rate of the discriminator's Adam", above=0)
    clip_norm: float = option(1.0, "the styler's gradient is clipped to this norm", above=0)
    content_weight: float = option(2.0, "weight of the content loss", minimum=0)
    style_weight: float = option(25.0, "weight of the style loss, log(1 + Wasserstein distance)", minimum=0)
    accent_weight: float = option(
        0.2, "weight of the accent loss, by which saturated areas keep their color", minimum=0
    )
    fringe_weight: float = option(0.0, "weight of the fringe loss, against colored fringes and grain", minimum=0)
    adversarial_weight: float = option(0.1, "weight of the adversarial loss; 0 trains no discriminator", minimum=0)
    style_size: int = option(256, "height and width of the crops of paintings, in pixels", minimum=64, unit="pixels")
    max_style_scale: float = option(1.6, "maximum of a painting's shorter side, as a multiple of its crop", minimum=1)
    recolored: float = option(
        0.4, "share of the paintings whose color channels are permuted, for more palettes", minimum=0, maximum=1
    )

    def __post_init__(self):
        super().__post_init__()
        if 2 * self.loss_margin > self.crop_size - 32:
            raise ValueError(
                "`loss_margin` must leave at least 32 pixels of the crop. "
                f"Received: loss_margin={self.loss_margin}, crop_size={self.crop_size}."
            )
