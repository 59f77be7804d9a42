import numpy as np
import pytest
import tensorflow as tf

from tfstyle.layers.instance_normalization import InstanceNormalization
from tfstyle.layers.normalized_convolution import NormalizedConvolution
from tfstyle.layers.normalized_residual_block import NormalizedResidualBlock

INPUTS = np.random.default_rng(0).normal(2, 3, (2, 5, 7, 4)).astype("float32")


def normalized(values, epsilon=1e-5):
    mean = values.mean(axis=(1, 2), keepdims=True)
    return (values - mean) / np.sqrt(values.var(axis=(1, 2), keepdims=True) + epsilon)


def test_against_numpy():
    layer = InstanceNormalization(epsilon=0.1)
    layer(INPUTS)
    layer.scale.assign([1, 2, 3, 4])
    layer.shift.assign([0, -1, 5, 0.5])
    expected = normalized(INPUTS.astype("float64"), 0.1) * [1, 2, 3, 4] + [0, -1, 5, 0.5]
    np.testing.assert_allclose(layer(INPUTS), expected, rtol=1e-4, atol=1e-5)


def test_an_image_is_normalized_by_itself():
    layer = InstanceNormalization()
    np.testing.assert_allclose(layer(INPUTS)[:1], layer(INPUTS[:1]), atol=1e-6)


def test_epsilon_must_be_positive():
    with pytest.raises(ValueError, match=r"`epsilon` must be positive. Received: epsilon=0"):
        InstanceNormalization(epsilon=0)


def test_normalized_convolution_against_plain_operations():
    layer = NormalizedConvolution(6, 3, strides=2)
    outputs = layer(INPUTS)
    padded = np.pad(INPUTS, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    maps = tf.nn.conv2d(padded, layer.convolution.kernel, 2, "VALID").numpy()
    np.testing.assert_allclose(outputs, np.maximum(normalized(maps), 0), rtol=1e-3, atol=1e-4)
    with pytest.raises(ValueError, match="`kernel_size` must be odd. Received: kernel_size=4"):
        NormalizedConvolution(6, 4)


def test_a_residual_block_adds_to_its_input():
    layer = NormalizedResidualBlock(4)
    layer(INPUTS)
    layer.second.normalization.scale.assign(np.zeros(4))
    layer.second.normalization.shift.assign([0, 1, 2, 3])
    np.testing.assert_allclose(layer(INPUTS), INPUTS + np.arange(4), rtol=1e-6)
