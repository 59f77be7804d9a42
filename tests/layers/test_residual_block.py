import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.layers import ConditionalConvolution, ConditionalResidualBlock

INPUTS = np.random.default_rng(0).normal(size=(2, 7, 6, 3)).astype("float32")
STYLE_WEIGHTS = np.array([[0.0, 1.0], [0.3, 0.7]], "float32")


def shuffle_weights(layer):
    random = np.random.default_rng(1)
    for variable in layer.weights:
        variable.assign(random.normal(size=variable.shape))


def reference_convolution(inputs, kernel, strides):
    """Correlation of mirrored images with a kernel, window by window."""
    pad = kernel.shape[0] // 2
    padded = np.pad(inputs, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[:2], axis=(1, 2))[:, ::strides, ::strides]
    return np.einsum("bhwcij,ijcf->bhwf", windows, kernel)


@pytest.mark.parametrize(("kernel_size", "strides"), [(1, 1), (3, 1), (3, 2), (5, 2)])
def test_convolution_equals_numpy(kernel_size, strides):
    layer = ConditionalConvolution(4, kernel_size, 2, strides=strides)
    layer(INPUTS, STYLE_WEIGHTS)
    shuffle_weights(layer)
    hidden = reference_convolution(INPUTS, layer.convolution.kernel.numpy(), strides)
    scale, shift = (
        (STYLE_WEIGHTS @ rows.numpy())[:, None, None, :]
        for rows in (layer.normalization.scale, layer.normalization.shift)
    )
    mean, variance = hidden.mean((1, 2), keepdims=True), hidden.var((1, 2), keepdims=True)
    expected = np.maximum(scale * (hidden - mean) / np.sqrt(variance + 1e-3) + shift, 0.0)
    outputs = layer(INPUTS, STYLE_WEIGHTS)
    assert outputs.shape == (2, -(-7 // strides), -(-6 // strides), 4)
    np.testing.assert_allclose(outputs, expected, rtol=1e-3, atol=1e-4)


def test_activation_none_keeps_negative_values():
    assert np.min(ConditionalConvolution(4, 3, 2, activation=None)(INPUTS, STYLE_WEIGHTS)) < -0.1
    assert np.min(ConditionalConvolution(4, 3, 2)(INPUTS, STYLE_WEIGHTS)) == 0


def test_even_kernel():
    with pytest.raises(ValueError, match="`kernel_size` must be odd. Received: kernel_size=4."):
        ConditionalConvolution(4, 4, 2)


def test_block_adds_its_input():
    block = ConditionalResidualBlock(3, 2)
    block(INPUTS, STYLE_WEIGHTS)
    shuffle_weights(block)
    inside = block.second(block.first(INPUTS, STYLE_WEIGHTS), STYLE_WEIGHTS)
    np.testing.assert_allclose(block(INPUTS, STYLE_WEIGHTS), INPUTS + inside, rtol=1e-5, atol=1e-5)
    assert np.min(inside) < 0 < np.max(inside)


def test_block_with_silent_second_half_is_the_identity():
    block = ConditionalResidualBlock(3, 2)
    block(INPUTS, STYLE_WEIGHTS)
    block.second.normalization.scale.assign(tf.zeros((2, 3)))
    np.testing.assert_array_equal(block(INPUTS, STYLE_WEIGHTS), INPUTS)


def test_sizes_of_symbols():
    symbols = keras.Input((None, 9, 3)), keras.Input((2,))
    assert ConditionalConvolution(4, 3, 2, strides=2)(*symbols).shape == (None, None, 5, 4)
    assert ConditionalResidualBlock(3, 2)(*symbols).shape == (None, None, 9, 3)
