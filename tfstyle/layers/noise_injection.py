"""Noise as a function of absolute position, with which a convolutional network can vary plain areas."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfstyle.tensors import Shape, Tensor

# 32-bit integer hash function (Wellons: Prospecting for Hash Functions, 2018), in signed integers that wrap around.
MULTIPLIERS = (0x7FEB352D, 0x846CA68B - 2**32)
SHIFTS = (16, 15, 16)
# Odd multipliers, so that different coordinates get different bits.
OF_SEED, OF_CHANNEL, OF_ROW, OF_COLUMN = (
    0x9E3779B1 - 2**32,
    0x85EBCA77 - 2**32,
    0xC2B2AE3D - 2**32,
    0x27D4EB2F,
)
BYTES_DEVIATION = (4 * (256**2 - 1) / 12) ** 0.5  # of a sum of four bytes


def position_noise(seeds, channels, rows, columns) -> Tensor:
    """Noise that depends only on seed and position. It has no state and no period, and is the same on every machine.

    Args:
        seeds: int32 tensor of shape `(batch,)`.
        channels: sequence of integers; channels have independent noise.
        rows: int32 tensor of shape `(height,)`, absolute positions, which may be negative.
        columns: int32 tensor of shape `(width,)`.

    Returns:
        float32 tensor of shape `(batch, height, width, num_channels)` with mean 0 and standard deviation 1,
        approximately normal: the sum of the four bytes of a hash.
    """
    seeds, rows, columns = (ops.cast(values, "int32") for values in (seeds, rows, columns))
    of_channels = (np.asarray(channels, np.int64) * OF_CHANNEL).astype(np.int32)  # 32 bits wrap around
    # Reshaped and not sliced with None, and byte by byte instead of with a fifth axis: LiteRT does not convert these.
    place = ops.reshape(_mix(rows * OF_ROW), (1, -1, 1, 1)) + ops.reshape(columns * OF_COLUMN, (1, 1, -1, 1))
    bits = _mix(ops.reshape(seeds * OF_SEED, (-1, 1, 1, 1)) + place + of_channels)
    total = sum(ops.mod(ops.right_shift(bits, shift), 256) for shift in (0, 8, 16, 24))
    return (ops.cast(total, "float32") - 510.0) / BYTES_DEVIATION


def _mix(bits):
    for shift, multiplier in zip(SHIFTS, (*MULTIPLIERS, 1), strict=True):
        # `right_shift` is arithmetic and copies the sign bit; `mod` makes it a logical shift.
        shifted = ops.mod(ops.right_shift(bits, shift), 2 ** (32 - shift))
        bits = ops.bitwise_xor(bits, shifted) * multiplier
    return bits


def octave_noise(seeds, channels, corner, height, width, octave) -> Tensor:
    """Noise on a grid that is 2^octave times coarser, upsampled bicubically.

    Args:
        seeds: int32 tensor of shape `(batch,)`.
        channels: sequence of integers; channels have independent noise.
        corner: int32 tensor of shape `(2,)`, the absolute row and column of the first value.
        height: integer or scalar integer tensor.
        width: integer or scalar integer tensor.
        octave: integer.

    Returns:
        float32 tensor of shape `(batch, height, width, num_channels)`.
    """
    (rows, row_steps), (columns, column_steps) = (
        _coarse(corner[axis], size, 2**octave) for axis, size in enumerate((height, width))
    )
    noise = position_noise(seeds, channels, rows, columns)
    if not octave:
        return noise[:, 1 : 1 + height, 1 : 1 + width]
    noise = _interpolate(noise, row_steps, axis=1)
    return _interpolate(noise, column_steps, axis=2)


def _coarse(start, size, scale):
    """Coordinates on the coarse grid that interpolation needs, and the positions of the fine pixels among them."""
    first = ops.floor_divide(2 * start + 1 - scale, 2 * scale) - 1
    coordinates = first + ops.arange(size // scale + 5, dtype="int32")
    if scale == 1:
        return first + ops.arange(size + 2, dtype="int32"), None
    # Integers in units of 1 / (2 scale): far from the origin, float32 is too coarse for positions between two pixels.
    twice = 2 * (start + ops.arange(size, dtype="int32")) + 1 - scale - 2 * scale * first
    return coordinates, (twice // (2 * scale), ops.cast(ops.mod(twice, 2 * scale), "float32") / (2 * scale))


# Catmull-Rom spline: for each of four neighbors, the coefficients of 1, t, t^2 and t^3.
CUBIC = np.array([[0, -0.5, 1, -0.5], [1, 0, -2.5, 1.5], [0, 0.5, 2, -1.5], [0, 0, -0.5, 0.5]], "float32")


def _interpolate(values, steps, axis):
    index, t = steps
    taps = ops.matmul(t[:, None] ** np.arange(4, dtype="float32"), CUBIC.T)
    neighbors = ops.take(values, index[:, None] + np.arange(-1, 3, dtype="int32"), axis=axis)
    return ops.einsum("bhkwc,hk->bhwc" if axis == 1 else "bhwkc,wk->bhwc", neighbors, taps)


def layered_noise(seeds, num_layers, num_octaves, corner, height, width, first_channel=0) -> list[Tensor]:
    """Independent noise of several octaves for each of several layers of one resolution.

    Args:
        seeds: int32 tensor of shape `(batch,)`.
        num_layers: integer.
        num_octaves: integer; octave k is noise on a grid 2^k times coarser.
        corner: int32 tensor of shape `(2,)`, the absolute row and column of the first value.
        height: integer or scalar integer tensor.
        width: integer or scalar integer tensor.
        first_channel: integer; different channels have independent noise.

    Returns:
        List of `num_layers` float32 tensors of shape `(batch, height, width, num_octaves)`.
    """
    octaves = [
        octave_noise(seeds, first_channel + octave + num_octaves * np.arange(num_layers), corner, height, width, octave)
        for octave in range(num_octaves)
    ]
    return [ops.stack([noise[..., layer] for noise in octaves], axis=-1) for layer in range(num_layers)]


@keras.saving.register_keras_serializable(package="tfstyle")
class NoiseInjection(keras.layers.Layer):
    """Adds noise of several octaves, with a learned weight for each style, octave and channel.

        y = x + sum over octaves k of noise_k * weight[style, k]

    A convolutional network maps a plain area to one repeated tile, because its input does not vary there. If a style
    needs texture, the network generates hatching. With noise as an input, strokes do not repeat.

    Args:
        num_styles: integer, number of styles.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.
        noise: float tensor of shape `(batch or 1, height, width, num_octaves)`, from `layered_noise`.
        style_weights: float tensor of shape `(batch or 1, num_styles)`.

    Returns:
        Tensor of the shape and dtype of `inputs`.

    Raises:
        ValueError: if `num_styles` is not positive.

    Reference:
        Karras, Laine, Aila: A Style-Based Generator Architecture for Generative Adversarial Networks, 2019. Differs
        from the paper: several octaves, a function of position, and weights for each style.
    """

    def __init__(self, num_styles, **kwargs):
        if num_styles < 1:
            raise ValueError(f"`num_styles` must be at least 1. Received: num_styles={num_styles}.")
        super().__init__(**kwargs)
        self.num_styles = num_styles

    def build(self, inputs_shape, noise_shape, style_weights_shape=None) -> None:
        self.weight = self.add_weight(
            (self.num_styles, noise_shape[-1], inputs_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
            name="weight",
        )

    def call(self, inputs, noise, style_weights) -> Tensor:
        _, height, width, channels = ops.shape(inputs)
        amounts = ops.einsum("bs,skc->bkc", ops.cast(style_weights, "float32"), ops.cast(self.weight, "float32"))
        noise = ops.reshape(ops.cast(noise, inputs.dtype), (-1, height * width, self.weight.shape[1]))
        added = ops.matmul(noise, ops.cast(amounts, inputs.dtype))
        return inputs + ops.reshape(added, (-1, height, width, channels))

    def compute_output_shape(self, inputs_shape, noise_shape=None, style_weights_shape=None) -> Shape:
        return inputs_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_styles": self.num_styles}
