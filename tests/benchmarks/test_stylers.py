"""How fast the networks for any style paint, the style encoded once.

    pytest tests/benchmarks/test_stylers.py -s

Both run in turns in one process, in float32; AdaIN is the peer of the semantic styler.
"""

import statistics
import time

import tensorflow as tf

from tfstyle.models.adain import AdaINStyler
from tfstyle.models.semantic_style import SemanticStyler

ROUNDS = 9


def painter(styler, paintings):
    """A compiled function of images."""
    vectors, strength = styler.encode_style(paintings), tf.ones((1,))
    return tf.function(lambda images: styler(images, vectors, strength))


def test_speed_of_networks_for_any_style():
    images = tf.random.uniform((1, 512, 512, 3))
    adain, semantic = (painter(kind(None), images) for kind in (AdaINStyler, SemanticStyler))
    seconds = {adain: [], semantic: []}
    for function in seconds:
        function(images)
    for _ in range(ROUNDS):
        for function, times in seconds.items():
            start = time.perf_counter()
            function(images).numpy()
            times.append(time.perf_counter() - start)
    slow, fast = (1e3 * statistics.median(times) for times in seconds.values())
    print(f"\n512x512: AdaIN {slow:.0f} ms, semantic styler {fast:.0f} ms, {slow / fast:.1f} times")
