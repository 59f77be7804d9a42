"""A history of generated images for the discriminator."""

import tensorflow as tf


class ImagePool:
    """Mixes generated images of earlier steps into the discriminator's inputs, which reduces oscillation.

    While the pool fills up, it stores and returns each image. Then it returns an image with probability 1/2; otherwise
    it exchanges the image for a random one of the pool. All replicas share one pool, as on a single device.

    Args:
        size: integer, at least 1, number of images in the pool.
        image_shape: three integers, height, width and channels.

    Attributes:
        variables: list of `tf.Variable`, the complete state.

    Reference:
        Shrivastava et al.: Learning from Simulated and Unsupervised Images through Adversarial Training, 2017, section
        2.3; Zhu et al. 2017, section 4: a pool of 50.
    """

    def __init__(self, size, image_shape):
        self.size = size
        options = {"trainable": False, "aggregation": tf.VariableAggregation.ONLY_FIRST_REPLICA}
        self.images = tf.Variable(tf.zeros((size, *image_shape)), **options)
        self.count = tf.Variable(0, dtype=tf.int32, **options)
        self.variables = [self.images, self.count]

    def exchange(self, images, seed) -> tf.Tensor:
        """Passes images through the pool.

        Args:
            images: float32 tensor of shape `(batch, *image_shape)`, this replica's images of a step.
            seed: int tensor of shape `(2,)`, the same on all replicas.

        Returns:
            Tensor of the same shape, input of the discriminator. It has no gradient.
        """
        images = tf.stop_gradient(images)
        context = tf.distribute.get_replica_context()
        share, num_replicas = images.shape[0], context.num_replicas_in_sync
        every = context.all_gather(images, axis=0) if num_replicas > 1 else images
        shown = self._exchange_all(every, share * num_replicas, seed)
        first = context.replica_id_in_sync_group * share if num_replicas > 1 else 0
        return shown[first : first + share]

    def _exchange_all(self, images, num_images, seed):
        kept, count = tf.convert_to_tensor(self.images), tf.convert_to_tensor(self.count)
        draws = tf.random.stateless_uniform((num_images, 2), seed)
        shown = []
        for number in range(num_images):
            image, coin, place = images[number], draws[number, 0], draws[number, 1]
            is_full = count >= self.size
            index = tf.where(is_full, tf.cast(place * self.size, tf.int32), count)
            gives_old = is_full & (coin < 0.5)
            old = kept[index]
            shown.append(tf.where(gives_old, old, image))
            stays = tf.where(is_full & ~gives_old, old, image)
            kept = tf.tensor_scatter_nd_update(kept, index[None, None], stays[None])
            count = tf.minimum(count + 1, self.size)
        self.images.assign(kept)
        self.count.assign(count)
        return tf.stack(shown)
