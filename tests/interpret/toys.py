"""Small pictures and networks with known properties."""

import io

import numpy as np
import tensorflow as tf
from PIL import Image

from tfstyle.data.procedural_paintings import procedural_painting
from tfstyle.interpret.drawing import captions_of, png_bytes


def toy_extractor(**layers):
    """An extractor whose layers are functions of the images."""
    return lambda images: {name: layer(images) for name, layer in layers.items()}


def with_edges(images):
    """Colors and their differences to the right neighbor: nine channels of a texture."""
    right = images - tf.roll(images, 1, axis=2)
    down = images - tf.roll(images, 1, axis=1)
    return tf.concat([images, 4 * right, 4 * down], axis=-1)


def halves(left="tiles", right="hatching", size=64):
    """A painting of two halves: uint8 array `(size, size, 3)`."""
    pictures = [procedural_painting(name, size)[:, : size // 2] for name in (left, right)]
    return np.concatenate(pictures, axis=1)


def is_drawn(figure):
    """Whether a figure shows more than plain paper."""
    picture = np.asarray(Image.open(io.BytesIO(png_bytes(figure))).convert("RGB"))
    return min(picture.shape[:2]) > 100 and len(np.unique(picture.reshape(-1, 3), axis=0)) > 20


def check_captions(function):
    """A drawing says what it shows and what it does not."""
    shows, does_not = captions_of(function)
    assert min(len(shows), len(does_not)) > 60, function.__name__
