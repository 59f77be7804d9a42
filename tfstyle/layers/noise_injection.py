"""Noise by absolute position, which lets a convolutional network vary plain areas."""

from typing import Any

import keras
from keras import ops

from tfstyle.tensors import Shape, Tensor

# A mixing function of 32 bits (Wellons: Prospecting for Hash Functions, 2018), as signed integers that wrap around.
MULTIPLIERS = (0x7FEB352D, 0x846CA68B - 2**32)
SHIFTS = (16, 15, 16)
# Odd numbers, so that no two coordinates share their bits.
OF_SEED, OF_CHANNEL, OF_ROW, OF_COLUMN = (
    0x9E3779B1 - 2**32,
    0x85EBCA77 - 2**32,
    0xC2B2AE3D - 2**32,
    0x27D4EB2F,
)
BYTES_DEVIATION = (4 * (256**2 - 1) / 12) ** 0.5  # of a sum of four bytes


def position_noise(seeds, channel, rows, columns) -> Tensor:
    """Noise that depends on seed and position only: without state or period, and the same on every machine.

    Args:
        seeds: int32 tensor of shape `(batch,)`.
        channel: integer; channels have independent noise.
        rows: int32 tensor of shape `(height,)`, absolute positions, which may be negative.
        columns: int32 tensor of shape `(width,)`.

    Returns:
        float32 tensor of shape `(batch, height, width)` with mean 0 and standard deviation 1, approximately normal: the
        sum of the four bytes of a hash.
    """
    seeds, rows, columns = (ops.cast(values, "int32") for values in (seeds, rows, columns))
    of_channel = (channel * OF_CHANNEL + 2**31) % 2**32 - 2**31  # as 32 bits wrap around
    bits = (seeds * OF_SEED + of_channel)[:, None, None] + _mix(rows * OF_ROW)[:, None] + columns * OF_COLUMN
    bits = _mix(bits)
    total = sum(ops.mod(ops.right_shift(bits, 8 * index), 256) for index in range(4))
    return (ops.cast(total, "float32") - 510.0) / BYTES_DEVIATION


def _mix(bits):
    for shift, multiplier in zip(SHIFTS, (*MULTIPLIERS, 1), strict=True):
        # An arithmetic shift fills up with the sign; the remainder leaves what a logical shift would.
        shifted = ops.mod(ops.right_shift(bits, shift), 2 ** (32 - shift))
        bits = ops.bitwise_xor(bits, shifted) * multiplier
    return bits


def octave_noise(seeds, channel, corner, height, width, octave) -> Tensor:
    """Noise on a grid that is 2^octave times coarser, upsampled bicubically.

    Args:
        seeds: int32 tensor of shape `(batch,)`.
        channel: integer; channels have independent noise.
        corner: int32 tensor of shape `(2,)`, the absolute row and column of the first value.
        height: integer or scalar integer tensor.
        width: likewise.
        octave: integer.

    Returns:
        float32 tensor of shape `(batch, height, width)`.
    """
    (rows, row_steps), (columns, column_steps) = (
        _coarse(corner[axis], size, 2**octave) for axis, size in enumerate((height, width))
    )
    noise = position_noise(seeds, channel, rows, columns)
    if not octave:
        return noise[:, 1 : 1 + height, 1 : 1 + width]
    noise = _interpolate(noise, row_steps, axis=1)
    return _interpolate(noise, column_steps, axis=2)


def _coarse(start, size, scale):
    """Coordinates on the coarse grid, beginning with one that is needed; and where the fine ones lie among them."""
    first = ops.floor_divide(2 * start + 1 - scale, 2 * scale) - 1
    coordinates = first + ops.arange(size // scale + 5, dtype="int32")
    if scale == 1:
        return first + ops.arange(size + 2, dtype="int32"), None
    # In units of 1 / (2 scale), in integers: far from the origin float32 would lose what lies between two pixels.
    twice = 2 * (start + ops.arange(size, dtype="int32")) + 1 - scale - 2 * scale * first
    return coordinates, (twice // (2 * scale), ops.cast(ops.mod(twice, 2 * scale), "float32") / (2 * scale))


def _interpolate(values, steps, axis):
    """Catmull and Rom's cubic through four neighbors."""
    index, t = steps
    taps = (
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    )
    shape = (-1, 1) if axis == 1 else (-1,)
    return sum(ops.reshape(tap, shape) * ops.take(values, index + step - 1, axis=axis) for step, tap in enumerate(taps))


@keras.saving.register_keras_serializable(package="tfstyle")
class NoiseInjection(keras.layers.Layer):
    """Adds noise of several octaves, with a learned weight for each channel, style and octave.

        y = x + sum over octaves k of noise_k * weight[style, k]

    A convolutional network maps a plain area to one repeated tile, because its input does not vary there: if a style
    needs texture, it produces hatching. With noise as an input, strokes do not repeat.

    Args:
        num_styles: integer, number of styles.
        num_octaves: integer; octave k is noise on a grid 2^k times coarser than that of the inputs.
        first_channel: integer, number of the first noise channel; layers with different numbers get different noise.

    Call arguments:
        inputs: float tensor of shape `(batch, height, width, channels)`.
        style_weights: float tensor of shape `(batch, num_styles)`.
        seeds: int32 tensor of shape `(batch or 1,)`.
        corner: int32 tensor of shape `(2,)`, absolute row and column of the inputs' first position, on their own grid.

    Returns:
        Tensor of the shape and dtype of `inputs`.

    Raises:
        ValueError: if `num_styles` or `num_octaves` is not positive.
    """

    def __init__(self, num_styles, num_octaves, first_channel=0, **kwargs):
        if num_styles < 1 or num_octaves < 1:
            raise ValueError(
                "`num_styles` and `num_octaves` must be at least 1. "
                f"Received: num_styles={num_styles}, num_octaves={num_octaves}."
            )
        super().__init__(**kwargs)
        self.num_styles = num_styles
        self.num_octaves = num_octaves
        self.first_channel = first_channel

    def build(self, inputs_shape, *_) -> None:
        self.weight = self.add_weight(
            (self.num_styles, self.num_octaves, inputs_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
            name="weight",
        )

    def call(self, inputs, style_weights, seeds, corner) -> Tensor:
        _, height, width, _ = ops.shape(inputs)
        octaves = [
            octave_noise(seeds, self.first_channel + octave, corner, height, width, octave)
            for octave in range(self.num_octaves)
        ]
        noise = ops.stack(octaves, axis=-1)
        amounts = ops.einsum("bs,skc->bkc", ops.cast(style_weights, "float32"), ops.cast(self.weight, "float32"))
        noise = ops.reshape(ops.cast(noise, inputs.dtype), (-1, height * width, self.num_octaves))
        added = ops.matmul(noise, ops.cast(amounts, inputs.dtype))
        return inputs + ops.reshape(added, (-1, height, width, inputs.shape[-1]))

    def compute_output_shape(self, inputs_shape, *_) -> Shape:
        return inputs_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_styles": self.num_styles,
            "num_octaves": self.num_octaves,
            "first_channel": self.first_channel,
        }
