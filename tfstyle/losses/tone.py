"""A loss on the tone curve of a stylized image."""

from keras import ops

from tfstyle.tensors import Tensor

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
BLOCK = 8  # pixels: the loss does not restrict details of the size of a stroke
VARIANCE = 0.05  # approximate luminance variance of photographs: scales the loss like the others


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
