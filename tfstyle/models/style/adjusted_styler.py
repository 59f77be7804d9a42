"""The semantic styler of version 0.1.0."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfstyle.layers.adaptive_instance_normalization import AdaptiveInstanceNormalization
from tfstyle.layers.reflection_padding import mirror_border
from tfstyle.layers.residual_block import ConditionalConvolution, ConditionalResidualBlock
from tfstyle.layers.upsampling_convolution import UpsamplingConv2D
from tfstyle.models.perceptual.light_extractor import CONVOLUTIONS, STYLE_LAYERS, LightStyleExtractor
from tfstyle.models.style.arbitrary_styler import ArbitraryStyler
from tfstyle.models.style.style_bank import logit
from tfstyle.public_names import former_method
from tfstyle.statistics import channel_moments, linear_discriminants
from tfstyle.tensors import Tensor

INJECTED_LAYERS = ("stage2_conv2", "stage3_conv2")  # details at half resolution, content at quarter resolution
VECTOR_LAYERS = (*INJECTED_LAYERS, "stage4_conv2")  # the last one for large shapes, at an eighth of it
# Pixels added at each border for the extractor: its zero padding changes the features that far, which would show the
# generator the border, and lead to a frame in the output.
MARGIN = 16
STRIDES = {"stage2_conv2": 2, "stage3_conv2": 4}  # of the input features of the generator
FAR = 8  # side in pixels of the area of one palette color
# Brightness, red against green, and blue against yellow: they are less correlated than red, green and blue.
OPPONENT_COLORS = np.array([[1, 1, 1], [1, -1, 0], [1, 1, -2]], np.float32) / np.sqrt([[3], [2], [6]], dtype=np.float32)
COLOR_EPSILON = 0.02**2  # the color noise of a gray photograph must not be amplified to the colors of a painting
BLOCK_EPSILON = 1e-2  # plain areas must not be normalized into blobs
DARKEST, BRIGHTEST = 0.03, 0.97  # of the palette: strokes could not change colors where the sigmoid saturates


def enlarge(images) -> Tensor:
    """Bilinear upsampling by `FAR`, equal to `ops.image.resize`, which needs a static size."""
    tent = 1.0 - np.abs(np.arange(2 * FAR) - (FAR - 0.5)) / FAR
    kernel = np.einsum("h,w,io->hwio", tent, tent, np.eye(3)).astype("float32")
    return ops.conv_transpose(images, kernel, FAR, padding="same")


def without_border(features, size) -> Tensor:
    """Crops `size` rows and columns on each side."""
    return features[:, size:-size, size:-size, :]


def opponent_colors(images) -> Tensor:
    """Converts RGB to opponent colors: float32 tensor of the shape of `images`."""
    return ops.matmul(ops.cast(images, "float32"), OPPONENT_COLORS.T)


def log_features(outputs, name) -> Tensor:
    """Logarithm of features. It compresses rare peaks of single channels, which the generator turns into blobs."""
    return ops.log1p(outputs[name])


def moments(features, epsilon=1e-5) -> Tensor:
    """Means and standard deviations of the channels, as in AdaIN: float32 tensor `(batch, 2 * channels)`."""
    return ops.concatenate(channel_moments(features, epsilon), axis=-1)


def mean_and_deviation(values) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each component of vectors: two arrays of the length of the last axis."""
    axes = tuple(range(values.ndim - 1))
    return values.mean(axis=axes), values.std(axis=axes) + 0.01  # some channels are always zero


