import colorsys

import numpy as np
import pytest

from tfstyle.data.image_array import load_image_array
from tfstyle.data.procedural import SHAPES, hsv_to_rgb, procedural_images, signed_distance


def test_the_same_for_a_seed_whatever_the_number():
    few, many = procedural_images(20, 16, seed=3), procedural_images(60, 16, seed=3)
    np.testing.assert_array_equal(few.images, many.images[:20])
    np.testing.assert_array_equal(few.labels, many.labels[:20])
    assert np.any(few.images != procedural_images(20, 16, seed=4).images)


def test_every_shape_comes_and_no_two_images_are_alike():
    images = procedural_images(400, 16)
    assert images.label_names == SHAPES
    assert np.bincount(images.labels, minlength=len(SHAPES)).min() > 40
    assert len(np.unique(images.images.reshape(400, -1), axis=0)) == 400


def test_shapes_lie_within_the_image():
    alpha = procedural_images(200, 32, channels=4).images[..., 3]
    assert max(alpha[:, edge].max() for edge in (0, -1)) == 0
    assert max(alpha[:, :, edge].max() for edge in (0, -1)) == 0
    assert alpha.max(axis=(1, 2)).min() == 255
    smooth = (alpha > 0) & (alpha < 255)
    assert smooth.any(axis=(1, 2)).all()  # antialiased


AREAS = {"disk": np.pi, "ring": np.pi * (1 - 0.25), "square": 1.4**2, "cross": 2 * 2 * 0.6 - 0.36}
AREAS["triangle"] = 3 * 3**0.5 / 4  # with the circumradius 1


@pytest.mark.parametrize("shape", SHAPES)
def test_areas_of_the_shapes(shape):
    x, y = np.meshgrid(np.linspace(-1.2, 1.2, 801), np.linspace(-1.2, 1.2, 801))
    area = np.mean(signed_distance(shape, x, y) < 0) * 2.4**2
    np.testing.assert_allclose(area, AREAS[shape], rtol=0.02)


def test_colors_against_the_standard_library():
    values = np.random.default_rng(0).random((20, 3))
    expected = [colorsys.hsv_to_rgb(*row) for row in values]
    np.testing.assert_allclose(hsv_to_rgb(*values.T), expected, atol=1e-12)


def test_it_is_a_source():
    images = load_image_array("procedural", image_size=8, channels=1, seed=2)
    assert images.image_shape == (8, 8, 1)
    np.testing.assert_array_equal(images.images[:5], procedural_images(5, 8, 1, seed=2).images)
