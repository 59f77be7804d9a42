import keras
import numpy as np
import pytest

from tfstyle.layers import ReflectionPadding2D, UpsamplingConv2D


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (4, 3)])
def test_equals_upsampling_padding_and_convolution(size):
    inputs = np.random.default_rng(0).normal(size=(2, *size, 3)).astype("float32")
    layer = UpsamplingConv2D(5)
    outputs = layer(inputs)
    convolution = keras.layers.Conv2D(5, 3, use_bias=False)
    hidden = ReflectionPadding2D(1)(keras.layers.UpSampling2D(2)(inputs))
    convolution.build(hidden.shape)
    convolution.kernel.assign(layer.kernel)
    assert outputs.shape == (2, 2 * size[0], 2 * size[1], 5)
    np.testing.assert_allclose(outputs, convolution(hidden), atol=1e-5)


def test_unknown_sizes():
    assert UpsamplingConv2D(5)(keras.Input((None, 4, 3))).shape == (None, None, 8, 5)
