"""Losses on the light and the color of a stylized image, where those of the photograph matter."""

import numpy as np
from keras import ops

from tfstyle.tensors import Tensor

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
BLOCK = 8  # pixels: the loss does not restrict details of the size of a stroke
VARIANCE = 0.05  # approximate luminance variance of photographs: scales the loss like the others
SATURATION = 0.25  # norm of the chroma of a saturated surface, approximately
DAB = 4  # pixels: a palette has the colors of dabs of paint, not of the grain between them
NUM_QUANTILES = 64
# Axes of color on which palettes are compared, as columns: red, green, blue, their differences, gray, yellow and sepia.
AXES = np.array(
    [[1, 0, 0, 1, 0, -1, 1, 1, 2], [0, 1, 0, -1, 1, 0, 1, 1, -1], [0, 0, 1, 0, -1, 1, 1, -2, -1]], "float32"
)
AXES = AXES / np.linalg.norm(AXES, axis=0)


def block_luminance(images) -> Tensor:
    """Mean luminance of blocks of 8 x 8 pixels: `(batch, height, width, 3)` -> `(batch, height / 8, width / 8)`."""
    luminance = ops.sum(ops.cast(images, "float32") * ops.array(LUMA, "float32"), axis=-1, keepdims=True)
    return ops.average_pool(luminance, BLOCK, BLOCK)[..., 0]


def tone_loss(images, photographs, curves) -> Tensor:
    """Squared error between the block luminance and that of the photograph, mapped by the tone curve of the style.

    Args:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1], the stylized images.
        photographs: float tensor of the same shape.
        curves: float tensor of shape `(batch, num_knots)`: the target luminance of evenly spaced luminances of the
            photograph, from black to white; linear between the knots.

    Returns:
        float32 tensor of shape `(batch,)`: the mean squared error, divided by 0.05.
    """
    num_segments = curves.shape[-1] - 1
    position = ops.clip(block_luminance(photographs), 0.0, 1.0) * num_segments
    knots = ops.arange(num_segments + 1, dtype="float32")
    shares = ops.maximum(1.0 - ops.abs(position[..., None] - knots), 0.0)
    target = ops.einsum("bhwk,bk->bhw", shares, ops.cast(curves, "float32"))
    return ops.mean(ops.square(block_luminance(images) - target), axis=(1, 2)) / VARIANCE


def block_chroma(images) -> Tensor:
    """Mean color of blocks of 8 x 8 pixels, minus its luminance.

    Args:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1].

    Returns:
        float32 tensor of shape `(batch, height / 8, width / 8, 3)`, zero for gray.
    """
    colors = ops.average_pool(ops.cast(images, "float32"), BLOCK, BLOCK)
    return colors - ops.sum(colors * ops.array(LUMA, "float32"), axis=-1, keepdims=True)


def accent_loss(images, photographs) -> Tensor:
    """Squared error of the block chroma, weighted by the saturation of the photograph.

    Gray areas of the photograph can take any color of the painting, but a red cap stays red.

    Args:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1], the stylized images.
        photographs: float tensor of the same shape.

    Returns:
        float32 tensor of shape `(batch,)`: the mean weighted squared error, divided by 0.05. The weight of a block is
        the norm of its chroma divided by 0.25, at most 1.
    """
    target = block_chroma(photographs)
    # The square root has no gradient at 0, but the photographs need none.
    saturation = ops.minimum(ops.sqrt(ops.sum(ops.square(target), axis=-1)) / SATURATION, 1.0)
    errors = ops.sum(ops.square(block_chroma(images) - target), axis=-1)
    return ops.mean(saturation * errors, axis=(1, 2)) / VARIANCE


def palette(images) -> Tensor:
    """Quantiles of the colors of dabs of 4 x 4 pixels, on nine axes of color.

    Args:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1], with at least 4 pixels a side.

    Returns:
        float32 tensor of shape `(batch, 9, 64)`, ascending along the last axis.
    """
    dabs = ops.average_pool(ops.cast(images, "float32"), DAB, DAB)
    colors = ops.reshape(dabs, (ops.shape(dabs)[0], -1, 3))
    on_axes = ops.sort(ops.transpose(ops.matmul(colors, ops.array(AXES)), (0, 2, 1)), axis=-1)
    count = ops.cast(ops.shape(on_axes)[-1], "float32")
    ranks = (ops.arange(NUM_QUANTILES, dtype="float32") + 0.5) / NUM_QUANTILES * count
    return ops.take(on_axes, ops.cast(ranks, "int32"), axis=-1)


def palette_loss(images, palettes) -> Tensor:
    """Sliced Wasserstein distance of the colors of an image and those of a painting.

    Gram matrices know the mean of the colors and how they vary together; this loss also asks for the few yellow stars
    of a blue night. Images and paintings may differ in size.

    Args:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1], the stylized images.
        palettes: float tensor of shape `(batch or 1, 9, 64)`, from `palette` of the paintings.

    Returns:
        float32 tensor of shape `(batch,)`: the mean squared difference of the quantiles, divided by 0.05.

    Reference:
        Bonneel, Rabin, Peyre, Pfister: Sliced and Radon Wasserstein Barycenters of Measures, 2015. Differs from the
        paper: the axes are fixed.
    """
    return ops.mean(ops.square(palette(images) - ops.cast(palettes, "float32")), axis=(1, 2)) / VARIANCE
