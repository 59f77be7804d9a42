"""Large pictures in tiles."""

import keras
import numpy as np
import pytest

import tfstyle
from tests.conftest import draw_photo
from tfstyle.models.style.plain_style_bank import PlainStyleBank
from tfstyle.models.style.style_bank import StyleBank
from tfstyle.models.translation import ResNetTranslator, UNetGenerator
from tfstyle.saved.registry import export_model, load_saved_model
from tfstyle.transfer import large
from tfstyle.transfer.geometry import Geometry, geometry_of
from tfstyle.transfer.large import mosaic_of, paint_tiles, plan_picture, stylize_large
from tfstyle.transfer.tiling import plan_tiles


def make_bank(bank_class, *arguments):
    keras.utils.set_random_seed(0)
    return bank_class(["identity", "waves"], *arguments)


BANKS = {
    "StyleBank": lambda: make_bank(StyleBank, (4, 6, 4), 1),
    "PlainStyleBank": lambda: make_bank(PlainStyleBank, (4, 6, 4), 2),
}


def paint_bank(network, images, corner):
    one = np.ones(1, np.float32)
    return network(images, np.array([[0.2, 0.8]], np.float32), one, np.array([3], np.int32), corner)


def compare(photo, network, call, size, metadata):
    """Largest difference in levels of 8 bits between a picture in tiles and the whole."""
    geometry = geometry_of(metadata)
    tiles = plan_tiles(*photo.shape[:2], size, geometry.reach, geometry.stride)
    assert len(tiles) > 2
    whole = np.asarray(call(network, photo[None] / np.float32(255), np.zeros(2, np.int32)))[0] * 255
    assert whole.std() > 3
    painted = paint_tiles(photo, network, call, large.TilePlan(tiles, geometry, size))
    return np.abs(painted - whole).max()


@pytest.mark.parametrize("name", [pytest.param("StyleBank", marks=pytest.mark.slow), "PlainStyleBank"])
def test_a_bank_in_tiles_is_the_whole(name):
    """An uneven picture, of a size that is no multiple of the stride, with noise by absolute position."""
    photo = draw_photo(203, 290, seed=4)
    photo[:70] = photo[:70] // 8 + 220
    bank = BANKS[name]()
    metadata = {"family": "style_bank", "class": name, "config": bank.get_config()}
    assert compare(photo, bank, paint_bank, 96, metadata) < 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "translator", [ResNetTranslator((4, 6, 8), 2), UNetGenerator((4, 6, 8, 8))], ids=lambda model: type(model).__name__
)
def test_a_translator_in_tiles_is_the_whole(translator):
    metadata = {"family": "translator", "class": type(translator).__name__, "config": translator.get_config()}
    call = lambda network, images, _: network(2 * images - 1) / 2 + 0.5  # noqa: E731
    assert compare(draw_photo(203, 290), translator, call, 96, metadata) < 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["adain", "semantic_style"])
def test_a_styler_in_tiles_is_the_whole(name):
    styler = tfstyle.load_pretrained(name)
    vectors = styler.encode_style(draw_photo(64, 64, seed=3)[None] / np.float32(255))
    metadata = tfstyle.load(name).metadata

    def call(network, images, corner):
        noise = (np.zeros(1, np.int32), corner) if network.has_noise else ()
        return network(images, vectors, np.ones(1, np.float32), *noise)

    assert compare(draw_photo(203, 290), styler, call, 96, metadata) < 1


def test_only_what_is_too_large_is_tiled():
    metadata = {"family": "style_bank", "class": "StyleBank", "config": {"num_residual_blocks": 4}}
    assert plan_picture(1000, 1500, metadata, memory=3) is None
    plan = plan_picture(10_000, 10_000, metadata, memory=3)
    side = plan.size + 2 * plan.geometry.reach
    assert side**2 * plan.geometry.bytes_per_pixel + large.LIBRARIES + 1e8 * large.PICTURE < 3e9
    assert len(plan_picture(10_000, 10_000, metadata, memory=2.5).tiles) > len(plan.tiles)
    assert plan_picture(10_000, 10_000, metadata, memory=100) is None
    assert plan_picture(10_000, 10_000, {"family": "generator", "class": "Dense", "config": {}}) is None


def test_a_mosaic_has_parts_of_the_whole_picture():
    photo = np.zeros((100, 400, 3), np.uint8)
    photo[..., 0] = np.arange(400) // 2
    mosaic = mosaic_of(photo, 64, 8)
    assert mosaic.shape == (1, 64, 64, 3)
    np.testing.assert_allclose(mosaic[..., 0].mean(), photo[..., 0].mean() / 255, atol=0.01)
    steps = np.diff(np.rint(mosaic[0, 0, :8, 0] * 255))
    assert set(steps) == {0, 1}  # a part is at full resolution
    assert mosaic_of(photo[:5, :3], 64, 8).shape == (1, 5, 3, 3)


def test_the_geometry_of_what_ships():
    for name, stride in (("style_bank", 4), ("adain", 8), ("semantic_style", 4)):
        geometry = geometry_of(tfstyle.load(name).metadata)
        assert isinstance(geometry, Geometry)
        assert geometry.reach % geometry.stride == 0
        assert geometry.stride == stride


def test_photographs_too_large_for_the_memory(tmp_path, monkeypatch):
    """Through the loaded models, with transparency, and with the colors of the photograph."""
    bank, photo = BANKS["PlainStyleBank"](), draw_photo(150, 190)
    export_model(bank, tmp_path / "bank", {"canvas": 0}, lite=False)
    loaded = load_saved_model(tmp_path / "bank")
    photo = np.concatenate([photo, np.full((150, 190, 1), 255, np.uint8)], axis=-1)
    photo[:20, :, 3] = 0
    expected = stylize_large(photo, loaded, "waves", 0.7, preserve_color=True, seed=2)
    plans = []
    plan_small = lambda *_: plans.append(small_plan(150, 190, loaded.metadata)) or plans[-1]  # noqa: E731
    monkeypatch.setattr(large, "plan_picture", plan_small)
    painted = stylize_large(photo, loaded, "waves", 0.7, preserve_color=True, seed=2)
    assert len(plans[0].tiles) > 1
    assert painted.shape == photo.shape
    assert np.abs(painted.astype(int) - expected).max() <= 1
    np.testing.assert_array_equal(stylize_large(photo, loaded, "waves", strength=0), photo)
    assert len(plans) == 1


def small_plan(height, width, metadata):
    geometry = geometry_of(metadata)
    return large.TilePlan(plan_tiles(height, width, 64, geometry.reach, geometry.stride), geometry, 64)
