"""The generator of pix2pix."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.instance_normalization import InstanceNormalization
from tfstyle.layers.normalized_convolution import initial_kernel
from tfstyle.layers.reflection_padding import mirror_border
from tfstyle.layers.upsampling_convolution import UpsamplingConv2D
from tfstyle.models.base_model import BaseModel
from tfstyle.tensors import Tensor

UPSAMPLINGS = ("transposed", "nearest")
KERNEL_SIZE = 4
NUM_DROPOUTS = 3  # of the first decoder blocks
SLOPE = 0.2  # of the leaky ReLU


def check_upsampling(upsampling) -> None:
    """Raises a ValueError for an unknown type of upsampling."""
    if upsampling not in UPSAMPLINGS:
        raise ValueError(f"`upsampling` must be one of {', '.join(UPSAMPLINGS)}. Received: upsampling={upsampling!r}.")


@keras.saving.register_keras_serializable(package="tfstyle")
class UNetGenerator(BaseModel):
    """Encoder and decoder with a skip connection at every resolution.

        image -> conv /2 --------------------------------------------> + -> up, tanh
                  `-> conv /4 ----------------------------> + -> up ---^
                       `-> ... -> conv /256 -> up -> ... ---^

    Local information passes through the skip connection at its resolution, global information through the bottleneck.
    Encoder block: 4x4 convolution of stride 2, normalization (except in the first block and in the last, where a single
    pixel would be normalized to zero), leaky ReLU. Decoder block: upsampling convolution, normalization, dropout in the
    first three blocks, ReLU.

    Images can have any size: they are padded by reflection until their sides are multiples of `2 ** len(filters)`, and
    the output is cropped again.

    Differs from the paper: instance normalization, which equals the paper's batch normalization of single images and
    behaves the same at inference; no dropout at inference, so that an image has a single translation.

    Args:
        filters: sequence of integers, channels of the encoder blocks, each at half the resolution of the previous one.
        dropout: float in [0, 1), dropout rate in training, in the first three blocks of the decoder.
        upsampling: "transposed" for the paper's 4x4 transposed convolutions, which can cause a checkerboard, or
            "nearest" for nearest neighbor upsampling and 3x3 convolutions, which cannot. The latter have fewer weights
            and are as fast on a CPU.

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [-1, 1], of any height and width.
        training: bool, whether dropout is applied.

    Returns:
        float32 tensor of the shape of `images`, RGB in [-1, 1].

    Raises:
        ValueError: if there are fewer than two blocks, or an argument is out of range.

    Example:
        >>> UNetGenerator()(keras.ops.zeros((1, 256, 256, 3))).shape
        TensorShape([1, 256, 256, 3])

    Reference:
        Isola, Zhu, Zhou, Efros: Image-to-Image Translation with Conditional Adversarial Networks (pix2pix), 2017,
        section 6.1.1.
    """

    family = "translator"
    output_channels = 3

    def __init__(
        self,
        filters=(64, 128, 256, 512, 512, 512, 512, 512),
        dropout=0.5,
        upsampling="transposed",
        **kwargs,
    ):
        filters = tuple(filters)
        if len(filters) < 2 or min(filters) < 1:
            raise ValueError(f"`filters` must have at least two positive integers. Received: filters={filters}.")
        if not 0 <= dropout < 1:
            raise ValueError(f"`dropout` must lie in [0, 1). Received: dropout={dropout}.")
        check_upsampling(upsampling)
        super().__init__(autocast=False, **kwargs)
        self.filters = filters
        self.dropout = dropout
        self.upsampling = upsampling
        options = {"dtype": self.dtype_policy}
        last = len(filters) - 1
        self.convolutions = [
            keras.layers.Conv2D(
                width,
                KERNEL_SIZE,
                2,
                "same",
                use_bias=index in (0, last),  # otherwise the shift of the normalization replaces it
                kernel_initializer=initial_kernel(),
                name=f"down_{index}",
                **options,
            )
            for index, width in enumerate(filters)
        ]
        self.down_normalizations = [
            InstanceNormalization(name=f"down_normalization_{index}", **options) for index in range(1, last)
        ]
        self.upsamplings = [self._make_upsampling(filters[index - 1], f"up_{index}") for index in range(last, 0, -1)]
        self.up_normalizations = [
            InstanceNormalization(name=f"up_normalization_{index}", **options) for index in range(last, 0, -1)
        ]
        self.dropouts = [
            keras.layers.Dropout(dropout, name=f"dropout_{index}", **options)
            for index in range(min(NUM_DROPOUTS, last))
        ]
        for dropout_layer, width in zip(self.dropouts, filters[last - 1 :: -1], strict=False):
            dropout_layer.build((None, None, None, width))  # for `summary`
        self.to_rgb = self._make_upsampling(self.output_channels, "to_rgb")
        self.create_weights(keras.Input((None, None, 3)))

    def _make_upsampling(self, filters, name):
        if self.upsampling == "nearest":
            return UpsamplingConv2D(filters, name=name, dtype=self.dtype_policy)
        return keras.layers.Conv2DTranspose(
            filters,
            KERNEL_SIZE,
            2,
            "same",
            use_bias=name == "to_rgb",
            kernel_initializer=initial_kernel(),
            name=name,
            dtype=self.dtype_policy,
        )

    @property
    def stride(self) -> int:
        """Side in pixels of the area that one position of the bottleneck represents."""
        return 2 ** len(self.filters)

    def call(self, images, training=False) -> Tensor:
        _, height, width, _ = ops.shape(images)
        hidden = ops.cast(mirrored_to_multiple(images, self.stride, 1), self.compute_dtype)
        skips = self.encode(hidden)
        hidden = skips.pop()
        blocks = zip(self.upsamplings, self.up_normalizations, strict=True)
        for index, (upsample, normalization) in enumerate(blocks):
            hidden = normalization(upsample(hidden))
            if index < len(self.dropouts):
                hidden = self.dropouts[index](hidden, training=training)
            hidden = ops.concatenate([ops.relu(hidden), skips.pop()], axis=-1)
        return ops.tanh(ops.cast(self.to_rgb(hidden)[:, :height, :width], "float32"))

    def encode(self, hidden) -> list[Tensor]:
        """The features of every resolution, from the finest to the bottleneck: list of tensors."""
        features = []
        for index, convolution in enumerate(self.convolutions):
            hidden = convolution(hidden)
            if 0 < index < len(self.filters) - 1:
                hidden = self.down_normalizations[index - 1](hidden)
            hidden = ops.leaky_relu(hidden, SLOPE)
            features.append(hidden)
        return features

    @staticmethod
    def geometry(config) -> tuple[int, int, int]:
        """Stride, reach in pixels, and bytes of memory for each pixel: what tiles of a picture have to know."""
        # 4x4 in every halving, and at most 4x4 in every doubling: less than a stride each way, and the same again
        stride = 2 ** len(config["filters"])
        return stride, 2 * stride, 100 + 18 * config["filters"][0]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "dropout": self.dropout,
            "upsampling": self.upsampling,
        }


def mirrored_to_multiple(images, stride, min_strides=2) -> Tensor:
    """Images padded to the right and below by `mirror_border`, or unchanged if their size fits already."""
    height, width = images.shape[1:3]
    fits = all(size is not None and size % stride == 0 and size >= min_strides * stride for size in (height, width))
    return images if fits else mirror_border(images, 0, stride, min_strides)
