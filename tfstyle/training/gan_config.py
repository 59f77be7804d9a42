"""Settings of `train_gan`, and the recipes that go by a name."""

import dataclasses
from typing import Any, ClassVar

from tfstyle.training.loop.config import TrainingConfig, option

LOSSES = ("minimax", "non_saturating", "least_squares", "wasserstein", "hinge", "relativistic")
AUGMENTATIONS = ("geometry", "color", "cutout")


@dataclasses.dataclass(frozen=True)
class GanConfig(TrainingConfig):
    """Settings of `train_gan`. The defaults are the recommended recipe, after R3GAN.

    Reference:
        Huang, Gokaslan, Kuleshov, Tompkin: The GAN is dead; long live the GAN! A Modern Baseline GAN, 2024.
    """

    has_schedule: ClassVar[bool] = False

    num_steps: int = option(20_000, "steps of the whole training; each updates both networks", minimum=1)
    batch_size: int = option(64, "images in a step, over all devices together", minimum=1)
    learning_rate: float = option(2e-4, "of the generator's Adam", above=0)
    discriminator_learning_rate: float = option(2e-4, "of the discriminator's Adam", above=0)
    beta_1: float = option(0.0, "share of the old mean of gradients in Adam", minimum=0, below=1)
    beta_2: float = option(0.99, "share of the old mean of squared gradients in Adam", minimum=0, below=1)
    warmup_steps: int = option(0, "steps in which the learning rates rise from 0", minimum=0)
    clip_norm: float = option(0.0, "largest norm of each network's gradient; 0 for any", minimum=0)
    loss: str = option("relativistic", f"one of {', '.join(LOSSES)}", choices=LOSSES)
    real_label: float = option(
        1.0,
        "what the discriminator shall answer to real images; 0.9 smooths one-sidedly",
        above=0.5,
        maximum=1,
        because="above 1 the loss of logits has no lower bound",
    )
    fake_weight: float = option(
        1.0, "of generated images in the least squares discriminator loss, its lambda", minimum=0
    )
    r1_weight: float = option(0.1, "of the penalty on the discriminator's gradient at real images", minimum=0)
    r2_weight: float = option(0.1, "of the penalty on the discriminator's gradient at generated images", minimum=0)
    gradient_penalty_weight: float = option(
        0.0, "of WGAN-GP's penalty: slope 1 between real and generated images", minimum=0
    )
    penalty_every: int = option(
        1, "batches from one computing of the penalties to the next, which counts for all", minimum=1
    )
    discriminator_steps: int = option(1, "updates of the discriminator for one of the generator", minimum=1)
    simultaneous: bool = option(False, "update both networks from the same logits: faster, and less stable")
    flip: bool = option(False, "mirror half of the real images; not for letters and digits")
    augment: tuple[str, ...] = option(
        (), f"what the discriminator sees changed: {', '.join(AUGMENTATIONS)}", choices=AUGMENTATIONS
    )
    augment_probability: float = option(0.0, "of each change, at first", minimum=0, maximum=1)
    adaptive_augment: bool = option(True, "raise and lower the probability as the discriminator overfits")
    augment_target: float = option(
        0.6, "share of pairs told apart minus share mistaken, at which it stays", minimum=-1, maximum=1
    )
    augment_images: int = option(100_000, "images in which the probability may rise from 0 to 1", minimum=1)
    num_samples: int = option(64, "images in a sample picture", minimum=1)
    measure_every: int = option(1000, "steps between two looks at the measure, where one is given", minimum=1)
    stop_at: float = option(0.0, "end when the measure is at most this; 0 for never", minimum=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.schedule_steps:
            raise ValueError(
                "The learning rates of a GAN are constant after the warm-up. "
                f"Received: schedule_steps={self.schedule_steps}."
            )

    @property
    def has_penalty(self):
        """Whether the discriminator's gradient is penalized, which forbids layers that mix the images of a batch."""
        return max(self.r1_weight, self.r2_weight, self.gradient_penalty_weight) > 0


_NO_PENALTY = GanConfig(r1_weight=0.0, r2_weight=0.0)


def _rates(config: GanConfig, learning_rate: float, beta_1: float, beta_2: float) -> GanConfig:
    """The same Adam for both networks."""
    return dataclasses.replace(
        config,
        learning_rate=learning_rate,
        discriminator_learning_rate=learning_rate,
        beta_1=beta_1,
        beta_2=beta_2,
    )


# The articles' recipes beside those that are recommended. Each was for the networks of `preset_networks`.
gan_presets: dict[str, GanConfig] = {
    "recommended": GanConfig(),
    # What the discriminator sees is changed as much as it needs, so that it does not learn a few images by heart.
    "small_set": GanConfig(augment=AUGMENTATIONS, r1_weight=1.0, r2_weight=1.0),
    "dense_least_squares": _rates(
        dataclasses.replace(_NO_PENALTY, loss="least_squares", batch_size=64), 2e-4, 0.5, 0.999
    ),
    "dcgan_tutorial": _rates(
        dataclasses.replace(_NO_PENALTY, loss="non_saturating", batch_size=256, simultaneous=True), 1e-4, 0.9, 0.999
    ),
    "convolutional_64": _rates(
        dataclasses.replace(_NO_PENALTY, loss="non_saturating", batch_size=64), 1e-4, 0.9, 0.999
    ),
    "folder_256": _rates(dataclasses.replace(_NO_PENALTY, loss="non_saturating", batch_size=32), 2e-4, 0.5, 0.999),
    # Gulrajani et al. 2017, algorithm 1
    "wgan_gp": _rates(
        dataclasses.replace(_NO_PENALTY, loss="wasserstein", gradient_penalty_weight=10.0, discriminator_steps=5),
        1e-4,
        0.0,
        0.9,
    ),
    # Miyato et al. 2018, section 4.2
    "sngan": _rates(dataclasses.replace(_NO_PENALTY, loss="hinge", discriminator_steps=5), 2e-4, 0.0, 0.9),
}

# The kernels and the dropout of the tutorial's networks, which are the classes' defaults.
_TUTORIAL = {"kernel_size": 5, "dropout": 0.3}

# Preset -> the architectures it was for, the usual one first -> what differs from the defaults of `create_networks`:
# `kernel_size` of the generator; `normalization`, `dropout` of the discriminator. A preset not named here is for any.
preset_networks: dict[str, dict[str, dict[str, Any]]] = {
    "dense_least_squares": {"dense": {}},
    "dcgan_tutorial": {"conv": _TUTORIAL},
    "convolutional_64": {"conv": _TUTORIAL},
    "folder_256": {"conv": _TUTORIAL},
    # Every kernel of the residual discriminator is spectrally normalized already.
    "sngan": {"resnet": {}, "conv": {"normalization": "spectral"}},
}


def gan_preset(name: str) -> GanConfig:
    """A recipe by its name.

    Raises:
        ValueError: if there is none of that name.
    """
    if name not in gan_presets:
        raise ValueError(f"There is no preset {name!r}. Presets: {', '.join(gan_presets)}.")
    return gan_presets[name]
