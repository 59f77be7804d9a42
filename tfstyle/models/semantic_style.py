"""Any painting as a vector, and a generator that paints with it."""

import keras
import numpy as np
from keras import ops

from tfstyle.layers.reflection_padding import mirror_border
from tfstyle.layers.residual_block import ConditionalConvolution, ConditionalResidualBlock
from tfstyle.layers.spectral_normalization import SpectralNormalization
from tfstyle.layers.style_injection import StyleInjection
from tfstyle.layers.upsampling_convolution import UpsamplingConv2D
from tfstyle.models.arbitrary_styler import ArbitraryStyler
from tfstyle.models.light_extractor import CONTENT_LAYER, CONVOLUTIONS, STYLE_LAYERS, LightStyleExtractor
from tfstyle.models.style_bank import STRIDE, logit
from tfstyle.statistics import channel_moments, linear_discriminants

SKIP_LAYER = "stage2_conv2"
MARGIN = 12  # pixels painted beyond the border and cut off: the extractor's zero paddings are seen mostly there


def compress(style_vectors):
    """Small differences as they are, large ones by their logarithm: paintings differ by one unit or by thirty."""
    return ops.arcsinh(ops.cast(style_vectors, "float32"))


@keras.saving.register_keras_serializable(package="tfstyle")
class SemanticStyler(ArbitraryStyler):
    """Pretrained features of a painting become a style vector, which is injected into the photograph's features.

        painting -> extractor -> channels' log moments, standardized -> discriminants -> style vector
                                                                                     |  in every block
        photograph -> extractor -> inject (features /4), conv -> residual blocks -> upsample, convs -> upsample, conv
             |            `------------- conv (features /2) ---------------------------^                      |
             `-> logit -> inject (colors) -----------------------------------------> sigmoid of the sum <------'

    The style gives the photograph its palette, and the generator adds the strokes. The mean of these logits and of the
    photograph's own, weighted by the strength, goes through the sigmoid.

    Photograph and painting are seen by the same frozen extractor: the generator learns from the first step on with
    features that know outlines and textures. It takes those of the extractor's chain; its heads are for the losses.

    Args:
        extractor_weights: of `LightStyleExtractor`; "tfstyle" for those that ship, None for random ones.
        style_dim: integer, length of the style vector.
        filters: three integers, channels at half resolution, at quarter resolution, and at the full one.
        num_residual_blocks: integer.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1], of any height and width.
        style_vectors: float tensor of shape `(batch or 1, style_dim)`, from `encode_style`.
        strength: float tensor of shape `(batch or 1,)` in [0, 1]; 0 gives the photograph back.

    Returns:
        float32 tensor of the shape of `images`, RGB in [0, 1].

    Reference:
        Ghiasi et al.: Exploring the structure of a real-time, arbitrary neural artistic stylization network, 2017.
        Differs from the paper: the photograph enters as pretrained features, as in Huang and Belongie 2017; the vector
        is made of their statistics.
    """

    family = "semantic_style"
    style_layers, content_layer = STYLE_LAYERS, CONTENT_LAYER

    def __init__(
        self,
        extractor_weights="tfstyle",
        style_dim=128,
        filters=(32, 80, 16),
        num_residual_blocks=3,
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)  # the shortcut needs the images as they came
        self.style_dim = self.noise_dim = style_dim
        self.filters = tuple(filters)
        self.num_residual_blocks = num_residual_blocks
        half, quarter, full = self.filters
        options = {"dtype": self.dtype_policy}
        self.extractor = LightStyleExtractor(STYLE_LAYERS, weights=extractor_weights, name="extractor", **options)
        # Observed in paintings before the training, and always in float32: vectors are compared, averaged, handed on.
        num_statistics = 2 * sum(CONVOLUTIONS[name][0] for name in STYLE_LAYERS)
        observed = {"dtype": "float32", "trainable": False, "aggregation": "mean"}
        self.usual_mean = self.add_weight((num_statistics,), "zeros", name="usual_mean", **observed)
        self.usual_deviation = self.add_weight((num_statistics,), "ones", name="usual_deviation", **observed)
        self.discriminants = self.add_weight((num_statistics, style_dim), name="discriminants", **observed)
        options["num_styles"] = None
        self.inject = StyleInjection(name="inject", dtype=self.dtype_policy)
        self.merge = ConditionalConvolution(quarter, 3, name="merge", **options)
        self.residual_blocks = [
            ConditionalResidualBlock(quarter, name=f"residual_{index}", **options)
            for index in range(num_residual_blocks)
        ]
        self.narrow = ConditionalConvolution(half, 1, name="narrow", **options)
        self.skip = ConditionalConvolution(half, 1, activation=None, name="skip", **options)
        self.upsample = keras.layers.UpSampling2D(2, name="upsample", dtype=self.dtype_policy)
        self.refine = ConditionalConvolution(half, 3, name="refine", **options)
        self.refine_more = ConditionalConvolution(full, 3, name="refine_more", **options)
        self.to_rgb = UpsamplingConv2D(3, name="to_rgb", dtype=self.dtype_policy)
        self.inject_colors = StyleInjection(name="inject_colors", dtype="float32")
        images, vectors = keras.Input((None, None, 3)), self.encode_style(keras.Input((None, None, 3)))
        self(images, vectors, keras.Input(()))
        for layer in self.extractor.weighted_layers:
            layer.trainable = False  # the extractor's own flag hides its variables from its own list alone

    def encode_style(self, style_images):
        return self.encode_statistics(self.extractor.layer_outputs(style_images))

    def encode_statistics(self, outputs):
        """Style vectors of paintings that the extractor has seen.

        Args:
            outputs: layer name -> float tensor `(batch, height, width, channels)`, the extractor's `layer_outputs`.

        Returns:
            float32 tensor of shape `(batch, style_dim)`.
        """
        statistics = (self.log_moments(outputs) - self.usual_mean) / self.usual_deviation
        return ops.matmul(ops.clip(statistics, -4.0, 4.0), self.discriminants)  # however unusual a painting is

    def log_moments(self, outputs):
        """Logarithms of 1 + the channels' means and deviations: float32 tensor `(batch, num_statistics)`."""
        moments = [moment for name in STYLE_LAYERS for moment in channel_moments(outputs[name])]
        return ops.log(1.0 + ops.concatenate(moments, axis=-1))

    def observe_paintings(self, pairs):
        """Learns what is usual in paintings, and what tells one from another however it is cropped.

        Afterwards the vectors of two crops of one painting differ in each direction with a deviation of about sqrt(2):
        distances are in units of how much a painting varies.

        Args:
            pairs: iterable of float arrays `(2, height, width, 3)`, RGB in [0, 1]: two parts of one painting.
        """
        moments = np.stack(
            [ops.convert_to_numpy(self.log_moments(self.extractor.layer_outputs(pair))) for pair in pairs]
        )
        mean = moments.mean(axis=(0, 1))
        deviation = moments.std(axis=(0, 1)) + 0.01  # some channels are always silent
        self.usual_mean.assign(mean)
        self.usual_deviation.assign(deviation)
        self.discriminants.assign(linear_discriminants((moments - mean) / deviation, self.style_dim))

    def vary_style(self, style_vectors, noise):
        return ops.add(ops.cast(style_vectors, "float32"), noise)  # its unit is how much a painting varies

    def call(self, images, style_vectors, strength):
        images = ops.cast(images, "float32")
        _, height, width, _ = ops.shape(images)
        outputs = self.extractor.layer_outputs(mirror_border(images, MARGIN, STRIDE))
        style_vectors = compress(style_vectors)
        strokes = self.paint(outputs, style_vectors)[:, MARGIN : MARGIN + height, MARGIN : MARGIN + width, :]
        photograph = logit(images)
        logits = self.inject_colors(photograph, style_vectors) + ops.cast(strokes, "float32")
        strength = ops.cast(strength, "float32")[:, None, None, None]
        return ops.sigmoid(strength * logits + (1.0 - strength) * photograph)

    def paint(self, outputs, style_vectors):
        """Logits of the strokes, of photographs that the extractor has seen and compressed style vectors."""
        # Rare peaks of single channels would become blobs: logarithms make them small.
        content, details = (ops.log(1.0 + outputs[name]) for name in (CONTENT_LAYER, SKIP_LAYER))
        hidden = self.merge(self.inject(content, style_vectors), style_vectors)
        for block in self.residual_blocks:
            hidden = block(hidden, style_vectors)
        hidden = self.upsample(self.narrow(hidden, style_vectors))
        hidden = ops.add(hidden, self.skip(details, style_vectors))
        hidden = self.refine(hidden, style_vectors)
        return self.to_rgb(self.refine_more(hidden, style_vectors))

    def get_config(self):
        return {
            **super().get_config(),
            "extractor_weights": None,
            "style_dim": self.style_dim,
            "filters": self.filters,
            "num_residual_blocks": self.num_residual_blocks,
        }


