import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.layers.spectral_normalization import SpectralNormalization


def largest_singular_value(kernel):
    return np.linalg.svd(np.asarray(kernel).reshape(-1, kernel.shape[-1]), compute_uv=False)[0]


LAYERS = {
    "dense": (lambda: keras.layers.Dense(5), (3, 4)),
    "convolution": (lambda: keras.layers.Conv2D(6, 3, padding="same"), (2, 5, 5, 3)),
    "embedding": (lambda: keras.layers.Embedding(7, 4), None),
}


@pytest.mark.parametrize("name", LAYERS)
def test_it_computes_with_the_kernel_over_its_largest_singular_value(name):
    make, shape = LAYERS[name]
    inner = make()
    layer = SpectralNormalization(inner)
    random = np.random.default_rng(0)
    inputs = random.normal(size=shape).astype("float32") if shape else np.array([0, 6, 2])
    layer(inputs)
    kernel = 3.0 * random.normal(size=layer.kernel.shape)
    layer.kernel.assign(kernel)
    if shape:
        inner.bias.assign(random.normal(size=inner.bias.shape))
    for _ in range(100):
        outputs = layer(inputs, training=True)
    plain = make()
    plain.build(shape)
    plain.set_weights([kernel / largest_singular_value(kernel), *inner.get_weights()[1:]])
    np.testing.assert_allclose(outputs, plain(inputs), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.kernel, kernel, rtol=1e-6)  # the kernel itself stays as it is


def test_one_iteration_against_numpy():
    layer = SpectralNormalization(keras.layers.Dense(3, use_bias=False), power_iterations=1)
    layer.build((None, 4))
    kernel, u = np.asarray(layer.kernel).astype("float64"), np.asarray(layer.u).astype("float64")[0]
    v = kernel @ u / np.linalg.norm(kernel @ u)
    u = v @ kernel / np.linalg.norm(v @ kernel)
    v = kernel @ u / np.linalg.norm(kernel @ u)
    np.testing.assert_allclose(layer.sigma(training=True), v @ kernel @ u, rtol=1e-5)
    np.testing.assert_allclose(layer.u[0], u, rtol=1e-5)


def test_the_gradient_passes_through_sigma_as_in_the_paper():
    layer = SpectralNormalization(keras.layers.Dense(3, use_bias=False))
    inputs = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    for _ in range(200):
        layer(inputs, training=True)
    direction = np.random.default_rng(1).normal(size=(5, 3)).astype("float32")
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(inputs) * direction)
    gradient = tape.gradient(loss, layer.kernel.value)
    kernel = np.asarray(layer.kernel).astype("float64")
    left, values, right = np.linalg.svd(kernel)
    flowing = inputs.T @ direction
    # Equation 12 of the paper: (dV/dW - lambda u v^T) / sigma, with lambda = <dV/dW_normalized, W_normalized>.
    expected = (flowing - np.sum(flowing * kernel / values[0]) * np.outer(left[:, 0], right[0])) / values[0]
    np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=1e-4)
    # The output does not change with the scale of the kernel, so no gradient points along it.
    np.testing.assert_allclose(np.sum(np.asarray(gradient) * kernel), 0.0, atol=1e-4)


def test_inference_changes_nothing():
    layer = SpectralNormalization(keras.layers.Dense(3))
    layer.build((None, 4))
    before = layer.get_weights()
    first, second = layer(np.ones((1, 4), "float32")), layer(np.ones((1, 4), "float32"))
    np.testing.assert_array_equal(first, second)
    for one, other in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    layer(np.ones((1, 4), "float32"), training=True)
    assert np.any(np.asarray(layer.u) != before[-1])


def test_errors():
    with pytest.raises(ValueError, match=r"power_iterations=0"):
        SpectralNormalization(keras.layers.Dense(3), power_iterations=0)
    with pytest.raises(ValueError, match="kernel, embeddings"):
        SpectralNormalization(keras.layers.LayerNormalization())(np.ones((1, 4), "float32"))
