"""Painting a small photograph enlarged."""

import numpy as np
import pytest

import tfstyle
from tfstyle.images import load_image, resize_image, save_image, to_float, to_uint8
from tfstyle.transfer import large
from tfstyle.transfer.canvas import canvas_side, on_canvas
from tfstyle.transfer.painter import PainterOptions, make_painter, plan_painter
from tfstyle.transfer.stylize import stylize


@pytest.fixture
def photo(photo_file):
    return load_image(photo_file)


@pytest.mark.parametrize(
    ("height", "width", "of_model", "canvas", "side"),
    [
        (60, 100, 0, None, 100),  # a model without a canvas
        (60, 100, 150, None, 150),
        (60, 100, 1536, None, 200),  # at most twice
        (100, 60, 1536, 1000, 1000),  # unless it is asked for
        (60, 100, 1536, 0, 100),
        (60, 100, 80, None, 100),  # never reduced
        (60, 100, 80, 90, 100),
    ],
)
def test_the_longest_side(height, width, of_model, canvas, side):
    assert canvas_side(height, width, {"canvas": of_model}, canvas) == side


def test_images_are_seen_enlarged_and_given_back_at_their_size():
    seen = []

    def paint(images):
        seen.append(images.shape)
        return 1 - images

    images = np.linspace(0, 1, 2 * 5 * 8 * 3, dtype=np.float32).reshape(2, 5, 8, 3)
    painted = on_canvas(paint, 24)(images)
    assert seen == [(2, 15, 24, 3)]
    assert (painted.shape, painted.dtype) == (images.shape, np.float32)
    np.testing.assert_allclose(painted, 1 - images, atol=0.02)
    assert on_canvas(paint, 8)(images) is not images
    assert seen[-1] == images.shape


def test_a_canvas_is_painted_and_reduced(bank, photo):
    height, width = photo.shape[:2]
    big = to_float(resize_image(photo, 2 * height, 2 * width))
    expected = resize_image(to_uint8(np.asarray(bank(big[None], [[0, 1, 0]]))[0]), height, width)
    painted = stylize(photo, bank, "waves", canvas=2 * max(height, width))
    np.testing.assert_allclose(painted.astype(int), expected, atol=1)
    in_floats = stylize(to_float(photo), bank, "waves", canvas=2 * max(height, width))
    assert in_floats.dtype == np.float32
    assert np.abs(255 * in_floats - painted).mean() < 2
    assert np.abs(painted.astype(int) - stylize(photo, bank, "waves")).mean() > 1


def test_the_canvas_of_the_metadata_is_the_default(bank, photo, monkeypatch):
    larger = stylize(photo, bank, "waves", canvas=2 * max(photo.shape))
    plain = stylize(photo, bank, "waves")
    monkeypatch.setitem(bank.metadata, "canvas", 1536)
    np.testing.assert_array_equal(stylize(photo, bank, "waves"), larger)
    np.testing.assert_array_equal(stylize(photo, bank, "waves", canvas=0), plain)
    masks = np.ones((1, *photo.shape[:2]), np.float32)
    np.testing.assert_allclose(stylize(photo, bank, ["waves"], masks=masks).astype(int), larger, atol=1)
    frames = list(tfstyle.stylize_video([photo], bank, "waves", smooth=0))
    np.testing.assert_array_equal(frames[0], plain)  # frames are painted at their own size


def test_a_canvas_that_does_not_fit_is_left_out(bank, photo, monkeypatch):
    asked = []

    def plan_picture(height, width, *_):
        asked.append((height, width))
        return object() if height > photo.shape[0] else None

    monkeypatch.setattr(large, "plan_picture", plan_picture)
    painted = large.stylize_large(photo, bank, "waves", canvas=3 * max(photo.shape))
    assert asked == [(3 * photo.shape[0], 3 * photo.shape[1]), photo.shape[:2]]
    np.testing.assert_array_equal(painted, stylize(photo, bank, "waves"))


def test_a_canvas_fits_with_masks_and_floats_too(bank, photo):
    """One of 10^10 pixels would end the process."""
    plain = stylize(photo, bank, "waves")
    masks = np.ones((1, *photo.shape[:2]), np.float32)
    masked = large.stylize_large(photo, bank, ["waves"], masks=masks, canvas=100_000)
    np.testing.assert_allclose(masked.astype(int), plain, atol=1)
    floats = large.stylize_large(to_float(photo), bank, "waves", canvas=100_000)
    np.testing.assert_allclose(255 * floats, plain, atol=1)


def test_a_plan_knows_the_canvas(bank_folder, bank, photo):
    plan = plan_painter(PainterOptions(["waves"], str(bank_folder), canvas=100))
    assert plan.canvas == 100
    assert plan.recipe.endswith("canvas: 100")
    np.testing.assert_array_equal(make_painter(plan)(photo), stylize(photo, bank, "waves", canvas=100))
    assert plan_painter(PainterOptions(["waves"], str(bank_folder))).canvas == 0


def test_a_semantic_styler_has_a_canvas(tmp_path):
    painting = tmp_path / "painting.png"
    save_image(painting, np.full((8, 8, 3), 99, np.uint8))
    assert plan_painter(PainterOptions([str(painting)], "semantic_style")).canvas == 1536


def test_a_style_bank_has_a_smaller_canvas():
    assert plan_painter(PainterOptions(["hokusai_great_wave"])).canvas == 512
