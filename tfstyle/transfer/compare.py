"""Quality of a loss network, relative to another one: images are optimized through both."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfstyle.transfer.evaluate import OptimizationBaseline, check_rgb


@dataclass(frozen=True)
class ExtractorScore:
    """Result of optimizing through a loss network, on one photograph with one painting, in the reference's features.

    Args:
        style: name of the painting.
        photograph: name of the photograph.
        closed: fraction of the style distance that is closed. 1 is what optimization through the reference closes.
        closed_by_random: the same for random weights of the same architecture.
        content_ratio: content distance, divided by that of optimization through the reference.
    """

    style: str
    photograph: str
    closed: float
    closed_by_random: float
    content_ratio: float

    @property
    def learned(self) -> float:
        """Fraction of the way from random weights to the reference."""
        return (self.closed - self.closed_by_random) / (1.0 - self.closed_by_random)


def score_extractor(
    reference: OptimizationBaseline,
    trained: OptimizationBaseline,
    random: OptimizationBaseline,
    style: str,
    photograph_name: str,
    photograph: Any,
    painting: Any,
) -> tuple[ExtractorScore, dict[str, np.ndarray]]:
    """Optimizes one pair through three loss networks, and compares the results in the features of the reference.

    Args:
        reference: `OptimizationBaseline` of the reference network.
        trained: `OptimizationBaseline` of the network to evaluate.
        random: `OptimizationBaseline` of its architecture with random weights.
        style: name of the painting.
        photograph_name: name of the photograph.
        photograph: uint8 array in [0, 255] or float array in [0, 1], of shape `(height, width, 3)`.
        painting: such an array, of any size.

    Returns:
        `ExtractorScore`, and a dict of "random", "trained", "reference" -> float32 array, the optimized images.

    Raises:
        ValueError: if `photograph` or `painting` is not an image.
    """
    photograph = tf.constant(check_rgb("photograph", photograph))
    painting = tf.constant(check_rgb("painting", painting))
    pictures, reached = {}, {}
    content, grams = reference.extractor(photograph[None])[reference.content_layer], reference.grams(painting)
    for name, baseline in {"random": random, "trained": trained, "reference": reference}.items():
        own_content = baseline.extractor(photograph[None])[baseline.content_layer]
        picture = baseline.optimize(photograph, own_content, baseline.grams(painting))
        pictures[name] = np.asarray(picture)[0]
        reached[name] = [float(distance[0]) for distance in reference.distances(picture, content, grams)]
    _, before = reference.distances(photograph[None], content, grams)
    gap = float(before[0]) - reached["reference"][1]
    score = ExtractorScore(
        style,
        photograph_name,
        closed=(float(before[0]) - reached["trained"][1]) / gap,
        closed_by_random=(float(before[0]) - reached["random"][1]) / gap,
        content_ratio=reached["trained"][0] / reached["reference"][0],
    )
    return score, pictures
