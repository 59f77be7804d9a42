"""Which part of stylized crops the losses see."""

import tensorflow as tf

MAX_SHIFT = 4  # pixels; half of the largest stride of the extractors' style layers


class LossWindow:
    """A window into square crops that leaves out their border, and shifts from step to step.

    At the border an extractor sees its zero padding: a network whose loss is computed there learns to paint a frame.
    And its strides see some phases of a fine pattern better than others: a network that knows the phase learns to hatch
    plain areas. So the window begins at the margin, give or take a few pixels.

    Args:
        config: a training's config with `crop_size`, `loss_margin` and `seed`.
    """

    def __init__(self, config):
        self.seed, self.margin = config.seed, config.loss_margin
        self.size = config.crop_size - 2 * config.loss_margin

    def corner(self, step) -> tf.Tensor:
        """Where the window begins in a step: int32 tensor of shape `(2,)`, top and left."""
        seed = tf.stack([tf.constant(self.seed, tf.int64), tf.cast(step, tf.int64)])
        reach = min(self.margin, MAX_SHIFT)
        return tf.random.stateless_uniform((2,), seed, self.margin - reach, self.margin + reach + 1, tf.int32)

    def through(self, corner, images) -> tf.Tensor:
        """What of `(batch, crop_size, crop_size, channels)` is seen through the window."""
        top, left = tf.unstack(corner)
        return images[:, top : top + self.size, left : left + self.size]
