"""Settings of `train_gan`, and presets of them."""

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

    num_steps: int = option(20_000, "total number of training steps; each updates both networks", minimum=1)
    batch_size: int = option(64, "images per step, over all devices", minimum=1)
    learning_rate: float = option(2e-4, "learning rate of the generator's Adam", above=0)
    discriminator_learning_rate: float = option(2e-4, "learning rate of the discriminator's Adam", above=0)
    beta_1: float = option(0.0, "decay rate of the first moment in Adam", minimum=0, below=1)
    beta_2: float = option(0.99, "decay rate of the second moment in Adam", minimum=0, below=1)
    warmup_steps: int = option(0, "number of steps in which the learning rates rise from 0", minimum=0)
    clip_norm: float = option(0.0, "the gradient of each network is clipped to this norm; 0 for no clipping", minimum=0)
    loss: str = option("relativistic", f"one of {', '.join(LOSSES)}", choices=LOSSES)
    real_label: float = option(
        1.0,
        "target of the discriminator for real images; 0.9 for one-sided label smoothing",
        above=0.5,
        maximum=1,
        because="above 1 the loss is not bounded below",
    )
    fake_weight: float = option(
        1.0, "weight of generated images in the least squares discriminator loss (lambda)", minimum=0
    )
    r1_weight: float = option(0.1, "weight of the gradient penalty at real images", minimum=0)
    r2_weight: float = option(0.1, "weight of the gradient penalty at generated images", minimum=0)
    gradient_penalty_weight: float = option(
        0.0, "weight of the WGAN-GP penalty: gradient norm 1 between real and generated images", minimum=0
    )
    reconstruction_weight: float = option(
        1.0, "weight of the reconstruction of real images, if the discriminator has decoders (fastgan)", minimum=0
    )
    penalty_every: int = option(
        1, "compute the penalties every this many batches, with a proportional weight", minimum=1
    )
    discriminator_steps: int = option(1, "discriminator updates per generator update", minimum=1)
    simultaneous: bool = option(False, "update both networks with the same logits: faster, but less stable")
    flip: bool = option(False, "mirror half of the real images; not for letters and digits")
    augment: tuple[str, ...] = option(
        (), f"augmentations of the discriminator's inputs: {', '.join(AUGMENTATIONS)}", choices=AUGMENTATIONS
    )
    augment_probability: float = option(0.0, "initial probability of each augmentation", minimum=0, maximum=1)
    adaptive_augment: bool = option(True, "adapt the probability to the overfitting of the discriminator")
    augment_target: float = option(
        0.6, "target of the adaptation: share of correct minus share of wrong pairs", minimum=-1, maximum=1
    )
    augment_images: int = option(100_000, "number of images in which the probability can rise from 0 to 1", minimum=1)
    num_samples: int = option(64, "images per sample grid", minimum=1)
    measure_every: int = option(1000, "steps between two evaluations of the measure, if there is one", minimum=1)
    stop_at: float = option(0.0, "stop when the measure is at most this; 0 for never", minimum=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.schedule_steps:
            raise ValueError(
                "The learning rates of a GAN are constant after the warm-up. "
                f"Received: schedule_steps={self.schedule_steps}."
            )

    @property
    def has_penalty(self) -> bool:
        """Whether there is a gradient penalty, which excludes layers that mix the images of a batch."""
        return max(self.r1_weight, self.r2_weight, self.gradient_penalty_weight) > 0


_NO_PENALTY = GanConfig(r1_weight=0.0, r2_weight=0.0)


def _rates(config: GanConfig, learning_rate: float, beta_1: float, beta_2: float) -> GanConfig:
    """The same Adam settings for both networks."""
    return dataclasses.replace(
        config,
        learning_rate=learning_rate,
        discriminator_learning_rate=learning_rate,
        beta_1=beta_1,
        beta_2=beta_2,
    )


# The recommended recipes and those of the articles. Each belongs to the networks of `preset_networks`.
gan_presets: dict[str, GanConfig] = {
    "recommended": GanConfig(),
    # Adaptive augmentation, so that the discriminator does not memorize a few images.
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
    # Liu et al. 2021, section 4. The paper augments always; here as often as the discriminator overfits.
    "fastgan": _rates(
        dataclasses.replace(_NO_PENALTY, loss="hinge", batch_size=16, augment=AUGMENTATIONS), 2e-4, 0.5, 0.999
    ),
}

# The kernels and the dropout of the tutorial's networks, which are the classes' defaults.
_TUTORIAL = {"kernel_size": 5, "dropout": 0.3}

# Preset -> its architectures, the default first -> differences from the defaults of `create_networks`: `kernel_size` of
# the generator; `normalization`, `dropout` of the discriminator. Presets that are missing here work with any network.
preset_networks: dict[str, dict[str, dict[str, Any]]] = {
    "dense_least_squares": {"dense": {}},
    "dcgan_tutorial": {"conv": _TUTORIAL},
    "convolutional_64": {"conv": _TUTORIAL},
    "folder_256": {"conv": _TUTORIAL},
    # Every kernel of the residual discriminator is spectrally normalized already.
    "sngan": {"resnet": {}, "conv": {"normalization": "spectral"}},
    "fastgan": {"fastgan": {"normalization": "batch"}},
}


def gan_preset(name: str) -> GanConfig:
    """Returns a preset by name.

    Raises:
        ValueError: if the name is unknown.
    """
    if name not in gan_presets:
        raise ValueError(f"There is no preset {name!r}. Presets: {', '.join(gan_presets)}.")
    return gan_presets[name]
