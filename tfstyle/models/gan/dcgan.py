"""The convolutional GAN."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.fused_batch_normalization import FusedBatchNormalization
from tfstyle.layers.projection_logit import ProjectionLogit
from tfstyle.layers.spectral_normalization import SpectralNormalization
from tfstyle.models.gan.gan import Discriminator, Generator, check_labels, num_doublings
from tfstyle.tensors import Tensor

UPSAMPLINGS = ("transpose", "nearest", "bilinear")
NORMALIZATIONS = ("none", "batch", "spectral")


def base_size_of(image_size) -> int:
    """Height and width at which the convolutions start: 7 for 28 and its doubles, otherwise 8."""
    return 7 if image_size % 7 == 0 else 8


@keras.saving.register_keras_serializable(package="tfstyle")
class ConvGenerator(Generator):
    """DCGAN generator: transposed convolutions that double the resolution.

        latents -> dense -> 7x7 or 8x8 -> convolution -> [double] x n -> image

    At 28 pixels this is the generator of TensorFlow's DCGAN tutorial. Batch normalization and leaky ReLU follow the
    dense layer and every convolution except the last.

    Args:
        image_size: integer, height and width of the images: 28, 32, 64, 128, 256, or another multiple of 7 or 8 by a
            power of 2.
        channels: integer, of the images.
        latent_dim: integer, length of a latent vector.
        filters: sequence of integers, channels of the dense layer's map, of the first convolution, and of each doubled
            resolution except the last, which has the channels of the image. None stands for 256, halved each time, at
            least 32.
        num_classes: integer, number of labels; 0 for a network without labels.
        embedding_dim: integer, length of a label's embedding, which is concatenated with the latent vector.
        kernel_size: integer. With "transpose", a multiple of 2 such as 4 covers every pixel equally often and prevents
            a checkerboard.
        upsampling: "transpose" for transposed convolutions of stride 2; "nearest" or "bilinear" for resizing followed
            by a convolution.
        negative_slope: float, slope of the leaky ReLU for negative inputs.

    Call arguments and returns: as `Generator`.

    Raises:
        ValueError: if a size is not supported, or `upsampling` is unknown.

    Reference:
        Radford, Metz, Chintala: Unsupervised Representation Learning with Deep Convolutional GANs, 2016.
        https://www.tensorflow.org/tutorials/generative/dcgan
    """

    def __init__(
        self,
        image_size=28,
        channels=1,
        latent_dim=100,
        filters=None,
        num_classes=0,
        embedding_dim=16,
        kernel_size=5,
        upsampling="transpose",
        negative_slope=0.3,
        **kwargs,
    ):
        base_size = base_size_of(image_size)
        count = num_doublings(image_size, base_size)
        widths = tuple(filters or (max(256 >> index, 32) for index in range(count + 1)))
        if count < 1 or len(widths) != count + 1:
            raise ValueError(
                f"Images of {image_size} pixels are {base_size} doubled {count} times, and once at least is needed: "
                f"`filters` must hold {count + 1} numbers. Received: filters={filters}."
            )
        if upsampling not in UPSAMPLINGS:
            raise ValueError(f"`upsampling` must be one of {UPSAMPLINGS}. Received: upsampling={upsampling!r}.")
        super().__init__((image_size, image_size, channels), latent_dim, num_classes, **kwargs)
        self.embed_labels(embedding_dim)
        self.image_size = image_size
        self.channels = channels
        self.filters = None if filters is None else widths
        self.kernel_size = kernel_size
        self.upsampling = upsampling
        self.negative_slope = negative_slope
        self.base_shape = (base_size, base_size, widths[0])

        options = {"dtype": self.dtype_policy}
        # The shifts of the normalizations replace the biases.
        self.dense = keras.layers.Dense(base_size**2 * widths[0], use_bias=False, name="dense", **options)
        self.normalizations = [
            FusedBatchNormalization(name=f"normalization_{index}", **options) for index in range(len(widths))
        ]
        same = {"padding": "same", **options}
        # The tutorial's transposed convolution of stride 1 is a convolution with a mirrored kernel, which is faster.
        self.first = keras.layers.Conv2D(widths[1], kernel_size, use_bias=False, name="first", **same)
        convolution = keras.layers.Conv2DTranspose if upsampling == "transpose" else keras.layers.Conv2D
        strides = 2 if upsampling == "transpose" else 1
        self.doublings = [
            convolution(width, kernel_size, strides, use_bias=False, name=f"double_{index}", **same)
            for index, width in enumerate(widths[2:], start=1)
        ]
        self.to_pixels = convolution(channels, kernel_size, strides, name="to_pixels", **same)
        if upsampling != "transpose":
            self.resize = keras.layers.UpSampling2D(2, interpolation=upsampling, name="resize", **options)
        self.call_symbolically()

    def call(self, latents, labels=None, training=False) -> Tensor:
        dense_normalization, first_normalization, *normalizations = self.normalizations
        hidden = self.dense(self.join_labels(latents, labels))
        hidden = self.nonlinearity(dense_normalization(hidden))
        hidden = self.first(ops.reshape(hidden, (-1, *self.base_shape)))
        hidden = self.nonlinearity(first_normalization(hidden))
        for double, normalization in zip(self.doublings, normalizations, strict=True):
            hidden = self.nonlinearity(normalization(double(self.resized(hidden))))
        return self.to_image(self.to_pixels(self.resized(hidden)))

    def resized(self, hidden) -> Tensor:
        return hidden if self.upsampling == "transpose" else self.resize(hidden)

    def nonlinearity(self, hidden) -> Tensor:
        return ops.leaky_relu(hidden, self.negative_slope)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "image_size": self.image_size,
            "channels": self.channels,
            "latent_dim": self.latent_dim,
            "filters": self.filters,
            "num_classes": self.num_classes,
            "embedding_dim": self.embedding_dim,
            "kernel_size": self.kernel_size,
            "upsampling": self.upsampling,
            "negative_slope": self.negative_slope,
        }


@keras.saving.register_keras_serializable(package="tfstyle")
class ConvDiscriminator(Discriminator):
    """DCGAN discriminator: convolutions that halve the resolution.

        images -> [convolution of stride 2, normalization, leaky ReLU, dropout] x n -> flatten -> logit

    At 28 pixels this is the discriminator of TensorFlow's DCGAN tutorial.

    Args:
        image_size: integer, height and width of the images.
        channels: integer, of the images.
        filters: sequence of integers, channels after each convolution. None stands for 64, doubled each time, at most
            512, down to 7x7 or 8x8.
        num_classes: integer, number of labels; 0 for a network without labels.
        kernel_size: integer.
        normalization: "none"; "spectral", of every kernel; or "batch", after every convolution except the first. Do not
            combine "batch" with a gradient penalty: it mixes the images of a batch.
        negative_slope: float, slope of the leaky ReLU for negative inputs.
        dropout: float in [0, 1), dropout rate. Under a distribution strategy each replica drops other values, so losses
            differ from those of a single worker.

    Call arguments and returns: as `Discriminator`.

    Raises:
        ValueError: if a size is not supported, or `normalization` is unknown.

    Reference:
        As `ConvGenerator`; Miyato et al. 2018 for spectral normalization.
    """

    def __init__(
        self,
        image_size=28,
        channels=1,
        filters=None,
        num_classes=0,
        kernel_size=5,
        normalization="none",
        negative_slope=0.3,
        dropout=0.3,
        **kwargs,
    ):
        if normalization not in NORMALIZATIONS:
            raise ValueError(
                f"`normalization` must be one of {NORMALIZATIONS}. Received: normalization={normalization!r}."
            )
        if filters is None:
            widths = [min(64 << index, 512) for index in range(num_doublings(image_size, base_size_of(image_size)))]
        else:
            widths = list(filters)
        if not widths or image_size >> len(widths) < 1:
            raise ValueError(
                f"`filters` must hold at least one number, and at most as many as {image_size} pixels can be halved. "
                f"Received: filters={filters}."
            )
        super().__init__((image_size, image_size, channels), num_classes, **kwargs)
        self.image_size = image_size
        self.channels = channels
        self.filters = None if filters is None else tuple(filters)
        self.kernel_size = kernel_size
        self.normalization = normalization
        self.negative_slope = negative_slope
        self.dropout = dropout

        options = {"dtype": self.dtype_policy}
        self.convolutions = [
            keras.layers.Conv2D(width, kernel_size, 2, padding="same", name=f"conv_{index}", **options)
            for index, width in enumerate(widths)
        ]
        self.normalizations = []
        if normalization == "spectral":
            self.convolutions = [
                SpectralNormalization(layer, name=f"{layer.name}_sn", **options) for layer in self.convolutions
            ]
        elif normalization == "batch":
            self.normalizations = [
                FusedBatchNormalization(name=f"normalization_{index}", **options) for index in range(1, len(widths))
            ]
        self.drop = keras.layers.Dropout(dropout, name="drop", **options)
        last_size = -(-image_size // 2 ** len(widths))
        self.drop.build((None, last_size, last_size, widths[-1]))  # for `summary`
        self.flatten = keras.layers.Flatten(name="flatten", **options)
        self.logit = ProjectionLogit(num_classes, normalization == "spectral", name="logit", **options)
        self.call_symbolically()

    def call(self, images, labels=None, training=False) -> Tensor:
        check_labels(self, labels)
        hidden = images
        for index, convolution in enumerate(self.convolutions):
            hidden = convolution(hidden)
            if self.normalization == "batch" and index > 0:
                hidden = self.normalizations[index - 1](hidden)
            hidden = self.drop(self.nonlinearity(hidden))
        return self.logit(self.flatten(hidden), labels)

    def nonlinearity(self, hidden) -> Tensor:
        return ops.leaky_relu(hidden, self.negative_slope)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "image_size": self.image_size,
            "channels": self.channels,
            "filters": self.filters,
            "num_classes": self.num_classes,
            "kernel_size": self.kernel_size,
            "normalization": self.normalization,
            "negative_slope": self.negative_slope,
            "dropout": self.dropout,
        }
