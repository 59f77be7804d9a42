"""The style bank of version 0.1.0, to load its weights."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfstyle.layers.reflection_padding import mirror_border
from tfstyle.layers.residual_block import ConditionalConvolution, ConditionalResidualBlock
from tfstyle.layers.upsampling_convolution import UpsamplingConv2D
from tfstyle.models.style.style_bank import StyleBank, logit
from tfstyle.tensors import Tensor

STRIDE = 4
MARGIN = 8


@keras.saving.register_keras_serializable(package="tfstyle")
class PlainStyleBank(StyleBank):
    """Style bank without noise and with a single stroke size.

        image -> conv /2 -> conv /4 -> residual blocks -> narrow -> upsample, convs /2 -> upsample, conv -> sigmoid
         `-------------------------------- logit, weighted by the style --------------------------------^

    Style banks exported by tfstyle 0.1.0 have this class. Use `StyleBank` for new ones: it adds no hatching to plain
    areas.

    Args:
        style_names: as for `StyleBank`.
        filters: three integers, channels at 1/2, 1/4 and full resolution.
        num_residual_blocks: integer, number of residual blocks at the lowest resolution.

    Call arguments:
        images: as for `StyleBank`.
        style_weights: as for `StyleBank`.
        stroke_sizes: ignored, as are `seeds`, `corner` and `displacements`: the network has one stroke size and no
            noise.

    Returns:
        float32 tensor of the shape of `images`, RGB in [0, 1].
    """

    has_noise = False

    def __init__(self, style_names, filters=(32, 80, 16), num_residual_blocks=3, **kwargs):
        super().__init__(style_names, filters, num_residual_blocks, learned_stroke_sizes=(1.0,), **kwargs)

    def _make_layers(self, **options):
        half, quarter, full = self.filters
        self.stem = ConditionalConvolution(half, 5, strides=2, name="stem", **options)
        self.down = ConditionalConvolution(quarter, 3, strides=2, name="down", **options)
        self.residual_blocks = [
            ConditionalResidualBlock(quarter, name=f"residual_{index}", **options)
            for index in range(self.num_residual_blocks)
        ]
        self.narrow = ConditionalConvolution(half, 1, name="narrow", **options)
        self.refine = ConditionalConvolution(half, 3, name="refine", **options)
        self.refine_more = ConditionalConvolution(full, 3, name="refine_more", **options)
        self.upsample = keras.layers.UpSampling2D(2, name="upsample", dtype=self.dtype_policy)
        # Without bias: if the last normalization returns zeros, the output is the shortcut.
        self.to_rgb = UpsamplingConv2D(3, name="to_rgb", dtype=self.dtype_policy)
        self.shortcut = keras.layers.Dense(
            3, use_bias=False, kernel_initializer="zeros", name="shortcut", dtype="float32"
        )

    @property
    def style_variables(self) -> list[keras.Variable]:
        return [variable for layer in (*self.normalizations, self.shortcut) for variable in layer.trainable_variables]

    def _make_identity(self):
        """Sets row 0 of the last normalization to zero, and row 0 of the shortcut to one."""
        is_painter = np.arange(len(self.style_names))[:, None] > 0
        last = self.refine_more.normalization
        last.scale.assign(np.where(is_painter, last.scale, 0.0))
        self.shortcut.kernel.assign(np.where(is_painter, self.shortcut.kernel, 1.0))

    def call(self, images, style_weights, stroke_sizes=None, seeds=None, corner=None, displacements=None) -> Tensor:
        images = ops.cast(images, "float32")
        _, height, width, _ = ops.shape(images)
        hidden = mirror_border(images, MARGIN, STRIDE)
        hidden = self.stem(hidden, style_weights)
        hidden = self.down(hidden, style_weights)
        for block in self.residual_blocks:
            hidden = block(hidden, style_weights)
        hidden = self.upsample(self.narrow(hidden, style_weights))
        hidden = ops.reshape(hidden, ops.shape(hidden))  # the converter of LiteRT loses the channels when it upsamples
        hidden = self.refine_more(self.refine(hidden, style_weights), style_weights)
        hidden = self.to_rgb(hidden)
        logits = ops.cast(hidden[:, MARGIN : MARGIN + height, MARGIN : MARGIN + width, :], "float32")
        return ops.sigmoid(logits + self.shortcut(style_weights)[:, None, None, :] * logit(images))

    @staticmethod
    def geometry(config) -> tuple[int, int, int]:
        """Stride, reach in pixels, and bytes of memory for each pixel: what tiles of a picture have to know."""
        # 5x5, 3x3 at 2, blocks at 4, three convolutions at 2
        return 4, 2 + 2 + 8 * config["num_residual_blocks"] + 6 + 8, 300

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["learned_stroke_sizes"]
        return config
