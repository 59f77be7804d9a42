import numpy as np
import pytest

from tfstyle.metrics.periodicity import periodicity

PLAIN = np.full((160, 200, 3), 128, np.uint8)


def paint(texture):
    return np.clip(128 + texture[..., None] * np.ones(3), 0, 255).astype(np.uint8)


def test_noise_does_not_repeat_and_hatching_does():
    random = np.random.default_rng(0)
    noise = random.normal(scale=30, size=PLAIN.shape[:2])
    tile = random.normal(scale=30, size=(8, 8))
    assert periodicity(PLAIN, paint(noise)) < 0.3
    assert periodicity(PLAIN, paint(np.tile(tile, (20, 25)))) > 0.9


def test_only_where_the_photograph_is_plain():
    random = np.random.default_rng(0)
    photograph = PLAIN.copy()
    photograph[:, 100:] = random.integers(0, 255, (160, 100, 3))
    texture = random.normal(scale=30, size=PLAIN.shape[:2])
    texture[:, 110:] = np.tile(random.normal(scale=30, size=(8, 9)), (20, 10))
    assert periodicity(photograph, paint(texture)) < 0.3


def test_no_texture():
    assert periodicity(PLAIN, PLAIN) == 0.0


def test_shapes():
    with pytest.raises(ValueError, match="the same shape"):
        periodicity(PLAIN, PLAIN[1:])
    with pytest.raises(ValueError, match="80 pixels"):
        periodicity(PLAIN[:70], PLAIN[:70])