@keras.saving.register_keras_serializable(package="tfstyle")
class AdjustedStyler(ArbitraryStyler):
    """The semantic styler of version 0.1.0: a style vector from pretrained features is injected into a generator.

        painting -> extractor -> style vector (palette | details | content | shapes | discriminants | adjustments)
                                      |                      in every convolution: v
        photograph -> extractor -> content /4 -> AdaIN, conv --+---------------> + -> residual block -> upsample -,
             |            |                                    `-> conv /8 -> residual blocks -> upsample         v
             |            `------- details /2 -> AdaIN, conv ---------------------------> + -> convs -> upsample, conv
             |                                                                                                    v
             `-> colors /8 -> palette, AdaIN, logit -> upsample --------------------------> sigmoid of the sum <--+

    A style vector contains the means and standard deviations of the painting's colors and of the two feature layers
    that AdaIN is applied to, so these statistics match exactly even for unseen styles; those of a deep layer, for large
    shapes; and linear discriminants, which distinguish the painting from others. The standardized vector sets a scale
    and a shift for every convolution of the generator. Convolutions of the residual blocks are normalized first, so the
    strength of their output depends on the style and not on the photograph. The last part of a vector are adjustments,
    which are added to these scales and shifts. `encode_style` returns adjustments of 0; the SavedModel optimizes them
    for a painting at test time.

    The photograph first gets the palette of the style, and the generator adds the strokes. The colors are computed at
    an eighth of the resolution, because the generator cannot remove details of the photograph. The output is the
    sigmoid of the mean of these logits and those of the photograph, weighted by the strength.

    Photograph and painting are encoded by the same frozen extractor, so the generator starts from features of outlines
    and textures. They are taken from the extractor's convolutions, not from its heads.

    Args:
        extractor_weights: weights of `LightStyleExtractor`; "tfstyle" for the shipped weights, None for random ones.
        num_discriminants: integer, number of linear discriminants in a style vector.
        filters: four integers, channels at full, half, quarter and eighth resolution.
        num_residual_blocks: integer, number of residual blocks at an eighth of the resolution.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1], of any height and width.
        style_vectors: float tensor of shape `(batch or 1, style_dim)`, from `encode_style`.
        strength: float tensor of shape `(batch or 1,)` in [0, 1]; 0 returns the photograph.

    Returns:
        float32 tensor of the shape of `images`, RGB in [0, 1].

    Reference:
        Huang, Belongie: Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization, 2017, for the
        injection into pretrained features.
        Ghiasi et al.: Exploring the structure of a real-time, arbitrary neural artistic stylization network, 2017, for
        the vector that all normalizations of the generator depend on. Differs from the paper: no network is trained to
        compute it.
    """

    family = "semantic_style"

    def __init__(
        self,
        extractor_weights="tfstyle",
        num_discriminants=128,
        filters=(16, 32, 80, 144),
        num_residual_blocks=3,
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)  # the shortcut needs the images in full precision
        self.num_discriminants = self.noise_dim = num_discriminants
        self.filters = tuple(filters)
        self.num_residual_blocks = num_residual_blocks
        full, half, quarter, eighth = self.filters
        num_moments = {name: 2 * CONVOLUTIONS[name][0] for name in STYLE_LAYERS}
        self.layer_ends = np.cumsum(list(num_moments.values()))[:-1].tolist()
        # A scale and a shift for each channel of every convolution of the generator, in turn; a block has two of them.
        blocks = [2 * eighth] * num_residual_blocks
        channels = [quarter, eighth, *blocks, quarter, 2 * quarter, half, half, half, full]
        self.parameter_sizes = [2 * number for number in channels]
        self.num_parameters = sum(self.parameter_sizes)
        description = (6, *(num_moments[name] for name in VECTOR_LAYERS), num_discriminants)
        self.description_dim = sum(description)
        self.part_sizes = (*description, self.num_parameters)
        self.style_dim = sum(self.part_sizes)
        options = {"dtype": self.dtype_policy}
        self.extractor = LightStyleExtractor(STYLE_LAYERS, weights=extractor_weights, name="extractor", **options)
        # Computed from paintings by `adapt`, and always in float32: vectors are compared, averaged and exchanged.
        num_statistics = sum(num_moments.values())
        observed = {"dtype": "float32", "trainable": False, "aggregation": "mean"}
        self.usual_mean = self.add_weight((num_statistics,), "zeros", name="usual_mean", **observed)
        self.usual_deviation = self.add_weight((num_statistics,), "ones", name="usual_deviation", **observed)
        self.discriminants = self.add_weight((num_statistics, num_discriminants), name="discriminants", **observed)
        self.usual_vector = self.add_weight((self.description_dim,), "zeros", name="usual_vector", **observed)
        self.vector_deviation = self.add_weight((self.description_dim,), "ones", name="vector_deviation", **observed)
        # For descriptions of about unit length: styles differ from the first step, and none is extreme.
        initializer = keras.initializers.RandomNormal(stddev=0.2)
        self.affine = keras.layers.Dense(
            self.num_parameters, kernel_initializer=initializer, name="affine", dtype="float32"
        )
        options["num_styles"] = None
        self.inject = AdaptiveInstanceNormalization(name="inject", dtype=self.dtype_policy)
        self.merge = ConditionalConvolution(quarter, 3, name="merge", **options)
        self.downsample = ConditionalConvolution(eighth, 3, strides=2, name="downsample", **options)
        self.residual_blocks = [
            ConditionalResidualBlock(eighth, epsilon=BLOCK_EPSILON, name=f"residual_{index}", **options)
            for index in range(num_residual_blocks)
        ]
        self.narrow_eighth = ConditionalConvolution(quarter, 1, activation=None, name="narrow_eighth", **options)
        self.residual_quarter = ConditionalResidualBlock(
            quarter, epsilon=BLOCK_EPSILON, name="residual_quarter", **options
        )
        self.narrow_quarter = ConditionalConvolution(half, 1, activation=None, name="narrow_quarter", **options)
        self.skip = ConditionalConvolution(half, 1, activation=None, name="skip", **options)
        self.upsample = keras.layers.UpSampling2D(2, name="upsample", dtype=self.dtype_policy)
        self.refine = ConditionalConvolution(half, 3, name="refine", **options)
        self.refine_more = ConditionalConvolution(full, 3, name="refine_more", **options)
        self.to_rgb = UpsamplingConv2D(3, name="to_rgb", dtype=self.dtype_policy)
        self.reduce = keras.layers.AveragePooling2D(FAR, name="reduce", dtype="float32")
        self.reduce.build((None, None, None, 3))  # for `summary`
        self.inject_palette = AdaptiveInstanceNormalization(COLOR_EPSILON, name="inject_palette", dtype="float32")
        self.create_weights(keras.Input((None, None, 3)), keras.Input((self.style_dim,)), keras.Input(()))
        for layer in self.extractor.weighted_layers:
            layer.trainable = False  # the flag of the extractor only affects its own list of variables

    def encode_style(self, style_images) -> Tensor:
        description = self.describe(*self.see_moments(style_images))
        return ops.pad(description, [[0, 0], [0, self.num_parameters]])

    def adjust(self, style_vectors, adjustments) -> Tensor:
        """Replaces the adjustments of style vectors.

        Args:
            style_vectors: float tensor of shape `(batch, style_dim)`.
            adjustments: float tensor of shape `(batch, num_parameters)`, added to scales and shifts.

        Returns:
            float32 tensor of shape `(batch, style_dim)`.
        """
        return ops.concatenate([style_vectors[:, : self.description_dim], adjustments], axis=-1)

    def see_moments(self, style_images) -> tuple[Tensor, Tensor]:
        """Moments of the colors of paintings, `(batch, 6)`, and of all feature layers, `(batch, num_statistics)`."""
        outputs = self.extractor.layer_outputs(style_images)
        layers = [moments(log_features(outputs, name)) for name in STYLE_LAYERS]
        return moments(opponent_colors(style_images), COLOR_EPSILON), ops.concatenate(layers, axis=-1)

    def describe(self, palettes, statistics) -> Tensor:
        """Style vectors without adjustments, `(batch, description_dim)`, from the results of `see_moments`."""
        layers = dict(zip(STYLE_LAYERS, ops.split(statistics, self.layer_ends, axis=-1), strict=True))
        statistics = (statistics - self.usual_mean) / self.usual_deviation
        statistics = ops.clip(statistics, -4.0, 4.0)  # for paintings that are far from all others
        discriminants = ops.matmul(statistics, self.discriminants)
        return ops.concatenate([palettes, *(layers[name] for name in VECTOR_LAYERS), discriminants], axis=-1)

    def adapt(self, pairs) -> None:
        """Estimates the mean and standard deviation of style statistics, and their discriminants, from paintings.

        Afterwards the unit of the discriminants is the variation within a painting: those of two crops of one painting
        differ with a standard deviation of about sqrt(2) in each direction.

        Args:
            pairs: iterable of float arrays `(2, height, width, 3)`, RGB in [0, 1]: two parts of one painting.

        Raises:
            ValueError: if there are fewer paintings than half the number of discriminants.
        """
        seen = [self.see_moments(pair) for pair in pairs]
        palettes, statistics = (
            np.stack([ops.convert_to_numpy(pair) for pair in parts]) for parts in zip(*seen, strict=True)
        )
        mean, deviation = mean_and_deviation(statistics)
        self.usual_mean.assign(mean)
        self.usual_deviation.assign(deviation)
        self.discriminants.assign(linear_discriminants((statistics - mean) / deviation, self.num_discriminants))
        vectors = [self.describe(*pair) for pair in zip(palettes, statistics, strict=True)]
        mean, deviation = mean_and_deviation(np.stack([ops.convert_to_numpy(pair) for pair in vectors]))
        self.usual_vector.assign(mean)
        self.vector_deviation.assign(deviation)

    observe_paintings = former_method("observe_paintings", "adapt")

    def vary_style(self, style_vectors, noise) -> Tensor:
        """Adds noise to the discriminants, whose unit is the variation within a painting; all else is kept."""
        before = self.description_dim - self.noise_dim
        return ops.cast(style_vectors, "float32") + ops.pad(noise, [[0, 0], [before, self.num_parameters]])

    def call(self, images, style_vectors, strength) -> Tensor:
        images = ops.cast(images, "float32")
        _, height, width, _ = ops.shape(images)
        padded = mirror_border(images, MARGIN, FAR)
        outputs = self.extractor.layer_outputs(padded)
        inner = {name: without_border(outputs[name], MARGIN // STRIDES[name]) for name in INJECTED_LAYERS}
        strokes = ops.cast(self.paint(inner, style_vectors), "float32")
        colors = self.give_palette(without_border(padded, MARGIN - FAR), style_vectors)
        logits = (without_border(colors, FAR) + strokes)[:, :height, :width, :]
        strength = ops.cast(strength, "float32")[:, None, None, None]
        return ops.sigmoid(strength * logits + (1.0 - strength) * logit(images))

    def give_palette(self, images, style_vectors) -> Tensor:
        """Logits of photographs with the colors of style vectors, at low resolution."""
        colors = self.inject_palette(opponent_colors(self.reduce(images)), style_vectors[:, : self.part_sizes[0]])
        return enlarge(logit(ops.clip(ops.matmul(colors, OPPONENT_COLORS), DARKEST, BRIGHTEST)))

    def paint(self, outputs, style_vectors) -> Tensor:
        """Logits of the strokes, from features of photographs and style vectors."""
        parts = ops.split(style_vectors, np.cumsum(self.part_sizes)[:-1].tolist(), axis=-1)
        details, content = (
            self.inject(log_features(outputs, name), style)
            for name, style in zip(INJECTED_LAYERS, parts[1:3], strict=True)
        )
        styles = iter(ops.split(self.ask(style_vectors), np.cumsum(self.parameter_sizes)[:-1].tolist(), axis=-1))
        quarter = self.merge(content, next(styles))
        hidden = self.downsample(quarter, next(styles))
        for block in self.residual_blocks:
            hidden = block(hidden, next(styles))
        hidden = ops.add(self.upsample(self.narrow_eighth(hidden, next(styles))), quarter)
        hidden = self.residual_quarter(hidden, next(styles))
        hidden = self.upsample(self.narrow_quarter(hidden, next(styles)))
        hidden = ops.add(hidden, self.skip(details, next(styles)))
        hidden = self.refine(hidden, next(styles))
        return self.to_rgb(self.refine_more(hidden, next(styles)))

    def ask(self, style_vectors) -> Tensor:
        """Scales and shifts of every convolution for the styles: float32 tensor `(batch, num_parameters)`."""
        # Of about unit length: Adam moves all weights by similar steps, so long vectors would learn too fast.
        condition = self.standardize(style_vectors) / np.sqrt(self.description_dim)
        return self.affine(condition) + ops.cast(style_vectors[:, self.description_dim :], "float32")

    def standardize(self, style_vectors) -> Tensor:
        """Standardizes style vectors without their adjustments, with the statistics of `adapt`.

        Small differences from the mean are kept, large ones are compressed to about their logarithm.

        Args:
            style_vectors: float tensor of shape `(batch, style_dim)`.

        Returns:
            float32 tensor of shape `(batch, description_dim)`.
        """
        differences = ops.cast(style_vectors[:, : self.description_dim], "float32") - self.usual_vector
        return ops.arcsinh(differences / self.vector_deviation)

    unusual = former_method("unusual", "standardize")

    @staticmethod
    def geometry(config) -> tuple[int, int, int]:
        """Stride, reach in pixels, and bytes of memory for each pixel: what tiles of a picture have to know."""
        # extractor to a quarter, two at 4, blocks at 8, a block at 4, three at 2
        return 8, 13 + 8 + 16 * config["num_residual_blocks"] + 8 + 6 + 16, 1000

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "extractor_weights": None,
            "num_discriminants": self.num_discriminants,
            "filters": self.filters,
            "num_residual_blocks": self.num_residual_blocks,
        }
