"""Style transfer by optimizing the pixels of an image."""

import functools
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfstyle.backend import require_tensorflow
from tfstyle.images import (
    as_array,
    check_unit_range,
    luma,
    resize_image,
    resize_longest_side,
    to_float,
    to_uint8,
)
from tfstyle.optimizers.adam import Adam
from tfstyle.optimizers.lbfgs import LBFGS
from tfstyle.transfer import color
from tfstyle.transfer.config import LEAST_SIDE, OptimizeConfig
from tfstyle.transfer.masks import normalize_masks
from tfstyle.transfer.objective import Objective
from tfstyle.wording import counted

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """The progress of an optimization.

    Attributes:
        step: integer from 1, over all sizes. A size that ends early leaves steps out.
        num_steps: integer, over all sizes.
        height, width: integers, the current size.
        losses: "content", "style", "variation" and "total" -> float, before the step.
        seconds: float, since the start.
        seconds_left: float, an estimate.
    """

    step: int
    num_steps: int
    height: int
    width: int
    losses: Mapping[str, float]
    seconds: float
    seconds_left: float


def optimize(
    content_image: Any,
    style_images: Any,
    extractor: Any,
    content_layers: Sequence[str] | Mapping[str, float],
    style_layers: Sequence[str] | Mapping[str, float],
    config: OptimizeConfig | None = None,
    style_weights: Sequence[float] | None = None,
    masks: Any = None,
    on_step: Callable[[Progress], None] | None = None,
) -> np.ndarray:
    """Stylizes a photograph by optimizing its pixels. It takes minutes, and is the closest to the painting.

    The image is optimized from coarse to fine: large shapes are cheap at a small size. The loss of a large image is
    computed in tiles, which bounds the memory.

    Args:
        content_image: uint8 array in [0, 255] or float array in [0, 1], of shape `(height, width, 3)`, RGB.
        style_images: such an array, or a sequence of them, of any size.
        extractor: loss network: images -> dict of layer -> features; RGB in [0, 1].
        content_layers: sequence of layers, or mapping of layer -> weight, of the content loss.
        style_layers: sequence of layers, or mapping of layer -> weight, of the style loss.
        config: `OptimizeConfig`, or None for the defaults.
        style_weights: sequence of positive floats, one for each style; by default all 1. Without masks the styles are
            blended: the target statistics are the weighted mean. With masks each weight is the strength of a style in
            its region.
        masks: float array of shape `(num_styles, height, width)` in [0, 1], the region of each style: see
            `tfstyle.transfer.masks`. Where they sum to less than 1, the remainder is the photograph. None applies all
            styles everywhere.
        on_step: function that receives a `Progress` after each step.

    Returns:
        Array of the shape and dtype of `content_image`.

    Raises:
        ValueError: if images, layers, weights or masks are invalid.

    Example:
        >>> from tfstyle.transfer.config import OptimizeConfig
        >>> from tfstyle.transfer.optimize import optimize
        >>> extractor = tfstyle.models.LightStyleExtractor(("stage2_conv2", "stage3_conv1"))
        >>> config = OptimizeConfig(first_steps=3, num_steps=2)
        >>> image = optimize(photo, painting, extractor, ["stage3_conv1"], ["stage2_conv2", "stage3_conv1"], config)
        >>> image.shape == photo.shape
        True

    Reference:
        Gatys, Ecker, Bethge: Image Style Transfer Using Convolutional Neural Networks, 2016.
        Gatys et al.: Controlling Perceptual Factors in Neural Style Transfer, 2017 (masks, colors, coarse to fine).
        Differs from the papers: losses are relative to their targets; Adam's result is an average of its last images.
    """
    optimization = Optimization(
        content_image, style_images, extractor, content_layers, style_layers, config, style_weights, masks
    )
    optimization.run(on_step)
    return optimization.image()


