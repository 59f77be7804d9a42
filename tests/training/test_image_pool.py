import numpy as np
import tensorflow as tf

from tfstyle.training.image_pool import ImagePool


def numbered(*values):
    """Images of one pixel, which say which they are."""
    return tf.constant(values, tf.float32)[:, None, None, None]


def test_a_pool_that_fills_gives_back_what_came():
    pool = ImagePool(3, (1, 1, 1))
    shown = pool.exchange(numbered(1, 2), tf.constant([0, 0]))
    np.testing.assert_array_equal(np.ravel(shown), [1, 2])
    np.testing.assert_array_equal(np.ravel(pool.images), [1, 2, 0])
    assert int(pool.count) == 2


def test_a_full_pool_exchanges_half_and_loses_nothing():
    pool = ImagePool(4, (1, 1, 1))
    pool.exchange(numbered(0, 1, 2, 3), tf.constant([0, 0]))
    shown, old = [], 0
    for number in range(4, 204):
        kept_before = set(np.ravel(pool.images))
        (value,) = np.ravel(pool.exchange(numbered(number), tf.constant([7, number])))
        shown.append(value)
        kept = set(np.ravel(pool.images))
        assert kept | {value} == kept_before | {number}
        old += value != number
    assert len(set(shown)) == len(shown)  # each image is shown once
    assert 70 < old < 130


def test_the_same_seed_exchanges_alike_and_no_gradient_passes():
    images = numbered(5, 6, 7)
    results = []
    for _ in range(2):
        pool = ImagePool(2, (1, 1, 1))
        with tf.GradientTape() as tape:
            tape.watch(images)
            shown = pool.exchange(images, tf.constant([1, 2]))
        assert tape.gradient(shown, images) is None
        results.append(np.ravel(shown))
    np.testing.assert_array_equal(*results)


def test_replicas_share_one_pool(mirrored_strategy):
    single = ImagePool(3, (1, 1, 1))
    with mirrored_strategy.scope():
        pool = ImagePool(3, (1, 1, 1))

    @tf.function
    def step(number):
        def exchange():
            replica = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.float32)
            image = tf.reshape(2.0 * number + replica, (1, 1, 1, 1))
            return pool.exchange(image, tf.stack([3, tf.cast(number, tf.int32)]))

        return mirrored_strategy.experimental_local_results(mirrored_strategy.run(exchange))

    for number in range(8):
        shown = np.ravel([part.numpy() for part in step(tf.constant(float(number)))])
        expected = single.exchange(numbered(2 * number, 2 * number + 1), tf.constant([3, number]))
        np.testing.assert_array_equal(shown, np.ravel(expected))
    np.testing.assert_array_equal(np.ravel(pool.images), np.ravel(single.images))
