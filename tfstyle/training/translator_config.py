"""Settings of `train_translator`, and the preset of each method."""

import dataclasses

from tfstyle.training.loop.config import TrainingConfig, option

METHODS = ("pix2pix", "cyclegan", "cut", "fastcut")
LOSSES = ("non_saturating", "least_squares", "hinge")
ARCHITECTURES = ("unet", "resnet")
TRANSLATE = "translate"
TASKS = (TRANSLATE, "colorize", "upscale", "repair")
UPSCALE_FACTOR = 4
AUGMENTATIONS = ("geometry", "color", "cutout")
RECEPTIVE_FIELDS = {16: 1, 34: 2, 70: 3, 142: 4, 286: 5}  # of a logit -> number of convolutions of stride 2


@dataclasses.dataclass(frozen=True)
class TranslatorConfig(TrainingConfig):
    """Settings of `train_translator`. The defaults are for pix2pix; `translator_preset` has those of each method.

    Reference:
        Isola, Zhu, Zhou, Efros: Image-to-Image Translation with Conditional Adversarial Networks (pix2pix), 2017,
        section 3.3 and appendix 6.2.
    """

    method: str = option("pix2pix", f"one of {', '.join(METHODS)}", choices=METHODS)
    task: str = option(
        TRANSLATE,
        f"one of {', '.join(TASKS)}; all but {TRANSLATE} restore degraded copies of single images",
        choices=TASKS,
    )
    num_steps: int = option(80_000, "total number of training steps; each updates every network", minimum=1)
    batch_size: int = option(1, "images per step, over all devices", minimum=1)
    learning_rate: float = option(2e-4, "initial learning rate of Adam, for every network", above=0)
    warmup_steps: int = option(0, "not used: there is no warm-up", minimum=0, maximum=0)
    decay_from: float = option(
        0.5, "share of the steps after which the learning rate decays linearly to 0", minimum=0, maximum=1
    )
    beta_1: float = option(0.5, "decay rate of the first moment in Adam", minimum=0, below=1)
    beta_2: float = option(0.999, "decay rate of the second moment in Adam", minimum=0, below=1)
    loss: str = option("non_saturating", f"adversarial loss: one of {', '.join(LOSSES)}", choices=LOSSES)
    adversarial_weight: float = option(1.0, "weight of the adversarial loss of a generator", minimum=0)
    l1_weight: float = option(100.0, "pix2pix: weight of the L1 loss", minimum=0)
    perceptual_weight: float = option(
        0.0, "colorize, upscale, repair: weight of the loss in the features of the loss network", minimum=0
    )
    cycle_weight: float = option(10.0, "cyclegan: weight of the cycle consistency loss", minimum=0)
    identity_weight: float = option(
        0.5, "cyclegan: weight of the identity loss, as a multiple of cycle_weight", minimum=0
    )
    nce_weight: float = option(1.0, "cut: weight of the contrastive loss", minimum=0)
    nce_identity: bool = option(True, "cut: add the contrastive loss of images of the target domain")
    num_patches: int = option(256, "cut: number of patches per image and layer", minimum=2)
    temperature: float = option(0.07, "cut: temperature of the contrastive loss", above=0)
    external_negatives: bool = option(False, "cut: use patches of the other images of the batch as negatives, too")
    flip_equivariance: bool = option(False, "cut: mirror the inputs in half of the steps, and their features back")
    num_held_back: int = option(
        0,
        "number of pairs for evaluation and samples, without pairs of target images, which are not used for training",
        minimum=0,
    )
    measure_every: int = option(1000, "steps between two evaluations on what is held back", minimum=1)
    keep_best: bool = option(
        False, "cut, fastcut, cyclegan: export the weights of the best evaluation, not the last ones"
    )
    pool_size: int = option(
        0, "number of generated images kept for later steps of the discriminator; 0 for none", minimum=0
    )
    crop_size: int = option(256, "height and width of the crops, in pixels", minimum=16)
    max_scale: float = option(
        286 / 256, "maximum of an image's shorter side, as a multiple of the crop size; the minimum is 1", minimum=1
    )
    target_max_scale: float = option(
        0.0, "likewise for the images of the target domain without pairs; 0 for the same", minimum=0
    )
    augment: tuple[str, ...] = option(
        (),
        f"without pairs: augment the discriminator's inputs, by some of {', '.join(AUGMENTATIONS)}",
        choices=AUGMENTATIONS,
    )
    augment_target: float = option(
        0.6,
        "target of the augmentation's adaptation: share of correct minus share of wrong patches",
        minimum=-1,
        maximum=1,
    )
    augment_images: int = option(
        20_000, "number of images in which the augmentation's probability can rise from 0 to 1", minimum=1
    )
    flip: bool = option(True, "mirror half of the images; both images of a pair or none")
    architecture: str = option("unet", f"of the generator: {', '.join(ARCHITECTURES)}", choices=ARCHITECTURES)
    filters: tuple[int, ...] = option(
        (), "channels of the generator at each resolution (none: as in the paper)", minimum=1
    )
    num_residual_blocks: int = option(9, "residual blocks of the resnet; 6 suffice for 128 pixels", minimum=1)
    dropout: float = option(0.5, "dropout rate in three blocks of the unet", minimum=0, below=1)
    upsampling: str = option(
        "auto",
        "of the generator: nearest, which causes no checkerboard, transposed, or auto: the architecture's default",
        choices=("auto", "nearest", "transposed"),
    )
    discriminator_filters: int = option(64, "channels of the first convolution of the discriminator", minimum=1)
    receptive_field: int = option(
        70, "receptive field of a logit of the discriminator, in pixels", choices=tuple(RECEPTIVE_FIELDS)
    )
    discriminator_normalization: str = option(
        "instance", "of the discriminator: instance, spectral or none", choices=("instance", "spectral", "none")
    )

    def __post_init__(self):
        super().__post_init__()
        smallest = 3 * 2 ** RECEPTIVE_FIELDS[self.receptive_field]
        if self.crop_size < smallest:
            raise ValueError(
                f"`crop_size` must be at least {smallest} for a receptive_field of {self.receptive_field}. "
                f"Received: crop_size={self.crop_size}."
            )
        if self.method in ("cut", "fastcut") and self.architecture != "resnet":
            raise ValueError(
                f"The method {self.method} needs the encoder of a resnet. Received: architecture={self.architecture!r}."
            )
        if self.task != TRANSLATE and self.method != "pix2pix":
            raise ValueError(
                f"The task {self.task} makes pairs of its images, which only the method pix2pix uses. "
                f"Received: method={self.method!r}."
            )
        if self.task == "upscale" and self.crop_size % UPSCALE_FACTOR:
            raise ValueError(
                f"`crop_size` must be a multiple of {UPSCALE_FACTOR} to upscale. Received: crop_size={self.crop_size}."
            )
        if self.method == "pix2pix" and (self.augment or self.keep_best):
            raise ValueError(
                "`augment` and `keep_best` are for methods without pairs. "
                f"Received: augment={self.augment}, keep_best={self.keep_best}, method='pix2pix'."
            )
        if 0 < self.target_max_scale < 1:
            raise ValueError(
                f"`target_max_scale` must be at least 1, or 0. Received: target_max_scale={self.target_max_scale}."
            )
        if len(self.filters) == 1 and self.task != "upscale":
            raise ValueError(f"`filters` must have at least two integers. Received: filters={self.filters}.")


