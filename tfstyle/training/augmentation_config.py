"""Settings of `augmentation_study`."""

import dataclasses

from tfstyle.settings import check_options, option
from tfstyle.training.loop.config import MAX_SEED

METHODS = ("nothing", "classic", "gan", "both")


@dataclasses.dataclass(frozen=True)
class AugmentationStudyConfig:
    """Settings of `augmentation_study`.

    Every classifier is trained for as many steps on batches of the same size, whatever it is trained on.

    Raises:
        ValueError: if a value is invalid.
    """

    sizes: tuple[int, ...] = option((50, 100, 500, 2000), "numbers of labeled training images", minimum=1)
    methods: tuple[str, ...] = option(METHODS, f"some of {', '.join(METHODS)}", choices=METHODS)
    num_seeds: int = option(5, "repetitions with other training images and other initial weights", minimum=1)
    seed: int = option(0, "seed of the first repetition", minimum=0, maximum=MAX_SEED - 1000)
    num_steps: int = option(600, "updates of each classifier", minimum=1)
    batch_size: int = option(64, "images per step", minimum=2)
    learning_rate: float = option(1e-3, "initial learning rate of Adam; it falls to 0 as a cosine", above=0)
    max_shift: float = option(0.1, "largest shift of a classic augmentation, relative to the size", minimum=0)
    max_rotation: float = option(10.0, "largest rotation, in degrees", minimum=0)
    max_scale: float = option(0.1, "largest enlargement, 0.1 for factors of 1 / 1.1 to 1.1", minimum=0)
    num_generated: int = option(5000, "images generated for each classifier", minimum=1)
    generated_share: float = option(0.5, "share of generated images in a batch", above=0, below=1)

    def __post_init__(self) -> None:
        check_options(self)
        if not self.sizes or not self.methods:
            raise ValueError(f"Name a size and a method. Received: sizes={self.sizes}, methods={self.methods}.")
