"""Network that fills holes in images."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.gated_convolution import GatedConvolution
from tfstyle.layers.hole_diffusion import HoleDiffusion
from tfstyle.models.base_model import BaseModel
from tfstyle.models.translation.unet_generator import mirrored_to_multiple
from tfstyle.tensors import Tensor

STRIDE = 4


@keras.saving.register_keras_serializable(package="tfstyle")
class Inpainter(BaseModel):
    """Fills the holes of images with gated convolutions, and returns the other pixels unchanged.

        image, mask -> diffusion -> gated 5x5 ------------------------------------> + -> conv 3x3 -> + -> in the hole
                           |          `-> gated /2, gated --------------> + -> up --^                ^
                           |                 `-> gated /4 -> dilated gated -> up -^                  |
                           `-------------------------------------------------------------------------'

    Colors that diffuse into the holes from their edges are the first guess, which meets the edges without a step; the
    network adds what they lack: nothing before training. The dilated convolutions, each with a shortcut, see 30 pixels
    further in every direction at a quarter of the resolution, which spans holes of about 200 pixels.

    Differs from the paper: one network instead of a coarse and a fine one, and no contextual attention, so that it is
    light enough for a CPU; skip connections, so that structures continue sharply across the edge of a hole; the first
    guess, so that the network need not learn to copy colors.

    Args:
        filters: three integers, channels at full, half and quarter resolution.
        dilation_rates: sequence of integers, one for each dilated convolution.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [-1, 1], of any height and width. Pixels in
            the holes have no effect.
        masks: float tensor of shape `(batch, height, width, 1)`: 1 in the holes, 0 elsewhere.

    Returns:
        float32 tensor of the shape of `images`, RGB in [-1, 1].

    Raises:
        ValueError: if there are not three positive `filters`, or a dilation rate is not positive.

    Example:
        >>> images, masks = keras.ops.zeros((1, 97, 131, 3)), keras.ops.ones((1, 97, 131, 1))
        >>> Inpainter()(images, masks).shape
        TensorShape([1, 97, 131, 3])

    Reference:
        Yu, Lin, Yang, Shen, Lu, Huang: Free-Form Image Inpainting with Gated Convolution, 2019, section 3.
    """

    family = "inpainter"
    verb = "repair"  # of its command, and of its signature for integers

    def __init__(self, filters=(24, 48, 96), dilation_rates=(1, 2, 4, 8, 16, 1), **kwargs):
        filters, dilation_rates = tuple(filters), tuple(dilation_rates)
        if len(filters) != 3 or min(filters) < 1:
            raise ValueError(f"`filters` must be three positive integers. Received: filters={filters}.")
        if not dilation_rates or min(dilation_rates) < 1:
            raise ValueError(
                f"`dilation_rates` must be positive integers, at least one. Received: dilation_rates={dilation_rates}."
            )
        super().__init__(autocast=False, **kwargs)
        self.filters = filters
        self.dilation_rates = dilation_rates
        options = {"dtype": self.dtype_policy}
        full, half, quarter = filters
        self.diffusion = HoleDiffusion(name="diffusion", dtype="float32")
        self.stem = GatedConvolution(full, 5, name="stem", **options)
        self.to_half = GatedConvolution(half, strides=2, name="to_half", **options)
        self.at_half = GatedConvolution(half, name="at_half", **options)
        self.to_quarter = GatedConvolution(quarter, strides=2, name="to_quarter", **options)
        self.dilated = [
            GatedConvolution(quarter, dilation_rate=rate, name=f"dilated_{index}", **options)
            for index, rate in enumerate(dilation_rates)
        ]
        self.up_to_half = GatedConvolution(half, upsample=True, name="up_to_half", **options)
        self.merge_half = GatedConvolution(half, name="merge_half", **options)
        self.up_to_full = GatedConvolution(full, upsample=True, name="up_to_full", **options)
        self.to_rgb = keras.layers.Conv2D(3, 3, padding="same", kernel_initializer="zeros", name="to_rgb", **options)
        self.create_weights(keras.Input((None, None, 3)), keras.Input((None, None, 1)))

    def call(self, images, masks) -> Tensor:
        _, height, width, _ = ops.shape(images)
        images, masks = ops.cast(images, "float32"), ops.cast(masks, "float32")
        known = images * (1.0 - masks)
        guess = self.diffusion(known, masks)
        padded = mirrored_to_multiple(ops.concatenate([guess, masks], axis=-1), STRIDE, 1)
        at_full = self.stem(ops.cast(padded, self.compute_dtype))
        at_half = self.at_half(self.to_half(at_full))
        hidden = self.to_quarter(at_half)
        for layer in self.dilated:
            hidden = hidden + layer(hidden)
        hidden = self.merge_half(ops.concatenate([self.up_to_half(hidden), at_half], axis=-1))
        hidden = ops.concatenate([self.up_to_full(hidden), at_full], axis=-1)
        correction = ops.cast(self.to_rgb(hidden)[:, :height, :width], "float32")
        return known + masks * ops.clip(guess + correction, -1.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters, "dilation_rates": self.dilation_rates}
