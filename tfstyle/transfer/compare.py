"""How well one perceptual network stands in for another, when pictures are optimized through it."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf


@dataclass(frozen=True)
class ExtractorScore:
    """What optimization through a network reached on one photograph with one painting, in the judge's features.

    Args:
        style: name of the painting.
        photograph: name of the photograph.
        closed: share of the style distance that is closed, where 1 is what optimization through the judge closes.
        closed_by_random: the same for random weights of the same architecture.
        content_ratio: the content distance, divided by that of optimization through the judge.
    """

    style: str
    photograph: str
    closed: float
    closed_by_random: float
    content_ratio: float

    @property
    def learned(self):
        """Of what lies between random weights and the judge, the share that these weights know."""
        return (self.closed - self.closed_by_random) / (1.0 - self.closed_by_random)


def score_extractor(judge, trained, random, style, photograph_name, photograph, painting):
    """Optimizes one pair through three networks, and measures all three in the features of the judge.

    Args:
        judge: `StyleYardstick` of the network that is taken for the truth.
        trained: `StyleYardstick` of the network that is measured.
        random: `StyleYardstick` of the same architecture with random weights.
        style: string.
        photograph_name: string.
        photograph: float32 array `(height, width, 3)` in [0, 1].
        painting: float32 array of the same kind and any size.

    Returns:
        `ExtractorScore`, and a dict of "random", "trained", "judge" -> float32 array, the three pictures.
    """
    photograph, painting = tf.constant(photograph), tf.constant(painting)
    pictures, reached = {}, {}
    content, grams = judge.extractor(photograph[None])[judge.content_layer], judge.grams(painting)
    for name, yardstick in {"random": random, "trained": trained, "judge": judge}.items():
        own_content = yardstick.extractor(photograph[None])[yardstick.content_layer]
        picture = yardstick.optimize(photograph, own_content, yardstick.grams(painting))
        pictures[name] = np.asarray(picture)[0]
        reached[name] = [float(distance[0]) for distance in judge.distances(picture, content, grams)]
    _, before = judge.distances(photograph[None], content, grams)
    gap = float(before[0]) - reached["judge"][1]
    score = ExtractorScore(
        style,
        photograph_name,
        closed=(float(before[0]) - reached["trained"][1]) / gap,
        closed_by_random=(float(before[0]) - reached["random"][1]) / gap,
        content_ratio=reached["trained"][0] / reached["judge"][0],
    )
    return score, pictures
