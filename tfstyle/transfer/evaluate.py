"""Quality of a style model, relative to optimizing the image itself."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfstyle.backend import require_tensorflow
from tfstyle.images import as_array, to_float, to_uint8
from tfstyle.losses.perceptual import content_loss, gram_style_loss
from tfstyle.metrics.periodicity import SMALLEST_IMAGE, periodicity
from tfstyle.public_names import renamed
from tfstyle.statistics import gram_matrix

BASELINE_STEPS = 200
BASELINE_LEARNING_RATE = 5 / 255
BASELINE_STYLE_WEIGHT = 20.0


@dataclass(frozen=True)
class StyleScore:
    """Result of a model on one photograph with one style.

    Args:
        style: name of the style.
        photograph: name of the photograph.
        closed: fraction of the style distance between photograph and painting that the model closes. 1 is what the
            optimization baseline closes.
        content_ratio: content distance of the model, divided by that of the baseline.
        periodicity: how much the texture in plain areas repeats itself, see `tfstyle.metrics.periodicity`; NaN for
            images with a side of less than 80 pixels.
    """

    style: str
    photograph: str
    closed: float
    content_ratio: float
    periodicity: float = math.nan


class OptimizationBaseline:
    """Direct optimization of the pixels, as a baseline for style models.

    200 steps of Adam on `content + 20 * style`, starting from the photograph; both losses are relative to their targets
    (see `tfstyle.losses.perceptual`). The scores are a proxy: they compare the features of one extractor, and do not
    measure what these do not represent. Look at the images too.

    Args:
        extractor: loss network, a function of images.
        content_layer: name of the layer of the content distance.
        style_layers: names of the layers whose Gram matrices are compared.
    """

    def __init__(self, extractor: Any, content_layer: str, style_layers: Iterable[str]):
        require_tensorflow("The optimization baseline")
        self.extractor = extractor
        self.content_layer = content_layer
        self.style_layers = tuple(style_layers)

    def grams(self, image: Any) -> dict[str, Any]:
        """Gram matrix of each style layer, for an image of shape `(height, width, 3)`."""
        features = self.extractor(image[None])
        return {name: gram_matrix(features[name]) for name in self.style_layers}

    @tf.function(reduce_retracing=True)
    def distances(self, images, content, grams) -> tuple[tf.Tensor, tf.Tensor]:
        """Content distance and style distance, each of shape `(batch,)`."""
        features = self.extractor(images)
        return content_loss(features[self.content_layer], content), gram_style_loss(features, grams)

    @tf.function(reduce_retracing=True)
    def _gradient(self, images, content, grams):
        with tf.GradientTape() as tape:
            tape.watch(images)
            content_distance, style_distance = self.distances(images, content, grams)
            loss = content_distance + BASELINE_STYLE_WEIGHT * style_distance
        return tape.gradient(loss, images)

    def optimize(self, photograph: Any, content: Any, grams: Mapping[str, Any]) -> Any:
        """Returns the optimized image: float32 tensor of shape `(1, height, width, 3)` in [0, 1]."""
        images = tf.Variable(photograph[None])
        optimizer = keras.optimizers.Adam(BASELINE_LEARNING_RATE)
        optimizer.build([images])
        for _ in range(BASELINE_STEPS):
            optimizer.apply([self._gradient(images.value(), content, grams)], [images])
            images.assign(tf.clip_by_value(images, 0.0, 1.0))
        return images.value()

    def score(self, style: str, photograph_name: str, photograph: Any, painting: Any, stylized: Any) -> StyleScore:
        """Scores one result.

        Args:
            style: name of the style.
            photograph_name: name of the photograph.
            photograph: uint8 array in [0, 255] or float array in [0, 1], of shape `(height, width, 3)`.
            painting: such an array, of any size.
            stylized: such an array, of the shape of `photograph`.

        Returns:
            `StyleScore`.

        Raises:
            ValueError: if an argument is not an image, or `stylized` has another shape than `photograph`.
        """
        photograph, painting = check_rgb("photograph", photograph), check_rgb("painting", painting)
        stylized = check_rgb("stylized", stylized)
        if stylized.shape != photograph.shape:
            raise ValueError(
                "`stylized` must have the shape of `photograph`. "
                f"Received: stylized.shape={stylized.shape}, photograph.shape={photograph.shape}."
            )
        grams = self.grams(tf.constant(painting))
        content = self.extractor(photograph[None])[self.content_layer]
        _, before = self.distances(tf.constant(photograph[None]), content, grams)
        content_best, best = self.distances(self.optimize(photograph, content, grams), content, grams)
        content_reached, reached = self.distances(tf.constant(stylized[None]), content, grams)
        return StyleScore(
            style,
            photograph_name,
            closed=float((before - reached)[0] / (before - best)[0]),
            content_ratio=float(content_reached[0] / content_best[0]),
            periodicity=(
                periodicity(to_uint8(photograph), to_uint8(stylized))
                if min(photograph.shape[:2]) >= SMALLEST_IMAGE
                else math.nan
            ),
        )


def check_rgb(name: str, image: Any) -> np.ndarray:
    """Returns an image as a float32 array in [0, 1]. Raises a ValueError if it is not of shape `(height, width, 3)`."""
    image = as_array(name, image)
    if image.ndim != 3 or image.shape[-1] != 3:
        raise ValueError(f"`{name}` must have the shape (height, width, 3). Received: shape={image.shape}.")
    return to_float(image)


__getattr__ = renamed(__name__, {"StyleYardstick": "tfstyle.transfer.evaluate.OptimizationBaseline"})
