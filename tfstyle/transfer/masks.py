"""Masks: which part of a photograph gets which style.

A mask is a gray picture, white where its style is painted and black where not. Masks are float32 arrays of shape
`(num_masks, height, width)` in [0, 1].
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tfstyle.errors import TfstyleError
from tfstyle.images import load_image, resize_image, to_float
from tfstyle.transfer.color import LUMA_WEIGHTS

# A mask drawn on a screenshot or a crop is a little off; one of another picture is far off.
LARGEST_STRETCH = 1.25
EDGE_RADIUS = 0.01  # of the diagonal: 6 pixels of 512x384


class MaskError(TfstyleError, ValueError):
    """Masks that do not fit; the message is one line for the user, with the cure."""


def load_masks(paths: Sequence[str | Path], height: int, width: int) -> np.ndarray:
    """Reads masks and brings them to the size of a photograph.

    Args:
        paths: image files. Their luminance counts, and what is transparent is black.
        height: integer, of the photograph.
        width: integer, of the photograph.

    Returns:
        float32 array of shape `(num_masks, height, width)` in [0, 1], resized with antialiasing.

    Raises:
        ImageError: if a file cannot be read.
        MaskError: if a mask's proportions differ by more than a quarter from the photograph's.
    """
    masks = np.empty((len(paths), height, width), np.float32)
    for mask, path in zip(masks, paths, strict=True):
        picture = to_float(load_image(path, keep_alpha=True))
        mask_height, mask_width = picture.shape[:2]
        stretch = (mask_width / mask_height) / (width / height)
        if not 1 / LARGEST_STRETCH <= stretch <= LARGEST_STRETCH:
            raise MaskError(
                f"{path}: has {mask_width}x{mask_height} pixels, which are other proportions than the photo's "
                f"{width}x{height}. Draw the mask on a copy of the photo."
            )
        luminance = picture[..., :3] @ np.array(LUMA_WEIGHTS, np.float32) * picture[..., 3]
        mask[:] = resize_image(luminance[..., None].clip(0, 1), height, width)[..., 0]
    return masks


def soften(masks: np.ndarray, radius: float | None = None) -> np.ndarray:
    """Blurs the edges of masks, so that two styles run into each other without a seam.

    Args:
        masks: float array of shape `(num_masks, height, width)` in [0, 1].
        radius: float, standard deviation of the Gaussian in pixels; 0 changes nothing. By default 1 % of the diagonal.

    Returns:
        float32 array of the same shape, in [0, 1]. Beyond its borders a mask is taken as mirrored, so that masks which
        add up to 1 still do.

    Raises:
        ValueError: if `radius` is negative.
    """
    masks = np.asarray(masks, np.float32)
    height, width = masks.shape[1:]
    radius = EDGE_RADIUS * math.hypot(height, width) if radius is None else radius
    if not radius >= 0:
        raise ValueError(f"`radius` must not be negative. Received: radius={radius}.")
    if radius == 0:
        return masks
    return (_blur_matrix(height, radius) @ masks @ _blur_matrix(width, radius).T).clip(0, 1)


def _blur_matrix(length: int, radius: float) -> np.ndarray:
    """Matrix `(length, length)` that blurs a column: row i holds the share of each position in the blurred one at i."""
    reach = math.ceil(3 * radius)
    shares = np.exp(-0.5 * (np.arange(-reach, reach + 1) / radius) ** 2)
    sources = np.pad(np.arange(length), reach, mode="symmetric")
    matrix = np.zeros((length, length))
    for offset, share in enumerate(shares / shares.sum()):
        np.add.at(matrix, (np.arange(length), sources[offset : offset + length]), share)
    return matrix.astype(np.float32)


def normalize_masks(masks: np.ndarray) -> np.ndarray:
    """Divides masks by their sum where it exceeds 1; where it is less, the rest stays the photograph.

    Args:
        masks: float array of shape `(num_masks, height, width)`, not negative.

    Returns:
        Array of the same shape and dtype whose sum over the masks is at most 1 at each pixel.
    """
    return masks / np.maximum(masks.sum(axis=0), 1)