class Optimization:
    """An optimization whose image can be read while it runs. It can be interrupted.

    The arguments are those of `optimize`.

    Example:
        ```python
        optimization = Optimization(photo, painting, extractor, content_layers, style_layers)
        try:
            optimization.run()
        except KeyboardInterrupt:  # such as a notebook cell that is stopped
            pass
        image = optimization.image()
        ```
    """

    def __init__(
        self,
        content_image: Any,
        style_images: Any,
        extractor: Any,
        content_layers: Sequence[str] | Mapping[str, float],
        style_layers: Sequence[str] | Mapping[str, float],
        config: OptimizeConfig | None = None,
        style_weights: Sequence[float] | None = None,
        masks: Any = None,
    ):
        require_tensorflow("Optimizing an image")
        config = OptimizeConfig() if config is None else config
        content_image = _check_image("content_image", content_image)
        if not isinstance(style_images, list | tuple):
            style_images = as_array("style_images", style_images)
            style_images = list(style_images) if style_images.ndim == 4 else [style_images]
        style_images = [_check_image("style_images", image) for image in style_images]
        if not style_images:
            raise ValueError("`style_images` must have at least one image. Received: an empty list.")
        self.config = config
        self.dtype = content_image.dtype
        self.photo = to_float(content_image).clip(0, 1)
        self.content, self.styles = self._prepare_colors([to_float(style).clip(0, 1) for style in style_images])
        self.masks = _check_masks(masks, len(style_images), self.photo.shape[:2])
        self.style_weights = _check_weights(style_weights, self.masks, len(style_images))
        self.objective = Objective(
            extractor,
            _check_layers("content_layers", content_layers, extractor),
            _check_layers("style_layers", style_layers, extractor),
            config,
        )
        height, width = self.photo.shape[:2]
        self.sizes = plan_sizes(height, width, config)
        self.canvas = self._first_canvas()
        self.average = Average(0.0, self.canvas)

    def _prepare_colors(self, styles):
        """Returns the photograph and the paintings with their colors changed as configured."""
        if self.config.preserve_color == "matched":
            styles = [color.match_color_statistics(style, self.photo) for style in styles]
        if self.config.preserve_color != "luminance":
            return self.photo, styles
        return _as_gray(self.photo), [_as_gray(style) for style in styles]

    def _first_canvas(self):
        height, width = self.sizes[0]
        if self.config.start == "noise":
            pixels = np.random.default_rng(self.config.seed).random((height, width, 3), np.float32)
        else:
            source = self.content if self.config.start == "content" else _crop_to(self.styles[0], width / height)
            pixels = resize_image(source, height, width)
        return tf.constant(pixels[None])

    def run(self, on_step: Callable[[Progress], None] | None = None) -> None:
        """Runs all steps. If it is interrupted, `image` returns the image at that step.

        A size ends early if no step lowers the loss any more. This is logged as a warning.

        Args:
            on_step: as in `optimize`.
        """
        config = self.config
        descent = Adam(config.learning_rate) if config.optimizer == "adam" else LBFGS(config.learning_rate)
        counts = [config.first_steps, *[config.num_steps] * (len(self.sizes) - 1)]
        # The time of a step is proportional to its pixels.
        work = [count * height * width for count, (height, width) in zip(counts, self.sizes, strict=True)]
        start, left_out = time.perf_counter(), 0
        for number, (count, (height, width)) in enumerate(zip(counts, self.sizes, strict=True)):
            self._resize(height, width, count)
            descent.resize(height, width)
            evaluate = self._make_evaluation(height, width, self.objective)
            num_stuck = 0
            for index in range(count):
                # Adam's learning rate decays to a tenth at each size: otherwise its pixels oscillate.
                self.canvas = descent.step(self.canvas, evaluate, rate=1 - 0.9 * index / count)
                self.average.update(self.canvas)
                num_stuck = num_stuck + 1 if descent.stuck else 0
                if descent.stuck and evaluate.objective is not self.precise_objective:
                    evaluate = self._make_evaluation(height, width, self.precise_objective)
                    num_stuck = 0
                if on_step is not None:
                    seconds = time.perf_counter() - start
                    done = sum(work[:number]) + (index + 1) * height * width
                    left = seconds * (sum(work[number:]) - (index + 1) * height * width) / max(done - left_out, 1)
                    losses = {name: float(loss) for name, loss in evaluate.losses.items()}
                    step = sum(counts[:number]) + index + 1
                    on_step(Progress(step, sum(counts), height, width, losses, seconds, left))
                if num_stuck == 2:  # the second step followed the gradient: a third one would do the same
                    left_out += (count - index - 1) * height * width
                    logger.warning(
                        "no step lowers the loss any more at %dx%d pixels: stopped there after %d of %d steps",
                        *(width, height, index + 1, count),
                    )
                    break

    def _resize(self, height, width, num_steps):
        if self.canvas.shape[1:3] != (height, width):
            pixels = resize_image(self.average.value.numpy()[0], height, width)
            if self.config.start == "content":
                # Add the details that the photograph did not have at the previous size.
                smaller = resize_image(self.content, *self.canvas.shape[1:3])
                pixels += resize_image(self.content, height, width) - resize_image(smaller, height, width)
            self.canvas = tf.constant(pixels[None].clip(0, 1))
        # The average covers at most a fifth of the steps, so that a short run forgets its start.
        momentum = min(self.config.average_momentum, 1 - 5 / max(num_steps, 5))
        self.average = Average(momentum if self.config.optimizer == "adam" else 0.0, self.canvas)

    @functools.cached_property
    def precise_objective(self) -> Objective:
        """The objective in float32: it may find a step that lowers the loss where a lower precision does not."""
        objective, extractor = self.objective, self.objective.extractor
        if getattr(extractor, "compute_dtype", "float32") == "float32" or not hasattr(extractor, "copy_as"):
            return objective
        return Objective(extractor.copy_as("float32"), objective.content_layers, objective.style_layers, self.config)

    def _make_evaluation(self, height, width, objective):
        """Returns the objective at one size, as a function for the optimizers."""
        longest = self.config.style_scale * max(height, width)
        # A painting is never enlarged: that would not add finer strokes.
        styles = [
            resize_longest_side(style, min(max(style.shape[:2]), max(LEAST_SIDE, round(longest))))[None]
            for style in self.styles
        ]
        content, masks = resize_image(self.content, height, width)[None], None
        if self.masks is not None:
            masks = np.stack([resize_image(mask[..., None], height, width)[..., 0] for mask in self.masks])
            masks = normalize_masks(masks)  # the resize filter overshoots
        target = objective.make_target(content, styles, self.style_weights, masks)
        return Evaluation(objective, target, content, masks)

    def image(self) -> np.ndarray:
        """Returns the current image, with the size and dtype of the photograph, and its colors if configured."""
        height, width = self.photo.shape[:2]
        canvas = resize_image(self.average.value.numpy()[0], height, width)
        if self.masks is not None:
            canvas = self.content + self.masks.sum(axis=0)[..., None] * (canvas - self.content)
        if self.config.preserve_color == "luminance":
            canvas = color.preserve_color(canvas, self.photo)
        return to_uint8(canvas) if self.dtype == np.uint8 else canvas.astype(self.dtype)


