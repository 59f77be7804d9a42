"""Which patch comes from where: paintings of two halves with different textures."""

import numpy as np
import tensorflow as tf

from tests.interpret.toys import halves, is_drawn, toy_extractor, with_edges
from tfstyle.interpret.patch_matching import clearest_pairs, correspondence, place_colors, plot_correspondence, rebuilt

PIXELS = toy_extractor(pixels=lambda images: images)


def test_a_painting_matches_itself():
    painting = np.random.default_rng(0).random((20, 24, 3), np.float32)
    found = correspondence(painting, painting, PIXELS, "pixels")
    np.testing.assert_allclose(found.places[..., 0], (np.arange(20)[:, None] + 0.5) / 20 * np.ones((1, 24)))
    np.testing.assert_allclose(found.places[..., 1], (np.arange(24) + 0.5) / 24 * np.ones((20, 1)))
    np.testing.assert_allclose(found.similarities, 1, atol=1e-5)
    assert found.certainty.min() > 0.99 and found.share_used == 1
    assert "stay where they are" in found.describe()
    np.testing.assert_array_equal(rebuilt(found), painting)


def pooled_edges(images):
    """Color and contrast around every fourth pixel."""
    return tf.nn.avg_pool2d(tf.abs(with_edges(images)), 8, 4, "SAME")


def test_swapped_halves_are_found_in_the_other_half():
    image, painting = halves("hatching", "tiles", 128), halves("tiles", "hatching", 128)
    found = correspondence(image, painting, toy_extractor(edges=pooled_edges), "edges")
    left = found.places[:, : found.places.shape[1] // 2, 1]
    right = found.places[:, found.places.shape[1] // 2 :, 1]
    assert np.mean(left > 0.5) > 0.9
    assert np.mean(right < 0.5) > 0.9
    assert is_drawn(plot_correspondence(found))


def test_a_texture_that_repeats_is_uncertain():
    tile = np.random.default_rng(0).random((6, 6, 3), np.float32)
    painting = np.tile(tile, (5, 5, 1))
    found = correspondence(painting, painting, PIXELS, "pixels")
    inner = found.certainty[6:-6, 6:-6]
    assert inner.max() < 0.05
    assert found.similarities.min() > 0.99


def test_places_have_colors_of_their_own():
    grid = np.stack(np.meshgrid(np.linspace(0, 1, 5), np.linspace(0, 1, 5), indexing="ij"), axis=-1)
    colors = place_colors(grid)
    assert colors.shape == (5, 5, 3) and colors.min() >= 0 and colors.max() <= 1
    assert len(np.unique(colors.reshape(-1, 3).round(3), axis=0)) == 25


def test_the_clearest_pairs_are_the_copied_squares():
    random = np.random.default_rng(0)
    painting = random.random((48, 64, 3), np.float32)
    image = np.full((40, 40, 3), 0.5, np.float32)
    image[4:14, 6:16] = painting[30:40, 50:60]
    image[24:34, 20:30] = painting[2:12, 8:18]
    pairs = clearest_pairs(correspondence(image, painting, PIXELS, "pixels"), count=2, size=8)
    shifts = {tuple(np.subtract(theirs, own)) for own, theirs in pairs}
    assert shifts == {(26, 44), (-22, -12)}


def test_pairs_do_not_overlap_and_lie_within():
    image, painting = halves(size=64), halves("hatching", "tiles", 64)
    pairs = clearest_pairs(correspondence(image, painting, PIXELS, "pixels"), count=5, size=16)
    assert 1 < len(pairs) <= 5
    for number, pair in enumerate(pairs):
        assert np.min(pair) >= 0 and np.max(pair) <= 64 - 16
        assert all(np.abs(np.subtract(pair, other)).max(axis=1).min() >= 16 for other in pairs[:number])
