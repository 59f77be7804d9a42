"""Large images in tiles."""

import numpy as np
import pytest

from tfstyle.transfer.tiling import plan_tiles, pool_weights


@pytest.mark.parametrize(("height", "width", "size"), [(300, 500, 128), (64, 64, 64), (65, 1000, 64), (33, 40, 768)])
def test_tiles_divide_the_image(height, width, size):
    count = np.zeros((1, height, width), int)
    for tile in plan_tiles(height, width, size, margin=32):
        tile.cut(count)[:, tile.inner_rows, tile.inner_columns] += 1
    np.testing.assert_array_equal(count, 1)


def test_tiles_begin_in_step_and_see_their_margin():
    tiles = plan_tiles(200, 300, 100, margin=32, step=32)
    # A third of 300 is 100, the next multiple of 32 is 128.
    assert [(tile.rows.start, tile.rows.stop) for tile in tiles[::3]] == [(0, 160), (96, 200)]
    assert [(tile.columns.start, tile.columns.stop) for tile in tiles[:3]] == [(0, 160), (96, 288), (224, 300)]
    for tile in tiles:
        assert tile.rows.start % 32 == tile.columns.start % 32 == 0
        inner_top, inner_left = tile.rows.start + tile.inner_rows.start, tile.columns.start + tile.inner_columns.start
        assert tile.rows.start == max(inner_top - 32, 0)
        assert tile.columns.start == max(inner_left - 32, 0)


def test_what_fits_is_one_tile():
    (tile,) = plan_tiles(500, 768, 768)
    assert (tile.rows, tile.columns) == (slice(0, 500), slice(0, 768))


def test_pooling_of_weights():
    weights = np.arange(24, dtype="float32").reshape(1, 4, 6)
    np.testing.assert_allclose(pool_weights(weights, 2, 3), [[[3.5, 5.5, 7.5], [15.5, 17.5, 19.5]]])
    # Rounded down, as by VGG19's pooling, the last column counts for nothing; rounded up, it is repeated.
    np.testing.assert_allclose(pool_weights(weights[:, :, :5], 2, 2), [[[3.5, 5.5], [15.5, 17.5]]])
    np.testing.assert_allclose(pool_weights(weights[:, :, :5], 2, 3), [[[3.5, 5.5, 7.0], [15.5, 17.5, 19.0]]])