# The adversarial weight of 2 compensates the factor 1/2 of the least squares generator loss, which these papers lack.
_UNPAIRED = TranslatorConfig(method="cut", architecture="resnet", loss="least_squares", adversarial_weight=2.0)

translator_presets: dict[str, TranslatorConfig] = {
    "pix2pix": TranslatorConfig(),
    # Zhu et al. 2017, sections 4 and 7: 200 epochs of about 1,000 images, lambda 10, identity 0.5, pool of 50
    "cyclegan": dataclasses.replace(_UNPAIRED, method="cyclegan", num_steps=200_000, pool_size=50),
    # Park et al. 2020, appendix B: 400 epochs, weights 1 and 1, identity
    "cut": dataclasses.replace(_UNPAIRED, num_steps=400_000),
    # Half the epochs, a weight of 10, and flip equivariance instead of identity
    "fastcut": dataclasses.replace(
        _UNPAIRED,
        method="fastcut",
        num_steps=200_000,
        decay_from=0.75,
        nce_weight=10.0,
        nce_identity=False,
        flip_equivariance=True,
    ),
}


# Networks that are light enough to train and run on a CPU.
_RESTORATION = TranslatorConfig(
    num_steps=40_000,
    batch_size=4,
    loss="hinge",
    l1_weight=20.0,
    perceptual_weight=2.0,
    crop_size=128,
    max_scale=2.0,
    dropout=0.0,
    discriminator_filters=32,
    discriminator_normalization="spectral",
)
# Task -> its preset. The adversarial weight is small where the target is almost determined by the input. Repairs have
# none: in wide holes, a network without noise answers a discriminator with a weave.
restoration_presets: dict[str, TranslatorConfig] = {
    "colorize": dataclasses.replace(_RESTORATION, task="colorize", adversarial_weight=0.3),
    "upscale": dataclasses.replace(_RESTORATION, task="upscale", adversarial_weight=0.03, num_residual_blocks=8),
    "repair": dataclasses.replace(
        _RESTORATION,
        task="repair",
        num_steps=14_000,
        batch_size=8,
        learning_rate=1e-3,
        decay_from=0.3,
        beta_1=0.9,
        adversarial_weight=0.0,
        perceptual_weight=0.0,
        num_residual_blocks=3,
    ),
}

