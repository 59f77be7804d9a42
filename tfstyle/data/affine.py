"""Classic augmentation of images: small shifts, rotations and changes of size."""

import math

import tensorflow as tf


def random_affine(
    images: tf.Tensor, seed: tf.Tensor, max_shift: float = 0.1, max_rotation: float = 10.0, max_scale: float = 0.1
) -> tf.Tensor:
    """Shifts, rotates and scales each image by random amounts.

    Pixels are interpolated linearly. Beyond the border, its pixels are repeated.

    Args:
        images: float tensor of shape `(batch, height, width, channels)`.
        seed: int tensor of shape `(2,)`; the same seed gives the same changes.
        max_shift: float, largest shift in each direction, relative to the size of the image.
        max_rotation: float, largest rotation in degrees, either way.
        max_scale: float, largest enlargement: 0.1 for factors of 1 / 1.1 to 1.1.

    Returns:
        float32 tensor of the shape of `images`.
    """
    uniform = tf.random.stateless_uniform((tf.shape(images)[0], 4), seed, -1.0, 1.0)
    angles = max_rotation * math.pi / 180 * uniform[:, 0]
    scales = (1.0 + max_scale) ** uniform[:, 1]
    return affine(images, angles, scales, max_shift * uniform[:, 2:])


def affine(images: tf.Tensor, angles: tf.Tensor, scales: tf.Tensor, shifts: tf.Tensor) -> tf.Tensor:
    """Rotates and scales each image about its center, then shifts it.

    Args:
        images: float tensor of shape `(batch, height, width, channels)`.
        angles: float tensor of shape `(batch,)`, counterclockwise, in radians.
        scales: float tensor of shape `(batch,)`; above 1 enlarges.
        shifts: float tensor of shape `(batch, 2)`, to the right and down, relative to width and height.

    Returns:
        float32 tensor of the shape of `images`.
    """
    height, width = images.shape[1:3]
    # The operation wants, for each pixel of the output, the place in the input: x = a X + b Y + c, y = d X + e Y + f.
    a, b = tf.cos(angles) / scales, -tf.sin(angles) / scales
    d, e = -b, a
    center_x, center_y = (width - 1) / 2, (height - 1) / 2
    to_x, to_y = center_x + width * shifts[:, 0], center_y + height * shifts[:, 1]
    zeros = tf.zeros_like(angles)
    transforms = tf.stack(
        [a, b, center_x - a * to_x - b * to_y, d, e, center_y - d * to_x - e * to_y, zeros, zeros], axis=1
    )
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(images, tf.float32),
        transforms=transforms,
        output_shape=(height, width),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )
