"""Directions in the latent space of a generator along which its images change most."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from tfstyle.images import contact_sheet, resize_image
from tfstyle.transfer.latents import LatentsError, walk_directions

FEATURE_SIZE = 16  # height and width to which images are reduced
MAX_DIRECTIONS = 32
BATCH_SIZE = 64


@dataclass(frozen=True)
class Directions:
    """Directions in latent space along which images change most.

    Attributes:
        vectors: float32 array of shape `(num_directions, latent_dim)`, of length 1, ordered by the variance of their
            component.
        shares: float64 array of shape `(num_directions,)`, the share of each component in the variance of the images.
        explained: float64 array of shape `(num_directions,)`, the share of the component's variance that the direction
            explains: the squared correlation of the component with `latents @ vector`.
    """

    vectors: np.ndarray
    shares: np.ndarray
    explained: np.ndarray


def latent_directions(
    generator: Any,
    num_directions: int = 8,
    num_samples: int = 1000,
    label: int | None = None,
    seed: int = 0,
    features: Callable[[np.ndarray], Any] | None = None,
) -> Directions:
    """Finds the latent directions that belong to the principal components of generated images.

    Images of random latents are generated, their features are analyzed by PCA, and each component is explained by a
    linear function of the latents, whose gradient is the direction. It needs only what a SavedModel can do.

    Args:
        generator: `LoadedGenerator`.
        num_directions: integer, at most 32 and `latent_dim`.
        num_samples: integer, number of images, at least `2 * latent_dim`.
        label: integer for a class-conditional generator; None for all classes in turn, whose means are subtracted.
        seed: integer.
        features: function from float images `(batch, height, width, channels)` in [0, 1] to an array with one row per
            image; None for the pixels at 16x16.

    Returns:
        `Directions`. The sign is such that images become brighter or, if that does not change, arbitrary.

    Raises:
        LatentsError: if a number is not supported, or all images are equal.

    Reference:
        Härkönen, Hertzmann, Lehtinen, Paris: GANSpace: Discovering Interpretable GAN Controls, 2020, section 2.2.
        Differs from the paper: components of the images instead of those of an early layer, which a SavedModel hides.
    """
    dim = generator.latent_dim
    largest = min(MAX_DIRECTIONS, dim)
    if not 1 <= num_directions <= largest or num_samples < 2 * dim:
        raise LatentsError(
            f"`num_directions` must lie in 1 to {largest}, and `num_samples` be at least {2 * dim} for {dim} latents. "
            f"Received: num_directions={num_directions}, num_samples={num_samples}."
        )
    features = features or small_pixels
    latents = generator.draw_latents(num_samples, seed)
    labels = generator.choose_labels(num_samples, label)
    rows = []
    for start in range(0, num_samples, BATCH_SIZE):
        part = slice(start, start + BATCH_SIZE)
        images = generator(latents[part], None if labels is None else labels[part]).numpy()
        rows.append(np.asarray(features(images), np.float64).reshape(len(images), -1))
    values = np.concatenate(rows)
    for group in [np.full(num_samples, True)] if labels is None else [labels == one for one in np.unique(labels)]:
        values[group] -= values[group].mean(axis=0)
    _, deviations, components = np.linalg.svd(values, full_matrices=False)
    total = np.square(deviations).sum()
    if total <= 1e-12:
        raise LatentsError("All images of this generator are equal: there are no directions in which they change.")
    components = components[:num_directions]
    scores = values @ components.T
    centered = latents - latents.mean(axis=0, dtype=np.float64)
    vectors = np.linalg.lstsq(centered, scores, rcond=None)[0].T
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    along = centered @ vectors.T
    covariances = (along * scores).sum(axis=0)
    explained = covariances**2 / np.maximum((along**2).sum(axis=0) * (scores**2).sum(axis=0), 1e-12)
    brighter = np.where(components.sum(axis=1) < 0, -1.0, 1.0)
    return Directions(
        (brighter[:, None] * vectors).astype(np.float32), deviations[:num_directions] ** 2 / total, explained
    )


def small_pixels(images) -> np.ndarray:
    """Images reduced to 16x16, as rows of numbers: light and colors, and roughly where they are."""
    size = min(FEATURE_SIZE, *images.shape[1:3])
    return np.stack([resize_image(np.float32(image), size, size).ravel() for image in images])


def plot_latent_directions(
    generator: Any,
    directions: Directions,
    latent: Any = None,
    label: int | None = None,
    num_steps: int = 7,
    reach: float = 4.0,
    names: Sequence[str] = (),
) -> Image.Image:
    """Draws a sheet with one row per direction: what changes in an image along it.

    Shows: images of latent vectors on a line through one of them, which is in the middle of each row. Labels are the
    distance from it, in standard deviations of random vectors, and in the middle the number of the direction and the
    share of its component in the variance of the images.

    Does not show: that a direction means one thing. It is linear and the same for all images, so it often changes
    several things at once, and another image may change differently.

    Args:
        generator: `LoadedGenerator`.
        directions: `Directions` of it.
        latent: float array of shape `(latent_dim,)`, the vector in the middle; None for 0, the mean of all.
        label: integer for a class-conditional generator; None for its first class.
        num_steps: integer, images per row; an odd number has the unchanged one in the middle.
        reach: float, the largest distance to either side.
        names: sequence of strings, one per direction; by default their numbers, from 1.

    Returns:
        `PIL.Image.Image`.
    """
    latent = np.zeros(generator.latent_dim) if latent is None else latent
    latents = walk_directions(latent, directions.vectors, num_steps, reach)
    labels = np.full(len(latents), label or 0, np.int32) if generator.num_classes else None
    images = generator(latents, labels).numpy()
    names = names or [str(number) for number in range(1, len(directions.vectors) + 1)]
    texts = []
    for name, share in zip(names, directions.shares, strict=True):
        row = [f"{amount:+.1f}" for amount in np.linspace(-reach, reach, num_steps)]
        row[num_steps // 2] = f"{name}: {share:.0%}"
        texts += row
    return Image.fromarray(contact_sheet(list(images), texts, num_steps))
