import numpy as np
import pytest

from tfstyle.layers.style_injection import StyleInjection

INPUTS = np.random.default_rng(0).normal(3.0, 2.0, (2, 6, 5, 4)).astype("float32")
VECTORS = np.random.default_rng(1).normal(size=(2, 3)).astype("float32")
EPSILON = 1e-3


@pytest.fixture
def layer():
    layer = StyleInjection(EPSILON)
    layer.build(INPUTS.shape, VECTORS.shape)
    random = np.random.default_rng(2)
    layer.set_weights([random.normal(size=value.shape) for value in layer.get_weights()])
    return layer


def reference(image, vector, kernel, bias):
    image = image.astype("float64")
    scale, shift = np.split(vector @ kernel + bias, 2)
    return (1 + scale) * (image - image.mean((0, 1))) / np.sqrt(image.var((0, 1)) + EPSILON) + shift


def test_scale_and_shift_are_affine_in_the_vector(layer):
    expected = [reference(*pair, *layer.get_weights()) for pair in zip(INPUTS, VECTORS, strict=True)]
    np.testing.assert_allclose(layer(INPUTS, VECTORS), expected, rtol=1e-4, atol=1e-4)


def test_one_vector_serves_all_images(layer):
    both = layer(INPUTS, np.repeat(VECTORS[:1], 2, axis=0))
    np.testing.assert_allclose(layer(INPUTS, VECTORS[:1]), both, rtol=1e-6, atol=1e-6)


def test_new_layer_normalizes_nearly():
    outputs = np.asarray(StyleInjection()(INPUTS, np.zeros((1, 3), "float32")))
    np.testing.assert_allclose(outputs.mean((1, 2)), 0.0, atol=1e-5)
    np.testing.assert_allclose(outputs.std((1, 2)), 1.0, atol=1e-3)


def test_contrast_and_brightness_of_the_input_do_not_matter(layer):
    np.testing.assert_allclose(layer(5.0 * INPUTS - 7.0, VECTORS), layer(INPUTS, VECTORS), rtol=1e-3, atol=1e-3)
