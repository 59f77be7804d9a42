"""How varied the images of a batch are."""

import tensorflow as tf

NUM_COMPARED = 64  # images of a batch among which the most similar ones are looked for


def relative_diversity(real_images: tf.Tensor, fake_images: tf.Tensor) -> tf.Tensor:
    """How far generated images are from the most similar one beside them, compared with real images.

    Args:
        real_images: float tensor of shape `(batch, height, width, channels)`.
        fake_images: float tensor of the same shape.

    Returns:
        float32 scalar: 0 where all are alike, about 1 where they are as varied as the real ones. It is 1 where there is
        nothing to compare with: a single image, or fewer real images than a batch, beside copies of themselves.
    """
    real, fake = nearest_distance(real_images[:NUM_COMPARED]), nearest_distance(fake_images[:NUM_COMPARED])
    is_single = tf.shape(real_images)[0] < 2
    return tf.where(is_single | (real < 1e-2 * fake), 1.0, tf.math.divide_no_nan(fake, real))


def nearest_distance(images: tf.Tensor) -> tf.Tensor:
    """Mean distance of an image from the nearest other one of its batch, a float32 scalar."""
    flat = tf.reshape(tf.cast(images, tf.float32), (tf.shape(images)[0], -1))
    norms = tf.reduce_sum(tf.square(flat), axis=1)
    squared = norms[:, None] + norms - 2.0 * tf.matmul(flat, flat, transpose_b=True)
    itself = tf.eye(tf.shape(flat)[0]) * tf.reduce_max(squared)
    return tf.reduce_mean(tf.sqrt(tf.maximum(tf.reduce_min(squared + itself, axis=1), 0.0)))
