import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfstyle.layers import (
    AdaptiveInstanceNormalization,
    ConditionalInstanceNormalization,
    InstanceNormalization,
    StyleInjection,
    given_statistics,
    instance_moments,
    record_statistics,
)
from tfstyle.models.style.plain_style_bank import PlainStyleBank
from tfstyle.models.style.style_bank import StyleBank

RANDOM = np.random.default_rng(0)
FEATURES = RANDOM.normal(2, 3, (2, 6, 5, 4)).astype("float32")


def small_bank():
    return StyleBank(["identity", "waves"], filters=(4, 4, 4), num_residual_blocks=1, learned_stroke_sizes=(1.0,))


def test_moments_are_those_of_the_image():
    mean, variance = instance_moments(FEATURES)
    np.testing.assert_allclose(mean, FEATURES.mean((1, 2), keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(variance, FEATURES.var((1, 2), keepdims=True), rtol=1e-5)


def test_every_normalization_is_recorded_and_takes_what_is_given():
    vectors = np.ones((1, 8), "float32")
    calls = [
        (InstanceNormalization(), ()),
        (ConditionalInstanceNormalization(1), (np.ones((1, 1), "float32"),)),
        (AdaptiveInstanceNormalization(), (vectors,)),
        (StyleInjection(epsilon=1e-3), (vectors,)),
    ]
    for layer, style in calls:
        with record_statistics() as recorded:
            expected = layer(FEATURES, *style)
        ((mean, variance),) = recorded
        np.testing.assert_allclose(mean, FEATURES.mean((1, 2), keepdims=True), rtol=1e-5)
        with given_statistics(recorded):  # of the whole, while the layer sees a part
            part = layer(FEATURES[:, 1:4], *style)
        np.testing.assert_array_equal(part, expected[:, 1:4], err_msg=type(layer).__name__)
        with given_statistics([(mean, 4 * variance)]):
            assert np.abs(layer(FEATURES, *style) - expected).max() > 0.1


@pytest.mark.parametrize("bank_class", [StyleBank, PlainStyleBank])
def test_a_bank_with_its_own_statistics_is_the_same_bit_for_bit(bank_class):
    bank = small_bank() if bank_class is StyleBank else PlainStyleBank(["identity", "waves"], (4, 4, 4), 1)
    images, weights = RANDOM.random((1, 33, 41, 3), np.float32), np.array([[0.3, 0.7]], np.float32)
    expected = bank(images, weights)
    with record_statistics() as recorded:
        np.testing.assert_array_equal(bank(images, weights), expected)
    assert len(recorded) == len(bank.normalizations)
    with given_statistics(recorded):
        np.testing.assert_array_equal(bank(images, weights), expected)


def test_what_is_given_is_used_and_what_is_there_is_recorded():
    layer = InstanceNormalization()
    with given_statistics([(np.zeros((1, 1, 1, 4)), np.ones((1, 1, 1, 4)))]), record_statistics() as recorded:
        outputs = layer(FEATURES)
    np.testing.assert_allclose(outputs, FEATURES, rtol=1e-4)
    np.testing.assert_allclose(recorded[0][0], FEATURES.mean((1, 2), keepdims=True), rtol=1e-5)


def test_a_crop_is_measured():
    with record_statistics(lambda features: features[:, :2]) as recorded:
        InstanceNormalization()(FEATURES)
    np.testing.assert_allclose(recorded[0][0], FEATURES[:, :2].mean((1, 2), keepdims=True), rtol=1e-5)


def test_an_adjustment_is_used_and_what_is_measured_is_recorded():
    with record_statistics(adjust=lambda moments: (moments[0], 4 * moments[1])) as recorded:
        outputs = InstanceNormalization()(FEATURES)
    np.testing.assert_allclose(recorded[0][1], FEATURES.var((1, 2), keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(outputs, InstanceNormalization()(FEATURES) / 2, atol=1e-5)


def test_they_go_in_and_out_of_a_compiled_function():
    layer = InstanceNormalization()
    layer.build((None, None, None, 4))

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 4))])
    def record(features):
        with record_statistics() as recorded:
            return layer(features), recorded

    @tf.function
    def use(features, statistics):
        with given_statistics(statistics):
            return layer(features)

    expected, recorded = record(FEATURES)
    np.testing.assert_allclose(use(FEATURES[:, :3], recorded), expected[:, :3], atol=1e-6)
    assert layer(FEATURES[:, :3]).shape == (2, 3, 5, 4)  # nothing of the trace remains


def test_mixed_precision_takes_statistics_in_float32():
    layer = InstanceNormalization(dtype="mixed_bfloat16")
    with record_statistics() as recorded:
        layer(FEATURES)
    assert {keras.backend.standardize_dtype(value.dtype) for value in recorded[0]} == {"float32"}


def test_threads_have_their_own():
    outputs = {}

    def call(name):
        outputs[name] = InstanceNormalization()(FEATURES)

    with given_statistics([]), record_statistics() as recorded:
        thread = threading.Thread(target=call, args=("other",))
        thread.start()
        thread.join()
    assert recorded == []
    call("own")
    np.testing.assert_array_equal(outputs["other"], outputs["own"])


def test_a_number_or_shape_that_does_not_fit_is_an_error():
    layer = InstanceNormalization()
    layer(FEATURES)
    with pytest.raises(ValueError, match="more statistics than are given"), given_statistics([]):
        layer(FEATURES)
    moments = instance_moments(FEATURES)
    message = "2 statistics are given, and the network used 1"
    with pytest.raises(ValueError, match=message), given_statistics([moments, moments]):
        layer(FEATURES)
    message = r"Statistics of 4 channels .* Received: \(1, 1, 1, 3\)"
    with pytest.raises(ValueError, match=message), given_statistics([(np.zeros((1, 1, 1, 3)),) * 2]):
        layer(FEATURES)
    assert layer(FEATURES).shape == FEATURES.shape  # an error leaves nothing behind


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_share_of_what_is_given_is_used(share):
    layer = InstanceNormalization()
    own = instance_moments(FEATURES)
    given = (np.ones((1, 1, 1, 4), "float32"), np.full((1, 1, 1, 4), 2, "float32"))
    mean, variance = ((1 - share) * np.asarray(mine) + share * other for mine, other in zip(own, given, strict=True))
    with given_statistics([given], share), record_statistics() as recorded:
        outputs = layer(FEATURES)
    np.testing.assert_allclose(outputs, (FEATURES - mean) / np.sqrt(variance + 1e-5), rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(recorded[0][0], own[0])  # what is there
