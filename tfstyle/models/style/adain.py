"""Arbitrary style transfer by adaptive instance normalization."""

from typing import Any

import keras
from keras import ops
from keras.initializers import VarianceScaling

from tfstyle.layers.adaptive_instance_normalization import AdaptiveInstanceNormalization
from tfstyle.layers.reflection_padding import ReflectionPadding2D, mirror_border
from tfstyle.models.perceptual.vgg19_extractor import BLOCKS, VGG19StyleExtractor
from tfstyle.models.style.arbitrary_styler import ArbitraryStyler
from tfstyle.statistics import channel_moments
from tfstyle.tensors import Shape, Tensor

# Pixels added at each border and cropped again, where the encoder sees its zero padding. Half of the largest stride.
MARGIN = 8


@keras.saving.register_keras_serializable(package="tfstyle")
class InverseCNN(keras.layers.Layer):
    """The decoder of AdaIN: mirrors VGG19 and inverts the features of the first convolution of a block.

    The convolutions are those of VGG19 in reverse order, with the same channels. Nearest neighbor upsampling replaces
    max pooling and reflection padding replaces zero padding, to avoid checkerboards and frames. There is no
    normalization, which would remove the statistics set by AdaIN.

    Args:
        filters: sequence of integers, channels after each upsampling; their number selects the VGG19 block whose
            features are the input. The default mirrors VGG19 from `block4_conv1`.

    Call arguments:
        features: float tensor of shape `(batch, height, width, channels)`; both sides at least 2.

    Returns:
        float32 tensor of shape `(batch, stride * height, stride * width, 3)` with `stride = 2 ** len(filters)`, RGB in
        [0, 1].

    Raises:
        ValueError: if `filters` is empty, or has more entries than VGG19 has pooling layers.

    Reference:
        Huang, Belongie: Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization, 2017, section 6.
        Differs from the paper: a sigmoid keeps the image in range.
    """

    def __init__(self, filters=(256, 128, 64), **kwargs):
        if not 0 < len(filters) < len(BLOCKS):
            raise ValueError(f"`filters` must be 1 to {len(BLOCKS) - 1} integers. Received: filters={filters}.")
        super().__init__(**kwargs)
        self.filters = tuple(filters)
        options = {"dtype": self.dtype_policy}
        channels = {f"block{len(filters) + 1}_conv1": filters[0]}
        for block, own, next_block in zip(range(len(filters), 0, -1), filters, (*filters[1:], 3), strict=True):
            for number in range(len(BLOCKS[f"block{block}"]), 0, -1):
                channels[f"block{block}_conv{number}"] = own if number > 1 else next_block
        self.blocks = [f"block{number}" for number in range(len(filters) + 1, 0, -1)]
        self.padding = ReflectionPadding2D(1, name="padding", **options)
        self.upsample = keras.layers.UpSampling2D(2, name="upsample", **options)
        self.convolutions = [
            keras.layers.Conv2D(
                number,
                3,
                activation="linear" if name == "block1_conv1" else "relu",
                # A tenth of the usual scale for the last one: outputs start at gray, where the sigmoid is steepest.
                kernel_initializer=VarianceScaling(0.02 if name == "block1_conv1" else 2.0),
                name=name,
                **options,
            )
            for name, number in channels.items()
        ]

    def build(self, features_shape) -> None:
        shape = features_shape
        for convolution in self.convolutions:
            convolution.build(shape)
            shape = (*shape[:-1], convolution.filters)

    def call(self, features) -> Tensor:
        for block in self.blocks:
            features = self.invert(block, features)
        return features

    def invert(self, block, features) -> Tensor:
        """Inverts one block of VGG19.

        Args:
            block: string, "block1" and so on.
            features: float tensor `(batch, height, width, channels)`: the output of the block after its pooling; for
                the deepest block, the output of its first convolution.

        Returns:
            Tensor of the shape of the block's input, `(batch, 2 * height, 2 * width, channels)`; for the deepest block,
            with the height and width of `features`; for "block1", the float32 image.
        """
        hidden = features
        if block != self.blocks[0]:
            hidden = self.upsample(hidden)
            hidden = ops.reshape(hidden, ops.shape(hidden))  # the converter of LiteRT loses the channels otherwise
        for convolution in self.convolutions:
            if convolution.name.startswith(block):
                hidden = convolution(self.padding(hidden))
        return ops.sigmoid(ops.cast(hidden, "float32")) if block == "block1" else hidden

    def compute_output_shape(self, features_shape) -> Shape:
        batch, *sides, _ = features_shape
        return (batch, *(side and side * 2 ** len(self.filters) for side in sides), 3)

    def compute_output_spec(self, features) -> keras.KerasTensor:
        return keras.KerasTensor(self.compute_output_shape(features.shape), "float32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "filters": self.filters}


@keras.saving.register_keras_serializable(package="tfstyle")
class AdaINStyler(ArbitraryStyler):
    """Arbitrary style transfer: AdaIN on VGG19 features, followed by a decoder.

        photograph -> VGG19 -> AdaIN -> (1 - strength) content + strength stylized -> inverse CNN -> image
        painting -> VGG19 -> means and standard deviations --^

    The style vector is the concatenation of the channels' means and standard deviations, so the average of two vectors
    is the interpolation of styles in the paper, and `strength` is its alpha. At strength 0 the output is the
    reconstruction of the photograph by the decoder.

    Differs from the paper: the image is padded by a mirrored margin that is cropped again, so that the output has the
    size of the input and the zero padding of the encoder is not visible.

    Args:
        encoder_weights: weights of the encoder, as in `VGG19StyleExtractor`; "tfstyle" for the shipped weights, None
            for random ones. The encoder is frozen.
        decoder_filters: sequence of integers, channels of the decoder after each upsampling. Their number selects the
            last layer of the encoder: three for `block4_conv1`, as in the paper.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [0, 1], of any height and width.
        style_vectors: float tensor of shape `(batch or 1, style_dim)`, from `encode_style`.
        strength: float tensor of shape `(batch or 1,)` in [0, 1].

    Returns:
        float32 tensor of the shape of `images`, RGB in [0, 1].

    Raises:
        ValueError: if `decoder_filters` is empty or too long.
        OSError: if the weights of the encoder are not available.

    Example:
        >>> styler = AdaINStyler(encoder_weights=None)
        >>> style_vectors = styler.encode_style(keras.ops.ones((1, 80, 60, 3)))
        >>> styler(keras.ops.ones((1, 97, 131, 3)), style_vectors, keras.ops.ones((1,))).shape
        TensorShape([1, 97, 131, 3])

    Reference:
        Huang, Belongie: Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization, 2017.
    """

    family = "adain"

    def __init__(self, encoder_weights="tfstyle", decoder_filters=(256, 128, 64), **kwargs):
        super().__init__(autocast=False, **kwargs)  # the style vectors are needed in full precision
        self.decoder_filters = tuple(decoder_filters)
        options = {"dtype": self.dtype_policy}
        self.decoder = InverseCNN(self.decoder_filters, name="decoder", **options)
        self.stride = 2 ** len(self.decoder_filters)
        # The style loss compares all of them, AdaIN works on the last.
        self.style_layers = tuple(f"block{number + 1}_conv1" for number in range(len(self.decoder_filters) + 1))
        self.encoder = VGG19StyleExtractor(self.style_layers, weights=encoder_weights, name="encoder", **options)
        for layer in self.encoder.layers:  # a model checks its variables, not the encoder, for what to train
            layer.trainable = False
        self.adaptive_normalization = AdaptiveInstanceNormalization(name="adaptive_normalization", **options)
        self.style_dim = 2 * self.encoder.convolutions[-1].filters
        self.create_weights(keras.Input((None, None, 3)), keras.Input((self.style_dim,)), keras.Input(()))

    def encode_style(self, style_images) -> Tensor:
        style_images = ops.cast(style_images, "float32")
        return self.style_vectors(self.features(mirror_border(style_images, MARGIN, self.stride)))

    def call(self, images, style_vectors, strength) -> Tensor:
        images = ops.cast(images, "float32")
        _, height, width, _ = ops.shape(images)
        content = self.features(mirror_border(images, MARGIN, self.stride))
        painted = self.adaptive_normalization(content, style_vectors)
        strength = ops.reshape(ops.cast(strength, content.dtype), (-1, 1, 1, 1))
        stylized = self.decoder((1 - strength) * content + strength * painted)
        return stylized[:, MARGIN : MARGIN + height, MARGIN : MARGIN + width, :]

    def features(self, images) -> Tensor:
        """The feature maps to which AdaIN is applied: `(batch, height / stride, width / stride, channels)`."""
        return self.encoder(images)[self.style_layers[-1]]

    @staticmethod
    def style_vectors(features) -> Tensor:
        """Means and standard deviations of feature maps, concatenated: float32 tensor `(batch, 2 * channels)`."""
        return ops.concatenate(channel_moments(features), axis=-1)

    @staticmethod
    def geometry(config) -> tuple[int, int, int]:
        """Stride, reach in pixels, and bytes of memory for each pixel: what tiles of a picture have to know."""
        # VGG19 and its mirror image: the convolutions of each block at its resolution, and one of the last block
        stride = 2 ** len(config["decoder_filters"])
        blocks = (BLOCKS[f"block{number + 1}"] for number in range(len(config["decoder_filters"])))
        reach = stride + sum(2**number * len(block) for number, block in enumerate(blocks))
        return stride, 2 * reach + 2 * stride, 1600

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "encoder_weights": None, "decoder_filters": self.decoder_filters}
