"""Masks: the region of a photograph for each style.

A mask is a gray image, white where its style applies and black elsewhere. Masks are float32 arrays of shape
`(num_masks, height, width)` in [0, 1].
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfstyle.errors import TfstyleError
from tfstyle.images import as_array, load_image, luma, resize_image, to_float

# A mask drawn on a screenshot or a crop differs a little; one of another photograph differs a lot.
LARGEST_STRETCH = 1.25
EDGE_RADIUS = 0.01  # of the diagonal: 6 pixels of 512x384


class MaskError(TfstyleError, ValueError):
    """Raised for masks that do not fit. The message is one line, written for the user."""


def load_masks(paths: Sequence[str | Path], height: int, width: int) -> np.ndarray:
    """Reads masks and resizes them to a photograph.

    Args:
        paths: image files. The mask is their luminance; transparent pixels count as black.
        height: integer, of the photograph.
        width: integer, of the photograph.

    Returns:
        float32 array of shape `(num_masks, height, width)` in [0, 1], resized with antialiasing.

    Raises:
        ImageError: if a file cannot be read.
        MaskError: if the aspect ratio of a mask differs by more than a quarter from the photograph's.
    """
    masks = np.empty((len(paths), height, width), np.float32)
    for mask, path in zip(masks, paths, strict=True):
        picture = to_float(load_image(path, keep_alpha=True))
        mask_height, mask_width = picture.shape[:2]
        stretch = (mask_width / mask_height) / (width / height)
        if not 1 / LARGEST_STRETCH <= stretch <= LARGEST_STRETCH:
            raise MaskError(
                f"{path}: {mask_width}x{mask_height} pixels have another aspect ratio than the photograph's "
                f"{width}x{height}. Draw the mask on a copy of the photograph."
            )
        luminance = luma(picture[..., :3]) * picture[..., 3]
        mask[:] = resize_image(luminance[..., None].clip(0, 1), height, width)[..., 0]
    return masks


def soften(masks: Any, radius: float | None = None) -> np.ndarray:
    """Blurs the edges of masks, so that styles blend into each other.

    Args:
        masks: float array of shape `(num_masks, height, width)` in [0, 1].
        radius: float, standard deviation of the Gaussian in pixels; 0 changes nothing. The default is 1 % of the
            diagonal.

    Returns:
        float32 array of the same shape, in [0, 1]. Masks are reflected at the border, so that masks that sum to 1 still
        do.

    Raises:
        ValueError: if `masks` has another shape, or `radius` is negative.
    """
    masks = _check_shape(masks).astype(np.float32)
    height, width = masks.shape[1:]
    radius = EDGE_RADIUS * math.hypot(height, width) if radius is None else radius
    if not radius >= 0:
        raise ValueError(f"`radius` must not be negative. Received: radius={radius}.")
    if radius == 0:
        return masks
    return (_blur_matrix(height, radius) @ masks @ _blur_matrix(width, radius).T).clip(0, 1)


def _blur_matrix(length: int, radius: float) -> np.ndarray:
    """Matrix `(length, length)` that blurs a column: row i has the weights of all positions in the blurred one at i."""
    reach = math.ceil(3 * radius)
    shares = np.exp(-0.5 * (np.arange(-reach, reach + 1) / radius) ** 2)
    sources = np.pad(np.arange(length), reach, mode="symmetric")
    matrix = np.zeros((length, length))
    for offset, share in enumerate(shares / shares.sum()):
        np.add.at(matrix, (np.arange(length), sources[offset : offset + length]), share)
    return matrix.astype(np.float32)


def normalize_masks(masks: Any) -> np.ndarray:
    """Divides masks by their sum where it exceeds 1. Where it is less, the remainder is the photograph.

    Args:
        masks: float array of shape `(num_masks, height, width)`, not negative.

    Returns:
        Array of the same shape and dtype whose sum over the masks is at most 1 at each pixel.

    Raises:
        ValueError: if `masks` has another shape.
    """
    masks = _check_shape(masks)
    return masks / np.maximum(masks.sum(axis=0), 1)


def _check_shape(masks: Any) -> np.ndarray:
    masks = as_array("masks", masks)
    if masks.ndim != 3:
        raise ValueError(
            f"`masks` must have the shape (num_masks, height, width). Received: masks.shape={masks.shape}."
        )
    return masks
