"""Settings of `train_text_gan`."""

import dataclasses

from tfstyle.training.gan_config import LOSSES, GanConfig
from tfstyle.training.loop.config import option

# Settings of `GanConfig` that a text-conditional GAN does not have.
UNUSED = ("simultaneous", "flip", "gradient_penalty_weight")


@dataclasses.dataclass(frozen=True)
class TextGanConfig(GanConfig):
    """Settings of `train_text_gan`. Images are not mirrored, which would swap left and right.

    Raises:
        ValueError: if a value is invalid.
    """

    num_steps: int = option(30_000, "total number of training steps; each updates both networks", minimum=1)
    batch_size: int = option(32, "images per step, over all devices", minimum=1)
    learning_rate: float = option(4e-4, "learning rate of the generator's Adam", above=0)
    discriminator_learning_rate: float = option(4e-4, "learning rate of the discriminator's Adam", above=0)
    beta_1: float = option(0.5, "decay rate of the first moment in Adam", minimum=0, below=1)
    beta_2: float = option(0.999, "decay rate of the second moment in Adam", minimum=0, below=1)
    loss: str = option("non_saturating", f"one of {', '.join(LOSSES)}", choices=LOSSES)
    r1_weight: float = option(0.1, "weight of the gradient penalty at real images", minimum=0)
    r2_weight: float = option(0.0, "weight of the gradient penalty at generated images", minimum=0)
    penalty_every: int = option(
        8, "compute the penalties every this many batches, with a proportional weight", minimum=1
    )
    caption_weight: float = option(
        2.0, "weight of the loss of the captions that the discriminator reads off images, for both networks", minimum=0
    )
    mode_seeking_weight: float = option(
        0.0, "weight of the loss that makes images of one caption differ as their latents do (mode seeking)", minimum=0
    )
    num_samples: int = option(32, "images per sample grid", minimum=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in UNUSED:
            if getattr(self, name):
                raise ValueError(f"A text-conditional GAN has no `{name}`. Received: {name}={getattr(self, name)!r}.")
