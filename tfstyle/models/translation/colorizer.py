"""Network that adds colors to gray images."""

import keras
import numpy as np
from keras import ops

from tfstyle.images import LUMA_WEIGHTS
from tfstyle.models.translation.unet_generator import UNetGenerator
from tfstyle.tensors import Tensor

# Rows: what Cb and Cr add to R, G and B (ITU-R BT.601). The luma of each row is 0.
RED, GREEN, BLUE = LUMA_WEIGHTS
FROM_CHROMA = np.array(
    [[0.0, -2 * (1 - BLUE) * BLUE / GREEN, 2 * (1 - BLUE)], [2 * (1 - RED), -2 * (1 - RED) * RED / GREEN, 0.0]],
    "float32",
)


@keras.saving.register_keras_serializable(package="tfstyle")
class Colorizer(UNetGenerator):
    """Predicts the colors of images, and keeps their luminance.

        image -> luminance -> U-Net -> chrominance (Cb, Cr), tanh -> with the luminance to RGB

    The output has the luminance of the input at every pixel, so details cannot be lost. Where a color of that luminance
    would leave the range of RGB, it is desaturated as far as necessary. Of a color image only the luminance is used.

    The arguments are those of `UNetGenerator`, with fewer channels and without a checkerboard by default.

    Args:
        filters: sequence of integers, channels of the encoder blocks, each at half the resolution of the previous one.
        dropout: float in [0, 1), dropout rate in training.
        upsampling: "nearest" or "transposed".

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [-1, 1], of any height and width.
        training: bool, whether dropout is applied.

    Returns:
        float32 tensor of the shape of `images`, RGB in [-1, 1].

    Raises:
        ValueError: as for `UNetGenerator`.

    Reference:
        Isola, Zhu, Zhou, Efros: Image-to-Image Translation with Conditional Adversarial Networks, 2017, section 4.2.
        Differs from the paper: YCbCr instead of Lab, whose luminance survives the conversion to RGB exactly.
    """

    family = "colorizer"
    verb = "colorize"  # of its command, and of its signature for integers
    output_channels = 2

    def __init__(self, filters=(32, 64, 128, 192, 192, 192), dropout=0.0, upsampling="nearest", **kwargs):
        super().__init__(filters, dropout, upsampling, **kwargs)

    def call(self, images, training=False) -> Tensor:
        images = ops.cast(images, "float32")
        luminance = ops.sum(images * ops.array(LUMA_WEIGHTS, "float32"), axis=-1, keepdims=True)
        chrominance = super().call(ops.repeat(luminance, 3, axis=-1), training)
        return with_chrominance(luminance, chrominance)


def with_chrominance(luminance, chrominance) -> Tensor:
    """Converts luminance and chrominance to RGB. Colors outside of RGB are desaturated until they are inside.

    Args:
        luminance: float32 tensor of shape `(batch, height, width, 1)` in [-1, 1].
        chrominance: float32 tensor of shape `(batch, height, width, 2)` in [-1, 1]: Cb and Cr.

    Returns:
        float32 tensor of shape `(batch, height, width, 3)` in [-1, 1], with exactly this luminance up to rounding.
    """
    change = ops.matmul(chrominance, ops.array(FROM_CHROMA, "float32"))
    room = 1.0 - ops.sign(change) * luminance  # to 1 for an increase, to -1 for a decrease
    share = ops.min(room / ops.maximum(ops.abs(change), 1e-6), axis=-1, keepdims=True)
    return luminance + ops.clip(share, 0.0, 1.0) * change
