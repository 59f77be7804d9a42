"""How well a network stylizes, measured against optimizing the image itself."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from tfstyle.losses.perceptual import content_loss, gram_style_loss
from tfstyle.statistics import gram_matrix

YARDSTICK_STEPS = 200
YARDSTICK_LEARNING_RATE = 5 / 255
YARDSTICK_STYLE_WEIGHT = 20.0


@dataclass(frozen=True)
class StyleScore:
    """What a network reached on one photograph with one style.

    Args:
        style: name of the style.
        photograph: name of the photograph.
        closed: share of the style distance between photograph and painting that the network closes, where 1 is what the
            yardstick closes.
        content_ratio: the network's content distance, divided by the yardstick's.
    """

    style: str
    photograph: str
    closed: float
    content_ratio: float


class StyleYardstick:
    """Direct optimization of the pixels, as a measure for networks.

    200 steps of Adam on `content + 20 * style`, from the photograph; both losses relative to their targets
    (see `tfstyle.losses.perceptual`). A proxy: it measures in the features of one extractor, and says nothing of what
    these do not see. Look at the pictures as well.

    Args:
        extractor: perceptual network, a function of images.
        content_layer: name of the layer of the content distance.
        style_layers: names of the layers whose Gram matrices are compared.
    """

    def __init__(self, extractor, content_layer, style_layers):
        self.extractor = extractor
        self.content_layer = content_layer
        self.style_layers = tuple(style_layers)

    def grams(self, image):
        features = self.extractor(image[None])
        return {name: gram_matrix(features[name]) for name in self.style_layers}

    @tf.function(reduce_retracing=True)
    def distances(self, images, content, grams):
        """Content distance and style distance, each of shape `(batch,)`."""
        features = self.extractor(images)
        return content_loss(features[self.content_layer], content), gram_style_loss(features, grams)

    @tf.function(reduce_retracing=True)
    def _gradient(self, images, content, grams):
        with tf.GradientTape() as tape:
            tape.watch(images)
            content_distance, style_distance = self.distances(images, content, grams)
            loss = content_distance + YARDSTICK_STYLE_WEIGHT * style_distance
        return tape.gradient(loss, images)

    def optimize(self, photograph, content, grams):
        """The image that the yardstick reaches: float32 tensor `(1, height, width, 3)` in [0, 1]."""
        images = tf.Variable(photograph[None])
        optimizer = keras.optimizers.Adam(YARDSTICK_LEARNING_RATE)
        optimizer.build([images])
        for _ in range(YARDSTICK_STEPS):
            optimizer.apply([self._gradient(images.value(), content, grams)], [images])
            images.assign(tf.clip_by_value(images, 0.0, 1.0))
        return images.value()

    def score(self, style, photograph_name, photograph, painting, stylized):
        """Measures one result.

        Args:
            style: string.
            photograph_name: string.
            photograph: float32 array `(height, width, 3)` in [0, 1].
            painting: float32 array of the same kind and any size.
            stylized: float32 array of the shape of `photograph`.

        Returns:
            `StyleScore`.
        """
        grams = self.grams(tf.constant(painting))
        content = self.extractor(photograph[None])[self.content_layer]
        _, before = self.distances(tf.constant(photograph[None]), content, grams)
        content_best, best = self.distances(self.optimize(photograph, content, grams), content, grams)
        content_reached, reached = self.distances(tf.constant(np.asarray(stylized)[None]), content, grams)
        return StyleScore(
            style,
            photograph_name,
            closed=float((before - reached)[0] / (before - best)[0]),
            content_ratio=float(content_reached[0] / content_best[0]),
        )