@keras.saving.register_keras_serializable(package="tfstyle")
class StylePatchDiscriminator(keras.Model):
    """Is shown a style, and judges of each patch of an image whether it belongs to a painting in this style.

        image -> conv /2 -> conv /4 -> conv /8 -> features h of each patch -> logit = w . h + (E style_vector) . h

    No padding: a patch is judged by what it shows, not by where it lies.

    Args:
        style_dim: integer, length of a style vector.
        filters: sequence of integers, channels of the convolutions.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1]; both sides at least 22.
        style_vectors: float tensor of shape `(batch or 1, style_dim)`.
        training: bool, moves the power iterations of the spectral normalization.

    Returns:
        float32 tensor of shape `(batch, height', width', 1)`: one logit a patch of 22 x 22 pixels, every eighth pixel.

    Reference:
        Isola et al.: Image-to-Image Translation with Conditional Adversarial Networks, 2017, section 3.2.2.
        Miyato, Koyama: cGANs with Projection Discriminator, 2018, equation 3.
    """

    def __init__(self, style_dim=256, filters=(48, 96, 192), **kwargs):
        super().__init__(**kwargs)
        self.style_dim = style_dim
        self.filters = tuple(filters)
        options = {"dtype": self.dtype_policy}
        self.convolutions = [
            SpectralNormalization(keras.layers.Conv2D(width, 4, 2, **options), name=f"conv_{index}", **options)
            for index, width in enumerate(self.filters)
        ]
        self.project = SpectralNormalization(
            keras.layers.Dense(self.filters[-1], name="project", dtype="float32"), name="project_sn", dtype="float32"
        )
        self(keras.Input((None, None, 3)), keras.Input((style_dim,)))

    def call(self, images, style_vectors, training=False):
        return self.judge(self.see(images, training), style_vectors, training)

    def see(self, images, training=False):
        """Features of each patch: float32 tensor of shape `(batch, height', width', filters[-1])`."""
        hidden = 2.0 * images - 1.0
        for convolution in self.convolutions:
            hidden = keras.activations.leaky_relu(convolution(hidden, training=training), 0.2)
        return ops.cast(hidden, "float32")

    def judge(self, patches, style_vectors, training=False):
        """Logits of patches, shown a style: float32 tensor of shape `(batch, height', width', 1)`."""
        direction = self.project(compress(style_vectors), training=training)
        return ops.sum(patches * direction[:, None, None, :], axis=-1, keepdims=True)

    def get_config(self):
        return {**super().get_config(), "style_dim": self.style_dim, "filters": self.filters}
