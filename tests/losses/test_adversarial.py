"""Every loss against numbers worked by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.losses import adversarial
from tfstyle.losses.adversarial import RELATIVISTIC, WITH_REAL_LABEL, adversarial_losses

# sigmoid(log 3) = 3/4 and sigmoid(-log 3) = 1/4, so that every probability is a plain fraction.
LOG3 = np.log(3.0)
REAL = np.array([[LOG3], [0.0]], "float32")  # D = 3/4, 1/2
FAKE = np.array([[-LOG3], [LOG3]], "float32")  # D = 1/4, 3/4

EXPECTED = {
    # generator, discriminator
    "minimax": (
        (np.log(3 / 4) + np.log(1 / 4)) / 2,
        -(np.log(3 / 4) + np.log(1 / 2)) / 2 - (np.log(3 / 4) + np.log(1 / 4)) / 2,
    ),
    "non_saturating": (
        -(np.log(1 / 4) + np.log(3 / 4)) / 2,
        -(np.log(3 / 4) + np.log(1 / 2)) / 2 - (np.log(3 / 4) + np.log(1 / 4)) / 2,
    ),
    "least_squares": (
        ((LOG3 + 1) ** 2 + (LOG3 - 1) ** 2) / 4,
        ((LOG3 - 1) ** 2 + 1) / 4 + 2 * LOG3**2 / 4,
    ),
    "wasserstein": (0.0, 0.0 - LOG3 / 2),
    "hinge": (0.0, (0.0 + 1.0) / 2 + (0.0 + 1 + LOG3) / 2),
    # Differences real - fake: 2 log 3, whose sigmoid is 9/10; and -log 3, whose sigmoid is 1/4.
    "relativistic": (-(np.log(1 / 10) + np.log(3 / 4)) / 2, -(np.log(9 / 10) + np.log(1 / 4)) / 2),
}


def test_every_pair_is_here():
    assert adversarial_losses.keys() == EXPECTED.keys()
    assert EXPECTED.keys() >= RELATIVISTIC | WITH_REAL_LABEL


@pytest.mark.parametrize("name", EXPECTED)
def test_against_numbers_worked_by_hand(name):
    generator_loss, discriminator_loss = adversarial_losses[name]
    generator, discriminator = EXPECTED[name]
    np.testing.assert_allclose(generator_loss(REAL, FAKE), generator, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(discriminator_loss(REAL, FAKE), discriminator, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", EXPECTED)
def test_maps_of_patches_and_half_precision(name):
    for loss in adversarial_losses[name]:
        maps = [np.tile(logits[:, None, None], (1, 3, 2, 1)) for logits in (REAL, FAKE)]
        np.testing.assert_allclose(loss(*maps), loss(REAL, FAKE), rtol=1e-6, atol=1e-7)
        half = loss(tf.cast(REAL, tf.bfloat16), tf.cast(FAKE, tf.bfloat16))
        assert keras.backend.standardize_dtype(half.dtype) == "float32"
        np.testing.assert_allclose(half, loss(REAL, FAKE), rtol=0.05, atol=0.02)


@pytest.mark.parametrize("name", EXPECTED)
def test_each_side_pulls_the_logits_its_way(name):
    generator_loss, discriminator_loss = adversarial_losses[name]
    real, fake = tf.Variable(REAL * 0.5), tf.Variable(FAKE * 0.5)
    with tf.GradientTape(persistent=True) as tape:
        generator, discriminator = generator_loss(real, fake), discriminator_loss(real, fake)
    # Minimizing moves logits against the gradient: the generator lifts its images' logits, the discriminator lowers
    # them and lifts the real ones.
    assert np.all(tape.gradient(generator, fake) < 0)
    assert tape.gradient(discriminator, fake)[1] > 0
    assert np.all(tape.gradient(discriminator, real) < 0)
    assert (tape.gradient(generator, real) is not None) == (name in RELATIVISTIC)


@pytest.mark.parametrize("name", EXPECTED)
def test_sure_logits_give_finite_losses(name):
    for sign in (-1, 1):
        for loss in adversarial_losses[name]:
            assert np.isfinite(loss(np.full((2, 1), sign * 1e4, "float32"), np.full((2, 1), -sign * 1e4, "float32")))


def test_one_sided_label_smoothing_moves_the_target_of_real_images_alone():
    """With label 3/4 the discriminator is best where D = 3/4, and the loss on made images is as before."""
    loss = adversarial.cross_entropy_discriminator_loss
    logit = tf.Variable([[LOG3]], dtype="float32")
    with tf.GradientTape() as tape:
        value = loss(logit, FAKE[:1], real_label=0.75)
    np.testing.assert_allclose(tape.gradient(value, logit), [[0.0]], atol=1e-6)
    expected = -0.75 * np.log(3 / 4) - 0.25 * np.log(1 / 4) - np.log(3 / 4)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    squares = adversarial.least_squares_discriminator_loss(REAL, FAKE, real_label=0.9)
    np.testing.assert_allclose(squares, ((LOG3 - 0.9) ** 2 + 0.81) / 4 + LOG3**2 / 2, rtol=1e-5)


def test_the_lambda_of_least_squares_weighs_the_made_images():
    loss = adversarial.least_squares_discriminator_loss(REAL, FAKE, fake_weight=0.5)
    np.testing.assert_allclose(loss, ((LOG3 - 1) ** 2 + 1) / 4 + LOG3**2 / 4, rtol=1e-5)
