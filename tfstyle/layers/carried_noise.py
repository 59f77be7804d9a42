"""Noise that travels with what moves."""

import numpy as np
from keras import ops

from tfstyle.tensors import Tensor


def carry_noise(noises, displacements, stride) -> list[Tensor]:
    """Takes each value of noise from another place: the one where what is seen there was first.

    Between four places the values are interpolated. White noise would lose contrast by that, so its weights are divided
    by the root of the sum of their squares; the coarser octaves are smooth.

    Args:
        noises: list of float tensors of shape `(batch, height, width, num_octaves)`, from `layered_noise`.
        displacements: float tensor of shape `(1, stride * height, stride * width, 2)`: rows and columns, in pixels,
            from each pixel to the place whose noise it has.
        stride: integer, pixels from one value of the noise to the next.

    Returns:
        List of tensors of the shapes and dtypes of `noises`. Places beyond the border are at the border. Without
        displacement the noise is the same bit for bit.
    """
    # The pixel in the middle, not the mean: at the border of two motions that would be the place of neither.
    steps = ops.cast(displacements[0, stride // 2 :: stride, stride // 2 :: stride], "float32") / stride
    height, width, _ = ops.shape(steps)
    rows, row_weights = _neighbors(steps[..., 0] + ops.cast(ops.arange(height), "float32")[:, None], height)
    columns, column_weights = _neighbors(steps[..., 1] + ops.cast(ops.arange(width), "float32"), width)
    carried = []
    for noise in noises:
        num_octaves = noise.shape[-1]
        flat = ops.reshape(noise, (-1, height * width, num_octaves))
        is_white = np.arange(num_octaves) == 0
        total = 0.0
        for row, (row_weight, white_row_weight) in zip(rows, row_weights, strict=True):
            for column, (weight, white_weight) in zip(columns, column_weights, strict=True):
                of_octaves = ops.where(
                    is_white, (white_row_weight * white_weight)[..., None], (row_weight * weight)[..., None]
                )
                total = total + ops.take(flat, row * width + column, axis=1) * of_octaves
        carried.append(total)
    return carried


def _neighbors(positions, size):
    """The two whole positions around each, and for each of the two its weight for smooth and for white noise."""
    positions = ops.clip(positions, 0.0, ops.cast(size - 1, "float32"))
    first = ops.floor(positions)
    after = positions - first
    before = 1.0 - after
    length = ops.sqrt(before**2 + after**2)
    indices = ops.cast(first, "int32")
    last = ops.minimum(indices + 1, size - 1)
    return (indices, last), ((before, before / length), (after, after / length))
