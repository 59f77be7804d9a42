import numpy as np
import pytest

from tfstyle.losses.tone import accent_loss, block_chroma, block_luminance, palette, palette_loss, tone_loss


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


def test_a_palette_is_ascending_and_knows_no_places():
    random = np.random.default_rng(0)
    dabs = random.random((2, 4, 8, 3)).astype(np.float32)
    image = dabs.repeat(4, axis=1).repeat(4, axis=2)
    colors = np.array(palette(image))
    assert colors.shape == (2, 9, 64)
    assert (np.diff(colors, axis=-1) >= 0).all()
    np.testing.assert_allclose(colors[:, 0, ::2], np.sort(dabs[..., 0].reshape(2, -1)), atol=1e-6)  # 32 dabs, red
    moved = dabs[:, ::-1, ::-1]
    np.testing.assert_allclose(palette_loss(moved.repeat(4, axis=1).repeat(4, axis=2), colors), 0, atol=1e-10)


def test_a_palette_asks_for_rare_colors():
    blue = np.full((1, 16, 16, 3), [0.1, 0.2, 0.7], np.float32)
    stars = blue.copy()
    stars[:, :4, :8] = [0.9, 0.8, 0.2]  # an eighth
    # On the axis of red, eight of 64 quantiles differ by 0.8.
    difference = np.array(palette(stars) - palette(blue))[0, 0]
    np.testing.assert_allclose(difference, [0] * 56 + [0.8] * 8, atol=1e-6)
    assert float(palette_loss(blue, palette(stars))[0]) == pytest.approx(float(palette_loss(stars, palette(blue))[0]))
    larger = np.tile(stars, (1, 2, 1, 1))  # of another size
    assert float(palette_loss(larger, palette(stars))[0]) == pytest.approx(0, abs=1e-10)


def test_the_palette_has_a_gradient_for_every_dab():
    tf = pytest.importorskip("tensorflow")
    image = tf.constant(np.random.default_rng(0).random((1, 32, 32, 3)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(image)
        loss = tf.reduce_sum(palette_loss(image, palette(tf.zeros((1, 16, 16, 3)))))
    assert (np.abs(tape.gradient(loss, image).numpy()).max(axis=-1) > 0).all()
