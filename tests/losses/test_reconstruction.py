import numpy as np
import pytest
import tensorflow as tf

from tfstyle.losses.reconstruction import cycle_loss, identity_loss, l1_loss

IMAGES = np.array([[[[0.0], [1.0]]], [[[-1.0], [0.5]]]], "float32")
OTHERS = np.array([[[[0.5], [1.0]]], [[[1.0], [0.25]]]], "float32")


@pytest.mark.parametrize("loss", [l1_loss, cycle_loss, identity_loss])
def test_against_numbers_worked_by_hand(loss):
    value = loss(IMAGES, OTHERS)
    assert (value.shape, value.dtype) == ((), tf.float32)
    np.testing.assert_allclose(value, (0.5 + 0 + 2 + 0.25) / 4)
    assert float(loss(IMAGES, IMAGES)) == 0


def test_half_precision_is_averaged_in_float32():
    images = tf.fill((1, 64, 64, 3), tf.constant(0.01, tf.bfloat16))
    value = l1_loss(images, tf.zeros_like(images))
    assert value.dtype == tf.float32
    np.testing.assert_allclose(value, float(images[0, 0, 0, 0]), rtol=1e-5)
