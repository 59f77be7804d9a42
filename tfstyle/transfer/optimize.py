"""Style transfer by optimization: the pixels of a picture are changed until it has the content and the style wanted."""

import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from tfstyle.images import resize_image, resize_longest_side, to_float, to_uint8
from tfstyle.optimizers.adam import Adam
from tfstyle.optimizers.lbfgs import LBFGS
from tfstyle.transfer import color
from tfstyle.transfer.config import LEAST_SIDE, OptimizeConfig
from tfstyle.transfer.masks import normalize_masks
from tfstyle.transfer.objective import Objective


@dataclass(frozen=True)
class Progress:
    """Where an optimization stands.

    Attributes:
        step: integer from 1, over all sizes.
        num_steps: integer, over all sizes.
        height, width: integers, of the picture at present.
        losses: "content", "style", "variation" and "total" -> float, before the step was made.
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
    content_image,
    style_images,
    extractor,
    content_layers,
    style_layers,
    config: OptimizeConfig | None = None,
    style_weights=None,
    masks=None,
    on_step: Callable[[Progress], None] | None = None,
):
    """Paints a photograph in the style of paintings, by optimization: slow, and like no other faithful to the painting.

    The picture grows from small to large, so that large shapes are made where they are cheap. Above a size it is judged
    in tiles, so that memory does not grow with what the network holds of all its pixels.

    Args:
        content_image: uint8 array in [0, 255] or float array in [0, 1], of shape `(height, width, 3)`, RGB.
        style_images: such an array, or a sequence of them, of any sizes.
        extractor: perceptual network, image -> dict of layer -> features; RGB in [0, 1].
        content_layers: sequence of layers, or mapping of layer -> weight, that hold what is where.
        style_layers: sequence of layers, or mapping of layer -> weight, whose statistics hold the style.
        config: `OptimizeConfig`, or None for the defaults.
        style_weights: sequence of positive floats, one a style, by default all 1. Without masks the styles are blended:
            each has the share of its weight in the statistics that are compared. With masks each is the strength of a
            style in its region.
        masks: float array of shape `(num_styles, height, width)` in [0, 1], where each style is painted: see
            `tfstyle.transfer.masks`. Where they sum to less than 1, the rest is the photograph. None: all everywhere.
        on_step: function that is given a `Progress` after each step.

    Returns:
        Array of the shape and dtype of `content_image`.

    Raises:
        ValueError: if images, layers, weights or masks do not fit together.

    Example:
        >>> extractor = VGG19StyleExtractor(weights="imagenet", pooling="average")
        >>> picture = optimize(photo, painting, extractor, ["block4_conv2"], ["block1_conv1", "block3_conv1"])

    Reference:
        Gatys, Ecker, Bethge: Image Style Transfer Using Convolutional Neural Networks, 2016.
        Gatys et al.: Controlling Perceptual Factors in Neural Style Transfer, 2017 (masks, colors, coarse to fine).
        Differs from the papers: losses are relative to their targets; Adam's result is an average of its last pictures.
    """
    optimization = Optimization(
        content_image, style_images, extractor, content_layers, style_layers, config, style_weights, masks
    )
    optimization.run(on_step)
    return optimization.image()


class Optimization:
    """An optimization that can be looked at, and stopped, while it runs.

    The arguments are those of `optimize`.

    Example:
        >>> optimization = Optimization(photo, painting, extractor, content_layers, style_layers)
        >>> try:
        ...     optimization.run()
        ... except KeyboardInterrupt:  # as when a cell of a notebook is stopped
        ...     pass
        >>> picture = optimization.image()
    """

    def __init__(
        self,
        content_image,
        style_images,
        extractor,
        content_layers,
        style_layers,
        config: OptimizeConfig | None = None,
        style_weights=None,
        masks=None,
    ):
        config = OptimizeConfig() if config is None else config
        style_images = [style_images] if isinstance(style_images, np.ndarray) else list(style_images)
        for name, image in [("content_image", content_image), *(("style_images", style) for style in style_images)]:
            _check_image(name, image)
        if not style_images:
            raise ValueError("`style_images` must hold at least one image. Received: none.")
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
        """The photograph and the paintings as they are compared."""
        if self.config.preserve_color == "matched":
            styles = [color.match_color_statistics(style, self.photo) for style in styles]
        if self.config.preserve_color != "luminance":
            return self.photo, styles
        return _as_grey(self.photo), [_as_grey(style) for style in styles]

    def _first_canvas(self):
        height, width = self.sizes[0]
        if self.config.start == "noise":
            pixels = np.random.default_rng(self.config.seed).random((height, width, 3), np.float32)
        else:
            source = self.content if self.config.start == "content" else _crop_to(self.styles[0], width / height)
            pixels = resize_image(source, height, width)
        return tf.constant(pixels[None])

    def run(self, on_step: Callable[[Progress], None] | None = None) -> None:
        """Does all steps. It may be interrupted, and `image` called afterwards.

        Args:
            on_step: as for `optimize`.
        """
        config = self.config
        descent = Adam(config.learning_rate) if config.optimizer == "adam" else LBFGS(config.learning_rate)
        counts = [config.first_steps, *[config.num_steps] * (len(self.sizes) - 1)]
        # A step takes time in proportion to its pixels.
        work = [count * height * width for count, (height, width) in zip(counts, self.sizes, strict=True)]
        start, step, done = time.perf_counter(), 0, 0
        for count, (height, width) in zip(counts, self.sizes, strict=True):
            self._resize(height, width, count)
            descent.resize(height, width)
            judge = self._make_judge(height, width, self.objective)
            for index in range(count):
                # Adam's steps shrink to a tenth at each size, or its pixels would swing about their best values.
                self.canvas = descent.step(self.canvas, judge, rate=1 - 0.9 * index / count)
                self.average.update(self.canvas)
                if descent.stuck and judge.objective is not self.precise_objective:
                    judge = self._make_judge(height, width, self.precise_objective)
                step, done = step + 1, done + height * width
                if on_step is not None:
                    seconds = time.perf_counter() - start
                    left = seconds * (sum(work) / done - 1)
                    losses = {name: float(loss) for name, loss in judge.losses.items()}
                    on_step(Progress(step, sum(counts), height, width, losses, seconds, left))

    def _resize(self, height, width, num_steps):
        if self.canvas.shape[1:3] != (height, width):
            pixels = resize_image(self.average.value.numpy()[0], height, width)
            if self.config.start == "content":
                # With it come the details that the photograph did not have at the last size.
                smaller = resize_image(self.content, *self.canvas.shape[1:3])
                pixels += resize_image(self.content, height, width) - resize_image(smaller, height, width)
            self.canvas = tf.constant(pixels[None].clip(0, 1))
        # The average of Adam reaches back over a fifth of the steps at most, so that a short run forgets its start.
        momentum = min(self.config.average_momentum, 1 - 5 / max(num_steps, 5))
        self.average = Average(momentum if self.config.optimizer == "adam" else 0.0, self.canvas)

    @functools.cached_property
    def precise_objective(self):
        """The objective in float32: where a lower precision finds no way downhill, there may be one yet."""
        objective, extractor = self.objective, self.objective.extractor
        if getattr(extractor, "compute_dtype", "float32") == "float32" or not hasattr(extractor, "copy_as"):
            return objective
        return Objective(extractor.copy_as("float32"), objective.content_layers, objective.style_layers, self.config)

    def _make_judge(self, height, width, objective):
        """The objective at one size, as the optimizers take it."""
        longest = self.config.style_scale * max(height, width)
        # A painting is never enlarged: it has no finer strokes than it has.
        styles = [
            resize_longest_side(style, min(max(style.shape[:2]), max(LEAST_SIDE, round(longest))))[None]
            for style in self.styles
        ]
        content, masks = resize_image(self.content, height, width)[None], None
        if self.masks is not None:
            masks = np.stack([resize_image(mask[..., None], height, width)[..., 0] for mask in self.masks])
            masks = normalize_masks(masks)  # the filter of a resize swings
        target = objective.make_target(content, styles, self.style_weights, masks)
        return Judge(objective, target, content, masks)

    def image(self):
        """The picture as it stands: of the photograph's size and dtype, with its colors if those are preserved."""
        height, width = self.photo.shape[:2]
        canvas = resize_image(self.average.value.numpy()[0], height, width)
        if self.masks is not None:
            canvas = self.content + self.masks.sum(axis=0)[..., None] * (canvas - self.content)
        if self.config.preserve_color == "luminance":
            canvas = color.preserve_color(canvas, self.photo)
        return to_uint8(canvas) if self.dtype == np.uint8 else canvas.astype(self.dtype)