class Average:
    """Exponential moving average of images, which starts as a plain mean.

    Args:
        momentum: float in [0, 1), weight of the old average.
        image: tensor, the first image.
    """

    def __init__(self, momentum, image):
        self.momentum, self.value, self.count = momentum, image, 1

    def update(self, image) -> None:
        self.count += 1
        share = max(1 - self.momentum, 1 / self.count)
        self.value = self.value + share * (image - self.value)


class Evaluation:
    """The objective at one size, as a function for `tfstyle.optimizers`: image -> loss and gradient.

    Both are multiplied by the number of pixels, so that the gradient of a pixel has the same scale at each size.

    Args:
        objective: `Objective`.
        target: its target at this size.
        content: float32 array `(1, height, width, 3)`.
        masks: float array `(num_styles, height, width)` or None. Where no mask applies, the image is the photograph.
    """

    def __init__(self, objective, target, content, masks):
        self.objective, self.target = objective, target
        self.num_pixels = content.shape[1] * content.shape[2]
        self.content = tf.constant(content)
        self.coverage = None if masks is None else tf.constant(masks.sum(axis=0)[None, ..., None], tf.float32)
        self.losses = {}

    def __call__(self, canvas):
        if self.coverage is None:
            self.losses, gradient = self.objective(canvas, self.target)
        else:
            painted = self.content + self.coverage * (canvas - self.content)
            self.losses, gradient = self.objective(painted, self.target)
            gradient *= self.coverage
        return float(self.losses["total"]) * self.num_pixels, gradient * self.num_pixels


