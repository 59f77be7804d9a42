"""Network that fills holes in images."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.gated_convolution import GatedConvolution
from tfstyle.layers.hole_diffusion import HoleDiffusion
from tfstyle.layers.upsampling_convolution import UpsamplingConv2D
from tfstyle.models.base_model import BaseModel
from tfstyle.models.translation.unet_generator import mirrored_to_multiple
from tfstyle.tensors import Tensor

STEM_SIZE = 5  # of the first kernel, in pixels


@keras.saving.register_keras_serializable(package="tfstyle")
class Inpainter(BaseModel):
    """Fills the holes of images, and returns the other pixels unchanged.

        image, mask -> diffusion -> gated /2 -> block --------------------------> + -> block -> up, conv -> + -> holes
                           |            `-> gated /4 -> block ------> + -> block up-^                       ^
                           |                      `-> ... -> block up-^                                     |
                           `--------------------------------------------------------------------------------'

    Colors that diffuse into the holes from their edges are the first guess, which meets the edges without a step; the
    network adds what they lack: nothing before training. Gated convolutions reduce the resolution, so that each level
    can weigh what it takes from known pixels and what from the guess. A block is conv 3x3, ReLU, conv 3x3 and a
    shortcut. No features have the full resolution.

    Differs from the paper: one network instead of a coarse and a fine one, and no contextual attention, so that it is
    light enough for a CPU; skip connections, so that structures continue sharply across the edge of a hole; the first
    guess, so that the network need not learn to copy colors; ordinary convolutions between the gated ones.

    Args:
        filters: sequence of at least two integers, channels at 1/2, 1/4, ... of the resolution.
        num_residual_blocks: integer, at the lowest resolution. The others have one on the way down and one on the way
            up.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [-1, 1], of any height and width. Pixels in
            the holes have no effect.
        masks: float tensor of shape `(batch, height, width, 1)`: 1 in the holes, 0 elsewhere.

    Returns:
        float32 tensor of the shape of `images`, RGB in [-1, 1].

    Raises:
        ValueError: if there are fewer than two `filters`, or an argument is not positive.

    Example:
        >>> images, masks = keras.ops.zeros((1, 97, 131, 3)), keras.ops.ones((1, 97, 131, 1))
        >>> Inpainter()(images, masks).shape
        TensorShape([1, 97, 131, 3])

    Reference:
        Yu, Lin, Yang, Shen, Lu, Huang: Free-Form Image Inpainting with Gated Convolution, 2019, section 3.
    """

    family = "inpainter"
    verb = "repair"  # of its command, and of its signature for integers

    def __init__(self, filters=(48, 72, 128, 192), num_residual_blocks=3, **kwargs):
        filters = tuple(filters)
        if len(filters) < 2 or min(filters) < 1 or num_residual_blocks < 1:
            raise ValueError(
                "`filters` must be at least two positive integers, and `num_residual_blocks` positive. "
                f"Received: filters={filters}, num_residual_blocks={num_residual_blocks}."
            )
        super().__init__(autocast=False, **kwargs)
        self.filters = filters
        self.num_residual_blocks = num_residual_blocks
        options = {"dtype": self.dtype_policy}
        self.diffusion = HoleDiffusion(name="diffusion", dtype="float32")
        self.reductions = [
            GatedConvolution(width, 3 if level else STEM_SIZE, strides=2, name=f"down_{level}", **options)
            for level, width in enumerate(filters)
        ]
        last = len(filters) - 1
        self.blocks_down = [
            [
                self._make_block(width, f"block_{level}_{index}")
                for index in range(num_residual_blocks if level == last else 1)
            ]
            for level, width in enumerate(filters)
        ]
        self.narrowings = [
            keras.layers.Conv2D(width, 1, name=f"up_{level}", **options) for level, width in enumerate(filters[:-1])
        ]
        self.upsample = keras.layers.UpSampling2D(name="upsample", **options)
        self.blocks_up = [self._make_block(width, f"block_up_{level}") for level, width in enumerate(filters[:-1])]
        self.to_rgb = UpsamplingConv2D(3, kernel_initializer="zeros", name="to_rgb", **options)
        self.create_weights(keras.Input((None, None, 3)), keras.Input((None, None, 1)))

    def _make_block(self, filters, name):
        return [
            keras.layers.Conv2D(filters, 3, padding="same", name=f"{name}_{part}", dtype=self.dtype_policy)
            for part in ("first", "second")
        ]

    def call(self, images, masks) -> Tensor:
        _, height, width, _ = ops.shape(images)
        images, masks = ops.cast(images, "float32"), ops.cast(masks, "float32")
        known = images * (1.0 - masks)
        guess = self.diffusion(known, masks)
        hidden = mirrored_to_multiple(ops.concatenate([guess, masks], axis=-1), 2 ** len(self.filters), 1)
        hidden = ops.cast(hidden, self.compute_dtype)
        skips = []
        for reduce, blocks in zip(self.reductions, self.blocks_down, strict=True):
            hidden = reduce(hidden)
            for block in blocks:
                hidden = with_residual(block, hidden)
            skips.append(hidden)
        skips.pop()
        for narrow, block in zip(self.narrowings[::-1], self.blocks_up[::-1], strict=True):
            hidden = with_residual(block, skips.pop() + self.upsample(narrow(hidden)))
        correction = ops.cast(self.to_rgb(hidden)[:, :height, :width], "float32")
        return known + masks * ops.clip(guess + correction, -1.0, 1.0)

    @staticmethod
    def geometry(config) -> tuple[int, int, int]:
        """Stride, reach in pixels, and bytes of memory for each pixel: what tiles of a picture have to know."""
        strides = [2 ** (level + 1) for level in range(len(config["filters"]))]
        # A pixel of each level by its gated convolution, and its blocks and upsampling: two convolutions a
        # block, of which all levels but the last have two.
        blocks = [2] * (len(strides) - 1) + [config["num_residual_blocks"]]
        reach = sum(stride * (2 + 2 * number) for stride, number in zip(strides, blocks, strict=True))
        return strides[-1], reach, 100 + 18 * config["filters"][0]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters, "num_residual_blocks": self.num_residual_blocks}


def with_residual(block, hidden) -> Tensor:
    """The features plus what the two convolutions of a residual block make of them."""
    first, second = block
    return hidden + second(ops.relu(first(hidden)))
