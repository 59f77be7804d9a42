"""Losses on the light and the color of a stylized image, where those of the photograph matter."""

from keras import ops

from tfstyle.losses.perceptual import total_variation_loss
from tfstyle.tensors import Tensor

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
BLOCK = 8  # pixels: the loss does not restrict details of the size of a stroke
VARIANCE = 0.05  # approximate luminance variance of photographs: scales the loss like the others
SATURATION = 0.25  # norm of the chroma of a saturated surface, approximately


def _luminance(images) -> Tensor:
    """`(batch, height, width, 3)` -> float32 `(batch, height, width, 1)`."""
    return ops.sum(ops.cast(images, "float32") * ops.array(LUMA, "float32"), axis=-1, keepdims=True)


def block_luminance(images) -> Tensor:
    """Mean luminance of blocks of 8 x 8 pixels: `(batch, height, width, 3)` -> `(batch, height / 8, width / 8)`."""
    return ops.average_pool(_luminance(images), BLOCK, BLOCK)[..., 0]


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


def chroma(images) -> Tensor:
    """Colors minus their luminance, zero for gray: `(batch, height, width, 3)` -> float32 of that shape."""
    return ops.cast(images, "float32") - _luminance(images)


def block_chroma(images) -> Tensor:
    """Mean chroma of blocks of 8 x 8 pixels: `(batch, height, width, 3)` -> `(batch, height / 8, width / 8, 3)`."""
    return chroma(ops.average_pool(ops.cast(images, "float32"), BLOCK, BLOCK))


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


def fringe_loss(images) -> Tensor:
    """Total variation of the chroma: colored fringes along contours, and colored grain.

    Eyes see light and shade finely but colors coarsely, and painters do not outline a contour in all colors.

    Args:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1], the stylized images.

    Returns:
        float32 tensor of shape `(batch,)`.
    """
    return total_variation_loss(chroma(images))
