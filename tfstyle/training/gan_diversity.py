"""Diversity of generated images."""

import tensorflow as tf

NUM_COMPARED = 64  # images of a batch that are compared with each other


def relative_diversity(real_images: tf.Tensor, fake_images: tf.Tensor) -> tf.Tensor:
    """Mean distance of generated images to the most similar one of the batch, relative to that of real images.

    Args:
        real_images: float tensor of shape `(batch, height, width, channels)`.
        fake_images: float tensor of the same shape.

    Returns:
        float32 scalar: 0 if all images are equal, about 1 if they are as diverse as the real ones. It is 1 if there is
        nothing to compare: a single image, or a batch with copies because there are fewer real images than it needs.
    """
    real, fake = nearest_distance(real_images[:NUM_COMPARED]), nearest_distance(fake_images[:NUM_COMPARED])
    is_single = tf.shape(real_images)[0] < 2
    return tf.where(is_single | (real < 1e-2 * fake), 1.0, tf.math.divide_no_nan(fake, real))


def nearest_distance(images: tf.Tensor) -> tf.Tensor:
    """Mean distance of an image to the nearest other image of the batch, a float32 scalar."""
    flat = tf.reshape(tf.cast(images, tf.float32), (tf.shape(images)[0], -1))
    norms = tf.reduce_sum(tf.square(flat), axis=1)
    squared = norms[:, None] + norms - 2.0 * tf.matmul(flat, flat, transpose_b=True)
    itself = tf.eye(tf.shape(flat)[0]) * tf.reduce_max(squared)
    return tf.reduce_mean(tf.sqrt(tf.maximum(tf.reduce_min(squared + itself, axis=1), 0.0)))
