"""Settings of the trainings: frozen dataclasses, flat, with a default for every field.

The command line's flags are derived from them, and a run's folder keeps them as JSON.
"""

import dataclasses
import json
from typing import Any, TypeVar

Config = TypeVar("Config", bound="TrainingConfig")


def option(default: Any, help: str):  # noqa: A002 - the name argparse gives it
    """A field with a line of help."""
    return dataclasses.field(default=default, metadata={"help": help})


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """What every training has."""

    num_steps: int = option(10_000, "steps of the whole training")
    batch_size: int = option(4, "images in a step, over all devices together")
    learning_rate: float = option(1e-3, "of Adam, at its highest")
    warmup_steps: int = option(100, "steps in which the learning rate rises from 0")
    average_momentum: float = option(0.999, "of the moving average of the weights")
    seed: int = option(0, "of everything random")
    precision: str = option("auto", "float32, mixed_bfloat16, mixed_float16, or auto: the fastest the hardware has")
    log_every: int = option(50, "steps between two lines of progress")
    sample_every: int = option(500, "steps between two sample pictures")
    checkpoint_every: int = option(250, "steps between two checkpoints")

    def __post_init__(self):
        for name in ("num_steps", "batch_size", "log_every", "sample_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be at least 1. Received: {name}={getattr(self, name)}.")
        if not self.learning_rate > 0:
            raise ValueError(f"`learning_rate` must be positive. Received: learning_rate={self.learning_rate}.")
        if self.precision not in ("auto", "float32", "mixed_bfloat16", "mixed_float16"):
            raise ValueError(
                "`precision` must be auto, float32, mixed_bfloat16 or mixed_float16. "
                f"Received: precision={self.precision!r}."
            )

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls: type[Config], text: str) -> Config:
        values: dict[str, Any] = json.loads(text)
        for field in dataclasses.fields(cls):
            if isinstance(field.default, tuple) and field.name in values:
                values[field.name] = tuple(values[field.name])
        return cls(**values)


@dataclasses.dataclass(frozen=True)
class StyleBankConfig(TrainingConfig):
    """Settings of `train_style_bank`. The weights are for losses that are relative to their targets."""

    learning_rate: float = option(2e-3, "of Adam, at its highest")
    content_weight: float = option(2.0, "of the content loss")
    style_weight: float = option(20.0, "of the style loss")
    variation_weight: float = option(0.05, "of the total variation")
    crop_size: int = option(224, "height and width of the photographs' crops in pixels")
    style_size: int = option(400, "longest side of the paintings in pixels")
    style_margin: float = option(0.0, "share of a painting's height and width cut off at each border, where frames are")
    min_scale: float = option(1.0, "a photograph's shorter side, at least, as a multiple of the crop")
    max_scale: float = option(1.3, "a photograph's shorter side, at most, as a multiple of the crop")
    loss_margin: int = option(8, "pixels at the border of a crop that the losses do not see")
    color_jitter: float = option(0.2, "largest relative change of a photograph's brightness, contrast and saturation")
    only_styles: tuple[str, ...] = option((), "names of the styles whose rows alone are trained")

    def __post_init__(self):
        super().__post_init__()
        if self.crop_size < 32:
            raise ValueError(f"`crop_size` must be at least 32 pixels. Received: crop_size={self.crop_size}.")
        if not 0 <= 2 * self.loss_margin < self.crop_size:
            raise ValueError(
                "`loss_margin` must leave something of the crop. "
                f"Received: loss_margin={self.loss_margin}, crop_size={self.crop_size}."
            )
        if not 0 <= self.style_margin < 0.5:
            raise ValueError(f"`style_margin` must lie in [0, 0.5). Received: style_margin={self.style_margin}.")
        if not 1 <= self.min_scale <= self.max_scale:
            raise ValueError(
                "`min_scale` must be at least 1 and at most `max_scale`. "
                f"Received: min_scale={self.min_scale}, max_scale={self.max_scale}."
            )


