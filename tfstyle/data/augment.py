"""Differentiable augmentation of the discriminator's inputs, for small datasets.

Real and generated images are augmented alike, and the gradient of the generator passes through the augmentation. As
long as the probability of each change is clearly below 1, generated images do not show it.
"""

import tensorflow as tf

from tfstyle.images import LUMA_WEIGHTS

# The kinds of augmentation, by their names in a config.
KINDS = ("geometry", "color", "cutout")
# Deviations as in Karras et al. 2020, appendix B; "log2" of a factor.
SHIFT, LOG2_SCALE, LOG2_STRETCH = 0.125, 0.2, 0.2
BRIGHTNESS, LOG2_CONTRAST, LOG2_SATURATION = 0.2, 0.5, 1.0
CUTOUT_SIZE = 0.5


def draw_augmentations(num_images, kinds, probability, seed) -> dict[str, tf.Tensor]:
    """Draws the random parameters of the augmentation.

    Args:
        num_images: integer.
        kinds: sequence of some of `KINDS`.
        probability: scalar float tensor in [0, 1], probability of each change to each image.
        seed: int tensor of shape `(2,)`; the same seed gives the same parameters.

    Returns:
        Dict of name -> float32 tensor with `num_images` rows, the input of `augment`. Replicas can draw for a whole
        batch and use their own rows.

    Raises:
        ValueError: if a kind is unknown.
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise ValueError(f"Augmentations are {', '.join(KINDS)}. Received: {', '.join(unknown)}.")
    normal = tf.random.stateless_normal((num_images, 8), tf.random.experimental.stateless_fold_in(seed, 0))
    uniform = tf.random.stateless_uniform((num_images, 9), tf.random.experimental.stateless_fold_in(seed, 1))
    happens = tf.cast(uniform[:, :7] < probability, tf.float32)
    draws = {}
    if "geometry" in kinds:
        shift = SHIFT * normal[:, 0:2] * happens[:, 0:1]
        scale = LOG2_SCALE * normal[:, 2] * happens[:, 1]
        stretch = LOG2_STRETCH * normal[:, 3] * happens[:, 2]
        draws["shift"] = shift
        draws["scale"] = 2.0 ** tf.stack([scale + stretch, scale - stretch], axis=1)
    if "color" in kinds:
        draws["brightness"] = BRIGHTNESS * normal[:, 4] * happens[:, 3]
        draws["contrast"] = 2.0 ** (LOG2_CONTRAST * normal[:, 5] * happens[:, 4])
        draws["saturation"] = 2.0 ** (LOG2_SATURATION * normal[:, 6] * happens[:, 5])
    if "cutout" in kinds:
        draws["cutout_center"] = uniform[:, 7:9]
        draws["cutout_size"] = CUTOUT_SIZE * happens[:, 6]
    return draws


def augment(images, draws) -> tf.Tensor:
    """Augments each image with its drawn parameters.

    Args:
        images: float32 tensor of shape `(batch, height, width, channels)` in [-1, 1] with 1, 3 or 4 channels.
        draws: from `draw_augmentations`, the rows of this batch.

    Returns:
        float32 tensor of the same shape; colors can leave [-1, 1].

    Reference:
        Zhao et al.: Differentiable Augmentation for Data-Efficient GAN Training, 2020.
        Karras et al.: Training Generative Adversarial Networks with Limited Data, 2020.
        Differs from both: no rotation. Translation and scaling are then matrix products with rows and columns, whose
        gradients of every order are exact and fast.
    """
    if "shift" in draws:
        rows = resampling_matrix(images.shape[1], draws["shift"][:, 0], draws["scale"][:, 0])
        columns = resampling_matrix(images.shape[2], draws["shift"][:, 1], draws["scale"][:, 1])
        images = tf.einsum("byh,bhwc,bxw->byxc", rows, images, columns)
    if "brightness" in draws:
        images = _change_colors(images, draws)
    if "cutout_size" in draws:
        images = images * _cutout_mask(images.shape[1], images.shape[2], draws)
    return images


def resampling_matrix(size, shift, scale) -> tf.Tensor:
    """Matrices that translate and scale a line of pixels about its center, by linear interpolation.

    Pixels beyond the border are reflected.

    Args:
        size: integer, pixels of the line.
        shift: float tensor of shape `(batch,)`, relative to `size`.
        scale: float tensor of shape `(batch,)`; above 1 enlarges.

    Returns:
        float32 tensor of shape `(batch, size, size)`; rows sum to 1.
    """
    center = (size - 1) / 2
    target = tf.range(size, dtype=tf.float32) - center
    source = (target - size * shift[:, None]) / scale[:, None] + center
    phase = tf.math.floormod(source, max(2.0 * (size - 1), 1.0))
    source = tf.minimum(phase, 2.0 * (size - 1) - phase)
    return tf.nn.relu(1.0 - tf.abs(source[:, :, None] - tf.range(size, dtype=tf.float32)))


def _change_colors(images, draws):
    """Changes brightness, contrast and saturation; alpha is kept."""
    brightness, contrast, saturation = (
        draws[name][:, None, None, None] for name in ("brightness", "contrast", "saturation")
    )
    colors, alpha = images[..., :3], images[..., 3:]
    if colors.shape[-1] == 3:
        gray = tf.reduce_sum(colors * tf.constant(LUMA_WEIGHTS), axis=-1, keepdims=True)
        colors = gray + saturation * (colors - gray)
    return tf.concat([contrast * colors + brightness, alpha], axis=-1)


def _cutout_mask(height, width, draws):
    """Zeros in a rectangle, ones elsewhere: float tensor of shape `(batch, height, width, 1)`."""

    def inside(size, centers):
        positions = (tf.range(size, dtype=tf.float32) + 0.5) / size
        return tf.abs(positions - centers[:, None]) < draws["cutout_size"][:, None] / 2

    center = draws["cutout_center"]
    hidden = inside(height, center[:, 0])[:, :, None] & inside(width, center[:, 1])[:, None, :]
    return 1.0 - tf.cast(hidden, tf.float32)[..., None]
