"""Bicubic enlargement against Pillow's and TensorFlow's."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfstyle.layers.bicubic_upsampling import BicubicUpsampling2D, cubic

IMAGES = np.random.default_rng(0).random((2, 9, 13, 3), np.float32)


def test_the_kernel_by_hand():
    np.testing.assert_allclose(cubic([0, 0.5, 1, 1.5, 2, -0.5]), [1, 0.5625, 0, -0.0625, 0, 0.5625])


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_it_is_the_bicubic_interpolation_of_others(scale):
    large = BicubicUpsampling2D(scale)(IMAGES).numpy()
    theirs = tf.image.resize(IMAGES, (9 * scale, 13 * scale), "bicubic").numpy()
    inner = (slice(None), slice(2 * scale, -2 * scale), slice(2 * scale, -2 * scale))
    np.testing.assert_allclose(
        large[inner], theirs[inner], atol=1e-3
    )  # theirs rounds the weights; at the border they differ
    plane = Image.fromarray(IMAGES[0, ..., 0]).resize((13 * scale, 9 * scale), Image.Resampling.BICUBIC)
    np.testing.assert_allclose(large[0, ..., 0][inner[1:]], np.asarray(plane)[inner[1:]], atol=1e-5)


def test_plain_images_stay_plain_and_a_pixel_is_enough():
    np.testing.assert_allclose(BicubicUpsampling2D(4)(np.full((1, 1, 1, 3), 0.3, "float32")), 0.3, atol=1e-6)


def test_mistakes():
    with pytest.raises(ValueError, match="`scale` must be a positive integer. Received: scale=0"):
        BicubicUpsampling2D(0)
