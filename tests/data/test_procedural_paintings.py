"""Paintings drawn by code."""

import numpy as np
import pytest

from tfstyle.data.procedural_paintings import PAINTINGS, procedural_painting


@pytest.mark.parametrize("name", PAINTINGS)
def test_a_painting(name):
    painting = procedural_painting(name, image_size=64)
    assert painting.shape == (64, 64, 3) and painting.dtype == np.uint8
    assert painting.std() > 20
    np.testing.assert_array_equal(painting, procedural_painting(name, image_size=64))
    assert (painting != procedural_painting(name, image_size=64, seed=1)).any()


def test_the_palettes_differ():
    red, _, blue = procedural_painting("dabs", 64).mean(axis=(0, 1))
    assert blue > red
    red, _, blue = procedural_painting("tiles", 64).mean(axis=(0, 1))
    assert red > blue
    hatching = procedural_painting("hatching", 64)
    assert np.median(np.ptp(hatching.astype(int), axis=-1)) < 40  # ink and paper, hardly a color


def test_an_unknown_painting():
    with pytest.raises(ValueError, match="dabs, tiles, waves, hatching. Received: name='van_gogh'"):
        procedural_painting("van_gogh")
