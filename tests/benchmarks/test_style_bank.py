"""How fast a style bank paints, beside the classic transform network, and how much memory a large photograph takes.

    pytest tests/benchmarks/test_style_bank.py -s

Both networks run in turns in one process, in float32; the ratio of the medians is what counts.
"""

import subprocess
import sys
import textwrap

import keras
import pytest
import tensorflow as tf

from tests.benchmarks.turns import median_seconds
from tfstyle.layers import ConditionalInstanceNormalization, ReflectionPadding2D
from tfstyle.models.style.style_bank import StyleBank

STYLES = ("identity", *(f"style_{number}" for number in range(24)))
ROUNDS = 15


def classic_transform_network():
    """The widespread form of Johnson's network: 32-64-128, 9x9 at both ends, five residual blocks, instance norm."""
    one_style = keras.ops.ones((1, 1))

    def convolution(hidden, filters, size, strides=1, relu=True):
        hidden = keras.layers.Conv2D(filters, size, strides)(ReflectionPadding2D(size // 2)(hidden))
        hidden = ConditionalInstanceNormalization(1)(hidden, one_style)
        return keras.layers.ReLU()(hidden) if relu else hidden

    images = keras.Input((None, None, 3))
    hidden = convolution(images, 32, 9)
    hidden = convolution(hidden, 64, 3, strides=2)
    hidden = convolution(hidden, 128, 3, strides=2)
    for _ in range(5):
        hidden = hidden + convolution(convolution(hidden, 128, 3), 128, 3, relu=False)
    hidden = convolution(keras.layers.UpSampling2D(2)(hidden), 64, 3)
    hidden = convolution(keras.layers.UpSampling2D(2)(hidden), 32, 3)
    return keras.Model(images, keras.layers.Conv2D(3, 9)(ReflectionPadding2D(4)(hidden)))


@pytest.mark.parametrize(("height", "width"), [(512, 512), (1080, 1920)])
def test_speed_beside_the_classic_network(height, width):
    classic_network, bank = classic_transform_network(), StyleBank(STYLES)
    style = tf.one_hot([3], len(STYLES))
    classic = tf.function(lambda images: classic_network(images, training=False))
    ours = tf.function(lambda images: bank(images, style, training=False))
    images = tf.random.uniform((1, height, width, 3))
    functions = [lambda: classic(images).numpy(), lambda: ours(images).numpy()]
    classic_ms, our_ms = (1e3 * seconds for seconds in median_seconds(functions, ROUNDS))
    print(
        f"\n{width}x{height}: classic {classic_ms:.0f} ms, style bank {our_ms:.0f} ms, {classic_ms / our_ms:.1f} times"
    )


def test_memory_of_a_12_megapixel_photograph():
    program = """
        import resource, numpy, tfstyle
        bank = tfstyle.load("style_bank")
        photograph = numpy.random.default_rng(0).integers(0, 256, (1, 3000, 4000, 3), numpy.uint8)
        painted = bank(photograph, bank.style_weights({bank.style_names[1]: 1.0}))
        assert painted.shape == photograph.shape
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True
    )
    print(f"\n4000x3000: {float(result.stdout.splitlines()[-1]):.1f} GiB at the most")
