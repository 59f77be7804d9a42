"""Adam."""

import numpy as np
import tensorflow as tf

from tfstyle.optimizers.adam import Adam

RANDOM = np.random.default_rng(0)
GOAL = RANDOM.uniform(0.2, 0.8, (1, 2, 3, 3)).astype("float32")
CURVATURE = np.geomspace(0.1, 100, GOAL.size).reshape(GOAL.shape).astype("float32")


def quadratic(image):
    """Lowest at GOAL, a thousand times as steep in one direction as in another."""
    return float(tf.reduce_sum(CURVATURE * (image - GOAL) ** 2) / 2), CURVATURE * (image - GOAL)


def test_adam_equals_keras():
    import keras

    variable = keras.Variable(np.full(GOAL.shape, 0.5, "float32"))
    theirs = keras.optimizers.Adam(0.01, 0.9, 0.99, epsilon=1e-8)
    theirs.build([variable])
    ours, image = Adam(0.01), tf.fill(GOAL.shape, 0.5)
    for _ in range(5):
        theirs.apply([quadratic(variable.value)[1]], [variable])
        image = ours.step(image, quadratic)
    np.testing.assert_allclose(image, variable.numpy(), atol=1e-5)


def test_adam_goes_on_at_another_size():
    image = tf.fill((1, 4, 6, 3), 0.5)
    ours = Adam(0.01)
    ours.step(image, lambda image: (0.0, tf.ones_like(image)))
    ours.resize(8, 12)
    larger = tf.fill((1, 8, 12, 3), 0.5)
    # The first moment goes on in the direction it had, though the gradient is nothing now.
    moved = ours.step(larger, lambda image: (0.0, tf.zeros_like(image)))
    assert (moved.numpy() < 0.5 - 0.004).all()


def test_pixels_stay_in_range():
    image = Adam(0.5).step(
        tf.fill((1, 2, 2, 3), 0.9), lambda image: (-float(tf.reduce_sum(image)), -tf.ones((1, 2, 2, 3)))
    )
    np.testing.assert_array_equal(image, 1)
