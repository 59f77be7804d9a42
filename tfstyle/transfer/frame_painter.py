"""A style network that paints the frames of a clip one after the other."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tfstyle import zoo
from tfstyle.layers.instance_statistics import given_statistics, record_statistics
from tfstyle.saved.arguments import pairs_of

Paint = Callable[[Any, Any], Any]  # of images and displacements


class FramePainter:
    """Paints frames with noise that travels with what moves, and with statistics that follow the frames before.

        statistics_t = own_t + share * (statistics_{t-1} - own_t)

    Args:
        model: a loaded model with a folder, as `tfstyle.load` returns it.
        styles: as in `tfstyle.stylize`.
        strength: float in [0, 1].
        stroke_size: positive float.
        seed: integer, or None.

    Call arguments:
        frame: float32 array of shape `(height, width, 3)`, RGB in [0, 1].
        displacements: float32 array of shape `(height, width, 2)`, as in `carry_noise`.
        share: float in [0, 1): how much of the statistics is that of the frames before. 0 forgets them.

    Returns:
        float32 array of the shape of `frame`.

    Raises:
        ValueError: if the model was not loaded from a folder, or the styles do not fit it.
    """

    def __init__(self, model, styles, strength=1.0, stroke_size=1.0, seed=None):
        self._paint = network_of(model, styles, strength, stroke_size, seed)
        with record_statistics() as recorded:
            self._paint(tf.zeros((1, 32, 32, 3)), tf.zeros((32, 32, 2)))
        self._statistics = [tuple(map(tf.zeros_like, values)) for values in recorded]
        self._step = tf.function(self._paint_frame, reduce_retracing=True)

    def _paint_frame(self, image, displacements, statistics, share):
        with given_statistics(statistics, share), record_statistics() as recorded:
            painted = self._paint(image[None], displacements)[0]
        smoothed = [
            tuple(own + share * (before - own) for own, before in zip(now, then, strict=True))
            for now, then in zip(recorded, statistics, strict=True)
        ]
        return painted, smoothed

    def __call__(self, frame, displacements, share) -> np.ndarray:
        painted, self._statistics = self._step(
            tf.constant(frame), tf.constant(displacements), self._statistics, tf.constant(share, tf.float32)
        )
        return painted.numpy()


def network_of(model, styles, strength=1.0, stroke_size=1.0, seed=None) -> Paint:
    """The Keras network of a loaded model as a function of images and displacements.

    Args:
        model: a loaded style bank, a network for arbitrary style transfer, or a translator.
        styles: as in `tfstyle.stylize`.
        strength: float in [0, 1].
        stroke_size: positive float.
        seed: integer, or None.

    Returns:
        Function of float tensors, images `(batch, height, width, 3)` in [0, 1] and displacements `(height, width, 2)`.

    Raises:
        ValueError: as in `FramePainter`.
    """
    if getattr(model, "folder", None) is None:
        raise ValueError("A clip is painted by a model that was loaded from a folder. Use tfstyle.load.")
    network = zoo.load_pretrained(model.folder)
    if hasattr(model, "style_names"):
        model.painter(styles, strength, stroke_size, seed)  # checks them
        weights: dict[str, float] = {}
        for name, weight in pairs_of(styles):
            weights[name] = weights.get(name, 0.0) + weight
        row = tf.constant(model.style_weights(weights, strength))
        sizes, seeds = tf.constant([stroke_size], tf.float32), tf.constant([seed or 0], tf.int32)
        return lambda images, displacements: network(images, row, sizes, seeds, None, displacements, training=False)
    if hasattr(model, "encode_style"):
        vector = tf.constant(model.style_vector(styles, stroke_size, seed)[None])
        share = tf.constant([strength], tf.float32)
        if not network.has_noise:
            return lambda images, displacements: network(images, vector, share, training=False)
        seeds = tf.constant([seed or 0], tf.int32)
        return lambda images, displacements: network(images, vector, share, seeds, None, displacements, training=False)

    def translate(images, displacements):
        translated = (network(2 * images - 1, training=False) + 1) / 2
        return images + strength * (tf.cast(translated, tf.float32) - images)

    return translate
