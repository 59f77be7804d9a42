"""The discriminator of image-to-image translation."""

from typing import Any

import keras
from keras import ops

from tfstyle.layers.instance_normalization import InstanceNormalization
from tfstyle.layers.normalized_convolution import initial_kernel
from tfstyle.layers.spectral_normalization import SpectralNormalization
from tfstyle.models.base_model import BaseModel
from tfstyle.tensors import Tensor

# Receptive field of a logit in pixels -> number of convolutions of stride 2 (Isola et al. 2017, section 6.1.2).
NUM_HALVINGS = {16: 1, 34: 2, 70: 3, 142: 4, 286: 5}
NORMALIZATIONS = ("instance", "spectral", "none")
KERNEL_SIZE = 4
SLOPE = 0.2  # of the leaky ReLU
MAX_WIDENING = 8  # maximum ratio of the channels of a convolution to those of the first one


@keras.saving.register_keras_serializable(package="tfstyle")
class PatchDiscriminator(BaseModel):
    """PatchGAN discriminator: classifies each patch of an image as real or generated.

        image (| condition) -> [conv 4x4 /2, leaky ReLU] x n -> conv 4x4, leaky ReLU -> conv 4x4 -> a logit a patch

    With a condition, usually the input of the generator, it classifies whether image and condition match.

    Args:
        receptive_field: 16, 34, 70, 142 or 286, side in pixels of the patch of a logit; the paper has 16, 70 and 286.
        filters: integer, channels of the first convolution; they double with each convolution, up to eight times.
        condition_channels: integer, channels of the condition; 0 for none.
        normalization: "instance", after every convolution except the first and last; "spectral", of every kernel; or
            "none".

    Call arguments:
        images: float tensor of shape `(batch, height, width, 3)`, RGB in [-1, 1]; sides of at least
            `3 * 2 ** n` pixels, where n is 3 for a receptive field of 70.
        condition: float tensor of shape `(batch, height, width, condition_channels)` in [-1, 1]; None without.
        training: bool, whether to update the power iterations of a spectral normalization.

    Returns:
        float32 tensor of shape `(batch, height / 2**n - 2, width / 2**n - 2, 1)`: logits, positive for patches
        classified as real.

    Raises:
        ValueError: if an argument is not supported, or a condition is missing or not expected.

    Example:
        >>> PatchDiscriminator()(keras.ops.zeros((1, 256, 256, 3))).shape
        TensorShape([1, 30, 30, 1])

    Reference:
        Isola, Zhu, Zhou, Efros: Image-to-Image Translation with Conditional Adversarial Networks (pix2pix), 2017,
        section 3.2.2.
    """

    def __init__(self, receptive_field=70, filters=64, condition_channels=0, normalization="instance", **kwargs):
        if receptive_field not in NUM_HALVINGS:
            raise ValueError(
                f"`receptive_field` must be one of {', '.join(map(str, NUM_HALVINGS))}. "
                f"Received: receptive_field={receptive_field}."
            )
        if normalization not in NORMALIZATIONS:
            raise ValueError(
                f"`normalization` must be one of {', '.join(NORMALIZATIONS)}. "
                f"Received: normalization={normalization!r}."
            )
        if filters < 1 or condition_channels < 0:
            raise ValueError(
                "`filters` must be positive and `condition_channels` not negative. "
                f"Received: filters={filters}, condition_channels={condition_channels}."
            )
        super().__init__(autocast=False, **kwargs)
        self.receptive_field = receptive_field
        self.filters = filters
        self.condition_channels = condition_channels
        self.normalization = normalization
        num_halvings = NUM_HALVINGS[receptive_field]
        widths = [filters * min(2**index, MAX_WIDENING) for index in range(num_halvings + 1)]
        strides = [2] * num_halvings + [1]
        options = {"dtype": self.dtype_policy}
        self.padding = keras.layers.ZeroPadding2D(1, name="padding", **options)
        self.convolutions = [
            self._make_convolution(width, stride, f"conv_{index}")
            for index, (width, stride) in enumerate(zip(widths, strides, strict=True))
        ]
        self.logit = self._make_convolution(1, 1, "logit")
        self.normalizations = [
            InstanceNormalization(name=f"normalization_{index}", **options)
            for index in range(1, len(widths) if normalization == "instance" else 1)
        ]
        self.create_weights(
            keras.Input((None, None, 3)), keras.Input((None, None, condition_channels)) if condition_channels else None
        )

    def _make_convolution(self, width, stride, name):
        options = {"dtype": self.dtype_policy}
        use_bias = self.normalization != "instance" or name in ("conv_0", "logit")
        convolution = keras.layers.Conv2D(
            width, KERNEL_SIZE, stride, use_bias=use_bias, kernel_initializer=initial_kernel(), name=name, **options
        )
        if self.normalization == "spectral":
            return SpectralNormalization(convolution, name=f"{name}_sn", **options)
        return convolution

    def call(self, images, condition=None, training=False) -> Tensor:
        if (condition is None) == bool(self.condition_channels):
            raise ValueError(
                f"This discriminator has condition_channels={self.condition_channels} and needs "
                f"{'a condition' if self.condition_channels else 'none'}. "
                f"Received: condition={'None' if condition is None else 'given'}."
            )
        hidden = images if condition is None else ops.concatenate([images, condition], axis=-1)
        hidden = ops.cast(hidden, self.compute_dtype)
        for index, convolution in enumerate(self.convolutions):
            hidden = self._convolve(convolution, hidden, training)
            if index > 0 and self.normalizations:
                hidden = self.normalizations[index - 1](hidden)
            hidden = ops.leaky_relu(hidden, SLOPE)
        return ops.cast(self._convolve(self.logit, hidden, training), "float32")

    def _convolve(self, convolution, hidden, training):
        hidden = self.padding(hidden)
        return convolution(hidden, training=training) if self.normalization == "spectral" else convolution(hidden)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "receptive_field": self.receptive_field,
            "filters": self.filters,
            "condition_channels": self.condition_channels,
            "normalization": self.normalization,
        }
