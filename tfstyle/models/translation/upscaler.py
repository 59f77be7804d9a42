"""Network that enlarges images."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.bicubic_upsampling import BicubicUpsampling2D
from tfstyle.layers.reflection_padding import mirror_border
from tfstyle.layers.upsampling_convolution import UpsamplingConv2D
from tfstyle.models.base_model import BaseModel
from tfstyle.tensors import Tensor

MARGIN = 2  # mirrored pixels at the border, so that zero padding does not darken it


@keras.saving.register_keras_serializable(package="tfstyle")
class Upscaler(BaseModel):
    """Enlarges images: bicubic interpolation plus a learned residual.

        image -> conv 3x3 -> residual blocks -> conv -> [up, ReLU] x log2(scale) -> conv 3x3 -> + -> output
          |                                                                                     ^
          `------------------------------------- bicubic ---------------------------------------'

    A residual block is conv 3x3, ReLU, conv 3x3. There is no normalization, which would change contrast (Lim et al.).
    The last convolution begins at zero, so the network starts as bicubic interpolation. The upsampling is nearest
    neighbor interpolation and a convolution, computed at the lower resolution, which causes no checkerboard.

    Args:
        scale: integer, a power of two: output pixels per input pixel, in each direction.
        filters: integer, channels.
        num_residual_blocks: integer.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [-1, 1], of any height and width.

    Returns:
        float32 tensor of shape `(batch, scale * height, scale * width, 3)`, RGB in [-1, 1].

    Raises:
        ValueError: if `scale` is not a power of two, or another argument is not positive.

    Example:
        >>> Upscaler()(keras.ops.zeros((1, 24, 33, 3))).shape
        TensorShape([1, 96, 132, 3])

    Reference:
        Lim, Son, Kim, Nah, Lee: Enhanced Deep Residual Networks for Single Image Super-Resolution (EDSR), 2017.
        Shi et al.: Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural
        Network, 2016.
    """

    family = "upscaler"
    verb = "upscale"  # of its command, and of its signature for integers

    def __init__(self, scale=4, filters=48, num_residual_blocks=8, **kwargs):
        num_doublings = scale.bit_length() - 1 if isinstance(scale, int) else 0
        if num_doublings < 1 or 2**num_doublings != scale:
            raise ValueError(f"`scale` must be 2, 4, 8 or another power of two. Received: scale={scale!r}.")
        if filters < 1 or num_residual_blocks < 1:
            raise ValueError(
                "`filters` and `num_residual_blocks` must be positive. "
                f"Received: filters={filters}, num_residual_blocks={num_residual_blocks}."
            )
        super().__init__(autocast=False, **kwargs)
        self.scale = scale
        self.filters = filters
        self.num_residual_blocks = num_residual_blocks
        options = {"dtype": self.dtype_policy}

        def convolution(name, channels=filters, **more):
            return keras.layers.Conv2D(channels, 3, padding="same", name=name, **more, **options)

        self.stem = convolution("stem")
        self.blocks = [
            (convolution(f"block_{index}_first"), convolution(f"block_{index}_second"))
            for index in range(num_residual_blocks)
        ]
        self.bottleneck = convolution("bottleneck")
        self.upsamplings = [UpsamplingConv2D(filters, name=f"up_{index}", **options) for index in range(num_doublings)]
        self.to_rgb = convolution("to_rgb", 3, kernel_initializer="zeros")
        self.bicubic = BicubicUpsampling2D(scale, name="bicubic", dtype="float32")
        self.create_weights(keras.Input((None, None, 3)))

    def call(self, images) -> Tensor:
        _, height, width, _ = ops.shape(images)
        images = ops.cast(images, "float32")
        first = hidden = self.stem(ops.cast(mirror_border(images, MARGIN, 1, 1), self.compute_dtype))
        for enter, leave in self.blocks:
            hidden = hidden + leave(ops.relu(enter(hidden)))
        hidden = first + self.bottleneck(hidden)
        for upsample in self.upsamplings:
            hidden = ops.relu(upsample(hidden))
        margin = self.scale * MARGIN
        residual = self.to_rgb(hidden)[:, margin : margin + self.scale * height, margin : margin + self.scale * width]
        return ops.clip(self.bicubic(images) + ops.cast(residual, "float32"), -1.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "scale": self.scale,
            "filters": self.filters,
            "num_residual_blocks": self.num_residual_blocks,
        }
