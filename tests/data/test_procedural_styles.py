"""Styles drawn by code in endless variety."""

import numpy as np
import pytest

from tfstyle.data.procedural_styles import MANNERS, procedural_style, ramp, random_palette, smooth_noise


def test_a_style_is_its_seeds():
    style = procedural_style(48, seed=3)
    assert style.shape == (48, 48, 3) and style.dtype == np.uint8
    np.testing.assert_array_equal(style, procedural_style(48, seed=3))
    assert (style != procedural_style(48, seed=4)).mean() > 0.5


@pytest.mark.parametrize("draw", MANNERS)
@pytest.mark.parametrize("scale", [1.3, 5.0, 11.0])
def test_each_manner_draws_with_its_palette_at_any_scale(draw, scale):
    palette = np.array([[1, 0, 0], [0, 0, 1.0]])
    random = np.random.default_rng(1)
    picture = draw(64, palette, scale, random)
    assert picture.shape == (64, 64, 3)
    assert picture.min() >= 0 and picture.max() <= 1
    assert picture.std(axis=(0, 1)).max() > 0.02  # something is drawn
    inside = picture if draw.__name__ != "draw_glass" else picture[picture[..., 1] == 0]  # but the leads
    np.testing.assert_array_equal(inside[..., 1], 0)


def test_palettes_are_colors():
    palettes = [random_palette(np.random.default_rng(seed)) for seed in range(50)]
    assert {len(palette) for palette in palettes} == set(range(2, 8))
    assert all(palette.min() >= 0 and palette.max() <= 1 for palette in palettes)


def test_a_ramp_passes_the_palette_and_begins_anew():
    palette = np.array([[0, 0, 0], [1, 0, 0], [0, 1.0, 0]])
    np.testing.assert_allclose(
        ramp(np.array([0, 0.25, 1, 2.5, -1]), palette)[:, :2], [[0, 0], [0.25, 0], [1, 0], [0, 0.5], [0, 1]]
    )


def test_noise_is_as_slow_as_it_is_said_to_be():
    slow, fast = (smooth_noise(64, waves, np.random.default_rng(0)) for waves in (3, 30))
    assert slow.shape == fast.shape == (64, 64)
    assert 3 * np.abs(np.diff(slow)).mean() < np.abs(np.diff(fast)).mean()
