"""Settings of the optimization. The flags of `tfstyle optimize` are derived from them."""

import dataclasses

from tfstyle.settings import option

LEAST_SIDE = 16  # pixels of an image: what VGG19 needs to its fifth block
CHOICES = {
    "style_loss": ("gram", "moments", "wasserstein"),
    "optimizer": ("lbfgs", "adam"),
    "start": ("content", "noise", "style"),
    "preserve_color": ("no", "luminance", "matched"),
}


@dataclasses.dataclass(frozen=True)
class OptimizeConfig:
    """Settings of `optimize`. The losses are relative to their targets, so that weights mean the same at any size."""

    content_weight: float = option(1.0, "weight of the content loss")
    style_weight: float = option(20.0, "weight of the style loss; larger is closer to the painting")
    variation_weight: float = option(0.1, "weight of the total variation; larger is smoother")
    style_loss: str = option("gram", "statistics of the style loss: gram, moments or wasserstein")
    style_scale: float = option(1.0, "size of the paintings relative to the image; sets the size of strokes")
    num_steps: int = option(60, "steps at each size except the first")
    first_steps: int = option(200, "steps at the first and smallest size, where large shapes form")
    first_size: int = option(256, "longest side of the first size, in pixels")
    size_factor: float = option(2.0, "factor from each size to the next")
    optimizer: str = option("lbfgs", "lbfgs, with a lower loss after as many steps; or adam, with less memory")
    learning_rate: float = option(0.02, "of L-BFGS: largest change of a pixel in the first step; of Adam: at the start")
    average_momentum: float = option(0.99, "momentum of the average of Adam's images, the result; 0 for the last image")
    start: str = option("content", "initial image: content, noise or style")
    preserve_color: str = option(
        "no", "keep the photograph's colors: no, luminance (exactly) or matched (recolors the paintings)"
    )
    tile_size: int = option(768, "pixels; larger images are processed in tiles of about this side, to bound the memory")
    seed: int = option(0, "seed of the initial noise")

    def __post_init__(self):
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"`{name}` must be {' or '.join(choices)}. Received: {name}={getattr(self, name)!r}.")
        for name, least in {"num_steps": 1, "first_steps": 1, "first_size": 32, "tile_size": 64}.items():
            if not getattr(self, name) >= least:
                raise ValueError(f"`{name}` must be at least {least}. Received: {name}={getattr(self, name)}.")
        for name in ("content_weight", "style_weight", "variation_weight"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"`{name}` must not be negative. Received: {name}={getattr(self, name)}.")
        for name in ("learning_rate", "style_scale"):
            if not getattr(self, name) > 0:
                raise ValueError(f"`{name}` must be positive. Received: {name}={getattr(self, name)}.")
        if not self.size_factor >= 1.1:
            raise ValueError(f"`size_factor` must be at least 1.1. Received: size_factor={self.size_factor}.")
        if not 0 <= self.average_momentum < 1:
            raise ValueError(
                f"`average_momentum` must lie in [0, 1). Received: average_momentum={self.average_momentum}."
            )
