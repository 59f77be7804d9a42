import numpy as np
import pytest

from tfstyle.layers.style_injection import StyleInjection

INPUTS = np.random.default_rng(0).normal(3.0, 2.0, (2, 6, 5, 4)).astype("float32")
PARAMETERS = np.random.default_rng(1).normal(size=(2, 8)).astype("float32")


def test_scales_come_before_shifts():
    scales, shifts = PARAMETERS[:, None, None, :4], PARAMETERS[:, None, None, 4:]
    np.testing.assert_allclose(StyleInjection()(INPUTS, PARAMETERS), (1 + scales) * INPUTS + shifts, rtol=1e-5)


def test_with_epsilon_each_image_is_normalized_first():
    layer, normalizing = StyleInjection(), StyleInjection(epsilon=0.5)
    mean, variance = INPUTS.mean(axis=(1, 2), keepdims=True), INPUTS.var(axis=(1, 2), keepdims=True)
    normalized = (INPUTS - mean) / np.sqrt(variance + 0.5)
    np.testing.assert_allclose(normalizing(INPUTS, PARAMETERS), layer(normalized, PARAMETERS), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(  # whatever the image's own contrast
        normalizing(1000 * INPUTS, PARAMETERS), normalizing(2000 * INPUTS, PARAMETERS), rtol=1e-3, atol=1e-3
    )


def test_one_style_serves_all_images():
    layer = StyleInjection()
    both = layer(INPUTS, np.repeat(PARAMETERS[:1], 2, axis=0))
    np.testing.assert_allclose(layer(INPUTS, PARAMETERS[:1]), both, rtol=1e-6, atol=1e-6)


def test_a_style_that_asks_for_nothing_changes_nothing():
    np.testing.assert_array_equal(StyleInjection()(INPUTS, np.zeros((1, 8), "float32")), INPUTS)


def test_another_number_of_parameters():
    with pytest.raises(ValueError, match="Received: 7 parameters for 4 channels"):
        StyleInjection()(INPUTS, PARAMETERS[:, :7])