@dataclasses.dataclass(frozen=True)
class PerceptualConfig(TrainingConfig):
    """Settings of `train_perceptual`. The losses are relative to their targets."""

    learning_rate: float = option(1e-3, "of Adam, at its highest; a small student learns faster with 2e-3")
    clip_norm: float = option(1.0, "largest norm of the gradient on a device; longer ones are shortened to it")
    # Early in a training these two cost time and better neither the maps nor their own statistic.
    gram_weight: float = option(0.0, "of the error of Gram matrices, beside the error of the maps, which has 1")
    moment_weight: float = option(0.0, "of the error of the channels' means and deviations")
    peakedness_weight: float = option(0.1, "of the penalty for channels that are loud in a few places and silent else")
    crop_size: int = option(128, "height and width of the crops in pixels")
    margin: int = option(32, "pixels around a crop that the teacher sees besides, for it sees frames where it must pad")
    min_scale: float = option(1.0, "an image's shorter side, at least, as a multiple of the crop with its margin")
    max_scale: float = option(1.5, "an image's shorter side, at most, as a multiple of the crop with its margin")
    color_jitter: float = option(0.3, "largest relative change of an image's brightness, contrast and saturation")
    noise: float = option(0.1, "largest deviation of the noise that half of the crops get, where pixels lie in [0, 1]")
    initialize: bool = option(True, "begin with new weights, not with those of the student")
    statistics_crops: int = option(256, "crops over which the scale of each channel is measured")

    def __post_init__(self):
        super().__post_init__()
        if self.crop_size < 32 or self.crop_size % 16:
            raise ValueError(
                f"`crop_size` must be a multiple of 16 pixels, at least 32. Received: crop_size={self.crop_size}."
            )
        if not 1 <= self.min_scale <= self.max_scale:
            raise ValueError(
                "`min_scale` must be at least 1 and at most `max_scale`. "
                f"Received: min_scale={self.min_scale}, max_scale={self.max_scale}."
            )
        if self.margin < 0 or self.margin % 16:
            raise ValueError(f"`margin` must be a multiple of 16 pixels. Received: margin={self.margin}.")
        for name in ("gram_weight", "moment_weight", "peakedness_weight", "color_jitter", "noise"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"`{name}` must not be negative. Received: {name}={getattr(self, name)}.")
        if not self.clip_norm > 0:
            raise ValueError(f"`clip_norm` must be positive. Received: clip_norm={self.clip_norm}.")
        if self.statistics_crops < 2:
            raise ValueError(
                f"`statistics_crops` must be at least 2. Received: statistics_crops={self.statistics_crops}."
            )


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


@dataclasses.dataclass(frozen=True)
class AdaINConfig(TrainingConfig):
    """Settings of `train_adain`. The weights are for losses that are relative to their targets."""

    learning_rate: float = option(4e-4, "of Adam, at its highest")
    # The paper's 10 of style to 1 of content is for a sum over four layers, whose mean is taken here: 40 to 1. With
    # more content the decoder learns to draw sooner.
    content_weight: float = option(6.0, "of the content loss")
    style_weight: float = option(40.0, "of the style loss")
    variation_weight: float = option(0.05, "of the total variation")
    # Short: Adam measures the first steps of painting by the gradients of the inversion before, which are short.
    clip_norm: float = option(0.1, "largest norm of the gradient on a device; longer ones are shortened to it")
    inversion_steps: int = option(400, "first steps, in which each block learns by itself to undo its block of VGG19")
    crop_size: int = option(224, "height and width of the crops in pixels")
    max_scale: float = option(2.0, "an image's shorter side, at most, as a multiple of the crop; none is enlarged")
    loss_margin: int = option(8, "pixels at the border of a crop that the losses do not see")
    color_jitter: float = option(0.2, "largest relative change of an image's brightness, contrast and saturation")
    recolored: float = option(0.3, "share of the paintings whose color channels are exchanged, for more palettes")
    decoder_filters: tuple[int, ...] = option((256, 128, 64), "channels of the decoder after each upsampling")

    def __post_init__(self):
        super().__post_init__()
        if self.crop_size < 32 or self.crop_size % 8:
            raise ValueError(
                f"`crop_size` must be a multiple of 8 pixels, at least 32. Received: crop_size={self.crop_size}."
            )
        if not 0 <= 2 * self.loss_margin <= self.crop_size - 16:
            raise ValueError(
                "`loss_margin` must leave at least 16 pixels of the crop. "
                f"Received: loss_margin={self.loss_margin}, crop_size={self.crop_size}."
            )
        if not self.max_scale >= 1:
            raise ValueError(f"`max_scale` must be at least 1. Received: max_scale={self.max_scale}.")
        if not 0 <= self.color_jitter < 1:
            raise ValueError(f"`color_jitter` must lie in [0, 1). Received: color_jitter={self.color_jitter}.")
        if not 0 <= self.recolored <= 1:
            raise ValueError(f"`recolored` must lie in [0, 1]. Received: recolored={self.recolored}.")
        if not self.clip_norm > 0:
            raise ValueError(f"`clip_norm` must be positive. Received: clip_norm={self.clip_norm}.")
        if self.inversion_steps < 0:
            raise ValueError(f"`inversion_steps` must not be negative. Received: {self.inversion_steps}.")
        for name in ("content_weight", "style_weight", "variation_weight"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"`{name}` must not be negative. Received: {name}={getattr(self, name)}.")
        if not 1 <= len(self.decoder_filters) <= 3 or min(self.decoder_filters) < 1:
            raise ValueError(
                f"`decoder_filters` must be 1 to 3 positive integers. Received: decoder_filters={self.decoder_filters}."
            )
        own = (256, 128, 64)[-len(self.decoder_filters) :]
        if self.inversion_steps and self.decoder_filters != own:
            raise ValueError(
                f"A decoder that shall undo VGG19's blocks needs `decoder_filters` of {own}; others need "
                f"inversion_steps=0. Received: {self.decoder_filters}."
            )
