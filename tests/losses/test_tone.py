import numpy as np
import pytest

from tfstyle.losses.tone import block_luminance, tone_loss


def test_luminance_of_blocks():
    image = np.zeros((1, 16, 24, 3), np.float32)
    image[:, :8, :8] = [1, 0, 0]
    image[:, 8:, 16:, 1] = np.indices((8, 8))[1] / 7
    luminance = np.array(block_luminance(image))
    expected = np.zeros((1, 2, 3))
    expected[0, 0, 0], expected[0, 1, 2] = 0.299, 0.587 / 2
    np.testing.assert_allclose(luminance, expected, atol=1e-6)


def test_a_curve_is_followed_between_its_knots():
    gray = np.full((1, 8, 8, 3), 0.375, np.float32)  # between the knots 0.25 and 0.5 of five
    curve = np.array([[0.1, 0.2, 0.6, 0.7, 0.9]], np.float32)
    assert float(tone_loss(np.full_like(gray, 0.4), gray, curve)[0]) == pytest.approx(0, abs=1e-6)
    assert float(tone_loss(np.full_like(gray, 0.5), gray, curve)[0]) == pytest.approx(0.1**2 / 0.05, rel=1e-3)


def test_each_image_has_its_curve():
    gray = np.full((2, 8, 8, 3), 1.0, np.float32)
    curves = np.array([[0, 1], [0, 0.5]], np.float32)
    np.testing.assert_allclose(tone_loss(gray, gray, curves), [0, 0.25 / 0.05], atol=1e-4)
