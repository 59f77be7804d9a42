import numpy as np
import pytest

pytest.importorskip("cv2", reason="the extra `video`")

from tests.conftest import draw_photo
from tfstyle.metrics.warping_error import measure_clip, texture_energy, warping_error
from tfstyle.video import find_correspondence, optical_flow, warp


def textured(height=96, width=128):
    noise = np.random.default_rng(0).uniform(0, 255, (height // 8, width // 8, 3))
    from PIL import Image

    return np.asarray(Image.fromarray(noise.astype(np.uint8)).resize((width, height), Image.Resampling.BICUBIC))


def test_flow_and_warp_of_a_shift():
    image = textured()
    moved = np.roll(image, (2, 5), axis=(0, 1))
    flow = optical_flow(moved, image)
    inside = (slice(16, -16), slice(16, -16))
    np.testing.assert_allclose(np.median(flow[inside], axis=(0, 1)), (-5, -2), atol=0.2)
    error = np.abs(warp(image, flow)[inside].astype(float) - moved[inside]).mean()
    assert error < 4 < np.abs(image[inside].astype(float) - moved[inside]).mean()
    assert optical_flow(image[:8], image[:8]).shape == (8, 128, 2)  # too small for DIS


def test_what_was_hidden_is_not_sure():
    ground, square = textured(), textured()[:32, :32] // 2
    before, now = ground.copy(), ground.copy()
    before[30:62, 30:62], now[30:62, 50:82] = square, square
    found = find_correspondence(before, now)
    assert found.is_sure[70:90, 10:110].mean() > 0.9
    assert found.is_sure[32:60, 31:48].mean() < 0.5  # the square has uncovered it


def test_warping_error_is_that_of_what_flickers():
    random = np.random.default_rng(0)
    still = [textured()] * 4
    flicker = [np.clip(image + random.normal(0, 20, image.shape), 0, 255).astype(np.uint8) for image in still]
    assert warping_error(still, still) < 1e-3
    report = measure_clip(still, flicker)
    assert report.painted_error == pytest.approx(20 * np.sqrt(2) / 255, rel=0.1)
    assert (report.num_frames, report.share_measured) == (4, pytest.approx(1, abs=0.1))
    moving = [np.roll(textured(), 3 * number, axis=1) for number in range(4)]
    assert warping_error(moving, moving) < 0.3 * warping_error(still, moving)


def test_texture_energy():
    flat = np.full((40, 40, 3), 128, np.uint8)
    stripes = flat.copy()
    stripes[:, ::2] = 138
    assert texture_energy(flat) == pytest.approx(0, abs=1e-12)
    assert texture_energy(stripes) == pytest.approx((5 / 255) ** 2, rel=0.05)
    assert texture_energy(draw_photo(40, 40)[:5, :5]) >= 0


def test_what_cannot_be_measured():
    image = textured()
    with pytest.raises(ValueError, match="two frames or more. Received: 1"):
        warping_error([image], [image])
    with pytest.raises(ValueError, match="frames of one size"):
        warping_error([image, image], [image[:50], image[:50]])
