import numpy as np
import tensorflow as tf

from tfstyle.losses.penalties import gradient_penalty, mix_images, zero_centered_penalty

# Lengths 5 and 0.
GRADIENTS = np.array([[[[3.0], [0.0]]], [[[0.0], [0.0]]]], "float32")
GRADIENTS[0, 0, 1, 0] = 4.0


def test_against_numbers_worked_by_hand():
    np.testing.assert_allclose(gradient_penalty(GRADIENTS), ((5 - 1) ** 2 + (0 - 1) ** 2) / 2, rtol=1e-4)
    np.testing.assert_allclose(zero_centered_penalty(GRADIENTS), (25 + 0) / 2 / 2, rtol=1e-6)


def test_a_flat_discriminator_has_a_finite_gradient():
    gradients = tf.Variable(np.zeros((2, 3, 3, 1), "float32"))
    with tf.GradientTape() as tape:
        penalty = gradient_penalty(gradients)
    assert np.all(np.isfinite(tape.gradient(penalty, gradients)))


def test_half_precision_is_summed_in_float32():
    gradients = tf.fill((2, 64, 64, 3), tf.constant(0.01, tf.bfloat16))
    expected = 0.5 * 64 * 64 * 3 * float(gradients[0, 0, 0, 0]) ** 2
    penalty = zero_centered_penalty(gradients)
    assert penalty.dtype == tf.float32
    np.testing.assert_allclose(penalty, expected, rtol=1e-3)


def test_mixed_images_lie_between():
    real, fake = np.full((3, 2, 2, 1), 1.0, "float32"), np.full((3, 2, 2, 1), -1.0, "float32")
    mixed = np.asarray(mix_images(real, fake, np.array([0.0, 0.25, 1.0], "float32")))
    np.testing.assert_allclose(mixed[:, 0, 0, 0], [-1.0, -0.5, 1.0])
    assert mixed.shape == real.shape


def test_the_penalty_of_a_linear_discriminator_is_that_of_its_weights():
    """`D(x) = w . x` has the gradient `w` everywhere; the penalty's own gradient by `w` is `w` for R1."""
    weights = tf.Variable(np.random.default_rng(0).normal(size=(4, 4, 1)).astype("float32"))
    images = tf.random.stateless_normal((3, 4, 4, 1), (0, 0))
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(images)
            logits = tf.reduce_sum(images * weights, axis=(1, 2, 3))[:, None]
        penalty = zero_centered_penalty(inner.gradient(logits, images))
    np.testing.assert_allclose(penalty, 0.5 * np.sum(np.square(weights)), rtol=1e-5)
    np.testing.assert_allclose(outer.gradient(penalty, weights), weights, rtol=1e-5)