def plan_sizes(height: int, width: int, config: OptimizeConfig) -> list[tuple[int, int]]:
    """Returns (height, width) of each size, from coarse to fine. The last one is the size of the image.

    Args:
        height: integer, of the image.
        width: integer, of the image.
        config: `OptimizeConfig`.
    """
    sizes: list[tuple[int, int]] = []
    scale = 1.0
    while not sizes or (scale * max(height, width) >= config.first_size and scale * min(height, width) >= LEAST_SIDE):
        sizes.append((round(height * scale), round(width * scale)))
        scale /= config.size_factor
    return sizes[::-1]


def _as_gray(image):
    """The luma of an image in all three channels."""
    return np.repeat(luma(image)[..., None], 3, axis=-1).clip(0, 1)


def _crop_to(image, aspect):
    """The largest central crop with width / height = `aspect`."""
    height, width = image.shape[:2]
    inner_height, inner_width = min(height, round(width / aspect)), min(width, round(height * aspect))
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    return image[top : top + max(inner_height, 1), left : left + max(inner_width, 1)]


def _check_image(name, image):
    """Returns an image as an array; raises a ValueError if it is invalid."""
    image = as_array(name, image)
    if image.ndim != 3 or image.shape[-1] != 3 or min(image.shape[:2]) < LEAST_SIDE:
        raise ValueError(
            f"`{name}` must have the shape (height, width, 3) with sides of at least {LEAST_SIDE} pixels. "
            f"Received: shape={image.shape}."
        )
    check_unit_range(name, image)
    return image


def _check_layers(name, layers, extractor):
    """Layer -> weight."""
    weights = dict(layers) if isinstance(layers, Mapping) else dict.fromkeys(layers, 1.0)
    unknown = [layer for layer in weights if layer not in extractor.layer_names]
    if unknown or isinstance(layers, str) or not weights:
        raise ValueError(
            f"`{name}` must be layers that the extractor returns ({', '.join(extractor.layer_names)}). "
            f"Received: {layers!r}."
        )
    if not all(weight > 0 for weight in weights.values()):
        raise ValueError(f"The weights of `{name}` must be positive. Received: {weights}.")
    return weights


def _check_masks(masks, num_styles, size):
    if masks is None:
        return None
    masks = as_array("masks", masks).astype(np.float32)
    if masks.shape != (num_styles, *size):
        raise ValueError(
            "`masks` must have the shape (num_styles, height, width), one mask for each style, with the height and "
            f"width of the photograph: {(num_styles, *size)}. Received: masks.shape={masks.shape}."
        )
    if not (masks.min() >= 0 and masks.max() <= 1):
        raise ValueError(f"`masks` must lie in [0, 1]. Received: values from {masks.min()} to {masks.max()}.")
    if not masks.any(axis=(1, 2)).all():
        raise ValueError("A mask is black everywhere: its style has no region. Leave the style out, or fix the mask.")
    return normalize_masks(masks)


def _check_weights(weights, masks, num_styles):
    """Weight of each style in the style loss."""
    weights = np.ones(num_styles) if weights is None else as_array("style_weights", weights).astype(np.float64)
    if weights.shape != (num_styles,) or not (np.isfinite(weights).all() and (weights > 0).all()):
        raise ValueError(
            "`style_weights` must have a positive number for each style. "
            f"Received: {weights} for {counted(num_styles, 'style')}."
        )
    if masks is None:
        return weights / weights.sum()
    # A mean over a small region has larger gradients for each pixel: multiply by its area.
    return weights * masks.mean(axis=(1, 2))
