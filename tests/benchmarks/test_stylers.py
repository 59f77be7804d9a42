"""How fast the networks for any style paint, the style encoded once.

    pytest tests/benchmarks/test_stylers.py -s

Both run in turns in one process, in float32; AdaIN is the peer of the semantic styler.
"""

import tensorflow as tf

from tests.benchmarks.turns import median_seconds
from tfstyle.models.style.adain import AdaINStyler
from tfstyle.models.style.semantic_style import SemanticStyler

ROUNDS = 9


def painter(styler, images):
    """A function that paints images in their own style."""
    vectors, strength = styler.encode_style(images), tf.ones((1,))
    paint = tf.function(lambda images: styler(images, vectors, strength))
    return lambda: paint(images).numpy()


def test_speed_of_networks_for_any_style():
    images = tf.random.uniform((1, 512, 512, 3))
    painters = [painter(kind(None), images) for kind in (AdaINStyler, SemanticStyler)]
    slow, fast = (1e3 * seconds for seconds in median_seconds(painters, ROUNDS))
    print(f"\n512x512: AdaIN {slow:.0f} ms, semantic styler {fast:.0f} ms, {slow / fast:.1f} times")
