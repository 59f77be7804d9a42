"""Restoring photographs of any size: tiles without seams, and damage that is found."""

import numpy as np
import pytest

import tfstyle
from tests.conftest import draw_photo
from tfstyle.models.translation.inpainter import Inpainter
from tfstyle.models.translation.upscaler import Upscaler
from tfstyle.saved.restorer import LoadedInpainter, export_restorer
from tfstyle.transfer import find_damage, repair, restore, upscale
from tfstyle.transfer.damage import box_mean


def exported(network, folder):
    random = np.random.default_rng(0)
    network.set_weights([weight + random.normal(0, 0.1, weight.shape) for weight in network.get_weights()])
    export_restorer(network, folder)
    return tfstyle.load(folder)


@pytest.fixture(scope="module")
def inpainter(tmp_path_factory):
    return exported(Inpainter((4, 6), 1), tmp_path_factory.mktemp("models") / "inpainter")


@pytest.fixture(scope="module")
def upscaler(tmp_path_factory):
    return exported(Upscaler(2, 4, 2), tmp_path_factory.mktemp("models") / "upscaler")


def test_tiles_repair_as_one_piece(inpainter, monkeypatch):
    monkeypatch.setattr(restore, "TILE_SIZE", 96)
    photo = draw_photo(230, 301) / 255.0
    mask = np.random.default_rng(0).random((230, 301)) < 0.2
    whole = inpainter(photo[None], mask[None])[0]
    np.testing.assert_allclose(repair(photo, mask, inpainter), whole, atol=1e-5)
    np.testing.assert_array_equal(repair(photo, mask, inpainter)[~mask], photo[~mask])


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_without_a_network_colors_diffuse_into_holes(dtype, monkeypatch):
    monkeypatch.setattr(restore, "TILE_SIZE", 96)
    photo = draw_photo(230, 301)
    photo = photo if dtype == np.uint8 else photo.astype(dtype) / 255
    mask = np.random.default_rng(0).random((230, 301)) < 0.2
    mask[100:140, 120:200] = True
    repaired = repair(photo, mask)
    assert repaired.dtype == dtype
    np.testing.assert_array_equal(repaired[~mask], photo[~mask])
    monkeypatch.setattr(restore, "TILE_SIZE", 512)
    np.testing.assert_allclose(repaired, repair(photo, mask), atol=1 if dtype == np.uint8 else 1e-3)
    plain = np.full_like(photo, 3)
    if dtype == np.uint8:
        np.testing.assert_array_equal(repair(plain, mask), plain)


def test_tiles_enlarge_as_one_piece(upscaler, monkeypatch):
    monkeypatch.setattr(restore, "UPSCALE_TILE_SIZE", 32)
    photo = draw_photo(90, 101)
    np.testing.assert_allclose(upscale(photo, upscaler), upscaler(photo[None])[0], atol=1)


@pytest.mark.parametrize("kind", [bool, np.uint8, np.float32])
def test_masks_of_every_kind(inpainter, kind):
    assert isinstance(inpainter, LoadedInpainter)
    photo, mask = draw_photo(20, 24), np.zeros((20, 24), bool)
    mask[5:9] = True
    given = mask if kind is bool else mask.astype(kind) * (255 if kind is np.uint8 else 1)
    np.testing.assert_array_equal(repair(photo, given, inpainter), repair(photo, mask, inpainter))
    np.testing.assert_array_equal(inpainter(photo[None], given[None]), inpainter(photo[None], mask[None, ..., None]))


def test_mistakes(inpainter):
    photo = draw_photo(20, 24)
    np.testing.assert_array_equal(repair(photo, np.zeros((20, 24), bool), inpainter), photo)
    with pytest.raises(ValueError, match="The mask covers the whole photograph"):
        repair(photo, np.ones((20, 24), bool), inpainter)
    with pytest.raises(ValueError, match="`mask` must have the height and width of the photograph"):
        repair(photo, np.ones((20, 20), bool), inpainter)
    with pytest.raises(ValueError, match="`masks` must have the shape .batch, height, width. of the images"):
        inpainter(photo[None], np.ones((1, 20, 20)))
    with pytest.raises(ValueError, match="`masks` must be bool, uint8 in 0 to 255, or float in"):
        inpainter(photo[None], np.full((1, 20, 24), 2.0))


def test_damage_is_found_where_it_is_and_nowhere_else():
    photo = draw_photo(200, 260)
    scratched = photo.copy()
    scratched[30:170, 100] = 250  # a scratch
    scratched[60:63, 180:184] = 5  # a speck
    found, before = find_damage(scratched), find_damage(photo)
    assert found[35:165, 100].all() and found[61, 181]
    assert before.mean() < 0.01
    assert found.mean() < 0.06
    assert find_damage(scratched, 0.0).sum() <= found.sum() <= find_damage(scratched, 1.0).sum()
    with pytest.raises(ValueError, match=r"`sensitivity` must lie in \[0, 1\]. Received: sensitivity=2"):
        find_damage(photo, 2)


def test_box_means_by_hand():
    values = np.array([[1.0, 2, 3], [4, 5, 6]])
    np.testing.assert_allclose(box_mean(values, 1), [[3, 3.5, 4], [3, 3.5, 4]])