# One's own style from 1 to 200 pictures: CUT with a lighter network, adaptive augmentation against memorizing so few
# pictures, and the best weights of all evaluations.
personal_preset = dataclasses.replace(
    _UNPAIRED,
    num_steps=20_000,
    crop_size=128,
    max_scale=1.5,
    target_max_scale=2.0,
    filters=(32, 64, 128),
    num_residual_blocks=6,
    discriminator_filters=32,
    augment=("geometry", "color"),
    measure_every=500,
    keep_best=True,
)
FEW_PICTURES = 5  # fewer than this: single-image mode
SINGLE_IMAGE_SCALE = 4.0  # maximum scale of the pictures then, so that their crops differ
SHARE_HELD_BACK = 0.15


def personal_config(num_pictures: int, config: TranslatorConfig = personal_preset) -> TranslatorConfig:
    """The settings for some pictures of one's own.

    Args:
        num_pictures: integer, number of target pictures.
        config: `TranslatorConfig` to start from.

    Returns:
        The config with 15 % of the pictures held back for the choice of the best weights. With fewer than five pictures
        none is held back, and crops are smaller parts of the pictures: the target domain is then the set of crops, as
        in the paper's training on single images, and the choice is made on other crops of the same pictures.

    Reference:
        Park, Efros, Zhang, Zhu: Contrastive Learning for Unpaired Image-to-Image Translation, 2020, section 4.3.
    """
    if num_pictures < FEW_PICTURES:
        return dataclasses.replace(config, target_max_scale=SINGLE_IMAGE_SCALE)
    return dataclasses.replace(config, num_held_back=max(1, round(SHARE_HELD_BACK * num_pictures)))


def translator_preset(method: str) -> TranslatorConfig:
    """Returns the preset of a method.

    Raises:
        ValueError: if the method is unknown.
    """
    if method not in translator_presets:
        raise ValueError(f"`method` must be one of {', '.join(METHODS)}. Received: method={method!r}.")
    return translator_presets[method]
