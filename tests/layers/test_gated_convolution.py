"""Gated convolution against the formula."""

import keras
import numpy as np

from tfstyle.layers.gated_convolution import GatedConvolution


def test_features_times_gates_by_hand():
    layer = GatedConvolution(1, kernel_size=1, activation="relu")
    layer.build((None, None, None, 2))
    layer.convolution.set_weights([np.array([[[[1.0, 2.0], [3.0, -1.0]]]]), np.array([0.5, 0.0])])
    inputs = np.array([[[[1.0, 2.0], [-4.0, 1.0]]]], "float32")
    feature, gate = 1 + 6 + 0.5, 2 - 2
    expected = [feature / (1 + np.exp(-gate)), 0.0]  # -4 + 3 + 0.5 is negative
    np.testing.assert_allclose(layer(inputs)[0, 0, :, 0], expected, rtol=1e-6)


def test_sizes():
    inputs = keras.ops.ones((1, 5, 8, 3))
    for options, size in (({"strides": 2}, (3, 4)), ({"dilation_rate": 4}, (5, 8))):
        layer = GatedConvolution(6, **options)
        assert layer(inputs).shape == (1, *size, 6) == layer.compute_output_shape(inputs.shape)
