"""Shifts, rotations and changes of size, on images where the answer is known."""

import math

import numpy as np
import tensorflow as tf

from tfstyle.data.affine import affine, random_affine

IMAGES = np.random.default_rng(0).random((2, 9, 9, 3), np.float32)


def change(angle=0.0, scale=1.0, shift=(0.0, 0.0)):
    return affine(tf.constant(IMAGES), tf.fill((2,), angle), tf.fill((2,), scale), tf.constant([shift] * 2)).numpy()


def test_no_change():
    np.testing.assert_allclose(change(), IMAGES, atol=1e-6)


def test_a_shift_by_whole_pixels_repeats_the_border():
    expected = np.concatenate([IMAGES[:, :, :1], IMAGES[:, :, :1], IMAGES[:, :, :-2]], axis=2)  # 2 to the right
    expected = np.concatenate([expected[:, :1], expected[:, :-1]], axis=1)  # 1 down
    np.testing.assert_allclose(change(shift=(2 / 9, 1 / 9)), expected, atol=1e-5)


def test_a_quarter_turn_is_counterclockwise():
    np.testing.assert_allclose(change(angle=math.pi / 2), np.rot90(IMAGES, axes=(1, 2)), atol=1e-5)


def test_twice_the_size_shows_the_middle():
    np.testing.assert_allclose(change(scale=2.0)[:, ::2, ::2], IMAGES[:, 2:7, 2:7], atol=1e-5)


def test_the_seed_decides_and_the_maxima_hold():
    one, same, other = (random_affine(IMAGES, seed).numpy() for seed in ((1, 2), (1, 2), (1, 3)))
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other) and not np.allclose(one[0] - IMAGES[0], one[1] - IMAGES[1])
    still = random_affine(IMAGES, (1, 2), max_shift=0.0, max_rotation=0.0, max_scale=0.0)
    np.testing.assert_allclose(still, IMAGES, atol=1e-5)
    # A point in the middle moves no further than the largest shift.
    points = np.zeros((64, 31, 31, 1), np.float32)
    points[:, 15, 15] = 1.0
    moved = random_affine(points, (0, 0), max_shift=0.1).numpy()[..., 0]
    rows, columns = (np.einsum("bhw,hw->b", moved, grid) / moved.sum((1, 2)) for grid in np.indices((31, 31)))
    for places in (rows, columns):
        assert 2.0 < np.abs(places - 15).max() < 0.1 * 31 + 0.6
