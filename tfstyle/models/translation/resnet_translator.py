"""The generator of CycleGAN and of contrastive unpaired translation."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.instance_normalization import InstanceNormalization
from tfstyle.layers.normalized_convolution import NormalizedConvolution, initial_kernel
from tfstyle.layers.normalized_residual_block import NormalizedResidualBlock
from tfstyle.layers.reflection_padding import ReflectionPadding2D
from tfstyle.layers.upsampling_convolution import UpsamplingConv2D
from tfstyle.models.base_model import BaseModel
from tfstyle.models.translation.unet_generator import check_upsampling, mirrored_to_multiple
from tfstyle.tensors import Tensor


@keras.saving.register_keras_serializable(package="tfstyle")
class ResNetTranslator(BaseModel):
    """Image-to-image network with residual blocks at a quarter of the resolution.

        image -> conv 7x7 -> conv /2 -> conv /4 -> residual blocks -> up /2 -> up -> conv 7x7, tanh

    Instance normalization and ReLU follow every convolution except the last. All paddings are reflections.

    Images can have any size: they are padded by reflection until their sides are multiples of the stride, and the
    output is cropped again.

    Differs from the paper: nearest neighbor upsampling and a 3x3 convolution replace the transposed convolution, which
    can cause a checkerboard. `upsampling="transposed"` selects the paper's layer.

    Args:
        filters: sequence of integers, channels at full resolution and after each halving.
        num_residual_blocks: integer; the paper uses 6 for images of 128 pixels and 9 for 256 and more.
        upsampling: "nearest" or "transposed".

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [-1, 1], of any height and width.
        training: bool, has no effect.

    Returns:
        float32 tensor of the shape of `images`, RGB in [-1, 1].

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> ResNetTranslator(num_residual_blocks=6)(keras.ops.zeros((1, 97, 131, 3))).shape
        TensorShape([1, 97, 131, 3])

    Reference:
        Zhu, Park, Isola, Efros: Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks
        (CycleGAN), 2017, section 7.2, after Johnson et al. 2016.
    """

    family = "translator"

    def __init__(self, filters=(64, 128, 256), num_residual_blocks=9, upsampling="nearest", **kwargs):
        filters = tuple(filters)
        if len(filters) < 2 or min(filters) < 1:
            raise ValueError(f"`filters` must have at least two positive integers. Received: filters={filters}.")
        if num_residual_blocks < 1:
            raise ValueError(
                f"`num_residual_blocks` must be at least 1. Received: num_residual_blocks={num_residual_blocks}."
            )
        check_upsampling(upsampling)
        super().__init__(autocast=False, **kwargs)
        self.filters = filters
        self.num_residual_blocks = num_residual_blocks
        self.upsampling = upsampling
        options = {"dtype": self.dtype_policy}
        self.stem = NormalizedConvolution(filters[0], 7, name="stem", **options)
        self.downsamplings = [
            NormalizedConvolution(width, 3, strides=2, name=f"down_{index}", **options)
            for index, width in enumerate(filters[1:])
        ]
        self.residual_blocks = [
            NormalizedResidualBlock(filters[-1], name=f"residual_{index}", **options)
            for index in range(num_residual_blocks)
        ]
        widths = filters[-2::-1]
        self.upsamplings = [self._make_upsampling(width, f"up_{index}") for index, width in enumerate(widths)]
        self.normalizations = [
            InstanceNormalization(name=f"up_normalization_{index}", **options) for index in range(len(widths))
        ]
        self.padding = ReflectionPadding2D(3, name="padding", **options)
        self.to_rgb = keras.layers.Conv2D(3, 7, kernel_initializer=initial_kernel(), name="to_rgb", **options)
        self.create_weights(keras.Input((None, None, 3)))

    def _make_upsampling(self, filters, name):
        if self.upsampling == "nearest":
            return UpsamplingConv2D(filters, name=name, dtype=self.dtype_policy)
        return keras.layers.Conv2DTranspose(
            filters,
            3,
            2,
            "same",
            use_bias=False,
            kernel_initializer=initial_kernel(),
            name=name,
            dtype=self.dtype_policy,
        )

    @property
    def stride(self) -> int:
        """Side in pixels of the area that one position of the residual blocks represents."""
        return 2 ** len(self.downsamplings)

    @property
    def feature_dims(self) -> tuple[int, ...]:
        """Channels of the tensors that `features` returns: tuple of integers."""
        return (3, *self.filters[1:], self.filters[-1], self.filters[-1])

    def call(self, images, training=False) -> Tensor:
        _, height, width, _ = ops.shape(images)
        hidden = self.stem(self._prepared(images))
        for layer in (*self.downsamplings, *self.residual_blocks):
            hidden = layer(hidden)
        for upsample, normalization in zip(self.upsamplings, self.normalizations, strict=True):
            hidden = ops.relu(normalization(upsample(hidden)))
        return ops.tanh(ops.cast(self.to_rgb(self.padding(hidden))[:, :height, :width], "float32"))

    def features(self, images) -> list[Tensor]:
        """The encoder's features of images, for contrastive losses.

        Args:
            images: as in a call.

        Returns:
            List of tensors of shape `(batch, height', width', channels)`: the pixels themselves, the outputs of the
            convolutions of stride 2, of the first residual block and of the middle one, which is the fifth of nine
            (Park et al. 2020, appendix B). Differs from their code: after normalization and ReLU, not before.
        """
        hidden = self._prepared(images)
        features = [hidden]
        hidden = self.stem(hidden)
        for downsample in self.downsamplings:
            hidden = downsample(hidden)
            features.append(hidden)
        middle = self.num_residual_blocks // 2
        for index, block in enumerate(self.residual_blocks[: middle + 1]):
            hidden = block(hidden)
            if index == 0:
                features.append(hidden)
        return [*features, hidden]

    def _prepared(self, images):
        return ops.cast(mirrored_to_multiple(images, self.stride), self.compute_dtype)

    @staticmethod
    def geometry(config) -> tuple[int, int, int]:
        """Stride, reach in pixels, and bytes of memory for each pixel: what tiles of a picture have to know."""
        # 7x7, halvings, blocks at the stride, doublings, 7x7
        stride = 2 ** (len(config["filters"]) - 1)
        return stride, 6 + stride * (5 + 2 * config["num_residual_blocks"]), 1800

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "num_residual_blocks": self.num_residual_blocks,
            "upsampling": self.upsampling,
        }
