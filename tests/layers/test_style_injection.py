import numpy as np
import pytest

from tfstyle.layers.style_injection import StyleInjection

INPUTS = np.random.default_rng(0).normal(3.0, 2.0, (2, 6, 5, 4)).astype("float32")
VECTORS = np.random.default_rng(1).normal(size=(2, 3)).astype("float32")


@pytest.fixture
def layer():
    layer = StyleInjection()
    layer.build(INPUTS.shape, VECTORS.shape)
    random = np.random.default_rng(2)
    layer.set_weights([random.normal(size=value.shape) for value in layer.get_weights()])
    return layer


def reference(image, vector, kernel, bias):
    scale, shift = np.split(vector @ kernel + bias, 2)
    return (1 + scale) * image + shift


def test_scale_and_shift_are_affine_in_the_vector(layer):
    expected = [reference(*pair, *layer.get_weights()) for pair in zip(INPUTS, VECTORS, strict=True)]
    np.testing.assert_allclose(layer(INPUTS, VECTORS), expected, rtol=1e-4, atol=1e-4)


def test_with_epsilon_each_image_is_normalized_first(layer):
    epsilon = 0.5
    normalizing = StyleInjection(epsilon)
    normalizing.build(INPUTS.shape, VECTORS.shape)
    normalizing.set_weights(layer.get_weights())
    mean, variance = INPUTS.mean(axis=(1, 2), keepdims=True), INPUTS.var(axis=(1, 2), keepdims=True)
    normalized = (INPUTS - mean) / np.sqrt(variance + epsilon)
    np.testing.assert_allclose(normalizing(INPUTS, VECTORS), layer(normalized, VECTORS), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(  # whatever the image's own contrast
        normalizing(1000 * INPUTS, VECTORS), normalizing(2000 * INPUTS, VECTORS), rtol=1e-3, atol=1e-3
    )


def test_one_vector_serves_all_images(layer):
    both = layer(INPUTS, np.repeat(VECTORS[:1], 2, axis=0))
    np.testing.assert_allclose(layer(INPUTS, VECTORS[:1]), both, rtol=1e-6, atol=1e-6)


def test_new_layer_changes_nothing_for_an_empty_vector():
    np.testing.assert_array_equal(StyleInjection()(INPUTS, np.zeros((1, 3), "float32")), INPUTS)
