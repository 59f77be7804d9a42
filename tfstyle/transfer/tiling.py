"""Large images in tiles.

A style loss is a function of means over the whole image, which are sums over tiles. So the gradient of a tile is exact,
although no tile contains the image: a first pass sums the statistics, their gradient is computed once, and a second
pass backpropagates it through each tile. Tiles overlap by the receptive field of the network; positions in this margin
have no weight, because the neighboring tile counts them.
"""

import math
from dataclasses import dataclass

import numpy as np

# VGG19 to block5_conv1 sees 78 pixels around each; a multiple of the stride keeps the pooling of all tiles in step.
MARGIN = 96
STEP = 32


@dataclass(frozen=True)
class Tile:
    """A part of an image.

    Attributes:
        rows, columns: slices of the image, with the margin.
        inner_rows, inner_columns: slices of the tile, without the margin. Those of all tiles divide the image.
    """

    rows: slice
    columns: slice
    inner_rows: slice
    inner_columns: slice

    def cut(self, images) -> np.ndarray:
        """The tile of an array of shape `(batch, height, width, ...)`."""
        return images[:, self.rows, self.columns]


def plan_tiles(height: int, width: int, size: int, margin: int = MARGIN, step: int = STEP) -> list[Tile]:
    """Divides an image into tiles of about one size.

    Args:
        height: integer, of the image.
        width: integer, of the image.
        size: integer, about the longest side of a tile without its margin. An image that fits is one tile.
        margin: integer, pixels around a tile that it sees besides; a multiple of `step`.
        step: integer, tiles begin at multiples of it.

    Returns:
        List of tiles.
    """
    return [
        Tile(rows, columns, inner_rows, inner_columns)
        for rows, inner_rows in _divide(height, size, margin, step)
        for columns, inner_columns in _divide(width, size, margin, step)
    ]


def _divide(length: int, size: int, margin: int, step: int) -> list[tuple[slice, slice]]:
    pitch = math.ceil(length / math.ceil(length / size) / step) * step
    parts = []
    for start in range(0, length, pitch):
        end = min(start + pitch, length)
        first, last = max(start - margin, 0), min(end + margin, length)
        parts.append((slice(first, last), slice(start - first, end - first)))
    return parts


def pool_weights(weights: np.ndarray, height: int, width: int) -> np.ndarray:
    """Means of pixels' weights over the pixels that each position of a feature map stands for.

    Args:
        weights: float array of shape `(batch, image_height, image_width)`.
        height: integer, of the feature map: the image's divided by a stride that is a power of two, rounded up or down.
        width: integer, of the feature map.

    Returns:
        float32 array of shape `(batch, height, width)`.
    """
    stride = 2 ** round(math.log2(max(weights.shape[1] / height, weights.shape[2] / width)))
    missing = [
        max(0, count * stride - length) for count, length in zip((height, width), weights.shape[1:], strict=True)
    ]
    weights = np.pad(weights, ((0, 0), (0, missing[0]), (0, missing[1])), mode="edge")
    weights = weights[:, : height * stride, : width * stride]
    return weights.reshape(-1, height, stride, width, stride).mean((2, 4), dtype=np.float32)
