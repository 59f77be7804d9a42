"""Projection of a picture into the latent space of a generator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfstyle.data.image_array import square
from tfstyle.images import as_array, to_float, to_uint8
from tfstyle.losses.perceptual import feature_loss, relative_squared_error
from tfstyle.optimizers.adam import adam_change
from tfstyle.transfer.latents import LatentsError

CANDIDATES_PER_START = 16
BATCH_SIZE = 64
SLACK = 1.0  # the length of random vectors has a standard deviation of 0.7


@dataclass(frozen=True)
class Inversion:
    """The latent vector whose image is most similar to a picture.

    Attributes:
        latent: float32 array of shape `(latent_dim,)`.
        label: integer, or None for a generator without classes.
        image: float32 array of shape `(height, width, channels)` in [0, 1], what the generator makes of it.
        target: float32 array of the same shape, the picture as the generator could make it: cropped and resized.
        loss: float, perceptual loss plus pixel loss; 0 for equal pictures.
        losses: float array of shape `(num_starts,)`, of all starts. If they are similar, more starts do not help.
    """

    latent: np.ndarray
    label: int | None
    image: np.ndarray
    target: np.ndarray
    loss: float
    losses: np.ndarray


def invert(
    picture: Any,
    generator: Any,
    extractor: Any,
    label: int | None = None,
    num_steps: int = 200,
    num_starts: int = 8,
    learning_rate: float = 0.05,
    pixel_weight: float = 1.0,
    seed: int = 0,
    on_step: Callable[[int, float], None] | None = None,
) -> Inversion:
    """Finds the latent vector from which a generator makes an image that is as similar to a picture as possible.

    Random vectors are tried, and the best ones are optimized together by Adam. The loss is the relative squared error
    of features, averaged over the layers of the extractor, plus that of pixels. Vectors that become longer than random
    ones are shortened: beyond, a generator was never trained, and variations would not be images.

    Args:
        picture: uint8 array in [0, 255] or float array in [0, 1], of shape `(height, width, 1, 3 or 4)`. The central
            square is resized to the size of the generator.
        generator: `LoadedGenerator`, whose gradients reach the latents.
        extractor: loss network: RGB images in [0, 1] -> dict of layer -> features.
        label: integer, the class; None tries all classes of a class-conditional generator.
        num_steps: integer.
        num_starts: integer, number of vectors that are optimized; with classes and no label, at least one of each.
        learning_rate: float, which falls to 0 along a cosine.
        pixel_weight: float, weight of the pixels' error.
        seed: integer, of the random vectors.
        on_step: function that receives the number of steps done, and the lowest loss.

    Returns:
        `Inversion`.

    Raises:
        LatentsError: if a number is not positive, or the label is not one of the generator's.

    Reference:
        Zhu, Krähenbühl, Shechtman, Efros: Generative Visual Manipulation on the Natural Image Manifold, 2016, section
        3.1. Differs from the paper: several starts in one batch, and a limit on the length of the latent vector.
    """
    if min(num_steps, num_starts) < 1:
        raise LatentsError(
            f"`num_steps` and `num_starts` must be at least 1. Received: {num_steps} steps, {num_starts} starts."
        )
    height, width, channels = generator.image_shape
    if height != width:
        raise LatentsError(f"the generator makes images of {height}x{width} pixels; pictures are cropped to squares.")
    picture = as_array("picture", picture)
    target = to_float(square(to_uint8(to_float(picture)), height, channels))
    objective = Objective(generator, extractor, target, pixel_weight)
    latents, labels = best_candidates(objective, label, num_starts, seed)
    limit = np.sqrt(generator.latent_dim) + SLACK

    @tf.function
    def step(latents, moments, count, rate):
        with tf.GradientTape() as tape:
            tape.watch(latents)
            losses = objective(latents, labels)
            total = tf.reduce_sum(losses)
        change, moments = adam_change(tape.gradient(total, latents), moments, count)
        return tf.clip_by_norm(latents - rate * change, limit, axes=[1]), moments, losses

    latents = tf.constant(latents)
    moments = (tf.zeros_like(latents), tf.zeros_like(latents))
    best_losses, best_latents = np.full(len(latents), np.inf), latents.numpy()
    for number in range(num_steps + 1):  # the last one only looks at what the one before has made
        rate = learning_rate * (0.5 + 0.5 * np.cos(np.pi * number / num_steps))
        before = latents
        latents, moments, losses = step(latents, moments, tf.constant(number + 1.0), tf.constant(rate, tf.float32))
        better = losses.numpy() < best_losses
        best_losses = np.where(better, losses.numpy(), best_losses)
        best_latents = np.where(better[:, None], before.numpy(), best_latents)
        if on_step is not None:
            on_step(number, float(best_losses.min()))
    best = int(best_losses.argmin())
    found = None if labels is None else labels[best : best + 1]
    image = generator(best_latents[best : best + 1], found).numpy()[0]
    return Inversion(
        best_latents[best],
        None if found is None else int(found[0]),
        image,
        target,
        float(best_losses[best]),
        best_losses,
    )


class Objective:
    """The distance between generated images and a picture.

    Args:
        generator: `LoadedGenerator`.
        extractor: as for `invert`.
        target: float32 array of shape `(height, width, channels)` in [0, 1].
        pixel_weight: float.

    Call arguments:
        latents: float32 array or tensor of shape `(batch, latent_dim)`.
        labels: int32 array of shape `(batch,)`, or None.

    Returns:
        float32 tensor of shape `(batch,)`, one loss per image.
    """

    def __init__(self, generator, extractor, target, pixel_weight):
        self.generator, self.extractor, self.pixel_weight = generator, extractor, pixel_weight
        self.target = tf.constant(target[None])
        self.target_features = extractor(seen_as_rgb(self.target))

    def __call__(self, latents, labels) -> tf.Tensor:
        images = self.generator(latents, labels)
        pixels = relative_squared_error(images, self.target)
        return feature_loss(self.extractor(seen_as_rgb(images)), self.target_features) + self.pixel_weight * pixels


def seen_as_rgb(images) -> tf.Tensor:
    """Images as a network for RGB sees them: gray is repeated, and alpha is composited on white."""
    if images.shape[-1] == 4:
        return images[..., :3] * images[..., 3:] + (1.0 - images[..., 3:])
    return tf.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images


def best_candidates(objective, label, num_starts, seed) -> tuple[np.ndarray, np.ndarray | None]:
    """The best ones of many random latent vectors, to start from.

    Returns:
        float32 array of shape `(num_starts, latent_dim)`, and int32 array of shape `(num_starts,)` or None. Without a
        label, the best vectors of each class are among them.
    """
    generator = objective.generator
    classes = generator.num_classes if label is None else 0
    num_starts = max(num_starts, classes)
    count = CANDIDATES_PER_START * num_starts
    latents = generator.draw_latents(count, seed)
    try:
        labels = generator.choose_labels(count, label)
    except ValueError as error:
        raise LatentsError(str(error)) from error
    losses = np.concatenate([
        objective(latents[start : start + BATCH_SIZE], None if labels is None else labels[start : start + BATCH_SIZE])
        for start in range(0, count, BATCH_SIZE)
    ])  # fmt: skip
    order = np.argsort(losses)
    if classes:  # the best of each class in turn, then the second best of each
        rank = np.empty(count, int)
        for one in range(classes):
            members = order[labels[order] == one]
            rank[members] = np.arange(len(members))
        order = order[np.argsort(rank[order], kind="stable")]
    chosen = order[:num_starts]
    return latents[chosen], None if labels is None else labels[chosen]
