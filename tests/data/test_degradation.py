"""Degraded copies of images, and photographs that packages carry."""

import numpy as np
import pytest

from tests.conftest import draw_photo
from tfstyle.data import degradation
from tfstyle.data.degradation import MAX_HOLES, DegradedImages, degrade, draw_holes
from tfstyle.data.image_array import ImageArray
from tfstyle.data.image_folder import ImageFolder
from tfstyle.data.packaged import packaged_photographs
from tfstyle.images import ImageError, load_image, luma, save_image

PHOTO = draw_photo(64, 80)


def test_gray_is_the_luminance():
    gray = degrade(PHOTO, "colorize", None)
    assert gray.shape == PHOTO.shape
    np.testing.assert_array_equal(gray[..., 0], gray[..., 2])
    np.testing.assert_allclose(gray[..., 0], luma(PHOTO.astype(float)), atol=0.51)


def test_small_images_are_antialiased():
    small = degrade(PHOTO, "upscale", None)
    assert small.shape == (16, 20, 3)
    means = PHOTO.reshape(16, 4, 20, 4, 3).mean(axis=(1, 3))
    assert np.abs(small - means).mean() < 3


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4])
def test_holes_cover_their_share(share):
    shares = []
    for seed in range(8):
        mask = draw_holes(64, 80, share, np.random.default_rng(seed))
        assert set(np.unique(mask)) == {0, 255}
        shares.append((mask > 0).mean())
    assert min(shares) >= share
    assert np.mean(shares) < share + 0.12
    assert max(shares) < MAX_HOLES + 0.25


def test_holes_of_crops_cover_their_share_and_are_as_wide_as_those_of_larger_images(monkeypatch):
    widths = {}
    for scale in (1, 4):
        monkeypatch.setattr(degradation, "MAX_CANVAS", scale)
        masks = [degrade(PHOTO, "repair", np.random.default_rng(seed))[..., 3] > 0 for seed in range(40)]
        shares = [mask.mean() for mask in masks]
        assert min(shares) >= 0.05 and np.mean(shares) == pytest.approx(0.22, abs=0.06)
        edges = sum(np.count_nonzero(np.diff(mask, axis=1)) for mask in masks)
        widths[scale] = sum(mask.sum() for mask in masks) / (edges / 2)  # of a row in a hole, on average
    assert widths[4] > 1.3 * widths[1]


def test_a_sample_depends_on_its_seed_alone(tmp_path):
    for number in range(3):
        save_image(tmp_path / f"{number}.png", draw_photo(40, 50, number))
    pairs = DegradedImages(ImageFolder(tmp_path), "repair")
    first, again = (pairs.load_crops(1, 32, (0, 7), 2.0) for _ in range(2))
    assert [array.shape for array in first] == [(32, 32, 4), (32, 32, 3)]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(first[0][..., :3], first[1])
    train, held_back = pairs.split(1)
    assert [len(pairs), len(train), len(held_back)] == [3, 2, 1]
    assert not set(train.images.paths) & set(held_back.images.paths)
    assert pairs.fingerprint() == pairs.images.fingerprint() and not pairs.skipped


def test_mistakes(tmp_path):
    images = ImageArray(PHOTO[None])
    with pytest.raises(ImageError, match="`task` must be one of colorize, upscale, repair. Received: task='dream'"):
        DegradedImages(images, "dream")
    save_image(tmp_path / "only.png", PHOTO)
    with pytest.raises(ImageError, match="Of 1 image, 1 to 0 can be held back, not 1"):
        ImageFolder(tmp_path).split(1)


def test_packages_carry_photographs():
    for path in packaged_photographs():
        assert min(load_image(path).shape[:2]) >= 300
