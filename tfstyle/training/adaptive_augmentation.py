"""Adaptive augmentation of a discriminator's inputs, for small sets of images."""

import tensorflow as tf

from tfstyle.data.augment import augment, draw_augmentations
from tfstyle.training.gan_step import MAX_AUGMENT_PROBABILITY


class AdaptiveAugmentation:
    """Augments real and generated images alike, more often the more the discriminator overfits.

    Create it in the scope of the strategy under which it is called.

    Args:
        kinds: sequence of some of `tfstyle.data.augment.KINDS`.
        target: float in [-1, 1], target for the share of correct minus the share of wrong logits.
        num_images: integer, number of images in which the probability can rise from 0 to 1.
        batch_size: integer, images per step, over all replicas.

    Attributes:
        probability: `tf.Variable`, the complete state.

    Reference:
        Karras et al.: Training Generative Adversarial Networks with Limited Data, 2020, section 3.1. Differs from the
        paper: overfitting is the share of correctly ordered pairs of a real and a generated patch, as in `GanTrainer`.
    """

    def __init__(self, kinds, target, num_images, batch_size):
        self.kinds, self.target, self.batch_size = tuple(kinds), target, batch_size
        self.change = batch_size / num_images
        self.probability = tf.Variable(0.0, trainable=False, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA)

    def __call__(self, images, seed) -> tf.Tensor:
        """Augments this replica's share of a batch, float32 `(batch, height, width, 3)` in [-1, 1].

        Args:
            images: float32 tensor.
            seed: int tensor of shape `(2,)`, the same on all replicas.
        """
        context = tf.distribute.get_replica_context()
        share = images.shape[0]
        first = context.replica_id_in_sync_group * share if context.num_replicas_in_sync > 1 else 0
        draws = draw_augmentations(self.batch_size, self.kinds, self.probability, seed)
        return augment(images, {name: values[first : first + share] for name, values in draws.items()})

    def adapt(self, accuracy) -> None:
        """Raises the probability if the accuracy is above the target, and lowers it otherwise.

        Args:
            accuracy: float32 scalar, the mean over all replicas.
        """
        step = self.change * tf.sign(2.0 * accuracy - 1.0 - self.target)
        self.probability.assign(tf.clip_by_value(self.probability + step, 0.0, MAX_AUGMENT_PROBABILITY))
