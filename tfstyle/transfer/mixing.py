"""Mixing two latent vectors by layers: the content of one image with the style of another."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tfstyle.images import from_signed, image_grid
from tfstyle.transfer.latents import LatentsError

MIXING_CLASS = "FastGANGenerator"
BATCH_SIZE = 64


def check_mixing(metadata: Mapping[str, Any]) -> None:
    """Raises a LatentsError if the generator that `metadata` describes cannot mix two latent vectors."""
    name = metadata.get("class")
    size = np.ravel(metadata.get("image_size", 0))[0]
    if name != MIXING_CLASS or size < 64:
        raise LatentsError(
            "latents are mixed by skip-layer excitation, which generators of the architecture fastgan have from 64 "
            f"pixels on. Received: {name}, {size} pixels. tfstyle train gan --architecture fastgan trains one."
        )


def mix_layers(
    generator: Any, latents: Any, style_latents: Any, labels: Any = None, style_labels: Any = None
) -> np.ndarray:
    """Images with the content of some latent vectors and the style of others.

    The content, what is where, comes from the coarse layers. The style, colors and fine texture, comes from the weights
    by which the generator scales the channels of its fine layers (skip-layer excitation).

    Args:
        generator: `LoadedGenerator` of the architecture fastgan, of 64 pixels or more, loaded by `tfstyle.load`.
        latents: float array of shape `(num_images, latent_dim)`, for the content.
        style_latents: float array of the same shape, for the style.
        labels: integers of shape `(num_images,)`, the classes of the content; None without classes.
        style_labels: integers of shape `(num_images,)`, the classes of the style; None without classes.

    Returns:
        float32 array of shape `(num_images, height, width, channels)` in [0, 1].

    Raises:
        LatentsError: if the generator has another architecture or the shapes differ.
        ValueError: if labels are not those of the generator.

    Reference:
        Liu, Zhu, Song, Elgammal: Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis,
        2021, section 3.1.
    """
    from tfstyle import zoo

    check_mixing(generator.metadata)
    latents, style_latents = np.asarray(latents, np.float32), np.asarray(style_latents, np.float32)
    shape = (len(latents), generator.latent_dim)
    if latents.shape != shape or style_latents.shape != shape:
        raise LatentsError(
            f"`latents` and `style_latents` must both have the shape (num_images, {generator.latent_dim}). "
            f"Received: latents.shape={latents.shape}, style_latents.shape={style_latents.shape}."
        )
    if generator.num_classes:
        labels = generator.check_labels(labels, len(latents))
        style_labels = generator.check_labels(style_labels, len(latents))
    network = zoo.load_pretrained(generator.folder)
    batches = []
    for start in range(0, len(latents), BATCH_SIZE):
        rows = slice(start, start + BATCH_SIZE)
        batch_labels = (labels[rows], style_labels[rows]) if generator.num_classes else ()
        batches.append(from_signed(network.mix(latents[rows], style_latents[rows], *batch_labels).numpy()))
    return np.concatenate(batches)


def mixing_sheet(
    generator: Any, latents: Any, style_latents: Any, labels: Any = None, style_labels: Any = None
) -> np.ndarray:
    """A sheet of mixed images: each row has the content of its first image, each column the style of its first.

    Args:
        generator: as in `mix_layers`.
        latents: float array of shape `(num_rows, latent_dim)`.
        style_latents: float array of shape `(num_columns, latent_dim)`.
        labels: integers of shape `(num_rows,)`; None without classes.
        style_labels: integers of shape `(num_columns,)`; None without classes.

    Returns:
        float32 array of shape `(sheet_height, sheet_width, channels)` in [0, 1].

    Raises:
        LatentsError: as in `mix_layers`.
    """
    num_rows, num_columns = len(latents), len(style_latents)
    pairs = [
        np.repeat(latents, num_columns, axis=0),
        np.tile(style_latents, (num_rows, 1)),
        None if labels is None else np.repeat(labels, num_columns),
        None if style_labels is None else np.tile(style_labels, num_rows),
    ]
    mixed = mix_layers(generator, *pairs)
    contents, styles = generator(latents, labels).numpy(), generator(style_latents, style_labels).numpy()
    images = [np.ones_like(styles[0]), *styles]
    for number, content in enumerate(contents):
        images += [content, *mixed[number * num_columns : (number + 1) * num_columns]]
    return image_grid(images, num_columns + 1)
