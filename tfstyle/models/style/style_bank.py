"""A feed-forward network for many styles."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfstyle.layers.carried_noise import carry_noise
from tfstyle.layers.conditional_instance_normalization import ConditionalInstanceNormalization
from tfstyle.layers.noise_injection import NoiseInjection, layered_noise
from tfstyle.layers.reflection_padding import mirror_border
from tfstyle.layers.residual_block import ConditionalConvolution, ConditionalResidualBlock
from tfstyle.layers.upsampling_convolution import UpsamplingConv2D
from tfstyle.models.base_model import BaseModel
from tfstyle.tensors import Shape, Tensor

IDENTITY = "identity"
STRIDE = 4
MARGIN = 16  # pixels added at each border and cropped from the output: quality drops near the network's padding
FIRST_CHANNEL = {4: 0, 2: 200}  # of the noise at each stride, so that no noise occurs twice
NUM_OCTAVES = 2  # at each stride: larger waves are seen as blotches that belong to no object
STROKE_SIZES = (0.5, 1.0, 2.0)


def logit(images) -> Tensor:
    """Inverse of the sigmoid. Inputs are clipped to half an 8-bit level from 0 and 1."""
    images = ops.clip(images, 1 / 512, 511 / 512)
    return ops.log(images) - ops.log(1.0 - images)


def stroke_weights(stroke_sizes, learned_sizes) -> Tensor:
    """Interpolation weights of the learned stroke sizes: linear in the logarithm, between the two nearest sizes.

    Args:
        stroke_sizes: float tensor of shape `(batch,)`, positive; clipped to the range of the learned sizes.
        learned_sizes: ascending floats.

    Returns:
        float32 tensor of shape `(batch, num_sizes)`; rows sum to 1.
    """
    logs = np.log(np.asarray(learned_sizes, "float32"))
    position = ops.clip(ops.log(ops.cast(stroke_sizes, "float32")), logs[0], logs[-1])[:, None]
    if len(logs) == 1:
        return ops.ones_like(position)
    rising = ops.clip((position - logs[:-1]) / (logs[1:] - logs[:-1]), 0.0, 1.0)
    above = ops.pad(rising, ((0, 0), (1, 0)), constant_values=1.0)
    below = ops.pad(rising, ((0, 0), (0, 1)), constant_values=0.0)
    return above - below


@keras.saving.register_keras_serializable(package="tfstyle")
class StyleBank(BaseModel):
    """Feed-forward network that stylizes a photograph in any of its styles, or in a mixture of them.

                    ,------------------------ details -------------------------v
        image -> conv /2 -> conv /4 -> residual blocks -> narrow -> up /2 -> convs -> up, conv -> + -> sigmoid
          `---------------------------- logit, weighted by the style -----------------------------^

    The transform network of Johnson et al. with the conditional normalization of Dumoulin et al. Most layers work at a
    quarter of the resolution; the details of the first convolution skip them, so that contours stay crisp. Each
    residual block and the first convolution at half resolution get noise (`NoiseInjection`), which prevents hatching in
    plain areas. The first style is "identity", which returns the photograph: strength and blending interpolate with it.
    The scales and shifts of its last normalization are zero, so that only the shortcut reaches the output.

    Differs from the papers: a 5x5 stem with stride 2 instead of a 9x9 one with stride 1; a narrow decoder; a
    mirrored margin that is cropped again; noise; a shortcut, because instance normalization removes the brightness and
    the color of the photograph.

    Args:
        style_names: sequence of distinct strings; the first is "identity".
        filters: three integers, channels at 1/2, 1/4 and full resolution.
        num_residual_blocks: integer, number of residual blocks at the lowest resolution.
        learned_stroke_sizes: ascending floats, the scales of the painting at which each style is learned; 1 is the
            default size.
        has_details: bool, whether the decoder sees the features of the first convolution, too.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1], of any height and width.
        style_weights: float tensor of shape `(batch, num_styles)`; rows that sum to 1.
        stroke_sizes: float tensor of shape `(batch or 1,)`, interpolated between the learned sizes; 1 by default.
        seeds: int32 tensor of shape `(batch or 1,)`, seeds of the noise; 0 by default.
        corner: int32 tensor of shape `(2,)`, row and column of the first pixel if the images are tiles of a larger
            image, multiples of 4; 0 by default.

    Returns:
        float32 tensor of the shape of `images`, RGB in [0, 1].

    Raises:
        ValueError: if names repeat, the first name is not "identity", or the stroke sizes do not ascend.

    Example:
        >>> bank = StyleBank(["identity", "waves"])
        >>> bank(keras.ops.ones((1, 97, 131, 3)), keras.ops.array([[0.0, 1.0]])).shape
        TensorShape([1, 97, 131, 3])

    Reference:
        Johnson, Alahi, Fei-Fei: Perceptual Losses for Real-Time Style Transfer, 2016.
        Dumoulin, Shlens, Kudlur: A Learned Representation for Artistic Style, 2017.
        Karras, Laine, Aila: A Style-Based Generator Architecture for Generative Adversarial Networks, 2019 (noise).
    """

    family = "style_bank"
    has_noise = True
    canvas = 512  # longest side up to which `tfstyle.stylize` enlarges small photographs
    unnamed_class = "PlainStyleBank"  # version 0.1.0 did not save the class: its only one has this name now

    def __init__(
        self,
        style_names,
        filters=(32, 80, 32),
        num_residual_blocks=3,
        learned_stroke_sizes=STROKE_SIZES,
        has_details=True,
        **kwargs,
    ):
        style_names = tuple(style_names)
        if not style_names or style_names[0] != IDENTITY or len(set(style_names)) != len(style_names):
            raise ValueError(
                f"`style_names` must be distinct and start with {IDENTITY!r}. Received: style_names={style_names}."
            )
        sizes = tuple(learned_stroke_sizes)
        if not sizes or sizes[0] <= 0 or list(sizes) != sorted(set(sizes)):
            raise ValueError(f"`learned_stroke_sizes` must be positive and ascending. Received: {sizes}.")
        super().__init__(autocast=False, **kwargs)  # the shortcut needs the images in full precision
        self.style_names = style_names
        self.filters = tuple(filters)
        self.num_residual_blocks = num_residual_blocks
        self.learned_stroke_sizes = sizes
        self.has_details = has_details
        self._make_layers(num_styles=len(style_names) * len(sizes), dtype=self.dtype_policy)
        self.create_weights(keras.Input((None, None, 3)), keras.Input((len(style_names),)))
        self._make_identity()

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
        if self.has_noise:
            self._make_noise_layers(**options)

    def _make_noise_layers(self, **options):
        self.noises = [NoiseInjection(name=f"noise_{index}", **options) for index in range(self.num_residual_blocks)]
        self.noise_half = NoiseInjection(name="noise_half", **options)

    @classmethod
    def from_config(cls, config, custom_objects=None) -> "StyleBank":
        return super().from_config({"has_details": False, **config}, custom_objects)  # saved before there were details

    @classmethod
    def from_pretrained(cls, name_or_folder) -> "StyleBank":
        """Alias of `from_preset`."""
        return cls.from_preset(name_or_folder)

    def with_new_styles(self, new_style_names, dtype=None) -> "StyleBank":
        """Returns a bank with more styles. The outputs of the existing styles are the same bit for bit.

        Args:
            new_style_names: sequence of strings. Each new style is initialized with the mean of all styles of this bank
                except the identity.
            dtype: precision of the new bank; by default that of this bank.

        Returns:
            `StyleBank`.

        Raises:
            ValueError: if a name exists already.
        """
        config = self.get_config()
        config["style_names"] = (*self.style_names, *new_style_names)
        config["dtype"] = dtype or self.dtype_policy
        bank = type(self).from_config(config)
        sizes = len(self.learned_stroke_sizes)
        for new, old in zip(bank.weights, self.weights, strict=True):
            values = ops.convert_to_numpy(old)
            if new.shape != old.shape:
                painters = values[sizes:] if len(values) > sizes else ops.convert_to_numpy(new)[sizes : 2 * sizes]
                mean = painters.reshape(-1, sizes, *values.shape[1:]).mean(axis=0)
                values = np.concatenate([values, *[mean] * len(new_style_names)])
            new.assign(values)
        return bank

    def with_stroke_sizes(self, learned_stroke_sizes, dtype=None) -> "StyleBank":
        """Returns a bank with other learned stroke sizes, each initialized with the nearest size of this bank.

        Args:
            learned_stroke_sizes: ascending floats.
            dtype: precision of the new bank; by default that of this bank.

        Returns:
            `StyleBank`.

        Raises:
            ValueError: if the sizes do not ascend.
        """
        config = self.get_config()
        config["learned_stroke_sizes"] = tuple(learned_stroke_sizes)
        config["dtype"] = dtype or self.dtype_policy
        bank = type(self).from_config(config)
        distances = np.abs(np.log(np.divide.outer(bank.learned_stroke_sizes, self.learned_stroke_sizes)))
        nearest = distances.argmin(axis=1)
        for new, old in zip(bank.weights, self.weights, strict=True):
            values = ops.convert_to_numpy(old)
            if any(old is variable for variable in self.style_variables):
                by_size = values.reshape(len(self.style_names), -1, *values.shape[1:])
                values = by_size[:, nearest].reshape(-1, *values.shape[1:])
            new.assign(values)
        return bank

    @property
    def normalizations(self) -> list[ConditionalInstanceNormalization]:
        """All conditional normalization layers."""
        return [layer for layer in self._flatten_layers() if isinstance(layer, ConditionalInstanceNormalization)]

    @property
    def style_variables(self) -> list[keras.Variable]:
        """The variables with one row per style: the ones that are trained when a style is added."""
        noises = [layer for layer in self._flatten_layers() if isinstance(layer, NoiseInjection)]
        layers = (*self.normalizations, *noises, self.shortcut)
        return [variable for layer in layers for variable in layer.trainable_variables]

    def _make_identity(self):
        """Sets the identity's rows of the last normalization to zero, and those of the shortcut to one."""
        last = self.refine_more.normalization
        is_painter = np.arange(last.scale.shape[0])[:, None] >= len(self.learned_stroke_sizes)
        last.scale.assign(np.where(is_painter, last.scale, 0.0))
        self.shortcut.kernel.assign(np.where(is_painter, self.shortcut.kernel, 1.0))

    def rows(self, style_weights, stroke_sizes) -> Tensor:
        """Weights of the rows, `(batch, num_styles * num_stroke_sizes)`, from style weights and stroke sizes."""
        sizes = stroke_weights(stroke_sizes, self.learned_stroke_sizes)
        products = ops.cast(style_weights, "float32")[:, :, None] * sizes[:, None, :]
        return ops.reshape(products, (-1, len(self.style_names) * len(self.learned_stroke_sizes)))

    def compute_output_shape(self, *shapes, **named_shapes) -> Shape:
        return (*shapes, *named_shapes.values())[0]  # that of the images; within a model, Keras knows no other

    def call(self, images, style_weights, stroke_sizes=None, seeds=None, corner=None, displacements=None) -> Tensor:
        images = ops.cast(images, "float32")
        _, height, width, _ = ops.shape(images)
        style = self.rows(style_weights, ops.ones((1,)) if stroke_sizes is None else stroke_sizes)
        seeds = ops.zeros((1,), "int32") if seeds is None else seeds
        corner = (ops.zeros((2,), "int32") if corner is None else corner) - MARGIN
        if displacements is not None:
            displacements = mirror_border(displacements[None], MARGIN, STRIDE)

        details = self.stem(mirror_border(images, MARGIN, STRIDE), style)
        hidden = self.down(details, style)
        noises = self._noise(4, hidden, seeds, corner, displacements, self.num_residual_blocks)
        for noise, injection, block in zip(noises, self.noises, self.residual_blocks, strict=True):
            hidden = block(injection(hidden, noise, style), style)

        hidden = self.upsample(self.narrow(hidden, style))
        (noise,) = self._noise(2, hidden, seeds, corner, displacements)
        hidden = self.noise_half(hidden, noise, style)
        if self.has_details:
            hidden = ops.concatenate([hidden, details], axis=-1)
        hidden = self.to_rgb(self.refine_more(self.refine(hidden, style), style))

        logits = ops.cast(hidden[:, MARGIN : MARGIN + height, MARGIN : MARGIN + width, :], "float32")
        return ops.sigmoid(logits + self.shortcut(style)[:, None, None, :] * logit(images))

    @staticmethod
    def _noise(stride, hidden, seeds, corner, displacements, num_layers=1):
        """Noise of the size of the feature maps, at their position in the image."""
        _, height, width, _ = ops.shape(hidden)
        noises = layered_noise(seeds, num_layers, NUM_OCTAVES, corner // stride, height, width, FIRST_CHANNEL[stride])
        return noises if displacements is None else carry_noise(noises, displacements, stride)

    @staticmethod
    def geometry(config) -> tuple[int, int, int]:
        """Stride, reach in pixels, and bytes of memory for each pixel: what tiles of a picture have to know."""
        # 5x5, 3x3 at 2, blocks at 4, three convolutions at 2, and the mirrored margin
        return STRIDE, 2 + 2 + 8 * config["num_residual_blocks"] + 6 + MARGIN, 400

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "style_names": self.style_names,
            "filters": self.filters,
            "num_residual_blocks": self.num_residual_blocks,
            "learned_stroke_sizes": self.learned_stroke_sizes,
            "has_details": self.has_details,
        }
