"""One transform network for many styles."""

import keras
import numpy as np
from keras import ops

from tfstyle.layers.conditional_instance_normalization import ConditionalInstanceNormalization
from tfstyle.layers.reflection_padding import mirror_border
from tfstyle.layers.residual_block import ConditionalConvolution, ConditionalResidualBlock
from tfstyle.layers.upsampling_convolution import UpsamplingConv2D
from tfstyle.models.base_model import BaseModel

IDENTITY = "identity"
STRIDE = 4
MARGIN = 8  # pixels painted beyond the border and cut off: near its own paddings the network paints less well


def logit(images):
    """The inverse of the sigmoid; 0 and 1 are taken for half a level of 8 bits from there."""
    images = ops.clip(images, 1 / 512, 511 / 512)
    return ops.log(images) - ops.log(1.0 - images)


@keras.saving.register_keras_serializable(package="tfstyle")
class StyleBank(BaseModel):
    """Feed-forward network that paints a photograph in any of its styles, or in a mixture of them.

        image -> conv /2 -> conv /4 -> residual blocks -> narrow -> upsample, convs /2 -> upsample, conv -> sigmoid
         `-------------------------------- logit, weighted by the style --------------------------------^

    Johnson's transform network, made conditional as Dumoulin's, with most of its work at a quarter of the resolution.
    The first style is "identity", which gives the photograph back: strength and blending interpolate with it. Its last
    scales and shifts are zero, so that nothing but the shortcut reaches the output.

    Differs from the papers: a 5x5 stem with stride 2 instead of a 9x9 one without; a narrow decoder; a mirrored margin
    that is cut off again; the shortcut, since instance normalization forgets the photograph's contrast and color and
    could not give them back.

    Args:
        style_names: sequence of distinct strings; the first is "identity".
        filters: three integers, channels at half resolution, at quarter resolution, and at the full one.
        num_residual_blocks: integer.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1], of any height and width.
        style_weights: float tensor of shape `(batch, num_styles)`; rows that sum to 1.

    Returns:
        float32 tensor of the shape of `images`, RGB in [0, 1].

    Raises:
        ValueError: if names repeat, or the first is not "identity".

    Example:
        >>> bank = StyleBank(["identity", "waves"])
        >>> bank(keras.ops.ones((1, 97, 131, 3)), keras.ops.array([[0.0, 1.0]])).shape
        TensorShape([1, 97, 131, 3])

    Reference:
        Johnson, Alahi, Fei-Fei: Perceptual Losses for Real-Time Style Transfer, 2016.
        Dumoulin, Shlens, Kudlur: A Learned Representation for Artistic Style, 2017.
    """

    family = "style_bank"

    def __init__(self, style_names, filters=(32, 80, 16), num_residual_blocks=3, **kwargs):
        style_names = tuple(style_names)
        if not style_names or style_names[0] != IDENTITY or len(set(style_names)) != len(style_names):
            raise ValueError(
                f"`style_names` must be distinct and begin with {IDENTITY!r}. Received: style_names={style_names}."
            )
        super().__init__(autocast=False, **kwargs)  # the shortcut needs the images as they came
        self.style_names = style_names
        self.filters = tuple(filters)
        self.num_residual_blocks = num_residual_blocks
        half, quarter, full = self.filters
        options = {"num_styles": len(style_names), "dtype": self.dtype_policy}
        self.stem = ConditionalConvolution(half, 5, strides=2, name="stem", **options)
        self.down = ConditionalConvolution(quarter, 3, strides=2, name="down", **options)
        self.residual_blocks = [
            ConditionalResidualBlock(quarter, name=f"residual_{index}", **options)
            for index in range(num_residual_blocks)
        ]
        self.narrow = ConditionalConvolution(half, 1, name="narrow", **options)
        self.refine = ConditionalConvolution(half, 3, name="refine", **options)
        self.refine_more = ConditionalConvolution(full, 3, name="refine_more", **options)
        self.upsample = keras.layers.UpSampling2D(2, name="upsample", dtype=self.dtype_policy)
        # Without bias: where the last normalization gives zeros, the shortcut alone is the output.
        self.to_rgb = UpsamplingConv2D(3, name="to_rgb", dtype=self.dtype_policy)
        self.shortcut = keras.layers.Dense(
            3, use_bias=False, kernel_initializer="zeros", name="shortcut", dtype="float32"
        )
        self.create_weights(keras.Input((None, None, 3)), keras.Input((len(style_names),)))
        self._make_identity()

    @classmethod
    def from_pretrained(cls, name_or_folder):
        """The same as `from_preset`."""
        return cls.from_preset(name_or_folder)

    def with_new_styles(self, new_style_names, dtype=None):
        """A bank that knows more styles; what it knew it still does bit for bit.

        Args:
            new_style_names: sequence of strings. Each new style begins as the mean of the painters of this bank.
            dtype: precision of the new bank; this one's by default.

        Returns:
            `StyleBank`.

        Raises:
            ValueError: if a name is taken.
        """
        config = self.get_config()
        config["style_names"] = (*self.style_names, *new_style_names)
        config["dtype"] = dtype or self.dtype_policy
        bank = type(self).from_config(config)
        for new, old in zip(bank.weights, self.weights, strict=True):
            rows = ops.convert_to_numpy(old)
            if new.shape != old.shape:
                painters = rows[1:] if len(rows) > 1 else ops.convert_to_numpy(new)[1:2]
                mean = painters.mean(axis=0, keepdims=True)
                rows = np.concatenate([rows, np.repeat(mean, len(new_style_names), axis=0)])
            new.assign(rows)
        return bank

    @property
    def normalizations(self):
        """All conditional normalizations."""
        return [layer for layer in self._flatten_layers() if isinstance(layer, ConditionalInstanceNormalization)]

    @property
    def style_variables(self):
        """The variables with a row for each style: what is trained when a style is added."""
        return [variable for layer in (*self.normalizations, self.shortcut) for variable in layer.trainable_variables]

    def _make_identity(self):
        """Row 0 of the last normalization: nothing. Row 0 of the shortcut: all of the photograph."""
        is_painter = np.arange(len(self.style_names))[:, None] > 0
        last = self.refine_more.normalization
        last.scale.assign(np.where(is_painter, last.scale, 0.0))
        self.shortcut.kernel.assign(np.where(is_painter, self.shortcut.kernel, 1.0))

    def call(self, images, style_weights):
        images = ops.cast(images, "float32")
        _, height, width, _ = ops.shape(images)
        hidden = mirror_border(images, MARGIN, STRIDE)
        hidden = self.stem(hidden, style_weights)
        hidden = self.down(hidden, style_weights)
        for block in self.residual_blocks:
            hidden = block(hidden, style_weights)
        hidden = self.upsample(self.narrow(hidden, style_weights))
        hidden = self.refine_more(self.refine(hidden, style_weights), style_weights)
        hidden = self.to_rgb(hidden)
        logits = ops.cast(hidden[:, MARGIN : MARGIN + height, MARGIN : MARGIN + width, :], "float32")
        return ops.sigmoid(logits + self.shortcut(style_weights)[:, None, None, :] * logit(images))

    def get_config(self):
        return {
            **super().get_config(),
            "style_names": self.style_names,
            "filters": self.filters,
            "num_residual_blocks": self.num_residual_blocks,
        }
