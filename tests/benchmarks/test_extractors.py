"""How fast the light extractor sees, beside VGG19 to the same stride of 8.

    pytest tests/benchmarks/test_extractors.py -s

Both networks run in turns in one process, in float32; the ratio of the medians is what counts.
"""

import pytest
import tensorflow as tf

from tests.benchmarks.turns import median_seconds
from tfstyle.models.perceptual.light_extractor import STYLE_LAYERS, LightStyleExtractor
from tfstyle.models.perceptual.vgg19_extractor import VGG19StyleExtractor

ROUNDS = 9
VGG19_LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block4_conv4")


def see(extractor):
    """The features of images."""
    return tf.function(extractor)


def differentiate(extractor):
    """The gradient for the images of a sum over the features, as a style loss needs it."""

    @tf.function
    def gradient(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            total = sum(tf.reduce_sum(maps) for maps in extractor(images).values())
        return tape.gradient(total, images)

    return gradient


@pytest.mark.parametrize("task", [see, differentiate])
def test_speed_beside_vgg19(task):
    vgg19 = task(VGG19StyleExtractor(VGG19_LAYERS, weights=None))
    light = task(LightStyleExtractor(STYLE_LAYERS, weights=None))
    images = tf.random.uniform((1, 512, 512, 3))

    def to_its_end(function):
        return lambda: tf.nest.map_structure(lambda tensor: tensor.numpy(), function(images))

    slow, fast = (1e3 * seconds for seconds in median_seconds([to_its_end(vgg19), to_its_end(light)], ROUNDS))
    print(f"\n512x512, {task.__name__}: VGG19 {slow:.0f} ms, light {fast:.0f} ms, {slow / fast:.1f} times")
