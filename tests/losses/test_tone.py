import numpy as np
import pytest

from tfstyle.losses.tone import accent_loss, block_chroma, block_luminance, fringe_loss, tone_loss


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


def test_chroma_is_what_the_luminance_leaves():
    image = np.zeros((1, 8, 16, 3), np.float32)
    image[:, :, :8] = [1, 0, 0]
    image[:, :, 8:] = 0.6
    chroma = np.array(block_chroma(image))
    np.testing.assert_allclose(chroma, [[[[1 - 0.299, -0.299, -0.299], [0, 0, 0]]]], atol=1e-6)


def test_saturated_areas_keep_their_color_and_gray_ones_take_any():
    photograph = np.full((1, 8, 16, 3), 0.5, np.float32)
    photograph[:, :, :8] = [0.8, 0.2, 0.2]
    blue = np.broadcast_to(np.array([0.2, 0.3, 0.8], np.float32), photograph.shape).copy()
    on_gray = photograph.copy()
    on_gray[:, :, 8:] = blue[:, :, 8:]
    assert float(accent_loss(photograph, photograph)[0]) == pytest.approx(0, abs=1e-6)
    assert float(accent_loss(on_gray, photograph)[0]) == pytest.approx(0, abs=1e-6)
    luma = np.array([0.299, 0.587, 0.114])
    red_chroma, blue_chroma = (color - color @ luma for color in (photograph[0, 0, 0], blue[0, 0, 0]))
    assert np.linalg.norm(red_chroma) > 0.25  # the weight is 1
    expected = np.sum((red_chroma - blue_chroma) ** 2) / 2 / 0.05  # half of the blocks
    assert float(accent_loss(blue, photograph)[0]) == pytest.approx(expected, rel=1e-4)


def test_fringes_are_changes_of_color_and_not_of_light():
    gray = np.repeat(np.random.default_rng(0).random((1, 8, 9, 1), np.float32), 3, axis=-1)
    assert float(fringe_loss(gray)[0]) == pytest.approx(0, abs=1e-6)
    red = np.zeros((1, 8, 9, 3), np.float32)
    red[:, :, 4:, 0] = 1  # one column of 8 differences changes by the chroma of red
    assert float(fringe_loss(red)[0]) == pytest.approx((0.701 + 2 * 0.299) / 3 / 8, rel=1e-5)
