"""Validation of the images and styles that are passed to loaded models."""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

# Resized images in [0, 1] may overshoot: Pillow's Lanczos filter by 0.25 at the corner of a square, and by 0.58 in
# black and white noise. Images with values below LOWEST are in [-1, 1], those with values above HIGHEST in [0, 255].
LOWEST, HIGHEST = -0.6, 2.0


def check_images(name, images) -> np.ndarray:
    """Converts images to a uint8 or float32 array `(batch, height, width, 3)`, or raises a ValueError."""
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] != 3 or not images.size:
        raise ValueError(
            f"`{name}` must have the shape (batch, height, width, 3). Received: {name}.shape={images.shape}."
        )
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind != "f":
        raise ValueError(
            f"`{name}` must be uint8 in 0 to 255, or float in [0, 1]. Received: {name}.dtype={images.dtype}."
        )
    check_range(name, images)
    return images.astype(np.float32)


def check_range(name, images) -> None:
    """Raises a ValueError for float images in another range than [0, 1], such as [-1, 1] or [0, 255]."""
    lowest, highest = images.min(), images.max()
    if not (lowest >= LOWEST and highest <= HIGHEST):  # NaN is neither
        raise ValueError(
            f"`{name}` must be uint8 in 0 to 255, or float in [0, 1]. "
            f"Received: {name}.dtype={images.dtype} with values from {lowest:.4g} to {highest:.4g}."
        )


def pairs_of(styles) -> list[tuple[Any, float]]:
    """Converts one style, a mapping of styles to weights, or a list of pairs to a list of `(style, weight)`."""
    if isinstance(styles, Mapping):
        return list(styles.items())
    if not isinstance(styles, list | tuple):
        return [(styles, 1.0)]
    if not all(isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[1], Real) for pair in styles):
        raise ValueError("Several styles are a list of (style, weight), as in [(first, 2.0), (second, 1.0)].")
    return list(styles)


def shares_of(weights, received) -> list[float]:
    """Divides positive weights by their sum; raises a ValueError with `received` for other weights."""
    weights = list(weights)
    total = sum(weights)
    if not (np.isfinite(total) and total > 0 and min(weights) >= 0):
        raise ValueError(f"The weights of styles must be positive numbers. Received: {received}.")
    return [weight / total for weight in weights]


def check_variation(stroke_size: float, seed: int) -> None:
    """Raises a ValueError for an invalid stroke size or seed."""
    if not (isinstance(stroke_size, Real) and 0 < stroke_size < float("inf")):
        raise ValueError(f"`stroke_size` must be a positive number. Received: stroke_size={stroke_size!r}.")
    if not (isinstance(seed, Integral) and 0 <= seed < 2**31):
        raise ValueError(f"`seed` must be an integer in [0, 2**31). Received: seed={seed!r}.")
