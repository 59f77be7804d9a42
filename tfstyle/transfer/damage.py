"""Finding scratches and small stains in a photograph, by a median filter."""

from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from tfstyle.images import as_array, to_uint8

RELATIVE_WINDOW = 1 / 60  # of the shorter side
SMALLEST_WINDOW, LARGEST_WINDOW = 7, 25
LEAST_CONTRAST = 0.08  # of [0, 1]: fainter differences are left alone
CONTRAST_TO_SURROUNDINGS = 4.0  # times the usual difference around
MIN_NEIGHBORS = 0.06  # share of outliers in the window: an isolated pixel is noise


def find_damage(photo: Any, sensitivity: float = 0.5) -> np.ndarray:
    """Finds scratches, dust and small stains: what a median filter removes, where little else is removed.

    A median filter deletes everything that is narrower than half its window, which is 1/60 of the shorter side. A pixel
    is damaged if it differs from the median by a visible contrast, and by several times the usual difference around it,
    so that textures are not damage. Isolated pixels are noise, and the rest is widened by a few pixels, because damage
    has soft edges.

    It finds thin bright or dark scratches, dust, specks and small blots. It does not find stains wider than half the
    window, faint ones, folds, or whole missing parts. Thin things of the picture itself, such as wires, letters,
    twigs and glints, look the same to it: look at the mask before you trust it.

    Args:
        photo: uint8 array in [0, 255] or float array in [0, 1], of shape `(height, width, 3 or 4)`. Alpha is ignored.
        sensitivity: float in [0, 1]: higher finds fainter damage, and more that is none.

    Returns:
        bool array of shape `(height, width)`.

    Raises:
        ValueError: if `sensitivity` is outside [0, 1].
    """
    if not 0 <= sensitivity <= 1:
        raise ValueError(f"`sensitivity` must lie in [0, 1]. Received: sensitivity={sensitivity}.")
    pixels = to_uint8(as_array("photo", photo))[..., :3]
    side = min(pixels.shape[:2])
    window = int(np.clip(round(RELATIVE_WINDOW * side), SMALLEST_WINDOW, LARGEST_WINDOW)) | 1
    picture = Image.fromarray(pixels)
    median = np.asarray(picture.filter(ImageFilter.MedianFilter(window)), np.float32)
    difference = np.abs(pixels.astype(np.float32) - median).max(axis=-1) / 255
    factor = 2.0 ** (1.0 - 2.0 * sensitivity)  # 2 to 1/2
    usual = box_mean(difference, 2 * window)
    outliers = difference > factor * np.maximum(LEAST_CONTRAST, CONTRAST_TO_SURROUNDINGS * usual)
    outliers &= box_mean(outliers, window // 2) > MIN_NEIGHBORS
    widened = Image.fromarray(outliers).convert("L").filter(ImageFilter.MaxFilter(max(3, window // 3) | 1))
    return np.asarray(widened) > 0


def box_mean(values: np.ndarray, radius: int) -> np.ndarray:
    """Means over squares of `2 * radius + 1` pixels; at the border over the part within the image.

    Args:
        values: array of shape `(height, width)`.
        radius: integer, at least 0.

    Returns:
        float64 array of the same shape.
    """
    total = np.asarray(values, np.float64)
    for axis in (0, 1):
        size = total.shape[axis]
        sums = np.concatenate([np.zeros_like(np.take(total, [0], axis)), np.cumsum(total, axis)], axis)
        first = np.maximum(np.arange(size) - radius, 0)
        last = np.minimum(np.arange(size) + radius + 1, size)
        counts = (last - first).reshape((-1, 1) if axis == 0 else (1, -1))
        total = (np.take(sums, last, axis) - np.take(sums, first, axis)) / counts
    return total
