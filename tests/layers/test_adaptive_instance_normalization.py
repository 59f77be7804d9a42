import numpy as np
import pytest

from tfstyle.layers import AdaptiveInstanceNormalization
from tfstyle.statistics import channel_moments

FEATURES = np.random.default_rng(0).gamma(2.0, size=(2, 6, 5, 3)).astype("float32")


def vectors_of(features):
    return np.concatenate(channel_moments(features), axis=-1)


def test_numbers_by_hand():
    features = np.array([1, 3, 1, 3], "float32").reshape(1, 2, 2, 1)  # mean 2, deviation 1
    outputs = AdaptiveInstanceNormalization(epsilon=0.0)(features, np.array([[10, 5]], "float32"))
    np.testing.assert_allclose(np.ravel(outputs), [5, 15, 5, 15], rtol=1e-6)


def test_the_result_has_the_moments_of_the_painting():
    paintings = np.random.default_rng(1).normal(3, 2, (2, 9, 4, 3)).astype("float32")
    outputs = AdaptiveInstanceNormalization()(FEATURES, vectors_of(paintings))
    np.testing.assert_allclose(np.mean(outputs, axis=(1, 2)), paintings.mean(axis=(1, 2)), rtol=1e-4)
    np.testing.assert_allclose(np.std(outputs, axis=(1, 2)), paintings.std(axis=(1, 2)), rtol=1e-4)


def test_its_own_moments_give_an_image_back_even_where_it_is_plain():
    features = FEATURES.copy()
    features[..., 0] = 0.25
    np.testing.assert_allclose(AdaptiveInstanceNormalization()(features, vectors_of(features)), features, atol=1e-5)


def test_one_style_serves_a_batch_and_each_image_may_have_its_own():
    layer = AdaptiveInstanceNormalization()
    styles = np.random.default_rng(2).random((2, 6)).astype("float32")
    both = layer(FEATURES, styles)
    for index in range(2):
        alone = layer(FEATURES, styles[index : index + 1])
        np.testing.assert_allclose(both[index], alone[index], rtol=1e-5)
    assert np.abs(layer(FEATURES, styles[:1])[1] - both[1]).max() > 0.1


def test_a_style_of_another_network():
    with pytest.raises(ValueError, match="a mean and a deviation for each channel. Received: 8 numbers for 3 channels"):
        AdaptiveInstanceNormalization()(FEATURES, np.zeros((1, 8), "float32"))
