"""Which part of a photograph gets which style."""

import numpy as np
import pytest
from PIL import Image

from tfstyle.images import ImageError
from tfstyle.transfer.masks import MaskError, load_masks, normalize_masks, soften


def save(path, pixels, mode="RGB"):
    Image.fromarray(np.asarray(pixels, np.uint8), mode).save(path)
    return path


def test_luminance_counts_and_transparency_is_black(tmp_path):
    pixels = [[[255, 255, 255, 255], [255, 255, 255, 0]], [[255, 0, 0, 255], [0, 0, 0, 255]]]
    masks = load_masks([save(tmp_path / "mask.png", pixels, "RGBA")], 2, 2)
    assert masks.dtype == np.float32
    np.testing.assert_allclose(masks, [[[1, 0], [0.299, 0]]], atol=1e-6)


def test_resized_with_antialiasing(tmp_path):
    stripes = np.zeros((40, 60), np.uint8)
    stripes[:, ::2] = 255
    masks = load_masks([save(tmp_path / "stripes.png", stripes, "L")] * 2, 8, 12)
    assert masks.shape == (2, 8, 12)
    np.testing.assert_allclose(masks[:, 2:-2, 2:-2], 0.5, atol=0.03)  # the nearest pixels would be 0 or 1


def test_proportions(tmp_path):
    mask = save(tmp_path / "mask.png", np.zeros((40, 60)), "L")
    assert load_masks([mask], 20, 25).shape == (1, 20, 25)  # 1.5 for 1.25
    with pytest.raises(MaskError, match="mask.png: 60x40 pixels have another aspect ratio than the photograph's 40x60"):
        load_masks([mask], 60, 40)


def test_missing_file(tmp_path):
    with pytest.raises(ImageError, match="none.png: no such file"):
        load_masks([tmp_path / "none.png"], 4, 4)


def plainly_blurred(mask, radius):
    """The definition, pixel by pixel."""
    reach = int(np.ceil(3 * radius))
    padded = np.pad(mask, reach, mode="symmetric")
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * radius**2))
    blurred = np.zeros(mask.shape)
    for row, column in np.ndindex(mask.shape):
        blurred[row, column] = np.sum(padded[row : row + 2 * reach + 1, column : column + 2 * reach + 1] * weights)
    return blurred / weights.sum()


@pytest.mark.parametrize("radius", [0.5, 1.7, 4.0])
def test_soften_is_a_gaussian_blur_with_mirrored_borders(radius):
    masks = np.random.default_rng(0).random((2, 9, 7)).round()
    expected = [plainly_blurred(mask, radius) for mask in masks]
    np.testing.assert_allclose(soften(masks, radius), expected, atol=1e-6)


def test_soften_keeps_the_sum_of_masks_at_one():
    left = np.zeros((1, 40, 60), np.float32)
    left[:, :, :30] = 1
    masks = soften(np.concatenate([left, 1 - left]))
    np.testing.assert_allclose(masks.sum(axis=0), 1, atol=1e-6)
    assert 0.2 < masks[0, 20, 30] < 0.5 < masks[0, 20, 29] < 0.8
    assert masks[0, 20, 0] > 0.999  # 1 % of the diagonal of 72 pixels does not reach far


def test_soften_by_nothing():
    masks = np.eye(4, dtype=np.float32)[None]
    np.testing.assert_array_equal(soften(masks, 0), masks)
    with pytest.raises(ValueError, match="radius=-1"):
        soften(masks, -1)


def test_normalize():
    masks = np.array([[[1.0, 0.2, 0.0]], [[1.0, 0.3, 0.0]]])
    np.testing.assert_allclose(normalize_masks(masks), [[[0.5, 0.2, 0.0]], [[0.5, 0.3, 0.0]]])


@pytest.mark.parametrize("wrong", [[1, 2], 5, np.ones((4, 4)), "sky.png", None, [[[1.0], [2.0, 3.0]]]], ids=str)
def test_what_are_no_masks_is_named(wrong):
    for function in (soften, normalize_masks):
        with pytest.raises(ValueError, match="`masks` must (have the shape|be an array).*Received"):
            function(wrong)