class Average:
    """Exponential moving average of pictures; a plain mean until there are enough of them.

    Args:
        momentum: float in [0, 1), share of the old average.
        image: tensor, the first picture.
    """

    def __init__(self, momentum, image):
        self.momentum, self.value, self.count = momentum, image, 1

    def update(self, image):
        self.count += 1
        share = max(1 - self.momentum, 1 / self.count)
        self.value = self.value + share * (image - self.value)


class Judge:
    """The objective at one size, as `tfstyle.optimizers` take it: image -> value and gradient.

    Both are multiplied by the number of pixels: the gradient of a pixel is then the same at each size.

    Args:
        objective: `Objective`.
        target: its target at this size.
        content: float32 array `(1, height, width, 3)`.
        masks: float array `(num_styles, height, width)` or None. Where none covers the picture, it is the photograph.
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
    """Heights and widths from the first size to the picture's own; each is larger than the one before by a factor.

    Args:
        height: integer.
        width: integer.
        config: `OptimizeConfig`.
    """
    sizes: list[tuple[int, int]] = []
    scale = 1.0
    while not sizes or (scale * max(height, width) >= config.first_size and scale * min(height, width) >= LEAST_SIDE):
        sizes.append((round(height * scale), round(width * scale)))
        scale /= config.size_factor
    return sizes[::-1]


def _as_grey(image):
    """The luminance of an image in all three channels."""
    return np.repeat(image @ np.array(color.LUMA_WEIGHTS, np.float32)[:, None], 3, axis=-1).clip(0, 1)


def _crop_to(image, aspect):
    """The middle of an image, as large as can be with width / height = `aspect`."""
    height, width = image.shape[:2]
    inner_height, inner_width = min(height, round(width / aspect)), min(width, round(height * aspect))
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    return image[top : top + max(inner_height, 1), left : left + max(inner_width, 1)]


def _check_image(name, image):
    shape = getattr(image, "shape", type(image).__name__)
    if not isinstance(image, np.ndarray) or image.ndim != 3 or image.shape[-1] != 3 or min(shape[:2]) < LEAST_SIDE:
        raise ValueError(
            f"`{name}` must be NumPy arrays of shape (height, width, 3) with sides of at least {LEAST_SIDE} pixels. "
            f"Received: {shape}."
        )
    if image.dtype != np.uint8 and image.max() > 2:  # a resized photograph may overshoot 1 a little
        raise ValueError(
            f"`{name}` must be uint8 in [0, 255] or float in [0, 1]. "
            f"Received: dtype={image.dtype} with values up to {image.max():.4g}."
        )


def _check_layers(name, layers, extractor):
    """Layer -> weight."""
    weights = dict(layers) if isinstance(layers, Mapping) else dict.fromkeys(layers, 1.0)
    unknown = [layer for layer in weights if layer not in extractor.layer_names]
    if unknown or isinstance(layers, str) or not weights:
        raise ValueError(
            f"`{name}` must be layers that the extractor returns: {', '.join(extractor.layer_names)}. "
            f"Received: {layers!r}."
        )
    if not all(weight > 0 for weight in weights.values()):
        raise ValueError(f"The weights of `{name}` must be positive. Received: {weights}.")
    return weights


def _check_masks(masks, num_styles, size):
    if masks is None:
        return None
    masks = np.asarray(masks, np.float32)
    if masks.shape != (num_styles, *size):
        raise ValueError(
            "`masks` must have the shape (num_styles, height, width), one mask a style, of the photograph's size. "
            f"Received: masks.shape={masks.shape} for {num_styles} styles and a photograph of {size[0]}x{size[1]}."
        )
    if not (masks.min() >= 0 and masks.max() <= 1):
        raise ValueError(f"`masks` must lie in [0, 1]. Received: values from {masks.min()} to {masks.max()}.")
    if not masks.any(axis=(1, 2)).all():
        raise ValueError("A mask is black all over: its style would be nowhere. Leave out the style, or mend the mask.")
    return normalize_masks(masks)


def _check_weights(weights, masks, num_styles):
    """Weight of each style in the style loss."""
    weights = np.ones(num_styles) if weights is None else np.asarray(weights, np.float64)
    if weights.shape != (num_styles,) or not (np.isfinite(weights).all() and (weights > 0).all()):
        raise ValueError(f"`style_weights` must be a positive number a style. Received: {weights} for {num_styles}.")
    if masks is None:
        return weights / weights.sum()
    # A mean over a small region pulls harder at each of its pixels: its area makes up for that.
    return weights * masks.mean(axis=(1, 2))
