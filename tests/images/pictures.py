"""Pictures to read and write."""

import numpy as np
from PIL import Image

SIZES = [(1, 1), (3, 400), (17, 24)]  # height, width


def smooth_rgb(height=17, width=24):
    """Red grows to the right, green downwards, blue is constant: lossy formats keep it within a few steps."""
    rows, columns = np.mgrid[:height, :width]
    red, green = np.minimum(40 + 3 * columns, 200), np.minimum(60 + 4 * rows, 200)
    return np.stack([red, green, np.full_like(red, 90)], axis=-1).astype(np.uint8)


def noise(height=16, width=16, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


def largest_difference(first, second):
    assert first.shape == second.shape
    return np.abs(first.astype(int) - second.astype(int)).max()


def write(path, array_or_picture, file_format=None, **options):
    picture = array_or_picture if isinstance(array_or_picture, Image.Image) else Image.fromarray(array_or_picture)
    picture.save(path, file_format, **options)
    return path
