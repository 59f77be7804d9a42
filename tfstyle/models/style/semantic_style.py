"""Arbitrary style transfer: each painting is a mixture of learned basis styles."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfstyle.layers.spectral_normalization import SpectralNormalization
from tfstyle.models.base_model import BaseModel
from tfstyle.models.perceptual.light_extractor import CONVOLUTIONS, STYLE_LAYERS, LightStyleExtractor
from tfstyle.models.style.arbitrary_styler import ArbitraryStyler
from tfstyle.models.style.style_bank import IDENTITY, StyleBank
from tfstyle.statistics import channel_moments
from tfstyle.tensors import Tensor

BASIS_DEVIATION = 0.02  # of the initial basis styles, whose scales and shifts are added to those of the mean style
SMALLEST_DEVIATION = 0.02  # that `adapt` scales to 1: channels that never respond are not enlarged
VECTOR_DEVIATION = 0.1  # of initial style vectors: all begin near the mean style; far mixtures are no paintings


def nearly_zero(inputs) -> keras.initializers.Initializer:
    """The initializer of a dense layer whose outputs begin at about `VECTOR_DEVIATION` if its inputs are about 1."""
    return keras.initializers.RandomNormal(stddev=VECTOR_DEVIATION / inputs**0.5)


@keras.saving.register_keras_serializable(package="tfstyle")
class SemanticStyler(ArbitraryStyler):
    """Arbitrary style transfer: a style bank whose styles are a learned basis of all styles.

        painting -> extractor -> moments of each channel -> normalization -> dense -> dense -> style vector v
                                                                                                   |
        photograph -> style bank, in the style   mean style + sum over k of v_k * basis style k  <-'

    The transform network is that of `StyleBank`, with its noise. Where a bank has a row of scales, shifts and noise
    weights for each style, this network has a mean row and one row for each component of a style vector. A frozen
    extractor describes the painting by the means and standard deviations of its channels and of its colors, and two
    dense layers map them to the vector. With a strength below 1, the identity is a part of the mixture.

    Args:
        extractor_weights: weights of `LightStyleExtractor`; "tfstyle" for the shipped weights, None for random ones.
        style_dim: integer, length of a style vector: the number of basis styles.
        hidden_dim: integer, units of the hidden dense layer.
        filters: as in `StyleBank`.
        num_residual_blocks: as in `StyleBank`.
        has_details: as in `StyleBank`.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1], of any height and width.
        style_vectors: float tensor of shape `(batch or 1, style_dim)`, from `encode_style`.
        strength: float tensor of shape `(batch or 1,)` in [0, 1]; 0 returns the photograph.
        seeds: int32 tensor of shape `(batch or 1,)`, seeds of the noise; 0 by default.
        corner: as in `StyleBank`.
        displacements: as in `StyleBank`.

    Returns:
        float32 tensor of the shape of `images`, RGB in [0, 1].

    Reference:
        Ghiasi et al.: Exploring the structure of a real-time, arbitrary neural artistic stylization network, 2017.
        Differs from the paper: the describing network is frozen, and its features are pooled to means and deviations;
        noise is an input.
    """

    family = "semantic_style"
    unnamed_class = "AdjustedStyler"  # version 0.1.0 did not save the class: its only one has this name now
    has_noise = True
    canvas = 1536  # its strokes wipe out more than those of a bank

    def __init__(
        self,
        extractor_weights="tfstyle",
        style_dim=256,
        hidden_dim=512,
        filters=(32, 80, 32),
        num_residual_blocks=3,
        has_details=True,
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)  # the shortcut needs the images in full precision
        self.style_dim = style_dim
        self.hidden_dim = hidden_dim
        self.filters = tuple(filters)
        self.num_residual_blocks = num_residual_blocks
        self.has_details = has_details
        options = {"dtype": self.dtype_policy}
        self.extractor = LightStyleExtractor(STYLE_LAYERS, weights=extractor_weights, name="extractor", **options)
        # Vectors are always in float32: they are compared, averaged and exchanged.
        self.normalization = keras.layers.LayerNormalization(name="normalization", dtype="float32")
        self.hidden = keras.layers.Dense(hidden_dim, activation="relu", name="hidden", dtype="float32")
        self.to_vector = keras.layers.Dense(
            style_dim, kernel_initializer=nearly_zero(hidden_dim), name="to_vector", dtype="float32"
        )
        num_moments = 2 * (3 + sum(CONVOLUTIONS[name][0] for name in STYLE_LAYERS))
        self.normalization.build((None, num_moments))
        self.hidden.build((None, num_moments))
        self.to_vector.build((None, hidden_dim))
        names = [IDENTITY, "mean", *(f"basis_{index}" for index in range(style_dim))]
        self.bank = StyleBank(names, self.filters, num_residual_blocks, (1.0,), has_details, name="bank", **options)
        self._make_basis()
        self.create_weights(keras.Input((None, None, 3)), keras.Input((style_dim,)), keras.Input(()))
        for layer in self.extractor.weighted_layers:
            layer.trainable = False  # the flag of the extractor only affects its own list of variables

    def _make_basis(self):
        """Sets the basis styles to small deviations from the mean style."""
        for variable in self.bank.style_variables:
            rows = ops.convert_to_numpy(variable).copy()
            rows[2:] = keras.random.normal(rows[2:].shape, stddev=BASIS_DEVIATION)
            variable.assign(rows)

    @classmethod
    def from_config(cls, config, custom_objects=None) -> "SemanticStyler":
        return super().from_config({"has_details": False, **config}, custom_objects)  # as `StyleBank.from_config`

    def start_from_bank(self, bank) -> None:
        """Copies the transform network of a style bank. Its mean style becomes the mean style.

        Args:
            bank: `StyleBank` with the same `filters`, `num_residual_blocks` and `has_details`. The basis begins with
                the deviations of its styles from their mean.

        Raises:
            ValueError: if the networks differ in size.
        """
        names = ("filters", "num_residual_blocks", "has_details")
        own, theirs = (", ".join(f"{name}={getattr(network, name)}" for name in names) for network in (self, bank))
        if own != theirs:
            raise ValueError(f"The bank must have {own}. Received: {theirs}.")
        bank = bank.with_stroke_sizes((1.0,))
        of_styles = {id(variable) for variable in bank.style_variables}
        for own, theirs in zip(self.bank.weights, bank.weights, strict=True):
            values = ops.convert_to_numpy(theirs)
            if id(theirs) in of_styles:
                rows, mean = ops.convert_to_numpy(own).copy(), values[1:].mean(axis=0)
                deviations = (values[1:] - mean)[: self.style_dim]
                rows[:2], rows[2 : 2 + len(deviations)] = (values[0], mean), deviations
                values = rows
            own.assign(values)

    def adapt(self, style_images) -> None:
        """Sets scale and shift of the normalization so that each moment has mean 0 and deviation 1 over paintings.

        As `keras.layers.Normalization.adapt`: to be called once, before the training. Moments differ in size and vary
        little around large means, and a dense layer of such inputs learns slowly.

        Args:
            style_images: iterable of float arrays `(batch, height, width, 3)`, RGB in [0, 1]; some hundred paintings.
        """
        normalization = self.normalization
        normalization.gamma.assign(ops.ones_like(normalization.gamma))
        normalization.beta.assign(ops.zeros_like(normalization.beta))
        moments = np.concatenate([normalization(self.moments(images)) for images in style_images])
        scale = 1.0 / np.maximum(moments.std(axis=0), SMALLEST_DEVIATION)
        normalization.gamma.assign(scale)
        normalization.beta.assign(-scale * moments.mean(axis=0))

    def moments(self, style_images) -> Tensor:
        """Means and standard deviations of colors and log features: float32 tensor `(batch, num_moments)`."""
        outputs = self.extractor.layer_outputs(style_images)
        # The logarithm compresses rare peaks of single channels.
        layers = [ops.cast(style_images, "float32"), *(ops.log1p(outputs[name]) for name in STYLE_LAYERS)]
        return ops.concatenate([part for layer in layers for part in channel_moments(layer)], axis=-1)

    def encode_style(self, style_images) -> Tensor:
        return self.to_vector(self.hidden(self.normalization(self.moments(style_images))))

    def call(self, images, style_vectors, strength, seeds=None, corner=None, displacements=None) -> Tensor:
        vectors = ops.cast(style_vectors, "float32")
        strength = ops.cast(strength, "float32")[:, None]
        painted = strength * ops.concatenate([ops.ones_like(vectors[:, :1]), vectors], axis=-1)
        identity = (1.0 - strength) * ops.ones_like(painted[:, :1])
        style_weights = ops.concatenate([identity, painted], axis=-1)
        return self.bank(images, style_weights, None, seeds, corner, displacements)

    @staticmethod
    def geometry(config) -> tuple[int, int, int]:
        """Stride, reach in pixels, and bytes of memory for each pixel: what tiles of a picture have to know."""
        return StyleBank.geometry(config)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "extractor_weights": None,
            "style_dim": self.style_dim,
            "hidden_dim": self.hidden_dim,
            "filters": self.filters,
            "num_residual_blocks": self.num_residual_blocks,
            "has_details": self.has_details,
        }


@keras.saving.register_keras_serializable(package="tfstyle")
class StylePatchDiscriminator(BaseModel):
    """Conditional patch discriminator: classifies whether patches belong to a painting in the given style.

        image -> conv /2 -> conv /4 -> conv /8 -> features h of each patch -> logit = w . h + (E style_vector) . h

    There is no padding, so the logit of a patch does not depend on its position.

    Args:
        style_dim: integer, length of a style vector.
        filters: sequence of integers, channels of the convolutions.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1]; both sides at least 22.
        style_vectors: float tensor of shape `(batch or 1, style_dim)`: from `SemanticStyler.encode_style`.
        training: bool, whether to update the power iterations of the spectral normalization.

    Returns:
        float32 tensor of shape `(batch, height', width', 1)`: a logit per patch of 22 x 22 pixels, every eighth pixel.

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
        self.create_weights(keras.Input((None, None, 3)), keras.Input((style_dim,)))

    def call(self, images, style_vectors, training=False) -> Tensor:
        return self.judge(self.see(images, training), style_vectors, training)

    def see(self, images, training=False) -> Tensor:
        """Features of each patch: float32 tensor of shape `(batch, height', width', filters[-1])`."""
        hidden = 2.0 * images - 1.0
        for convolution in self.convolutions:
            hidden = keras.activations.leaky_relu(convolution(hidden, training=training), 0.2)
        return ops.cast(hidden, "float32")

    def judge(self, patches, style_vectors, training=False) -> Tensor:
        """Logits of patches for a style: float32 tensor of shape `(batch, height', width', 1)`."""
        direction = self.project(style_vectors, training=training)
        return ops.sum(patches * direction[:, None, None, :], axis=-1, keepdims=True)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "style_dim": self.style_dim, "filters": self.filters}
