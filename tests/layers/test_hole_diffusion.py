"""Diffusion into holes, against the solution of Laplace's equation."""

import numpy as np
import pytest

from tfstyle.layers.hole_diffusion import HoleDiffusion

LAYER = HoleDiffusion()


def with_hole(height, width, rows, columns):
    mask = np.zeros((1, height, width, 1), "float32")
    mask[:, rows, columns] = 1
    return mask


def test_known_pixels_stay_and_what_is_in_holes_has_no_effect():
    random = np.random.default_rng(0)
    images = random.uniform(-1, 1, (2, 37, 50, 3)).astype("float32")
    masks = (random.random((2, 37, 50, 1)) < 0.4).astype("float32")
    filled = np.asarray(LAYER(images, masks))
    np.testing.assert_array_equal(np.where(masks, 0, filled), np.where(masks, 0, images))
    np.testing.assert_array_equal(LAYER(np.where(masks, 9, images).astype("float32"), masks), filled)
    assert filled.min() >= images.min() and filled.max() <= images.max()  # the maximum principle


@pytest.mark.parametrize("size", [8, 40])
def test_a_ramp_goes_on_through_a_hole(size):
    """A linear function solves Laplace's equation."""
    ramp = np.tile(np.linspace(-1, 1, 96, dtype="float32")[None, None, :, None], (1, 96, 1, 3))
    inner = slice(48 - size // 2, 48 + size // 2)
    filled = LAYER(ramp, with_hole(96, 96, inner, inner))
    np.testing.assert_allclose(filled, ramp, atol=0.1 * size * 2 / 96 + 0.02)


def test_holes_of_any_size_are_filled():
    images = np.full((1, 200, 230, 3), 0.7, "float32")
    mask = with_hole(200, 230, slice(0, 150), slice(0, 150))
    np.testing.assert_allclose(LAYER(images, mask), images, atol=1e-5)
    assert not np.any(LAYER(images[:, :9, :9], mask[:, :9, :9]))  # nothing is known


def test_another_crop_gives_the_same():
    """Crops that begin at multiples of the coarsest pixel differ by what comes from outside of them only."""
    random = np.random.default_rng(0)
    images = random.uniform(-1, 1, (1, 256, 256, 3)).astype("float32")
    masks = (random.random((1, 256, 256, 1)) < 0.3).astype("float32")
    masks[:, 100:130, 90:150] = 1
    whole = np.asarray(LAYER(images, masks))
    part = np.asarray(LAYER(images[:, 32:, 32:], masks[:, 32:, 32:]))
    np.testing.assert_allclose(part[:, 32:, 32:], whole[:, 64:, 64:], atol=1e-5)
