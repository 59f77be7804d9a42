"""The canvas: a small photograph is painted enlarged, and the painting reduced to its size."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfstyle.images import read_size, resize_image, resize_longest_side, to_float, to_uint8

LARGEST_FACTOR = 2  # by which a photograph is enlarged unless a canvas is asked for


def canvas_side(height: int, width: int, metadata: Mapping[str, Any], canvas: int | None = None) -> int:
    """The longest side at which a photograph is painted.

    The strokes of a network have a size in pixels. On a small photograph they are as large as eyes, windows and wheels,
    which they wipe out; on a larger canvas these survive.

    Args:
        height: integer, of the photograph.
        width: integer, of the photograph.
        metadata: of the model. Its "canvas" is the default, up to which a photograph is enlarged, at most twice.
        canvas: integer, longest side of the canvas, or None for the default; 0 for no enlargement.

    Returns:
        Integer, never less than the longest side of the photograph.
    """
    longest = max(height, width)
    if canvas is None:
        canvas = min(LARGEST_FACTOR * longest, metadata.get("canvas", 0))
    return max(longest, canvas)


def pixels_of(photo: Path, size: int | None = None, canvas: int = 0) -> tuple[int, int]:
    """The number of pixels of a photograph's file, and of the photograph as it is painted.

    Args:
        photo: image file.
        size: integer, longest side of the output, or None for that of the photograph.
        canvas: integer, longest side up to which photographs are enlarged.

    Raises:
        ImageError: if the file cannot be measured without decoding it, or is broken.
    """
    height, width = read_size(photo)
    longest = max(height, width)
    scale = max(size or longest, canvas) / longest
    return height * width, round(height * width * scale**2)


def on_canvas(
    paint: Callable[[np.ndarray], np.ndarray], side: int, in_bytes: bool = False
) -> Callable[[np.ndarray], np.ndarray]:
    """Wraps a function of images, so that it sees them enlarged.

    Args:
        paint: function of images of shape `(batch, height, width, 3)`, float in [0, 1], that returns such images.
        side: integer, longest side at which `paint` sees them.
        in_bytes: whether they are resized as 8-bit images, which is several times faster; for outputs of 8 bits.

    Returns:
        Function of images of the same kind, whose outputs have the size of its inputs.
    """

    def paint_enlarged(images: np.ndarray) -> np.ndarray:
        height, width = images.shape[1:3]
        if side <= max(height, width):
            return paint(images)
        kept = to_uint8 if in_bytes else np.asarray
        painted = paint(np.stack([to_float(resize_longest_side(kept(image), side)) for image in images]))
        return np.stack([to_float(resize_image(kept(image), height, width)) for image in painted])

    return paint_enlarged
