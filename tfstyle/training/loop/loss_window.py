"""The part of stylized crops on which the losses are computed."""

import tensorflow as tf

MAX_SHIFT = 4  # pixels; half of the largest stride of the extractors' style layers


class LossWindow:
    """A window in square crops that excludes their border and shifts from step to step.

    At the border, features depend on the zero padding of the extractor: a network whose loss is computed there learns
    to draw a frame. And the strides of the extractor respond to some phases of a fine pattern more than to others: a
    network that knows the phase learns to hatch plain areas. Therefore the window starts at the margin plus or minus a
    few random pixels.

    Args:
        config: config of a training with `crop_size`, `loss_margin` and `seed`.
    """

    def __init__(self, config):
        self.seed, self.margin = config.seed, config.loss_margin
        self.size = config.crop_size - 2 * config.loss_margin

    def corner(self, step) -> tf.Tensor:
        """The corner of the window in a step: int32 tensor of shape `(2,)`, top and left."""
        seed = tf.stack([tf.constant(self.seed, tf.int64), tf.cast(step, tf.int64)])
        reach = min(self.margin, MAX_SHIFT)
        return tf.random.stateless_uniform((2,), seed, self.margin - reach, self.margin + reach + 1, tf.int32)

    def through(self, corner, images) -> tf.Tensor:
        """Crops `(batch, crop_size, crop_size, channels)` to the window."""
        top, left = tf.unstack(corner)
        return images[:, top : top + self.size, left : left + self.size]
