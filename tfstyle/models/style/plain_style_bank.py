"""The style bank of version 0.1.0, to load its weights."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.reflection_padding import mirror_border
from tfstyle.models.style.style_bank import STRIDE, StyleBank, logit
from tfstyle.tensors import Tensor

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
        kwargs["has_details"] = False
        super().__init__(style_names, filters, num_residual_blocks, learned_stroke_sizes=(1.0,), **kwargs)

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
        del config["learned_stroke_sizes"], config["has_details"]
        return config
